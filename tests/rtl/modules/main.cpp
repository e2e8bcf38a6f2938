// SPDX-License-Identifier: Apache-2.0
// Runs every module test with several seeds and counts: tests/rtl/stream/runner.h.
#include "tests/rtl/modules/module.h"
#include "tests/rtl/stream/runner.h"

int main() {
    Runner runner("module");
    runner.all({trit_decode_tests, dot_tests, activation_buffer_tests, result_buffer_tests,
                sequencer_tests, front_tests, write_back_tests, run_control_tests, control_tests,
                array_tests},
               [](const Test &) { return 4; });
    return runner.finish();
}
