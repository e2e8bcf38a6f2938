/* SPDX-License-Identifier: Apache-2.0
 *
 * The only places where the C kernel touches memory. In synthesis they are pointer accesses, which
 * cannot fail; in the model hls/model.c answers as a bus would: false stands for an AXI error.
 */
#ifndef HLS_MEMORY_H
#define HLS_MEMORY_H

#include "hls/kernel.h"

#ifdef __SYNTHESIS__

static inline bool hls_read_beat(int32_t port, const struct hls_beat *base, uint64_t index,
                                 struct hls_beat *beat) {
    (void)port;
    *beat = base[index];
    return true;
}

/* Writes bytes first to end - 1. Pointers have no strobes: a part of a beat is read first. */
static inline bool hls_write_beat(struct hls_beat *base, uint64_t index,
                                  const struct hls_beat *beat, uint32_t first, uint32_t end) {
    if (first == 0 && end == HLS_BEAT_BYTES) {
        base[index] = *beat;
        return true;
    }
    struct hls_beat merged = base[index];
    for (uint32_t i = 0; i < HLS_BEAT_BYTES; i++) {
#pragma HLS unroll
        if (i >= first && i < end) merged.byte[i] = beat->byte[i];
    }
    base[index] = merged;
    return true;
}

/* Hardware made from C does not see the value of a pointer: rules about bases are checked as if the
 * base were zero, see docs/hls.md. */
static inline uint64_t hls_address(const struct hls_beat *base) {
    (void)base;
    return 0;
}

#else

bool hls_read_beat(int32_t port, const struct hls_beat *base, uint64_t index,
                   struct hls_beat *beat);
bool hls_write_beat(struct hls_beat *base, uint64_t index, const struct hls_beat *beat,
                    uint32_t first, uint32_t end);

/* The model's pointers are device addresses; only the two functions above look behind them. */
static inline uint64_t hls_address(const struct hls_beat *base) { return (uintptr_t)base; }

#endif

#endif
