/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: numbers, and tables of options. What is printed is checked in tests/e2e.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "host/options.h"

Test(cli_options, numbers_are_whole_or_refused) {
    uint64_t n = 0;
    cr_assert(tri_parse_number("0", 10, &n) && n == 0);
    cr_assert(tri_parse_number("10", 10, &n) && n == 10);
    cr_assert(tri_parse_number("0x1f", 100, &n) && n == 31);
    cr_assert(tri_parse_number("010", 100, &n) && n == 10, "no octal numbers");
    cr_assert(tri_parse_number("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
    const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x", "11", "1e0", "x", "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(tri_parse_number(bad[i], 10, &n), "'%s' was taken", bad[i]);
}

static int parse(int argc, char **argv, const char **text, uint32_t *number, float *real,
                 bool *flag, char ***rest) {
    const struct tri_usage usage = {.command = "try",
                                    .synopsis = "",
                                    .purpose = "",
                                    .examples = "",
                                    .statuses = "",
                                    .least = 0,
                                    .most = 1};
    const struct tri_option options[] = {
        {"text", 't', "TEXT", TRI_OPTION_TEXT, text, ""},
        {"number", 'n', "N", TRI_OPTION_U32, number, ""},
        {"real", 0, "X", TRI_OPTION_REAL, real, ""},
        {"flag", 'f', NULL, TRI_OPTION_FLAG, flag, ""},
    };
    return tri_options_parse(&usage, options, 4, argc, argv, rest);
}

/* Parses a line of words. */
static int parse_line(const char *line, const char **text, uint32_t *number, float *real,
                      bool *flag, char ***rest) {
    static char copy[256];
    static char *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "try %s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return parse(argc, argv, text, number, real, flag, rest);
}

Test(cli_options, every_kind_is_stored_and_arguments_may_stand_anywhere) {
    const char *text = "default";
    uint32_t number = 7;
    float real = 0.5f;
    bool flag = false;
    char **rest = NULL;
    cr_assert_eq(
        parse_line("-n 12 file --real=-1.25 -f --text word", &text, &number, &real, &flag, &rest),
        -1);
    cr_assert_str_eq(text, "word");
    cr_assert_eq(number, 12u);
    cr_assert_eq(real, -1.25f);
    cr_assert(flag);
    cr_assert_str_eq(rest[0], "file");
    cr_assert_null(rest[1]);
}

Test(cli_options, defaults_stay_when_nothing_is_given) {
    const char *text = "default";
    uint32_t number = 7;
    float real = 0.5f;
    bool flag = false;
    cr_assert_eq(parse_line("", &text, &number, &real, &flag, NULL), -1);
    cr_assert_str_eq(text, "default");
    cr_assert(number == 7 && real == 0.5f && !flag);
}

Test(cli_options, what_is_wrong_exits_with_two, .init = cr_redirect_stderr) {
    const char *const bad[] = {
        "--nothing",     "-x",         "-n",         "--number",    "-n -1",
        "-n 5000000000", "--real nan", "--real inf", "--real 1.5x", "--flag=1",
        "one two",       "-fx",        "-fn"};
    const char *text = NULL;
    uint32_t number = 0;
    float real = 0;
    bool flag = false;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(parse_line(bad[i], &text, &number, &real, &flag, NULL), TRI_EXIT_USAGE,
                     "'%s' was taken", bad[i]);
}
