/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of figures, origins and walls, from the lists in figure.h. Computes nothing.
 */
#include "explore/figure.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define FIGURE_INFO(name, unit, better, meaning) {#name, unit, meaning, better},
static const struct tri_figure_info infos[TRI_FIGURE_COUNT] = {TRI_FIGURES(FIGURE_INFO)};

static const char *const origins[] = {
    [TRI_SIMULATED] = "simulated", [TRI_ROUTED] = "routed",     [TRI_SYNTHESISED] = "synthesised",
    [TRI_COMPOSED] = "composed",   [TRI_MODELLED] = "modelled", [TRI_ASSUMED] = "assumed",
    [TRI_CITED] = "cited",         [TRI_ABSENT] = "absent"};

static const char *const walls[TRI_WALLS] = {[TRI_WALL_MEMORY] = "memory",
                                             [TRI_WALL_ARRAY] = "array",
                                             [TRI_WALL_HOST] = "host",
                                             [TRI_WALL_LAUNCH] = "launch"};

static const char *const betters[] = {
    [TRI_SMALLER] = "smaller", [TRI_LARGER] = "larger", [TRI_NEITHER] = "neither"};

const struct tri_figure_info *tri_figure_info(enum tri_figure_id id) { return &infos[id]; }

enum tri_figure_id tri_figure_find(const char *name) {
    int id = 0;
    while (id < TRI_FIGURE_COUNT && strcmp(infos[id].name, name) != 0) id++;
    return (enum tri_figure_id)id;
}

const char *tri_origin_name(enum tri_origin origin) { return origins[origin]; }

enum tri_origin tri_origin_find(const char *name) {
    for (size_t i = 0; i < COUNT(origins); i++) {
        if (strcmp(origins[i], name) == 0) return (enum tri_origin)i;
    }
    return TRI_ABSENT;
}

const char *tri_better_name(enum tri_better better) { return betters[better]; }

const char *tri_wall_name(enum tri_wall wall) { return walls[wall]; }
