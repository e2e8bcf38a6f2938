/* SPDX-License-Identifier: Apache-2.0
 *
 * A weight reader: one row of one port. Each port has its own, on its own bus.
 */
#include "hls/memory.h"

bool hls_read_row(int32_t port, const struct hls_beat *weights, uint64_t first, uint32_t beats,
                  struct hls_row *row) {
    bool bad = false;
    for (uint32_t b = 0; b < HLS_WORDS; b++) {
#pragma HLS pipeline II = 1
        if (b >= beats) break;
        bad |= !hls_read_beat(port, weights, first + b, &row->beat[b]);
    }
    return bad;
}
