/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of `tritium explore`: each takes argv from its own name on and returns the program's
 * exit status.
 */
#ifndef TRI_HOST_EXPLORE_H
#define TRI_HOST_EXPLORE_H

int tri_explore_run(int argc, char **argv);
int tri_explore_show(int argc, char **argv);
int tri_explore_pick(int argc, char **argv);
int tri_explore_merge(int argc, char **argv);
int tri_explore_report(int argc, char **argv);

#endif
