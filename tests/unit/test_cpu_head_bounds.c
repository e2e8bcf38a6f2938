/* SPDX-License-Identifier: Apache-2.0
 *
 * The screened head's bounds hold for every row, plane, instruction set and state, also where all
 * is as large, as small or as far off as it can be. Which token follows from them: test_cpu_head.c.
 */
#include "tests/unit/cpu_head.h"

#include <math.h>

/* The largest that a sum in 16 lanes may be: n / 16 + 5 roundings on any product's way. */
static double worst_logit(const struct case_of *c, uint32_t row) {
    const uint32_t n = c->model.config.hidden;
    double sum = 0, magnitudes = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double product =
            (double)c->x[i] * (double)tri_bf16_to_float(c->w[(size_t)row * n + i]);
        sum += product;
        magnitudes += absolute(product);
    }
    return sum + magnitudes * ((n + 15) / 16 + 5) * 0x1p-24;
}

Test(cpu_head, every_bound_holds_on_every_instruction_set) {
    for (int kind = 0; kind < KINDS; kind++) {
        for (uint32_t hidden = 256; hidden <= HIDDEN; hidden += hidden == 256 ? 44 : 212) {
            struct case_of c = make(kind, 300, hidden, 5 + (uint64_t)kind);
            struct tri_random random = {(uint64_t)kind};
            for (int isa = 0; isa < TRI_ISAS; isa++) {
                if (!tri_isa_here((enum tri_isa)isa)) continue;
                struct tri_head *head = head_of(&c, (enum tri_isa)isa);
                struct tri_head_view *v = &head->view[0];
                struct tri_sampling options = {.top_p = 1, .repetition_penalty = 1};
                struct tri_sampler *sampler;
                must(tri_sampler_create(&options, 300, &sampler));
                v->sampler = sampler;
                fill_state(&c, &random);
                all_logits(&c);
                v->screened = tri_head_look(head, c.x, 1, &v->state);
                cr_assert(head->narrow && v->screened && tri_head_can_deepen(head));
                float known[TRI_HEAD_PLANES][300];
                double worst[300];
                for (uint32_t row = 0; row < 300; row++) worst[row] = worst_logit(&c, row);
                /* plane by plane, then the first two at once: which is to say the same */
                for (unsigned pass = 0; pass < 2 * TRI_HEAD_PLANES - 1; pass++) {
                    const unsigned plane =
                        pass < TRI_HEAD_PLANES ? pass : pass - (TRI_HEAD_PLANES - 1);
                    v->deep = pass >= TRI_HEAD_PLANES;
                    if (pass == 0 || pass == TRI_HEAD_PLANES)
                        tri_head_screen(head, 1);
                    else
                        tri_head_refine_all(head, v, plane);
                    for (uint32_t row = 0; row < 300; row++) {
                        cr_assert(c.logits[row] <= v->most[row],
                                  "%s, rows %d, pass %u, row %u: %g above %g",
                                  tri_isa_name((enum tri_isa)isa), kind, pass, row,
                                  (double)c.logits[row], (double)v->most[row]);
                        /* also if the reference had rounded as badly as it can */
                        cr_assert(worst[row] <= (double)v->most[row], "row %u: %g above %g", row,
                                  worst[row], (double)v->most[row]);
                        /* and from below: the same distance on the other side */
                        const float least = 2 * v->estimate[row] - v->most[row];
                        cr_assert(c.logits[row] >= least - 1e-6f * absolute(least) - 1e-30f);
                        if (!v->deep) known[plane][row] = v->estimate[row];
                        cr_assert(absolute(known[plane][row] - v->estimate[row]) <=
                                      0.01 * absolute(v->most[row] - v->estimate[row]) + 1e-30,
                                  "row %u: about %g plane by plane, %g at once", row,
                                  (double)known[plane][row], (double)v->estimate[row]);
                    }
                }
                tri_sampler_destroy(sampler);
                tri_head_destroy(head);
            }
            drop(&c);
        }
    }
}

/* The worst state for a row's bound is what its narrow copy leaves out: there the bound must hold
 * and be about reached. */
