/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TLS_SUITE_SPY_H
#define TESTS_TLS_SUITE_SPY_H

/*
 * A transport between TLS and the network. It counts what passes, tells TLS records from octets in
 * clear, and does on demand what a network or an attacker does: cuts, flips, drips, fails.
 */

#include "smtplite/transport.h"

struct suite_spy {
    struct smtplite_transport transport; /* for the TLS port to wrap */

    /* What it does; zero: nothing. The offsets count from the client's first octet of TLS, from 1.
     */
    size_t cut_in;    /* so many octets come, then EOF */
    size_t cut_out;   /* so many leave, then FAILED */
    size_t flip;      /* this octet comes with a bit flipped */
    unsigned fail_at; /* this call of send or receive, from 1, fails, and all behind it */
    bool drip;        /* one octet a call */
    bool by_line;     /* a call of receive ends behind LF, as if a segment did */

    /* What it saw. */
    unsigned calls; /* of send and receive */
    size_t in;      /* octets received */
    size_t out;     /* octets sent */
    size_t tls_in;  /* those since the client's first octet of TLS */
    size_t tls_out; /* the same */
    size_t clear;   /* octets sent in no TLS record */
    size_t late;    /* those of them behind the first record: never right */
    unsigned turns; /* how often it spoke and then waited for what came: round trips */

    const struct smtplite_transport *below;
    bool spoke;
    bool at_line; /* the next octet sent begins a line, or a record */
    size_t record_left;
    size_t header_len;
    unsigned char header[5];
};

void suite_spy_open(struct suite_spy *spy, const struct smtplite_transport *below);

#endif
