/* SPDX-License-Identifier: Apache-2.0
 *
 * The activation loader: all vectors of a command, beat by beat, into the buffer of the array.
 */
#include "hls/memory.h"

enum { VECTOR_BEATS_MAX = (HLS_K_MAX + HLS_BEAT_BYTES - 1) / HLS_BEAT_BYTES };
_Static_assert(VECTOR_BEATS_MAX <= HLS_WORDS * HLS_TRITS, "a vector's beats fit into its words");

/* A data beat is the part `sub` of TRITS of a word's columns; for each part the places are fixed.
 */
static void place(const struct hls_beat *beat, uint32_t sub, struct hls_lanes *word) {
#pragma HLS inline
    for (uint32_t s = 0; s < HLS_TRITS; s++) {
#pragma HLS unroll
        if (s != sub) continue;
        for (uint32_t i = 0; i < HLS_BEAT_BYTES; i++) {
#pragma HLS unroll
            const uint32_t column = s * HLS_BEAT_BYTES + i;
            word->lane[column % HLS_TRITS][column / HLS_TRITS] = (int8_t)beat->byte[i];
        }
    }
}

bool hls_load_activations(const struct hls_beat *data, const struct hls_command *command,
                          struct hls_activations *activations) {
    const uint32_t beats = (command->columns + HLS_BEAT_BYTES - 1) / HLS_BEAT_BYTES;
    bool good = true;
    for (uint32_t t = 0; t < HLS_T_MAX; t++) {
        if (t >= command->tokens) break;
        const uint64_t first =
            (command->activation_offset + (uint64_t)t * command->activation_stride) /
            HLS_BEAT_BYTES;
        uint32_t word = 0, sub = 0;
        for (uint32_t b = 0; b < VECTOR_BEATS_MAX; b++) {
#pragma HLS pipeline II = 1
            if (b >= beats) break;
            struct hls_beat beat;
            good &= hls_read_beat(HLS_DATA_PORT, data, first + b, &beat);
            place(&beat, sub, &activations->word[t][word]);
            word += sub + 1 == HLS_TRITS ? 1 : 0;
            sub = sub + 1 == HLS_TRITS ? 0 : sub + 1;
        }
    }
    return good;
}
