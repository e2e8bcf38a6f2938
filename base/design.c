/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads, checks, prints and hashes designs. The figures of the memory profiles stand here with
 * their sources. Not here: what any part does with a design.
 */
#include "base/design.h"

#include <inttypes.h>
#include <string.h>

#include "accel.h"
#include "base/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const encodings[] = {[TRI_B2] = "b2", [TRI_B3] = "b3"};
_Static_assert(TRI_B2 == TRI_ENC_B2 && TRI_B3 == TRI_ENC_B3, "encodings as in rtl/accel.yaml");

/* ---- geometry ---- */

enum { PORTS, BEAT_BITS, ENCODING, TOKENS, K_MAX, T_MAX, PREFETCH, GEOMETRY };
static const char *const geometry_keys[GEOMETRY] = {"ports", "beat_bits", "encoding", "tokens",
                                                    "k_max", "t_max",     "prefetch"};

static bool power_of_two(uint32_t n, uint32_t least, uint32_t most) {
    return n >= least && n <= most && (n & (n - 1)) == 0;
}

/* The rules: which number breaks one, and what was wanted; GEOMETRY if all is well. A FIFO of 128
 * beats holds two bursts of 64 beats and, at 128 bits, the 2 KiB that hide a read's latency: these
 * two conditions on prefetch need no check of their own. */
_Static_assert(128 >= 2 * 64 && 128 * 128 / 8 >= 2048, "the least prefetch is enough");
static int broken_rule(const struct tri_geometry *g, const char **wanted) {
    *wanted = "1, 2, 4, 8 or 16";
    if (!power_of_two(g->ports, 1, 16)) return PORTS;
    *wanted = "128, 256 or 512";
    if (!power_of_two(g->beat_bits, 128, 512)) return BEAT_BITS;
    *wanted = "b2 or b3";
    if (g->encoding != TRI_B2 && g->encoding != TRI_B3) return ENCODING;
    *wanted = "1, 2, 4 or 8";
    if (!power_of_two(g->tokens, 1, 8)) return TOKENS;
    *wanted = "64 to 23040";
    if (g->k_max < 64 || g->k_max > 23040) return K_MAX;
    *wanted = "a power of two from tokens to 64";
    if (!power_of_two(g->t_max, g->tokens, 64)) return T_MAX;
    *wanted = "a power of two from 128 to 4096";
    if (!power_of_two(g->prefetch, 128, 4096)) return PREFETCH;
    return GEOMETRY;
}

static uint32_t geometry_value(const struct tri_geometry *g, int key) {
    const uint32_t values[GEOMETRY] = {
        g->ports, g->beat_bits, (uint32_t)g->encoding, g->tokens, g->k_max, g->t_max, g->prefetch};
    return values[key];
}

enum tri_status tri_geometry_check(const struct tri_geometry *geometry, const char *where) {
    const char *wanted;
    int key = broken_rule(geometry, &wanted);
    if (key == GEOMETRY) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %" PRIu32, where, geometry_keys[key],
                    wanted, geometry_value(geometry, key));
}

uint32_t tri_weights_per_beat(const struct tri_geometry *geometry) {
    return geometry->beat_bits / 8 * (geometry->encoding == TRI_B3 ? 5 : 4);
}

uint64_t tri_design_hash(const struct tri_geometry *geometry) {
    /* FNV-1a over one line of text: the contract's version, then every number of the geometry by
     * name. */
    char text[256];
    int length = snprintf(text, sizeof text, "tritium %u", TRI_VERSION);
    for (int key = 0; key < GEOMETRY; key++) {
        length += snprintf(text + length, sizeof text - (size_t)length, " %s=%" PRIu32,
                           geometry_keys[key], geometry_value(geometry, key));
    }
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash;
}

