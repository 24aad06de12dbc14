/* SPDX-License-Identifier: MIT */

/* The knobs for tests: faults on demand, counters, the MSS. */

#include "nx_inner.h"

static unsigned calls[NX_HOST_CALLS];
static unsigned fail_in[NX_HOST_CALLS];
static unsigned segments;
static ULONG mss;

bool nx_inner_call(enum nx_host_call which) {
    calls[which]++;
    return fail_in[which] > 0 && --fail_in[which] == 0;
}

void nx_inner_segment(void) {
    segments++;
}

ULONG nx_inner_mss(void) {
    return mss;
}

VOID nx_host_fail(enum nx_host_call which, unsigned nth) {
    tx_host_lock();
    fail_in[which] = nth;
    tx_host_unlock();
}

unsigned nx_host_calls(enum nx_host_call which) {
    unsigned count;

    tx_host_lock();
    count = calls[which];
    tx_host_unlock();
    return count;
}

unsigned nx_host_segments(VOID) {
    unsigned count;

    tx_host_lock();
    count = segments;
    tx_host_unlock();
    return count;
}

VOID nx_host_mss_set(ULONG new_mss) {
    tx_host_lock();
    mss = new_mss;
    tx_host_unlock();
}

VOID nx_host_reset(VOID) {
    tx_host_lock();
    memset(calls, 0, sizeof calls);
    memset(fail_in, 0, sizeof fail_in);
    segments = 0;
    mss = 0;
    tx_host_unlock();
}
