/* SPDX-License-Identifier: Apache-2.0
 *
 * Design files: the committed ones are read, every rule is enforced with file and line, what is
 * printed reads back the same, and the hash is the one written in docs/designs.md.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>

#include "base/design.h"
#include "tests/unit/refused_file.h"

static const char *const kv260 = "designs/kv260.yaml";

static enum tri_status read_only(const char *path) {
    struct tri_design design;
    return tri_design_read(path, &design);
}

/* kv260.yaml with one change is refused. */
static void refused(const char *from, const char *to, const char *wanted) {
    refused_file(read_only, kv260, from, to, 0, wanted);
}

static void refused_bytes(const void *data, size_t bytes, const char *wanted) {
    char path[TEMP_PATH];
    struct tri_design design;
    temp_file(data, bytes, path);
    cr_expect_eq(tri_design_read(path, &design), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), wanted) != NULL, "wanted \"%s\", got: %s", wanted, tri_error());
    (void)remove(path);
}

Test(design, reads_kv260_with_the_figures_of_its_profile) {
    struct tri_design d;
    cr_assert_eq(tri_design_read(kv260, &d), TRI_OK, "%s", tri_error());
    cr_expect_str_eq(d.name, "kv260");
    cr_expect_eq(d.geometry.ports, 4);
    cr_expect_eq(d.geometry.encoding, TRI_B3);
    cr_expect_eq(d.geometry.k_max, 6912);
    cr_expect_eq(d.memory.bytes_per_cycle, 16.0); /* 4.0 GB/s at 250 MHz */
    cr_expect_eq(d.memory.latency, 80);
    cr_expect_eq(d.memory.refresh_interval, 1950);
    cr_expect_eq(d.memory.refresh_cycles, 88);
}

Test(design, limits_hbm_ports_to_a_pseudo_channel) {
    struct tri_design d;
    cr_assert_eq(tri_design_read("designs/hbm.yaml", &d), TRI_OK, "%s", tri_error());
    cr_expect_eq(d.memory.bytes_per_cycle, 48.0); /* 14.4 GB/s at 300 MHz, less than 64 */
    cr_expect_eq(d.memory.refresh_interval, 1170);
    cr_expect_eq(d.memory.refresh_cycles, 78);
}

Test(design, lets_a_key_override_its_profile) {
    char *good = read_text(kv260), path[TEMP_PATH];
    char *changed = replaced(good, "profile: kv260", "profile: kv260\n  latency: 99");
    struct tri_design d;
    temp_file(changed, strlen(changed), path);
    cr_expect_eq(tri_design_read(path, &d), TRI_OK, "%s", tri_error());
    cr_expect_eq(d.memory.latency, 99);
    cr_expect_eq(d.memory.outstanding, 8);
    (void)remove(path);
    free(good);
    free(changed);
}

/* Every committed design is named as its file and reads back equal from its own print. */
static void check_committed(const char *path) {
    struct tri_design d, back;
    char printed[TEMP_PATH], stem[128];
    cr_assert_eq(tri_design_read(path, &d), TRI_OK, "%s", tri_error());
    (void)snprintf(stem, sizeof stem, "/%s.yaml", d.name);
    cr_expect(strstr(path, stem) != NULL, "%s is named %s", path, d.name);
    temp_file("", 0, printed);
    FILE *out = fopen(printed, "wb");
    cr_assert(out != NULL);
    tri_design_print(&d, out);
    (void)fclose(out);
    cr_assert_eq(tri_design_read(printed, &back), TRI_OK, "%s", tri_error());
    (void)remove(printed);
    cr_expect(memcmp(&d.geometry, &back.geometry, sizeof d.geometry) == 0, "%s", path);
    cr_expect_eq(d.clock_mhz, back.clock_mhz);
    cr_expect_eq(d.memory.bytes_per_cycle, back.memory.bytes_per_cycle);
    cr_expect_str_eq(d.memory.profile, back.memory.profile);
    cr_expect_eq(d.memory.latency, back.memory.latency);
    cr_expect_eq(d.memory.outstanding, back.memory.outstanding);
    cr_expect_eq(d.memory.refresh_interval, back.memory.refresh_interval);
    cr_expect_eq(d.memory.refresh_cycles, back.memory.refresh_cycles);
    cr_expect_eq(d.memory.stall_permille, back.memory.stall_permille);
}

Test(design, every_committed_design_reads_back_from_its_print) {
    glob_t found;
    cr_assert_eq(glob("designs/*.yaml", 0, NULL, &found), 0);
    cr_assert_eq(glob("designs/test/*.yaml", GLOB_APPEND, NULL, &found), 0);
    cr_expect_geq(found.gl_pathc, 11);
    for (size_t i = 0; i < found.gl_pathc; i++) check_committed(found.gl_pathv[i]);
    globfree(&found);
}