static enum tri_status read_geometry(const struct tri_yaml *y, tri_yaml_node map,
                                     struct tri_geometry *g) {
    tri_yaml_node node[GEOMETRY];
    uint32_t *const targets[GEOMETRY] = {
        [PORTS] = &g->ports, [BEAT_BITS] = &g->beat_bits, [TOKENS] = &g->tokens,
        [K_MAX] = &g->k_max, [T_MAX] = &g->t_max,         [PREFETCH] = &g->prefetch};
    TRI_TRY(tri_yaml_keys(y, map, geometry_keys, GEOMETRY));
    for (int key = 0; key < GEOMETRY; key++) {
        TRI_TRY(tri_yaml_need(y, map, geometry_keys[key], &node[key]));
        uint32_t choice = 0;
        uint64_t value = 0;
        if (key == ENCODING) {
            TRI_TRY(tri_yaml_choice(y, node[key], geometry_keys[key], encodings, 2, &choice));
            g->encoding = choice == TRI_B2 ? TRI_B2 : TRI_B3;
        } else {
            TRI_TRY(tri_yaml_integer(y, node[key], geometry_keys[key], 0, UINT32_MAX, &value));
            *targets[key] = (uint32_t)value;
        }
    }
    const char *wanted;
    int broken = broken_rule(g, &wanted);
    char where[TRI_YAML_WHERE] = "";
    if (broken != GEOMETRY) tri_yaml_where(y, node[broken], where);
    return tri_geometry_check(g, where);
}

/* ---- memory ---- */

/* Times are in nanoseconds, or in cycles where a figure has no physical clock. A profile's port
 * gives gigabytes_per_second; 0 means a full beat each cycle. */
struct profile {
    const char *name;
    double gigabytes_per_second;
    double latency_ns, refresh_interval_ns, refresh_ns;
    uint32_t latency, outstanding;
};

static const struct profile profiles[] = {
    /* No board: fast enough that a test sees the accelerator's own limits. */
    {.name = "tiny", .latency = 8, .outstanding = 4},
    /* One S_AXI_HP port of a Zynq UltraScale+, 128 bits at 250 MHz: 4.0 GB/s, as bitnet-kv260 uses
     * four of them. Accepts eight reads (UG1085, PS-PL AXI interfaces, "command acceptance
     * capability of eight"). DDR4: tREFI 7.8 us, tRFC 350 ns for 8 Gb devices (JESD79-4). Latency
     * is an estimate: 60 to 100 cycles of 250 MHz through the PS interconnect, taken as 80. */
    {.name = "kv260",
     .gigabytes_per_second = 4.0,
     .latency_ns = 320.0,
     .refresh_interval_ns = 7800.0,
     .refresh_ns = 350.0,
     .outstanding = 8},
    /* One HBM2 pseudo channel of an Alveo U280 or U55C: 460 GB/s over 32 is 14.4 GB/s. tREFI 3.9
     * us, tRFC 260 ns (JESD235). Latency (130 cycles of 300 MHz) and outstanding reads are
     * estimates. */
    {.name = "hbm",
     .gigabytes_per_second = 14.4,
     .latency_ns = 433.0,
     .refresh_interval_ns = 3900.0,
     .refresh_ns = 260.0,
     .outstanding = 32},
};

static void apply_profile(const struct profile *p, const struct tri_design *design,
                          struct tri_memory *m) {
    double mhz = design->clock_mhz, beat = design->geometry.beat_bits / 8.0;
    double rate = p->gigabytes_per_second * 1000.0 / mhz;
    (void)snprintf(m->profile, sizeof m->profile, "%s", p->name);
    m->bytes_per_cycle = rate > 0.0 && rate < beat ? rate : beat;
    /* Rounded up: a cycle that is partly needed is needed. The clock is at least 1 MHz. */
    m->latency = p->latency + (uint32_t)(p->latency_ns * mhz / 1000.0 + 0.999);
    m->outstanding = p->outstanding;
    m->refresh_interval = (uint32_t)(p->refresh_interval_ns * mhz / 1000.0);
    m->refresh_cycles = (uint32_t)(p->refresh_ns * mhz / 1000.0 + 0.999);
    m->stall_permille = 0;
}

_Static_assert(COUNT(profiles) == TRI_PROFILES, "a name for each profile");
const char *const tri_profile_names[TRI_PROFILES] = {"tiny", "kv260", "hbm"};

