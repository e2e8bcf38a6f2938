/* SPDX-License-Identifier: Apache-2.0
 *
 * Image files: a header, the table of matrices, then each port's part, little endian, every part on
 * a multiple of 4096 bytes. Loading maps the file and believes none of it before it is checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/image.h"
#include "driver/image_private.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "image files are mapped as they are");

#define MAGIC "TRITIMG\n"
enum { VERSION = 1, MAX_PORTS = 16 };

struct header {
    char magic[8];
    uint32_t version;
    uint32_t header_crc; /* CRC-32C of header and table, with this field zero */
    uint64_t design_hash;
    uint32_t ports, beat_bits, encoding, tokens, k_max, t_max, prefetch;
    uint32_t count;
    uint64_t port_bytes;
    uint64_t data_offset; /* of port 0 in the file; the ports follow each other */
    uint64_t file_bytes;
    uint8_t reserved[8];
};
_Static_assert(sizeof(struct header) == 88, "as on disk");

struct record {
    char name[48];
    uint32_t rows, cols;
    uint64_t offset, bytes;
    uint32_t crc[MAX_PORTS];
};
_Static_assert(sizeof(struct record) == 136, "as on disk");

struct map {
    void *address;
    size_t bytes;
};

void tri_image_unmap(void *owner) {
    struct map *map = owner;
    munmap(map->address, map->bytes);
    free(map);
}

/* Bytes of header and table, rounded up to where the data starts. */
static uint64_t data_offset(uint32_t count) {
    const uint64_t bytes = sizeof(struct header) + (uint64_t)count * sizeof(struct record);
    return (bytes + TRI_IMAGE_ALIGN - 1) / TRI_IMAGE_ALIGN * TRI_IMAGE_ALIGN;
}

/* Header and table as on disk, zero-padded. The caller frees. */
static uint8_t *make_head(const struct tri_image *image, uint64_t bytes) {
    uint8_t *head = calloc(1, bytes);
    if (head == NULL) return NULL;
    const struct tri_geometry *g = &image->geometry;
    struct header header = {
        .magic = {0},
        .version = VERSION,
        .design_hash = image->design_hash,
        .ports = g->ports,
        .beat_bits = g->beat_bits,
        .encoding = (uint32_t)g->encoding,
        .tokens = g->tokens,
        .k_max = g->k_max,
        .t_max = g->t_max,
        .prefetch = g->prefetch,
        .count = image->count,
        .port_bytes = image->port_bytes,
        .data_offset = bytes,
        .file_bytes = bytes + image->port_bytes * g->ports,
    };
    memcpy(header.magic, MAGIC, sizeof header.magic);
    for (uint32_t i = 0; i < image->count; i++) {
        const struct tri_image_matrix *matrix = &image->matrix[i];
        struct record record = {.rows = matrix->rows,
                                .cols = matrix->cols,
                                .offset = matrix->offset,
                                .bytes = matrix->bytes};
        memcpy(record.name, matrix->name, sizeof record.name);
        memcpy(record.crc, matrix->crc, sizeof record.crc);
        memcpy(head + sizeof header + i * sizeof record, &record, sizeof record);
    }
    memcpy(head, &header, sizeof header);
    header.header_crc = tri_crc32c(head, bytes);
    memcpy(head, &header, sizeof header);
    return head;
}

static int write_all(int file, const uint8_t *bytes, uint64_t count) {
    while (count > 0) {
        const size_t part = count < (1U << 30) ? (size_t)count : 1U << 30;
        const ssize_t wrote = write(file, bytes, part);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return -1;
        bytes += wrote;
        count -= (uint64_t)wrote;
    }
    return 0;
}

static int write_image(int file, const struct tri_image *image, const uint8_t *head,
                       uint64_t head_bytes) {
    if (write_all(file, head, head_bytes) != 0) return -1;
    for (uint32_t port = 0; port < image->geometry.ports; port++) {
        if (write_all(file, image->port[port], image->port_bytes) != 0) return -1;
    }
    return fsync(file);
}

/* Makes the rename itself last; failing here leaves a whole file, so it is not an error. */
static void sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof folder) return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    const char *name = slash == NULL ? "." : (length == 0 ? "/" : folder);
    const int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)fsync(file);
    close(file);
}

