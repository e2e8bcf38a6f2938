/* SPDX-License-Identifier: Apache-2.0
 *
 * The screened head against all logits without any library, so that it also runs on 64-bit ARM by
 * qemu: the kernels' sums are those of plain C, the tokens those of the reference. Prints
 * "N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/narrow.h"
#include "ref/numerics.h"
#include "ref/random.h"

static int passed, failed;

static void count(int right, const char *what, enum tri_isa isa, uint32_t cols) {
    if (right) passed++;
    if (right) return;
    failed++;
    printf("  FAIL  %s, %s, %u columns\n", what, tri_isa_name(isa), cols);
}

static void check_sums(uint32_t cols) {
    enum { ROWS = TRI_HEAD_TILE };
    const struct tri_head_shape shape = {cols, cols % 512 ? 32 : 64, cols, 0, NULL};
    uint8_t *codes = tri_head_take(cols, 1), *planes[TRI_HEAD_PLANES];
    int8_t *high = tri_head_take(cols, 1), *low = tri_head_take(cols, 1);
    struct tri_random random = {cols};
    for (unsigned p = 0; p < TRI_HEAD_PLANES; p++)
        planes[p] = tri_head_take(ROWS, tri_head_plane_bytes(&shape, p));
    for (uint32_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < cols; i++) codes[i] = (uint8_t)tri_random_next(&random);
        tri_head_pack(&shape, codes, r, planes);
    }
    for (uint32_t i = 0; i < cols; i++) {
        high[i] = (int8_t)(tri_random_next(&random) % 255 - 127);
        low[i] = (int8_t)(tri_random_next(&random) % 256 - 128);
    }
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        const struct tri_head_kernels *k = tri_head_kernels((enum tri_isa)isa, &shape);
        int32_t got[TRI_HEAD_PLANES][ROWS], wanted[TRI_HEAD_PLANES][ROWS];
        const uint8_t *rows[TRI_HEAD_PLANES][ROWS];
        for (unsigned p = 1; p < TRI_HEAD_PLANES; p++)
            for (size_t r = 0; r < ROWS; r++)
                rows[p][r] = planes[p] + r * tri_head_plane_bytes(&shape, p);
        k->tile(planes[0], &shape, high, low, got[0]);
        k->dot2(rows[1], ROWS, &shape, high, low, got[1]);
        k->dot1(rows[2], ROWS, &shape, high, low, got[2]);
        k->dot2(rows[3], ROWS, &shape, high, low, got[3]);
        tri_head_portable.tile(planes[0], &shape, high, low, wanted[0]);
        tri_head_portable.dot2(rows[1], ROWS, &shape, high, low, wanted[1]);
        tri_head_portable.dot1(rows[2], ROWS, &shape, high, low, wanted[2]);
        tri_head_portable.dot2(rows[3], ROWS, &shape, high, low, wanted[3]);
        count(memcmp(got, wanted, sizeof got) == 0, "sums", (enum tri_isa)isa, cols);
    }
    for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) free(planes[p]);
    free(codes);
    free(high);
    free(low);
}

static void check_tokens(uint32_t cols) {
    enum { ROWS = 300, STATES = 6 };
    static float logits[ROWS];
    struct tri_model model = {.config = {.vocab = ROWS, .hidden = cols}};
    uint16_t *w = tri_head_take((uint64_t)ROWS * cols, sizeof *w);
    float *x = tri_head_take(cols, sizeof *x);
    struct tri_random random = {cols};
    for (size_t i = 0; i < (size_t)ROWS * cols; i++)
        w[i] = tri_float_to_bf16((float)(tri_random_unit(&random) - 0.5));
    model.head = (struct tri_table){ROWS, cols, TRI_BF16, w};
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        struct tri_head *head;
        struct tri_sampler *ours, *theirs;
        const struct tri_sampling sampling = {
            .temperature = 0.7f, .top_k = 5, .top_p = 1, .repetition_penalty = 1.1f};
        int right = 1;
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        if (tri_head_create(&model, (enum tri_isa)isa, NULL, &head) != TRI_OK ||
            tri_sampler_create(&sampling, ROWS, &ours) != TRI_OK ||
            tri_sampler_create(&sampling, ROWS, &theirs) != TRI_OK) {
            printf("head_check: %s\n", tri_error());
            exit(1);
        }
        for (int s = 0; s < STATES; s++) {
            uint32_t got = 0, wanted = 1;
            for (uint32_t i = 0; i < cols; i++) x[i] = (float)(tri_random_unit(&random) * 4 - 2);
            for (uint32_t v = 0; v < ROWS; v++)
                logits[v] = tri_dot_bf16(x, w + (size_t)v * cols, cols);
            right &= tri_head_next(head, ours, x, &got) == TRI_OK;
            right &= tri_sampler_next(theirs, logits, &wanted) == TRI_OK && got == wanted;
            tri_sampler_accept(ours, got);
            tri_sampler_accept(theirs, got);
        }
        count(right, "tokens", (enum tri_isa)isa, cols);
        tri_sampler_destroy(ours);
        tri_sampler_destroy(theirs);
        tri_head_destroy(head);
    }
    free(w);
    free(x);
}

int main(void) {
    static const uint32_t widths[] = {256, 512};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        check_sums(widths[i]);
        check_tokens(widths[i] - (uint32_t)i % 2 * 212);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
