/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutations of GGUF files: numbers of the header (counts, lengths, types, offsets) take values on
 * which sizes break, strings change together with their length, and when the header grows the data
 * stays aligned.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Where numbers stand in a header, as far as it can be followed. */
enum { FIELDS = 4096 };
struct walk {
    const uint8_t *data;
    size_t size, at;
    struct {
        size_t at;
        unsigned bytes;
        bool string; /* the length of one */
    } field[FIELDS];
    unsigned count;
};

static uint64_t number(struct walk *w, unsigned bytes) {
    uint64_t value = 0;
    if (w->size - w->at < bytes) {
        w->at = w->size;
        return 0;
    }
    memcpy(&value, w->data + w->at, bytes);
    if (w->count < FIELDS) {
        w->field[w->count].at = w->at;
        w->field[w->count].string = false;
        w->field[w->count++].bytes = bytes;
    }
    w->at += bytes;
    return value;
}

static void skip(struct walk *w, uint64_t bytes) {
    w->at = bytes < w->size - w->at ? w->at + (size_t)bytes : w->size;
}

static void string(struct walk *w) {
    const unsigned field = w->count;
    const uint64_t length = number(w, 8);
    if (w->count > field) w->field[field].string = length <= w->size - w->at;
    skip(w, length);
}

static void element(struct walk *w, uint64_t type) {
    static const unsigned char widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    if (type == 8)
        string(w);
    else if (type < sizeof widths && widths[type] != 0)
        (void)number(w, widths[type]);
}

static void follow(struct walk *w) {
    skip(w, 4);
    (void)number(w, 4);
    const uint64_t tensors = number(w, 8), values = number(w, 8);
    for (uint64_t i = 0; i < values && w->at < w->size; i++) {
        string(w);
        const uint64_t type = number(w, 4);
        const uint64_t of = type == 9 ? number(w, 4) : type, count = type == 9 ? number(w, 8) : 1;
        for (uint64_t k = 0; k < count && w->at < w->size; k++) {
            const size_t before = w->at;
            element(w, of);
            if (w->at == before) break;
        }
    }
    for (uint64_t i = 0; i < tensors && w->at < w->size; i++) {
        string(w);
        const uint64_t dims = number(w, 4);
        for (uint64_t k = 0; k < dims && k < 8; k++) (void)number(w, 8);
        (void)number(w, 4);
        (void)number(w, 8);
    }
}

static size_t aligned(size_t at) { return (at + 31) / 32 * 32; }

/* Bytes [begin, end) of the header change; its new end is padded as the data behind it needs. A
 * string's length, if `string`, stands before begin. */
static size_t mutate_header(const struct walk *w, uint8_t *data, size_t max, size_t begin,
                            size_t end, bool string) {
    const size_t size = w->size, start = aligned(w->at);
    const size_t mutated = fuzz_mutate_part(data, size, max - 32, begin, end);
    const uint64_t length = end - begin + mutated - size;
    if (string) memcpy(data + begin - 8, &length, 8);
    const size_t header = w->at + mutated - size, want = aligned(header);
    if (start >= size) return mutated; /* no data */
    memmove(data + want, data + header + (start - w->at), size - start);
    memset(data + header, 0, want - header);
    return want + size - start;
}

static void mutate_number(const struct walk *w, uint8_t *data, unsigned seed) {
    const unsigned i = fuzz_random(&seed) % w->count;
    uint64_t value = 0;
    memcpy(&value, data + w->field[i].at, w->field[i].bytes);
    value = fuzz_interesting(value, fuzz_random(&seed));
    memcpy(data + w->field[i].at, &value, w->field[i].bytes);
}

size_t fuzz_mutate_gguf(uint8_t *data, size_t size, size_t max, unsigned seed) {
    static struct walk w;
    w.data = data;
    w.size = size;
    w.at = 0;
    w.count = 0;
    const unsigned kind = fuzz_random(&seed) % 8;
    if (size >= 24) follow(&w);
    if (kind == 0 || w.count < 3 || max < size + 64) return LLVMFuzzerMutate(data, size, max);
    if (kind == 1) return mutate_header(&w, data, max, 0, w.at, false);
    const unsigned i = fuzz_random(&seed) % w.count;
    if (kind < 5 && w.field[i].string) {
        uint64_t length = 0;
        const size_t at = w.field[i].at;
        memcpy(&length, data + at, 8);
        return mutate_header(&w, data, max, at + 8, at + 8 + (size_t)length, true);
    }
    mutate_number(&w, data, seed);
    if (kind == 7) mutate_number(&w, data, fuzz_random(&seed));
    return size;
}
