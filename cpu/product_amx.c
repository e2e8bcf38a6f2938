/* SPDX-License-Identifier: Apache-2.0
 *
 * Many tokens on AMX: product_tiles.h with Intel's instructions. All else is AVX-512's, which these
 * processors have too (product_avx512.c has both tables). Compiles to nothing elsewhere. Permission
 * to use tiles: isa.c.
 */
#include "cpu/product_kernels.h"

#if defined __AMX_INT8__ && defined __AVX512VBMI__
#include <immintrin.h>

struct tile_config {
    uint8_t palette, start, zero[14];
    uint16_t bytes[16]; /* of a row */
    uint8_t rows[16];
};
static const struct tile_config config __attribute__((aligned(64))) = {
    .palette = 1,
    .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

#define TILES_BEGIN()                 _tile_loadconfig(&config)
#define TILES_END()                   _tile_release()
#define TILE_LOAD(tile, from, stride) _tile_loadd(tile, from, stride)
#define TILE_STORE(tile, to, stride)  _tile_stored(tile, to, stride)
#define TILE_MULTIPLY(sum, x, u)      _tile_dpbsud(sum, x, u)
#include "cpu/product_tiles.h"

/* Below half a tile of tokens the tiles' empty rows cost more than they bring. */
void tri_product_amx_many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                          int32_t (*sums)[TRI_PANEL_ROWS]) {
    (codes->tokens < 8 ? tri_product_avx512.many : tri_many_on_tiles)(unpacked, cols, codes, sums);
}
#endif