enum tri_status tri_image_save(const struct tri_image *image, const char *path) {
    char temporary[PATH_MAX];
    const int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return tri_fail(TRI_E_ARGUMENT, "%.80s...: name too long for an image", path);
    }
    const uint64_t head_bytes = data_offset(image->count);
    uint8_t *head = make_head(image, head_bytes);
    if (head == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for the table", path);
    const int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        const int error = errno;
        free(head);
        return tri_fail(TRI_E_IO, "%s: cannot create: %s", temporary, strerror(error));
    }
    int error = write_image(file, image, head, head_bytes) == 0 ? 0 : errno;
    free(head);
    if (close(file) != 0 && error == 0) error = errno;
    if (error == 0 && rename(temporary, path) != 0) error = errno;
    if (error != 0) {
        unlink(temporary);
        return tri_fail(TRI_E_IO, "%s: cannot write image: %s", path, strerror(error));
    }
    sync_folder(path);
    return TRI_OK;
}

static enum tri_status check_geometry(const char *path, const struct header *header,
                                      const struct tri_geometry *wanted) {
    const uint64_t hash = tri_design_hash(wanted);
    if (header->design_hash == hash) return TRI_OK;
    return tri_fail(TRI_E_MISMATCH,
                    "%s: image of another design: wanted %016llx (ports %u, beat_bits %u, encoding "
                    "b%d, tokens %u, k_max %u, t_max %u, prefetch %u), got %016llx (ports %u, "
                    "beat_bits %u, encoding b%d, tokens %u, k_max %u, t_max %u, prefetch %u)",
                    path, (unsigned long long)hash, wanted->ports, wanted->beat_bits,
                    wanted->encoding == TRI_B3 ? 3 : 2, wanted->tokens, wanted->k_max,
                    wanted->t_max, wanted->prefetch, (unsigned long long)header->design_hash,
                    header->ports, header->beat_bits, header->encoding == TRI_B3 ? 3 : 2,
                    header->tokens, header->k_max, header->t_max, header->prefetch);
}

/* The header alone: that the file is an image of this version and has the size it says. */
static enum tri_status check_header(const char *path, const uint8_t *bytes, uint64_t size,
                                    struct header *header) {
    if (size < sizeof *header) {
        return tri_fail(TRI_E_FORMAT, "%s: truncated image: wanted at least %zu bytes, got %llu",
                        path, sizeof *header, (unsigned long long)size);
    }
    memcpy(header, bytes, sizeof *header);
    if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0) {
        return tri_fail(TRI_E_FORMAT, "%s: not a Tritium image: wrong magic", path);
    }
    if (header->version != VERSION) {
        return tri_fail(TRI_E_FORMAT, "%s: image version, wanted %d, got %u", path, VERSION,
                        header->version);
    }
    if (header->file_bytes != size) {
        return tri_fail(TRI_E_FORMAT, "%s: truncated image: wanted %llu bytes, got %llu", path,
                        (unsigned long long)header->file_bytes, (unsigned long long)size);
    }
    const bool sound = header->count >= 1 && header->ports >= 1 && header->ports <= MAX_PORTS &&
                       header->port_bytes <= TRI_IMAGE_PORT_MAX && header->port_bytes > 0 &&
                       header->port_bytes % TRI_IMAGE_ALIGN == 0 &&
                       header->data_offset == data_offset(header->count) &&
                       size == header->data_offset + header->port_bytes * header->ports;
    if (!sound) {
        return tri_fail(TRI_E_FORMAT, "%s: image header: sizes contradict each other", path);
    }
    return TRI_OK;
}

