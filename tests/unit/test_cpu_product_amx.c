/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops over AMX tiles (cpu/product_tiles.h) with tiles in plain C that do what the
 * instructions' description says, so that they are tested on any machine. That the processor's
 * tiles do the same is for machines that have them (test_cpu_product.c).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/product_kernels.h"
#include "tests/unit/cpu_product.h"

/* [tile][row][byte] */
static uint8_t tiles[8][16][64];
static bool configured;

static void tile_move(int tile, const void *memory, size_t stride, bool store) {
    cr_assert(configured);
    for (size_t row = 0; row < 16; row++) {
        uint8_t *at = (uint8_t *)(uintptr_t)memory + row * stride;
        memcpy(store ? at : tiles[tile][row], store ? tiles[tile][row] : at, 64);
    }
}

/* TDPBSUD: sums wrap as the processor's do. */
static void tile_multiply(int sum, int x, int u) {
    cr_assert(configured);
    for (int m = 0; m < 16; m++) {
        for (int n = 0; n < 16; n++) {
            uint32_t all;
            memcpy(&all, &tiles[sum][m][4 * n], sizeof all);
            for (int k = 0; k < 16; k++)
                for (int i = 0; i < 4; i++)
                    all += (uint32_t)((int8_t)tiles[x][m][4 * k + i] * tiles[u][k][4 * n + i]);
            memcpy(&tiles[sum][m][4 * n], &all, sizeof all);
        }
    }
}

#define TILES_BEGIN()                 (configured = true)
#define TILES_END()                   (configured = false)
#define TILE_LOAD(tile, from, stride) tile_move(tile, from, stride, false)
#define TILE_STORE(tile, to, stride)  tile_move(tile, to, stride, true)
#define TILE_MULTIPLY(sum, x, u)      tile_multiply(sum, x, u)
#include "cpu/product_tiles.h"

static void check(const struct product_shape *shape, enum product_data data, uint32_t tokens) {
    struct tri_product_kernels kernels = tri_product_portable;
    struct product_model model;
    kernels.many = tri_many_on_tiles;
    product_model_make(&model, shape, data, 1);
    for (int p = 0; p < 2; p++) {
        struct tri_packed *packed;
        char why[160] = "";
        cr_assert(tri_packed_create_for(&model.model, (enum tri_packing)p, &kernels, NULL,
                                        &packed) == TRI_OK,
                  "%s", tri_error());
        const bool equal = product_equal(&model, packed, NULL, tokens, data, why);
        cr_assert(equal, "B%d: %s", p + 2, why);
        tri_packed_destroy(packed);
    }
    product_model_free(&model);
}

Test(cpu_product_amx, random_data_at_any_number_of_tokens) {
    static const uint32_t tokens[] = {2, 8, 15, 16, 17, 31, 32, 33, 48, 49, 65};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        check(&product_odd, PRODUCT_RANDOM, tokens[i]);
        check(&product_even, PRODUCT_RANDOM, tokens[i]);
    }
}

Test(cpu_product_amx, more_tokens_than_go_through_together) {
    check(&product_odd, PRODUCT_RANDOM, 259);
}

Test(cpu_product_amx, the_largest_sums) {
    for (int data = PRODUCT_RANDOM; data < PRODUCT_DATA; data++) {
        check(&product_wide, (enum product_data)data, 17);
    }
}
