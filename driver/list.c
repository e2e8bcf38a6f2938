/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs to command lists and completions to statuses, see driver/list.h.
 */
#include "driver/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"

enum { PAGE = 4096, LINE = 64 };
#define UNWRITTEN  UINT32_MAX /* the status of a completion that the accelerator did not write */
#define BUFFER_MAX (UINT64_C(1) << 36) /* of one list; far above any machine's use of one */

static uint64_t round_up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static const struct tri_image_matrix *matrix_of(const struct tri_device *device, uint32_t job) {
    return &device->image->matrix[device->jobs[job].matrix];
}

/* Bytes from one vector to the next. Rows are below 2^20, columns below 2^15: no overflow. */
static uint32_t activation_stride(const struct tri_image_matrix *matrix) {
    return (uint32_t)round_up(matrix->cols, LINE);
}
static uint32_t result_stride(const struct tri_image_matrix *matrix) {
    return (uint32_t)round_up((uint64_t)matrix->rows * sizeof(int32_t), LINE);
}

static uint64_t count_commands(const struct tri_device *device) {
    const uint64_t t_max = device->info.design.geometry.t_max;
    uint64_t count = 0; /* fewer than 2^32 jobs of fewer than 2^32 commands */
    for (uint32_t i = 0; i < device->count; i++) {
        count += (device->jobs[i].tokens + t_max - 1) / t_max;
    }
    return count;
}

static void place(struct tri_area *area, uint64_t bytes, uint64_t *next) {
    area->offset = *next;
    area->bytes = bytes;
    *next += round_up(bytes, PAGE) + PAGE;
}

/* Offsets of activations and results count from their areas here. */
static enum tri_status cut(const struct tri_device *device, struct tri_list *list) {
    const uint32_t t_max = device->info.design.geometry.t_max;
    struct tri_list_command *command = list->command;
    for (uint32_t job = 0; job < device->count; job++) {
        const struct tri_image_matrix *matrix = matrix_of(device, job);
        const uint32_t tokens = device->jobs[job].tokens;
        for (uint32_t first = 0; first < tokens; first += command++->tokens) {
            command->job = job;
            command->first = first;
            command->tokens = tokens - first < t_max ? tokens - first : t_max;
            command->activations = list->activations.bytes;
            command->results = list->results.bytes;
            list->activations.bytes += (uint64_t)command->tokens * activation_stride(matrix);
            list->results.bytes += (uint64_t)command->tokens * result_stride(matrix);
            if (list->activations.bytes > BUFFER_MAX || list->results.bytes > BUFFER_MAX) {
                return tri_fail(TRI_E_ARGUMENT, "%s: job %u: the list is too long for one buffer",
                                device->info.uri, job);
            }
        }
    }
    return TRI_OK;
}

enum tri_status tri_list_plan(const struct tri_device *device, struct tri_list *list) {
    memset(list, 0, sizeof *list);
    const uint64_t count = count_commands(device);
    if (count > BUFFER_MAX / sizeof *list->command || count > UINT32_MAX) {
        return tri_fail(TRI_E_ARGUMENT, "%s: the list has too many tokens", device->info.uri);
    }
    list->count = (uint32_t)count;
    list->command = malloc(count * sizeof *list->command);
    if (list->command == NULL) {
        return tri_fail(TRI_E_MEMORY, "%s: no memory for %u commands", device->info.uri,
                        list->count);
    }
    const enum tri_status status = cut(device, list);
    if (status != TRI_OK) {
        tri_list_free(list);
        return status;
    }
    place(&list->commands, count * TRI_COMMAND_BYTES, &list->bytes);
    /* The kernel writes whole beats, with strobes: up to 64 bytes for the last completion. */
    place(&list->completions, round_up(count * TRI_COMPLETION_BYTES, 64), &list->bytes);
    place(&list->activations, list->activations.bytes, &list->bytes);
    place(&list->results, list->results.bytes, &list->bytes);
    for (uint32_t i = 0; i < list->count; i++) {
        list->command[i].activations += list->activations.offset;
        list->command[i].results += list->results.offset;
    }
    return TRI_OK;
}

void tri_list_free(struct tri_list *list) {
    free(list->command);
    list->command = NULL;
    list->count = 0;
}

