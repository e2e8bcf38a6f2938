/* SPDX-License-Identifier: Apache-2.0
 *
 * The array: PORTS x TOKENS dot products of LANES lanes a step, one step for each beat and token
 * group. A beat is decoded with the first group and kept for the others.
 */
#include "hls/decode.h"

static int32_t dot(const struct hls_lanes *trits, const struct hls_lanes *activations) {
#pragma HLS inline
    int32_t sum = 0; /* |sum| <= 128 * LANES */
    for (uint32_t i = 0; i < HLS_BEAT_BYTES; i++) {
#pragma HLS unroll
        int16_t of_byte = 0; /* |of_byte| <= 128 * TRITS */
        for (uint32_t j = 0; j < HLS_TRITS; j++) {
#pragma HLS unroll
            const int16_t product = (int16_t)(trits->lane[j][i] * activations->lane[j][i]);
#pragma HLS bind_op variable = product op = mul impl = fabric
            of_byte = (int16_t)(of_byte + product);
        }
        sum += of_byte;
    }
    return sum;
}

uint32_t hls_array(const struct hls_row *rows, const struct hls_activations *activations,
                   uint32_t beats, uint32_t groups, struct hls_sums *sums) {
    struct hls_lanes trits[HLS_PORTS];
#pragma HLS array_partition variable = trits complete dim = 0
    uint32_t corrupt_steps = 0, step = 0;
    bool corrupt = false;
    for (uint32_t b = 0; b < HLS_WORDS; b++) {
        if (b >= beats) break;
        for (uint32_t g = 0; g < HLS_GROUPS; g++) {
#pragma HLS pipeline II = 1
            if (g >= groups) break;
            if (g == 0) {
                corrupt = false;
                for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
                    corrupt |= hls_decode(&rows[p].beat[b], &trits[p]);
                }
            }
            corrupt_steps += corrupt ? 1 : 0;
            for (uint32_t t = 0; t < HLS_TOKENS; t++) {
#pragma HLS unroll
                const struct hls_lanes *vector = &activations->word[g * HLS_TOKENS + t][b];
                for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
                    sums[step].sum[t][p] = dot(&trits[p], vector);
                }
            }
            step++;
        }
    }
    return corrupt_steps;
}
