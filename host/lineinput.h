/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that a user types, with editing and history on a terminal (libedit), or that come through a
 * pipe. Ctrl-C gives the line up, not the program.
 */
#ifndef TRI_HOST_LINEINPUT_H
#define TRI_HOST_LINEINPUT_H

#include <stdbool.h>

#include "base/status.h"

struct tri_lineinput;

enum tri_line { TRI_LINE, TRI_LINE_END, TRI_LINE_GIVEN_UP };

/* Errors: MEMORY. */
enum tri_status tri_lineinput_open(const char *prompt, struct tri_lineinput **input);
void tri_lineinput_close(struct tri_lineinput *input); /* NULL is fine */
bool tri_lineinput_terminal(const struct tri_lineinput *input);

/* *line: without its end, valid until the next call. */
enum tri_line tri_lineinput_read(struct tri_lineinput *input, const char **line);

#endif
