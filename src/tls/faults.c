/* SPDX-License-Identifier: MIT */
/* Words for the TLS faults. */

#include "smtplite/tls.h"

const char *smtplite_tls_fault_text(enum smtplite_tls_fault fault) {
    static const char *const texts[] = {
#define X_TEXT(name, words) words,
        SMTPLITE_TLS_FAULTS(X_TEXT)
#undef X_TEXT
    };
    return (unsigned)fault < SMTPLITE_TLS_FAULT_COUNT ? texts[fault] : "?";
}
