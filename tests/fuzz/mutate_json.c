/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutations of JSON that leave it JSON: a string or number takes the place of another, or a number
 * becomes one on which sizes break.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { WORDS = 1024, LONGEST = 4096 };
struct words {
    size_t begin[WORDS], end[WORDS];
    unsigned count;
};

static bool numeric(uint8_t c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; }

/* Strings with their quotes, and numbers, of bytes [begin, end). */
static void find_words(const uint8_t *data, size_t begin, size_t end, struct words *w) {
    w->count = 0;
    for (size_t at = begin; at < end && w->count < WORDS;) {
        const size_t from = at;
        if (data[at] == '"') {
            for (at++; at < end && data[at] != '"'; at++) at += data[at] == '\\';
            at = at < end ? at + 1 : end;
        } else if (numeric(data[at])) {
            while (at < end && (numeric(data[at]) || data[at] == 'e')) at++;
        } else {
            at++;
            continue;
        }
        w->begin[w->count] = from;
        w->end[w->count++] = at;
    }
}

/* Bytes [begin, end) become text. Returns the new size, or the old one if there is no room. */
static size_t replace(uint8_t *data, size_t size, size_t max, size_t begin, size_t end,
                      const void *text, size_t length) {
    if (size - (end - begin) + length > max) return size;
    memmove(data + begin + length, data + end, size - end);
    memcpy(data + begin, text, length);
    return size - (end - begin) + length;
}

size_t fuzz_mutate_json(uint8_t *data, size_t size, size_t max, size_t begin, size_t end,
                        unsigned seed) {
    static struct words w;
    uint8_t one[LONGEST], two[LONGEST];
    find_words(data, begin, end, &w);
    const unsigned kind = fuzz_random(&seed) % 4;
    if (w.count < 2 || kind == 0) return fuzz_mutate_part(data, size, max, begin, end);
    unsigned i = fuzz_random(&seed) % w.count, k = fuzz_random(&seed) % w.count;
    /* Of the same kind, if there is one behind it. */
    while (k < w.count && (data[w.begin[k]] == '"') != (data[w.begin[i]] == '"')) k++;
    if (k == w.count) k = i;
    if (kind == 1 && data[w.begin[i]] != '"') {
        uint64_t old = 0;
        for (size_t at = w.begin[i]; at < w.end[i] && data[at] >= '0' && data[at] <= '9'; at++)
            old = 10 * old + (data[at] - (uint64_t)'0');
        (void)snprintf((char *)one, sizeof one, "%" PRIu64, fuzz_interesting(old, seed));
        return replace(data, size, max, w.begin[i], w.end[i], one, strlen((const char *)one));
    }
    if (i > k) {
        const unsigned swap = i;
        i = k;
        k = swap;
    }
    const size_t first = w.end[i] - w.begin[i], second = w.end[k] - w.begin[k];
    if (first > LONGEST || second > LONGEST) return fuzz_mutate_part(data, size, max, begin, end);
    memcpy(one, data + w.begin[i], first);
    memcpy(two, data + w.begin[k], second);
    if (kind == 1) return replace(data, size, max, w.begin[i], w.end[i], two, second);
    if (kind == 2) return replace(data, size, max, w.begin[k], w.end[k], one, first);
    if (i == k) return size;
    size = replace(data, size, max, w.begin[k], w.end[k], one, first);
    return replace(data, size, max, w.begin[i], w.end[i], two, second);
}
