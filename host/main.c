/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium`: finds the subcommand and hands over.
 */
#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "host/commands.h"
#include "host/interrupt.h"
#include "host/options.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", tri_command_run, "a model continues a text, on the reference or an accelerator"},
    {"chat", tri_command_chat, "a conversation with a model"},
    {"perplexity", tri_command_perplexity, "how well a model predicts a text"},
    {"score", tri_command_score, "multiple choice by log-likelihood: acc and acc_norm"},
    {"tokenize", tri_command_tokenize, "text to token ids and back"},
    {"convert", tri_command_convert, "a model in another file form"},
    {"synth", tri_command_synth, "a random model of a published shape"},
    {"bench", tri_command_bench, "how fast a device runs a model, and where the time goes"},
    {"compare", tri_command_compare, "device and reference in lock step, to the first difference"},
    {"replay", tri_command_replay, "one product that went wrong, again, with a waveform"},
    {"selftest", tri_command_selftest, "first light: does a device compute and behave as it must"},
    {"info", tri_command_info, "what is in a model"},
    {"design", tri_command_design, "check a design file, show every effective value"},
    {"explore", tri_command_explore, "which design is best: sweeps, fronts, reports"},
    {"doctor", tri_command_doctor, "what is installed and built, and what to do for the rest"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int help(void) {
    printf(
        "tritium COMMAND [options]\n\n"
        "Ternary language models (BitNet b1.58) on an accelerator that computes exactly what the\n"
        "reference computes, integer by integer.\n\nCommands:\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n'tritium COMMAND --help' explains options, examples and exit statuses.\n\n"
           "Examples:\n"
           "  tritium run -m tests/models/demo -p 'Once upon a time' --echo\n"
           "  tritium run -m tests/models/demo -p 'Once upon a time' --device sim:kv260 --check "
           "--stats\n"
           "  tritium doctor\n\n"
           "Exit status:\n"
           "  0    done\n"
           "  1    something failed; one line on stderr says what\n"
           "  2    the command line is wrong\n"
           "  3    two results that must be equal are not\n"
           "  130  stopped by Ctrl-C\n");
    return tri_finish_output(TRI_EXIT_OK);
}

int main(int argc, char **argv) {
    const char *names[COMMANDS];
    tri_interrupt_catch();
    if (argc < 2) return tri_complain_usage("a command is missing; see 'tritium --help'");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help();
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
        names[i] = commands[i].name;
    }
    return tri_complain_usage("unknown command '%s'; the nearest known is '%s'", argv[1],
                              tri_nearest(argv[1], names, COMMANDS));
}
