/* SPDX-License-Identifier: MIT */

/* Threads, the kernel's start and the clock. See tx_host.h for how things are locked. */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "nx_host.h"
#include "tx_host.h"

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_TICK   (NS_PER_SECOND / (int64_t)TX_TIMER_TICKS_PER_SECOND)

/* A wait in poll() hears no announcements, so it looks around this often. */
#define POLL_SLICE_MS 20

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change;
static int64_t epoch;
static bool started;
static UINT alive; /* threads that tx_thread_create made and that have not ended */

static _Thread_local UINT depth; /* how often the calling thread has taken the lock */
static _Thread_local TX_THREAD *self;
static _Thread_local TX_THREAD adopted; /* what self points to after tx_host_start */
static _Thread_local bool defining;     /* in tx_application_define */
static TX_THREAD definer;

static int64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static void start_clock(void) {
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&change, &attr);
    pthread_condattr_destroy(&attr);
    epoch = now_ns();
}

void tx_host_lock(void) {
    if (depth++ == 0) {
        pthread_once(&once, start_clock);
        pthread_mutex_lock(&lock);
    }
}

void tx_host_unlock(void) {
    if (--depth == 0) {
        pthread_mutex_unlock(&lock);
    }
}

void tx_host_announce(void) {
    pthread_cond_broadcast(&change);
}

int64_t tx_host_deadline(ULONG ticks) {
    return ticks == TX_WAIT_FOREVER ? TX_HOST_NEVER : now_ns() + (int64_t)ticks * NS_PER_TICK;
}

static bool told_to_end(void) {
    return self != NULL && self->tx_thread_host_stop != 0;
}

bool tx_host_wait(int64_t deadline) {
    UINT saved = depth;

    if (told_to_end() || (deadline != TX_HOST_NEVER && now_ns() >= deadline)) {
        return false;
    }
    depth = 0;
    if (deadline == TX_HOST_NEVER) {
        pthread_cond_wait(&change, &lock);
    } else {
        struct timespec t;

        t.tv_sec = (time_t)(deadline / NS_PER_SECOND);
        t.tv_nsec = (long)(deadline % NS_PER_SECOND);
        pthread_cond_timedwait(&change, &lock, &t);
    }
    depth = saved;
    return true;
}

int tx_host_poll_ms(int64_t deadline) {
    int64_t left;

    if (told_to_end()) {
        return -1;
    }
    if (deadline == TX_HOST_NEVER) {
        return POLL_SLICE_MS;
    }
    left = deadline - now_ns();
    if (left <= 0) {
        return -1;
    }
    left = (left + 999999) / 1000000;
    return left < POLL_SLICE_MS ? (int)left : POLL_SLICE_MS;
}

TX_THREAD *tx_host_owner(void) {
    return self != NULL ? self : defining ? &definer : NULL;
}

UINT _tx_host_caller(VOID) {
    return defining ? 1 : self != NULL ? 2 : 0;
}

TX_THREAD *tx_thread_identify(VOID) {
    return self;
}

/* The control block may be gone as soon as the lock is. */
static _Noreturn void end_self(UINT state) {
    tx_host_mutexes_drop(self);
    self->tx_thread_state = state;
    if (self != &adopted) {
        alive--;
    }
    self = NULL;
    tx_host_announce();
    depth = 1;
    tx_host_unlock();
    pthread_exit(NULL);
}

void tx_host_unlock_and_end_if_told(void) {
    while (self != NULL && self->tx_thread_state == TX_SUSPENDED && tx_host_wait(TX_HOST_NEVER)) {
    }
    if (told_to_end()) {
        end_self(TX_TERMINATED);
    }
    tx_host_unlock();
}

static void *run_thread(void *arg) {
    self = arg;
    tx_host_lock();
    while (!started && tx_host_wait(TX_HOST_NEVER)) {
    }
    tx_host_unlock_and_end_if_told();
    self->tx_thread_entry(self->tx_thread_entry_parameter);
    tx_host_lock();
    end_self(TX_COMPLETED);
}

static UINT start_thread(TX_THREAD *thread_ptr) {
    pthread_attr_t attr;
    pthread_t thread;
    int failed;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    failed = pthread_create(&thread, &attr, run_thread, thread_ptr);
    pthread_attr_destroy(&attr);
    return failed ? TX_NO_MEMORY : TX_SUCCESS;
}

