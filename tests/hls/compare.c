/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what two machines made of one case: registers, completions, and every byte of memory.
 */
#include "tests/hls/case.h"

#include <inttypes.h>
#include <string.h>

struct difference {
    uint64_t bits;
    char *text;
};

/* what: of which a case has one; where: which of several, or -1. */
static void number(struct difference *d, uint64_t wanted, uint64_t got, const char *what,
                   int64_t where) {
    if (wanted == got) return;
    if (d->bits == 0) {
        char at[32] = "";
        if (where >= 0) (void)snprintf(at, sizeof at, " %" PRId64, where);
        (void)snprintf(d->text, 256, "%s%s: wanted %" PRIu64 ", got %" PRIu64, what, at, wanted,
                       got);
    }
    d->bits += (uint64_t)__builtin_popcountll(wanted ^ got);
}

static void compare_completions(struct difference *d, const struct list_case *c,
                                const struct memory *wanted, const struct outcome *right,
                                const struct memory *got) {
    for (uint32_t i = 0; i < c->count; i++) {
        const struct tri_completion *w = &wanted->completions[i], *g = &got->completions[i];
        number(d, w->tag, g->tag, "tag of completion", i);
        number(d, w->status, g->status, "status of completion", i);
        /* The cycles are the machine's own; a completion that was not written is untouched. */
        if (i >= right->completed) {
            number(d, 0, memcmp(w, g, sizeof *w) != 0, "touched completion", i);
        }
    }
}

/* Whether a byte may be anything: results of the command whose error stopped the list. */
static bool undefined(const struct tri_command *k, uint64_t offset) {
    for (uint32_t t = 0; t < k->tokens && t < 64; t++) {
        const uint64_t start = k->result_offset + (uint64_t)t * k->result_stride;
        if (offset >= start && offset - start < 4ull * k->rows) return true;
    }
    return false;
}

static void compare_data(struct difference *d, const struct list_case *c,
                         const struct memory *wanted, const struct outcome *right,
                         const struct memory *got) {
    if (memcmp(wanted->data, got->data, c->data_bytes) == 0) return;
    const struct tri_command *stopped = NULL;
    if (right->status == TRI_ACCEL_AXI_WEIGHT_ERROR ||
        right->status == TRI_ACCEL_AXI_RESULT_ERROR) {
        stopped = &c->command[right->completed - 1];
    } else if (right->status == TRI_ACCEL_AXI_COMPLETION_ERROR) {
        stopped = &c->command[right->completed]; /* its own error, if any, was not told */
    }
    for (uint64_t i = 0; i < c->data_bytes; i++) {
        if (wanted->data[i] == got->data[i] || (stopped != NULL && undefined(stopped, i))) continue;
        number(d, wanted->data[i], got->data[i], "data byte", (int64_t)i);
    }
}

uint64_t compare_outcomes(const struct list_case *c, const struct tri_geometry *g,
                          const struct memory *wanted, const struct outcome *right,
                          const struct memory *got, const struct outcome *seen, char *text) {
    struct difference d = {0, text};
    *text = '\0';
    number(&d, right->status, seen->status, "status", -1);
    number(&d, right->completed, seen->completed, "completed", -1);
    if (right->status == TRI_ACCEL_OK) {
        number(&d, right->steps, seen->steps, "steps", -1);
        number(&d, right->beats_consumed, seen->beats_consumed, "beats_consumed", -1);
        number(&d, right->corrupt_codes, seen->corrupt_codes, "corrupt_codes", -1);
    }
    compare_completions(&d, c, wanted, right, got);
    compare_data(&d, c, wanted, right, got);
    for (uint32_t p = 0; p < g->ports; p++) {
        number(&d, 0, memcmp(wanted->weights[p], got->weights[p], c->weight_bytes) != 0,
               "touched weights of port", p);
    }
    return d.bits;
}
