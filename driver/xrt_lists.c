/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists on a card behind XRT. A launch is one message to the helper: buffers that stay where they
 * are, arguments that are set already, one start, one look at the completions.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel.h"
#include "driver/xrt_private.h"

enum { RUN_LIMIT = 3600000, LIST_LEAST = 65536 }; /* ms nobody waits longer than; bytes */

void tri_xrt_list_drop(struct tri_xrt_unit *unit) {
    tri_list_free(&unit->list);
    free(unit->jobs);
    free(unit->job_of);
    free(unit->sums);
    unit->jobs = NULL;
    unit->job_of = NULL;
    unit->sums = NULL;
}

/* This unit's part of the jobs. With one unit sums go straight to their places. */
static enum tri_status share_jobs(struct tri_device *device, struct tri_xrt_unit *unit) {
    const struct tri_xrt_state *state = device->state;
    struct tri_device *view = &unit->view;
    uint64_t sums = 0;
    unit->jobs = malloc(device->count * sizeof *unit->jobs);
    unit->job_of = malloc(device->count * sizeof *unit->job_of);
    if (unit->jobs == NULL || unit->job_of == NULL) {
        return tri_fail(TRI_E_MEMORY, "%s: no memory for jobs", device->info.uri);
    }
    view->count = 0;
    for (uint32_t i = 0; i < device->count; i++) {
        const uint32_t rows = unit->shard.image.matrix[device->jobs[i].matrix].rows;
        if (rows == 0) continue;
        unit->job_of[view->count] = i;
        unit->jobs[view->count++] = device->jobs[i];
        sums += (uint64_t)rows * device->jobs[i].tokens;
    }
    view->jobs = unit->jobs;
    view->spoil = device->spoil;
    if (state->units == 1 || view->count == 0) return TRI_OK;
    if (sums > SIZE_MAX / sizeof *unit->sums) {
        return tri_fail(TRI_E_ARGUMENT, "%s: the list is too long", device->info.uri);
    }
    unit->sums = malloc((size_t)sums * sizeof *unit->sums);
    if (unit->sums == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", device->info.uri);
    int32_t *at = unit->sums;
    for (uint32_t i = 0; i < view->count; i++) {
        unit->jobs[i].sums = at;
        at += (size_t)unit->shard.image.matrix[unit->jobs[i].matrix].rows * unit->jobs[i].tokens;
    }
    return TRI_OK;
}

/* A buffer of the unit's bank and its twin here. They grow and stay. */
static enum tri_status reserve(struct tri_device *device, uint32_t u, uint64_t bytes) {
    struct tri_xrt_state *state = device->state;
    struct tri_xrt_unit *unit = &state->unit[u];
    if (bytes <= unit->room) return TRI_OK;
    uint64_t room = unit->room > 0 ? unit->room : LIST_LEAST;
    while (room < bytes) room *= 2;
    if (room > TRI_XRT_LISTS) {
        return tri_fail(TRI_E_ARGUMENT, "%s: the list is too long: wanted at most %llu bytes",
                        device->info.uri, (unsigned long long)TRI_XRT_LISTS);
    }
    if (unit->buffer != NULL) (void)munmap(unit->buffer, unit->room);
    unit->room = 0;
    unit->buffer = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, state->process.memory,
                        (off_t)TRI_XRT_LIST_AT(u));
    if (unit->buffer == MAP_FAILED) {
        unit->buffer = NULL;
        return tri_fail(TRI_E_MEMORY, "%s: no memory for a list of %llu bytes", device->info.uri,
                        (unsigned long long)bytes);
    }
    memset(unit->buffer, 0xa5, room); /* what the kernel does not write must not look right */
    unit->room = room;
    const struct tri_xrt_call call = {.op = TRI_XRT_DATA, .unit = u, .bytes = room};
    const enum tri_status status = tri_xrt_ask(device, &call, TRI_XRT_CALL_LIMIT, NULL);
    if (status != TRI_OK) { /* a smaller list may fit */
        (void)munmap(unit->buffer, room);
        unit->buffer = NULL;
        unit->room = 0;
    }
    return status;
}

static enum tri_status prepare(struct tri_device *device, uint32_t u,
                               struct tri_xrt_launch *launch) {
    struct tri_xrt_state *state = device->state;
    struct tri_xrt_unit *unit = &state->unit[u];
    tri_xrt_list_drop(unit);
    TRI_TRY(share_jobs(device, unit));
    if (unit->view.count == 0) return TRI_OK;
    TRI_TRY(tri_list_plan(&unit->view, &unit->list));
    const struct tri_list *list = &unit->list;
    TRI_TRY(reserve(device, u, list->bytes));
    tri_list_fill(&unit->view, list, unit->buffer);
    /* One copy each way: commands, completions (cleared), activations; then completions to results.
     */
    *launch = (struct tri_xrt_launch){
        .commands = list->count,
        .completions = list->completions.offset,
        .in_bytes = list->activations.offset + list->activations.bytes,
        .out_from = list->completions.offset,
        .out_bytes = list->results.offset + list->results.bytes - list->completions.offset};
    return TRI_OK;
}

enum tri_status tri_xrt_submit(struct tri_device *device) {
    struct tri_xrt_state *state = device->state;
    struct tri_xrt_call call = {.op = TRI_XRT_RUN, .milliseconds = RUN_LIMIT};
    for (uint32_t u = 0; u < state->units; u++) TRI_TRY(prepare(device, u, &call.launch[u]));
    const enum tri_status status = tri_xrt_process_send(&state->process, &call);
    if (state->process.spoilt) device->dead = true;
    TRI_TRY(status);
    for (uint32_t u = 0; u < state->units; u++) {
        if (call.launch[u].commands > 0) device->counters.runs++;
    }
    return TRI_OK;
}