static enum tri_status check_table_crc(const char *path, const uint8_t *bytes,
                                       const struct header *header) {
    uint8_t *head = malloc(header->data_offset);
    if (head == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for the table", path);
    memcpy(head, bytes, header->data_offset);
    memset(head + offsetof(struct header, header_crc), 0, sizeof header->header_crc);
    const uint32_t crc = tri_crc32c(head, header->data_offset);
    free(head);
    if (crc == header->header_crc) return TRI_OK;
    return tri_fail(TRI_E_MISMATCH, "%s: image header and table: CRC-32C wanted %08x, got %08x",
                    path, header->header_crc, crc);
}

static enum tri_status read_table(const char *path, const uint8_t *bytes, struct tri_image *image) {
    uint64_t next = 0;
    for (uint32_t i = 0; i < image->count; i++) {
        struct record record;
        memcpy(&record, bytes + sizeof(struct header) + i * sizeof record, sizeof record);
        struct tri_image_matrix *matrix = &image->matrix[i];
        memcpy(matrix->name, record.name, sizeof matrix->name);
        matrix->name[sizeof matrix->name - 1] = '\0';
        memcpy(matrix->crc, record.crc, sizeof matrix->crc);
        matrix->rows = record.rows;
        matrix->cols = record.cols;
        matrix->offset = record.offset;
        matrix->bytes = record.bytes;
        const bool in_range = record.rows >= 1 && record.rows <= 1048576 && record.cols >= 1 &&
                              record.cols <= image->geometry.k_max;
        const bool sound =
            in_range && record.offset == next &&
            record.bytes == tri_image_matrix_bytes(&image->geometry, record.rows, record.cols) &&
            record.bytes <= image->port_bytes - next;
        if (!sound) {
            return tri_fail(TRI_E_FORMAT, "%s: matrix %u (%s): place or size is wrong", path, i,
                            matrix->name);
        }
        next += (record.bytes + TRI_IMAGE_ALIGN - 1) / TRI_IMAGE_ALIGN * TRI_IMAGE_ALIGN;
    }
    if (next != image->port_bytes) {
        return tri_fail(TRI_E_FORMAT, "%s: size of a port, wanted %llu bytes, got %llu", path,
                        (unsigned long long)next, (unsigned long long)image->port_bytes);
    }
    return TRI_OK;
}

static enum tri_status read_image(const char *path, uint8_t *bytes, uint64_t size,
                                  const struct tri_geometry *geometry, struct tri_image *image) {
    struct header header;
    TRI_TRY(check_header(path, bytes, size, &header));
    TRI_TRY(check_table_crc(path, bytes, &header));
    TRI_TRY(check_geometry(path, &header, geometry));
    if (header.ports != geometry->ports) {
        return tri_fail(TRI_E_FORMAT, "%s: ports, wanted %u, got %u", path, geometry->ports,
                        header.ports);
    }
    image->geometry = *geometry;
    image->design_hash = header.design_hash;
    image->port_bytes = header.port_bytes;
    image->matrix = calloc(header.count, sizeof *image->matrix);
    if (image->matrix == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for the table", path);
    image->count = header.count;
    TRI_TRY(read_table(path, bytes, image));
    for (uint32_t port = 0; port < header.ports; port++) {
        image->port[port] = bytes + header.data_offset + port * header.port_bytes;
    }
    if (tri_image_verify(image) == TRI_OK) return TRI_OK;
    char what[512];
    snprintf(what, sizeof what, "%s", tri_error());
    return tri_fail(TRI_E_MISMATCH, "%s: %s", path, what);
}

/* Maps a regular file that is not empty. */
static enum tri_status map_file(const char *path, struct map *map) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    struct stat about;
    enum tri_status status = TRI_OK;
    if (fstat(file, &about) != 0) {
        status = tri_fail(TRI_E_IO, "%s: cannot stat: %s", path, strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        status = tri_fail(TRI_E_FORMAT, "%s: an image is a regular file, this is not", path);
    } else if (about.st_size == 0) {
        status = tri_fail(TRI_E_FORMAT, "%s: truncated image: the file is empty", path);
    } else {
        map->bytes = (size_t)about.st_size;
        map->address = mmap(NULL, map->bytes, PROT_READ, MAP_PRIVATE, file, 0);
        if (map->address == MAP_FAILED) {
            status = tri_fail(TRI_E_IO, "%s: cannot map: %s", path, strerror(errno));
        }
    }
    close(file);
    return status;
}

enum tri_status tri_image_load(const char *path, const struct tri_geometry *geometry,
                               struct tri_image **image) {
    *image = NULL;
    struct tri_image *made = calloc(1, sizeof *made);
    struct map *map = calloc(1, sizeof *map);
    if (made == NULL || map == NULL) {
        free(made);
        free(map);
        return tri_fail(TRI_E_MEMORY, "%s: no memory", path);
    }
    enum tri_status status = map_file(path, map);
    if (status != TRI_OK) {
        free(made);
        free(map);
        return status;
    }
    made->owner = map;
    status = read_image(path, map->address, map->bytes, geometry, made);
    if (status != TRI_OK) {
        tri_image_destroy(made);
        return status;
    }
    *image = made;
    return TRI_OK;
}
