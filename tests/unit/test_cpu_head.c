/* SPDX-License-Identifier: Apache-2.0
 *
 * The screened output head: its token is the one that all logits give, whatever the rows, the state
 * and the sampler's options. Its bounds: test_cpu_head_bounds.c.
 */
#include "tests/unit/cpu_head.h"

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

/* Some views of a pass read one plane, some two, some all logits: in any mixture. */
Test(cpu_head, states_of_a_pass_that_read_one_plane_or_two_get_the_reference_s_tokens) {
    enum { STATES = 7, ROUNDS = 6 };
    struct case_of c = make(0, VOCAB, HIDDEN, 13);
    struct tri_head *head = head_of(&c, tri_isa_best());
    struct tri_sampler *samplers[STATES];
    static float x[STATES][HIDDEN];
    const float *pointers[STATES];
    uint32_t ids[STATES], wanted, mixed = 0, deep = 0;
    struct tri_random random = {14};
    for (int i = 0; i < STATES; i++) {
        must(tri_sampler_create(&options_of[i == 2 ? 1 : 0], VOCAB, &samplers[i]));
        pointers[i] = x[i];
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STATES; i++) { /* the first round's passes are of one plane */
            const bool along = (i + round) % 3 == 0 || round == 4;
            for (uint32_t k = 0; k < HIDDEN; k++)
                x[i][k] = along ? tri_bf16_to_float(c.w[(i + 7 * round) * HIDDEN + (int)k])
                                : (float)bell(&random);
        }
        uint32_t before = 0;
        for (int i = 0; i < TRI_HEAD_TOGETHER; i++) before += head->view[i].deep;
        mixed += before > 0 && before < TRI_HEAD_TOGETHER;
        deep += before == TRI_HEAD_TOGETHER;
        const uint32_t states = round == 5 ? 6 : STATES;
        must(tri_head_next_each(head, states, samplers, pointers, ids));
        for (uint32_t i = 0; i < states; i++) {
            memcpy(c.x, x[i], sizeof x[i]);
            all_logits(&c);
            must(tri_sampler_next(samplers[i], c.logits, &wanted));
            cr_assert(ids[i] == wanted, "round %d, state %u: %u, not %u", round, i, ids[i], wanted);
            tri_sampler_accept(samplers[i], wanted);
        }
    }
    cr_assert(mixed > 1, "%u mixed, %u deep", mixed, deep);
    for (int i = 0; i < STATES; i++) tri_sampler_destroy(samplers[i]);
    tri_head_destroy(head);
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