UINT tx_thread_create(TX_THREAD *thread_ptr, CHAR *name_ptr,
                      VOID (*entry_function)(ULONG entry_input), ULONG entry_input,
                      VOID *stack_start, ULONG stack_size, UINT priority, UINT preempt_threshold,
                      ULONG time_slice, UINT auto_start) {
    UINT status;

    (void)time_slice;
    if (thread_ptr == NULL || entry_function == NULL || stack_start == NULL) {
        return TX_PTR_ERROR;
    }
    if (stack_size < TX_MINIMUM_STACK) {
        return TX_SIZE_ERROR;
    }
    if (priority >= TX_MAX_PRIORITIES) {
        return TX_PRIORITY_ERROR;
    }
    if (preempt_threshold > priority) {
        return TX_THRESH_ERROR;
    }
    if (auto_start > TX_AUTO_START) {
        return TX_START_ERROR;
    }
    if (_tx_host_caller() == 0) {
        return TX_CALLER_ERROR;
    }
    tx_host_lock();
    memset(thread_ptr, 0, sizeof *thread_ptr);
    thread_ptr->tx_thread_id = TX_THREAD_ID;
    thread_ptr->tx_thread_name = name_ptr;
    thread_ptr->tx_thread_state = auto_start ? TX_READY : TX_SUSPENDED;
    thread_ptr->tx_thread_priority = priority;
    thread_ptr->tx_thread_entry = entry_function;
    thread_ptr->tx_thread_entry_parameter = entry_input;
    thread_ptr->tx_thread_stack_start = stack_start;
    thread_ptr->tx_thread_stack_size = stack_size;
    status = start_thread(thread_ptr);
    if (status == TX_SUCCESS) {
        alive++;
    } else {
        thread_ptr->tx_thread_id = 0;
    }
    tx_host_unlock();
    return status;
}

static bool has_ended(const TX_THREAD *thread_ptr) {
    return thread_ptr->tx_thread_state == TX_COMPLETED ||
           thread_ptr->tx_thread_state == TX_TERMINATED;
}

static bool is_thread(const TX_THREAD *thread_ptr) {
    return thread_ptr != NULL && thread_ptr->tx_thread_id == TX_THREAD_ID;
}

UINT tx_thread_terminate(TX_THREAD *thread_ptr) {
    if (!is_thread(thread_ptr)) {
        return TX_THREAD_ERROR;
    }
    tx_host_lock();
    if (!has_ended(thread_ptr)) {
        thread_ptr->tx_thread_host_stop = 1;
        tx_host_announce();
    }
    tx_host_unlock_and_end_if_told();
    return TX_SUCCESS;
}

UINT tx_thread_delete(TX_THREAD *thread_ptr) {
    UINT status = TX_DELETE_ERROR;

    if (!is_thread(thread_ptr)) {
        return TX_THREAD_ERROR;
    }
    tx_host_lock();
    while (thread_ptr->tx_thread_host_stop && !has_ended(thread_ptr) &&
           tx_host_wait(TX_HOST_NEVER)) {
    }
    if (has_ended(thread_ptr)) {
        thread_ptr->tx_thread_id = 0;
        status = TX_SUCCESS;
    }
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT tx_thread_resume(TX_THREAD *thread_ptr) {
    UINT status = TX_RESUME_ERROR;

    if (!is_thread(thread_ptr)) {
        return TX_THREAD_ERROR;
    }
    tx_host_lock();
    if (thread_ptr->tx_thread_state == TX_SUSPENDED) {
        thread_ptr->tx_thread_state = TX_READY;
        tx_host_announce();
        status = TX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

UINT tx_thread_suspend(TX_THREAD *thread_ptr) {
    UINT status = TX_SUSPEND_ERROR;

    if (!is_thread(thread_ptr)) {
        return TX_THREAD_ERROR;
    }
    tx_host_lock();
    if (!has_ended(thread_ptr)) {
        thread_ptr->tx_thread_state = TX_SUSPENDED;
        status = TX_SUCCESS;
    }
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT tx_thread_sleep(ULONG timer_ticks) {
    int64_t deadline = tx_host_deadline(timer_ticks);

    if (_tx_host_caller() != 2) {
        return TX_CALLER_ERROR;
    }
    tx_host_lock();
    while (tx_host_wait(deadline)) {
    }
    tx_host_unlock_and_end_if_told();
    return TX_SUCCESS;
}

VOID tx_thread_relinquish(VOID) {
    tx_host_lock();
    tx_host_unlock_and_end_if_told();
    sched_yield();
}

ULONG tx_time_get(VOID) {
    pthread_once(&once, start_clock);
    return (ULONG)((now_ns() - epoch) / NS_PER_TICK);
}

UINT _tx_thread_interrupt_disable(VOID) {
    tx_host_lock();
    return 0;
}

VOID _tx_thread_interrupt_restore(UINT previous_posture) {
    (void)previous_posture;
    tx_host_unlock();
}

VOID tx_host_start(VOID) {
    tx_host_lock();
    if (self == NULL) {
        adopted.tx_thread_id = TX_THREAD_ID;
        adopted.tx_thread_state = TX_READY;
        self = &adopted;
    }
    started = true;
    tx_host_announce();
    tx_host_unlock();
}

/* For programs that have a main and tx_host_start instead. */
__attribute__((weak)) VOID tx_application_define(VOID *first_unused_memory) {
    (void)first_unused_memory;
}

VOID tx_kernel_enter(VOID) {
    static _Alignas(16) UCHAR memory[1024 * 1024];

    defining = true;
    tx_application_define(memory);
    defining = false;
    tx_host_lock();
    started = true;
    tx_host_announce();
    while (alive > 0) {
        tx_host_wait(TX_HOST_NEVER);
    }
    tx_host_unlock();
}