bool tri_memory_profile(const char *profile, const struct tri_design *design,
                        struct tri_memory *memory) {
    for (size_t i = 0; i < COUNT(profiles); i++) {
        if (strcmp(profile, profiles[i].name) != 0) continue;
        apply_profile(&profiles[i], design, memory);
        return true;
    }
    return false;
}

/* The integers of a memory and what they may be. */
enum { LATENCY, OUTSTANDING, REFRESH_INTERVAL, REFRESH_CYCLES, STALL_PERMILLE, INTEGERS };
static const struct {
    const char *key;
    uint32_t min, max;
} integers[INTEGERS] = {{"latency", 1, 100000},
                        {"outstanding", 1, 256},
                        {"refresh_interval", 0, 100000000},
                        {"refresh_cycles", 0, 100000000},
                        {"stall_permille", 0, 900}};
static const double least_rate = 0.01, least_mhz = 1.0, most_mhz = 10000.0;

static enum tri_status check_refresh(const struct tri_memory *m, const char *where) {
    if (m->refresh_interval == 0 || m->refresh_cycles < m->refresh_interval) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "%s: refresh_cycles: wanted less than refresh_interval %" PRIu32
                    ", got %" PRIu32,
                    where, m->refresh_interval, m->refresh_cycles);
}

enum tri_status tri_design_check(const struct tri_design *design, const char *where) {
    const struct tri_memory *m = &design->memory;
    const uint32_t values[INTEGERS] = {m->latency, m->outstanding, m->refresh_interval,
                                       m->refresh_cycles, m->stall_permille};
    const double most = design->geometry.beat_bits / 8.0;
    if (!(design->clock_mhz >= least_mhz && design->clock_mhz <= most_mhz))
        return tri_fail(TRI_E_FORMAT, "%s: clock_mhz: wanted a number from %g to %g, got %g", where,
                        least_mhz, most_mhz, design->clock_mhz);
    TRI_TRY(tri_geometry_check(&design->geometry, where));
    if (!(m->bytes_per_cycle >= least_rate && m->bytes_per_cycle <= most))
        return tri_fail(TRI_E_FORMAT, "%s: bytes_per_cycle: wanted a number from %g to %g, got %g",
                        where, least_rate, most, m->bytes_per_cycle);
    for (int i = 0; i < INTEGERS; i++) {
        if (values[i] < integers[i].min || values[i] > integers[i].max)
            return tri_fail(TRI_E_FORMAT,
                            "%s: %s: wanted an integer from %" PRIu32 " to %" PRIu32
                            ", got %" PRIu32,
                            where, integers[i].key, integers[i].min, integers[i].max, values[i]);
    }
    return check_refresh(m, where);
}

static enum tri_status read_memory(const struct tri_yaml *y, tri_yaml_node map,
                                   struct tri_design *design) {
    static const char *const keys[] = {"profile",       "bytes_per_cycle",  "latency",
                                       "outstanding",   "refresh_interval", "refresh_cycles",
                                       "stall_permille"};
    struct tri_memory *m = &design->memory;
    tri_yaml_node node;
    uint32_t profile = 0;
    TRI_TRY(tri_yaml_keys(y, map, keys, COUNT(keys)));
    TRI_TRY(tri_yaml_need(y, map, "profile", &node));
    TRI_TRY(tri_yaml_choice(y, node, "profile", tri_profile_names, TRI_PROFILES, &profile));
    apply_profile(&profiles[profile], design, m);
    node = tri_yaml_find(y, map, "bytes_per_cycle");
    if (node != 0) {
        double most = design->geometry.beat_bits / 8.0;
        TRI_TRY(tri_yaml_number(y, node, "bytes_per_cycle", least_rate, most, &m->bytes_per_cycle));
    }
    uint32_t *const targets[INTEGERS] = {&m->latency, &m->outstanding, &m->refresh_interval,
                                         &m->refresh_cycles, &m->stall_permille};
    for (int i = 0; i < INTEGERS; i++) {
        uint64_t value = *targets[i];
        node = tri_yaml_find(y, map, integers[i].key);
        if (node != 0)
            TRI_TRY(tri_yaml_integer(y, node, integers[i].key, integers[i].min, integers[i].max,
                                     &value));
        *targets[i] = (uint32_t)value;
    }
    char where[TRI_YAML_WHERE];
    tri_yaml_where(y, map, where);
    return check_refresh(m, where);
}

