// SPDX-License-Identifier: Apache-2.0
// Runs the tests of one module, TESTED, as the suite of its room runs them. Knows no mutant: the
// model it is linked with is one.
#include "tests/rtl/stream/bench.h"
#include "tests/rtl/stream/runner.h"

extern const Test TESTED[];

int main() {
    Runner runner("mutant");
    runner.all({TESTED}, [](const Test &) { return DEFAULT_SEEDS; });
    return runner.finish();
}