/* Every command completed well, as memory says: then no register needs to be read. */
static bool all_ok(const struct tri_xrt_unit *unit) {
    for (uint32_t i = 0; i < unit->list.count; i++) {
        struct tri_completion completion;
        memcpy(&completion,
               unit->buffer + unit->list.completions.offset + (size_t)i * sizeof completion,
               sizeof completion);
        if (completion.status != TRI_ACCEL_OK || completion.tag != i) return false;
    }
    return true;
}

static enum tri_status check_unit(struct tri_device *device, uint32_t u) {
    struct tri_xrt_state *state = device->state;
    struct tri_xrt_unit *unit = &state->unit[u];
    uint32_t status = TRI_ACCEL_OK, completed = unit->list.count;
    if (!all_ok(unit)) {
        const struct tri_bus bus = tri_xrt_bus(state, u);
        status = tri_kernel_status(&bus);
        completed = tri_kernel_completed(&bus);
        TRI_TRY(tri_xrt_bus_result(device, TRI_OK));
    }
    device->counters.commands += completed;
    const enum tri_status result =
        tri_list_check(&unit->view, &unit->list, unit->buffer, status, completed);
    if (device->accel_status == TRI_ACCEL_OK) device->accel_status = unit->view.accel_status;
    device->dead |= unit->view.dead;
    return result;
}

/* The registers' counters cost a read each over the bus; the completions have come anyway. Units
 * run side by side, so the cycles of a launch are those of the unit that took longest. */
static void count_cycles(struct tri_device *device) {
    const struct tri_xrt_state *state = device->state;
    struct tri_counters most = {0};
    for (uint32_t u = 0; u < state->units; u++) {
        const struct tri_xrt_unit *unit = &state->unit[u];
        struct tri_counters own = {0};
        for (uint32_t i = 0; i < unit->list.count; i++) {
            const struct tri_image_matrix *matrix =
                &unit->shard.image.matrix[unit->jobs[unit->list.command[i].job].matrix];
            const struct tri_geometry *g = &device->info.design.geometry;
            struct tri_completion c;
            memcpy(&c, unit->buffer + unit->list.completions.offset + (size_t)i * sizeof c,
                   sizeof c);
            own.cycles_active += c.cycles;
            own.steps += c.steps;
            own.wait_command += c.wait_command;
            own.wait_activations += c.wait_activations;
            own.wait_results += c.wait_results;
            own.wait_weights += c.wait_weights;
            device->counters.beats_consumed += matrix->bytes / (g->beat_bits / 8) * g->ports;
        }
        if (own.cycles_active > most.cycles_active) most = own;
    }
    device->counters.cycles_active += most.cycles_active;
    device->counters.steps += most.steps;
    device->counters.wait_command += most.wait_command;
    device->counters.wait_activations += most.wait_activations;
    device->counters.wait_results += most.wait_results;
    device->counters.wait_weights += most.wait_weights;
}

/* What only an emulated device knows, and whether its kernels kept the rules of the bus. */
static enum tri_status check_emulation(struct tri_device *device) {
    const struct tri_xrt_state *state = device->state;
    const struct tri_xrt_stats *stats = state->process.stats;
    struct tri_counters *counters = &device->counters;
    if (stats == NULL) return TRI_OK;
    counters->bytes_weights = counters->bytes_data = counters->cycles_simulated = 0;
    counters->seconds_simulating = 0;
    for (uint32_t u = 0; u < state->units; u++) {
        const struct tri_sim_stats *sim = &stats->unit[u].sim;
        counters->bytes_weights += sim->weight_bytes;
        counters->bytes_data += sim->data_read_bytes + sim->data_write_bytes;
        counters->cycles_simulated += sim->cycles;
        counters->seconds_simulating += sim->seconds;
        if (sim->protocol_errors == 0) continue;
        device->dead = true;
        return tri_fail(TRI_E_DEVICE,
                        "%s: unit %u: the kernel broke a bus rule %llu times, first: "
                        "%.160s",
                        device->info.uri, u, (unsigned long long)sim->protocol_errors,
                        sim->first_error);
    }
    return TRI_OK;
}

static void merge(const struct tri_device *device, const struct tri_xrt_unit *unit) {
    tri_list_collect(&unit->view, &unit->list, unit->buffer);
    if (unit->sums == NULL) return; /* they went to their places */
    for (uint32_t i = 0; i < unit->view.count; i++) {
        const struct tri_job *part = &unit->jobs[i], *whole = &device->jobs[unit->job_of[i]];
        const uint32_t rows = unit->shard.image.matrix[part->matrix].rows;
        const uint32_t all = device->image->matrix[part->matrix].rows;
        for (uint32_t t = 0; t < part->tokens; t++) {
            memcpy(whole->sums + (size_t)t * all + unit->shard.first_row[part->matrix],
                   part->sums + (size_t)t * rows, rows * sizeof *part->sums);
        }
    }
}

enum tri_status tri_xrt_wait(struct tri_device *device, uint32_t milliseconds) {
    struct tri_xrt_state *state = device->state;
    struct tri_xrt_reply reply;
    const enum tri_status status = tri_xrt_process_receive(&state->process, milliseconds, &reply);
    if (state->process.spoilt) device->dead = true;
    TRI_TRY(status);
    TRI_TRY(check_emulation(device));
    device->accel_status = TRI_ACCEL_OK;
    for (uint32_t u = 0; u < state->units; u++) {
        if (state->unit[u].list.count > 0) TRI_TRY(check_unit(device, u));
    }
    count_cycles(device);
    for (uint32_t u = 0; u < state->units; u++) {
        if (state->unit[u].list.count > 0) merge(device, &state->unit[u]);
    }
    return TRI_OK;
}
