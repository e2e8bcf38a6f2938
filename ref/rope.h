/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary position embedding: the inverse frequencies and the rotation of one head by halves (NeoX).
 */
#ifndef TRI_ROPE_H
#define TRI_ROPE_H

#include <stdint.h>

/* inv_freq[i] = 1 / theta^(2i / head_dim), i < head_dim / 2. theta >= 1, head_dim even. */
void tri_rope_frequencies(uint32_t head_dim, double theta, float *inv_freq);

/* Cosine and sine of float(position * inv_freq[i]) for i < half. position <= 2^17 - 1. */
void tri_rope_angles(uint32_t position, const float *inv_freq, uint32_t half, float *cosine,
                     float *sine);

/* Rotates one head in place: x [2 * half], cosine and sine [half]. */
void tri_rope_rotate(float *x, const float *cosine, const float *sine, uint32_t half);

#endif
