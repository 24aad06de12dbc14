/* SPDX-License-Identifier: MIT */

/* Mutexes and counting semaphores. See tx_host.h for how things are locked. */

#include "tx_host.h"

UINT tx_mutex_create(TX_MUTEX *mutex_ptr, CHAR *name_ptr, UINT inherit) {
    if (mutex_ptr == NULL) {
        return TX_MUTEX_ERROR;
    }
    if (inherit > TX_INHERIT) {
        return TX_INHERIT_ERROR;
    }
    if (_tx_host_caller() == 0) {
        return TX_CALLER_ERROR;
    }
    tx_host_lock();
    memset(mutex_ptr, 0, sizeof *mutex_ptr);
    mutex_ptr->tx_mutex_id = TX_MUTEX_ID;
    mutex_ptr->tx_mutex_name = name_ptr;
    tx_host_unlock();
    return TX_SUCCESS;
}

static void disown(TX_MUTEX *mutex_ptr) {
    TX_MUTEX **link = &mutex_ptr->tx_mutex_owner->tx_thread_owned_mutex_list;

    while (*link != mutex_ptr) {
        link = &(*link)->tx_mutex_owned_next;
    }
    *link = mutex_ptr->tx_mutex_owned_next;
    mutex_ptr->tx_mutex_owner = NULL;
    mutex_ptr->tx_mutex_ownership_count = 0;
    tx_host_announce();
}

void tx_host_mutexes_drop(TX_THREAD *thread_ptr) {
    while (thread_ptr->tx_thread_owned_mutex_list != NULL) {
        disown(thread_ptr->tx_thread_owned_mutex_list);
    }
}

/* Returns once nobody waits for the object any more, so that its memory may go. */
static void await_waiters(const UINT *suspended_count) {
    tx_host_announce();
    while (*suspended_count > 0 && tx_host_wait(TX_HOST_NEVER)) {
    }
}

