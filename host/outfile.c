/* SPDX-License-Identifier: Apache-2.0
 *
 * Temporary name, write, rename.
 */
#include "host/outfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum tri_status tri_outfile_open(struct tri_outfile *file, const char *path) {
    memset(file, 0, sizeof *file);
    if (path[0] == '\0' || strlen(path) >= sizeof file->path)
        return tri_fail(TRI_E_ARGUMENT, "output file: wanted a path of 1 to %zu bytes, got %zu",
                        sizeof file->path - 1, strlen(path));
    memcpy(file->path, path, strlen(path) + 1);
    struct stat about;
    bool in_place = stat(path, &about) == 0 && !S_ISREG(about.st_mode);
    if (!in_place)
        snprintf(file->temporary, sizeof file->temporary, "%s.part-%ld", path, (long)getpid());
    file->stream = fopen(in_place ? path : file->temporary, "wb");
    if (file->stream == NULL)
        return tri_fail(TRI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    return TRI_OK;
}

enum tri_status tri_outfile_commit(struct tri_outfile *file) {
    if (file->stream == NULL) return TRI_OK;
    errno = 0;
    bool bad = ferror(file->stream) != 0;
    if (fflush(file->stream) != 0) bad = true;
    int reason = errno;
    if (fclose(file->stream) != 0) {
        if (!bad) reason = errno;
        bad = true;
    }
    file->stream = NULL;
    if (!bad && file->temporary[0] != '\0' && rename(file->temporary, file->path) != 0) {
        reason = errno;
        bad = true;
    }
    if (!bad) return TRI_OK;
    if (file->temporary[0] != '\0') unlink(file->temporary);
    return tri_fail(TRI_E_IO, "%s: not written: %s", file->path,
                    reason != 0 ? strerror(reason) : "a write failed");
}

void tri_outfile_discard(struct tri_outfile *file) {
    if (file->stream == NULL) return;
    fclose(file->stream);
    file->stream = NULL;
    if (file->temporary[0] != '\0') unlink(file->temporary);
}
