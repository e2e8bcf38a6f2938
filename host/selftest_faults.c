/* SPDX-License-Identifier: Apache-2.0
 *
 * What the accelerator says of itself and of bad input: identity registers, weight bytes that stand
 * for no trits, and commands that break one rule each. After every refusal it must work again.
 * Nothing here reads outside of a buffer: on some cards such an access needs a reset.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "driver/codec.h"
#include "driver/image_private.h"
#include "host/selftest.h"

/* ---- registers ---- */

static void check_register(struct tri_selftest *test, uint32_t unit, const char *name,
                           uint32_t offset, uint32_t wanted, bool *good) {
    uint32_t got = 0;
    char line[24], text[96];
    if (!*good) return; /* the first is enough */
    (void)snprintf(line, sizeof line, "registers %u", unit);
    const enum tri_status status = tri_device_register(test->device, unit, offset, &got);
    if (status == TRI_OK && got == wanted) return;
    *good = false;
    (void)snprintf(text, sizeof text, "%s 0x%08x at 0x%03x", name, wanted, offset);
    if (status != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, line, text, "%s", tri_error());
    } else {
        tri_check(test, TRI_CHECK_FAIL, line, text, "0x%08x", got);
    }
}

static void check_unit(struct tri_selftest *test, uint32_t unit) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const uint64_t hash = test->info->design_hash;
    bool good = true;
    const struct {
        const char *name;
        uint32_t offset, wanted;
    } registers[] = {
        {"magic", TRI_REG_MAGIC, TRI_MAGIC},
        {"version", TRI_REG_VERSION, TRI_VERSION},
        {"design_hash", TRI_REG_DESIGN_HASH, (uint32_t)hash},
        {"design_hash", TRI_REG_DESIGN_HASH + 4, (uint32_t)(hash >> 32)},
        {"ports", TRI_REG_PORTS, g->ports},
        {"beat_bits", TRI_REG_BEAT_BITS, g->beat_bits},
        {"encoding", TRI_REG_ENCODING, (uint32_t)g->encoding},
        {"tokens", TRI_REG_TOKENS, g->tokens},
        {"k_max", TRI_REG_K_MAX, g->k_max},
        {"t_max", TRI_REG_T_MAX, g->t_max},
        {"prefetch", TRI_REG_PREFETCH, g->prefetch},
        {"status", TRI_REG_STATUS, TRI_ACCEL_OK},
    };
    enum { REGISTERS = sizeof registers / sizeof *registers };
    for (int i = 0; i < REGISTERS; i++) {
        check_register(test, unit, registers[i].name, registers[i].offset, registers[i].wanted,
                       &good);
    }
    char line[24], wanted[96];
    (void)snprintf(line, sizeof line, "registers %u", unit);
    (void)snprintf(wanted, sizeof wanted, "magic %08x, version %u, hash %016" PRIx64, TRI_MAGIC,
                   TRI_VERSION, hash);
    if (good) tri_check(test, TRI_CHECK_OK, line, wanted, "them, and %d more", REGISTERS - 4);
}

void tri_selftest_registers(struct tri_selftest *test) {
    uint32_t value = 0;
    if (tri_device_register(test->device, 0, TRI_REG_MAGIC, &value) == TRI_E_UNSUPPORTED) {
        tri_check(test, TRI_CHECK_SKIP, "registers", "", "this device has none");
        return;
    }
    for (uint32_t unit = 0; unit < test->info->units; unit++) check_unit(test, unit);
}

/* ---- a small list that is right, run before and after each fault ---- */

enum { SMALL = 3 };

static void small_trials(const struct tri_selftest *test, struct tri_trial trials[SMALL]) {
    const struct tri_geometry *g = &test->info->design.geometry;
    memset(trials, 0, SMALL * sizeof *trials);
    for (uint32_t i = 0; i < SMALL; i++) {
        trials[i] = (struct tri_trial){.rows = g->ports * test->info->units + i,
                                       .cols = 64 + i < g->k_max ? 64 + i : g->k_max,
                                       .tokens = 1,
                                       .seed = tri_trial_random(test->seed, 2000 + i),
                                       .weights = tri_trial_random_row};
        (void)snprintf(trials[i].name, sizeof trials[i].name, "small %u", i);
    }
}

/* Whether a right list gives right sums; says what not in `text` [160]. */
static bool recovers(struct tri_selftest *test, const struct tri_trial *trials, uint32_t count,
                     char *text) {
    struct tri_trial_result result;
    if (tri_trials_run(test, trials, count, &result) != TRI_OK) {
        (void)snprintf(text, 160, "%s", tri_error());
    } else if (result.differ > 0) {
        (void)snprintf(text, 160, "%s", result.first);
    } else {
        return true;
    }
    return false;
}

