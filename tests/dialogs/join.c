/* SPDX-License-Identifier: MIT */
/* Steps to blocks: what one side says before the other side has its turn is one block. */

#include "dialog.h"

#include <string.h>

static struct block *begin_block(struct dialog *d, const struct step *step) {
    struct block *last = d->block_count == 0 ? NULL : &d->blocks[d->block_count - 1];
    bool goes_on =
        last != NULL && last->kind == step->kind && step->kind != STEP_CALL && !last->partial;
    if (goes_on) {
        return last;
    }
    struct block *block = &d->blocks[d->block_count++];
    *block = (struct block){.kind = step->kind,
                            .call = step->call,
                            .argument = step->argument,
                            .events_before = d->event_count,
                            .line = step->line};
    return block;
}

static void append(struct bytes *to, const struct bytes *from) {
    if (from->len > 0) {
        memcpy(to->p + to->len, from->p, from->len);
    }
    to->len += from->len;
}

/* Blocks of one direction lie one behind the other in d->client or d->server. */
static void join_step(struct dialog *d, const struct step *step) {
    if (step->kind == STEP_EVENT) {
        d->events[d->event_count++] = step->event;
        return;
    }
    struct block *block = begin_block(d, step);
    struct bytes *whole = step->kind == STEP_CLIENT ? &d->client : &d->server;
    if (step->kind == STEP_CALL) {
        return;
    }
    if (block->bytes.len == 0) {
        block->bytes.p = whole->p + whole->len;
    }
    append(whole, &step->bytes);
    block->bytes.len += step->bytes.len;
    block->partial = step->partial;
}

void join_steps(struct dialog *d) {
    size_t client = 0, server = 0;
    for (size_t i = 0; i < d->step_count; i++) {
        client += d->steps[i].kind == STEP_CLIENT ? d->steps[i].bytes.len : 0;
        server += d->steps[i].kind == STEP_SERVER ? d->steps[i].bytes.len : 0;
    }
    d->blocks = arena((d->step_count + 1) * sizeof *d->blocks);
    d->events = arena((d->step_count + 1) * sizeof *d->events);
    d->client = (struct bytes){arena(client + 1), 0};
    d->server = (struct bytes){arena(server + 1), 0};
    d->block_count = d->event_count = 0;
    for (size_t i = 0; i < d->step_count; i++) {
        join_step(d, &d->steps[i]);
    }
}

bool is_chunked(const struct dialog *d) {
    for (size_t i = 0; i < d->step_count; i++) {
        const struct bytes *b = &d->steps[i].bytes;
        if (d->steps[i].kind == STEP_CLIENT && b->len > 5 && memcmp(b->p, "BDAT ", 5) == 0) {
            return true;
        }
    }
    return false;
}
