/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stages of the C kernel share: beats, a checked command, and the functions between which
 * data streams. Sizes come from the design (build/gen/DESIGN/hls_params.h), codes from
 * rtl/accel.yaml. The kernel has no state between runs.
 */
#ifndef HLS_KERNEL_H
#define HLS_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "accel.h"
#include "hls_params.h"

#define HLS_BEAT_BYTES   (HLS_BEAT_BITS / 8)
#define HLS_TRITS        (HLS_ENCODING == TRI_ENC_B3 ? 5 : 4)      /* in one byte */
#define HLS_LANES        (HLS_BEAT_BYTES * HLS_TRITS)              /* weights of a beat */
#define HLS_WORDS        ((HLS_K_MAX + HLS_LANES - 1) / HLS_LANES) /* beats of the longest row */
#define HLS_GROUPS       (HLS_T_MAX / HLS_TOKENS)                  /* token groups */
#define HLS_CHUNK_ROWS   64                                        /* results written at once */
#define HLS_SLOTS        (HLS_CHUNK_ROWS / HLS_PORTS)              /* row groups of a chunk */
#define HLS_ROWS_MAX     1048576
#define HLS_CHUNKS_MAX   (HLS_ROWS_MAX / HLS_CHUNK_ROWS)
#define HLS_RESULT_BEATS (HLS_CHUNK_ROWS * 4 / HLS_BEAT_BYTES)
#define HLS_DATA_PORT    (-1)

_Static_assert(64 % HLS_BEAT_BYTES == 0, "lists and vectors start at whole beats");
_Static_assert(HLS_CHUNK_ROWS % HLS_PORTS == 0, "a chunk has whole row groups");
_Static_assert(HLS_T_MAX % HLS_TOKENS == 0, "t_max is a multiple of tokens");

struct hls_beat {
    uint8_t byte[HLS_BEAT_BYTES];
};

/* A list written for each weight port: w0, w1, ... */
#define HLS_WEIGHT_PARAMETER(p) , const struct hls_beat *w##p
#define HLS_WEIGHT_ARGUMENT(p)  , w##p
#define HLS_WEIGHT_PARAMETERS   HLS_EACH_PORT(HLS_WEIGHT_PARAMETER)
#define HLS_WEIGHT_ARGUMENTS    HLS_EACH_PORT(HLS_WEIGHT_ARGUMENT)

/* A command with what its checks worked out. */
struct hls_command {
    uint32_t status; /* enum tri_accel_status */
    uint32_t tag, rows, columns, tokens;
    uint32_t row_groups, beats, groups; /* groups of PORTS rows, beats of a row, token groups */
    uint64_t weight_offset, activation_offset, result_offset;
    uint32_t activation_stride, result_stride;
};

/* Device addresses of the arguments, for the rules that need them. */
struct hls_bases {
    uint64_t commands, completions, data, weights[HLS_PORTS];
};

/* What a run leaves in the registers. */
struct hls_run {
    uint32_t status, completed;
    uint64_t steps, beats_consumed, corrupt_codes;
};

/* What a command's rows met on their way. */
struct hls_flags {
    bool weight_error, result_error;
    uint64_t corrupt_steps;
};

struct hls_row { /* one port's row */
    struct hls_beat beat[HLS_WORDS];
};
struct hls_sums { /* of one step: one beat of every port times one token group */
    int32_t sum[HLS_TOKENS][HLS_PORTS];
};
struct hls_results { /* one chunk */
    int32_t sum[HLS_T_MAX][HLS_CHUNK_ROWS];
};
/* Lane j of byte i stands at [j][i], in words as weights are: a decoder's outputs side by side.
 * Lanes past a vector's end meet zero weights. */
struct hls_lanes {
    int8_t lane[HLS_TRITS][HLS_BEAT_BYTES];
};
struct hls_activations {
    struct hls_lanes word[HLS_T_MAX][HLS_WORDS];
};

/* hls/fetch.c: the command at place `index` of the list; false after an AXI error. */
bool hls_fetch(const struct hls_beat *commands, uint32_t index, struct tri_command *command);
/* hls/check.c: the list's addresses, then a command's fields. */
uint32_t hls_check_list(const struct hls_bases *bases, uint32_t count);
void hls_check(const struct tri_command *fields, const struct hls_bases *bases,
               struct hls_command *command);
/* hls/activations.c: all vectors of a command; false after an AXI error. */
bool hls_load_activations(const struct hls_beat *data, const struct hls_command *command,
                          struct hls_activations *activations);
/* hls/weights.c: one port's next row; true if some beat came with an AXI error. */
bool hls_read_row(int32_t port, const struct hls_beat *weights, uint64_t first, uint32_t beats,
                  struct hls_row *row);
/* hls/array.c: decodes each beat once, multiplies it with every token. Returns the steps in which a
 * code stood for no trits. */
uint32_t hls_array(const struct hls_row *rows, const struct hls_activations *activations,
                   uint32_t beats, uint32_t groups, struct hls_sums *sums);
/* hls/accumulate.c: adds up the steps of a row group into its place of the chunk. */
void hls_accumulate(const struct hls_sums *sums, uint32_t beats, uint32_t groups, uint32_t slot,
                    struct hls_results *results);
/* hls/write_back.c: one chunk of results, one completion; true after an AXI error. */
bool hls_write_results(struct hls_beat *data, const struct hls_command *command, uint32_t chunk,
                       const struct hls_results *results);
bool hls_write_completion(struct hls_beat *completions, uint32_t index, uint32_t tag,
                          uint32_t status);
/* hls/multiply.c: all rows of a command. */
void hls_multiply(struct hls_beat *data, const struct hls_command *command,
                  const struct hls_activations *activations,
                  struct hls_flags *flags HLS_WEIGHT_PARAMETERS);

/* hls/tritium_hls.c: the kernel. Runs a list and returns when its last completion is written. */
void tritium_hls(const struct hls_beat *commands, uint32_t count, struct hls_beat *completions,
                 struct hls_beat *data HLS_WEIGHT_PARAMETERS, struct hls_run *run);

#endif
