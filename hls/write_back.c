/* SPDX-License-Identifier: Apache-2.0
 *
 * Write-back: a chunk of results along the rows of each token, and completions. Bytes past the last
 * result of a token are left as they are.
 */
#include "hls/memory.h"

/* Little endian bytes of four. */
static void put32(uint8_t *bytes, uint32_t value) {
#pragma HLS inline
    for (uint32_t i = 0; i < 4; i++) {
#pragma HLS unroll
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

bool hls_write_results(struct hls_beat *data, const struct hls_command *command, uint32_t chunk,
                       const struct hls_results *results) {
    const uint32_t left = command->rows - chunk * HLS_CHUNK_ROWS;
    const uint32_t bytes = (left < HLS_CHUNK_ROWS ? left : HLS_CHUNK_ROWS) * 4;
    bool bad = false;
    for (uint32_t t = 0; t < HLS_T_MAX; t++) {
        if (t >= command->tokens) break;
        const uint64_t first =
            (command->result_offset + (uint64_t)t * command->result_stride) / HLS_BEAT_BYTES +
            (uint64_t)chunk * HLS_RESULT_BEATS;
        for (uint32_t b = 0; b < HLS_RESULT_BEATS; b++) {
#pragma HLS pipeline II = 1
            const uint32_t before = b * HLS_BEAT_BYTES;
            if (before >= bytes) break;
            struct hls_beat beat;
            for (uint32_t i = 0; i < HLS_BEAT_BYTES / 4; i++) {
#pragma HLS unroll
                put32(&beat.byte[4 * i], (uint32_t)results->sum[t][b * HLS_BEAT_BYTES / 4 + i]);
            }
            const uint32_t here = bytes - before;
#ifdef TRITIUM_PLANT_TAIL /* a bug for tests: bytes past the last result are overwritten */
            bad |= !hls_write_beat(data, first + b, &beat, 0, HLS_BEAT_BYTES);
#endif
            bad |= !hls_write_beat(data, first + b, &beat, 0,
                                   here < HLS_BEAT_BYTES ? here : HLS_BEAT_BYTES);
        }
    }
    return bad;
}

enum {
    /* A completion is a part of a wide beat, one beat, or two. */
    COMPLETION_BEATS =
        HLS_BEAT_BYTES < TRI_COMPLETION_BYTES ? TRI_COMPLETION_BYTES / HLS_BEAT_BYTES : 1,
    COMPLETION_PART = HLS_BEAT_BYTES < TRI_COMPLETION_BYTES ? HLS_BEAT_BYTES : TRI_COMPLETION_BYTES
};

bool hls_write_completion(struct hls_beat *completions, uint32_t index, uint32_t tag,
                          uint32_t status) {
    const uint64_t place = (uint64_t)index * TRI_COMPLETION_BYTES;
    const uint32_t first = (uint32_t)(place % HLS_BEAT_BYTES);
    bool bad = false;
    for (uint32_t b = 0; b < COMPLETION_BEATS; b++) {
        struct hls_beat beat;
        for (uint32_t i = 0; i < HLS_BEAT_BYTES; i++) {
#pragma HLS unroll
            beat.byte[i] = 0; /* the counts: this kernel does not know its cycles */
        }
        if (b == 0) {
            put32(&beat.byte[first], tag);
            put32(&beat.byte[first + 4], status);
        }
        bad |= !hls_write_beat(completions, place / HLS_BEAT_BYTES + b, &beat, first,
                               first + COMPLETION_PART);
    }
    return bad;
}
