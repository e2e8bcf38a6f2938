/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of numerics.h. Plain loops that compilers may vectorise but, with these flags, not
 * reorder.
 */
#include "ref/numerics.h"

/* The fixed tree over the lanes (R2). */
static float add_lanes(const float lane[TRI_LANES]) {
    float sum[TRI_LANES];
    memcpy(sum, lane, sizeof sum);
    for (size_t half = TRI_LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) sum[l] = sum[l] + sum[l + half];
    }
    return sum[0];
}

float tri_sum(const float *x, size_t n) {
    float lane[TRI_LANES] = {0};
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        for (size_t l = 0; l < TRI_LANES; l++) lane[l] = lane[l] + x[i + l];
    }
    for (size_t l = 0; i < n; i++, l++) lane[l] = lane[l] + x[i];
    return add_lanes(lane);
}

float tri_dot(const float *a, const float *b, size_t n) {
    float lane[TRI_LANES] = {0};
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        for (size_t l = 0; l < TRI_LANES; l++) lane[l] = lane[l] + a[i + l] * b[i + l];
    }
    for (size_t l = 0; i < n; i++, l++) lane[l] = lane[l] + a[i] * b[i];
    return add_lanes(lane);
}

float tri_dot_bf16(const float *x, const uint16_t *w, size_t n) {
    float lane[TRI_LANES] = {0};
    size_t i = 0;
    for (; n - i >= TRI_LANES; i += TRI_LANES) {
        for (size_t l = 0; l < TRI_LANES; l++) {
            lane[l] = lane[l] + x[i + l] * tri_bf16_to_float(w[i + l]);
        }
    }
    for (size_t l = 0; i < n; i++, l++) lane[l] = lane[l] + x[i] * tri_bf16_to_float(w[i]);
    return add_lanes(lane);
}

bool tri_norm(const float *x, const float *weight, float eps, size_t n, float *out) {
    float mean_square = tri_dot(x, x, n) / (float)n;
    if (!tri_is_finite(mean_square)) return false;
    float r = 1.0f / tri_sqrt(mean_square + eps); /* R3: two correctly rounded operations */
    for (size_t i = 0; i < n; i++) out[i] = weight[i] * (x[i] * r);
    return true;
}

bool tri_quantise(const float *x, size_t n, int8_t *codes, float *s) {
    /* Magnitudes compare like their bit patterns, and every NaN is above infinity. */
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t magnitude = tri_float_bits(x[i]) & 0x7fffffffu;
        largest = magnitude > largest ? magnitude : largest;
    }
    float m = tri_float_from_bits(largest);
    if (!tri_is_finite(m)) return false;
    if (m < 1e-5f) m = 1e-5f;
    float scale = (1.0f / m) * 127.0f; /* two roundings, as Hugging Face's 127 / m */
    for (size_t i = 0; i < n; i++) {
        float code = tri_round(x[i] * scale);
        code = code < -128.0f ? -128.0f : code;
        code = code > 127.0f ? 127.0f : code;
        codes[i] = (int8_t)code;
    }
    *s = scale;
    return true;
}

void tri_dequantise(const int32_t *sums, float s, float weight_scale, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = (float)sums[i] / s * weight_scale;
}

void tri_dequantise_dividing(const int32_t *sums, float s, float weight_scale, size_t n, float *y) {
    const float divisor = s * weight_scale;
    for (size_t i = 0; i < n; i++) y[i] = (float)sums[i] / divisor;
}

void tri_relu2(const float *gate, const float *up, size_t n, float *out) {
    for (size_t i = 0; i < n; i++) {
        float g = gate[i] < 0.0f ? 0.0f : gate[i]; /* a NaN stays a NaN */
        out[i] = (g * g) * up[i];
    }
}

void tri_silu(const float *gate, const float *up, size_t n, float *out) {
    for (size_t i = 0; i < n; i++) out[i] = (gate[i] / (1.0f + tri_exp(-gate[i]))) * up[i];
}

void tri_softmax(float *x, size_t n) {
    if (n == 0) return;
    float largest = x[0];
    for (size_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    for (size_t i = 0; i < n; i++) x[i] = tri_exp(x[i] - largest);
    float sum = tri_sum(x, n);
    for (size_t i = 0; i < n; i++) x[i] = x[i] / sum;
}

float tri_attention_scale(uint32_t head_dim) {
    double y = 1.0 / (double)tri_sqrt((float)head_dim);
    y = y *
        (1.5 - 0.5 * head_dim * y * y); /* one Newton step in double makes the last bits right */
    return (float)y;
}