Test(cpu_head, bounds_hold_for_states_along_a_residual) {
    enum { ROWS = 64, COLS = 256 };
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind == 4) continue; /* rows of zeros leave nothing out */
        struct case_of c = make(kind, ROWS, COLS, 77);
        struct tri_head *head = head_of(&c, tri_isa_best());
        struct tri_head_view *v = &head->view[0];
        struct tri_sampling options = {.top_p = 1, .repetition_penalty = 1};
        struct tri_sampler *sampler;
        static float narrow[TRI_HEAD_PLANES][ROWS][COLS];
        must(tri_sampler_create(&options, ROWS, &sampler));
        v->screened = true;
        v->sampler = sampler;
        for (uint32_t i = 0; i < COLS; i++) {
            memset(c.x, 0, COLS * sizeof *c.x);
            c.x[i] = 1;
            cr_assert(tri_head_look(head, c.x, 1, &v->state));
            tri_head_screen(head, 1);
            for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
                if (p > 0) tri_head_refine_all(head, v, p);
                for (uint32_t row = 0; row < ROWS; row++) narrow[p][row][i] = v->estimate[row];
            }
        }
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
            for (uint32_t row = 0; row < ROWS; row++) {
                for (uint32_t i = 0; i < COLS; i++)
                    c.x[i] = tri_bf16_to_float(c.w[row * COLS + i]) - narrow[p][row][i];
                cr_assert(tri_head_look(head, c.x, 1, &v->state));
                tri_head_screen(head, 1);
                for (unsigned q = 1; q <= p; q++) tri_head_refine_all(head, v, q);
                const float logit = tri_dot_bf16(c.x, c.w + row * COLS, COLS);
                const float distance = v->most[row] - v->estimate[row];
                cr_assert(logit <= v->most[row],
                          "rows %d, plane %u, row %u: %.9g above %.9g, about %.9g", kind, p, row,
                          (double)logit, (double)v->most[row], (double)v->estimate[row]);
                cr_assert(logit >= v->estimate[row] + 0.5f * distance,
                          "rows %d, plane %u, row %u: not the worst state", kind, p, row);
            }
        }
        tri_sampler_destroy(sampler);
        tri_head_destroy(head);
        drop(&c);
    }
}

/* Several states at once: the state, its low digits for both, one of zeros, and the state again. */
static void check_each(const struct tri_head_kernels *k, const struct tri_head_shape *shape,
                       uint8_t *const *planes, uint32_t states, const int8_t *high,
                       const int8_t *low, const int64_t *wanted) {
    int8_t *zero = tri_head_take(shape->padded, 1);
    const int8_t *highs[TRI_HEAD_TOGETHER] = {high, zero, zero, high};
    const int8_t *lows[TRI_HEAD_TOGETHER] = {low, zero, low, low};
    int32_t got[TRI_HEAD_TOGETHER][TRI_HEAD_TILE], one[2][TRI_HEAD_TILE];
    int32_t *const sums[TRI_HEAD_TOGETHER] = {got[0], got[1], got[2], got[3]};
    k->tile(planes[0], shape, zero, low, one[0]);
    k->both(planes[0], planes[1], shape, zero, low, one[1]);
    for (int deep = 0; deep < 2; deep++) {
        const int64_t all = deep ? 4 * wanted[0] + wanted[1] : wanted[0];
        memset(got, 0x55, sizeof got);
        k->each(planes[0], deep ? planes[1] : NULL, shape, states, highs, lows, sums);
        for (uint32_t s = 0; s < TRI_HEAD_TOGETHER; s++) {
            for (int r = 0; r < TRI_HEAD_TILE; r++) {
                const uint32_t right = s >= states ? 0x55555555u
                                       : s == 1    ? 0
                                       : s == 2    ? (uint32_t)one[deep][r]
                                                   : (uint32_t)all;
                cr_assert((uint32_t)got[s][r] == right, "state %u of %u, row %d", s, states, r);
            }
        }
    }
    free(zero);
}

Test(cpu_head, sums_of_the_largest_codes_and_digits_are_exact_on_every_instruction_set) {
    for (uint32_t hidden = 256; hidden <= TRI_HEAD_COLUMNS; hidden *= 2) {
        struct tri_head_shape shape = {hidden, hidden % 512 ? 32 : 64, hidden, 0, NULL};
        uint8_t *codes = tri_head_take(hidden, 1), *planes[TRI_HEAD_PLANES];
        int8_t *high = tri_head_take(hidden, 1), *low = tri_head_take(hidden, 1);
        struct tri_random random = {hidden};
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++)
            planes[p] = tri_head_take(TRI_HEAD_TILE, tri_head_plane_bytes(&shape, p));
        for (int kind = 0; kind < 4; kind++) {
            int64_t wanted[TRI_HEAD_PLANES] = {0};
            for (uint32_t i = 0; i < hidden; i++) {
                const uint64_t bits = tri_random_next(&random);
                codes[i] = kind < 3 ? 255 : (uint8_t)bits;
                high[i] = (int8_t)(kind == 0   ? 127
                                   : kind == 1 ? -127
                                               : (int)(bits >> 8 & 255) - 128);
                low[i] = (int8_t)(kind == 0   ? 127
                                  : kind == 1 ? -128
                                              : (int)(bits >> 16 & 255) - 128);
                if (high[i] == -128) high[i] = -127;
                const int64_t x = 256 * high[i] + low[i];
                wanted[0] += x * (codes[i] >> 5);
                wanted[1] += x * (codes[i] >> 3 & 3);
                wanted[2] += x * (codes[i] >> 2 & 1);
                wanted[3] += x * (codes[i] & 3);
            }
            for (uint32_t r = 0; r < TRI_HEAD_TILE; r++) tri_head_pack(&shape, codes, r, planes);
            for (int isa = 0; isa < TRI_ISAS; isa++) {
                if (!tri_isa_here((enum tri_isa)isa)) continue;
                const struct tri_head_kernels *k = tri_head_kernels((enum tri_isa)isa, &shape);
                int32_t sums[TRI_HEAD_PLANES][TRI_HEAD_TILE] = {0}, both[TRI_HEAD_TILE] = {0};
                const uint8_t *rows[TRI_HEAD_PLANES][7];
                for (unsigned p = 1; p < TRI_HEAD_PLANES; p++) /* rows far apart, in any order */
                    for (size_t r = 0; r < 7; r++)
                        rows[p][r] = planes[p] + (r * 29 + 63) % TRI_HEAD_TILE *
                                                     tri_head_plane_bytes(&shape, p);
                k->tile(planes[0], &shape, high, low, sums[0]);
                k->dot2(rows[1], 7, &shape, high, low, sums[1]);
                k->dot1(rows[2], 7, &shape, high, low, sums[2]);
                k->dot2(rows[3], 7, &shape, high, low, sums[3]);
                if (k->both != NULL) k->both(planes[0], planes[1], &shape, high, low, both);
                for (int r = 0; r < TRI_HEAD_TILE && k->both != NULL; r++)
                    cr_assert((uint32_t)both[r] == (uint32_t)(4 * wanted[0] + wanted[1]));
                for (uint32_t states = 2; k->each != NULL && states <= TRI_HEAD_TOGETHER; states++)
                    check_each(k, &shape, planes, states, high, low, wanted);
                for (int p = 0; p < TRI_HEAD_PLANES; p++) {
                    for (int r = 0; r < (p == 0 ? TRI_HEAD_TILE : 7); r++)
                        cr_assert(sums[p][r] == wanted[p], "%s, plane %d, row %d of %u columns",
                                  tri_isa_name((enum tri_isa)isa), p, r, hidden);
                }
            }
        }
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) free(planes[p]);
        free(codes);
        free(high);
        free(low);
    }
}

