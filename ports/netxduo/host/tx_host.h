/* SPDX-License-Identifier: MIT */

/* Inside the host edition: one lock, one condition, one clock.
 *
 * Every shared object (threads, pools, sockets, counters) is read and written under one
 * process-wide lock, the one that TX_DISABLE takes, and every change that somebody may wait for is
 * announced on one condition. Nothing blocks under the lock except tx_host_wait, which gives it up
 * meanwhile.
 *
 * A thread that was terminated ends at its next call that may wait: waiting then fails as if the
 * time were up, the call cleans up as usual, and its tx_host_unlock_and_end_if_told ends the
 * thread. */

#ifndef TX_HOST_H
#define TX_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "tx_api.h"

#define TX_HOST_NEVER INT64_MAX

void tx_host_lock(void);
void tx_host_unlock(void);
void tx_host_unlock_and_end_if_told(void);
void tx_host_announce(void);

/* A time limit in nanoseconds of the host's clock, for a number of ticks from now. */
int64_t tx_host_deadline(ULONG ticks);

/* Waits for an announcement, lock held. False: the time is up, or this thread was told to end. */
bool tx_host_wait(int64_t deadline);

/* For those who wait in poll() instead: how many milliseconds at a time, -1 where tx_host_wait
 * would say false. */
int tx_host_poll_ms(int64_t deadline);

/* The calling thread, or a stand-in for tx_application_define, or null. */
TX_THREAD *tx_host_owner(void);

/* Gives back all mutexes of a thread that ends. Lock held. */
void tx_host_mutexes_drop(TX_THREAD *thread_ptr);

#endif