/* ---- corrupt weights ---- */

struct bad_bytes {
    uint8_t byte[256];
    uint32_t count;
};

/* Matrix i gets bad byte i, on another port and in another place each. */
static void poke(struct tri_image *image, void *context) {
    const struct bad_bytes *bad = context;
    for (uint32_t i = 0; i < bad->count; i++) {
        struct tri_image_matrix *matrix = &image->matrix[i];
        const uint32_t port = i % image->geometry.ports;
        uint8_t *bytes = image->port[port] + matrix->offset;
        bytes[tri_trial_random(3, i) % matrix->bytes] = bad->byte[i];
        matrix->crc[port] = tri_crc32c(bytes, matrix->bytes);
    }
}

/* The code of every byte that is refused is counted; the first that is not is named. */
static void run_corrupt(struct tri_selftest *test, const struct tri_trial *trials,
                        const struct bad_bytes *bad, bool codes) {
    uint32_t refused = 0;
    char first[160] = "";
    int8_t input[512] = {0};
    int32_t sums[16 * 64]; /* rows of a matrix: ports times units */
    for (uint32_t i = 0; i < bad->count; i++) {
        const struct tri_job job = {.matrix = i, .tokens = 1, .codes = input, .sums = sums};
        enum tri_status status = tri_device_submit(test->device, &job, 1);
        if (status == TRI_OK) status = tri_device_wait(test->device, 0);
        const uint32_t code = tri_device_status(test->device);
        if (status == TRI_E_DEVICE && (!codes || code == TRI_ACCEL_CORRUPT_WEIGHTS)) {
            refused++;
        } else if (first[0] == '\0') {
            (void)snprintf(first, sizeof first, "; byte 0x%02x: %s", bad->byte[i],
                           status == TRI_OK ? "taken as good" : tri_error());
        }
    }
    const struct tri_trial *good = &trials[bad->count];
    char text[160] = "";
    struct tri_trial_result result;
    /* The last matrix is whole: is it still right? */
    struct tri_trial clean = *good;
    enum tri_status status = tri_trials_load(test, &clean, 1, NULL, NULL);
    if (status == TRI_OK) status = tri_trials_run(test, &clean, 1, &result);
    const bool well = status == TRI_OK && result.differ == 0;
    if (!well) {
        (void)snprintf(text, sizeof text, "; afterwards: %.140s",
                       status != TRI_OK ? tri_error() : result.first);
    }
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "%u bytes refused, then right sums", bad->count);
    tri_check(test, refused == bad->count && well ? TRI_CHECK_OK : TRI_CHECK_FAIL, "corrupt codes",
              wanted, "%u refused%s%s", refused, first, text);
}

void tri_selftest_corrupt(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const struct tri_codec *codec = tri_codec(g->encoding);
    struct bad_bytes bad = {.count = 0};
    for (uint32_t b = 0; b < 256; b++) {
        if (!codec->valid[b]) bad.byte[bad.count++] = (uint8_t)b;
    }
    struct tri_trial *trials = calloc(bad.count + 1, sizeof *trials);
    if (trials == NULL) {
        tri_check(test, TRI_CHECK_FAIL, "corrupt codes", "memory on the host", "none");
        return;
    }
    const uint32_t lanes = tri_weights_per_beat(g);
    for (uint32_t i = 0; i <= bad.count; i++) {
        trials[i] = (struct tri_trial){.rows = g->ports * test->info->units,
                                       .cols = lanes < g->k_max ? lanes : g->k_max,
                                       .tokens = 1,
                                       .seed = tri_trial_random(test->seed, 3000 + i),
                                       .weights = tri_trial_random_row};
        (void)snprintf(trials[i].name, sizeof trials[i].name, "corrupt %u", i);
    }
    uint32_t value = 0;
    const bool codes = tri_device_register(test->device, 0, TRI_REG_MAGIC, &value) == TRI_OK;
    if (tri_trials_load(test, trials, bad.count + 1, poke, &bad) != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, "corrupt codes", "an image that loads", "%s", tri_error());
    } else {
        run_corrupt(test, trials, &bad, codes);
    }
    free(trials);
}

/* ---- commands that break a rule ---- */

#define FIELD(field) offsetof(struct tri_command, field), sizeof(((struct tri_command *)0)->field)

