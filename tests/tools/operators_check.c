/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/unit/cpu_operators_check.h without Criterion, for processors whose programs run in an
 * emulator: the operators of every instruction set that is here against the reference.
 */
#include "tests/unit/cpu_operators_check.h"

int main(void) {
    unsigned passed = 0, failed = 0;
    for (int i = 0; i < TRI_ISAS; i++) {
        const enum tri_isa isa = (enum tri_isa)i;
        if (!tri_isa_here(isa)) continue;
        const struct tri_operators *o = tri_operators(isa);
        const bool ok[] = {operators_check_all(o, 21), operators_check_attentions(o, 22),
                           operators_check_exponential(o, 65537)};
        static const char *const names[] = {"operators", "attention", "exponential"};
        for (size_t k = 0; k < sizeof ok / sizeof ok[0]; k++) {
            printf("  %s  %s, %s\n", ok[k] ? "PASS" : "FAIL", names[k], tri_isa_name(isa));
            ok[k] ? passed++ : failed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
