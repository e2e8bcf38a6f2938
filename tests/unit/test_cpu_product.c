/* SPDX-License-Identifier: Apache-2.0
 *
 * The products of cpu/product.h on every instruction set of this machine, in both packings, against
 * plain loops: odd shapes, any number of tokens and threads, and the data that makes sums largest.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpu_product.h"

static const enum tri_packing packings[] = {TRI_PACKING_B2, TRI_PACKING_B3};

static void compare(const struct product_model *model, struct tri_packed *packed,
                    struct tri_pool *pool, uint32_t tokens, enum product_data data,
                    const char *what) {
    char why[160] = "";
    const bool equal = product_equal(model, packed, pool, tokens, data, why);
    cr_assert(equal, "%s: %s", what, why);
}

static void check(const struct product_shape *shape, enum product_data data, uint32_t tokens) {
    struct product_model model;
    product_model_make(&model, shape, data, 1);
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        for (int p = 0; p < 2; p++) {
            struct tri_packed *packed;
            cr_assert(tri_packed_create(&model.model, packings[p], (enum tri_isa)isa, NULL,
                                        &packed) == TRI_OK,
                      "%s", tri_error());
            compare(&model, packed, NULL, tokens, data, tri_isa_name((enum tri_isa)isa));
            tri_packed_destroy(packed);
        }
    }
    product_model_free(&model);
}

Test(cpu_product, every_instruction_set_here_is_named) {
    char line[128] = "";
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        strcat(strcat(line, " "), tri_isa_name((enum tri_isa)isa));
    }
    cr_log_info("instruction sets here:%s", line);
    cr_assert(tri_isa_here(TRI_ISA_PORTABLE));
    cr_assert(tri_isa_here(tri_isa_best()));
}

Test(cpu_product, names_parse_and_unknown_ones_are_listed) {
    for (int i = 0; i < TRI_ISAS; i++) {
        enum tri_isa isa = TRI_ISAS;
        const enum tri_status status = tri_isa_parse(tri_isa_name((enum tri_isa)i), &isa);
        cr_assert(status == (tri_isa_here((enum tri_isa)i) ? TRI_OK : TRI_E_UNSUPPORTED));
        if (status == TRI_OK) cr_assert((int)isa == i);
    }
    enum tri_isa isa;
    cr_assert(tri_isa_parse("sse9", &isa) == TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "avx512") != NULL, "%s", tri_error());
}

Test(cpu_product, random_data_at_any_number_of_tokens) {
    static const uint32_t tokens[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64, 65, 128, 129};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        check(&product_odd, PRODUCT_RANDOM, tokens[i]);
        check(&product_even, PRODUCT_RANDOM, tokens[i]);
    }
}

Test(cpu_product, more_tokens_than_go_through_together) {
    check(&product_odd, PRODUCT_RANDOM, 259);
}

Test(cpu_product, wide_matrices) {
    check(&product_wide, PRODUCT_RANDOM, 1);
    check(&product_wide, PRODUCT_RANDOM, 6);
}

/* The sums of 16 bits inside a kernel are largest, and smallest, here. */
Test(cpu_product, the_largest_sums_do_not_wrap) {
    for (int data = PRODUCT_RANDOM + 1; data < PRODUCT_DATA; data++) {
        check(&product_wide, (enum product_data)data, 1);
        check(&product_wide, (enum product_data)data, 3);
        check(&product_wide, (enum product_data)data, 13);
        check(&product_even, (enum product_data)data, 65);
    }
}

Test(cpu_product, any_number_of_threads_gives_the_same) {
    static const uint32_t threads[] = {1, 2, 3, 8};
    struct product_model model;
    product_model_make(&model, &product_even, PRODUCT_RANDOM, 2);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        for (int p = 0; p < 2; p++) {
            struct tri_pool *pool;
            struct tri_packed *packed;
            cr_assert(tri_pool_create(threads[i], false, &pool) == TRI_OK, "%s", tri_error());
            cr_assert(tri_packed_create(&model.model, packings[p], tri_isa_best(), pool, &packed) ==
                      TRI_OK);
            compare(&model, packed, pool, 1, PRODUCT_RANDOM, "threads");
            compare(&model, packed, pool, 37, PRODUCT_RANDOM, "threads");
            tri_packed_destroy(packed);
            tri_pool_destroy(pool);
        }
    }
    product_model_free(&model);
}

