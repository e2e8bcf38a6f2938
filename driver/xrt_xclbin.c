/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an xclbin's header and the one section that Tritium put there. The format is struct axlf of
 * XRT's xclbin.h; offsets stand here because the driver builds without XRT.
 */
#include "driver/xrt_xclbin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 456, SECTION = 40, LENGTH_AT = 304, MODE_AT = 332, SECTIONS_AT = 448 };
enum { SECTIONS_MAX = 65536, DESIGN_MAX = 65536 };
enum { MEM_TOPOLOGY = 6, CONNECTIVITY = 7, IP_LAYOUT = 8, USER_METADATA = 16 };
enum { MODE_HW_EMU = 4, MODE_SW_EMU = 5, MODE_HW_EMU_PR = 6 };

struct section {
    uint32_t kind;
    uint64_t offset, size;
};

static uint64_t number(const uint8_t *at, unsigned size) {
    uint64_t value = 0;
    for (unsigned i = size; i-- > 0;) value = value << 8 | at[i];
    return value;
}

static enum tri_status read_at(FILE *in, const char *path, uint64_t offset, void *to, size_t size) {
    if (fseeko(in, (off_t)offset, SEEK_SET) == 0 && fread(to, 1, size, in) == size) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: truncated xclbin: no %zu bytes at %llu", path, size,
                    (unsigned long long)offset);
}

static enum tri_status check_header(const uint8_t *header, const char *path, uint64_t size) {
    if (memcmp(header, "xclbin2", 8) != 0) {
        return tri_fail(TRI_E_FORMAT, "%s: not an xclbin: wanted \"xclbin2\" at its start", path);
    }
    const uint64_t length = number(header + LENGTH_AT, 8);
    if (length > size) { /* a signature may follow */
        return tri_fail(TRI_E_FORMAT, "%s: truncated xclbin: wanted %llu bytes, got %llu", path,
                        (unsigned long long)length, (unsigned long long)size);
    }
    const uint64_t sections = number(header + SECTIONS_AT, 4);
    if (sections >= 1 && sections <= SECTIONS_MAX && HEADER + sections * SECTION <= size) {
        return TRI_OK;
    }
    return tri_fail(TRI_E_FORMAT, "%s: damaged xclbin: %llu sections in %llu bytes", path,
                    (unsigned long long)sections, (unsigned long long)size);
}

static enum tri_status read_section(FILE *in, const char *path, uint64_t size, uint64_t i,
                                    struct section *section) {
    uint8_t bytes[SECTION];
    TRI_TRY(read_at(in, path, HEADER + i * SECTION, bytes, sizeof bytes));
    section->kind = (uint32_t)number(bytes, 4);
    section->offset = number(bytes + 24, 8);
    section->size = number(bytes + 32, 8);
    if (section->offset <= size && section->size <= size - section->offset) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: damaged xclbin: section %llu is not inside the file", path,
                    (unsigned long long)i);
}

/* Other people's metadata are not an error: then the file does not say its design. */
static enum tri_status read_design(FILE *in, const char *path, const struct section *section,
                                   struct tri_xclbin *xclbin) {
    if (section->size == 0 || section->size > DESIGN_MAX) return TRI_OK;
    char *text = malloc(section->size);
    if (text == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", path);
    enum tri_status status = read_at(in, path, section->offset, text, section->size);
    FILE *stream = status == TRI_OK ? fmemopen(text, section->size, "rb") : NULL;
    if (stream != NULL) {
        xclbin->has_design = tri_design_read_stream(stream, path, &xclbin->design) == TRI_OK;
        (void)fclose(stream);
    }
    free(text);
    return status;
}

static enum tri_status read_file(FILE *in, const char *path, struct tri_xclbin *xclbin) {
    uint8_t header[HEADER];
    if (fseeko(in, 0, SEEK_END) != 0) return tri_fail(TRI_E_IO, "%s: cannot be read", path);
    const off_t size = ftello(in);
    if (size < HEADER) {
        return tri_fail(TRI_E_FORMAT, "%s: not an xclbin: wanted at least %d bytes, got %lld", path,
                        HEADER, (long long)size);
    }
    TRI_TRY(read_at(in, path, 0, header, sizeof header));
    TRI_TRY(check_header(header, path, (uint64_t)size));
    const uint64_t mode = number(header + MODE_AT, 2);
    if (mode == MODE_SW_EMU) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: an xclbin for software emulation, wanted one for "
                        "a card or for hardware emulation",
                        path);
    }
    xclbin->emulation = mode == MODE_HW_EMU || mode == MODE_HW_EMU_PR;
    uint32_t seen = 0;
    for (uint64_t i = 0; i < number(header + SECTIONS_AT, 4); i++) {
        struct section section;
        TRI_TRY(read_section(in, path, (uint64_t)size, i, &section));
        /* Only the first of a kind counts, so a hostile file cannot ask for thousands. */
        const bool first = section.kind < 32 && !(seen & 1u << section.kind);
        if (first) seen |= 1u << section.kind;
        if (first && section.kind == USER_METADATA)
            TRI_TRY(read_design(in, path, &section, xclbin));
    }
    const uint32_t wanted = 1u << MEM_TOPOLOGY | 1u << CONNECTIVITY | 1u << IP_LAYOUT;
    if ((seen & wanted) == wanted) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: an xclbin without memory, connectivity or compute units",
                    path);
}

enum tri_status tri_xclbin_read(const char *path, struct tri_xclbin *xclbin) {
    memset(xclbin, 0, sizeof *xclbin);
    FILE *in = fopen(path, "rb");
    if (in == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    const enum tri_status status = read_file(in, path, xclbin);
    (void)fclose(in);
    return status;
}
