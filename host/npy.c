/* SPDX-License-Identifier: Apache-2.0
 *
 * The .npy header has a fixed size of 128 bytes here, so that its shape can be written last.
 */
#include "host/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { HEADER = 128 };

_Static_assert(sizeof(float) == 4, "npy files hold 32-bit floats");

static enum tri_status write_header(struct tri_npy *npy) {
    char header[HEADER + 1];
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER - 10; /* length of the text, little endian */
    header[9] = 0;
    int used = snprintf(header + 10, HEADER - 10,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %u), }",
                        npy->rows, npy->columns);
    memset(header + 10 + used, ' ', (size_t)(HEADER - 10 - used));
    header[HEADER - 1] = '\n';
    if (fwrite(header, 1, HEADER, npy->file.stream) != HEADER)
        return tri_fail(TRI_E_IO, "%s: not written: %s", npy->file.path, strerror(errno));
    return TRI_OK;
}

enum tri_status tri_npy_open(struct tri_npy *npy, const char *path, uint32_t columns) {
    memset(npy, 0, sizeof *npy);
    npy->columns = columns;
    TRI_TRY(tri_outfile_open(&npy->file, path));
    enum tri_status status = write_header(npy);
    /* Flushed at once, so that a full disk is found before any work is done. */
    if (status == TRI_OK && fflush(npy->file.stream) != 0)
        status = tri_fail(TRI_E_IO, "%s: not written: %s", path, strerror(errno));
    if (status != TRI_OK) tri_npy_discard(npy);
    return status;
}

enum tri_status tri_npy_append(struct tri_npy *npy, const float *values, uint32_t rows) {
    const uint32_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    if (first != 1) return tri_fail(TRI_E_UNSUPPORTED, "npy: this machine is not little endian");
    for (uint32_t row = 0; row < rows; row++) {
        if (fwrite(values + (size_t)row * npy->columns, sizeof(float), npy->columns,
                   npy->file.stream) != npy->columns)
            return tri_fail(TRI_E_IO, "%s: not written: %s", npy->file.path, strerror(errno));
        npy->rows++;
    }
    return TRI_OK;
}

enum tri_status tri_npy_commit(struct tri_npy *npy) {
    if (npy->file.stream == NULL) return TRI_OK;
    if (fseek(npy->file.stream, 0, SEEK_SET) != 0) {
        int reason = errno;
        tri_npy_discard(npy);
        return tri_fail(TRI_E_IO, "%s: wanted a regular file: %s", npy->file.path,
                        strerror(reason));
    }
    enum tri_status status = write_header(npy);
    if (status != TRI_OK) {
        tri_npy_discard(npy);
        return status;
    }
    return tri_outfile_commit(&npy->file);
}

void tri_npy_discard(struct tri_npy *npy) { tri_outfile_discard(&npy->file); }
