/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of jobs as the accelerator wants it: commands of at most t_max tokens, their activations,
 * room for results and completions, in one buffer; and back again. Any back end that speaks
 * rtl/accel.yaml uses it; it touches no hardware.
 */
#ifndef TRI_LIST_H
#define TRI_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/backend.h"

/* A part of the buffer, at a multiple of 4096 with at least one unused page after it, which a
 * simulator can leave out of the map to catch an access past the end. */
struct tri_area {
    uint64_t offset, bytes;
};

struct tri_list_command {
    uint32_t job, first, tokens;   /* tokens first .. first + tokens - 1 of the job */
    uint64_t activations, results; /* offsets in the buffer */
};

struct tri_list {
    struct tri_area commands, completions, activations, results;
    uint64_t bytes; /* of the whole buffer */
    uint32_t count;
    struct tri_list_command *command; /* [count] */
};

/* Cuts the jobs into commands and lays out the buffer. The caller ends with tri_list_free.
 * Errors: ARGUMENT (more commands or bytes than a list can have), MEMORY. */
enum tri_status tri_list_plan(const struct tri_device *device, struct tri_list *list);
void tri_list_free(struct tri_list *list);

/* Writes commands and activations into the buffer and clears the completions. */
void tri_list_fill(const struct tri_device *device, const struct tri_list *list, uint8_t *buffer);

/* Looks at what the accelerator left: its status register, number of completions and completions.
 * Errors: DEVICE (status by name, command, matrix; marks the device dead if it is). */
enum tri_status tri_list_check(struct tri_device *device, const struct tri_list *list,
                               const uint8_t *buffer, uint32_t status, uint32_t completed);

/* Copies the results to the jobs' sums. */
void tri_list_collect(const struct tri_device *device, const struct tri_list *list,
                      const uint8_t *buffer);

#endif
