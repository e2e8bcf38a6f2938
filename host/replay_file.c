/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing replay files; the layout is in host/replay.h. Nothing here runs a device.
 */
#include <errno.h>
#include <isa-l.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "host/outfile.h"
#include "host/replay.h"

static const char magic[8] = {'T', 'R', 'I', 'R', 'E', 'P', 'L', 'Y'};

/* Sizes that no command exceeds: rtl/accel.yaml's rows, the widest k_max and t_max. */
enum { FIXED = 116, MAX_ROWS = 1048576, MAX_COLS = 23040, MAX_TOKENS = 64 };

/* A place in a buffer of bytes; one struct serves reading and writing. */
struct cursor {
    unsigned char *at;
};

static void put(struct cursor *c, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) *c->at++ = (unsigned char)(value >> (8 * i));
}

static void put32(struct cursor *c, uint32_t value) { put(c, value, 4); }

static uint64_t get(struct cursor *c, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)*c->at++ << (8 * i);
    return value;
}

static uint32_t get32(struct cursor *c) { return (uint32_t)get(c, 4); }

static int32_t get_signed(struct cursor *c) {
    uint32_t bits = get32(c);
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t file_size(const struct tri_replay *r, size_t names) {
    size_t cols = r->cols, rows = r->rows, tokens = r->tokens;
    return FIXED + names + rows * ((cols + 3) / 4) + tokens * cols + tokens * rows * 4 + 4;
}

static enum tri_status check_sizes(const struct tri_replay *r, const char *where) {
    if (r->rows < 1 || r->rows > MAX_ROWS || r->cols < 1 || r->cols > MAX_COLS || r->tokens < 1 ||
        r->tokens > MAX_TOKENS)
        return tri_fail(
            TRI_E_FORMAT,
            "%s: sizes: wanted at most %d rows, %d columns and %d tokens, got %u, %u, %u", where,
            MAX_ROWS, MAX_COLS, MAX_TOKENS, r->rows, r->cols, r->tokens);
    return TRI_OK;
}

enum tri_status tri_replay_allocate(struct tri_replay *r, const char *where) {
    TRI_TRY(check_sizes(r, where));
    r->weights = malloc((size_t)r->rows * r->cols);
    r->codes = malloc((size_t)r->tokens * r->cols);
    r->wanted = malloc((size_t)r->tokens * r->rows * sizeof *r->wanted);
    if (r->weights == NULL || r->codes == NULL || r->wanted == NULL) {
        tri_replay_free(r);
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", where);
    }
    return TRI_OK;
}

void tri_replay_free(struct tri_replay *r) {
    free(r->weights);
    free(r->codes);
    free(r->wanted);
    r->weights = r->codes = NULL;
    r->wanted = NULL;
}

/* buffer: file_size bytes. */
static void encode(const struct tri_replay *r, unsigned char *buffer, size_t size) {
    struct cursor c = {buffer};
    const size_t uri = strlen(r->uri), plant = strlen(r->plant), name = strlen(r->name);
    memcpy(c.at, magic, sizeof magic);
    c.at += sizeof magic;
    put32(&c, TRI_REPLAY_VERSION);
    put32(&c, (uint32_t)uri);
    put32(&c, (uint32_t)plant);
    put32(&c, (uint32_t)name);
    put(&c, r->seed, 8);
    put32(&c, (uint32_t)r->stall_permille);
    const struct tri_geometry *g = &r->geometry;
    const uint32_t geometry[7] = {
        g->ports, g->beat_bits, (uint32_t)g->encoding, g->tokens, g->k_max, g->t_max, g->prefetch};
    for (int i = 0; i < 7; i++) put32(&c, geometry[i]);
    put(&c, r->design_hash, 8);
    const uint32_t numbers[11] = {r->layer,
                                  r->group,
                                  r->position,
                                  r->rows,
                                  r->cols,
                                  r->tokens,
                                  r->row,
                                  r->token,
                                  (uint32_t)r->wanted_sum,
                                  (uint32_t)r->got_sum,
                                  r->matrix_row0};
    for (int i = 0; i < 11; i++) put32(&c, numbers[i]);
    memcpy(c.at, r->uri, uri);
    memcpy(c.at + uri, r->plant, plant);
    memcpy(c.at + uri + plant, r->name, name);
    c.at += uri + plant + name;
    for (size_t row = 0; row < r->rows; row++) {
        const int8_t *weights = r->weights + row * r->cols;
        for (size_t k = 0; k < r->cols; k += 4) {
            unsigned byte = 0;
            for (size_t i = 0; i < 4; i++)
                byte |= (unsigned)((k + i < r->cols ? weights[k + i] : 0) + 1) << (2 * i);
            *c.at++ = (unsigned char)byte;
        }
    }
    memcpy(c.at, r->codes, (size_t)r->tokens * r->cols);
    c.at += (size_t)r->tokens * r->cols;
    for (size_t i = 0; i < (size_t)r->tokens * r->rows; i++) put32(&c, (uint32_t)r->wanted[i]);
    put32(&c, crc32_iscsi(buffer, (int)(size - 4), 0xffffffffu));
}

enum tri_status tri_replay_write(const struct tri_replay *r, const char *path) {
    size_t size = file_size(r, strlen(r->uri) + strlen(r->plant) + strlen(r->name));
    if (size > INT32_MAX)
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: a command of %zu bytes is too large for a replay file", path, size);
    unsigned char *buffer = malloc(size);
    if (buffer == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    encode(r, buffer, size);
    struct tri_outfile file;
    enum tri_status status = tri_outfile_open(&file, path);
    if (status == TRI_OK) {
        fwrite(buffer, 1, size, file.stream); /* a failure shows in the commit */
        status = tri_outfile_commit(&file);
    }
    free(buffer);
    return status;
}

/* Reads the whole file; *buffer is the caller's to free. */
static enum tri_status slurp(const char *path, unsigned char **buffer, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    enum tri_status status = TRI_OK;
    if (end < 0 || fseek(file, 0, SEEK_SET) != 0)
        status = tri_fail(TRI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    else if (end < FIXED + 4 || end > INT32_MAX)
        status = tri_fail(TRI_E_FORMAT, "%s: wanted a replay file of at least %d bytes, got %ld",
                          path, FIXED + 4, end);
    if (status == TRI_OK) {
        *size = (size_t)end;
        *buffer = malloc(*size);
        if (*buffer == NULL)
            status = tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
        else if (fread(*buffer, 1, *size, file) != *size)
            status = tri_fail(TRI_E_IO, "%s: cannot be read: the file became shorter", path);
    }
    fclose(file);
    return status;
}

static enum tri_status decode(const char *path, unsigned char *buffer, size_t size,
                              struct tri_replay *r) {
    struct cursor c = {buffer};
    if (memcmp(c.at, magic, sizeof magic) != 0)
        return tri_fail(TRI_E_FORMAT, "%s: wanted a replay file (magic TRIREPLY)", path);
    c.at += sizeof magic;
    uint32_t version = get32(&c);
    if (version != TRI_REPLAY_VERSION)
        return tri_fail(TRI_E_FORMAT, "%s: version: wanted %d, got %u", path, TRI_REPLAY_VERSION,
                        version);
    struct cursor tail = {buffer + size - 4};
    uint32_t wanted = crc32_iscsi(buffer, (int)(size - 4), 0xffffffffu), got = get32(&tail);
    if (wanted != got)
        return tri_fail(TRI_E_FORMAT, "%s: CRC-32C: wanted %08x, got %08x", path, wanted, got);
    uint32_t uri = get32(&c), plant = get32(&c), name = get32(&c);
    if (uri >= sizeof r->uri || plant >= sizeof r->plant || name >= sizeof r->name)
        return tri_fail(TRI_E_FORMAT, "%s: a name is too long (%u, %u, %u bytes)", path, uri, plant,
                        name);
    r->seed = get(&c, 8);
    r->stall_permille = get_signed(&c);
    struct tri_geometry *g = &r->geometry;
    g->ports = get32(&c);
    g->beat_bits = get32(&c);
    uint32_t encoding = get32(&c);
    g->encoding = encoding == TRI_B3 ? TRI_B3 : TRI_B2;
    g->tokens = get32(&c);
    g->k_max = get32(&c);
    g->t_max = get32(&c);
    g->prefetch = get32(&c);
    if (encoding > TRI_B3)
        return tri_fail(TRI_E_FORMAT, "%s: encoding: wanted 0 or 1, got %u", path, encoding);
    TRI_TRY(tri_geometry_check(g, path));
    r->design_hash = get(&c, 8);
    r->layer = get32(&c);
    r->group = get32(&c);
    r->position = get32(&c);
    r->rows = get32(&c);
    r->cols = get32(&c);
    r->tokens = get32(&c);
    r->row = get32(&c);
    r->token = get32(&c);
    r->wanted_sum = get_signed(&c);
    r->got_sum = get_signed(&c);
    r->matrix_row0 = get32(&c);
    TRI_TRY(check_sizes(r, path)); /* before any allocation of that size */
    size_t whole = file_size(r, (size_t)uri + plant + name);
    if (whole != size)
        return tri_fail(TRI_E_FORMAT, "%s: size: wanted %zu bytes, got %zu", path, whole, size);
    TRI_TRY(tri_replay_allocate(r, path));
    if (r->row >= r->rows || r->token >= r->tokens || r->matrix_row0 > r->row)
        return tri_fail(TRI_E_FORMAT, "%s: the difference lies outside of the command", path);
    memcpy(r->uri, c.at, uri);
    memcpy(r->plant, c.at + uri, plant);
    memcpy(r->name, c.at + uri + plant, name);
    c.at += (size_t)uri + plant + name;
    for (size_t row = 0; row < r->rows; row++)
        for (size_t k = 0; k < r->cols; k += 4) {
            unsigned byte = *c.at++;
            for (size_t i = 0; i < 4; i++) {
                unsigned code = (byte >> (2 * i)) & 3u;
                if (code == 3)
                    return tri_fail(TRI_E_FORMAT, "%s: row %zu holds weight code 3", path, row);
                if (k + i < r->cols) r->weights[row * r->cols + k + i] = (int8_t)((int)code - 1);
            }
        }
    memcpy(r->codes, c.at, (size_t)r->tokens * r->cols);
    c.at += (size_t)r->tokens * r->cols;
    for (size_t i = 0; i < (size_t)r->tokens * r->rows; i++) r->wanted[i] = get_signed(&c);
    return TRI_OK;
}

enum tri_status tri_replay_read(const char *path, struct tri_replay *r) {
    unsigned char *buffer = NULL;
    size_t size = 0;
    memset(r, 0, sizeof *r);
    enum tri_status status = slurp(path, &buffer, &size);
    if (status == TRI_OK) status = decode(path, buffer, size, r);
    free(buffer);
    return status;
}

void tri_replay_compute(const struct tri_replay *r, int32_t *sums) {
    for (size_t t = 0; t < r->tokens; t++)
        for (size_t m = 0; m < r->rows; m++) {
            const int8_t *w = r->weights + m * r->cols, *a = r->codes + t * r->cols;
            int32_t sum = 0;
            for (size_t k = 0; k < r->cols; k++) sum += w[k] * a[k];
            sums[t * r->rows + m] = sum;
        }
}
