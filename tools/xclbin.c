/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes xclbins for hardware emulation, by the format alone (struct axlf), without vendor tools:
 * `xclbin plan ...` prints what the emulated device needs, `xclbin write ...` the file around a zip
 * with that device. It makes no hardware: a card's xclbin comes from v++.
 */
#include "tools/xclbin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of sections, as in xclbin.h of XRT. */
enum {
    BITSTREAM = 0,
    EMBEDDED_METADATA = 2,
    MEM_TOPOLOGY = 6,
    CONNECTIVITY = 7,
    IP_LAYOUT = 8,
    CLOCK_FREQ_TOPOLOGY = 11,
    BUILD_METADATA = 14,
    USER_METADATA = 16,
    SECTIONS = 8
};
enum { DDR4 = 1, KERNEL = 1, HW_EMU = 4, HEADER = 456, SECTION = 40 };

struct blob {
    uint8_t *bytes;
    size_t size;
    bool failed;
};

static void append(struct blob *blob, const void *bytes, size_t size) {
    uint8_t *more = blob->failed ? NULL : realloc(blob->bytes, blob->size + size + 1);
    if (more == NULL) {
        blob->failed = true;
        return;
    }
    blob->bytes = more;
    if (size > 0) memcpy(more + blob->size, bytes, size);
    blob->size += size;
}

static void number(struct blob *blob, uint64_t value, unsigned size) {
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++) bytes[i] = (uint8_t)(value >> 8 * i);
    append(blob, bytes, size);
}

static void fill(struct blob *blob, uint8_t value, size_t count) {
    for (size_t i = 0; i < count; i++) append(blob, &value, 1);
}

/* Text in a field of `size` bytes, with its end. */
static void text(struct blob *blob, const char *value, size_t size) {
    const size_t length = strlen(value) < size ? strlen(value) : size - 1;
    append(blob, value, length);
    fill(blob, 0, size - length);
}

static bool read_file(const char *path, struct blob *blob) {
    uint8_t part[65536];
    FILE *in = fopen(path, "rb");
    if (in == NULL) return false;
    for (size_t got; (got = fread(part, 1, sizeof part, in)) > 0;) append(blob, part, got);
    const bool good = ferror(in) == 0;
    return fclose(in) == 0 && good && !blob->failed;
}

static void memory(const struct xclbin_plan *plan, struct blob *out) {
    number(out, plan->banks, 4);
    number(out, 0, 4);
    for (uint32_t b = 0; b < plan->banks; b++) {
        char tag[16];
        (void)snprintf(tag, sizeof tag, "bank%" PRIu32, b);
        number(out, DDR4, 1);
        number(out, 1, 7);
        number(out, plan->bank_bytes / 1024, 8);
        number(out, xclbin_bank_base(plan, b), 8);
        text(out, tag, 16);
    }
}

static void layout(const struct xclbin_plan *plan, struct blob *out) {
    number(out, plan->units, 4);
    number(out, 0, 4);
    for (uint32_t u = 0; u < plan->units; u++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s:%s_%" PRIu32, XCLBIN_KERNEL, XCLBIN_KERNEL, u + 1);
        number(out, KERNEL, 4);
        number(out, 1, 4); /* ap_ctrl_hs, with an interrupt */
        number(out, xclbin_unit_base(u), 8);
        text(out, name, 64);
    }
}

static void connectivity(const struct xclbin_plan *plan, struct blob *out) {
    uint32_t pointers = 0;
    for (uint32_t i = 0; i < plan->arguments; i++) pointers += plan->argument[i].port >= -1;
    number(out, (uint64_t)pointers * plan->units, 4);
    for (uint32_t u = 0; u < plan->units; u++) {
        for (uint32_t i = 0; i < plan->arguments; i++) {
            if (plan->argument[i].port < -1) continue;
            number(out, i, 4);
            number(out, u, 4);
            number(out, xclbin_bank(plan, u, plan->argument[i].port), 4);
        }
    }
}

static void clocks(const struct xclbin_plan *plan, struct blob *out) {
    const unsigned mhz = (unsigned)(plan->design.clock_mhz + 0.5);
    number(out, 1, 2);
    number(out, mhz, 2);
    number(out, 1, 6); /* the data clock */
    text(out, "DATA_CLK", 128);
}

static void xml(const struct xclbin_plan *plan, struct blob *out) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    if (stream != NULL) xclbin_write_xml(plan, stream);
    if (stream == NULL || fclose(stream) != 0) out->failed = true;
    append(out, bytes, size);
    free(bytes);
}

/* The file's identity: the same content has the same, so that XRT can tell two apart. */
static void identity(const struct blob *section, uint8_t *uuid) {
    uint64_t hash[2] = {0xcbf29ce484222325u, 0x84222325cbf29ce4u};
    for (int s = 0; s < SECTIONS; s++) {
        for (size_t i = 0; i < section[s].size; i++) {
            hash[0] = (hash[0] ^ section[s].bytes[i]) * 0x100000001b3u;
            hash[1] = (hash[1] + section[s].bytes[i]) * 0x100000001b3u;
        }
    }
    memcpy(uuid, hash, 16);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80); /* version 8: of one's own making */
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

