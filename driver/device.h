/* SPDX-License-Identifier: Apache-2.0
 *
 * One interface to every accelerator: golden model in C, Verilated RTL, the C kernel for HLS,
 * cards behind XRT. A device is opened by a URI, loaded with an image, and given lists of
 * jobs. Functions that fail say in their message whether hardware was touched. Not thread-safe: one
 * thread per device.
 *
 *   ref:DESIGN.yaml   the golden model, in C
 *   sim:DESIGN.yaml   the Verilated RTL, cycle by cycle
 *   hls:DESIGN.yaml   the C kernel of hls/, compiled with gcc
 *   xrt:FILE.xclbin   a card behind XRT, or its emulation; ?design=, ?device=, ?launch=run|ip
 * DESIGN may also be a bare name, looked up as designs/NAME.yaml or bitstreams/NAME/design.yaml.
 */
#ifndef TRI_DEVICE_H
#define TRI_DEVICE_H

#include "base/design.h"
#include "driver/image.h"

struct tri_device;

struct tri_device_options {
    uint64_t seed;          /* of the simulator's random stalls */
    const char *wave;       /* sim: FST file to write, or NULL */
    uint64_t wave_from;     /* first cycle of the wave's window */
    uint64_t wave_to;       /* one past the last; 0: to the end */
    const char *wave_scope; /* sim: only this scope (instance path), NULL: all */
    const char *plant;      /* sim: name of a planted bug to load (tests only), NULL: none */
    const char *library; /* sim: this simulator instead of the one of the design's name, or NULL */
    int32_t stall_permille; /* sim: overrides the design's; -1: the design's */
    /* xrt: called during an upload of the image; returning false stops it. NULL: nobody asks. */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
};
#define TRI_DEVICE_OPTIONS_INIT                                                                    \
    { .stall_permille = -1 }

struct tri_device_info {
    char uri[4352];
    char backend[16];
    struct tri_design design;
    uint64_t design_hash;
    bool counts_cycles; /* false for the golden model and the C kernel, which have no cycles */
    bool real_time;     /* its cycles pass in real time: a card, neither model nor simulation */
    uint32_t units;     /* compute units behind this device; 1 if nothing else is said */
};

struct tri_job {
    uint32_t matrix;     /* index in the loaded image */
    uint32_t tokens;     /* any number: cut into commands of at most t_max */
    const int8_t *codes; /* [tokens][cols], must stay valid until the wait returns */
    int32_t *sums;       /* [tokens][rows], written when the wait returns OK */
};

struct tri_counters { /* as in rtl/accel.yaml, summed over all runs since open; simulation adds what
                         it knows */
    uint64_t cycles_active, steps, wait_command, wait_activations, wait_results, wait_weights;
    uint64_t beats_consumed, corrupt_codes, axi_errors;
    uint64_t runs, commands;            /* doorbells rung, commands executed */
    uint64_t bytes_weights, bytes_data; /* moved on the ports; 0 where unknown */
    uint64_t cycles_simulated;          /* all clock cycles, also between runs */
    double seconds_simulating;          /* host time spent in the simulator */
    double seconds_lists;               /* from each submit to the end of its wait */
};

/* Where the cycles of one command went. The spans of a simulated device are of its memory's beats,
 * in cycles since it was opened; empty (0 to 0) where nothing moved or nobody could see it. */
struct tri_device_span {
    uint64_t from, to;
};
struct tri_device_command {
    uint32_t matrix, tokens; /* of the loaded image; vectors multiplied */
    /* From the end of the command before; the sum of the next five. */
    uint64_t cycles;
    uint64_t steps, wait_command, wait_activations, wait_results, wait_weights;
    struct tri_device_span weights, activations, results;
};
struct tri_device_list {
    uint64_t start, cycles; /* doorbell, and how long the run was: more than its commands' cycles */
    uint32_t count;
    const struct tri_device_command *command; /* [count] */
};
typedef void (*tri_device_watcher)(void *context, const struct tri_device_list *list);

/* options may be NULL. Errors: ARGUMENT (unknown scheme: lists the known), IO, FORMAT (design),
 * UNSUPPORTED (back end not built: says the make target), MISMATCH (design hash of the device
 * differs). */
enum tri_status tri_device_open(const char *uri, const struct tri_device_options *options,
                                struct tri_device **device);
void tri_device_close(struct tri_device *device);
const struct tri_device_info *tri_device_info(const struct tri_device *device);

/* Gives the device its weights; checks design hash and CRCs first, reads back after. The image must
 * outlive the device or the next load. Errors: MISMATCH, MEMORY, DEVICE. */
enum tri_status tri_device_load(struct tri_device *device, const struct tri_image *image);

/* Starts a list of jobs and returns; at most one list is in flight. Errors: ARGUMENT (nothing was
 * touched). */
enum tri_status tri_device_submit(struct tri_device *device, const struct tri_job *jobs,
                                  uint32_t count);
/* Waits until the list is done or `milliseconds` (0: the back end's default, 60 s) passed. On any
 * failure no sum of the list is to be used. Errors: DEVICE (status by name, command, matrix),
 * TIMEOUT. After TIMEOUT or a status that says dead the device only closes. */
enum tri_status tri_device_wait(struct tri_device *device, uint32_t milliseconds);
/* Tells every list that ends well from now on, within tri_device_wait; NULL: no longer. Devices
 * without cycles tell nothing. Errors: MEMORY. */
enum tri_status tri_device_watch(struct tri_device *device, tri_device_watcher watcher,
                                 void *context);
/* Copies the counters. */
void tri_device_counters(const struct tri_device *device, struct tri_counters *counters);

/* ---- for diagnosis: `tritium selftest` ---- */

/* Reads a register of one compute unit while nothing is in flight; offset as in rtl/accel.yaml.
 * Errors: ARGUMENT, UNSUPPORTED (the golden model has no registers), those of the back end. */
enum tri_status tri_device_register(struct tri_device *device, uint32_t unit, uint32_t offset,
                                    uint32_t *value);

/* A field of a command, to be overwritten before the accelerator sees it. */
struct tri_spoil {
    uint32_t command;     /* of the list, after jobs were cut into commands */
    uint32_t byte, bytes; /* of its 64: where, how many (1 to 8) */
    uint64_t value;
};
/* Makes one command of the next list a bad one. Holds until the wait after it, whatever becomes of
 * it. Errors: ARGUMENT, UNSUPPORTED (the golden model has no commands). */
enum tri_status tri_device_spoil(struct tri_device *device, const struct tri_spoil *spoil);

/* The accelerator's own status (enum tri_accel_status) of the last list: of its first command that
 * was not ok, else of the run. */
uint32_t tri_device_status(const struct tri_device *device);

#endif
