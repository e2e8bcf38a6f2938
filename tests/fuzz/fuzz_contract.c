/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the accelerator contract as the generator reads it, and what it writes from it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tools/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct contract contract;
    if (!fuzz_ok(contract_read(fuzz_file(0, data, size), &contract))) return 0;
    fuzz_check(contract.registers.count <= CONTRACT_MOST, "a list has its size");
    void (*const writers[])(const struct contract *, FILE *) = {
        contract_write_c, contract_write_verilog, contract_write_markdown};
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        fuzz_check(out != NULL, "no memory for text");
        writers[i](&contract, out);
        fuzz_check(fclose(out) == 0 && bytes > 0, "something is written");
        free(text);
    }
    fuzz_accepted();
    return 0;
}