void tri_list_fill(const struct tri_device *device, const struct tri_list *list, uint8_t *buffer) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct tri_list_command *part = &list->command[i];
        const struct tri_job *job = &device->jobs[part->job];
        const struct tri_image_matrix *matrix = matrix_of(device, part->job);
        const struct tri_command command = {
            .opcode = TRI_OP_MATMUL,
            .tag = i,
            .rows = matrix->rows,
            .columns = matrix->cols,
            .tokens = part->tokens,
            .weight_offset = matrix->offset,
            .activation_offset = part->activations,
            .result_offset = part->results,
            .activation_stride = activation_stride(matrix),
            .result_stride = result_stride(matrix),
        };
        uint8_t *place = buffer + list->commands.offset + (size_t)i * sizeof command;
        memcpy(place, &command, sizeof command);
        const struct tri_spoil *spoil = &device->spoil;
        if (spoil->bytes > 0 && spoil->command == i) {
            memcpy(place + spoil->byte, &spoil->value, spoil->bytes); /* little endian, as all is */
        }
        for (uint32_t t = 0; t < part->tokens; t++) {
            memcpy(buffer + part->activations + (size_t)t * command.activation_stride,
                   job->codes + (size_t)(part->first + t) * matrix->cols, matrix->cols);
        }
    }
    memset(buffer + list->completions.offset, UNWRITTEN & 0xff, list->completions.bytes);
}

static enum tri_status report(const struct tri_device *device, const struct tri_list *list,
                              uint32_t i, uint32_t status) {
    char where[128] = "";
    if (i < list->count) {
        const struct tri_list_command *command = &list->command[i];
        snprintf(where, sizeof where, " (%s, tokens %u to %u)",
                 matrix_of(device, command->job)->name, command->first,
                 command->first + command->tokens - 1);
    }
    return tri_fail(TRI_E_DEVICE, "%s: command %u of %u%s: %s (%u): %s%s", device->info.uri,
                    i < list->count ? i + 1 : list->count, list->count, where,
                    tri_accel_status_name(status), status, tri_accel_status_doc(status),
                    device->dead && status != TRI_ACCEL_DEAD ? "; the accelerator is now dead"
                                                             : "");
}

enum tri_status tri_list_check(struct tri_device *device, const struct tri_list *list,
                               const uint8_t *buffer, uint32_t status, uint32_t completed) {
    device->dead = status == TRI_ACCEL_DEAD;
    device->accel_status = status;
    if (completed > list->count) {
        return tri_fail(TRI_E_DEVICE, "%s: completions, wanted %u, got %u", device->info.uri,
                        list->count, completed);
    }
    /* After a stop the completions in memory say more than the registers: a kernel that died counts
     * none, yet it may have written which command it was stuck in. */
    for (uint32_t i = 0; i < (status == TRI_ACCEL_OK ? completed : list->count); i++) {
        struct tri_completion completion;
        memcpy(&completion, buffer + list->completions.offset + (size_t)i * sizeof completion,
               sizeof completion);
        if (completion.status == UNWRITTEN && status != TRI_ACCEL_OK) {
            return report(device, list, i, status);
        }
        if (completion.status != TRI_ACCEL_OK) {
            device->accel_status = completion.status;
            return report(device, list, i, completion.status);
        }
        if (completion.tag != i) {
            return tri_fail(TRI_E_DEVICE, "%s: completion %u: tag, wanted %u, got %u",
                            device->info.uri, i, i, completion.tag);
        }
    }
    if (status != TRI_ACCEL_OK) return report(device, list, list->count, status);
    if (completed == list->count) return TRI_OK;
    return tri_fail(TRI_E_DEVICE, "%s: completions, wanted %u, got %u", device->info.uri,
                    list->count, completed);
}

void tri_list_collect(const struct tri_device *device, const struct tri_list *list,
                      const uint8_t *buffer) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct tri_list_command *part = &list->command[i];
        const struct tri_job *job = &device->jobs[part->job];
        const struct tri_image_matrix *matrix = matrix_of(device, part->job);
        const size_t stride = result_stride(matrix);
        for (uint32_t t = 0; t < part->tokens; t++) {
            memcpy(job->sums + (size_t)(part->first + t) * matrix->rows,
                   buffer + part->results + t * stride, matrix->rows * sizeof(int32_t));
        }
    }
}
