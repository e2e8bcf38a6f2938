/* SPDX-License-Identifier: Apache-2.0
 *
 * The narrow rows of the output head and the kernels that read them. Private to cpu/head*.c;
 * docs/head.md has the proof of the bounds.
 *
 * A row w is split as w = sum over j of g_j p_j + w', with p_j a few directions shared by all rows,
 * and w' is held as 8 bits a column, u, cut into planes of 3, 2, 1 and 2 bits. Each plane that is
 * read halves the steps further: of the t bits so far, code, w' is about s_t (2 code - (2^t - 1)).
 * A plane is a row behind the other, a row is units: 8 chunks of columns in 3 of bytes, or 8 or 4
 * in one. In the first plane, which is only ever read whole, units of four rows take turns, so that
 * a kernel that does four rows at a time reads memory in order.
 */
#ifndef TRI_CPU_HEAD_NARROW_H
#define TRI_CPU_HEAD_NARROW_H

#include <stddef.h>
#include <stdint.h>

#include "cpu/isa.h"

enum {
    TRI_HEAD_PLANES = 4,
    TRI_HEAD_DIRECTIONS = 16,
    TRI_HEAD_GROUP = 4,          /* rows of the first plane whose units take turns */
    TRI_HEAD_TILE = 64,          /* rows whose coefficients lie together: [directions][TILE] */
    TRI_HEAD_TOGETHER = 4,       /* states that share a pass of the first plane, at most */
    TRI_HEAD_COEFFICIENT = 8191, /* the largest: 16 products of two stay below 2^31 */
    TRI_HEAD_DIGITS = 32639,     /* 127 * 256 + 127: what two digits hold */
    TRI_HEAD_COLUMNS =
        8192, /* the most: sums of codes up to 7 with 16-bit numbers stay in 31 bits */
};

/* How w is narrowed; the same for all rows. */
struct tri_head_shape {
    uint32_t cols;       /* of w */
    uint32_t chunk;      /* bytes that hold neighbouring columns: 32 or 64 */
    uint32_t padded;     /* cols, up to a multiple of 8 chunks */
    uint32_t directions; /* 0..TRI_HEAD_DIRECTIONS */
    float *direction;    /* [directions][padded]: about orthonormal */
};

/* Bits of a code in a plane, and in all up to it. */
static inline unsigned tri_head_bits(unsigned plane) { return plane == 0 ? 3 : plane == 2 ? 1 : 2; }
static inline unsigned tri_head_bits_up_to(unsigned plane) {
    return plane == 0 ? 3 : plane == 1 ? 5 : plane == 2 ? 6 : 8;
}

/* What is known of a row at each plane. */
struct tri_head_row {
    float scale[TRI_HEAD_PLANES];
    float residual[TRI_HEAD_PLANES]; /* not less than |w' - what the planes up to here say| */
    float norm;                      /* not less than |w| */
    float step;                      /* g = step * coefficient */
};

/* A state on its way: x' = step * (256 high + low) + error, x = sum a_j p_j + x'. */
struct tri_head_state {
    int8_t *high, *low; /* [padded], zeros after cols; 256 high + low: up to TRI_HEAD_DIGITS */
    int32_t total;      /* of 256 high + low */
    double step;
    int16_t along[TRI_HEAD_DIRECTIONS]; /* a_j = along_step * along[j] */
    double along_step;
    double length; /* not less than |x'| */
    double slack;  /* times a row's norm: everything else that separates estimate and logit */
};

/* One tile of rows after the first plane. All arrays: [TILE]. */
struct tri_head_tile {
    const float *scale, *residual, *norm, *step;
    const int16_t *coefficients;   /* [directions][TILE] */
    const int32_t *sums;           /* of the codes */
    double middle;                 /* X times what the row is about is 2 sums - middle */
    float *base;                   /* the directions' part of the estimate */
    float *estimate, *most;        /* the logit is about, and at most */
    float *largest, *largest_most; /* of these; one each */
};

struct tri_head_kernels {
    /* sums[i] = sum over columns of (256 high + low) * code: for a tile of the first plane, and for
     * `count` rows, wherever they are, of codes of one bit or two. */
    void (*tile)(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums);
    void (*dot1)(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums);
    void (*dot2)(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums);
    /* The same of a tile's first two planes, 4 a + b, modulo 2^32; NULL: tile and dot2 do it. */
    void (*both)(const uint8_t *first, const uint8_t *second, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums);
    /* What tile does (second: NULL), or both, for 2..TOGETHER states: sums[state][row]. Codes are
     * unpacked once for all of them. NULL: tile or both do it, state by state. */
    void (*each)(const uint8_t *first, const uint8_t *second, const struct tri_head_shape *shape,
                 uint32_t states, const int8_t *const *high, const int8_t *const *low,
                 int32_t *const *sums);
    /* Estimates of a tile from its sums. */
    void (*judge)(const struct tri_head_shape *shape, const struct tri_head_state *state,
                  const struct tri_head_tile *tile);
    /* Narrows one row. w: [padded], zeros after cols, largest magnitude 1 up to 2; codes: scratch
     * [padded]; coefficients: [directions], TILE apart. */
    void (*narrow)(const struct tri_head_shape *shape, float *w, uint8_t *codes,
                   struct tri_head_row *row, int16_t *coefficients);
};

/* Bytes of a row in a plane. */
static inline uint32_t tri_head_plane_bytes(const struct tri_head_shape *shape, unsigned plane) {
    return shape->padded / 8 * tri_head_bits(plane);
}

/* The kernels for an instruction set and shape. */
const struct tri_head_kernels *tri_head_kernels(enum tri_isa isa,
                                                const struct tri_head_shape *shape);

extern const struct tri_head_kernels tri_head_portable, tri_head_neon, tri_head_avx2,
    tri_head_avx512;

/* Puts the codes [padded] of a row into the planes. */
void tri_head_pack(const struct tri_head_shape *shape, const uint8_t *codes, uint32_t row,
                   uint8_t *const *planes);

#endif
