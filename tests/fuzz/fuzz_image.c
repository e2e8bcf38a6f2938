/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: an image file for one of two small designs. Three checksums stand before anything
 * is believed, so the mutator makes them and the design hash right again, as a careless writer
 * would; one time in eight it does not.
 */
#include <string.h>

#include "driver/image.h"
#include "driver/image_private.h"
#include "tests/fuzz/fuzz.h"

/* seeds.c writes images of these. */
static const struct tri_geometry geometries[2] = {{1, 128, TRI_B2, 1, 1024, 8, 128},
                                                  {2, 128, TRI_B3, 1, 1024, 8, 128}};
/* Of the header in driver/image_file.c; a wrong one would leave the seeds refused. */
enum { CRC = 12, HASH = 16, PORTS = 24, COUNT = 52, PORT_BYTES = 56, HEADER = 88 };
enum { RECORD = 136, OFFSET = 56, BYTES = 64, CRCS = 72 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct tri_geometry *geometry = &geometries[size > PORTS && data[PORTS] == 2];
    struct tri_image *image = NULL;
    if (!fuzz_ok(tri_image_load(fuzz_file(0, data, size), geometry, &image))) return 0;
    fuzz_check(tri_image_verify(image) == TRI_OK, "loaded and checked again");
    static volatile unsigned sink;
    unsigned sum = 0;
    for (uint32_t i = 0; i < image->count; i++) {
        const struct tri_image_matrix *matrix = &image->matrix[i];
        fuzz_check(memchr(matrix->name, 0, sizeof matrix->name) != NULL, "a name ends");
        fuzz_check(matrix->offset + matrix->bytes <= image->port_bytes, "a matrix is inside");
    }
    for (uint32_t port = 0; port < image->geometry.ports; port++)
        for (uint64_t k = 0; k < image->port_bytes; k++) sum += image->port[port][k];
    sink = sum;
    (void)sink;
    tri_image_destroy(image);
    fuzz_accepted();
    return 0;
}

static uint64_t get(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    memcpy(&value, from, bytes);
    return value;
}

static void repair(uint8_t *data, size_t size) {
    const uint64_t hash = tri_design_hash(&geometries[data[PORTS] == 2]);
    memcpy(data + HASH, &hash, sizeof hash);
    const uint64_t count = get(data + COUNT, 4), port_bytes = get(data + PORT_BYTES, 8);
    const uint64_t head = (HEADER + count * RECORD + 4095) / 4096 * 4096;
    if (head > size) return;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *record = data + HEADER + i * RECORD;
        const uint64_t offset = get(record + OFFSET, 8), bytes = get(record + BYTES, 8);
        for (uint64_t port = 0; port < 2; port++) {
            const uint64_t room = size - head;
            if (port * port_bytes > room || offset > room - port * port_bytes ||
                bytes > room - port * port_bytes - offset)
                continue;
            const uint32_t crc = tri_crc32c(data + head + port * port_bytes + offset, bytes);
            if (port < data[PORTS]) memcpy(record + CRCS + 4 * port, &crc, sizeof crc);
        }
    }
    memset(data + CRC, 0, 4);
    const uint32_t crc = tri_crc32c(data, head);
    memcpy(data + CRC, &crc, sizeof crc);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    const unsigned kind = fuzz_random(&seed) % 8;
    if (kind < 4 && size >= HEADER + RECORD) { /* numbers of the header or the first record */
        const size_t at = fuzz_random(&seed) % 2 == 0 ? 8 + fuzz_random(&seed) % 17 * 4
                                                      : HEADER + 48 + fuzz_random(&seed) % 6 * 4;
        const uint64_t value = fuzz_interesting(get(data + at, 4), fuzz_random(&seed));
        memcpy(data + at, &value, 4);
    } else {
        size = LLVMFuzzerMutate(data, size, max);
    }
    if (fuzz_random(&seed) % 8 != 0 && size >= HEADER) repair(data, size);
    return size;
}
