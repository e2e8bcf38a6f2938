/* SPDX-License-Identifier: Apache-2.0
 *
 * A line on standard error that says how far something is, how fast, and how long it will take:
 * from the third second on, and only on a terminal or when asked for. Nothing else prints there
 * meanwhile.
 */
#ifndef TRI_HOST_PROGRESS_H
#define TRI_HOST_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct tri_progress {
    const char *what; /* "converting" */
    const char *unit; /* "tokens"; NULL: bytes, shown as MB */
    bool on, terminal;
    bool shown; /* a line stands on the terminal */
    double began, last;
};

/* wanted: --progress was given: show it from the start, wherever standard error goes. */
void tri_progress_start(struct tri_progress *progress, const char *what, const char *unit,
                        bool wanted);
void tri_progress_update(struct tri_progress *progress, uint64_t done, uint64_t total);
/* Takes the line away. Returns the seconds since the start. */
double tri_progress_end(struct tri_progress *progress);

/* The line itself, without its end, for `done` of `total` after `seconds`. out: [128] */
void tri_progress_line(const struct tri_progress *progress, uint64_t done, uint64_t total,
                       double seconds, char *out);

#endif
