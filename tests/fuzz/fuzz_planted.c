/* SPDX-License-Identifier: Apache-2.0
 *
 * Not a target: a reader with a planted fault, one byte behind the end of a mapped file. The suite
 * wants it found, else it would find nothing of the kind anywhere.
 */
#include "ref/map.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_map *map = NULL;
    static volatile unsigned sink;
    if (fuzz_ok(tri_map_open(fuzz_file(0, data, size), 1, &map))) sink = map->data[map->size];
    tri_map_close(map);
    (void)sink;
    return 0;
}
