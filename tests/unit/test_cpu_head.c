/* SPDX-License-Identifier: Apache-2.0
 *
 * The screened output head: its token is the one that all logits give, whatever the rows, the state
 * and the sampler's options; and its bounds hold for every row.
 */
#include "tests/unit/test_ref_support.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/narrow.h"
#include "ref/numerics.h"
#include "ref/random.h"

enum { VOCAB = 700, HIDDEN = 512, KINDS = 7 };

struct case_of {
    struct tri_model model;
    uint16_t *w;
    float *x, *logits;
};

static double bell(struct tri_random *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += tri_random_unit(random);
    return sum;
}

/* Rows of several kinds: normal, uniform, with outliers, equal ones, dead ones, far apart in size,
 * small whole numbers (ties). */
static struct case_of make(int kind, uint32_t vocab, uint32_t hidden, uint64_t seed) {
    struct case_of c = {.model = {.config = {.vocab = vocab, .hidden = hidden}}};
    struct tri_random random = {seed};
    c.w = calloc((size_t)vocab * hidden, sizeof *c.w);
    c.x = calloc(hidden, sizeof *c.x);
    c.logits = calloc(vocab, sizeof *c.logits);
    for (size_t i = 0; i < (size_t)vocab * hidden; i++) {
        const size_t row = i / hidden, at = i % hidden;
        double value = bell(&random);
        if (kind == 1) value = tri_random_unit(&random) - 0.5;
        if (kind == 2 && at % 97 == 3) value = value * 60 + 5;
        if (kind == 3 && row % 3 != 0) value = (double)tri_bf16_to_float(c.w[i - hidden]);
        if (kind == 4 && row % 5 == 1) value = row % 2 ? 0 : value * 1e-36;
        if (kind == 5) value *= row % 2 ? 1e-12 : row % 7 == 0 ? 1e12 : 1;
        if (kind == 6) value = (double)((int)(value * 1.5));
        c.w[i] = tri_float_to_bf16((float)value);
    }
    c.model.head = (struct tri_table){vocab, hidden, TRI_BF16, c.w};
    return c;
}

static void fill_state(struct case_of *c, struct tri_random *random) {
    const uint32_t hidden = c->model.config.hidden, like = (uint32_t)(tri_random_next(random) % 4);
    const uint16_t *row = c->w + (size_t)(tri_random_next(random) % c->model.config.vocab) * hidden;
    for (uint32_t i = 0; i < hidden; i++) {
        double value = bell(random) + 0.1 * like * (double)tri_bf16_to_float(row[i]);
        if (like == 3) value = (double)(float)(int)value;
        c->x[i] = (float)(value * 0.1);
    }
}

static void drop(struct case_of *c) {
    free(c->w);
    free(c->x);
    free(c->logits);
}

static void all_logits(struct case_of *c) {
    const uint32_t n = c->model.config.hidden;
    for (uint32_t v = 0; v < c->model.config.vocab; v++)
        c->logits[v] = tri_dot_bf16(c->x, c->w + (size_t)v * n, n);
}

