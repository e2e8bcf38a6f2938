/* SPDX-License-Identifier: Apache-2.0
 *
 * fread until the end.
 */
#include "host/textfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/interrupt.h"

static enum tri_status read_all(FILE *file, const char *path, char **text, size_t *bytes) {
    size_t room = 0;
    for (;;) {
        if (room - *bytes < 2) {
            room = room == 0 ? 1 << 16 : 2 * room;
            char *more = room > (size_t)1 << 40 ? NULL : realloc(*text, room);
            if (more == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
            *text = more;
        }
        errno = 0;
        size_t count = fread(*text + *bytes, 1, room - *bytes - 1, file);
        *bytes += count;
        (*text)[*bytes] = '\0';
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        if (ferror(file) != 0) return tri_fail(TRI_E_IO, "%s: read: %s", path, strerror(errno));
        if (count == 0) return TRI_OK;
    }
}

enum tri_status tri_textfile_read(const char *path, char **text, size_t *bytes) {
    *text = NULL;
    *bytes = 0;
    const int standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    enum tri_status status = read_all(file, standard ? "standard input" : path, text, bytes);
    if (!standard) fclose(file);
    if (status != TRI_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}