Test(design, prints_uneven_numbers_so_that_they_read_back) {
    struct tri_design d;
    cr_assert_eq(tri_design_read(kv260, &d), TRI_OK);
    d.clock_mhz = 1000.0 / 3.0;
    char path[TEMP_PATH];
    temp_file("", 0, path);
    FILE *out = fopen(path, "wb");
    cr_assert(out != NULL);
    tri_design_print(&d, out);
    (void)fclose(out);
    cr_assert_eq(tri_design_read(path, &d), TRI_OK, "%s", tri_error());
    cr_expect_eq(d.clock_mhz, 1000.0 / 3.0);
    (void)remove(path);
}

Test(design, names_the_nearest_key_for_an_unknown_one) {
    refused("beat_bits:", "beat_bit:", "unknown key \"beat_bit\", nearest known: \"beat_bits\"");
    refused("clock_mhz", "clock_hz", "nearest known: \"clock_mhz\"");
    refused("profile: kv260", "latncy: 3", "nearest known: \"latency\"");
    refused("profile: kv260", "profile: kv26", "nearest: \"kv260\"");
}

Test(design, refuses_a_key_given_twice) {
    refused("  k_max: 6912 ", "  tokens: 2\n#", "key \"tokens\" is given twice");
}

Test(design, refuses_every_number_that_breaks_a_rule) {
    refused("ports: 4", "ports: 3", "ports: wanted 1, 2, 4, 8 or 16, got 3");
    refused("ports: 4", "ports: 32", "ports: wanted");
    refused("beat_bits: 128", "beat_bits: 64", "beat_bits: wanted 128, 256 or 512");
    refused("encoding: b3", "encoding: b4", "encoding: wanted one of b2, b3");
    refused("tokens: 1 ", "tokens: 16 ", "tokens: wanted 1, 2, 4 or 8, got 16");
    refused("tokens: 1 ", "tokens: 0 ", "tokens: wanted");
    refused("k_max: 6912", "k_max: 63", "k_max: wanted 64 to 23040, got 63");
    refused("k_max: 6912", "k_max: 23041", "k_max: wanted");
    refused("t_max: 8", "t_max: 0", "t_max: wanted a power of two from tokens to 64");
    refused("t_max: 8", "t_max: 65", "t_max: wanted");
    refused("prefetch: 512", "prefetch: 64", "prefetch: wanted a power of two from 128 to 4096");
    refused("prefetch: 512", "prefetch: 500", "prefetch: wanted");
    refused("prefetch: 512", "prefetch: -512", "prefetch: wanted an integer");
    refused("prefetch: 512", "prefetch: 99999999999999999999", "prefetch: wanted an integer");
    refused("prefetch: 512", "prefetch: [512]", "prefetch: wanted a single value, got a list");
    refused("clock_mhz: 250", "clock_mhz: 0", "clock_mhz: wanted a number from 1");
    refused("clock_mhz: 250", "clock_mhz: nan", "clock_mhz: wanted a number");
    refused("name: kv260", "name: ../kv260", "name: wanted only");
}

Test(design, refuses_a_memory_that_cannot_be) {
    refused("profile: kv260", "{profile: kv260, bytes_per_cycle: 17}", "");
    refused("profile: kv260", "{profile: kv260, stall_permille: 1000}", "");
    refused("profile: kv260", "{profile: kv260, refresh_interval: 50}", "refresh_cycles: wanted");
    refused("profile: kv260", "{profile: kv260, outstanding: 0}", "outstanding: wanted");
    refused("profile: kv260", "{latency: 3}", "key \"profile\" is missing");
}

Test(design, refuses_files_that_are_no_design) {
    static const char zero[] = "name: a\0b\nclock_mhz: 1\ngeometry: {}\nmemory: {}\n";
    refused_bytes("", 0, "wanted a map of keys, got nothing");
    refused_bytes("- 1\n", 4, "wanted a map of keys, got a list");
    refused_bytes("name: x\n", 8, "key \"clock_mhz\" is missing");
    refused_bytes("a: b: c\n", 8, "not YAML");
    refused_bytes("a: &x [*x]\n", 11, "");
    refused_bytes("{}\n---\n{}\n", 10, ":3: wanted one document, got a second one");
    refused_bytes("\xff\xfe\xff", 3, "");
    refused_bytes(zero, sizeof zero - 1, "");
}

Test(design, tells_io_from_format) {
    struct tri_design d;
    cr_expect_eq(tri_design_read("designs/none.yaml", &d), TRI_E_IO);
    cr_expect(strstr(tri_error(), "designs/none.yaml") != NULL);
    cr_expect_eq(tri_design_read("designs", &d), TRI_E_IO, "a folder is no file");
}

