/* SPDX-License-Identifier: Apache-2.0
 *
 * The result file of a sweep that runs: taken up where it was left, owned by one sweep at a time,
 * holding whole lines at every moment. Not here: what is in it (result.h).
 */
#ifndef TRI_SWEEP_FILE_H
#define TRI_SWEEP_FILE_H

#include "explore/result.h"

struct tri_sweep_file {
    FILE *out; /* NULL: closed */
    char path[4096];
};

/* Opens or makes the file. Points of a sweep of the same space and shard that it holds are added to
 * `result`, whose header is set. Errors: IO (also another sweep writes it), FORMAT (it is another
 * space's, another shard's or no result). */
enum tri_status tri_sweep_file_open(const char *path, struct tri_result *result,
                                    struct tri_sweep_file *file);
/* Appends a point. On failure, a full disk for example, the file is cut back to whole lines. */
enum tri_status tri_sweep_file_add(struct tri_sweep_file *file, const struct tri_result *result,
                                   const struct tri_point *point);
/* Puts the whole result in its place, points by index. On failure what was appended stays. */
enum tri_status tri_sweep_file_finish(struct tri_sweep_file *file, const struct tri_result *result);
void tri_sweep_file_close(struct tri_sweep_file *file);

#endif
