/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of every instruction set that this machine has, against the reference, bit for bit.
 * Those of another processor: make test-cpu-aarch64.
 */
#include <criterion/criterion.h>

#include "tests/unit/cpu_operators_check.h"

/* Calls the check for each instruction set that is here, and says which. */
#define ON_EACH_ISA(check)                                                                         \
    for (int isa_ = 0; isa_ < TRI_ISAS; isa_++) {                                                  \
        const enum tri_isa isa = (enum tri_isa)isa_;                                               \
        if (!tri_isa_here(isa)) continue;                                                          \
        const struct tri_operators *o = tri_operators(isa);                                        \
        cr_expect(check, "%s differs from the reference", tri_isa_name(isa));                      \
    }

Test(cpu_operators,
     equal_the_reference_on_every_length_and_on_nasty_data){ON_EACH_ISA(operators_check_all(o, 11))}

Test(cpu_operators, attention_equals_the_reference_for_any_heads_dimension_and_positions){
    ON_EACH_ISA(operators_check_attentions(o, 12))}

Test(cpu_operators, the_exponential_is_the_references_over_the_whole_range){
    ON_EACH_ISA(operators_check_exponential(o, 7919))}

Test(cpu_operators, each_instruction_set_has_a_table_of_its_own) {
    const struct tri_operators *portable = tri_operators(TRI_ISA_PORTABLE);
    cr_assert(portable->dot == tri_dot, "portable means the reference itself");
    for (int isa = TRI_ISA_NEON; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        cr_assert(tri_operators((enum tri_isa)isa) != portable, "%s has no operators",
                  tri_isa_name((enum tri_isa)isa));
    }
}
