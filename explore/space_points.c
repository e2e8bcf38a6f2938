/* SPDX-License-Identifier: Apache-2.0
 *
 * The points of a space: their number, and the design of each. Decides legality by the rules of
 * base/design.c and by the early constraints.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explore/space_private.h"
#include "ref/shape.h"

uint64_t tri_space_points(const struct tri_space *space) {
    uint64_t points = 1; /* the reader has checked that it is at most TRI_SPACE_POINTS */
    for (uint32_t i = 0; i < space->parameter_count; i++) points *= space->parameters[i].count;
    return points;
}

/* Times of a memory profile are physical: where the base design has its profile's figures, the
 * point has them at its own clock and width; what the base states otherwise stays. */
static void derive_memory(const struct tri_space *space, struct tri_design *design) {
    struct tri_design before = space->base, after = *design;
    if (!tri_memory_profile(before.memory.profile, &before, &before.memory) ||
        !tri_memory_profile(after.memory.profile, &after, &after.memory))
        return;
    for (int k = TRI_KEY_BYTES_PER_CYCLE; k < TRI_KEYS; k++) {
        const enum tri_key key = (enum tri_key)k;
        const double stated = tri_key_get(&space->base, key), given = tri_key_get(&before, key);
        if (!(stated < given) && !(stated > given))
            tri_key_set(design, key, tri_key_get(&after, key));
    }
}

void tri_space_assemble(const struct tri_space *space, uint64_t index, struct tri_design *design) {
    *design = space->base;
    (void)snprintf(design->name, sizeof design->name, "%.40s_%" PRIu64, space->name, index);
    double values[TRI_SPACE_PARAMETERS];
    for (uint32_t i = space->parameter_count; i-- > 0;) {
        const struct tri_space_parameter *p = &space->parameters[i];
        values[i] = p->values[index % p->count];
        index /= p->count;
        tri_key_set(design, tri_key_find(p->name), values[i]);
    }
    derive_memory(space, design);
    for (uint32_t i = 0; i < space->parameter_count; i++) /* a parameter beats its profile */
        tri_key_set(design, tri_key_find(space->parameters[i].name), values[i]);
}

enum tri_status tri_space_legal(const struct tri_space *space, const struct tri_design *design) {
    struct tri_config config;
    uint32_t eot;
    TRI_TRY(tri_design_check(design, design->name));
    TRI_TRY(tri_shape(space->workload.shape, &config, &eot));
    const uint32_t heads = config.heads * config.head_dim;
    uint32_t longest = config.hidden > config.ffn ? config.hidden : config.ffn;
    if (heads > longest) longest = heads;
    if (design->geometry.k_max >= longest) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "%s: k_max: wanted at least %" PRIu32 ", the longest row of %s, got %" PRIu32,
                    design->name, longest, space->workload.shape, design->geometry.k_max);
}

bool tri_space_design(const struct tri_space *space, uint64_t index, struct tri_design *design,
                      char *why, size_t size) {
    if (size > 0) why[0] = '\0';
    tri_space_assemble(space, index, design);
    if (tri_space_legal(space, design) != TRI_OK) {
        (void)snprintf(why, size, "%s", tri_error());
        return false;
    }
    return tri_space_meets(space, design, NULL, why, size);
}
