/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract generator: contract ACCEL.yaml [--c FILE] [--verilog FILE] [--markdown FILE].
 * Reads and checks the contract, then writes what was asked for; each file is whole or untouched.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/contract.h"

static int write_file(const char *path, const struct contract *contract,
                      void (*write)(const struct contract *, FILE *)) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        fprintf(stderr, "contract: path too long: %.64s...\n", path);
        return 1;
    }
    FILE *out = fopen(temporary, "wb");
    if (out != NULL) {
        write(contract, out);
        int failed = ferror(out) != 0;
        failed |= fclose(out) != 0;
        if (!failed && rename(temporary, path) == 0) return 0;
    }
    fprintf(stderr, "contract: cannot write %s: %s\n", path, strerror(errno));
    (void)remove(temporary);
    return 1;
}

int main(int argc, char **argv) {
    static const struct {
        const char *option;
        void (*write)(const struct contract *, FILE *);
    } outputs[] = {{"--c", contract_write_c},
                   {"--verilog", contract_write_verilog},
                   {"--markdown", contract_write_markdown}};
    enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };
    static struct contract contract;
    if (argc < 2 || argc % 2 != 0) {
        fprintf(stderr, "usage: %s ACCEL.yaml [--c FILE] [--verilog FILE] [--markdown FILE]\n",
                argv[0]);
        return 2;
    }
    if (contract_read(argv[1], &contract) != TRI_OK) {
        fprintf(stderr, "%s\n", tri_error());
        return 1;
    }
    for (int i = 2; i < argc; i += 2) {
        size_t o = 0;
        while (o < OUTPUTS && strcmp(argv[i], outputs[o].option) != 0) o++;
        if (o == OUTPUTS) {
            fprintf(stderr, "contract: unknown option %s, known: --c --verilog --markdown\n",
                    argv[i]);
            return 2;
        }
        if (write_file(argv[i + 1], &contract, outputs[o].write) != 0) return 1;
    }
    return 0;
}
