/* SPDX-License-Identifier: Apache-2.0
 *
 * The sampler: each option does what its name says, frequencies follow the weights, and the seed
 * decides everything.
 */
#include "tests/unit/test_ref_support.h"

#include <stdlib.h>
#include <string.h>

#include "ref/elementary.h"
#include "ref/random.h"
#include "ref/sampler.h"

static const struct tri_sampling plain = {
    .temperature = 1, .top_p = 1, .repetition_penalty = 1, .seed = 42};

static struct tri_sampler *sampler_of(struct tri_sampling options, uint32_t vocab) {
    struct tri_sampler *sampler = NULL;
    must(tri_sampler_create(&options, vocab, &sampler));
    return sampler;
}

static uint32_t next(struct tri_sampler *sampler, const float *logits) {
    uint32_t id = UINT32_MAX;
    must(tri_sampler_next(sampler, logits, &id));
    return id;
}

Test(sampler, random_numbers_are_those_of_splitmix64) {
    struct tri_random random = {1234567}; /* the values Rosetta Code lists for this seed */
    cr_assert(tri_random_next(&random) == 6457827717110365317u);
    cr_assert(tri_random_next(&random) == 3203168211198807973u);
    cr_assert(tri_random_next(&random) == 9817491932198370423u);
}

Test(sampler, greedy_takes_the_largest_and_of_equals_the_lowest_id) {
    struct tri_sampling options = plain;
    options.temperature = 0;
    struct tri_sampler *sampler = sampler_of(options, 5);
    const float logits[] = {-3, 7, 2, 7, 7}, flat[] = {0, -0.0f, 0, 0, 0};
    cr_assert(next(sampler, logits) == 1);
    cr_assert(next(sampler, flat) == 0);
    tri_sampler_destroy(sampler);
}

Test(sampler, a_top_k_of_one_is_greedy_at_any_temperature) {
    struct tri_sampling options = plain;
    options.temperature = 100;
    options.top_k = 1;
    struct tri_sampler *sampler = sampler_of(options, 5);
    const float logits[] = {-3, 7, 2, 7, 7};
    for (int i = 0; i < 50; i++) cr_assert(next(sampler, logits) == 1);
    tri_sampler_destroy(sampler);
}

/* How often each id comes in n draws. */
static void count_draws(struct tri_sampling options, const float *logits, uint32_t vocab, int n,
                        int *counts) {
    struct tri_sampler *sampler = sampler_of(options, vocab);
    memset(counts, 0, vocab * sizeof *counts);
    for (int i = 0; i < n; i++) counts[next(sampler, logits)]++;
    tri_sampler_destroy(sampler);
}

Test(sampler, frequencies_follow_the_weights_and_the_temperature) {
    /* ln 1, ln 4, ln 2, ln 1: weights 1 4 2 1; at temperature 0.5 their squares 1 16 4 1 */
    const float logits[] = {0, 1.3862944f, 0.6931472f, 0};
    const double warm[] = {0.125, 0.5, 0.25, 0.125};
    const double cold[] = {1 / 22.0, 16 / 22.0, 4 / 22.0, 1 / 22.0};
    int counts[4];
    struct tri_sampling options = plain;
    count_draws(options, logits, 4, 40000, counts);
    for (int i = 0; i < 4; i++) cr_assert(absolute(counts[i] / 40000.0 - warm[i]) < 0.01);
    options.temperature = 0.5f;
    count_draws(options, logits, 4, 40000, counts);
    for (int i = 0; i < 4; i++) cr_assert(absolute(counts[i] / 40000.0 - cold[i]) < 0.01);
}

Test(sampler, top_k_keeps_the_first_k_and_of_equals_the_lowest_ids) {
    const float logits[] = {1, 2, 1, 3, 1, 1};
    int counts[6];
    struct tri_sampling options = plain;
    options.top_k = 4;
    count_draws(options, logits, 6, 5000, counts);
    cr_assert(counts[0] && counts[1] && counts[2] && counts[3] && !counts[4] && !counts[5]);
    options.top_k = 100; /* more than there are: all */
    count_draws(options, logits, 6, 5000, counts);
    for (int i = 0; i < 6; i++) cr_assert(counts[i] > 0);
}

Test(sampler, top_p_keeps_the_fewest_that_reach_it) {
    const float logits[] = {0, 1.3862944f, 0.6931472f, 0}; /* 1/8 1/2 1/4 1/8 */
    int counts[4];
    struct tri_sampling options = plain;
    options.top_p = 0.49f;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[1] == 2000);
    options.top_p = 0.6f;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[1] > 0 && counts[2] > 0 && counts[0] == 0 && counts[3] == 0);
    options.top_p = 0.8f;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[0] > 0 && counts[3] == 0, "of equals the lowest id");
    options.top_p = 0.000001f;
    count_draws(options, logits, 4, 200, counts);
    cr_assert(counts[1] == 200, "one always remains");
    const float even[] = {1, 1, 1, 1};
    options.top_p = 0.5f;
    count_draws(options, even, 4, 2000, counts);
    cr_assert(counts[0] > 0 && counts[1] > 0 && counts[2] == 0, "reached exactly is reached");
}

