/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the image code share: sizes, the checksum and the map. Not for callers.
 */
#ifndef TRI_IMAGE_PRIVATE_H
#define TRI_IMAGE_PRIVATE_H

#include <stdint.h>

#include "driver/image.h"

#define TRI_IMAGE_ALIGN    4096U
#define TRI_IMAGE_PORT_MAX (UINT64_C(1) << 40) /* larger than any board's memory */

/* Bytes of one row of `cols` columns on its port, whole beats. */
uint64_t tri_image_row_bytes(const struct tri_geometry *geometry, uint32_t cols);
/* Bytes of one port's part of a matrix. rows and cols must be in range. */
uint64_t tri_image_matrix_bytes(const struct tri_geometry *geometry, uint32_t rows, uint32_t cols);

uint32_t tri_crc32c(const uint8_t *bytes, uint64_t count);

/* Ends the map of a loaded image. */
void tri_image_unmap(void *owner);

#endif
