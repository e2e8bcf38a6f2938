/* SPDX-License-Identifier: Apache-2.0
 *
 * A design: geometry of the accelerator, memory system and clock, read from one YAML file. Every
 * key is checked; an unknown one is an error with file, line and the nearest known key.
 * Not here: registers and commands (rtl/accel.yaml), how a model is packed (driver/image.h).
 */
#ifndef TRI_DESIGN_H
#define TRI_DESIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum tri_encoding { TRI_B2 = 0, TRI_B3 = 1 }; /* values as in rtl/accel.yaml */

struct tri_geometry {
    uint32_t ports;             /* weight ports: 1, 2, 4, 8, 16 */
    uint32_t beat_bits;         /* 128, 256, 512: weight ports and the data port */
    enum tri_encoding encoding; /* b2 or b3 */
    uint32_t tokens;            /* activation vectors multiplied at once: 1, 2, 4, 8 */
    uint32_t k_max;             /* largest row length, up to 23040 */
    uint32_t t_max;             /* most tokens of one command: a power of two, tokens to 64 */
    uint32_t prefetch;          /* depth of each weight FIFO in beats: power of two, 128..4096 */
};

struct tri_memory {
    char profile[32];       /* tiny, kv260, hbm: where the defaults of the other keys come from */
    double bytes_per_cycle; /* sustained by one port, at most beat_bits / 8 */
    uint32_t latency;       /* cycles from an accepted address to the first beat */
    uint32_t outstanding;   /* read bursts a port may have in flight */
    uint32_t refresh_interval; /* cycles between refreshes; 0: none */
    uint32_t refresh_cycles;   /* cycles a refresh stops the port */
    uint32_t stall_permille;   /* chance of a random stall in each cycle, in thousandths */
};

struct tri_design {
    char name[64];
    double clock_mhz; /* the clock its projections assume */
    struct tri_geometry geometry;
    struct tri_memory memory;
};

/* Reads and checks a design file. Errors: IO, FORMAT (with "file:line: ..."). */
enum tri_status tri_design_read(const char *path, struct tri_design *design);
/* The same from an open stream, which stays open; `name` stands for the path in messages. */
enum tri_status tri_design_read_stream(FILE *stream, const char *name, struct tri_design *design);

struct tri_yaml;
/* The same from a map inside an open file (base/yaml.h); `map` is a tri_yaml_node. */
enum tri_status tri_design_read_map(const struct tri_yaml *yaml, int map,
                                    struct tri_design *design);

/* The memory that a profile gives at the design's clock and width of a beat. False: there is no
 * profile of that name. */
bool tri_memory_profile(const char *profile, const struct tri_design *design,
                        struct tri_memory *memory);
/* The profiles' names in the order of docs/designs.md. Static storage. */
enum { TRI_PROFILES = 3 };
extern const char *const tri_profile_names[TRI_PROFILES];

/* Checks every rule that tri_design_read checks, of a design that was put together otherwise;
 * `where` as below. Errors: FORMAT. */
enum tri_status tri_design_check(const struct tri_design *design, const char *where);

/* Checks the rules between the geometry's numbers; `where` ("file" or "file:line") starts the
 * message. */
enum tri_status tri_geometry_check(const struct tri_geometry *geometry, const char *where);

/* Weights in one beat: beat_bits / 8 * 5 (b3) or * 4 (b2). */
uint32_t tri_weights_per_beat(const struct tri_geometry *geometry);

/* 64-bit hash of the geometry and the contract version, the same in Verilog (parameter), image and
 * driver. */
uint64_t tri_design_hash(const struct tri_geometry *geometry);

/* Prints every effective value as YAML that tri_design_read accepts again. */
void tri_design_print(const struct tri_design *design, FILE *out);

#endif
