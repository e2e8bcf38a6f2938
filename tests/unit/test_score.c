/* SPDX-License-Identifier: Apache-2.0
 *
 * The input of `score`, its choice and its error bars, and likelihoods whose common beginnings are
 * computed once. Against another program's arithmetic: tests/tools/score_check.py.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/likelihood.h"
#include "host/task.h"

static enum tri_status read(const char *text, struct tri_task *task) {
    return tri_task_read("task", text, strlen(text), task);
}

Test(task, reads_items_and_counts_characters_and_lines) {
    struct tri_task task;
    cr_assert_eq(read("\n{\"context\": \"a\", \"continuations\": [\"\xc3\xa9t\xc3\xa9\", \"b\"], "
                      "\"answer\": 1}\n\r\n"
                      "{\"id\": 7, \"context\": \"\", \"continuations\": [\"x\", \"y\"], "
                      "\"answer\": 0, \"delimiter\": \"\\n\"}",
                      &task),
                 TRI_OK, "%s", tri_error());
    cr_assert_eq(task.count, 2);
    cr_expect_eq(task.item[0].line, 2);
    cr_expect_eq(task.item[1].line, 4);
    cr_expect_eq(task.item[0].choice[0].characters, 3);
    cr_expect_eq(task.item[0].choice[0].bytes, 5);
    cr_expect_str_eq(task.item[0].delimiter, " ");
    cr_expect_str_eq(task.item[1].delimiter, "\n");
    cr_expect_eq(task.item[0].answer, 1);
    tri_task_free(&task);
}

Test(task, refuses_what_is_no_item_with_its_line) {
    static const char *const bad[] = {
        "",
        "   \n",
        "{",
        "null",
        "{}",
        "{\"context\": \"a\", \"continuations\": [], \"answer\": 0}",
        "{\"context\": \"a\", \"continuations\": [\"b\", 1], \"answer\": 0}",
        "{\"context\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": -1}",
        "{\"context\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": 1.0}",
        "{\"context\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": 1, \"delimiter\": 3}",
        "{\"context\": \"\\u0000\", \"continuations\": [\"b\", \"c\"], \"answer\": 1}",
        "{\"context\": \"a\", \"context\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": "
        "1}",
        "{\"context\": \"\xff\", \"continuations\": [\"b\", \"c\"], \"answer\": 1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tri_task task;
        cr_expect_eq(read(bad[i], &task), TRI_E_FORMAT, "'%s'", bad[i]);
        cr_expect_eq(strncmp(tri_error(), i < 2 ? "task: " : "task:1: ", i < 2 ? 6 : 8), 0, "%s",
                     tri_error());
        tri_task_free(&task);
    }
}

Test(task, takes_the_first_of_equal_choices_and_errors_of_the_sample) {
    cr_expect_eq(tri_task_best((const double[]){-3, -1, -1}, 3), 1);
    cr_expect_eq(tri_task_best((const double[]){-1, -1, -2}, 3), 0);
    cr_expect_float_eq(tri_task_error(4, 7), 0.20203050891044216, 1e-15);
    cr_expect_eq(tri_task_error(1, 1), 0);
    cr_expect_eq(tri_task_error(5, 5), 0);
}

Test(likelihood, log_softmax_is_the_logarithm_of_the_softmax) {
    const float logits[] = {1, 3, 3, -2};
    bool likeliest;
    double sum = 0;
    for (uint32_t i = 0; i < 4; i++) {
        sum += exp(tri_log_softmax(logits, 4, i, &likeliest));
        cr_expect_eq(likeliest, i == 1, "%u", i);
    }
    cr_expect_float_eq(sum, 1, 1e-12);
    const float bad[] = {1, NAN, 3};
    cr_expect(isnan(tri_log_softmax(bad, 3, 0, &likeliest)));
}

Test(likelihood, does_not_depend_on_what_was_asked_before) {
    struct tri_engine engine;
    struct tri_likelihood shared;
    const struct tri_model_choice choice = {"tests/models/tiny-a", NULL};
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    cr_assert_eq(tri_engine_open(&engine, &choice), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_engine_start(&engine, "ref", 96, &options), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_likelihood_create(&engine, 96, &shared), TRI_OK);
    uint32_t ids[90];
    double logs[90], alone[90];
    bool greedy;
    for (uint32_t i = 0; i < 90; i++) ids[i] = (i * 37 + 5) % 500;
    static const uint32_t cases[][3] = {/* count, judged, id changed */
                                        {90, 20, 200}, {90, 20, 80}, {90, 89, 3}, {12, 1, 11},
                                        {70, 5, 66},   {70, 5, 66},  {2, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t count = cases[i][0], judged = cases[i][1];
        if (cases[i][2] < 90) ids[cases[i][2]] ^= 1;
        cr_assert_eq(tri_likelihood_run(&shared, ids, count, judged, logs, &greedy), TRI_OK, "%s",
                     tri_error());
        struct tri_likelihood fresh;
        cr_assert_eq(tri_likelihood_create(&engine, 96, &fresh), TRI_OK);
        uint32_t kept = shared.count;
        cr_assert_eq(tri_likelihood_run(&fresh, ids, count, judged, alone, &greedy), TRI_OK);
        cr_expect_arr_eq(logs, alone, judged * sizeof *logs, "case %zu", i);
        tri_likelihood_free(&fresh);
        cr_expect_eq(tri_session_length(engine.session), kept); /* the same tokens again */
    }
    tri_likelihood_free(&shared);
    tri_engine_close(&engine);
}
