/* SPDX-License-Identifier: MIT */

#include "sasl_cyrus.h"

#include <gsasl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not our own file of that name, which the include path has first. */
#include <../include/sasl/sasl.h>
#include <sasl/saslplug.h>

struct login {
    sasl_conn_t *connection;
    const char *mechanism;
    sasl_channel_binding_t binding;
    char *binding_data;
    bool begun;
};

static const char *known_user;
static const char *known_password;
static const char *iteration_count;

static _Noreturn void refuse(const char *what, int result) {
    fprintf(stderr, "sasl_cyrus: %s: %s\n", what, sasl_errstring(result, NULL, NULL));
    exit(2);
}

/* ---- what Cyrus SASL asks for ---- */

/* Its options, which stand in a file elsewhere. */
static int give_option(void *context, const char *plugin, const char *option, const char **value,
                       unsigned *len) {
    const struct {
        const char *name, *value;
    } options[] = {{"auxprop_plugin", "memory"},
                   {"log_level", "0"},
                   {"scram_iteration_counter", iteration_count}};
    (void)context;
    (void)plugin;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(option, options[i].name) == 0) {
            *value = options[i].value;
            if (len != NULL)
                *len = (unsigned)strlen(*value);
            return SASL_OK;
        }
    return SASL_FAIL;
}

/* The one user's password, for the mechanism that asks for it. */
static int look_up(void *context, sasl_server_params_t *params, unsigned flags, const char *name,
                   unsigned len) {
    const struct propval *wanted = params->utils->prop_get(params->propctx);
    (void)context;
    if (flags & SASL_AUXPROP_AUTHZID)
        return SASL_OK;
    if (len < strlen(known_user) || memcmp(name, known_user, strlen(known_user)) != 0)
        return SASL_NOUSER;
    for (; wanted != NULL && wanted->name != NULL; wanted++)
        if (strcmp(wanted->name, SASL_AUX_PASSWORD) == 0)
            params->utils->prop_set(params->propctx, wanted->name, known_password,
                                    (int)strlen(known_password));
    return SASL_OK;
}

static int make_lookup(const sasl_utils_t *utils, int max_version, int *version,
                       sasl_auxprop_plug_t **plug, const char *name) {
    static char own_name[] = "memory";
    static sasl_auxprop_plug_t memory = {.auxprop_lookup = look_up, .name = own_name};
    (void)utils;
    (void)name;
    if (max_version < SASL_AUXPROP_PLUG_VERSION)
        return SASL_BADVERS;
    *version = SASL_AUXPROP_PLUG_VERSION;
    *plug = &memory;
    return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))give_option, NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

void cyrus_start(const char *user, const char *password, const char *iterations) {
    known_user = user;
    known_password = password;
    iteration_count = iterations;
    int result = sasl_server_init(callbacks, "sasl_server");
    if (result == SASL_OK)
        result = sasl_auxprop_add_plugin("memory", make_lookup);
    if (result != SASL_OK)
        refuse("cannot start", result);
}

/* ---- a login ---- */

static void set_binding(struct login *login, const char *name, const char *binding) {
    size_t n;
    if (binding == NULL)
        return;
    if (gsasl_base64_from(binding, strlen(binding), &login->binding_data, &n) != GSASL_OK)
        refuse("binding", SASL_NOMEM);
    login->binding = (sasl_channel_binding_t){
        .name = name, .len = n, .data = (const unsigned char *)login->binding_data};
    int result = sasl_setprop(login->connection, SASL_CHANNEL_BINDING, &login->binding);
    if (result != SASL_OK)
        refuse("binding", result);
}

int cyrus_begin(const char *mechanism, const char *binding_name, const char *binding,
                void **result) {
    struct login *login = calloc(1, sizeof *login);
    if (login == NULL)
        return GSASL_MALLOC_ERROR;
    login->mechanism = mechanism;
    int made = sasl_server_new("smtp", "localhost", NULL, NULL, NULL, NULL, 0, &login->connection);
    if (made != SASL_OK)
        refuse("cannot begin", made);
    set_binding(login, binding_name, binding);
    *result = login;
    return GSASL_OK;
}

static int name_result(int result) {
    if (result == SASL_OK)
        return GSASL_OK;
    return result == SASL_CONTINUE ? GSASL_NEEDS_MORE : GSASL_AUTHENTICATION_ERROR;
}

/* An empty first response is none. */
static int step(struct login *login, const char *in, size_t n, const char **out, unsigned *len) {
    if (login->begun)
        return sasl_server_step(login->connection, in, (unsigned)n, out, len);
    login->begun = true;
    return sasl_server_start(login->connection, login->mechanism, n > 0 ? in : NULL, (unsigned)n,
                             out, len);
}

int cyrus_step(void *login, const char *response, char **challenge) {
    char *in;
    size_t n;
    const char *out = NULL;
    unsigned len = 0;
    if (gsasl_base64_from(response, strlen(response), &in, &n) != GSASL_OK)
        return GSASL_BASE64_ERROR;
    int result = name_result(step(login, in, n, &out, &len));
    gsasl_free(in);
    if (gsasl_base64_to(out != NULL ? out : "", out != NULL ? len : 0, challenge, NULL) != GSASL_OK)
        return GSASL_MALLOC_ERROR;
    return result;
}

void cyrus_end(void *login) {
    struct login *done = login;
    sasl_dispose(&done->connection);
    gsasl_free(done->binding_data);
    free(done);
}
