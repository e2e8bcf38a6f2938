// SPDX-License-Identifier: Apache-2.0
// Runs every stream test with several seeds and counts: tests/rtl/stream/runner.h.
#include "tests/rtl/stream/bench.h"
#include "tests/rtl/stream/runner.h"

int main() {
    const Test *const groups[] = {skid_buffer_tests, fifo_tests, axi_read_tests, axi_write_tests,
                                  weight_read_tests};
    Runner runner;
    printf("stream tests: seeds from %llu\n", (unsigned long long)runner.first());
    for (const Test *group : groups)
        for (const Test *test = group; test->name; test++)
            runner.test(test->name, 8, [&](uint64_t seed) { return test->run(test->name, seed); });
    return runner.finish();
}
