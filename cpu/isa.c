/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler's target allows and what processor and system say at run time. No kernel here.
 */
#define _GNU_SOURCE /* syscall */
#include "cpu/isa.h"

#include <stdio.h>
#include <string.h>

#if defined __x86_64__ && defined __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const names[TRI_ISAS] = {"portable", "neon", "avx2", "avx512", "amx"};

const char *tri_isa_name(enum tri_isa isa) {
    return (unsigned)isa < TRI_ISAS ? names[isa] : "unknown";
}

#if defined __x86_64__
static bool avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}

/* Tiles are 8 KiB of state that Linux gives a process only on request: arch_prctl(ARCH_REQ_XCOMP_
 * PERM, XTILEDATA). Once granted it holds for all threads; asking again does no harm. */
static bool amx(void) {
#if defined __linux__
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    unsigned eax = 7, ebx, ecx = 0, edx;
    if (!avx512()) return false;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    const bool tile = (edx >> 24 & 1) != 0, int8 = (edx >> 25 & 1) != 0;
    return tile && int8 && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
    return false;
#endif
}
#endif

bool tri_isa_here(enum tri_isa isa) {
    switch (isa) {
    case TRI_ISA_PORTABLE: return true;
#if defined __aarch64__
    case TRI_ISA_NEON: return true;
#endif
#if defined __x86_64__
    case TRI_ISA_AVX2: return __builtin_cpu_supports("avx2");
    case TRI_ISA_AVX512: return avx512();
    case TRI_ISA_AMX: return amx();
#endif
    default: return false;
    }
}

enum tri_isa tri_isa_best(void) {
    int isa = TRI_ISAS - 1;
    while (isa > 0 && !tri_isa_here((enum tri_isa)isa)) isa--;
    return (enum tri_isa)isa;
}

enum tri_status tri_isa_parse(const char *name, enum tri_isa *isa) {
    char here[64] = "";
    for (int i = 0; i < TRI_ISAS; i++) {
        if (!tri_isa_here((enum tri_isa)i)) continue;
        const size_t used = strlen(here);
        (void)snprintf(here + used, sizeof here - used, "%s%s", used > 0 ? ", " : "", names[i]);
    }
    for (int i = 0; i < TRI_ISAS; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        if (!tri_isa_here((enum tri_isa)i)) {
            return tri_fail(TRI_E_UNSUPPORTED,
                            "instruction set: wanted one that this machine and build have (%s), "
                            "got %s",
                            here, name);
        }
        *isa = (enum tri_isa)i;
        return TRI_OK;
    }
    return tri_fail(TRI_E_ARGUMENT,
                    "instruction set: wanted portable, neon, avx2, avx512 or amx, got '%s'", name);
}
