/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a NumPy .npy file (version 1.0) of float32 [rows][columns], row by row; the number of rows
 * is filled in at the end. Only writing.
 */
#ifndef TRI_HOST_NPY_H
#define TRI_HOST_NPY_H

#include <stdint.h>

#include "host/outfile.h"

struct tri_npy {
    struct tri_outfile file;
    uint32_t columns;
    uint64_t rows; /* written so far */
};

/* Errors: as tri_outfile_open. */
enum tri_status tri_npy_open(struct tri_npy *npy, const char *path, uint32_t columns);
/* values: [rows][columns]. Errors: IO. */
enum tri_status tri_npy_append(struct tri_npy *npy, const float *values, uint32_t rows);
/* Fills in the shape and puts the file in its place. Errors: IO. */
enum tri_status tri_npy_commit(struct tri_npy *npy);
void tri_npy_discard(struct tri_npy *npy);

#endif
