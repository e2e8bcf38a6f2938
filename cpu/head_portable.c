/* SPDX-License-Identifier: Apache-2.0
 *
 * The narrow head's kernels in plain C: the layout of the planes as it is meant, and what machines
 * without a file of their own run.
 */
#include "cpu/head_row.h"

/* Sums over one chunk; `shift` and what is added to the code are constants where this is inlined,
 * so that compilers make vectors of it. */
static inline __attribute__((always_inline)) void
add_chunk(const uint8_t *from, int shift, int mask, const uint8_t *top, int top_shift,
          uint32_t chunk, const int8_t *high, const int8_t *low, int32_t sums[2]) {
    int32_t above = 0, below = 0;
    for (uint32_t i = 0; i < chunk; i++) {
        const int16_t code =
            (int16_t)((from[i] >> shift & mask) | (top != NULL ? top[i] >> top_shift & 4 : 0));
        above += code * (int16_t)high[i];
        below += code * (int16_t)low[i];
    }
    sums[0] += above;
    sums[1] += below;
}

/* One row whose units are `step` bytes apart. A unit's codes 0 to 5 are two in a byte of each
 * chunk; 6 and 7 are in the bits that are left over. */
static int32_t row3(const uint8_t *unit, size_t step, const struct tri_head_shape *shape,
                    const int8_t *high, const int8_t *low) {
    const uint32_t n = shape->chunk;
    int32_t sums[2] = {0, 0};
    for (uint32_t first = 0; first < shape->padded; first += 8 * n, unit += step) {
        const int8_t *h = high + first, *l = low + first;
        const uint8_t *a = unit, *b = unit + n, *c = unit + 2 * (size_t)n;
        add_chunk(a, 0, 7, NULL, 0, n, h, l, sums);
        add_chunk(a, 3, 7, NULL, 0, n, h + n, l + n, sums);
        add_chunk(b, 0, 7, NULL, 0, n, h + 2 * n, l + 2 * n, sums);
        add_chunk(b, 3, 7, NULL, 0, n, h + 3 * n, l + 3 * n, sums);
        add_chunk(c, 0, 7, NULL, 0, n, h + 4 * n, l + 4 * n, sums);
        add_chunk(c, 3, 7, NULL, 0, n, h + 5 * n, l + 5 * n, sums);
        add_chunk(a, 6, 3, c, 4, n, h + 6 * n, l + 6 * n, sums);
        add_chunk(b, 6, 3, c, 5, n, h + 7 * n, l + 7 * n, sums);
    }
    return sums[0] * 256 + sums[1];
}

static void tile(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums) {
    const size_t unit = 3 * (size_t)shape->chunk, bytes = tri_head_plane_bytes(shape, 0);
    for (uint32_t r = 0; r < TRI_HEAD_TILE; r++) {
        const uint32_t within = r % TRI_HEAD_GROUP;
        sums[r] = row3(plane + (r - within) * bytes + within * unit, TRI_HEAD_GROUP * unit, shape,
                       high, low);
    }
}

/* Rows of codes of one bit or two; `bits` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
few(int bits, const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
    const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t n = shape->chunk;
    for (uint32_t r = 0; r < count; r++) {
        const uint8_t *from = rows[r];
        int32_t both[2] = {0, 0};
        for (uint32_t first = 0; first < shape->padded; from += n) {
            for (int shift = 0; shift < 8; shift += bits, first += n)
                add_chunk(from, shift, (1 << bits) - 1, NULL, 0, n, high + first, low + first,
                          both);
        }
        sums[r] = both[0] * 256 + both[1];
    }
}

static void dot1(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    few(1, rows, count, shape, high, low, sums);
}

static void dot2(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    few(2, rows, count, shape, high, low, sums);
}

static void pack3(const struct tri_head_shape *shape, const uint8_t *codes, uint8_t *plane,
                  size_t step) {
    const uint32_t chunk = shape->chunk;
    for (uint32_t first = 0; first < shape->padded; first += 8 * chunk, plane += step) {
        for (uint32_t i = 0; i < chunk; i++) {
            unsigned code[8];
            for (uint32_t k = 0; k < 8; k++) code[k] = (unsigned)codes[first + k * chunk + i] >> 5;
            plane[i] = (uint8_t)(code[0] | code[1] << 3 | (code[6] & 3) << 6);
            plane[chunk + i] = (uint8_t)(code[2] | code[3] << 3 | (code[7] & 3) << 6);
            plane[2 * chunk + i] =
                (uint8_t)(code[4] | code[5] << 3 | (code[6] & 4) << 4 | (code[7] & 4) << 5);
        }
    }
}

static void pack(const struct tri_head_shape *shape, const uint8_t *codes, unsigned plane,
                 uint8_t *to) {
    const uint32_t chunk = shape->chunk, bits = tri_head_bits(plane), count = 8 / bits;
    const unsigned shift = 8 - tri_head_bits_up_to(plane);
    for (uint32_t first = 0; first < shape->padded; first += count * chunk, to += chunk) {
        for (uint32_t i = 0; i < chunk; i++) {
            unsigned byte = 0;
            for (uint32_t k = 0; k < count; k++)
                byte |= ((unsigned)codes[first + k * chunk + i] >> shift & ((1u << bits) - 1))
                        << bits * k;
            to[i] = (uint8_t)byte;
        }
    }
}

void tri_head_pack(const struct tri_head_shape *shape, const uint8_t *codes, uint32_t row,
                   uint8_t *const *planes) {
    const uint32_t within = row % TRI_HEAD_GROUP;
    const size_t unit = 3 * (size_t)shape->chunk, bytes = tri_head_plane_bytes(shape, 0);
    pack3(shape, codes, planes[0] + (row - within) * bytes + within * unit, TRI_HEAD_GROUP * unit);
    for (unsigned p = 1; p < TRI_HEAD_PLANES; p++)
        pack(shape, codes, p, planes[p] + (size_t)row * tri_head_plane_bytes(shape, p));
}

const struct tri_head_kernels tri_head_portable = {
    .tile = tile, .dot1 = dot1, .dot2 = dot2, .judge = judge_tile, .narrow = narrow_row};

const struct tri_head_kernels *tri_head_kernels(enum tri_isa isa,
                                                const struct tri_head_shape *shape) {
#if defined(__x86_64__)
    if ((isa == TRI_ISA_AVX512 || isa == TRI_ISA_AMX) && shape->chunk == 64)
        return &tri_head_avx512;
    if (isa == TRI_ISA_AVX2 || isa == TRI_ISA_AVX512 || isa == TRI_ISA_AMX) return &tri_head_avx2;
#elif defined(__aarch64__)
    if (isa == TRI_ISA_NEON) return &tri_head_neon;
#endif
    (void)isa;
    (void)shape;
    return &tri_head_portable;
}
