/* SPDX-License-Identifier: Apache-2.0
 *
 * Open, lock, read, cut, append; at the end, replace by the same in order.
 */
#include "explore/sweep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Where the last whole line ends. */
static enum tri_status whole_lines(FILE *in, const char *path, long *end) {
    char buffer[65536];
    size_t got;
    long at = 0;
    *end = 0;
    rewind(in);
    while ((got = fread(buffer, 1, sizeof buffer, in)) > 0) {
        for (size_t i = 0; i < got; i++)
            if (buffer[i] == '\n') *end = at + (long)i + 1;
        at += (long)got;
    }
    if (ferror(in)) return tri_fail(TRI_E_IO, "%s: a read failed: %s", path, strerror(errno));
    return TRI_OK;
}

static enum tri_status take_up(const char *path, struct tri_result *result) {
    struct tri_result held;
    uint32_t cut;
    enum tri_status status = tri_result_read(path, &held, &cut);
    if (status == TRI_OK && held.space_hash != result->space_hash)
        status = tri_fail(TRI_E_FORMAT,
                          "%s: holds results of '%s' with hash %016" PRIx64 ", wanted '%s' with "
                          "hash %016" PRIx64 ": the space has changed; give another -o, or remove "
                          "the file (the cache keeps what was made)",
                          path, held.space.name, held.space_hash, result->space.name,
                          result->space_hash);
    if (status == TRI_OK && (held.shard != result->shard || held.shards != result->shards))
        status = tri_fail(TRI_E_FORMAT,
                          "%s: holds shard %" PRIu32 "/%" PRIu32 ", wanted %" PRIu32 "/%" PRIu32
                          ": give each shard a file of its own",
                          path, held.shard, held.shards, result->shard, result->shards);
    for (uint64_t i = 0; status == TRI_OK && i < held.count; i++)
        status = tri_result_add(result, &held.points[i]);
    if (status == TRI_OK) result->seconds = held.seconds;
    tri_result_free(&held);
    return status;
}

static enum tri_status begin(struct tri_sweep_file *file, struct tri_result *result) {
    long end = 0;
    if (flock(fileno(file->out), LOCK_EX | LOCK_NB) != 0)
        return tri_fail(TRI_E_IO, "%s: %s", file->path,
                        errno == EWOULDBLOCK ? "another sweep writes this file now"
                                             : strerror(errno));
    TRI_TRY(whole_lines(file->out, file->path, &end));
    if (end > 0) TRI_TRY(take_up(file->path, result));
    errno = 0;
    if (ftruncate(fileno(file->out), end) != 0 && errno != EINVAL)
        return tri_fail(TRI_E_IO, "%s: cannot be cut to whole lines: %s", file->path,
                        strerror(errno));
    (void)fseek(file->out, 0, SEEK_END);
    if (end > 0) return TRI_OK;
    enum tri_status status = tri_result_write_header(file->out, file->path, result);
    if (status != TRI_OK && ftruncate(fileno(file->out), 0) != 0) return status;
    return status;
}

enum tri_status tri_sweep_file_open(const char *path, struct tri_result *result,
                                    struct tri_sweep_file *file) {
    memset(file, 0, sizeof *file);
    if (path[0] == '\0' || strlen(path) >= sizeof file->path)
        return tri_fail(TRI_E_IO, "result: wanted a path of 1 to %zu bytes, got %zu",
                        sizeof file->path - 1, strlen(path));
    memcpy(file->path, path, strlen(path) + 1);
    int number = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    file->out = number < 0 ? NULL : fdopen(number, "a+");
    if (file->out == NULL) {
        int reason = errno;
        if (number >= 0) (void)close(number);
        return tri_fail(TRI_E_IO, "%s: cannot be written: %s", path, strerror(reason));
    }
    enum tri_status status = begin(file, result);
    if (status != TRI_OK) tri_sweep_file_close(file);
    return status;
}

enum tri_status tri_sweep_file_add(struct tri_sweep_file *file, const struct tri_result *result,
                                   const struct tri_point *point) {
    off_t good = lseek(fileno(file->out), 0, SEEK_END);
    enum tri_status status = tri_result_write_point(file->out, file->path, result, point);
    if (status == TRI_OK || good < 0) return status;
    /* The stream still holds what it could not write: it is let go with its buffer. */
    int number = dup(fileno(file->out));
    (void)fclose(file->out);
    file->out = NULL;
    if (number >= 0) {
        if (ftruncate(number, good) != 0) status = TRI_E_IO;
        (void)close(number);
    }
    return status;
}

enum tri_status tri_sweep_file_finish(struct tri_sweep_file *file,
                                      const struct tri_result *result) {
    if (file->out == NULL) return TRI_OK;
    return tri_result_write(file->path, result);
}

void tri_sweep_file_close(struct tri_sweep_file *file) {
    if (file->out != NULL) (void)fclose(file->out);
    file->out = NULL;
}
