/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a replay file. What was accepted can be computed and written. The mutator gives the
 * file the size that its numbers ask for and a right checksum, most of the time.
 */
#include <isa-l.h>
#include <stdlib.h>
#include <string.h>

#include "host/replay.h"
#include "tests/fuzz/fuzz.h"

/* host/replay.h has the layout. */
enum { NAMES = 12, ROWS = 84, FIXED = 116 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_replay replay;
    if (fuzz_ok(tri_replay_read(fuzz_file(0, data, size), &replay))) {
        int32_t *sums = malloc((size_t)replay.rows * replay.tokens * sizeof *sums);
        fuzz_check(sums != NULL, "no memory for sums");
        tri_replay_compute(&replay, sums);
        free(sums);
        fuzz_check(replay.row < replay.rows && replay.token < replay.tokens, "a difference");
        fuzz_check(memchr(replay.uri, 0, sizeof replay.uri) != NULL, "the address ends");
        fuzz_check(memchr(replay.name, 0, sizeof replay.name) != NULL, "the name ends");
        fuzz_check(fuzz_ok(tri_replay_write(&replay, "/dev/null")), "it can be written");
        fuzz_accepted();
    }
    tri_replay_free(&replay);
    return 0;
}

static uint32_t get(const uint8_t *from) {
    uint32_t value = 0;
    memcpy(&value, from, sizeof value);
    return value;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    const unsigned kind = fuzz_random(&seed) % 8;
    if (kind < 4 && size >= FIXED) {
        const size_t at = 8 + fuzz_random(&seed) % ((FIXED - 8) / 4) * 4;
        const uint64_t value = fuzz_interesting(get(data + at), fuzz_random(&seed));
        memcpy(data + at, &value, 4);
    } else {
        size = LLVMFuzzerMutate(data, size, max);
    }
    if (size < FIXED + 4 || kind == 7) return size;
    const uint64_t rows = get(data + ROWS), cols = get(data + ROWS + 4),
                   tokens = get(data + ROWS + 8);
    uint64_t names = 0;
    for (size_t i = 0; i < 3; i++) names += get(data + NAMES + 4 * i);
    if (rows < max && cols < max && tokens < max && kind != 6) {
        const uint64_t whole =
            FIXED + names + rows * ((cols + 3) / 4) + tokens * cols + tokens * rows * 4 + 4;
        if (whole <= max && whole >= FIXED + 4) {
            if (whole > size) memset(data + size, 0x24, (size_t)whole - size);
            size = (size_t)whole;
        }
    }
    const uint32_t crc = crc32_iscsi(data, (int)(size - 4), 0xffffffffu);
    memcpy(data + size - 4, &crc, sizeof crc);
    return size;
}
