/* SPDX-License-Identifier: Apache-2.0
 *
 * getopt_long driven by a table, and the messages a user sees when the command line is wrong.
 */
#include "host/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "host/interrupt.h"

enum { MAX_OPTIONS = 40, MAX_NAME = 64, HELP_VALUE = 1000 };

int tri_complain(enum tri_status status) {
    if (status == TRI_E_INTERRUPTED && tri_interrupted() != 0) {
        fprintf(stderr, "tritium: interrupted\n");
        return TRI_EXIT_SIGNAL + tri_interrupted();
    }
    fprintf(stderr, "tritium: %s\n", tri_error());
    return TRI_EXIT_FAILED;
}

int tri_complain_usage(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "tritium: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    va_end(list);
    return TRI_EXIT_USAGE;
}

int tri_finish_output(int status) {
    errno = 0;
    bool bad = ferror(stdout) != 0;
    if (fflush(stdout) != 0) bad = true;
    if (!bad) return status;
    fprintf(stderr, "tritium: standard output: not written: %s\n",
            errno != 0 ? strerror(errno) : "a write failed");
    return TRI_EXIT_FAILED;
}

bool tri_parse_number(const char *text, uint64_t most, uint64_t *number) {
    if (text[0] < '0' || text[0] > '9') return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, hex ? 16 : 10);
    if (errno != 0 || *end != '\0' || end == text || value > most) return false;
    *number = value;
    return true;
}

static int store(const struct tri_option *option, const char *text) {
    uint64_t number = 0;
    switch (option->kind) {
    case TRI_OPTION_FLAG: *(bool *)option->value = true; return -1;
    case TRI_OPTION_TEXT: *(const char **)option->value = text; return -1;
    case TRI_OPTION_U32:
        if (!tri_parse_number(text, UINT32_MAX, &number))
            return tri_complain_usage("--%s: wanted a whole number of at most %lu, got '%s'",
                                      option->name, (unsigned long)UINT32_MAX, text);
        *(uint32_t *)option->value = (uint32_t)number;
        return -1;
    case TRI_OPTION_U64:
        if (!tri_parse_number(text, UINT64_MAX, &number))
            return tri_complain_usage("--%s: wanted a whole number of at most 64 bits, got '%s'",
                                      option->name, text);
        *(uint64_t *)option->value = number;
        return -1;
    case TRI_OPTION_REAL: break;
    }
    char *end = NULL;
    float real = strtof(text, &end);
    if (end == text || *end != '\0' || !isfinite(real))
        return tri_complain_usage("--%s: wanted a number, got '%s'", option->name, text);
    *(float *)option->value = real;
    return -1;
}

static void help(const struct tri_usage *usage, const struct tri_option *options, size_t count) {
    printf("tritium %s %s\n\n%s\n", usage->command, usage->synopsis, usage->purpose);
    printf("\nOptions:\n");
    for (size_t i = 0; i < count; i++) {
        char left[MAX_NAME];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                 options[i].argument != NULL ? " " : "",
                 options[i].argument != NULL ? options[i].argument : "");
        if (options[i].letter != 0)
            printf("  -%c, %-26s %s\n", options[i].letter, left, options[i].help);
        else
            printf("      %-26s %s\n", left, options[i].help);
    }
    printf("  -h, %-26s %s\n", "--help", "this text");
    printf("\nExamples:\n%s\nExit status:\n%s", usage->examples, usage->statuses);
}

/* Says what is wrong with the option that getopt_long refused: at argv[at], or the letter optopt.
 */
static int refuse(const struct tri_usage *usage, const struct tri_option *options, size_t count,
                  int sign, const char *text) {
    if (strncmp(text, "--", 2) != 0) {
        if (sign == ':')
            return tri_complain_usage("%s: option -%c wants a value", usage->command, optopt);
        return tri_complain_usage("%s: unknown option -%c; see 'tritium %s --help'", usage->command,
                                  optopt, usage->command);
    }
    char name[MAX_NAME + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    if (sign == ':')
        return tri_complain_usage("%s: option --%s wants a value", usage->command, name);
    const char *names[MAX_OPTIONS];
    for (size_t i = 0; i < count; i++) {
        names[i] = options[i].name;
        if (strcmp(names[i], name) == 0)
            return tri_complain_usage("%s: option --%s takes no value", usage->command, name);
    }
    return tri_complain_usage("%s: unknown option --%s; the nearest known is --%s", usage->command,
                              name, count > 0 ? tri_nearest(name, names, count) : "help");
}

int tri_options_parse(const struct tri_usage *usage, const struct tri_option *options, size_t count,
                      int argc, char **argv, char ***arguments) {
    struct option longs[MAX_OPTIONS + 2];
    char letters[2 * MAX_OPTIONS + 4] = ":h";
    size_t used = 2;
    memset(longs, 0, sizeof longs);
    if (count > MAX_OPTIONS) return tri_complain_usage("%s: too many options", usage->command);
    for (size_t i = 0; i < count; i++) {
        longs[i].name = options[i].name;
        longs[i].has_arg = options[i].argument != NULL ? required_argument : no_argument;
        longs[i].val = HELP_VALUE + 1 + (int)i;
        if (options[i].letter == 0) continue;
        letters[used++] = options[i].letter;
        if (options[i].argument != NULL) letters[used++] = ':';
    }
    letters[used] = '\0';
    longs[count].name = "help";
    longs[count].val = HELP_VALUE;
    opterr = 0;
    optind = 1;
    for (;;) {
        int before = optind;
        int got = getopt_long(argc, argv, letters, longs, NULL);
        if (got == -1) break;
        if (got == 'h' || got == HELP_VALUE) {
            help(usage, options, count);
            return tri_finish_output(TRI_EXIT_OK);
        }
        if (got == '?' || got == ':') {
            /* optind has passed a long option but may still stand on a cluster of letters. */
            const char *text = argv[optind > before ? optind - 1 : before];
            return refuse(usage, options, count, got, text);
        }
        size_t index = 0;
        if (got > HELP_VALUE)
            index = (size_t)(got - HELP_VALUE - 1);
        else
            while (index < count && options[index].letter != got) index++;
        int status = store(&options[index], optarg);
        if (status >= 0) return status;
    }
    int rest = argc - optind;
    if (rest < usage->least || rest > usage->most)
        return tri_complain_usage("%s: %s; usage: tritium %s %s", usage->command,
                                  rest < usage->least ? "an argument is missing"
                                                      : "too many arguments",
                                  usage->command, usage->synopsis);
    if (arguments != NULL) *arguments = argv + optind;
    return -1;
}