/* Scratch is made for as many threads as packed. */
Test(cpu_product, a_larger_pool_than_at_packing_is_no_danger) {
    struct product_model model;
    struct tri_pool *pool;
    struct tri_packed *packed;
    product_model_make(&model, &product_odd, PRODUCT_RANDOM, 1);
    cr_assert(tri_pool_create(4, false, &pool) == TRI_OK);
    cr_assert(tri_packed_create(&model.model, TRI_PACKING_B3, tri_isa_best(), NULL, &packed) ==
              TRI_OK);
    compare(&model, packed, pool, 40, PRODUCT_RANDOM, "larger pool");
    tri_packed_destroy(packed);
    tri_pool_destroy(pool);
    product_model_free(&model);
}

Test(cpu_product, weights_take_two_and_1_6_bits) {
    struct product_model model;
    struct tri_packed *packed;
    product_model_make(&model, &product_even, PRODUCT_RANDOM, 3);
    /* weights of a layer: 96*640 + 64*320 + 32*64 + 32*960, three matrices in the first group and
     * two in the third */
    const uint64_t weights = 3 * (3 * 96 * 640 + 64 * 320 + 2 * 32 * 64 + 32 * 960);
    cr_assert(tri_packed_create(&model.model, TRI_PACKING_B2, TRI_ISA_PORTABLE, NULL, &packed) ==
              TRI_OK);
    cr_assert_eq(tri_packed_bytes(packed), weights / 4);
    tri_packed_destroy(packed);
    cr_assert(tri_packed_create(&model.model, TRI_PACKING_B3, TRI_ISA_PORTABLE, NULL, &packed) ==
              TRI_OK);
    /* 64 columns are 4 blocks of 20, the other shapes are whole blocks */
    cr_assert_eq(tri_packed_bytes(packed), (weights + 3 * 2 * 32 * 16) / 5);
    tri_packed_destroy(packed);
    product_model_free(&model);
}

Test(cpu_product, a_code_that_stands_for_nothing_is_named) {
    struct product_model model;
    struct tri_pool *pool;
    struct tri_packed *packed;
    product_model_make(&model, &product_even, PRODUCT_RANDOM, 2);
    cr_assert(tri_pool_create(2, false, &pool) == TRI_OK);
    /* row 40 of the second layer's up matrix, second of its group */
    const struct tri_ternary *up = &model.layers[1].matrix[TRI_UP];
    cr_assert_eq(up->rows, 32);
    ((uint8_t *)(uintptr_t)up->packed)[8 * (up->cols / 4) + 1] |= 3;
    cr_assert(tri_packed_create(&model.model, TRI_PACKING_B3, tri_isa_best(), pool, &packed) ==
              TRI_E_FORMAT);
    cr_assert(strstr(tri_error(), "up_proj: row 8") != NULL, "%s", tri_error());
    tri_pool_destroy(pool);
    product_model_free(&model);
}

Test(cpu_product, too_many_columns_are_refused) {
    struct tri_layer layer = {0};
    struct tri_model model = {.config.layers = 1, .layers = &layer};
    struct tri_packed *packed;
    for (int m = 0; m < TRI_MATRICES; m++) layer.matrix[m].rows = 1, layer.matrix[m].cols = 131073;
    cr_assert(tri_packed_create(&model, TRI_PACKING_B2, TRI_ISA_PORTABLE, NULL, &packed) ==
              TRI_E_UNSUPPORTED);
    cr_assert(strstr(tri_error(), "131072") != NULL, "%s", tri_error());
}
