/* SPDX-License-Identifier: Apache-2.0
 *
 * Products with known sums: packed, loaded, run on the device, and compared with sums computed here
 * from the trits themselves, so that packing and transport are under test too.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/interrupt.h"
#include "host/selftest.h"

uint64_t tri_trial_random(uint64_t seed, uint64_t index) {
    uint64_t z = seed * UINT64_C(0xda942042e4dd58b5) + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void tri_trial_random_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                          uint32_t row, int8_t *out) {
    (void)geometry;
    const uint64_t seed = tri_trial_random(trial->seed, row);
    for (uint32_t k = 0; k < trial->cols; k += 32) {
        uint64_t bits = tri_trial_random(seed, k);
        for (uint32_t i = k; i < k + 32 && i < trial->cols; i++, bits >>= 2) {
            out[i] = (int8_t)((bits & 3) == 3 ? 0 : (int)(bits & 3) - 1);
        }
    }
}

void tri_trial_fill(const struct tri_selftest *test, uint32_t kib, struct tri_trial *trial) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const uint32_t lanes = tri_weights_per_beat(g), beats = g->k_max / lanes;
    const uint32_t each = g->ports * test->info->units; /* rows that all ports have alike */
    const uint64_t rows = (uint64_t)kib * 1024 / (beats * (g->beat_bits / 8));
    const uint64_t most = 1048576 / each;
    trial->cols = beats * lanes;
    trial->rows = (uint32_t)(rows < 1 ? 1 : rows > most ? most : rows) * each;
}

static void random_codes(const struct tri_trial *trial, uint32_t token, int8_t *out) {
    const uint64_t seed = tri_trial_random(~trial->seed, token);
    for (uint32_t k = 0; k < trial->cols; k++) {
        out[k] = (int8_t)((int)(tri_trial_random(seed, k) & 255) - 128);
    }
}

struct source {
    const struct tri_trial *trials;
    const struct tri_geometry *geometry;
};

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    const struct tri_trial *trial = &((struct source *)context)->trials[i];
    memcpy(name, trial->name, sizeof trial->name);
    *rows = trial->rows;
    *cols = trial->cols;
}

static void row_of(void *context, uint32_t i, uint32_t row, int8_t *out) {
    const struct source *source = context;
    source->trials[i].weights(&source->trials[i], source->geometry, row, out);
}

enum tri_status tri_trials_load(struct tri_selftest *test, const struct tri_trial *trials,
                                uint32_t count,
                                void (*spoil)(struct tri_image *image, void *context),
                                void *context) {
    struct source from = {trials, &test->info->design.geometry};
    const struct tri_matrix_source source = {
        .context = &from, .count = count, .describe = describe, .row = row_of};
    struct tri_image *image = NULL;
    TRI_TRY(tri_image_build(from.geometry, &source, &image));
    if (spoil != NULL) spoil(image, context);
    const enum tri_status status = tri_device_load(test->device, image);
    if (status != TRI_OK) {
        tri_image_destroy(image);
        return status;
    }
    tri_image_destroy(test->image); /* the one before */
    test->image = image;
    return TRI_OK;
}

static int32_t dot(const int8_t *weights, const int8_t *codes, uint32_t count) {
    int32_t sum = 0; /* |sum| <= 128 * 23040 */
    for (uint32_t k = 0; k < count; k++) sum += weights[k] * codes[k];
    return sum;
}

static void compare(const struct tri_selftest *test, const struct tri_trial *trial,
                    const struct tri_job *job, int8_t *weights, struct tri_trial_result *result) {
    const struct tri_geometry *g = &test->info->design.geometry;
    for (uint32_t row = 0; row < trial->rows; row++) {
        trial->weights(trial, g, row, weights);
        for (uint32_t t = 0; t < trial->tokens; t++) {
            const int32_t wanted = dot(weights, job->codes + (size_t)t * trial->cols, trial->cols);
            const int32_t got = job->sums[(size_t)t * trial->rows + row];
            result->sums++;
            if (wanted == got) continue;
            if (result->differ++ > 0) continue;
            (void)snprintf(result->first, sizeof result->first,
                           "%s, row %u (port %u), token %u: wanted %d, got %d", trial->name, row,
                           row % g->ports, t, wanted, got);
        }
    }
}

static enum tri_status prepare(const struct tri_trial *trial, uint32_t matrix,
                               struct tri_job *job) {
    int8_t *codes = malloc((size_t)trial->tokens * trial->cols);
    job->matrix = matrix;
    job->tokens = trial->tokens;
    job->codes = codes;
    job->sums = malloc((size_t)trial->tokens * trial->rows * sizeof *job->sums);
    if (codes == NULL || job->sums == NULL) return tri_fail(TRI_E_MEMORY, "selftest: no memory");
    memset(job->sums, 0x5a, (size_t)trial->tokens * trial->rows * sizeof *job->sums);
    for (uint32_t t = 0; t < trial->tokens; t++) {
        (trial->codes != NULL ? trial->codes : random_codes)(trial, t,
                                                             codes + (size_t)t * trial->cols);
    }
    return TRI_OK;
}

static enum tri_status run(struct tri_selftest *test, const struct tri_trial *trials,
                           uint32_t count, struct tri_job *jobs, int8_t *weights,
                           struct tri_trial_result *result) {
    for (uint32_t i = 0; i < count; i++) TRI_TRY(prepare(&trials[i], i, &jobs[i]));
    TRI_TRY(tri_device_submit(test->device, jobs, count));
    TRI_TRY(tri_device_wait(test->device, 0));
    for (uint32_t i = 0; i < count; i++) compare(test, &trials[i], &jobs[i], weights, result);
    return TRI_OK;
}

enum tri_status tri_trials_run(struct tri_selftest *test, const struct tri_trial *trials,
                               uint32_t count, struct tri_trial_result *result) {
    memset(result, 0, sizeof *result);
    if (tri_interrupted() != 0) {
        test->stopped = true;
        return tri_fail(TRI_E_INTERRUPTED, "interrupted");
    }
    struct tri_job *jobs = calloc(count, sizeof *jobs);
    int8_t *weights = malloc(test->info->design.geometry.k_max);
    enum tri_status status = TRI_OK;
    if (jobs == NULL || weights == NULL) {
        status = tri_fail(TRI_E_MEMORY, "selftest: no memory");
    } else {
        status = run(test, trials, count, jobs, weights, result);
        for (uint32_t i = 0; i < count; i++) {
            free((void *)(uintptr_t)jobs[i].codes);
            free(jobs[i].sums);
        }
    }
    free(weights);
    free(jobs);
    if (status == TRI_E_TIMEOUT) test->stopped = true;
    return status;
}

void tri_trials_check(struct tri_selftest *test, const char *name, const struct tri_trial *trials,
                      uint32_t count) {
    struct tri_trial_result result = {0};
    enum tri_status status = tri_trials_load(test, trials, count, NULL, NULL);
    if (status == TRI_OK) status = tri_trials_run(test, trials, count, &result);
    if (status != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, name, "every sum right", "%s", tri_error());
    } else if (result.differ > 0) {
        tri_check(test, TRI_CHECK_FAIL, name, "every sum right",
                  "%" PRIu64 " of %" PRIu64 " wrong; %s", result.differ, result.sums, result.first);
    } else {
        tri_check(test, TRI_CHECK_OK, name, "every sum right", "%" PRIu64 " of %" PRIu64 " right",
                  result.sums, result.sums);
    }
}
