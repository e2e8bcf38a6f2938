/* SPDX-License-Identifier: Apache-2.0
 *
 * mkdir, fill, rename.
 */
#include "host/outfolder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum tri_status tri_outfolder_open(struct tri_outfolder *folder, const char *path) {
    memset(folder, 0, sizeof *folder);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length == 0 || length >= sizeof folder->path)
        return tri_fail(TRI_E_ARGUMENT, "output folder: wanted a path of 1 to %zu bytes, got %zu",
                        sizeof folder->path - 1, length);
    memcpy(folder->path, path, length);
    struct stat about;
    if (lstat(folder->path, &about) == 0)
        return tri_fail(TRI_E_IO, "%s: wanted a name that is free, got one that exists",
                        folder->path);
    snprintf(folder->temporary, sizeof folder->temporary, "%s.part-%ld", folder->path,
             (long)getpid());
    if (mkdir(folder->temporary, 0777) == 0) return TRI_OK;
    folder->temporary[0] = '\0';
    return tri_fail(TRI_E_IO, "%s: cannot be made: %s", folder->path, strerror(errno));
}

void tri_outfolder_file(const struct tri_outfolder *folder, const char *name, char *out) {
    snprintf(out, 4352, "%s/%s", folder->temporary, name);
}

void tri_outfolder_discard(struct tri_outfolder *folder) {
    if (folder->temporary[0] == '\0') return;
    DIR *dir = opendir(folder->temporary);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char file[4352 + sizeof entry->d_name];
        snprintf(file, sizeof file, "%s/%s", folder->temporary, entry->d_name);
        unlink(file);
    }
    if (dir != NULL) closedir(dir);
    rmdir(folder->temporary);
    folder->temporary[0] = '\0';
}

enum tri_status tri_outfolder_commit(struct tri_outfolder *folder) {
    if (folder->temporary[0] == '\0') return TRI_OK;
    if (rename(folder->temporary, folder->path) == 0) {
        folder->temporary[0] = '\0';
        return TRI_OK;
    }
    int reason = errno;
    tri_outfolder_discard(folder);
    return tri_fail(TRI_E_IO, "%s: not written: %s", folder->path, strerror(reason));
}