static void header(const struct xclbin_plan *plan, const struct blob *section, uint64_t length,
                   struct blob *out) {
    uint8_t uuid[16];
    char platform[96];
    identity(section, uuid);
    (void)snprintf(platform, sizeof platform, "tritium_%s_emulation", plan->design.name);
    append(out, "xclbin2", 8);
    fill(out, 0xff, 4 + 28 + 256); /* no signature */
    number(out, 1, 8);             /* unique id */
    number(out, length, 8);
    fill(out, 0, 8 + 8);        /* no times: the same input gives the same file */
    number(out, 0x01020000, 4); /* patch, then 2.1 */
    number(out, HW_EMU, 2);
    fill(out, 0, 2 + 16);
    text(out, platform, 64);
    append(out, uuid, 16);
    fill(out, 0, 16);
    number(out, SECTIONS, 4);
    fill(out, 0, 4);
}

static uint64_t aligned(uint64_t value) { return (value + 7) / 8 * 8; }

static void assemble(const struct xclbin_plan *plan, const struct blob *section, struct blob *out) {
    static const uint32_t kinds[SECTIONS] = {MEM_TOPOLOGY,        IP_LAYOUT,      CONNECTIVITY,
                                             CLOCK_FREQ_TOPOLOGY, BUILD_METADATA, USER_METADATA,
                                             EMBEDDED_METADATA,   BITSTREAM};
    static const char *const names[SECTIONS] = {"mem_topology", "ip_layout", "connectivity",
                                                "clocks",       "build",     "design",
                                                "embedded",     "bitstream"};
    const uint64_t first = aligned(HEADER + SECTIONS * SECTION);
    uint64_t length = first;
    for (int s = 0; s < SECTIONS; s++) length += aligned(section[s].size);
    header(plan, section, length, out);
    uint64_t at = first;
    for (int s = 0; s < SECTIONS; s++) {
        number(out, kinds[s], 4);
        text(out, names[s], 16);
        fill(out, 0, 4);
        number(out, at, 8);
        number(out, section[s].size, 8);
        at += aligned(section[s].size);
    }
    fill(out, 0, (size_t)(first - out->size));
    for (int s = 0; s < SECTIONS; s++) {
        append(out, section[s].bytes, section[s].size);
        fill(out, 0, (size_t)(aligned(section[s].size) - section[s].size));
    }
}

static int write_file(const char *path, const struct blob *blob) {
    FILE *out = fopen(path, "wb");
    bool good = out != NULL && fwrite(blob->bytes, 1, blob->size, out) == blob->size;
    if (out != NULL) good = fclose(out) == 0 && good;
    if (good) return 0;
    fprintf(stderr, "xclbin: cannot write %s: %s\n", path, strerror(errno));
    return 1;
}

static int write_xclbin(const struct xclbin_plan *plan, const char *design, const char *zip,
                        const char *path) {
    struct blob section[SECTIONS] = {0}, out = {0};
    const char *bad = NULL;
    memory(plan, &section[0]);
    layout(plan, &section[1]);
    connectivity(plan, &section[2]);
    clocks(plan, &section[3]);
    static const char build[] = "{\"build_metadata\": {\"xclbin\": {\"generated_by\": "
                                "{\"name\": \"tritium tools/xclbin\"}}}}\n";
    append(&section[4], build, sizeof build - 1);
    if (!read_file(design, &section[5])) bad = design;
    xml(plan, &section[6]);
    if (bad == NULL && !read_file(zip, &section[7])) bad = zip;
    bool failed = false;
    for (int s = 0; s < SECTIONS; s++) failed |= section[s].failed;
    int code = 1;
    if (bad != NULL) {
        fprintf(stderr, "xclbin: cannot read %s: %s\n", bad, strerror(errno));
    } else {
        assemble(plan, section, &out);
        if (failed || out.failed)
            fprintf(stderr, "xclbin: out of memory\n");
        else
            code = write_file(path, &out);
    }
    for (int s = 0; s < SECTIONS; s++) free(section[s].bytes);
    free(out.bytes);
    return code;
}

static int usage(void) {
    fprintf(stderr,
            "usage: xclbin plan CONTRACT.yaml DESIGN.yaml UNITS BANK_KIB\n"
            "       xclbin write CONTRACT.yaml DESIGN.yaml UNITS BANK_KIB DEVICE.zip OUT.xclbin\n");
    return 2;
}

int main(int argc, char **argv) {
    const bool plan_only = argc == 6 && strcmp(argv[1], "plan") == 0;
    if (!plan_only && (argc != 8 || strcmp(argv[1], "write") != 0)) return usage();
    char *end[2];
    const unsigned long units = strtoul(argv[4], &end[0], 10);
    const unsigned long long kib = strtoull(argv[5], &end[1], 10);
    if (*end[0] != '\0' || *end[1] != '\0' || units > XCLBIN_UNITS || kib > 1ULL << 32) {
        return usage();
    }
    struct xclbin_plan plan;
    if (xclbin_plan_make(argv[2], argv[3], (uint32_t)units, kib * 1024, &plan) != TRI_OK) {
        fprintf(stderr, "xclbin: %s\n", tri_error());
        return 1;
    }
    if (!plan_only) return write_xclbin(&plan, argv[3], argv[6], argv[7]);
    xclbin_write_plan(&plan, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
