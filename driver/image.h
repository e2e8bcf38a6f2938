/* SPDX-License-Identifier: Apache-2.0
 *
 * An image: a model's ternary matrices packed for one geometry, as the weight ports read them.
 * Row m of a matrix belongs to port m mod ports; a port's rows follow each other, each padded to
 * whole beats with zero trits; a matrix's row count is padded to a multiple of ports with zero
 * rows. Matrices start at multiples of 4096 bytes, at the same offset on every port.
 */
#ifndef TRI_IMAGE_H
#define TRI_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/design.h"

struct tri_image_matrix {
    char name[48]; /* for example "layer 3 q|k|v" */
    uint32_t rows, cols;
    uint64_t offset;  /* bytes from each port's base */
    uint64_t bytes;   /* of one port's part */
    uint32_t crc[16]; /* CRC-32C of each port's part */
};

struct tri_image {
    struct tri_geometry geometry;
    uint64_t design_hash;
    uint32_t count;
    struct tri_image_matrix *matrix; /* [count] */
    uint64_t port_bytes;             /* size of each port's part, a multiple of 4096 */
    uint8_t *port[16];               /* [ports][port_bytes], 4096-byte aligned */
    void *owner;                     /* private: a map when loaded from a file */
};

/* Where the matrices come from; the driver knows no model formats. */
struct tri_matrix_source {
    void *context;
    uint32_t count;
    /* Describes matrix i. name: 48 bytes. */
    void (*describe)(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols);
    /* Row `row` of matrix i as -1, 0, 1. out: [cols]. */
    void (*row)(void *context, uint32_t i, uint32_t row, int8_t *out);
};

/* Packs. Errors: ARGUMENT (a matrix wider than k_max, named), MEMORY. Caller frees with
 * tri_image_destroy. */
enum tri_status tri_image_build(const struct tri_geometry *geometry,
                                const struct tri_matrix_source *source, struct tri_image **image);
void tri_image_destroy(struct tri_image *image);

/* Writes under a temporary name and renames, so the target is whole or absent. Errors: IO. */
enum tri_status tri_image_save(const struct tri_image *image, const char *path);
/* Maps a saved image and checks magic, version, sizes, design hash and every CRC.
 * Errors: IO, FORMAT, MISMATCH (image of another design: names both hashes and geometries). */
enum tri_status tri_image_load(const char *path, const struct tri_geometry *geometry,
                               struct tri_image **image);
/* Checks every CRC again. Errors: MISMATCH (names matrix and port). */
enum tri_status tri_image_verify(const struct tri_image *image);

/* One beat's codec, shared by image builder, golden model and tests. trits and bytes of one byte
 * group: 5 trits (b3) or 4 (b2) a byte. */
uint8_t tri_trits_encode(enum tri_encoding encoding, const int8_t *trits);
/* Returns false for a byte that stands for no trits (out is zeros then). */
bool tri_trits_decode(enum tri_encoding encoding, uint8_t byte, int8_t *trits);

#endif
