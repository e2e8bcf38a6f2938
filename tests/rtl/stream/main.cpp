// SPDX-License-Identifier: Apache-2.0
// Runs every stream test with several seeds and counts: tests/rtl/stream/runner.h.
#include "tests/rtl/stream/bench.h"
#include "tests/rtl/stream/runner.h"

int main() {
    Runner runner("stream");
    runner.all({skid_buffer_tests, fifo_tests, axi_read_tests, axi_write_tests, weight_read_tests},
               [](const Test &) { return 8; });
    return runner.finish();
}
