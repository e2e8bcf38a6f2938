/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands: each takes argv from its own name on and returns the program's exit status.
 */
#ifndef TRI_HOST_COMMANDS_H
#define TRI_HOST_COMMANDS_H

int tri_command_run(int argc, char **argv);
int tri_command_bench(int argc, char **argv);
int tri_command_compare(int argc, char **argv);
int tri_command_replay(int argc, char **argv);
int tri_command_selftest(int argc, char **argv);
int tri_command_info(int argc, char **argv);
int tri_command_convert(int argc, char **argv);
int tri_command_synth(int argc, char **argv);
int tri_command_tokenize(int argc, char **argv);
int tri_command_chat(int argc, char **argv);
int tri_command_perplexity(int argc, char **argv);
int tri_command_score(int argc, char **argv);
int tri_command_design(int argc, char **argv);
int tri_command_explore(int argc, char **argv);
int tri_command_doctor(int argc, char **argv);

#endif
