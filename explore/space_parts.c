/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts that a space may name, with what they have; and reading a part from a space file.
 * Figures are the makers' (docs/spaces.md says where each was read); what is not stated there is 0.
 */
#include <stdio.h>
#include <string.h>

#include "explore/space_private.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The chip of the Alveo U55C and U280, an XCVU37P under two names. */
#define VU37P                                                                                      \
    .family = "xcup", .lut = 1303680, .ff = 2607360, .ram_kbit = 2016 * 36, .dsp = 9024,           \
    .bandwidth_gb_s = 460

/* ram_kbit is block RAM alone: UltraRAM (K26 18,432 Kbit, U55C and U280 276,480), distributed RAM
 * and the UP5K's four single-port memories are not in it. Idle power: the KV260's is a measurement
 * of the board generating nothing. */
static const struct tri_space_part parts[] = {
    {.name = "xck26",
     .family = "xcup",
     .lut = 117120,
     .ff = 234240,
     .ram_kbit = 144 * 36,
     .dsp = 1248,
     .bandwidth_gb_s = 19.2,
     .idle_watts = 3.81},
    {.name = "xcu55c", VU37P},
    {.name = "xcu280", VU37P},
    {.name = "lfe5u-85f",
     .family = "ecp5",
     .lut = 83640,
     .ff = 83640,
     .ram_kbit = 208 * 18,
     .dsp = 156},
    {.name = "ice40up5k", .family = "ice40", .lut = 5280, .ff = 5280, .ram_kbit = 30 * 4, .dsp = 8},
    {.name = "ice40hx8k", .family = "ice40", .lut = 7680, .ff = 7680, .ram_kbit = 32 * 4},
    {.name = "osu018", .family = "osu018"},
};

const char *const tri_part_numbers[TRI_PART_NUMBERS] = {"lut",
                                                        "ff",
                                                        "ram_kbit",
                                                        "dsp",
                                                        "gates",
                                                        "bandwidth_gb_s",
                                                        "idle_watts",
                                                        "pj_per_mac",
                                                        "pj_per_dram_bit",
                                                        "pj_per_sram_bit"};

double *tri_part_number(struct tri_space_part *part, uint32_t i) {
    double *const numbers[TRI_PART_NUMBERS] = {&part->lut,
                                               &part->ff,
                                               &part->ram_kbit,
                                               &part->dsp,
                                               &part->gates,
                                               &part->bandwidth_gb_s,
                                               &part->idle_watts,
                                               &part->pj_per_mac,
                                               &part->pj_per_dram_bit,
                                               &part->pj_per_sram_bit};
    return numbers[i];
}

bool tri_part_find(const char *name, struct tri_space_part *part) {
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (strcmp(name, parts[i].name) != 0) continue;
        *part = parts[i];
        return true;
    }
    return false;
}

static enum tri_status unknown_part(const struct tri_yaml *yaml, tri_yaml_node node,
                                    const char *name, const char *advice) {
    const char *known[COUNT(parts)];
    char where[TRI_YAML_WHERE];
    for (size_t i = 0; i < COUNT(parts); i++) known[i] = parts[i].name;
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: part: unknown name \"%s\", nearest known: \"%s\"%s", where,
                    name, tri_nearest(name, known, COUNT(parts)), advice);
}

enum tri_status tri_part_read(const struct tri_yaml *yaml, tri_yaml_node node,
                              struct tri_space_part *part) {
    static const char *const families[] = {"xcup", "ecp5", "ice40", "osu018"};
    const char *keys[2 + TRI_PART_NUMBERS] = {"name", "family"};
    char name[sizeof part->name];
    memset(part, 0, sizeof *part);
    if (tri_yaml_kind(yaml, node) == TRI_YAML_VALUE) {
        TRI_TRY(tri_space_text(yaml, node, "part", name, sizeof name));
        if (tri_part_find(name, part)) return TRI_OK;
        return unknown_part(yaml, node, name, "");
    }
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++) keys[2 + i] = tri_part_numbers[i];
    TRI_TRY(tri_yaml_keys(yaml, node, keys, COUNT(keys)));
    tri_yaml_node at;
    TRI_TRY(tri_yaml_need(yaml, node, "name", &at));
    TRI_TRY(tri_space_text(yaml, at, "name", name, sizeof name));
    const tri_yaml_node family = tri_yaml_find(yaml, node, "family");
    if (!tri_part_find(name, part)) {
        if (family == 0) return unknown_part(yaml, at, name, " (a part of your own: state family)");
        memcpy(part->name, name, sizeof name);
    }
    if (family != 0) {
        uint32_t choice = 0;
        TRI_TRY(tri_yaml_choice(yaml, family, "family", families, COUNT(families), &choice));
        (void)snprintf(part->family, sizeof part->family, "%s", families[choice]);
    }
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++) {
        at = tri_yaml_find(yaml, node, tri_part_numbers[i]);
        if (at != 0)
            TRI_TRY(tri_yaml_number(yaml, at, tri_part_numbers[i], 0.0, 1e12,
                                    tri_part_number(part, i)));
    }
    return TRI_OK;
}