/* Rows from the smallest numbers there are to the largest that are screened, states likewise. */
Test(cpu_head, bounds_hold_for_rows_and_states_of_any_size) {
    enum { ROWS = 250, COLS = 256 };
    static const int sizes[] = {-140, -100, -30, 0, 15};
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        struct case_of c = make(0, ROWS, COLS, 31);
        struct tri_random random = {32};
        for (uint32_t row = 0; row < ROWS; row++) { /* from 2^-150 to 2^99 */
            for (uint32_t i = 0; i < COLS; i++) {
                uint16_t *w = &c.w[row * COLS + i];
                *w = tri_float_to_bf16(
                    (float)ldexp((double)tri_bf16_to_float(*w) / 6.1, (int)row - 150));
            }
        }
        struct tri_head *head = head_of(&c, (enum tri_isa)isa);
        struct tri_head_view *v = &head->view[0];
        cr_assert(head->narrow);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (uint32_t i = 0; i < COLS; i++) c.x[i] = (float)ldexp(bell(&random), sizes[s]);
            all_logits(&c);
            v->screened = tri_head_look(head, c.x, 1, &v->state);
            cr_assert(v->screened, "states of 2^%d", sizes[s]);
            for (unsigned plane = 0; plane < TRI_HEAD_PLANES; plane++) {
                if (plane == 0)
                    tri_head_screen(head, 1);
                else
                    tri_head_refine_all(head, v, plane);
                for (uint32_t row = 0; row < ROWS; row++)
                    cr_assert(c.logits[row] <= v->most[row] &&
                                  worst_logit(&c, row) <= (double)v->most[row],
                              "%s, rows of 2^%d, states of 2^%d, plane %u: %g above %g",
                              tri_isa_name((enum tri_isa)isa), (int)row - 150, sizes[s], plane,
                              (double)c.logits[row], (double)v->most[row]);
            }
        }
        tri_head_destroy(head);
        drop(&c);
    }
}

/* The row that wins has nothing but subnormal numbers, the others are zeros but one. */
Test(cpu_head, a_row_of_subnormal_numbers_can_win) {
    enum { ROWS = 200, COLS = 256, SMALL = 150, OTHER = 20 };
    static const struct tri_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    struct case_of c = make(0, ROWS, COLS, 1);
    struct tri_sampler *sampler;
    uint32_t id = 0;
    memset(c.w, 0, (size_t)ROWS * COLS * sizeof *c.w);
    memset(c.x, 0, COLS * sizeof *c.x);
    c.w[OTHER * COLS] = tri_float_to_bf16(1);
    c.x[0] = 1e-20f;
    c.w[SMALL * COLS + 1] = 0x0040; /* 2^-127 */
    c.x[1] = 1e30f;
    all_logits(&c);
    cr_assert(c.logits[SMALL] > c.logits[OTHER] && c.logits[OTHER] > 0);
    struct tri_head *head = head_of(&c, tri_isa_best());
    must(tri_sampler_create(&greedy, ROWS, &sampler));
    must(tri_head_next(head, sampler, c.x, &id));
    cr_assert(id == SMALL, "%u, not %d", id, SMALL);
    tri_sampler_destroy(sampler);
    tri_head_destroy(head);
    drop(&c);
}
