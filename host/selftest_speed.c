/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters and speed: whether the counters explain every cycle, how many bytes a port delivers,
 * what a launch costs and, on a card, whether the clock is the design's. Simulated time is never
 * compared with a clock on the wall.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel.h"
#include "host/selftest.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* A long matrix of whole beats, `kib` a port. */
static void long_trial(const struct tri_selftest *test, uint32_t kib, struct tri_trial *trial) {
    *trial = (struct tri_trial){
        .tokens = 1, .seed = tri_trial_random(test->seed, 4000), .weights = tri_trial_random_row};
    tri_trial_fill(test, kib, trial);
    (void)snprintf(trial->name, sizeof trial->name, "long");
}

/* The counters of the last run: cycles of the unit that took longest, as units run side by side,
 * and the rest of all units together. */
struct counts {
    uint64_t cycles, explained, beats, corrupt, axi_errors;
    bool adds_up; /* in every unit the kinds of cycles add up to the whole */
};

static enum tri_status read_counter(struct tri_selftest *test, uint32_t unit, uint32_t offset,
                                    uint64_t *value) {
    uint32_t low = 0, high = 0;
    TRI_TRY(tri_device_register(test->device, unit, offset, &low));
    TRI_TRY(tri_device_register(test->device, unit, offset + 4, &high));
    *value = (uint64_t)high << 32 | low;
    return TRI_OK;
}

/* From the registers themselves, not from what the driver makes of them. */
static enum tri_status read_counts(struct tri_selftest *test, struct counts *counts) {
    *counts = (struct counts){.adds_up = true};
    for (uint32_t unit = 0; unit < test->info->units; unit++) {
        struct tri_counters c = {0};
        uint64_t sum = 0;
#define READ(name, offset, cycle)                                                                  \
    TRI_TRY(read_counter(test, unit, offset, &c.name));                                            \
    sum += (cycle) ? c.name : 0;
        TRI_COUNTERS(READ)
#undef READ
        counts->adds_up = counts->adds_up && sum == c.cycles_active && sum > 0;
        if (c.cycles_active > counts->cycles) {
            counts->cycles = c.cycles_active;
            counts->explained = sum;
        }
        counts->beats += c.beats_consumed;
        counts->corrupt += c.corrupt_codes;
        counts->axi_errors += c.axi_errors;
    }
    return TRI_OK;
}

static void check_bandwidth(struct tri_selftest *test, const struct tri_trial *trial,
                            const struct counts *c) {
    const struct tri_design *d = &test->info->design;
    const double beat = d->geometry.beat_bits / 8.0;
    const double ports = (double)d->geometry.ports * test->info->units;
    const double got = (double)c->beats * beat / ports / (double)c->cycles;
    double most = d->memory.bytes_per_cycle;
    if (d->memory.refresh_interval > 0) {
        most *= 1.0 - (double)d->memory.refresh_cycles / d->memory.refresh_interval;
    }
    /* What the command's start and end cost is small in a long one, but not nothing. */
    const double least = 0.8 * most;
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "at least %.2f of %.2f bytes a cycle and port", least,
                   most);
    tri_check(test, got >= least ? TRI_CHECK_OK : TRI_CHECK_FAIL, "bandwidth", wanted,
              "%.2f (%.0f ports in step, %" PRIu64 " cycles, %u rows); %.2f GB/s a port at %g MHz",
              got, ports, c->cycles, trial->rows, got * d->clock_mhz / 1000.0, d->clock_mhz);
}

void tri_selftest_counters(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    if (!test->info->counts_cycles) {
        tri_check(test, TRI_CHECK_SKIP, "counters", "", "this device has no cycles");
        tri_check(test, TRI_CHECK_SKIP, "bandwidth", "", "this device has no cycles");
        return;
    }
    struct tri_trial trial;
    struct tri_trial_result result = {0};
    struct counts counts;
    /* Simulated: 4096 beats a port, so that start and end weigh little. */
    long_trial(test, test->info->real_time ? 16384 : g->beat_bits / 8 * 4, &trial);
    enum tri_status status = tri_trials_load(test, &trial, 1, NULL, NULL);
    if (status == TRI_OK) status = tri_trials_run(test, &trial, 1, &result);
    if (status == TRI_OK && result.differ > 0) {
        status = tri_fail(TRI_E_MISMATCH, "%s", result.first);
    }
    if (status == TRI_OK) status = read_counts(test, &counts);
    if (status != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, "counters", "a run with right sums", "%s", tri_error());
        return;
    }
    /* Behind XRT's emulation may be the C kernel; the driver cannot see which. */
    if (counts.cycles == 0 && counts.beats > 0 && strcmp(test->info->backend, "xrt") == 0 &&
        !test->info->real_time) {
        tri_check(test, TRI_CHECK_SKIP, "counters", "", "the emulated kernel has no cycles");
        tri_check(test, TRI_CHECK_SKIP, "bandwidth", "", "the emulated kernel has no cycles");
        return;
    }
    const uint64_t beats = (uint64_t)trial.rows * (trial.cols / tri_weights_per_beat(g));
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "kinds that add up, %" PRIu64 " beats, no errors", beats);
    const bool good =
        counts.adds_up && counts.beats == beats && counts.corrupt == 0 && counts.axi_errors == 0;
    tri_check(test, good ? TRI_CHECK_OK : TRI_CHECK_FAIL, "counters", wanted,
              "%" PRIu64 " of %" PRIu64 " cycles, %" PRIu64 " beats, %" PRIu64 " corrupt, %" PRIu64
              " AXI errors",
              counts.explained, counts.cycles, counts.beats, counts.corrupt, counts.axi_errors);
    if (counts.cycles > 0) check_bandwidth(test, &trial, &counts);
}

