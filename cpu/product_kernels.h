/* SPDX-License-Identifier: Apache-2.0
 *
 * The seam between the products (product.c) and the kernels of each instruction set, and the layout
 * they share. Private to cpu/ and its tests.
 *
 * A matrix is cut into panels of 32 rows, a panel into blocks of 16 (B2) or 20 (B3) columns; what
 * is left over is filled with zero weights. One block is two halves of 64 bytes, 16 rows each.
 * Byte 4r + i of a half holds, for its row r, the weights of columns i, 4 + i, 8 + i, 12 + i (and
 * 16 + i) of the block as u = w + 1 in 0, 1, 2. So four bytes of activations broadcast to all
 * 32-bit lanes meet 16 rows at once, sums never cross lanes, and memory is read in one stream.
 *   B2: column 4f + i in bits 2f+1 .. 2f.
 *   B3: v = sum of 3^f u_f in 0 .. 242, as enum tri_b3 says.
 * sum w x = sum u x - sum x. Sums of u x are at most 2 * 128 * columns: exact in 32 bits up to
 * TRI_PRODUCT_COLS columns whatever the codes (a scaled one wraps modulo 2^32 at worst and is
 * scaled back where noted).
 */
#ifndef TRI_PRODUCT_KERNELS_H
#define TRI_PRODUCT_KERNELS_H

#include "cpu/product.h"

/* Kernels are written once and compiled for each packing and number of tokens. */
#define TRI_INLINE static inline __attribute__((always_inline))

enum {
    TRI_PANEL_ROWS = 32,
    TRI_B2_COLS = 16,      /* of a block */
    TRI_B3_COLS = 20,      /* of a block */
    TRI_BLOCK_BYTES = 128, /* of a block: two halves */
    TRI_CHUNK_COLS = 640,  /* unpacked at a time: blocks of both packings and tiles of 64 fit */
    TRI_TOGETHER = 8,      /* the most tokens of `few` */
    TRI_PRODUCT_COLS =
        1 << 17, /* the most columns: no kernel's sum, scaled or not, wraps below it */
};

/* What stands for v in B3, whichever an instruction set decodes best. */
enum tri_b3 {
    TRI_B3_TURNED, /* with v = 81 u_4 + 21 h + g, g below 21: 64 ((h - u_4) modulo 4) + 3 g + u_4 */
    TRI_B3_FRACTION, /* ceil(256 v / 243): base 3 behind the point, the last weight first, so that
                        multiplying by 3 carries a digit out of the byte */
    TRI_B3_WORDS,    /* the same in 16 bits for two rows: ceil(65536 (243 v + v') / 59049), v of row
                        r and v' of row r + 8 of a half. The words for i = 0 .. 3 of rows r = 0 .. 7
                        lie in the order 0 1 4 5 2 3 6 7 of rows. */
};

/* The codes of tokens, each row padded with zeros to its stride. */
struct tri_codes {
    const int8_t *x; /* [tokens][stride] */
    size_t stride;   /* a multiple of 64, with room for whole blocks */
    uint32_t tokens;
};

/* out[t][r] = sum of u x over the whole panel, for at most `together` tokens. panel: [blocks]. */
typedef void (*tri_kernel_few)(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                               int32_t (*out)[TRI_PANEL_ROWS]);
/* The u of some blocks as bytes: out[cols / 4][32 rows][4 cols]. */
typedef void (*tri_kernel_unpack)(const uint8_t *panel, uint32_t blocks, uint8_t *out);
/* sums[t][r] += sum of u x over `cols` unpacked columns (a multiple of 4), any number of tokens;
 * codes start at the first of these columns. With `tiles` below: sums has rows for a multiple of 32
 * tokens, codes too, and columns up to a multiple of 64 may be read, where the codes are zero. */
typedef void (*tri_kernel_many)(const uint8_t *unpacked, uint32_t cols,
                                const struct tri_codes *codes, int32_t (*sums)[TRI_PANEL_ROWS]);

struct tri_product_kernels {
    enum tri_b3 code;
    uint32_t together; /* the most tokens of `few`, at most TRI_TOGETHER */
    uint32_t in_turns; /* the most for which several turns of `few` on a panel beat `many` */
    /* Copies codes and returns their sum. */
    int32_t (*copy)(const int8_t *from, size_t count, int8_t *to);
    tri_kernel_few few[2];       /* by enum tri_packing */
    tri_kernel_unpack unpack[2]; /* by enum tri_packing */
    tri_kernel_many many;
};

extern const struct tri_product_kernels tri_product_portable;
#if defined __aarch64__
extern const struct tri_product_kernels tri_product_neon, tri_product_neon_dot;
bool tri_neon_dot_here(void); /* SDOT */
#elif defined __x86_64__
extern const struct tri_product_kernels tri_product_avx2, tri_product_avx512, tri_product_amx;
#endif

#if defined __x86_64__
void tri_product_amx_many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                          int32_t (*sums)[TRI_PANEL_ROWS]);
#endif

/* Those of an instruction set that is here. */
const struct tri_product_kernels *tri_product_kernels(enum tri_isa isa);

/* tri_packed_create with kernels of the caller's choice. */
enum tri_status tri_packed_create_for(const struct tri_model *model, enum tri_packing packing,
                                      const struct tri_product_kernels *kernels,
                                      struct tri_pool *pool, struct tri_packed **packed);

/* Packs 32 rows. rows: [32][stride] of -1, 0, 1, stride at least blocks times a block's columns,
 * zeros behind the matrix's own; out: [blocks][TRI_BLOCK_BYTES]. Overwrites rows. */
void tri_pack_panel(enum tri_packing packing, enum tri_b3 code, int8_t *rows, size_t stride,
                    uint32_t blocks, uint8_t *out);
static inline uint32_t tri_packing_cols(enum tri_packing packing) {
    return packing == TRI_PACKING_B2 ? TRI_B2_COLS : TRI_B3_COLS;
}

#endif
