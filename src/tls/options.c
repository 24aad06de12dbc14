/* SPDX-License-Identifier: MIT */
/* What is asked of the TLS options, whatever library has to meet them. */

#include <string.h>

#include "smtplite/tls_port.h"

#define ALL_FLAGS                                                                                  \
    (SMTPLITE_TLS_ALLOW_NO_CLOCK | SMTPLITE_TLS_PIN_INSTEAD | SMTPLITE_TLS_1_2_ONLY |              \
     SMTPLITE_TLS_NO_RESUMPTION)

enum { FRAGMENT_CODES = 5 };

uint8_t smtplite_tls_fragment_code(uint16_t len) {
    static const uint16_t lengths[FRAGMENT_CODES] = {0, 512, 1024, 2048, 4096};
    uint8_t code = 0;
    while (code < FRAGMENT_CODES && lengths[code] != len)
        code++;
    return code;
}

static bool has_its_pins(const struct smtplite_tls_options *options) {
    bool wanted = options->pin_count > 0 || (options->flags & SMTPLITE_TLS_PIN_INSTEAD) != 0;
    return wanted == (options->pins != NULL) && (!wanted || options->pin_count > 0);
}

/* A pointer without octets (an empty file, say) must not mean: none was given. */
static bool is_whole(const struct smtplite_octets *octets) {
    return (octets->p != NULL) == (octets->n > 0);
}

enum smtplite_tls_fault smtplite_tls_options_check(const struct smtplite_tls_options *options) {
    char bare[SMTPLITE_HOST_SIZE];
    bool sound = options != NULL && smtplite_host_read(options->host, bare) != SMTPLITE_HOST_NONE &&
                 (options->flags & ~(unsigned)ALL_FLAGS) == 0 && has_its_pins(options) &&
                 is_whole(&options->ca) && is_whole(&options->certificate) &&
                 is_whole(&options->key) && options->binding <= SMTPLITE_BINDING_NONE &&
                 smtplite_tls_fragment_code(options->max_fragment) < FRAGMENT_CODES;
    return sound ? SMTPLITE_TLS_FAULT_NONE : SMTPLITE_TLS_FAULT_OPTIONS;
}

bool smtplite_tls_options_take_key(const struct smtplite_tls_options *options,
                                   const uint8_t digest[SMTPLITE_PIN_SIZE]) {
    for (size_t i = 0; i < options->pin_count; i++)
        if (memcmp(options->pins[i], digest, SMTPLITE_PIN_SIZE) == 0)
            return true;
    return options->pin_count == 0;
}
