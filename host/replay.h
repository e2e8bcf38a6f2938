/* SPDX-License-Identifier: Apache-2.0
 *
 * A replay file: one command that went wrong, complete in itself. It holds the weights of that one
 * matrix group, the activations of that one command, the sums that are right, the first sum that
 * was not, and how the device was opened. No model is needed to run it again.
 *
 * Layout, little endian, no padding:
 *   8   magic "TRIREPLY"
 *   4   version, 1
 *   4   length U of the device URI in bytes, at most 4351
 *   4   length P of the planted bug's name (0: none), at most 63
 *   4   length N of the matrix group's name, at most 47
 *   8   seed of the simulator's stalls
 *   4   stall_permille override, signed (-1: the design's)
 *   28  geometry: ports, beat_bits, encoding (0 b2, 1 b3), tokens, k_max, t_max, prefetch
 *   8   design hash
 *   12  layer, group (0 q|k|v, 1 o, 2 gate|up, 3 down), position of the first token in the text
 *   12  rows M, columns K, tokens T
 *   16  first difference: row, token (in this command), wanted, got (both signed)
 *   4   rows of each matrix of the group before the differing one, added up
 *   U + P + N   the three names
 *   M * ceil(K/4)   weights, row by row, four a byte from the low bits: weight + 1
 *   T * K       activations, int8
 *   T * M * 4   wanted sums, int32
 *   4   CRC-32C of all before it
 */
#ifndef TRI_HOST_REPLAY_H
#define TRI_HOST_REPLAY_H

#include <stddef.h>

#include "driver/device.h"

#define TRI_REPLAY_VERSION 1

struct tri_replay {
    char uri[4352], plant[64], name[48];
    uint64_t seed;
    int32_t stall_permille;
    struct tri_geometry geometry;
    uint64_t design_hash;
    uint32_t layer, group, position;
    uint32_t rows, cols, tokens;
    uint32_t row, token; /* of the first difference */
    int32_t wanted_sum, got_sum;
    uint32_t matrix_row0; /* row of the group where the differing matrix starts */
    int8_t *weights;      /* [rows][cols] */
    int8_t *codes;        /* [tokens][cols] */
    int32_t *wanted;      /* [tokens][rows] */
};

/* Allocates weights, codes and wanted for the sizes already set. Errors: FORMAT (sizes), MEMORY. */
enum tri_status tri_replay_allocate(struct tri_replay *replay, const char *where);
void tri_replay_free(struct tri_replay *replay);

/* Errors: IO, MEMORY. The file is whole or absent. */
enum tri_status tri_replay_write(const struct tri_replay *replay, const char *path);
/* Checks magic, version, CRC, every size, every code. Free with tri_replay_free, also after a
 * failure. Errors: IO, FORMAT, MEMORY. */
enum tri_status tri_replay_read(const char *path, struct tri_replay *replay);

/* The product by the formula, from the file's own weights and codes: sums [tokens][rows]. */
void tri_replay_compute(const struct tri_replay *replay, int32_t *sums);

#endif
