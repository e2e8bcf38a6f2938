/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of `tritium selftest`: trials (matrices whose products are known), the checks made of
 * them, and the lines they leave. Uses the device interface only; the program prints.
 */
#ifndef TRI_HOST_SELFTEST_H
#define TRI_HOST_SELFTEST_H

#include <stdio.h>

#include "driver/device.h"

enum tri_verdict { TRI_CHECK_OK, TRI_CHECK_FAIL, TRI_CHECK_SKIP };

struct tri_check_line {
    enum tri_verdict verdict;
    char name[24];
    char wanted[96];
    char got[320]; /* for SKIP: why */
};

enum { TRI_CHECK_LINES = 48 };

struct tri_selftest {
    struct tri_device *device;
    const struct tri_device_info *info;
    uint64_t seed;
    uint32_t memory_kib;     /* of each port that the memory test fills */
    bool stopped;            /* the device is of no more use, or Ctrl-C */
    struct tri_image *image; /* loaded at the moment */
    FILE *out;               /* where lines go as they are made, or NULL */
    struct tri_check_line line[TRI_CHECK_LINES];
    uint32_t lines;
};

/* ---- selftest_report.c ---- */

/* Adds a line and prints it. */
void tri_check(struct tri_selftest *test, enum tri_verdict verdict, const char *name,
               const char *wanted, const char *got, ...) __attribute__((format(printf, 5, 6)));
/* How many lines have this verdict. */
uint32_t tri_check_count(const struct tri_selftest *test, enum tri_verdict verdict);
/* Writes all lines as JSON. Errors: IO. */
enum tri_status tri_selftest_write(const struct tri_selftest *test, const char *uri,
                                   const char *path);

/* ---- selftest_trial.c ---- */

/* One product whose sums are known: a matrix made row by row, and the vectors it meets. */
struct tri_trial {
    char name[48];
    uint32_t rows, cols, tokens;
    uint64_t seed;    /* for random rows and codes */
    uint32_t variant; /* for the two functions */
    /* Row `row` as -1, 0, 1. out: [cols]. */
    void (*weights)(const struct tri_trial *trial, const struct tri_geometry *geometry,
                    uint32_t row, int8_t *out);
    /* Vector `token`. out: [cols]. NULL: random codes from -128 to 127. */
    void (*codes)(const struct tri_trial *trial, uint32_t token, int8_t *out);
};

struct tri_trial_result {
    uint64_t sums, differ;
    char first[160]; /* the first that differs: where, wanted and got */
};

uint64_t tri_trial_random(uint64_t seed, uint64_t index); /* a good hash of both */
/* Rows of random trits, a third of each. */
void tri_trial_random_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                          uint32_t row, int8_t *out);

/* Sets rows and columns: whole beats, as many rows as fill `kib` of each port of each unit, at most
 * the 1048576 of a command. */
void tri_trial_fill(const struct tri_selftest *test, uint32_t kib, struct tri_trial *trial);

/* Packs the trials' matrices into one image and loads it in place of the one before. `spoil`, if
 * not NULL, may change the packed image before it is loaded. Errors: those of image and device. */
enum tri_status tri_trials_load(struct tri_selftest *test, const struct tri_trial *trials,
                                uint32_t count,
                                void (*spoil)(struct tri_image *image, void *context),
                                void *context);
/* Runs loaded trials (matrix i is trial i) as one list, computes every sum from the trits again and
 * compares. Errors: those of the device, MEMORY. */
enum tri_status tri_trials_run(struct tri_selftest *test, const struct tri_trial *trials,
                               uint32_t count, struct tri_trial_result *result);
/* Both, and one line about it. */
void tri_trials_check(struct tri_selftest *test, const char *name, const struct tri_trial *trials,
                      uint32_t count);

/* ---- the checks; each adds one or more lines ---- */

/* selftest_known.c */
void tri_selftest_memory(struct tri_selftest *test);
void tri_selftest_products(struct tri_selftest *test);
/* selftest_faults.c */
void tri_selftest_registers(struct tri_selftest *test);
void tri_selftest_corrupt(struct tri_selftest *test);
void tri_selftest_statuses(struct tri_selftest *test);
/* selftest_speed.c */
void tri_selftest_counters(struct tri_selftest *test);
void tri_selftest_speed(struct tri_selftest *test);
/* The line about the clock, from cycles and seconds of a list of long rows [0] and of short [1]. */
void tri_selftest_clock(struct tri_selftest *test, const double cycles[2], const double seconds[2]);

#endif
