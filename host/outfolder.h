/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that is whole or absent: filled under a temporary name beside its target and renamed at
 * the end. It never replaces anything.
 */
#ifndef TRI_HOST_OUTFOLDER_H
#define TRI_HOST_OUTFOLDER_H

#include "base/status.h"

struct tri_outfolder {
    char path[4096];
    char temporary[4128]; /* empty when closed */
};

/* Errors: ARGUMENT (path too long), IO (also when the target exists). */
enum tri_status tri_outfolder_open(struct tri_outfolder *folder, const char *path);
/* The path of a file in it, while it has its temporary name. out: 4352 bytes */
void tri_outfolder_file(const struct tri_outfolder *folder, const char *name, char *out);
/* Errors: IO; the folder is then gone. */
enum tri_status tri_outfolder_commit(struct tri_outfolder *folder);
/* Removes it with the files in it; nothing when already closed. */
void tri_outfolder_discard(struct tri_outfolder *folder);

#endif
