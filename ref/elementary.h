/* SPDX-License-Identifier: Apache-2.0
 *
 * Square root, exponential, sine, cosine and power from + - * / and integers alone (rule R4): no
 * libm, so the same bits on every machine. Not a general mathematics library: each function says
 * the range the model needs.
 */
#ifndef TRI_ELEMENTARY_H
#define TRI_ELEMENTARY_H

#include <float.h>
#include <stdint.h>
#include <string.h>

/* R1: floats are evaluated as floats, and nothing may be reassociated. */
_Static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in float (no x87)");
_Static_assert(FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53, "IEEE binary32 and binary64");
#ifdef __FAST_MATH__
#error "the definition of the numbers does not survive -ffast-math"
#endif

static inline uint32_t tri_float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float tri_float_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float tri_bf16_to_float(uint16_t x) { return tri_float_from_bits((uint32_t)x << 16); }

/* Exact, subnormal numbers too. An infinity or NaN stays one. */
static inline float tri_f16_to_float(uint16_t x) {
    const uint32_t sign = (uint32_t)(x & 0x8000u) << 16, magnitude = (uint32_t)(x & 0x7fffu) << 13;
    if ((x & 0x7c00u) == 0x7c00u) return tri_float_from_bits(sign | 0x7f800000u | magnitude);
    float value = tri_float_from_bits(magnitude) * 0x1p112f; /* moves the exponent's bias */
    return tri_float_from_bits(sign | tri_float_bits(value));
}

/* True if x is neither infinite nor NaN. */
static inline int tri_is_finite(float x) { return (tri_float_bits(x) & 0x7fffffffu) < 0x7f800000u; }

/* Round to the nearest integer, ties to even (R5). |x| <= 2^22. */
static inline float tri_round(float x) {
    const float shift = 12582912.0f; /* 1.5 * 2^23: one unit in the last place of the sum is 1 */
    return (x + shift) - shift;
}

/* Correctly rounded square root, so equal to any IEEE sqrt instruction. x < 0 and NaN give NaN. */
float tri_sqrt(float x);

/* e^x. Relative error below 2^-23 where the result is normal; 0 below -87.3, infinity above 88.7.
 */
float tri_exp(float x);

/* Sine and cosine of a float angle, computed in double. 0 <= x < 2^17. */
void tri_sincos(float x, float *sine, float *cosine);

/* base^exponent, computed in double and rounded once. base >= 1, 0 <= exponent <= 1. */
float tri_power(double base, float exponent);

#endif
