/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium replay`: the one command of a replay file, again, on the device and on the golden model,
 * with a waveform on request. The file format is host/replay_file.c.
 */
#include "host/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/modeloptions.h"
#include "host/options.h"

static const struct tri_usage usage = {
    .command = "replay",
    .synopsis = "FILE [--device URI] [--wave OUT.fst] [options]",
    .purpose = "Runs the one command of a replay file again, first on the golden model of the same "
               "design,\n"
               "then on the device, and says whether its sums are right. The model is not needed.",
    .examples = "  tritium replay mismatch.replay\n"
                "  tritium replay mismatch.replay --device sim:kv260 --wave mismatch.fst\n",
    .statuses = "  0  equal   1  failed   2  wrong command line   3  different\n",
    .least = 1,
    .most = 1,
};

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    const struct tri_replay *replay = context;
    (void)i;
    memcpy(name, replay->name, sizeof replay->name);
    *rows = replay->rows;
    *cols = replay->cols;
}

static void row_of(void *context, uint32_t i, uint32_t row, int8_t *out) {
    const struct tri_replay *replay = context;
    (void)i;
    memcpy(out, replay->weights + (size_t)row * replay->cols, replay->cols);
}

/* Opens a device, runs the command and closes it (which finishes the wave). sums: [tokens][rows].
 */
static enum tri_status run_on(struct tri_replay *replay, const char *uri,
                              const struct tri_device_options *options, int32_t *sums) {
    struct tri_device *device = NULL;
    struct tri_image *image = NULL;
    const struct tri_matrix_source source = {
        .context = replay, .count = 1, .describe = describe, .row = row_of};
    const struct tri_job job = {
        .matrix = 0, .tokens = replay->tokens, .codes = replay->codes, .sums = sums};
    TRI_TRY(tri_device_open(uri, options, &device));
    const struct tri_device_info *info = tri_device_info(device);
    if (info->design_hash != replay->design_hash)
        printf("note: %s has another geometry than the file's device %s\n", uri, replay->uri);
    enum tri_status status = tri_image_build(&info->design.geometry, &source, &image);
    if (status == TRI_OK) status = tri_device_load(device, image);
    if (status == TRI_OK) status = tri_device_submit(device, &job, 1);
    if (status == TRI_OK) status = tri_device_wait(device, 0);
    tri_device_close(device);
    tri_image_destroy(image);
    return status;
}

/* Prints the verdict on one device; returns an exit status. */
static int judge(const struct tri_replay *replay, const char *uri, const int32_t *sums) {
    size_t count = (size_t)replay->tokens * replay->rows, differ = 0, first = 0;
    for (size_t i = count; i-- > 0;)
        if (sums[i] != replay->wanted[i]) {
            differ++;
            first = i;
        }
    if (differ == 0) {
        printf("equal: %zu sums on %s\n", count, uri);
        return TRI_EXIT_OK;
    }
    uint32_t row = (uint32_t)(first % replay->rows), token = (uint32_t)(first / replay->rows);
    printf("different: %s, row %u of the group, token %u: wanted %d, got %d (%zu of %zu sums "
           "differ on "
           "%s)\n",
           replay->name, row, replay->position + token, replay->wanted[first], sums[first], differ,
           count, uri);
    return TRI_EXIT_DIFFERENT;
}

/* The file's own sums must follow from its own weights, or it proves nothing. */
static enum tri_status check_file(const char *path, const struct tri_replay *replay,
                                  int32_t *sums) {
    tri_replay_compute(replay, sums);
    for (size_t i = 0; i < (size_t)replay->tokens * replay->rows; i++)
        if (sums[i] != replay->wanted[i])
            return tri_fail(TRI_E_FORMAT, "%s: sum %zu: wanted %d, the file says %d", path, i,
                            sums[i], replay->wanted[i]);
    return TRI_OK;
}

static int perform(const char *path, const char *uri, const struct tri_device_options *options,
                   struct tri_replay *replay, int32_t *sums) {
    enum tri_status status = check_file(path, replay, sums);
    if (status != TRI_OK) return tri_complain(status);
    const struct tri_geometry *g = &replay->geometry;
    printf("%s: %u rows, %u columns, %u token%s from position %u, for %u ports of %u bits, %s\n",
           replay->name, replay->rows, replay->cols, replay->tokens, replay->tokens == 1 ? "" : "s",
           replay->position, g->ports, g->beat_bits, g->encoding == TRI_B3 ? "b3" : "b2");
    printf("found: row %u of the group (%u of its matrix), token %u: wanted %d, got %d on %s\n",
           replay->row, replay->row - replay->matrix_row0, replay->position + replay->token,
           replay->wanted_sum, replay->got_sum, replay->uri);
    char golden[4400];
    const char *design = strchr(uri, ':');
    snprintf(golden, sizeof golden, "ref:%s", design != NULL ? design + 1 : "");
    status = run_on(replay, golden, NULL, sums);
    if (status != TRI_OK) return tri_complain(status);
    int code = judge(replay, golden, sums);
    if (strcmp(golden, uri) == 0) return code;
    status = run_on(replay, uri, options, sums);
    if (status != TRI_OK) return tri_complain(status);
    if (judge(replay, uri, sums) != TRI_EXIT_OK) code = TRI_EXIT_DIFFERENT;
    if (options->wave != NULL) printf("wave: %s\n", options->wave);
    return code;
}

int tri_command_replay(int argc, char **argv) {
    struct tri_device_options device = TRI_DEVICE_OPTIONS_INIT;
    const char *uri = NULL, *plant = NULL;
    char **arguments = NULL;
    const struct tri_option options[] = {
        {"device", 0, "URI", TRI_OPTION_TEXT, &uri,
         "ref:DESIGN, hls:DESIGN, sim:DESIGN or xrt:FILE.xclbin (the file's)"},
        TRI_WAVE_OPTIONS(device),
        {"plant", 0, "NAME", TRI_OPTION_TEXT, &plant,
         "load the simulator built with this planted bug (for tests)"},
    };
    int code = tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv,
                                 &arguments);
    if (code >= 0) return code;
    if (tri_wave_options_fault(&device) != NULL)
        return tri_complain_usage("replay: %s", tri_wave_options_fault(&device));
    struct tri_replay replay;
    int32_t *sums = NULL;
    enum tri_status status = tri_replay_read(arguments[0], &replay);
    if (status == TRI_OK) {
        sums = malloc((size_t)replay.tokens * replay.rows * sizeof *sums);
        if (sums == NULL) status = tri_fail(TRI_E_MEMORY, "%s: out of memory", arguments[0]);
    }
    if (status == TRI_OK) {
        device.seed = replay.seed;
        device.stall_permille = replay.stall_permille;
        /* The file's own device comes with the file's own planted bug. */
        if (uri == NULL && plant == NULL && replay.plant[0] != '\0') plant = replay.plant;
        device.plant = plant;
        code = perform(arguments[0], uri != NULL ? uri : replay.uri, &device, &replay, sums);
    } else {
        code = tri_complain(status);
    }
    free(sums);
    tri_replay_free(&replay);
    return tri_finish_output(code);
}
