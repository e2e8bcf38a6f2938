/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of ref/numerics.c on 16 lanes at a time. Not a header of declarations: a file for
 * one instruction set includes its lanes_*.h and then this, and gets its table. The order of every
 * sum is the reference's, so only the speed differs.
 */
#include "cpu/operators_private.h"
#include "ref/numerics.h"

/* Adds the elements that do not fill the lanes: they go to the first. The others get + 0, which
 * changes no lane, for a lane that began as + 0 is never - 0. */
static inline float end_of_sum(lanes total, const float *a, const float *b, size_t n) {
    if (n > 0) total = add(total, multiply(load_part(a, n), load_part(b, n)));
    return sum(total);
}

static float dot(const float *a, const float *b, size_t n) {
    lanes total = zero();
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        total = add(total, multiply(load(a + i), load(b + i)));
    }
    return end_of_sum(total, a + i, b + i, n - i);
}

static float dot_bf16(const float *x, const uint16_t *w, size_t n) {
    lanes total = zero();
    float end[TRI_LANES];
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        total = add(total, multiply(load(x + i), load_bf16(w + i)));
    }
    for (size_t l = 0; l < n - i; l++) end[l] = tri_bf16_to_float(w[i + l]);
    return end_of_sum(total, x + i, end, n - i);
}

static float dot_f16(const float *x, const uint16_t *w, size_t n) {
    lanes total = zero();
    float end[TRI_LANES];
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        total = add(total, multiply(load(x + i), load_f16(w + i)));
    }
    for (size_t l = 0; l < n - i; l++) end[l] = tri_f16_to_float(w[i + l]);
    return end_of_sum(total, x + i, end, n - i);
}

static bool norm(const float *x, const float *weight, float eps, size_t n, float *out) {
    const float mean_square = dot(x, x, n) / (float)n;
    if (!tri_is_finite(mean_square)) return false;
    const float r = 1.0f / tri_sqrt(mean_square + eps);
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        store(out + i, multiply(load(weight + i), multiply(load(x + i), all(r))));
    }
    for (; i < n; i++) out[i] = weight[i] * (x[i] * r);
    return true;
}

static bool quantise(const float *x, size_t n, int8_t *codes, float *s) {
    const lanes shift = all(12582912.0f);
    lanes largest = zero();
    float magnitudes[TRI_LANES];
    uint32_t bits = 0;
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) largest = larger_magnitude(largest, load(x + i));
    if (i < n) largest = larger_magnitude(largest, load_part(x + i, n - i));
    store(magnitudes, largest);
    for (size_t l = 0; l < TRI_LANES; l++) {
        bits = tri_float_bits(magnitudes[l]) > bits ? tri_float_bits(magnitudes[l]) : bits;
    }
    float m = tri_float_from_bits(bits);
    if (!tri_is_finite(m)) return false;
    if (m < 1e-5f) m = 1e-5f;
    const float scale = (1.0f / m) * 127.0f;

    for (i = 0; i < n; i += TRI_LANES) {
        const bool whole = n - i >= TRI_LANES;
        const lanes from = whole ? load(x + i) : load_part(x + i, n - i);
        lanes code = subtract(add(multiply(from, all(scale)), shift), shift); /* tri_round */
        code = larger(code, all(-128.0f));
        code = if_less(code, all(127.0f), code, all(127.0f));
        if (whole) {
            store_codes(codes + i, code);
        } else {
            int8_t end[TRI_LANES];
            store_codes(end, code);
            memcpy(codes + i, end, n - i);
        }
    }
    *s = scale;
    return true;
}

static void dequantise(const int32_t *sums, float s, float weight_scale, size_t n, float *y) {
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        store(y + i, multiply(divide(load_int(sums + i), all(s)), all(weight_scale)));
    }
    tri_dequantise(sums + i, s, weight_scale, n - i, y + i);
}

static void dequantise_dividing(const int32_t *sums, float s, float weight_scale, size_t n,
                                float *y) {
    const float divisor = s * weight_scale;
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        store(y + i, divide(load_int(sums + i), all(divisor)));
    }
    tri_dequantise_dividing(sums + i, s, weight_scale, n - i, y + i);
}