/* kv260 with one number changed in memory, not in a file. */
#define CHECKED(change, wanted)                                                                    \
    do {                                                                                           \
        struct tri_design d;                                                                       \
        cr_assert_eq(tri_design_read(kv260, &d), TRI_OK);                                          \
        change;                                                                                    \
        cr_expect_eq(tri_design_check(&d, "made"), TRI_E_FORMAT, "accepted: " #change);            \
        cr_expect_eq(strncmp(tri_error(), wanted, strlen(wanted)), 0, "%s", tri_error());          \
    } while (0)

Test(design, a_design_put_together_obeys_the_same_rules) {
    struct tri_design good;
    cr_assert_eq(tri_design_read(kv260, &good), TRI_OK);
    cr_expect_eq(tri_design_check(&good, "made"), TRI_OK);
    CHECKED(d.clock_mhz = 0.5, "made: clock_mhz: wanted a number from 1 to 10000, got 0.5");
    CHECKED(d.geometry.ports = 3, "made: ports: wanted 1, 2, 4, 8 or 16, got 3");
    CHECKED(d.memory.bytes_per_cycle = 17,
            "made: bytes_per_cycle: wanted a number from 0.01 to 16");
    CHECKED(d.memory.bytes_per_cycle = 0, "made: bytes_per_cycle: wanted");
    CHECKED(d.memory.latency = 0, "made: latency: wanted an integer from 1 to 100000, got 0");
    CHECKED(d.memory.outstanding = 257, "made: outstanding: wanted an integer from 1 to 256");
    CHECKED(d.memory.stall_permille = 901, "made: stall_permille: wanted");
    CHECKED(d.memory.refresh_cycles = 1950, "made: refresh_cycles: wanted less than");
}

Test(design, a_profile_follows_clock_and_width) {
    struct tri_design d;
    struct tri_memory m;
    cr_assert_eq(tri_design_read(kv260, &d), TRI_OK);
    for (int i = 0; i < TRI_PROFILES; i++) {
        cr_assert(tri_memory_profile(tri_profile_names[i], &d, &m));
        cr_expect_str_eq(m.profile, tri_profile_names[i]);
    }
    d.clock_mhz = 500;
    cr_assert(tri_memory_profile("kv260", &d, &m));
    cr_expect_eq(m.latency, 160);
    cr_expect_eq(m.bytes_per_cycle, 8.0);
    cr_expect_not(tri_memory_profile("ddr", &d, &m));
}

Test(design, says_where_a_geometry_is_wrong) {
    struct tri_geometry g = {4, 128, TRI_B3, 4, 1024, 6, 128};
    cr_expect_eq(tri_geometry_check(&g, "here:7"), TRI_E_FORMAT);
    cr_expect_str_eq(tri_error(), "here:7: t_max: wanted a power of two from tokens to 64, got 6");
    g.t_max = 8;
    cr_expect_eq(tri_geometry_check(&g, "here"), TRI_OK);
}

Test(design, counts_the_weights_of_a_beat) {
    struct tri_geometry g = {.beat_bits = 128, .encoding = TRI_B3};
    cr_expect_eq(tri_weights_per_beat(&g), 80);
    g.encoding = TRI_B2;
    cr_expect_eq(tri_weights_per_beat(&g), 64);
    g.beat_bits = 512;
    g.encoding = TRI_B3;
    cr_expect_eq(tri_weights_per_beat(&g), 320);
}

Test(design, hashes_the_line_of_text_that_the_page_gives) {
    /* FNV-1a 64 of "tritium 2 ports=4 beat_bits=128 encoding=1 tokens=1 k_max=6912 t_max=8
     * prefetch=512", computed with another program. */
    const struct tri_geometry g = {4, 128, TRI_B3, 1, 6912, 8, 512};
    cr_expect_eq(tri_design_hash(&g), UINT64_C(0x9a87f88f6ae2f1a5));
}

Test(design, hash_depends_on_every_number_of_the_geometry) {
    const struct tri_geometry base = {4, 128, TRI_B3, 1, 6912, 8, 512};
    const struct tri_geometry other[] = {
        {2, 128, TRI_B3, 1, 6912, 8, 512},  {4, 256, TRI_B3, 1, 6912, 8, 512},
        {4, 128, TRI_B2, 1, 6912, 8, 512},  {4, 128, TRI_B3, 2, 6912, 8, 512},
        {4, 128, TRI_B3, 1, 6913, 8, 512},  {4, 128, TRI_B3, 1, 6912, 16, 512},
        {4, 128, TRI_B3, 1, 6912, 8, 1024},
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        cr_expect_neq(tri_design_hash(&base), tri_design_hash(&other[i]), "number %zu", i);
    }
}

Test(design, gives_hardware_the_same_hash_and_numbers) {
    struct tri_design d;
    char wanted[64];
    cr_assert_eq(tri_design_read(kv260, &d), TRI_OK);
    char *params = read_text("build/gen/kv260/params.vlt");
    char *top = read_text("build/gen/kv260/tritium_top.sv");
    (void)snprintf(wanted, sizeof wanted, "-GDESIGN_HASH=64'h%016" PRIx64 "\n",
                   tri_design_hash(&d.geometry));
    cr_expect(strstr(params, wanted) != NULL, "%s is not in params.vlt", wanted);
    (void)snprintf(wanted, sizeof wanted, ".DESIGN_HASH(64'h%016" PRIx64 ")",
                   tri_design_hash(&d.geometry));
    cr_expect(strstr(top, wanted) != NULL, "%s is not in tritium_top.sv", wanted);
    cr_expect(strstr(params, "-GPORTS=4\n") != NULL);
    cr_expect(strstr(params, "-GK_MAX=6912\n") != NULL);
    cr_expect(strstr(top, "m_axi_w3_ARADDR") != NULL && strstr(top, "m_axi_w4_") == NULL);
    free(params);
    free(top);
}
