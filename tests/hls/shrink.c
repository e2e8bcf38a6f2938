/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a failing case smaller, greedily: fewer commands, smaller shapes, no corrupt codes, for as
 * long as something still helps.
 */
#include "tests/hls/case.h"

#include <string.h>

struct shrinking {
    struct list_case *best;
    case_fails fails;
    void *context;
};

static bool keep(struct shrinking *s, const struct list_case *smaller) {
    if (!s->fails(s->context, smaller)) return false;
    *s->best = *smaller;
    return true;
}

static void drop_command(struct list_case *c, uint32_t i) {
    memmove(&c->command[i], &c->command[i + 1], (c->count - i - 1) * sizeof *c->command);
    c->count--;
    uint32_t kept = 0;
    for (uint32_t j = 0; j < c->pokes; j++) {
        struct poke poke = c->poke[j];
        if (poke.command == i) continue;
        if (poke.command > i) poke.command--;
        c->poke[kept++] = poke;
    }
    c->pokes = kept;
}

/* Half, then one less. */
static bool reduce(struct shrinking *s, uint32_t i, size_t field) {
    uint32_t value = 0;
    memcpy(&value, (const char *)&s->best->command[i] + field, sizeof value);
    const uint32_t tries[2] = {value / 2, value - 1};
    for (int j = 0; j < 2 && value > 1; j++) {
        struct list_case smaller = *s->best;
        memcpy((char *)&smaller.command[i] + field, &tries[j], sizeof value);
        if (keep(s, &smaller)) return true;
    }
    return false;
}

static bool once(struct shrinking *s) {
    bool helped = false;
    for (uint32_t i = s->best->count; i-- > 0;) {
        if (s->best->count == 1) break;
        struct list_case smaller = *s->best;
        drop_command(&smaller, i);
        helped |= keep(s, &smaller);
    }
    for (uint32_t i = s->best->pokes; i-- > 0;) {
        struct list_case smaller = *s->best;
        memmove(&smaller.poke[i], &smaller.poke[i + 1],
                (smaller.pokes - i - 1) * sizeof *smaller.poke);
        smaller.pokes--;
        helped |= keep(s, &smaller);
    }
    for (uint32_t i = 0; i < s->best->count; i++) {
        helped |= reduce(s, i, offsetof(struct tri_command, rows));
        helped |= reduce(s, i, offsetof(struct tri_command, columns));
        helped |= reduce(s, i, offsetof(struct tri_command, tokens));
    }
    return helped;
}

void case_shrink(struct list_case *c, case_fails fails, void *context) {
    struct shrinking s = {c, fails, context};
    while (once(&s)) continue;
}
