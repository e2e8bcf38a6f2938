/* SPDX-License-Identifier: Apache-2.0
 *
 * A bar of twenty cells, at most ten times a second on a terminal and once a second elsewhere.
 */
#include "host/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 20 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void tri_progress_start(struct tri_progress *progress, const char *what, const char *unit,
                        bool wanted) {
    memset(progress, 0, sizeof *progress);
    progress->what = what;
    progress->unit = unit;
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->on = wanted || progress->terminal;
    progress->began = now();
    progress->last = progress->began + (wanted ? -1 : 1); /* the first line at 2 s */
}

void tri_progress_line(const struct tri_progress *progress, uint64_t done, uint64_t total,
                       double seconds, char *out) {
    double part = total > 0 ? (double)done / (double)total : 1;
    if (part > 1) part = 1;
    char bar[CELLS + 1];
    for (int i = 0; i < CELLS; i++) bar[i] = i < (int)(part * CELLS) ? '#' : '.';
    bar[CELLS] = '\0';
    double scale = progress->unit == NULL ? 1e-6 : 1;
    double rate = seconds > 0 ? (double)done * scale / seconds : 0;
    double left = rate > 0 ? ((double)total - (double)done) * scale / rate : 0;
    if (left < 0) left = 0;
    if (left > 359999) left = 359999;
    unsigned long whole = (unsigned long)(left + 0.5);
    snprintf(out, 128, "%s [%s] %3.0f %%  %.*f %s/s  %lu:%02lu left", progress->what, bar,
             100 * part, rate < 10 ? 1 : 0, rate, progress->unit == NULL ? "MB" : progress->unit,
             whole / 60, whole % 60);
}

void tri_progress_update(struct tri_progress *progress, uint64_t done, uint64_t total) {
    if (!progress->on) return;
    double time = now();
    if (time - progress->last < (progress->terminal && progress->shown ? 0.1 : 1.0)) return;
    progress->last = time;
    progress->shown = true;
    char line[128];
    tri_progress_line(progress, done, total, time - progress->began, line);
    if (progress->terminal)
        fprintf(stderr, "\r%s\033[K", line);
    else
        fprintf(stderr, "%s\n", line);
}

double tri_progress_end(struct tri_progress *progress) {
    if (progress->shown && progress->terminal) fprintf(stderr, "\r\033[K");
    progress->shown = false;
    progress->on = false;
    return now() - progress->began;
}