static void relu2(const float *gate, const float *up, size_t n, float *out) {
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        const lanes x = load(gate + i), g = if_less(x, zero(), zero(), x);
        store(out + i, multiply(multiply(g, g), load(up + i)));
    }
    tri_relu2(gate + i, up + i, n - i, out + i);
}

/* tri_exp. A NaN stays one through every operation. */
static inline lanes exponential(lanes x) {
    const lanes shift = all(12582912.0f);
    const lanes k = subtract(add(multiply(x, all(0x1.715476p+0f)), shift), shift);
    const lanes r =
        subtract(subtract(x, multiply(k, all(0x1.62p-1f))), multiply(k, all(0x1.c85fep-10f)));
    lanes p = all(0x1.6d1380p-10f);
    p = add(multiply(p, r), all(0x1.120de4p-7f));
    p = add(multiply(p, r), all(0x1.555518p-5f));
    p = add(multiply(p, r), all(0x1.5554dap-3f));
    p = add(multiply(p, r), all(0x1.000000p-1f));
    const lanes y = add(add(multiply(p, multiply(r, r)), r), all(1.0f));
    lanes e = times_power(y, k); /* exact between the ends */
    e = if_less(all(88.7f), x, all(tri_float_from_bits(0x7f800000u)), e);
    return if_less(x, all(-87.3f), zero(), e);
}

static void silu(const float *gate, const float *up, size_t n, float *out) {
    const lanes sign = all(-0.0f); /* subtracted from: - 0 - x is - x, of zeros too */
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        const lanes x = load(gate + i), e = exponential(subtract(sign, x));
        store(out + i, multiply(divide(x, add(all(1.0f), e)), load(up + i)));
    }
    tri_silu(gate + i, up + i, n - i, out + i);
}

static void add_to(float *x, const float *y, size_t n) {
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) store(x + i, add(load(x + i), load(y + i)));
    for (; i < n; i++) x[i] = x[i] + y[i];
}

static void softmax(float *x, size_t n) {
    if (n == 0) return;
    float largest[TRI_LANES];
    lanes most = all(x[0]), total = zero();
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) most = larger(load(x + i), most);
    for (; i < n; i++) most = larger(all(x[i]), most);
    store(largest, most); /* as in order: a NaN at x[0] is in all of them, another in none */
    for (size_t l = 1; l < TRI_LANES; l++) {
        largest[0] = largest[l] > largest[0] ? largest[l] : largest[0];
    }
    most = all(largest[0]);
    for (i = 0; n - i >= TRI_LANES; i += TRI_LANES) {
        const lanes e = exponential(subtract(load(x + i), most));
        store(x + i, e);
        total = add(total, e);
    }
    if (i < n) {
        store_part(x + i, exponential(subtract(load_part(x + i, n - i), most)), n - i);
        total = add(total, load_part(x + i, n - i));
    }
    const float divisor = sum(total);
    for (i = 0; n - i >= TRI_LANES; i += TRI_LANES) store(x + i, divide(load(x + i), all(divisor)));
    for (; i < n; i++) x[i] = x[i] / divisor;
}

static void rotate(float *x, const float *cosine, const float *sine, uint32_t half) {
    uint32_t i = 0;
    for (; half - i >= TRI_LANES; i += TRI_LANES) {
        const lanes a = load(x + i), b = load(x + half + i);
        const lanes c = load(cosine + i), s = load(sine + i);
        store(x + i, subtract(multiply(a, c), multiply(b, s)));
        store(x + half + i, add(multiply(b, c), multiply(a, s)));
    }
    for (; i < half; i++) {
        const float a = x[i], b = x[half + i];
        x[i] = a * cosine[i] - b * sine[i];
        x[half + i] = b * cosine[i] + a * sine[i];
    }
}

#include "cpu/attention_lanes.h"

#define OPERATORS_TABLE                                                                            \
    {                                                                                              \
        .dot = dot, .dot_bf16 = dot_bf16, .dot_f16 = dot_f16, .norm = norm, .quantise = quantise,  \
        .dequantise = dequantise, .dequantise_dividing = dequantise_dividing, .relu2 = relu2,      \
        .silu = silu, .add = add_to, .softmax = softmax, .rotate = rotate, .attention = attention  \
    }