/* ---- clock: cycles against time ---- */

/* Two matrices with the same rows, one of long rows and one of one beat: what the host does for
 * both is the same, so in the difference of the two times only cycles are left. */
enum { CLOCK_JOBS = 256, LONG = 0, SHORT = 1 };

/* Cycles and seconds of a list on one of the two. */
static enum tri_status timed(struct tri_selftest *test, uint32_t matrix, int8_t *codes,
                             int32_t *sums, double *cycles, double *seconds) {
    struct counts counts;
    struct tri_job jobs[CLOCK_JOBS];
    for (int i = 0; i < CLOCK_JOBS; i++) jobs[i] = (struct tri_job){matrix, 1, codes, sums};
    const double began = now();
    TRI_TRY(tri_device_submit(test->device, jobs, CLOCK_JOBS));
    TRI_TRY(tri_device_wait(test->device, 0));
    *seconds = now() - began;
    TRI_TRY(read_counts(test, &counts));
    *cycles = (double)counts.cycles;
    return TRI_OK;
}

void tri_selftest_clock(struct tri_selftest *test, const double cycles[2],
                        const double seconds[2]) {
    const double wanted = test->info->design.clock_mhz;
    const double more = cycles[LONG] - cycles[SHORT], time = seconds[LONG] - seconds[SHORT];
    const double got = time > 0 ? more / time * 1e-6 : 0;
    char text[96];
    (void)snprintf(text, sizeof text, "%g MHz within 3 %%", wanted);
    tri_check(test, got > wanted * 0.97 && got < wanted * 1.03 ? TRI_CHECK_OK : TRI_CHECK_FAIL,
              "clock", text, "%.1f MHz (%.0f cycles in %.4f s)", got, more, time);
}

static void check_clock(struct tri_selftest *test) {
    struct tri_trial trials[2];
    double cycles[2] = {0, 0}, seconds[2] = {0, 0};
    long_trial(test, 4096, &trials[LONG]);
    trials[SHORT] = trials[LONG];
    trials[SHORT].cols = tri_weights_per_beat(&test->info->design.geometry);
    int8_t *codes = calloc(trials[LONG].cols, 1);
    int32_t *sums = calloc(trials[LONG].rows, sizeof *sums);
    enum tri_status status = tri_trials_load(test, trials, 2, NULL, NULL);
    if (codes == NULL || sums == NULL) status = tri_fail(TRI_E_MEMORY, "selftest: no memory");
    for (int i = 0; i < 4 && status == TRI_OK; i++) { /* the first round only warms up */
        status = timed(test, (uint32_t)i % 2, codes, sums, &cycles[i % 2], &seconds[i % 2]);
    }
    if (status == TRI_OK) {
        tri_selftest_clock(test, cycles, seconds);
    } else {
        tri_check(test, TRI_CHECK_FAIL, "clock", "two timed lists", "%s", tri_error());
    }
    free(sums);
    free(codes);
}

/* ---- launches ---- */

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void check_launches(struct tri_selftest *test) {
    enum { LAUNCHES = 65 };
    double micros[LAUNCHES];
    struct tri_trial trial = {.name = "tiny",
                              .rows = 1,
                              .cols = 1,
                              .tokens = 1,
                              .seed = tri_trial_random(test->seed, 5000),
                              .weights = tri_trial_random_row};
    struct counts counts = {0};
    struct tri_trial_result result;
    enum tri_status status = tri_trials_load(test, &trial, 1, NULL, NULL);
    for (int i = 0; i < LAUNCHES && status == TRI_OK; i++) {
        const double began = now();
        status = tri_trials_run(test, &trial, 1, &result);
        micros[i] = (now() - began) * 1e6;
        if (status == TRI_OK && result.differ > 0) {
            status = tri_fail(TRI_E_MISMATCH, "%s", result.first);
        }
    }
    if (status == TRI_OK && test->info->counts_cycles) status = read_counts(test, &counts);
    if (status != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, "launch", "65 launches", "%s", tri_error());
        return;
    }
    qsort(micros, LAUNCHES, sizeof *micros, by_value);
    const double median = micros[LAUNCHES / 2];
    const bool card = test->info->real_time;
    /* A lost interrupt makes half a second of it. */
    tri_check(test, !card || median < 10000 ? TRI_CHECK_OK : TRI_CHECK_FAIL, "launch",
              card ? "less than 10000 us" : "65 right (time is the simulator's)",
              "median %.0f us, least %.0f us; %" PRIu64 " cycles each", median, micros[0],
              counts.cycles);
}

void tri_selftest_speed(struct tri_selftest *test) {
    if (test->info->real_time) {
        check_clock(test);
    } else {
        tri_check(test, TRI_CHECK_SKIP, "clock", "", "simulated: no clock to compare with");
    }
    if (!test->stopped) check_launches(test);
}
