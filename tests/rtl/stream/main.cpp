// SPDX-License-Identifier: Apache-2.0
// Runs every stream test with several seeds and counts. SEED in the environment gives the first
// seed, SEEDS the number of seeds for each test.
#include "tests/rtl/stream/bench.h"

#include <cstdlib>

static uint64_t from_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, nullptr, 0) : otherwise;
}

int main() {
    const uint64_t first = from_environment("SEED", 1);
    const uint64_t seeds = from_environment("SEEDS", 8);
    const Test *const groups[] = {skid_buffer_tests, fifo_tests, axi_read_tests, axi_write_tests};
    unsigned passed = 0, failed = 0;
    printf("stream tests: seeds %llu to %llu\n", (unsigned long long)first,
           (unsigned long long)(first + seeds - 1));
    for (const Test *group : groups) {
        for (const Test *test = group; test->name; test++) {
            unsigned good = 0;
            for (uint64_t seed = first; seed < first + seeds; seed++)
                good += test->run(test->name, seed);
            passed += good;
            failed += (unsigned)seeds - good;
            printf("%-60s %u of %llu\n", test->name, good, (unsigned long long)seeds);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
