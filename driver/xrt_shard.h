/* SPDX-License-Identifier: Apache-2.0
 *
 * One compute unit's part of an image: of each matrix a run of rows, in whole groups of `ports`
 * rows, so that every row stays on its port. A table only: the bytes stay in the image.
 */
#ifndef TRI_XRT_SHARD_H
#define TRI_XRT_SHARD_H

#include "driver/image.h"

struct tri_xrt_shard {
    struct tri_image image; /* its ports' bytes are NULL; a matrix may have no rows */
    uint32_t *first_row;    /* [count], of the whole matrix */
    uint64_t *source;       /* [count], bytes from each port's start in the whole image */
};

/* Errors: MEMORY. */
enum tri_status tri_xrt_shard_make(const struct tri_image *whole, uint32_t unit, uint32_t units,
                                   struct tri_xrt_shard *shard);
void tri_xrt_shard_free(struct tri_xrt_shard *shard);

/* Bytes [offset, offset + count) of a port's part, gaps between matrices as zeros. */
void tri_xrt_shard_read(const struct tri_xrt_shard *shard, const struct tri_image *whole,
                        uint32_t port, uint64_t offset, uint64_t count, uint8_t *out);

#endif
