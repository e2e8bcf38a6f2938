/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks, counts and mutations that all targets share.
 */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_check(bool good, const char *what) {
    if (good) return;
    (void)fprintf(stderr, "fuzz: broken promise: %s (last message: %s)\n", what, tri_error());
    abort();
}

bool fuzz_ok(enum tri_status status) {
    if (status == TRI_OK) return true;
    const char *message = tri_error();
    fuzz_check(strcmp(tri_status_name(status), "unknown") != 0, "a status of the list");
    fuzz_check(message[0] != '\0', "a failure has a message");
    for (const char *c = message; *c != '\0'; c++)
        fuzz_check((unsigned char)*c >= 0x20, "a message is one line of text");
    return false;
}

/* jansson hashes with a random seed; an input must take the same way every time. */
__attribute__((constructor)) static void settle(void) { json_object_seed(1); }

static unsigned long accepted;

static void print_accepted(void) { (void)fprintf(stderr, "accepted: %lu\n", accepted); }

void fuzz_accepted(void) {
    if (accepted == 0 && getenv("TRI_FUZZ_COUNT") != NULL) (void)atexit(print_accepted);
    accepted++;
}

unsigned fuzz_random(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

uint64_t fuzz_interesting(uint64_t old, unsigned seed) {
    static const uint64_t values[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      8,
                                      31,
                                      32,
                                      127,
                                      128,
                                      255,
                                      256,
                                      4095,
                                      4096,
                                      65535,
                                      1 << 20,
                                      (1 << 20) + 1,
                                      INT32_MAX,
                                      1u << 31,
                                      UINT32_MAX,
                                      (uint64_t)UINT32_MAX + 1,
                                      INT64_MAX,
                                      (uint64_t)1 << 63,
                                      (uint64_t)1 << 60,
                                      (uint64_t)1 << 61,
                                      (uint64_t)1 << 62,
                                      UINT64_MAX - 31,
                                      UINT64_MAX};
    const unsigned kind = fuzz_random(&seed) % 8;
    const uint64_t value = values[fuzz_random(&seed) % (sizeof values / sizeof *values)];
    switch (kind) {
    case 0: return old + 1;
    case 1: return old - 1;
    case 2: return old * 2;
    case 3: return old ^ (uint64_t)1 << fuzz_random(&seed) % 64;
    case 4: return old + value;
    default: return value;
    }
}

size_t fuzz_mutate_part(uint8_t *data, size_t size, size_t max, size_t begin, size_t end) {
    const size_t tail = size - end, room = max - begin - tail;
    uint8_t *part = malloc(room + 1), *rest = malloc(tail + 1);
    fuzz_check(part != NULL && rest != NULL, "no memory to mutate");
    memcpy(part, data + begin, end - begin);
    memcpy(rest, data + end, tail);
    const size_t length = LLVMFuzzerMutate(part, end - begin, room);
    memcpy(data + begin, part, length);
    memcpy(data + begin + length, rest, tail);
    free(part);
    free(rest);
    return begin + length + tail;
}
