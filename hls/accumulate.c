/* SPDX-License-Identifier: Apache-2.0
 *
 * The accumulators: one set for each token group, added up over the beats of a row group.
 */
#include "hls/kernel.h"

void hls_accumulate(const struct hls_sums *sums, uint32_t beats, uint32_t groups, uint32_t slot,
                    struct hls_results *results) {
    struct hls_sums total[HLS_GROUPS];
#pragma HLS array_partition variable = total complete dim = 0
    uint32_t step = 0;
    for (uint32_t b = 0; b < HLS_WORDS; b++) {
        if (b >= beats) break;
        for (uint32_t g = 0; g < HLS_GROUPS; g++) {
#pragma HLS pipeline II = 1
            if (g >= groups) break;
            for (uint32_t t = 0; t < HLS_TOKENS; t++) {
#pragma HLS unroll
                for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
                    /* |total| <= (K_MAX + LANES) * 128, below 2^22 */
                    const int32_t before = b == 0 ? 0 : total[g].sum[t][p];
                    const int32_t now = before + sums[step].sum[t][p];
                    total[g].sum[t][p] = now;
                    if (b + 1 == beats) {
                        results->sum[g * HLS_TOKENS + t][slot * HLS_PORTS + p] = now;
                    }
                }
            }
            step++;
        }
    }
}
