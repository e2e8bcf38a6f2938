/* SPDX-License-Identifier: Apache-2.0
 *
 * Other programs run for a figure: in a process group of their own, with a time limit, their output
 * in a log. Not here: what they compute.
 */
#ifndef TRI_CHILD_H
#define TRI_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Runs argv (ends with NULL) in `folder`, output and errors into the file `log`, at most `seconds`.
 * Whatever it started ends with it. Errors: IO, DEVICE (exit code or signal, with the log's path),
 * TIMEOUT. */
enum tri_status tri_child_run(const char *const *argv, const char *folder, const char *log,
                              unsigned seconds);

/* Makes an empty file FOLDER/NAME.log-XXXXXX for a program's output. Its name is nobody else's, in
 * this process or another: a log that a failed point names must be neither written nor removed by
 * the next one that runs the same program. Errors: IO. */
enum tri_status tri_child_log(const char *folder, const char *name, char *path, size_t size);

/* First line of what argv prints within ten seconds; "" if it cannot be run or fails. */
void tri_child_line(const char *const *argv, char *line, size_t size);

/* Where a command is found in PATH. False: nowhere. */
bool tri_child_find(const char *name, char *path, size_t size);

#endif
