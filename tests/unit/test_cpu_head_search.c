/* SPDX-License-Identifier: Apache-2.0
 *
 * When the screened head gives up and when it does not: neither too early nor too late, seen by the
 * rows and bytes that it reads; the token is the reference's either way.
 */
#include "tests/unit/cpu_head.h"

enum { ROWS = 4096, COLS = 512, HALF = COLS / 2, PART = 16 };

/* `tied` of every PART rows give exactly 0 for states of the first half, and whatever their narrow
 * copy says, a little more or less; the others far less. The second half is random. */
static struct case_of make_tied(uint32_t tied) {
    struct case_of c = make(0, ROWS, COLS, 21);
    struct tri_random random = {22};
    for (uint32_t row = 0; row < ROWS; row++) {
        uint16_t *w = c.w + (size_t)row * COLS;
        const bool ties = (row * 7 + 3) % PART < tied;
        for (uint32_t i = 0; i < HALF; i++)
            w[i] = tri_float_to_bf16(ties ? 0 : (float)(-1 + 0.1 * bell(&random)));
    }
    return c;
}

/* All that tie must be computed. */
static void fill_dear(struct case_of *c) {
    for (uint32_t i = 0; i < COLS; i++) c->x[i] = i < HALF ? 1.0f + (float)(i % 5) / 8 : 0;
}

/* One row is far above all others. */
static void fill_easy(struct case_of *c, uint32_t row) {
    for (uint32_t i = 0; i < COLS; i++)
        c->x[i] = i < HALF ? 0 : tri_bf16_to_float(c->w[(size_t)row * COLS + i]);
}

/* A greedy token, which is the reference's; what was read for it. */
static struct tri_head_counts read_for(struct tri_head *head, struct case_of *c) {
    static const struct tri_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    struct tri_sampler *sampler;
    struct tri_head_counts counts;
    uint32_t got = 0, wanted = 1;
    must(tri_sampler_create(&greedy, ROWS, &sampler));
    must(tri_head_next(head, sampler, c->x, &got));
    tri_head_counted(head, &counts);
    all_logits(c);
    must(tri_sampler_next(sampler, c->logits, &wanted));
    cr_assert(got == wanted, "%u, not %u", got, wanted);
    tri_sampler_destroy(sampler);
    return counts;
}

/* All planes and the rows themselves cost 1.35 of the rows alone; more than 5/6 of all is too much:
 * 0.62 of the rows. */
Test(cpu_head_search, gives_up_where_most_rows_tie_and_not_where_fewer_do) {
    static const uint32_t tied[] = {1, 5, 9, 11, 14, 16};
    for (size_t i = 0; i < sizeof tied / sizeof *tied; i++) {
        struct case_of c = make_tied(tied[i]);
        struct tri_head *head = head_of(&c, tri_isa_best());
        const uint64_t whole = ROWS * tri_head_step_bytes(head, TRI_HEAD_EXACT);
        fill_dear(&c);
        const struct tri_head_counts counts = read_for(head, &c);
        const uint32_t ties = ROWS / PART * tied[i];
        cr_assert(counts.survivors[0] == ties, "%u rows of %u left", counts.survivors[0], ties);
        if (tied[i] <= 9) {
            cr_assert(counts.exact >= ties && counts.exact < ties + 8, "%u: %u rows computed",
                      tied[i], counts.exact);
            cr_assert(counts.survivors[TRI_HEAD_EXACT] == ties);
            cr_assert(counts.bytes < whole, "%u of %u", tied[i], PART);
        } else { /* before a further plane is read */
            const uint64_t pass = ROWS * (tri_head_step_bytes(head, 0) + 4 + 2 * (uint64_t)16);
            cr_assert(counts.exact == ROWS && counts.survivors[1] == 0, "%u of %u", tied[i], PART);
            cr_assert(counts.bytes == whole + pass, "%llu bytes, not %llu",
                      (unsigned long long)counts.bytes, (unsigned long long)(whole + pass));
        }
        tri_head_destroy(head);
        drop(&c);
    }
}

Test(cpu_head_search, three_states_for_nothing_spare_the_next_eight_and_no_more) {
    struct case_of c = make_tied(15);
    struct tri_head *head = head_of(&c, tri_isa_best());
    const uint64_t whole = ROWS * tri_head_step_bytes(head, TRI_HEAD_EXACT);
    /* Three, eight that are not screened, one that is; then at once eight again. */
    for (int i = 0; i < 3 + 8 + 1 + 8; i++) {
        const bool screened = i < 3 || i == 11;
        fill_dear(&c);
        const struct tri_head_counts counts = read_for(head, &c);
        cr_assert(counts.exact == ROWS);
        cr_assert((counts.bytes > whole) == screened, "state %d", i);
        cr_assert((counts.survivors[0] > 0) == screened);
    }
    /* One that screening decides ends that: three more are tried. */
    for (int i = 0; i < 1 + 3 + 8; i++) {
        if (i == 0)
            fill_easy(&c, 77);
        else
            fill_dear(&c);
        const struct tri_head_counts counts = read_for(head, &c);
        if (i == 0) cr_assert(counts.exact < ROWS && counts.bytes < whole);
        if (i > 0) cr_assert((counts.bytes > whole) == (i <= 3), "state %d", i);
    }
    tri_head_destroy(head);
    drop(&c);
}

Test(cpu_head_search, what_is_not_screened_although_it_would_be_easy_is_the_reference_s) {
    struct case_of c = make_tied(15);
    struct tri_head *head = head_of(&c, tri_isa_best());
    for (int i = 0; i < 3; i++) {
        fill_dear(&c);
        (void)read_for(head, &c);
    }
    for (uint32_t i = 0; i < 8; i++) {
        fill_easy(&c, 100 + 13 * i);
        cr_assert(read_for(head, &c).exact == ROWS);
    }
    fill_easy(&c, 300);
    cr_assert(read_for(head, &c).exact < ROWS / 2);
    tri_head_destroy(head);
    drop(&c);
}

Test(cpu_head_search, states_that_are_decided_are_screened_for_ever) {
    struct case_of c = make_tied(15);
    struct tri_head *head = head_of(&c, tri_isa_best());
    for (uint32_t i = 0; i < 40; i++) { /* two for nothing in a row are not yet too many */
        const bool easy = i % 3 == 2;
        if (easy)
            fill_easy(&c, 5 + 97 * i);
        else
            fill_dear(&c);
        const struct tri_head_counts counts = read_for(head, &c);
        cr_assert(counts.survivors[0] > 0, "state %u was not screened", i);
        cr_assert((counts.exact < ROWS) == easy, "state %u", i);
    }
    tri_head_destroy(head);
    drop(&c);
}
