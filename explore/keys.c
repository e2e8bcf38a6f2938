/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of a design's keys, and each as a number and as text.
 */
#include "explore/keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "explore/cache.h"
#include "explore/space.h"

static const char *const encodings[] = {[TRI_B2] = "b2", [TRI_B3] = "b3"};

#define INTEGER(section, key)                                                                      \
    { section "." #key, #key, TRI_KEY_INTEGER, NULL, 0 }
static const struct tri_key_info infos[TRI_KEYS] = {
    [TRI_KEY_CLOCK_MHZ] = {"clock_mhz", "clock_mhz", TRI_KEY_NUMBER, NULL, 0},
    [TRI_KEY_PORTS] = INTEGER("geometry", ports),
    [TRI_KEY_BEAT_BITS] = INTEGER("geometry", beat_bits),
    [TRI_KEY_ENCODING] = {"geometry.encoding", "encoding", TRI_KEY_WORD, encodings, 2},
    [TRI_KEY_TOKENS] = INTEGER("geometry", tokens),
    [TRI_KEY_K_MAX] = INTEGER("geometry", k_max),
    [TRI_KEY_T_MAX] = INTEGER("geometry", t_max),
    [TRI_KEY_PREFETCH] = INTEGER("geometry", prefetch),
    [TRI_KEY_PROFILE] = {"memory.profile", "profile", TRI_KEY_WORD, tri_profile_names,
                         TRI_PROFILES},
    [TRI_KEY_BYTES_PER_CYCLE] = {"memory.bytes_per_cycle", "bytes_per_cycle", TRI_KEY_NUMBER, NULL,
                                 0},
    [TRI_KEY_LATENCY] = INTEGER("memory", latency),
    [TRI_KEY_OUTSTANDING] = INTEGER("memory", outstanding),
    [TRI_KEY_REFRESH_INTERVAL] = INTEGER("memory", refresh_interval),
    [TRI_KEY_REFRESH_CYCLES] = INTEGER("memory", refresh_cycles),
    [TRI_KEY_STALL_PERMILLE] = INTEGER("memory", stall_permille),
};

const struct tri_key_info *tri_key_info(enum tri_key key) { return &infos[key]; }

enum tri_key tri_key_find(const char *name) {
    int key = 0;
    while (key < TRI_KEYS && strcmp(name, infos[key].name) != 0 &&
           strcmp(name, infos[key].brief) != 0)
        key++;
    return (enum tri_key)key;
}

/* Where an integer lies; NULL for the keys that are none. */
static uint32_t *integer(struct tri_design *d, enum tri_key key) {
    switch (key) {
    case TRI_KEY_PORTS: return &d->geometry.ports;
    case TRI_KEY_BEAT_BITS: return &d->geometry.beat_bits;
    case TRI_KEY_TOKENS: return &d->geometry.tokens;
    case TRI_KEY_K_MAX: return &d->geometry.k_max;
    case TRI_KEY_T_MAX: return &d->geometry.t_max;
    case TRI_KEY_PREFETCH: return &d->geometry.prefetch;
    case TRI_KEY_LATENCY: return &d->memory.latency;
    case TRI_KEY_OUTSTANDING: return &d->memory.outstanding;
    case TRI_KEY_REFRESH_INTERVAL: return &d->memory.refresh_interval;
    case TRI_KEY_REFRESH_CYCLES: return &d->memory.refresh_cycles;
    case TRI_KEY_STALL_PERMILLE: return &d->memory.stall_permille;
    default: return NULL;
    }
}

double tri_key_get(const struct tri_design *design, enum tri_key key) {
    struct tri_design d = *design;
    const uint32_t *at = integer(&d, key);
    if (at != NULL) return *at;
    if (key == TRI_KEY_CLOCK_MHZ) return d.clock_mhz;
    if (key == TRI_KEY_BYTES_PER_CYCLE) return d.memory.bytes_per_cycle;
    if (key == TRI_KEY_ENCODING) return (double)d.geometry.encoding;
    uint32_t profile = 0;
    while (profile < TRI_PROFILES && strcmp(tri_profile_names[profile], d.memory.profile) != 0)
        profile++;
    return profile;
}

void tri_key_set(struct tri_design *design, enum tri_key key, double value) {
    uint32_t *at = integer(design, key);
    if (at != NULL) {
        *at = (uint32_t)value;
    } else if (key == TRI_KEY_CLOCK_MHZ) {
        design->clock_mhz = value;
    } else if (key == TRI_KEY_BYTES_PER_CYCLE) {
        design->memory.bytes_per_cycle = value;
    } else if (key == TRI_KEY_ENCODING) {
        design->geometry.encoding = value > 0.5 ? TRI_B3 : TRI_B2;
    } else {
        (void)snprintf(design->memory.profile, sizeof design->memory.profile, "%s",
                       tri_profile_names[(uint32_t)value]);
    }
}

uint64_t tri_key_hash(uint64_t hash, const struct tri_design *design) {
    for (int key = TRI_KEY_PORTS; key < TRI_KEYS; key++) {
        if (key == TRI_KEY_PROFILE) continue;
        const double number = tri_key_get(design, (enum tri_key)key);
        hash = tri_hash_bytes(hash, &number, sizeof number);
    }
    return hash;
}

double tri_space_design_value(const struct tri_design *design, const char *name) {
    const enum tri_key key = tri_key_find(name);
    return key != TRI_KEYS ? tri_key_get(design, key) : (double)NAN;
}

void tri_key_text(enum tri_key key, double value, char *out, size_t size) {
    if (key != TRI_KEYS && infos[key].kind == TRI_KEY_WORD && value >= 0.0 &&
        value < infos[key].word_count) {
        (void)snprintf(out, size, "%s", infos[key].words[(uint32_t)value]);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        double back = 0.0;
        (void)snprintf(out, size, "%.*g", digits, value);
        if (sscanf(out, "%lf", &back) == 1 && !(back < value) && !(back > value)) break;
    }
}

void tri_space_value(const char *name, double value, char *out, size_t size) {
    tri_key_text(tri_key_find(name), value, out, size);
}