UINT tx_mutex_delete(TX_MUTEX *mutex_ptr) {
    UINT status = TX_MUTEX_ERROR;

    if (mutex_ptr == NULL) {
        return TX_MUTEX_ERROR;
    }
    tx_host_lock();
    if (mutex_ptr->tx_mutex_id == TX_MUTEX_ID) {
        mutex_ptr->tx_mutex_id = 0;
        if (mutex_ptr->tx_mutex_owner != NULL) {
            disown(mutex_ptr);
        }
        await_waiters(&mutex_ptr->tx_mutex_suspended_count);
        status = TX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

static UINT take_mutex(TX_MUTEX *mutex_ptr, TX_THREAD *me, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool in_time = true;

    if (mutex_ptr->tx_mutex_id != TX_MUTEX_ID) {
        return TX_MUTEX_ERROR;
    }
    if (mutex_ptr->tx_mutex_owner == me) {
        mutex_ptr->tx_mutex_ownership_count++;
        return TX_SUCCESS;
    }
    mutex_ptr->tx_mutex_suspended_count++;
    while (in_time && mutex_ptr->tx_mutex_owner != NULL && mutex_ptr->tx_mutex_id == TX_MUTEX_ID) {
        in_time = tx_host_wait(deadline);
    }
    mutex_ptr->tx_mutex_suspended_count--;
    if (mutex_ptr->tx_mutex_id != TX_MUTEX_ID) {
        tx_host_announce();
        return TX_DELETED;
    }
    if (mutex_ptr->tx_mutex_owner != NULL) {
        return TX_NOT_AVAILABLE;
    }
    mutex_ptr->tx_mutex_owner = me;
    mutex_ptr->tx_mutex_ownership_count = 1;
    mutex_ptr->tx_mutex_owned_next = me->tx_thread_owned_mutex_list;
    me->tx_thread_owned_mutex_list = mutex_ptr;
    return TX_SUCCESS;
}

UINT tx_mutex_get(TX_MUTEX *mutex_ptr, ULONG wait_option) {
    TX_THREAD *me = tx_host_owner();
    UINT status;

    if (mutex_ptr == NULL) {
        return TX_MUTEX_ERROR;
    }
    if (me == NULL) {
        return TX_CALLER_ERROR;
    }
    tx_host_lock();
    status = take_mutex(mutex_ptr, me, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT tx_mutex_put(TX_MUTEX *mutex_ptr) {
    UINT status = TX_SUCCESS;

    if (mutex_ptr == NULL) {
        return TX_MUTEX_ERROR;
    }
    tx_host_lock();
    if (mutex_ptr->tx_mutex_id != TX_MUTEX_ID) {
        status = TX_MUTEX_ERROR;
    } else if (mutex_ptr->tx_mutex_owner == NULL || mutex_ptr->tx_mutex_owner != tx_host_owner()) {
        status = TX_NOT_OWNED;
    } else if (--mutex_ptr->tx_mutex_ownership_count == 0) {
        disown(mutex_ptr);
    }
    tx_host_unlock();
    return status;
}

UINT tx_semaphore_create(TX_SEMAPHORE *semaphore_ptr, CHAR *name_ptr, ULONG initial_count) {
    if (semaphore_ptr == NULL) {
        return TX_SEMAPHORE_ERROR;
    }
    if (_tx_host_caller() == 0) {
        return TX_CALLER_ERROR;
    }
    tx_host_lock();
    semaphore_ptr->tx_semaphore_id = TX_SEMAPHORE_ID;
    semaphore_ptr->tx_semaphore_name = name_ptr;
    semaphore_ptr->tx_semaphore_count = initial_count;
    semaphore_ptr->tx_semaphore_suspended_count = 0;
    tx_host_unlock();
    return TX_SUCCESS;
}

UINT tx_semaphore_delete(TX_SEMAPHORE *semaphore_ptr) {
    UINT status = TX_SEMAPHORE_ERROR;

    if (semaphore_ptr == NULL) {
        return TX_SEMAPHORE_ERROR;
    }
    tx_host_lock();
    if (semaphore_ptr->tx_semaphore_id == TX_SEMAPHORE_ID) {
        semaphore_ptr->tx_semaphore_id = 0;
        await_waiters(&semaphore_ptr->tx_semaphore_suspended_count);
        status = TX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

static UINT take_semaphore(TX_SEMAPHORE *semaphore_ptr, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool in_time = true;

    if (semaphore_ptr->tx_semaphore_id != TX_SEMAPHORE_ID) {
        return TX_SEMAPHORE_ERROR;
    }
    semaphore_ptr->tx_semaphore_suspended_count++;
    while (in_time && semaphore_ptr->tx_semaphore_count == 0 &&
           semaphore_ptr->tx_semaphore_id == TX_SEMAPHORE_ID) {
        in_time = tx_host_wait(deadline);
    }
    semaphore_ptr->tx_semaphore_suspended_count--;
    if (semaphore_ptr->tx_semaphore_id != TX_SEMAPHORE_ID) {
        tx_host_announce();
        return TX_DELETED;
    }
    if (semaphore_ptr->tx_semaphore_count == 0) {
        return TX_NO_INSTANCE;
    }
    semaphore_ptr->tx_semaphore_count--;
    return TX_SUCCESS;
}

UINT tx_semaphore_get(TX_SEMAPHORE *semaphore_ptr, ULONG wait_option) {
    UINT status;

    if (semaphore_ptr == NULL) {
        return TX_SEMAPHORE_ERROR;
    }
    if (wait_option != TX_NO_WAIT && _tx_host_caller() != 2) {
        return TX_WAIT_ERROR;
    }
    tx_host_lock();
    status = take_semaphore(semaphore_ptr, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT tx_semaphore_put(TX_SEMAPHORE *semaphore_ptr) {
    UINT status = TX_SEMAPHORE_ERROR;

    if (semaphore_ptr == NULL) {
        return TX_SEMAPHORE_ERROR;
    }
    tx_host_lock();
    if (semaphore_ptr->tx_semaphore_id == TX_SEMAPHORE_ID) {
        semaphore_ptr->tx_semaphore_count++;
        tx_host_announce();
        status = TX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}