/* ---- the whole ---- */

static enum tri_status read_name(const struct tri_yaml *y, tri_yaml_node node, char *name,
                                 size_t bytes) {
    TRI_TRY(tri_yaml_text(y, node, "name", name, bytes));
    /* The name becomes the name of a directory and of a file's part. */
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0') return TRI_OK;
    char where[TRI_YAML_WHERE];
    tri_yaml_where(y, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: name: wanted only a-z, 0-9 and _, got \"%s\"", where, name);
}

enum tri_status tri_design_read_map(const struct tri_yaml *y, int map, struct tri_design *design) {
    static const char *const keys[] = {"name", "clock_mhz", "geometry", "memory"};
    tri_yaml_node node[COUNT(keys)];
    memset(design, 0, sizeof *design);
    TRI_TRY(tri_yaml_keys(y, map, keys, COUNT(keys)));
    for (size_t i = 0; i < COUNT(keys); i++) TRI_TRY(tri_yaml_need(y, map, keys[i], &node[i]));
    TRI_TRY(read_name(y, node[0], design->name, sizeof design->name));
    TRI_TRY(tri_yaml_number(y, node[1], "clock_mhz", least_mhz, most_mhz, &design->clock_mhz));
    TRI_TRY(read_geometry(y, node[2], &design->geometry));
    return read_memory(y, node[3], design);
}

enum tri_status tri_design_read(const char *path, struct tri_design *design) {
    struct tri_yaml *y;
    memset(design, 0, sizeof *design);
    TRI_TRY(tri_yaml_open(path, &y));
    enum tri_status status = tri_design_read_map(y, tri_yaml_root(y), design);
    tri_yaml_close(y);
    return status;
}

enum tri_status tri_design_read_stream(FILE *stream, const char *name, struct tri_design *design) {
    struct tri_yaml *y;
    memset(design, 0, sizeof *design);
    TRI_TRY(tri_yaml_read(stream, name, &y));
    enum tri_status status = tri_design_read_map(y, tri_yaml_root(y), design);
    tri_yaml_close(y);
    return status;
}

/* The shortest text that reads back as the same number. */
static void print_number(const char *key, double value, FILE *out) {
    char text[64];
    for (int digits = 6; digits <= 17; digits++) {
        double back = 0.0;
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (sscanf(text, "%lf", &back) == 1 && !(back < value) && !(back > value)) break;
    }
    fprintf(out, "%s: %s\n", key, text);
}

void tri_design_print(const struct tri_design *design, FILE *out) {
    const struct tri_geometry *g = &design->geometry;
    const struct tri_memory *m = &design->memory;
    fprintf(out, "name: %s\n", design->name);
    print_number("clock_mhz", design->clock_mhz, out);
    fprintf(out, "geometry: # hash %016" PRIx64 ", %" PRIu32 " weights a beat\n",
            tri_design_hash(g), tri_weights_per_beat(g));
    for (int key = 0; key < GEOMETRY; key++) {
        if (key == ENCODING)
            fprintf(out, "  encoding: %s\n", encodings[g->encoding]);
        else
            fprintf(out, "  %s: %" PRIu32 "\n", geometry_keys[key], geometry_value(g, key));
    }
    fprintf(out, "memory:\n  profile: %s\n", m->profile);
    print_number("  bytes_per_cycle", m->bytes_per_cycle, out);
    fprintf(out, "  latency: %" PRIu32 "\n  outstanding: %" PRIu32 "\n", m->latency,
            m->outstanding);
    fprintf(out, "  refresh_interval: %" PRIu32 "\n  refresh_cycles: %" PRIu32 "\n",
            m->refresh_interval, m->refresh_cycles);
    fprintf(out, "  stall_permille: %" PRIu32 "\n", m->stall_permille);
}