Test(sampler, min_p_keeps_what_is_close_enough_to_the_best) {
    const float logits[] = {0, 1.3862944f, 0.6931472f, 0}; /* 1/4 1 1/2 1/4 of the best */
    int counts[4];
    struct tri_sampling options = plain;
    options.min_p = 0.3f;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[1] > 0 && counts[2] > 0 && counts[0] == 0 && counts[3] == 0);
    options.min_p = 1;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[1] == 2000);
}

Test(sampler, the_repetition_penalty_lowers_both_signs) {
    struct tri_sampling options = plain;
    options.temperature = 0;
    options.repetition_penalty = 2;
    struct tri_sampler *sampler = sampler_of(options, 3);
    const float positive[] = {4, 3, 1}, negative[] = {-1, -1.5f, -9};
    cr_assert(next(sampler, positive) == 0 && next(sampler, negative) == 0);
    tri_sampler_accept(sampler, 0);
    tri_sampler_accept(sampler, 99); /* not in the vocabulary: ignored */
    cr_assert(next(sampler, positive) == 1 && next(sampler, negative) == 1);
    tri_sampler_accept(sampler, 0); /* twice is as once */
    tri_sampler_accept(sampler, 1);
    cr_assert(next(sampler, positive) == 0 && next(sampler, negative) == 0);
    tri_sampler_destroy(sampler);
}

Test(sampler, the_seed_decides_and_stays_the_same_on_every_machine) {
    enum { VOCAB = 500, DRAWS = 8 };
    static const uint32_t wanted[DRAWS] = {98, 401, 345, 232, 50, 198, 75, 243};
    float logits[VOCAB];
    struct tri_random random = {9};
    for (int i = 0; i < VOCAB; i++) logits[i] = (float)(tri_random_unit(&random) * 8);
    struct tri_sampling options = plain;
    options.temperature = 0.7f;
    options.top_k = 200;
    options.top_p = 0.95f;
    struct tri_sampler *one = sampler_of(options, VOCAB), *two = sampler_of(options, VOCAB);
    options.seed++;
    struct tri_sampler *other = sampler_of(options, VOCAB);
    int different = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint32_t id = next(one, logits);
        cr_assert(id == next(two, logits));
        cr_assert(id == wanted[i], "draw %d: wanted %u, got %u", i, wanted[i], id);
        different += id != next(other, logits);
    }
    cr_assert(different > 0);
    tri_sampler_destroy(one);
    tri_sampler_destroy(two);
    tri_sampler_destroy(other);
}

Test(sampler, extreme_logits_and_temperatures_are_sampled_without_overflow) {
    const float logits[] = {-1.5e38f, 1.5e38f, 0, 1.4e38f};
    struct tri_sampling options = plain;
    int counts[4];
    options.temperature = 1e-38f;
    count_draws(options, logits, 4, 100, counts);
    cr_assert(counts[1] == 100);
    options.temperature = 3e38f;
    count_draws(options, logits, 4, 2000, counts);
    cr_assert(counts[0] > 0 && counts[3] > 0);
    const float apart[] = {-3e38f, 3e38f, 0, 0}; /* their difference is infinite: weight 0 */
    options.temperature = 1;
    count_draws(options, apart, 4, 100, counts);
    cr_assert(counts[1] == 100);
}

Test(sampler, refuses_logits_that_are_not_numbers) {
    struct tri_sampler *sampler = sampler_of(plain, 3);
    float logits[] = {1, 2, 3};
    uint32_t id = 7;
    const uint32_t bad[] = {0x7fc00000u, 0x7f800000u, 0xff800000u};
    for (size_t i = 0; i < 3; i++) {
        logits[i] = tri_float_from_bits(bad[i]);
        must_fail(tri_sampler_next(sampler, logits, &id), TRI_E_FORMAT, "logit of token");
        logits[i] = 0;
    }
    cr_assert(id == 7);
    tri_sampler_destroy(sampler);
}

static void refuses(struct tri_sampling options, const char *message) {
    struct tri_sampler *sampler = NULL;
    must_fail(tri_sampler_create(&options, 3, &sampler), TRI_E_ARGUMENT, message);
    cr_assert(sampler == NULL);
}

Test(sampler, refuses_options_out_of_range_by_name) {
    const float nan = tri_float_from_bits(0x7fc00000u), infinite = tri_float_from_bits(0x7f800000u);
    const float temperatures[] = {-1, nan, infinite}, top_ps[] = {0, -1, 1.01f, nan};
    const float min_ps[] = {-0.1f, 1.1f, nan}, penalties[] = {0, -1, nan, infinite};
    struct tri_sampling options;
    for (int i = 0; i < 3; i++) {
        options = plain, options.temperature = temperatures[i];
        refuses(options, "temperature");
        options = plain, options.min_p = min_ps[i];
        refuses(options, "min_p");
    }
    for (int i = 0; i < 4; i++) {
        options = plain, options.top_p = top_ps[i];
        refuses(options, "top_p");
        options = plain, options.repetition_penalty = penalties[i];
        refuses(options, "repetition_penalty");
    }
    struct tri_sampler *sampler = NULL;
    must_fail(tri_sampler_create(&plain, 0, &sampler), TRI_E_ARGUMENT, "vocab");
    tri_sampler_destroy(NULL);
}
