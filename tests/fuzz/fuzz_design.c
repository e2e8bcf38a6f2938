/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a design file. What was accepted and printed is a design again, and the same one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/design.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_design design, again;
    if (!fuzz_ok(tri_design_read(fuzz_file(0, data, size), &design))) return 0;
    fuzz_check(fuzz_ok(tri_geometry_check(&design.geometry, "input")), "a checked geometry");
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    fuzz_check(out != NULL, "no memory for text");
    tri_design_print(&design, out);
    (void)fclose(out);
    fuzz_check(fuzz_ok(tri_design_read(fuzz_file(1, text, bytes), &again)), "printed and read");
    free(text);
    fuzz_check(strcmp(design.name, again.name) == 0, "the same name");
    fuzz_check(tri_design_hash(&design.geometry) == tri_design_hash(&again.geometry), "the hash");
    fuzz_check(design.memory.latency == again.memory.latency, "the same latency");
    fuzz_check(design.memory.stall_permille == again.memory.stall_permille, "the same stalls");
    fuzz_accepted();
    return 0;
}
