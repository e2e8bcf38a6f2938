// SPDX-License-Identifier: Apache-2.0
// Runs every module test with several seeds and counts: tests/rtl/stream/runner.h.
#include "tests/rtl/modules/module.h"
#include "tests/rtl/stream/runner.h"

int main() {
    const Test *const groups[] = {trit_decode_tests,   dot_tests,         activation_buffer_tests,
                                  result_buffer_tests, sequencer_tests,   front_tests,
                                  write_back_tests,    run_control_tests, control_tests};
    Runner runner;
    printf("module tests: seeds from %llu\n", (unsigned long long)runner.first());
    for (const Test *group : groups)
        for (const Test *test = group; test->name; test++)
            runner.test(test->name, 4, [&](uint64_t seed) { return test->run(test->name, seed); });
    return runner.finish();
}
