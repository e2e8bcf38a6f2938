/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: one table of options per subcommand, from which come parsing, help and the hint
 * for a misspelt name. Only the program uses this; it prints.
 */
#ifndef TRI_HOST_OPTIONS_H
#define TRI_HOST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Exit statuses of every subcommand. */
enum tri_exit {
    TRI_EXIT_OK = 0,
    TRI_EXIT_FAILED = 1,    /* a file, a device, the system */
    TRI_EXIT_USAGE = 2,     /* the command line */
    TRI_EXIT_DIFFERENT = 3, /* two results that must be equal are not */
    TRI_EXIT_SIGNAL = 128,  /* plus the signal's number: 130 for Ctrl-C */
};

enum tri_option_kind {
    TRI_OPTION_FLAG, /* bool */
    TRI_OPTION_TEXT, /* const char * */
    TRI_OPTION_U32,  /* uint32_t */
    TRI_OPTION_U64,  /* uint64_t */
    TRI_OPTION_REAL, /* float, finite */
};

struct tri_option {
    const char *name;     /* without the dashes */
    char letter;          /* 0: none */
    const char *argument; /* its name in the help; NULL for a flag */
    enum tri_option_kind kind;
    void *value;      /* holds the default, is overwritten when the option is given */
    const char *help; /* says the default in words */
};

struct tri_usage {
    const char *command;  /* "run" */
    const char *synopsis; /* what follows "tritium run" */
    const char *purpose;
    const char *examples; /* whole lines */
    const char *statuses; /* whole lines */
    int least, most;      /* arguments that are no options */
};

/* Parses argv (argv[0] is the subcommand). Returns -1 to go on, else the exit status: 0 after
 * --help, 2 after one line on stderr. *arguments is where the other arguments start in argv; may be
 * NULL. */
int tri_options_parse(const struct tri_usage *usage, const struct tri_option *options, size_t count,
                      int argc, char **argv, char ***arguments);

/* Parses a whole decimal or 0x number of at most `most`. */
bool tri_parse_number(const char *text, uint64_t most, uint64_t *number);

/* Prints "tritium: " and the last failure's message on stderr; returns the exit status for it. */
int tri_complain(enum tri_status status);

/* Prints "tritium: " and one line on stderr; returns TRI_EXIT_USAGE. */
int tri_complain_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes standard output; complains and returns TRI_EXIT_FAILED if it could not be written, else
 * `status`. */
int tri_finish_output(int status);

#endif