struct fault {
    size_t byte, bytes;
    uint64_t value;
    uint32_t status;
};

/* Spoils the second of three commands; adds what was not as wanted to `text` [160]. */
static bool refuses(struct tri_selftest *test, const struct tri_trial *trials,
                    const struct fault *fault, char *text) {
    const struct tri_spoil spoil = {1, (uint32_t)fault->byte, (uint32_t)fault->bytes, fault->value};
    struct tri_trial_result result;
    enum tri_status status = tri_device_spoil(test->device, &spoil);
    if (status == TRI_OK) status = tri_trials_run(test, trials, SMALL, &result);
    const uint32_t code = tri_device_status(test->device);
    if (status != TRI_E_DEVICE || code != fault->status) {
        (void)snprintf(text, 160, "field at byte %zu = %" PRIu64 ": %s (%u)%s%s", fault->byte,
                       fault->value, tri_accel_status_name(code), code,
                       status != TRI_OK && status != TRI_E_DEVICE ? ": " : "",
                       status != TRI_OK && status != TRI_E_DEVICE ? tri_error() : "");
        return false;
    }
    char after[160];
    if (recovers(test, trials, SMALL, after)) return true;
    (void)snprintf(text, 160, "afterwards: %.140s", after);
    return false;
}

void tri_selftest_statuses(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const struct fault faults[] = {
        {FIELD(opcode), 0, TRI_ACCEL_BAD_OPCODE},
        {FIELD(opcode), 0xffff, TRI_ACCEL_BAD_OPCODE},
        {FIELD(flags), 1, TRI_ACCEL_BAD_FLAGS},
        {FIELD(reserved0), 1U << 31, TRI_ACCEL_BAD_FLAGS},
        {FIELD(reserved1), UINT64_C(1) << 63, TRI_ACCEL_BAD_FLAGS},
        {FIELD(rows), 0, TRI_ACCEL_BAD_ROWS},
        {FIELD(rows), 1048577, TRI_ACCEL_BAD_ROWS},
        {FIELD(columns), 0, TRI_ACCEL_BAD_COLUMNS},
        {FIELD(columns), g->k_max + 1, TRI_ACCEL_BAD_COLUMNS},
        {FIELD(tokens), 0, TRI_ACCEL_BAD_TOKENS},
        {FIELD(tokens), g->t_max + 1, TRI_ACCEL_BAD_TOKENS},
        {FIELD(weight_offset), 1, TRI_ACCEL_BAD_ALIGNMENT},
        {FIELD(activation_offset), 32, TRI_ACCEL_BAD_ALIGNMENT},
        {FIELD(result_offset), 4, TRI_ACCEL_BAD_ALIGNMENT},
        {FIELD(activation_stride), 0, TRI_ACCEL_BAD_STRIDE},
        {FIELD(result_stride), 0, TRI_ACCEL_BAD_STRIDE},
        {FIELD(weight_offset), 0 - UINT64_C(64), TRI_ACCEL_BAD_ADDRESS},
        {FIELD(activation_offset), 0 - UINT64_C(64), TRI_ACCEL_BAD_ADDRESS},
        {FIELD(result_offset), 0 - UINT64_C(64), TRI_ACCEL_BAD_ADDRESS},
    };
    enum { FAULTS = sizeof faults / sizeof *faults };
    struct tri_trial trials[SMALL];
    uint32_t value = 0;
    if (tri_device_register(test->device, 0, TRI_REG_MAGIC, &value) == TRI_E_UNSUPPORTED) {
        tri_check(test, TRI_CHECK_SKIP, "bad commands", "", "this device has no commands");
        return;
    }
    small_trials(test, trials);
    if (tri_trials_load(test, trials, SMALL, NULL, NULL) != TRI_OK) {
        tri_check(test, TRI_CHECK_FAIL, "bad commands", "an image that loads", "%s", tri_error());
        return;
    }
    for (int i = 0; i < FAULTS && !test->stopped;) {
        const uint32_t status = faults[i].status;
        char text[160] = "", wanted[96];
        int tried = 0, good = 0;
        for (; i < FAULTS && faults[i].status == status; i++, tried++) {
            good += refuses(test, trials, &faults[i], text);
        }
        (void)snprintf(wanted, sizeof wanted, "status %u for each of %d, then right sums", status,
                       tried);
        tri_check(test, good == tried ? TRI_CHECK_OK : TRI_CHECK_FAIL,
                  tri_accel_status_name(status), wanted, "%d of %d%s%s", good, tried,
                  text[0] != '\0' ? "; " : "", text);
    }
}
