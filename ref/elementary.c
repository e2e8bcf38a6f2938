/* SPDX-License-Identifier: Apache-2.0
 *
 * The elementary functions of elementary.h: argument reduction with split constants, then a
 * polynomial in Horner form. Every constant is written out, every operation is one IEEE operation.
 */
#include "ref/elementary.h"

/* An infinity or a NaN without <math.h>. */
#define INFINITE     tri_float_from_bits(0x7f800000u)
#define NOT_A_NUMBER tri_float_from_bits(0x7fc00000u)

float tri_sqrt(float x) {
    uint32_t bits = tri_float_bits(x);
    if (bits == 0 || bits == 0x80000000u || bits == 0x7f800000u) return x;
    if (bits > 0x7f800000u) return NOT_A_NUMBER; /* negative, or NaN */

    int exponent = (int)(bits >> 23) - 127;
    uint32_t mantissa = bits & 0x7fffffu;
    if (exponent == -127) { /* subnormal: shift until the leading one is where it is elsewhere */
        exponent = -126;
        while ((mantissa & 0x800000u) == 0) mantissa <<= 1, exponent--;
    } else {
        mantissa |= 0x800000u;
    }
    /* x = mantissa * 2^(exponent - 23). An even exponent can be halved. */
    uint64_t square = mantissa;
    if (exponent & 1) square <<= 1, exponent--;
    square <<= 25; /* 2^48 <= square < 2^50, so its root has 25 bits: 24 and one for rounding */

    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 24; bit != 0; bit >>= 1) {
        uint64_t next = root | bit;
        if (next * next <= square) root = next;
    }
    /* Half way would need a root with exactly 25 bits, whose square has more than 24: no ties. */
    uint32_t rounded = (uint32_t)((root + 1) >> 1);
    /* rounded is 2^23..2^24; adding it instead of merging it carries into the exponent by itself.
     */
    return tri_float_from_bits(((uint32_t)(exponent / 2 + 126) << 23) + rounded);
}

float tri_exp(float x) {
    const float log2_e = 0x1.715476p+0f;
    const float ln2_high = 0x1.62p-1f; /* nine bits: k * ln2_high is exact */
    const float ln2_low = 0x1.c85fep-10f;
    if (x != x) return x;
    if (x > 88.7f) return INFINITE;
    if (x < -87.3f) return 0.0f; /* before the result becomes subnormal */

    float k = tri_round(x * log2_e);
    float r = (x - k * ln2_high) - k * ln2_low; /* |r| <= ln2 / 2 */
    /* (e^r - 1 - r) / r^2, interpolated at the five Chebyshev nodes of |r| <= ln2 / 2. */
    float p = 0x1.6d1380p-10f;
    p = p * r + 0x1.120de4p-7f;
    p = p * r + 0x1.555518p-5f;
    p = p * r + 0x1.5554dap-3f;
    p = p * r + 0x1.000000p-1f;
    float y = p * (r * r) + r + 1.0f;
    /* 2^k in two factors: k may be 128, which no float exponent holds. */
    int half = (int)k / 2;
    int rest = (int)k - half;
    return y * tri_float_from_bits((uint32_t)(half + 127) << 23) *
           tri_float_from_bits((uint32_t)(rest + 127) << 23);
}

/* sin(r) and cos(r) for |r| <= pi/4: Taylor, the first term left out is below 2^-60. */
static double sine_near_zero(double r) {
    double z = r * r;
    double p = 1.0 / 355687428096000.0; /* 17! */
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    p = p * z - 1.0 / 6.0;
    return r + r * z * p;
}

static double cosine_near_zero(double r) {
    double z = r * r;
    double p = -1.0 / 6402373705728000.0; /* 18! */
    p = p * z + 1.0 / 20922789888000.0;
    p = p * z - 1.0 / 87178291200.0;
    p = p * z + 1.0 / 479001600.0;
    p = p * z - 1.0 / 3628800.0;
    p = p * z + 1.0 / 40320.0;
    p = p * z - 1.0 / 720.0;
    p = p * z + 1.0 / 24.0;
    p = p * z - 1.0 / 2.0;
    return 1.0 + z * p;
}

void tri_sincos(float x, float *sine, float *cosine) {
    /* pi/2 in three parts; the first two have 33 bits, so up to k = 2^20 the products are exact. */
    const double two_over_pi = 0x1.45f306dc9c883p-1;
    const double part1 = 0x1.921fb544p+0, part2 = 0x1.0b4611a6p-34, part3 = 0x1.3198a2e037073p-69;
    uint32_t k = (uint32_t)((double)x * two_over_pi + 0.5);
    double r = (((double)x - k * part1) - k * part2) - k * part3;
    double s = sine_near_zero(r), c = cosine_near_zero(r);
    switch (k % 4) {
    case 0: *sine = (float)s, *cosine = (float)c; break;
    case 1: *sine = (float)c, *cosine = (float)-s; break;
    case 2: *sine = (float)-s, *cosine = (float)-c; break;
    default: *sine = (float)-c, *cosine = (float)s; break;
    }
}

/* ln(x) for finite x >= 1: x = 2^k * m with m near one, ln m = 2 artanh((m - 1) / (m + 1)). */
static double natural_log(double x) {
    const double ln2_high = 0x1.62e42fefp-1, ln2_low = 0x1.473de6af278edp-34;
    int k = 0;
    while (x > 1.4142135623730951) x *= 0.5, k++; /* halving is exact */
    double s = (x - 1.0) / (x + 1.0);             /* |s| <= 0.172 */
    double z = s * s, sum = 0.0;
    for (int j = 23; j >= 3; j -= 2) sum = sum * z + 1.0 / j;
    double log_m = 2.0 * s + 2.0 * s * (z * (sum));
    return k * ln2_high + (log_m + k * ln2_low);
}

float tri_power(double base, float exponent) {
    const double ln2_high = 0x1.62e42fefp-1, ln2_low = 0x1.473de6af278edp-34;
    double x = (double)exponent * natural_log(base);
    int k = (int)(x * 0x1.71547652b82fep+0 + 0.5);
    double r = (x - k * ln2_high) - k * ln2_low; /* |r| <= ln2 / 2 */
    double y = 1.0;
    for (int j = 16; j >= 1; j--) y = 1.0 + y * r / j; /* Taylor, nested */
    for (int i = 0; i < k; i++) y *= 2.0;
    return (float)y;
}
