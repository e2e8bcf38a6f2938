/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: an xclbin. A design that was found in it obeys the rules of designs.
 */
#include "driver/xrt_xclbin.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_xclbin xclbin;
    if (!fuzz_ok(tri_xclbin_read(fuzz_file(0, data, size), &xclbin))) return 0;
    if (!xclbin.has_design) return 0;
    fuzz_check(fuzz_ok(tri_geometry_check(&xclbin.design.geometry, "input")), "a checked geometry");
    fuzz_accepted();
    return 0;
}
