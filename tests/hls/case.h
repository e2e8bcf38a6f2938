/* SPDX-License-Identifier: Apache-2.0
 *
 * One case of the device fuzzer: a command list with everything that its outcome depends on, what
 * became of it, and who can run it. Contents of memory follow from the seed, so that a case is a
 * small text file.
 */
#ifndef TESTS_HLS_CASE_H
#define TESTS_HLS_CASE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "accel.h"
#include "base/design.h"
#include "sim/sim.h"

enum { CASE_COMMANDS = 16, CASE_POKES = 4, CASE_FILL = 0xa5 };

struct poke { /* a byte of a matrix that is to stand for no trits */
    uint32_t command, port, code;
    uint64_t byte;
};

struct list_case {
    char design[64];
    uint64_t seed;
    uint64_t commands_at, completions_at, data_base, weight_base; /* port p: + p << 36 */
    uint32_t map_commands, map_completions; /* entries that memory has; fewer: an AXI error */
    uint64_t data_bytes, weight_bytes;
    uint32_t count, pokes;
    struct tri_command command[CASE_COMMANDS];
    struct poke poke[CASE_POKES];
};

/* What the kernel sees at the start and leaves at the end. */
struct memory {
    uint8_t *data;                      /* [data_bytes] */
    uint8_t *weights[16];               /* [ports][weight_bytes] */
    struct tri_command *commands;       /* [CASE_COMMANDS] */
    struct tri_completion *completions; /* [CASE_COMMANDS] */
};
struct outcome {
    uint32_t status, completed;
    uint64_t steps, beats_consumed, corrupt_codes;
};

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit);

/* case.c */
bool memory_make(struct memory *memory, const struct list_case *c, const struct tri_geometry *g);
void memory_free(struct memory *memory);
uint32_t case_rows_of_beats(const struct tri_geometry *g, uint32_t columns);
/* Puts lists, activations and weights where the kernel finds them. */
void memory_fill(struct memory *memory, const struct list_case *c, const struct tri_geometry *g);
void case_write(const struct list_case *c, FILE *out);
bool case_read(struct list_case *c, FILE *in);

/* generate.c: a random case for a design. */
void case_generate(struct list_case *c, const struct tri_design *design, uint64_t seed);

/* golden.c: what rtl/accel.yaml says becomes of the case. */
uint32_t golden_check(const struct tri_command *k, const struct list_case *c,
                      const struct tri_geometry *g);
void golden_run(const struct list_case *c, const struct tri_geometry *g, struct memory *memory,
                struct outcome *outcome);

/* machine.c: a library with the interface of sim/sim.h. */
struct machine {
    void *library;
    const struct tri_sim_api *api;
    struct tri_sim *sim;
};
bool machine_open(struct machine *machine, const char *kind, const char *plant,
                  const struct tri_design *design);
void machine_close(struct machine *machine);
bool machine_run(struct machine *machine, const struct list_case *c, const struct tri_geometry *g,
                 struct memory *memory, struct outcome *outcome);

/* compare.c: bits in which two outcomes differ, 0 if they are the same; says the first difference
 * in `text` [256]. */
uint64_t compare_outcomes(const struct list_case *c, const struct tri_geometry *g,
                          const struct memory *wanted, const struct outcome *right,
                          const struct memory *got, const struct outcome *seen, char *text);

/* shrink.c: makes the case smaller as long as `fails` says that it still fails. */
typedef bool (*case_fails)(void *context, const struct list_case *c);
void case_shrink(struct list_case *c, case_fails fails, void *context);

#endif
