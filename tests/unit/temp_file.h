/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that unit tests write, and text they read back whole. Failing to do so fails the test.
 */
#ifndef TRI_TEST_TEMP_FILE_H
#define TRI_TEST_TEMP_FILE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEMP_PATH = 64 };

/* Writes `bytes` bytes to a new file. path: TEMP_PATH bytes. The test removes it with remove(). */
static inline void temp_file(const void *data, size_t bytes, char *path) {
    (void)snprintf(path, TEMP_PATH, "/tmp/tritium-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0, "cannot make a temporary file");
    cr_assert(write(fd, data, bytes) == (ssize_t)bytes);
    cr_assert(close(fd) == 0);
}

/* A whole stream or file as text; the caller frees it. */
static inline char *read_stream(FILE *in) {
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    cr_assert(in != NULL && text != NULL);
    for (;;) {
        size_t got = fread(text + size, 1, room - size - 1, in);
        if (got == 0) break;
        size += got;
        if (size + 1 < room) continue;
        room *= 2;
        char *more = realloc(text, room);
        cr_assert(more != NULL);
        text = more;
    }
    text[size] = '\0';
    return text;
}

static inline char *read_text(const char *path) {
    FILE *in = fopen(path, "rb");
    cr_assert(in != NULL, "%s: cannot open", path);
    char *text = read_stream(in);
    (void)fclose(in);
    return text;
}

/* `text` with the first `from` replaced by `to`; the caller frees it. */
static inline char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    cr_assert(at != NULL, "the text to replace is not there: %s", from);
    size_t size = strlen(text) + strlen(to) + 1, before = (size_t)(at - text);
    char *out = malloc(size);
    cr_assert(out != NULL);
    (void)snprintf(out, size, "%.*s%s%s", (int)before, text, to, at + strlen(from));
    return out;
}

#endif
