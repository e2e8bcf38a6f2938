/* SPDX-License-Identifier: Apache-2.0
 *
 * The products of every instruction set of the machine it runs on against plain loops, as a program
 * without libraries: for processors of another kind under an emulator. The thorough tests are
 * tests/unit/test_cpu_product.c. Usage: products_check [KERNELS]   fails unless KERNELS are among
 * those that ran
 */
#include "cpu/product_kernels.h"
#include "tests/unit/cpu_product.h"

static int passed, failed;
static struct tri_pool *pool; /* of three threads */

static void check(const struct product_shape *shape, enum product_data data, uint32_t tokens,
                  const struct tri_product_kernels *kernels, const char *name) {
    struct product_model model;
    char why[160] = "";
    product_model_make(&model, shape, data, 1);
    for (int p = 0; p < 2; p++) {
        struct tri_packed *packed;
        if (tri_packed_create_for(&model.model, (enum tri_packing)p, kernels, pool, &packed) !=
            TRI_OK) {
            printf("  FAIL  %s: %s\n", name, tri_error());
            failed++;
            continue;
        }
        const bool equal = product_equal(&model, packed, pool, tokens, data, why);
        if (!equal) printf("  FAIL  %s B%d: %s\n", name, p + 2, why);
        equal ? passed++ : failed++;
        tri_packed_destroy(packed);
    }
    product_model_free(&model);
}

static void check_all(const struct tri_product_kernels *kernels, const char *name) {
    static const uint32_t tokens[] = {1, 2, 3, 4, 5, 9, 64, 65};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        check(&product_odd, PRODUCT_RANDOM, tokens[i], kernels, name);
    }
    check(&product_even, PRODUCT_RANDOM, 6, kernels, name);
    for (int data = PRODUCT_RANDOM; data < PRODUCT_DATA; data++) {
        check(&product_wide, (enum product_data)data, 1, kernels, name);
        check(&product_wide, (enum product_data)data, 7, kernels, name);
    }
}

int main(int argc, char **argv) {
    bool wanted = argc < 2;
    if (tri_pool_create(3, false, &pool) != TRI_OK) return 2;
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        const struct tri_product_kernels *kernels = tri_product_kernels((enum tri_isa)isa);
        const char *name = tri_isa_name((enum tri_isa)isa);
#if defined __aarch64__
        if (kernels == &tri_product_neon_dot) name = "sdot";
#endif
        printf("  %s\n", name);
        wanted = wanted || strcmp(argv[1], name) == 0;
        check_all(kernels, name);
    }
    if (!wanted) printf("  FAIL  %s is not here\n", argv[1]);
    failed += !wanted;
    tri_pool_destroy(pool);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
