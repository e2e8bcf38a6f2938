/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures of a run: ratios, projections, and what is left out when it is not known.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "host/reply.h"
#include "host/stats.h"

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value), "%s is missing", key);
    return json_number_value(value);
}

static bool near(double a, double b) { return fabs(a - b) < 1e-9 * (1 + fabs(b)); }

Test(cli_stats, decode_and_prefill_are_kept_apart) {
    struct tri_device_info info = {.counts_cycles = true};
    info.design.clock_mhz = 250;
    struct tri_stats stats = {.model = "m", .device = "sim:x", .info = &info};
    stats.prompt_tokens = 8;
    stats.reply_tokens = 4;
    stats.prefill.tokens = 8;
    stats.prefill.counters.cycles_active = 8000;
    stats.prefill.counters.steps = 7200;
    stats.decode.tokens = 4;
    stats.decode.counters.cycles_active = 10000;
    stats.decode.counters.steps = 4000;
    stats.decode.counters.wait_weights = 2500;
    stats.decode.counters.wait_command = 3500;
    stats.decode.counters.bytes_weights = 400;
    stats.decode.counters.cycles_simulated = 30000;
    stats.decode.counters.seconds_simulating = 0.5;
    json_t *o = tri_stats_json(&stats);
    cr_assert(near(number(o, "cycles_per_token"), 2500));
    cr_assert(near(number(o, "cycles_per_token_prefill"), 1000));
    cr_assert(near(number(o, "array_use"), 0.4));
    cr_assert(near(number(o, "array_use_prefill"), 0.9));
    cr_assert(near(number(o, "array_use_overall"), 11200.0 / 18000));
    cr_assert(near(number(o, "wait_weights"), 0.25));
    cr_assert(near(number(o, "wait_command"), 0.35));
    cr_assert(near(number(o, "wait_results"), 0));
    cr_assert(near(number(o, "weight_bytes_per_token"), 100));
    cr_assert(near(number(o, "sim_cycles_per_second"), 60000));
    cr_assert(near(number(o, "projected_tokens_per_second"), 100000));
    json_decref(o);
}

Test(cli_stats, what_a_device_cannot_know_is_absent) {
    struct tri_device_info info = {.counts_cycles = false};
    struct tri_stats stats = {.model = "m", .device = "ref:x", .info = &info};
    stats.decode.tokens = 4;
    json_t *o = tri_stats_json(&stats);
    cr_assert_null(json_object_get(o, "cycles_per_token"));
    cr_assert_null(json_object_get(o, "projected_tokens_per_second"));
    json_decref(o);
    stats.info = NULL;
    o = tri_stats_json(&stats);
    cr_assert_null(json_object_get(o, "design"));
    json_decref(o);
}

Test(cli_stats, only_the_difference_of_two_readings_is_added) {
    const struct tri_counters before = {.cycles_active = 10, .steps = 5, .bytes_weights = 100};
    const struct tri_counters after = {.cycles_active = 30, .steps = 6, .bytes_weights = 150};
    struct tri_counters sum = {.cycles_active = 1};
    tri_counters_add(&sum, &after, &before);
    cr_assert(sum.cycles_active == 21 && sum.steps == 1 && sum.bytes_weights == 50);
}

Test(cli_reply, text_comes_in_whole_characters) {
    struct tri_tokenizer *tokenizer = NULL;
    cr_assert_eq(tri_tokenizer_open("tests/models/demo/tokenizer.json", &tokenizer), TRI_OK);
    /* A character that this vocabulary has only in pieces. */
    const char snowman[] = "a\xe2\x98\x83z";
    uint32_t *ids = NULL;
    size_t count = 0;
    cr_assert_eq(tri_tokenizer_encode(tokenizer, snowman, 5, false, &ids, &count), TRI_OK);
    cr_assert_gt(count, 3u);
    struct tri_reply reply = {.tokenizer = tokenizer};
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(tri_reply_add(&reply, ids[i]), TRI_OK);
        cr_assert(reply.bytes == 0 || reply.bytes == 1 || reply.bytes == 4 || reply.bytes == 5);
    }
    cr_assert_eq(tri_reply_end(&reply), TRI_OK);
    cr_assert_str_eq(reply.text, snowman);
    tri_reply_free(&reply);

    reply = (struct tri_reply){.tokenizer = tokenizer};
    cr_assert_eq(tri_reply_add(&reply, ids[0]), TRI_OK);
    cr_assert_eq(tri_reply_add(&reply, ids[1]), TRI_OK);
    cr_assert_eq(tri_reply_end(&reply), TRI_OK);
    cr_assert_str_eq(reply.text, "a\xef\xbf\xbd", "a cut character is shown as one");
    tri_reply_free(&reply);
    free(ids);
    tri_tokenizer_close(tokenizer);
}
