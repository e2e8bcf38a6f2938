/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that is whole or absent: written under a temporary name beside its target and renamed at
 * the end. A target that is no regular file (a device, a pipe) is written in place.
 */
#ifndef TRI_HOST_OUTFILE_H
#define TRI_HOST_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

struct tri_outfile {
    FILE *stream; /* NULL when closed */
    char path[4096];
    char temporary[4128]; /* empty when written in place */
};

/* Errors: ARGUMENT (path too long), IO. */
enum tri_status tri_outfile_open(struct tri_outfile *file, const char *path);
/* Flushes, closes and renames. On failure the temporary file is gone. Errors: IO. */
enum tri_status tri_outfile_commit(struct tri_outfile *file);
/* Closes and removes what was written; nothing when already closed. */
void tri_outfile_discard(struct tri_outfile *file);

#endif
