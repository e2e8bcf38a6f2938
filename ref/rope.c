/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary position embedding of rope.h.
 */
#include "ref/rope.h"

#include "ref/elementary.h"

void tri_rope_frequencies(uint32_t head_dim, double theta, float *inv_freq) {
    /* Hugging Face rounds the exponent, the power and its reciprocal each to float. With a
     * correctly rounded power this gives all 64 bit patterns that transformers 5.23.0 with
     * torch 2.15.0 has for head_dim 128 and theta 500000 (tests/vectors), and so for every head_dim
     * that divides 128: 2i / 64 = 4i / 128. PyTorch's vectorised power may be off by one unit in
     * the last place; for other values a frequency may then differ from Hugging Face's by as much.
     */
    for (uint32_t i = 0; i < head_dim / 2; i++) {
        float exponent = (float)(2 * i) / (float)head_dim;
        inv_freq[i] = 1.0f / tri_power(theta, exponent);
    }
}

void tri_rope_angles(uint32_t position, const float *inv_freq, uint32_t half, float *cosine,
                     float *sine) {
    for (uint32_t i = 0; i < half; i++) {
        tri_sincos((float)position * inv_freq[i], &sine[i], &cosine[i]);
    }
}

void tri_rope_rotate(float *x, const float *cosine, const float *sine, uint32_t half) {
    for (uint32_t i = 0; i < half; i++) {
        float a = x[i], b = x[half + i];
        x[i] = a * cosine[i] - b * sine[i];
        x[half + i] = b * cosine[i] + a * sine[i];
    }
}