static struct tri_head *head_of(const struct case_of *c, enum tri_isa isa) {
    struct tri_head *head = NULL;
    must(tri_head_create(&c->model, isa, NULL, &head));
    return head;
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
    for (int kind = 0; kind < 3; kind++) {
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

static const struct tri_sampling options_of[] = {
    {.temperature = 0, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 0, .top_p = 1, .repetition_penalty = 1.7f},
    {.temperature = 0, .top_p = 1, .repetition_penalty = 0.6f},
    {.temperature = 1, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 0.3f, .top_p = 1, .repetition_penalty = 1.2f},
    {.temperature = 50, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 1e-30f, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 1e-42f, .top_p = 0.5f, .repetition_penalty = 1},
    {.temperature = 3e38f, .top_p = 0.5f, .repetition_penalty = 1},
    {.temperature = 0.6f, .top_k = 40, .top_p = 1, .repetition_penalty = 1.05f},
    {.temperature = 1, .top_k = 1, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 2, .top_k = 7, .top_p = 0.8f, .repetition_penalty = 0.8f},
    {.temperature = 1, .top_k = VOCAB, .top_p = 1, .repetition_penalty = 1},
    {.temperature = 1, .top_k = VOCAB - 1, .top_p = 0.99f, .repetition_penalty = 1},
    {.temperature = 0.6f, .top_p = 0.9f, .repetition_penalty = 1},
    {.temperature = 1.5f, .top_p = 0.3f, .repetition_penalty = 1.3f},
    {.temperature = 0.6f, .top_p = 1e-6f, .repetition_penalty = 1},
    {.temperature = 1, .top_p = 1, .min_p = 0.05f, .repetition_penalty = 1},
    {.temperature = 0.7f, .top_p = 1, .min_p = 1, .repetition_penalty = 1.1f},
    {.temperature = 1, .top_p = 1, .min_p = 1e-30f, .repetition_penalty = 1},
    {.temperature = 1, .top_p = 0.8f, .min_p = 0.02f, .repetition_penalty = 1},
    {.temperature = 1, .top_k = 20, .top_p = 1, .min_p = 0.1f, .repetition_penalty = 1},
    {.temperature = 1, .top_k = 20, .top_p = 0.7f, .min_p = 0.1f, .repetition_penalty = 1.4f},
};
enum { OPTIONS = sizeof options_of / sizeof *options_of };

Test(cpu_head, its_token_is_the_one_that_all_logits_give) {
    uint32_t screened = 0, whole = 0, deep = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        struct case_of c = make(kind, VOCAB, HIDDEN, (uint64_t)kind);
        struct tri_head *head = head_of(&c, tri_isa_best());
        for (size_t o = 0; o < OPTIONS; o++) {
            struct tri_sampling options = options_of[o];
            struct tri_random random = {o * 31 + (uint64_t)kind};
            options.seed = o;
            struct tri_sampler *ours, *theirs;
            must(tri_sampler_create(&options, VOCAB, &ours));
            must(tri_sampler_create(&options, VOCAB, &theirs));
            for (int i = 0; i < 12; i++) {
                uint32_t got = 0, wanted = 1;
                fill_state(&c, &random);
                if (kind == 6 && i == 0) memset(c.x, 0, HIDDEN * sizeof *c.x);
                all_logits(&c);
                deep += head->view[0].deep;
                must(tri_head_next(head, ours, c.x, &got));
                must(tri_sampler_next(theirs, c.logits, &wanted));
                cr_assert(got == wanted, "rows %d, options %zu, state %d: %u, not %u", kind, o, i,
                          got, wanted);
                struct tri_head_counts counts;
                tri_head_counted(head, &counts);
                if (counts.exact == VOCAB) whole++;
                if (counts.exact < VOCAB) screened++;
                tri_sampler_accept(ours, got);
                tri_sampler_accept(theirs, got);
                for (int k = 0; k < 20; k++) {
                    const uint32_t other = (uint32_t)(tri_random_next(&random) % VOCAB);
                    tri_sampler_accept(ours, other);
                    tri_sampler_accept(theirs, other);
                }
            }
            tri_sampler_destroy(ours);
            tri_sampler_destroy(theirs);
        }
        tri_head_destroy(head);
        drop(&c);
    }
    cr_assert(screened > 100 && whole > 100 && deep > 100 && deep < screened + whole - 100,
              "%u screened, %u whole, %u deep: all ways are meant", screened, whole, deep);
}

/* What search passes over without a look at the rows, and what is left when it gives up. */
Test(cpu_head, tiles_bound_their_rows_and_logits_are_completed_from_any_step) {
    for (size_t o = 0; o < 3; o++) { /* no penalty, one that lowers scores, one that raises them */
        struct case_of c = make(0, VOCAB, HIDDEN, 11 + o);
        struct tri_random random = {o};
        struct tri_sampler *sampler;
        struct tri_head *head = head_of(&c, tri_isa_best());
        struct tri_head_view *v = &head->view[0];
        must(tri_sampler_create(&options_of[o], VOCAB, &sampler));
        for (uint32_t id = 0; id < VOCAB; id += 3) tri_sampler_accept(sampler, id);
        fill_state(&c, &random);
        all_logits(&c);
        v->x = c.x;
        v->sampler = sampler;
        v->penalised = tri_sampler_penalised(sampler);
        cr_assert((v->penalised != NULL) == (o > 0));
        v->screened = tri_head_look(head, c.x, tri_sampler_growth(sampler), &v->state);
        cr_assert(v->screened);
        for (unsigned plane = 0; plane < TRI_HEAD_PLANES; plane++) {
            tri_head_screen(head, 1);
            for (uint32_t row = 0; row < VOCAB; row++) {
                cr_assert(v->most[row] <= v->tile_most[row / TRI_HEAD_TILE]);
                cr_assert(v->estimate[row] <= v->tile_largest[row / TRI_HEAD_TILE]);
                cr_assert(tri_sampler_score(sampler, row, c.logits[row]) <= v->most[row]);
            }
            for (unsigned p = 1; p <= plane; p++) tri_head_refine_all(head, v, p);
            static const uint32_t some[] = {5, 64, 699};
            tri_head_step(head, v, some, 3, TRI_HEAD_EXACT);
            must(tri_head_complete(head, v));
            cr_assert(memcmp(v->base, c.logits, VOCAB * sizeof *c.logits) == 0,
                      "options %zu, plane %u", o, plane);
            cr_assert(v->counts.exact == VOCAB);
        }
        tri_sampler_destroy(sampler);
        tri_head_destroy(head);
        drop(&c);
    }
}

/* States in turn that the first plane decides and that it does not. */
Test(cpu_head, two_planes_are_read_at_once_where_the_first_left_most_rows) {
    struct case_of c = make(0, VOCAB, HIDDEN, 9);
    struct tri_random random = {5};
    struct tri_sampler *sampler;
    struct tri_head *head = head_of(&c, tri_isa_best());
    must(tri_sampler_create(&options_of[0], VOCAB, &sampler));
    for (int i = 0; i < 12; i++) {
        const bool along = i / 3 % 2 == 1;
        uint32_t id = 0, wanted = 1;
        struct tri_head_counts counts;
        for (uint32_t k = 0; k < HIDDEN; k++)
            c.x[k] = along ? tri_bf16_to_float(c.w[77 * HIDDEN + k]) : (float)bell(&random);
        const bool was = head->view[0].deep;
        must(tri_head_next(head, sampler, c.x, &id));
        all_logits(&c);
        must(tri_sampler_next(sampler, c.logits, &wanted));
        cr_assert(id == wanted);
        cr_assert(head->view[0].deep == !along, "state %d", i);
        tri_head_counted(head, &counts);
        cr_assert((counts.survivors[0] == VOCAB) == was || !along);
    }
    tri_sampler_destroy(sampler);
    tri_head_destroy(head);
    drop(&c);
}

Test(cpu_head, several_states_in_a_pass_get_the_tokens_of_one_at_a_time) {
    enum { STATES = 6 };
    struct case_of c = make(2, VOCAB, HIDDEN, 3);
    struct tri_pool *pool;
    struct tri_head *head;
    struct tri_sampler *samplers[STATES];
    float x[STATES][HIDDEN];
    const float *pointers[STATES];
    uint32_t ids[STATES], wanted;
    struct tri_random random = {4};
    must(tri_pool_create(3, false, &pool));
    must(tri_head_create(&c.model, tri_isa_best(), pool, &head));
    for (int i = 0; i < STATES; i++) {
        must(tri_sampler_create(&options_of[i * 3], VOCAB, &samplers[i]));
        fill_state(&c, &random);
        memcpy(x[i], c.x, sizeof x[i]);
        pointers[i] = x[i];
    }
    must(tri_head_next_each(head, STATES, samplers, pointers, ids));
    for (int i = 0; i < STATES; i++) {
        struct tri_sampler *sampler;
        must(tri_sampler_create(&options_of[i * 3], VOCAB, &sampler));
        memcpy(c.x, x[i], sizeof x[i]);
        all_logits(&c);
        must(tri_sampler_next(sampler, c.logits, &wanted));
        cr_assert(ids[i] == wanted);
        tri_sampler_destroy(sampler);
        tri_sampler_destroy(samplers[i]);
    }
    tri_head_destroy(head);
    tri_pool_destroy(pool);
    drop(&c);
}

Test(cpu_head, what_is_not_finite_is_an_error_and_never_a_token) {
    struct case_of c = make(0, VOCAB, HIDDEN, 1);
    struct tri_random random = {1};
    struct tri_sampler *sampler;
    struct tri_head *head = head_of(&c, tri_isa_best());
    uint32_t id;
    must(tri_sampler_create(&options_of[0], VOCAB, &sampler));
    fill_state(&c, &random);
    c.x[7] = tri_float_from_bits(0x7fc00000u);
    cr_assert(tri_head_next(head, sampler, c.x, &id) == TRI_E_FORMAT);
    for (int i = 0; i < HIDDEN; i++) c.x[i] = 2e38f; /* finite, but no sum of it */
    cr_assert(tri_head_next(head, sampler, c.x, &id) == TRI_E_FORMAT);
    cr_assert(strstr(tri_error(), "output head, row 0") != NULL, "%s", tri_error());
    tri_head_destroy(head);
    c.w[123 * HIDDEN + 5] = 0x7f80;
    cr_assert(tri_head_create(&c.model, tri_isa_best(), NULL, &head) == TRI_E_FORMAT);
    cr_assert(strstr(tri_error(), "row 123") != NULL && head == NULL, "%s", tri_error());
    tri_sampler_destroy(sampler);
    drop(&c);
}

Test(cpu_head, rows_too_large_for_bounds_and_odd_widths_are_computed_whole) {
    static const uint32_t widths[] = {1, 31, 33, 300, 9000};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct case_of c = make(0, 65, widths[i], i);
        struct tri_random random = {i};
        struct tri_sampler *sampler;
        uint32_t id = 0, wanted = 1;
        if (widths[i] == 300) c.w[5] = tri_float_to_bf16(1e34f);
        struct tri_head *head = head_of(&c, tri_isa_best());
        must(tri_sampler_create(&options_of[0], 65, &sampler));
        for (int k = 0; k < 10; k++) {
            fill_state(&c, &random);
            all_logits(&c);
            must(tri_head_next(head, sampler, c.x, &id));
            must(tri_sampler_next(sampler, c.logits, &wanted));
            cr_assert(id == wanted);
        }
        tri_sampler_destroy(sampler);
        tri_head_destroy(head);
        drop(&c);
    }
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
