/* SPDX-License-Identifier: Apache-2.0
 *
 * XRT as Tritium needs it, in C: a card, compute units with registers, a buffer for each weight
 * port and one for lists, a launch and a wait. Exceptions end behind it; errors are statuses of
 * base/status.h. All XRT code is in facade.cpp. Not thread-safe.
 */
#ifndef TRI_XRT_FACADE_H
#define TRI_XRT_FACADE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "base/status.h"
#include "driver/xrt_wire.h"

struct xrt_card;

struct xrt_card_options {
    const char *xclbin;
    const char *device; /* index or PCI address, as XRT takes it */
    bool poll;          /* start and look through xrt::ip; else XRT's own start and interrupt */
};

/* Opens the card, loads the xclbin, opens every unit of the kernel for itself alone. Errors: IO (no
 * card, no access), DEVICE (busy: says by whom it may be), FORMAT (xclbin without our kernel). */
enum tri_status xrt_card_open(const struct xrt_card_options *options, struct xrt_card **card);
void xrt_card_close(struct xrt_card *card);
uint32_t xrt_card_units(const struct xrt_card *card);

enum tri_status xrt_card_read(struct xrt_card *card, uint32_t unit, uint32_t offset,
                              uint32_t *value);

/* Buffers in the banks that the xclbin connects the unit's ports with. Errors: MEMORY (names bank
 * and sizes). They live until the next call for the same unit. */
enum tri_status xrt_card_weights(struct xrt_card *card, uint32_t unit, uint64_t bytes);
enum tri_status xrt_card_lists(struct xrt_card *card, uint32_t unit, uint64_t bytes);

/* Copies between host memory and a weight port's buffer, or with port -1 the lists'. */
enum tri_status xrt_card_put(struct xrt_card *card, uint32_t unit, int32_t port, uint64_t offset,
                             const void *from, uint64_t bytes);
enum tri_status xrt_card_get(struct xrt_card *card, uint32_t unit, int32_t port, uint64_t offset,
                             void *to, uint64_t bytes);

/* Starts the list at offset 0 of the unit's buffer. What did not change since the last start is not
 * set again. */
enum tri_status xrt_card_start(struct xrt_card *card, uint32_t unit, uint32_t commands,
                               uint64_t completions);
/* Errors: TIMEOUT (the unit may still run), DEVICE. */
enum tri_status xrt_card_wait(struct xrt_card *card, uint32_t unit, uint32_t milliseconds);

#ifdef __cplusplus
}
#endif
#endif
