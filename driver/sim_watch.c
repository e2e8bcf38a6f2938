/* SPDX-License-Identifier: Apache-2.0
 *
 * Bursts to commands by their addresses; see driver/sim_watch.h. All ports of weights run alike, so
 * the first one's bursts stand for all.
 */
#include "driver/sim_watch.h"

#include <stdlib.h>
#include <string.h>

#include "accel.h"

enum tri_status tri_sim_watch_list(struct tri_sim_watch *watch, const struct tri_device *device,
                                   const struct tri_list *list, uint64_t data_base,
                                   uint64_t weights_base) {
    if (list->count > watch->room) {
        struct tri_device_command *more = realloc(watch->command, list->count * sizeof *more);
        if (more == NULL)
            return tri_fail(TRI_E_MEMORY, "%s: no memory for a trace", device->info.uri);
        watch->command = more;
        watch->room = list->count;
    }
    watch->count = list->count;
    memset(watch->command, 0, list->count * sizeof *watch->command);
    for (uint32_t i = 0; i < list->count; i++) {
        watch->command[i].matrix = device->jobs[list->command[i].job].matrix;
        watch->command[i].tokens = list->command[i].tokens;
    }
    watch->list = list;
    watch->device = device;
    watch->data_base = data_base;
    watch->weights_base = weights_base;
    watch->weights_at = 0;
    return TRI_OK;
}

static void extend(struct tri_device_span *span, const struct tri_sim_burst *burst) {
    if (span->to == 0) span->from = burst->first;
    span->to = burst->last + 1;
}

/* Weights come in the order of the commands: the burst is the current one's or the next one's. */
static void weights(struct tri_sim_watch *watch, const struct tri_sim_burst *burst) {
    while (watch->weights_at < watch->count) {
        struct tri_device_command *command = &watch->command[watch->weights_at];
        const struct tri_image_matrix *matrix = &watch->device->image->matrix[command->matrix];
        const uint64_t first = watch->weights_base + matrix->offset;
        const bool again = burst->address == first && command->weights.to != 0;
        if (!again && burst->address >= first && burst->address < first + matrix->bytes) {
            extend(&command->weights, burst);
            return;
        }
        watch->weights_at++;
    }
}

/* The last command whose area starts at or before the address. */
static struct tri_device_command *owner(struct tri_sim_watch *watch, uint64_t offset,
                                        bool results) {
    uint32_t low = 0, high = watch->count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        const struct tri_list_command *command = &watch->list->command[middle];
        if ((results ? command->results : command->activations) <= offset)
            low = middle;
        else
            high = middle;
    }
    return &watch->command[low];
}

static bool within(const struct tri_area *area, uint64_t offset) {
    return offset >= area->offset && offset - area->offset < area->bytes;
}

void tri_sim_watch_burst(void *context, const struct tri_sim_burst *burst) {
    struct tri_sim_watch *watch = context;
    if (watch->count == 0 || burst->port > 0) return;
    if (burst->port == 0) {
        weights(watch, burst);
        return;
    }
    const uint64_t offset = burst->address - watch->data_base;
    if (!burst->write && within(&watch->list->activations, offset))
        extend(&owner(watch, offset, false)->activations, burst);
    if (burst->write && within(&watch->list->results, offset))
        extend(&owner(watch, offset, true)->results, burst);
}

void tri_sim_watch_tell(struct tri_sim_watch *watch, const struct tri_device *device,
                        const uint8_t *completions, uint64_t cycles) {
    for (uint32_t i = 0; i < watch->count; i++) {
        struct tri_device_command *command = &watch->command[i];
        struct tri_completion completion;
        memcpy(&completion, completions + i * sizeof completion, sizeof completion);
        command->cycles = completion.cycles;
        command->steps = completion.steps;
        command->wait_command = completion.wait_command;
        command->wait_activations = completion.wait_activations;
        command->wait_results = completion.wait_results;
        command->wait_weights = completion.wait_weights;
    }
    const struct tri_device_list list = {
        .start = watch->start, .cycles = cycles, .count = watch->count, .command = watch->command};
    device->watcher(device->watcher_context, &list);
    watch->count = 0; /* what moves until the next list belongs to none */
}

void tri_sim_watch_end(struct tri_sim_watch *watch) { free(watch->command); }
