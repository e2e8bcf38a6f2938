/* SPDX-License-Identifier: Apache-2.0
 *
 * One file FOLDER/KIND/KEY.json for each value, with a check sum of it, and KEY.lock beside it for
 * flock, which the system releases when a process ends however it ends. Nothing is ever removed.
 */
#include "explore/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FOLDER_BYTES = 3900, READ_BYTES = 65536 };

struct tri_cache {
    char folder[FOLDER_BYTES];
};

uint64_t tri_hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

enum tri_status tri_hash_file(uint64_t *hash, const char *path) {
    FILE *in = fopen(path, "rb");
    if (in == NULL) return tri_fail(TRI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    char *buffer = malloc(READ_BYTES);
    if (buffer == NULL) {
        (void)fclose(in);
        return tri_fail(TRI_E_MEMORY, "%s: no memory to read it", path);
    }
    size_t got;
    while ((got = fread(buffer, 1, READ_BYTES, in)) > 0) *hash = tri_hash_bytes(*hash, buffer, got);
    int bad = ferror(in);
    free(buffer);
    (void)fclose(in);
    if (bad) return tri_fail(TRI_E_IO, "%s: a read failed", path);
    return TRI_OK;
}

/* Makes a folder and those above it. */
static enum tri_status make_folder(const char *path) {
    char part[PATH_BYTES];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return tri_fail(TRI_E_IO, "cache: wanted a folder's name of 1 to %zu bytes, got %zu",
                        sizeof part - 1, length);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return tri_fail(TRI_E_IO, "%s: cannot be made: %s", part, strerror(errno));
    }
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return tri_fail(TRI_E_IO, "%s: wanted a folder, got something else", path);
    return TRI_OK;
}

enum tri_status tri_cache_open(const char *folder, struct tri_cache **cache) {
    *cache = NULL;
    if (strlen(folder) >= FOLDER_BYTES)
        return tri_fail(TRI_E_IO, "cache: wanted a folder's name of at most %d bytes, got %zu",
                        FOLDER_BYTES - 1, strlen(folder));
    TRI_TRY(make_folder(folder));
    struct tri_cache *made = calloc(1, sizeof *made);
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for a cache", folder);
    memcpy(made->folder, folder, strlen(folder) + 1);
    *cache = made;
    return TRI_OK;
}

void tri_cache_close(struct tri_cache *cache) { free(cache); }

const char *tri_cache_folder(const struct tri_cache *cache) { return cache->folder; }

static void path_of(const struct tri_cache *cache, const char *kind, uint64_t key, const char *end,
                    char *path) {
    (void)snprintf(path, PATH_BYTES, "%s/%.80s/%016" PRIx64 "%s", cache->folder, kind, key, end);
}

static enum tri_status make_kind(const struct tri_cache *cache, const char *kind) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%.80s", cache->folder, kind);
    return make_folder(path);
}

static uint64_t check_of(const char *text) {
    return tri_hash_bytes(TRI_HASH_START, text, strlen(text));
}

/* The value inside an entry, NULL when the entry is not what was once written. */
static json_t *sound_value(json_t *entry) {
    const char *check = json_string_value(json_object_get(entry, "check"));
    json_t *value = json_object_get(entry, "value");
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char wanted[17] = "";
    if (text != NULL) (void)snprintf(wanted, sizeof wanted, "%016" PRIx64, check_of(text));
    free(text);
    return check != NULL && strcmp(check, wanted) == 0 ? json_incref(value) : NULL;
}

enum tri_status tri_cache_get(struct tri_cache *cache, const char *kind, uint64_t key,
                              json_t **value) {
    char path[PATH_BYTES];
    *value = NULL;
    path_of(cache, kind, key, ".json", path);
    FILE *in = fopen(path, "rb");
    if (in == NULL && errno == ENOENT) return TRI_OK;
    if (in == NULL) return tri_fail(TRI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    json_t *entry = json_loadf(in, 0, NULL);
    bool bad = ferror(in) != 0;
    (void)fclose(in);
    if (bad) {
        json_decref(entry);
        return tri_fail(TRI_E_IO, "%s: a read failed", path);
    }
    *value = sound_value(entry);
    json_decref(entry);
    return TRI_OK;
}

/* Writes, synchronises and closes; 0 or the system's reason. */
static int write_out(int file, const char *text) {
    size_t left = strlen(text);
    int reason = 0;
    while (left > 0 && reason == 0) {
        ssize_t wrote = write(file, text, left);
        if (wrote < 0) {
            if (errno != EINTR) reason = errno;
            continue;
        }
        text += wrote;
        left -= (size_t)wrote;
    }
    if (reason == 0 && fsync(file) != 0 && errno != EINVAL) reason = errno;
    if (close(file) != 0 && reason == 0) reason = errno;
    return reason;
}

static enum tri_status write_whole(const char *path, const char *text) {
    char beside[PATH_BYTES + 32];
    (void)snprintf(beside, sizeof beside, "%s.part-%ld", path, (long)getpid());
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return tri_fail(TRI_E_IO, "%s: cannot be written: %s", beside, strerror(errno));
    int reason = write_out(file, text);
    if (reason == 0 && rename(beside, path) != 0) reason = errno;
    if (reason == 0) return TRI_OK;
    unlink(beside);
    return tri_fail(TRI_E_IO, "%s: not written: %s", path, strerror(reason));
}

enum tri_status tri_cache_put(struct tri_cache *cache, const char *kind, uint64_t key,
                              const json_t *value) {
    char path[PATH_BYTES], check[17];
    TRI_TRY(make_kind(cache, kind));
    path_of(cache, kind, key, ".json", path);
    /* Read back once, so that the check is of the text that a reader will dump again. */
    char *first = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *copy = first == NULL ? NULL : json_loads(first, JSON_DECODE_ANY, NULL);
    char *again = copy == NULL ? NULL : json_dumps(copy, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = NULL;
    if (again != NULL) {
        (void)snprintf(check, sizeof check, "%016" PRIx64, check_of(again));
        json_t *entry = json_pack("{s:s, s:O}", "check", check, "value", copy);
        text = entry == NULL ? NULL : json_dumps(entry, JSON_COMPACT);
        json_decref(entry);
    }
    enum tri_status status =
        text == NULL ? tri_fail(TRI_E_IO, "%s: a value is no JSON", path) : write_whole(path, text);
    free(first);
    free(again);
    free(text);
    json_decref(copy);
    return status;
}

enum tri_status tri_cache_lock(struct tri_cache *cache, const char *kind, uint64_t key, int *lock) {
    char path[PATH_BYTES];
    *lock = -1;
    TRI_TRY(make_kind(cache, kind));
    path_of(cache, kind, key, ".lock", path);
    /* Closed in programs that the owner starts, so that they cannot outlive it as owners. */
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return tri_fail(TRI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    while (flock(file, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        int reason = errno;
        (void)close(file);
        return tri_fail(TRI_E_IO, "%s: cannot be locked: %s", path, strerror(reason));
    }
    *lock = file;
    return TRI_OK;
}

void tri_cache_unlock(int lock) {
    if (lock >= 0) (void)close(lock);
}
