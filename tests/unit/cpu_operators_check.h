/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of operators against the reference, bit for bit, on ordinary and on nasty data of many
 * lengths. Used by the unit tests and by tests/tools/operators_check.c, which runs without
 * Criterion.
 */
#ifndef TRI_TEST_CPU_OPERATORS_CHECK_H
#define TRI_TEST_CPU_OPERATORS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/operators.h"
#include "ref/numerics.h"
#include "ref/random.h"
#include "ref/rope.h"
#include "ref/session.h"

/* What the floats are like. */
enum operators_data {
    DATA_NOISE,   /* -1..1, all bits in use */
    DATA_WIDE,    /* any exponent but the largest */
    DATA_SMALL,   /* subnormals, zeros of both signs */
    DATA_TIES,    /* halves: every rounding of the quantiser is a tie */
    DATA_HUGE,    /* products and sums overflow */
    DATA_RANGE,   /* -100..100: both ends of the exponential */
    DATA_ENDLESS, /* noise with infinities and NaNs */
    OPERATORS_DATA
};

static const uint32_t operators_lengths[] = {0,   1,   2,   3,   7,   8,    9,    15,   16,  17,
                                             31,  32,  33,  47,  48,  63,   64,   65,   100, 127,
                                             128, 129, 160, 255, 640, 1000, 2560, 2567, 6912};
enum { OPERATORS_LENGTHS = sizeof operators_lengths / sizeof operators_lengths[0] };

/* A buffer that ends where its last element does, at an address that suits no vector. */
struct operators_buffer {
    void *base;
    float *x;
};

static struct operators_buffer operators_alloc(size_t n) {
    struct operators_buffer b = {malloc((n + 1) * sizeof *b.x), NULL};
    if (b.base == NULL) abort();
    b.x = (float *)b.base + 1;
    return b;
}

static float operators_value(struct tri_random *random, enum operators_data data) {
    const float noise = (float)(tri_random_unit(random) * 2 - 1);
    const uint64_t bits = tri_random_next(random);
    switch (data) {
    case DATA_WIDE: return tri_float_from_bits((uint32_t)bits & 0xbf7fffffu);
    case DATA_SMALL:
        return bits % 8 == 0 ? (bits % 16 == 0 ? 0.0f : -0.0f)
                             : tri_float_from_bits((uint32_t)bits & 0x807fffffu);
    case DATA_TIES: return (float)((int)(bits % 255) - 127) + (bits % 512 < 256 ? 0.5f : -0.5f);
    case DATA_HUGE: return noise * 3e38f;
    case DATA_RANGE: return noise * 100.0f;
    case DATA_ENDLESS:
        if (bits % 61 == 0) return tri_float_from_bits(bits & 64 ? 0x7f800000u : 0xff800000u);
        if (bits % 61 == 1) return tri_float_from_bits(bits & 64 ? 0x7fc00001u : 0xffa00000u);
        return noise;
    default: return noise;
    }
}

static struct operators_buffer operators_make(struct tri_random *random, enum operators_data data,
                                              size_t n) {
    struct operators_buffer b = operators_alloc(n);
    for (size_t i = 0; i < n; i++) b.x[i] = operators_value(random, data);
    if (data == DATA_TIES && n > 0) b.x[n / 2] = 127.0f; /* the quantiser's scale is then 1 */
    return b;
}

static bool operators_same(float a, float b) {
    return tri_float_bits(a) == tri_float_bits(b) || (a != a && b != b);
}

/* True if all are the same; else says where the first other one is. */
static bool operators_equal(const char *what, enum operators_data data, const float *got,
                            const float *wanted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (operators_same(got[i], wanted[i])) continue;
        (void)fprintf(stderr,
                      "%s, data %d, length %zu, element %zu: wanted %08" PRIx32 ", got %08" PRIx32
                      "\n",
                      what, (int)data, n, i, tri_float_bits(wanted[i]), tri_float_bits(got[i]));
        return false;
    }
    return true;
}

static bool operators_check_dots(const struct tri_operators *o, struct tri_random *random,
                                 enum operators_data data, size_t n) {
    struct operators_buffer a = operators_make(random, data, n);
    struct operators_buffer b = operators_make(random, data, n), wide = operators_alloc(n);
    uint16_t *base = malloc((n + 1) * sizeof *base), *half = base + 1;
    if (base == NULL) abort();
    float got = o->dot(a.x, b.x, n), wanted = tri_dot(a.x, b.x, n);
    bool ok = operators_equal("dot", data, &got, &wanted, 1);
    for (size_t i = 0; i < n; i++) half[i] = (uint16_t)(tri_float_bits(b.x[i]) >> 16);
    got = o->dot_bf16(a.x, half, n);
    wanted = tri_dot_bf16(a.x, half, n);
    ok = operators_equal("dot_bf16", data, &got, &wanted, 1) && ok;
    for (size_t i = 0; i < n; i++) { /* every kind of half float: subnormal, infinite, NaN */
        half[i] = (uint16_t)tri_random_next(random);
        if (data != DATA_ENDLESS && (half[i] & 0x7c00u) == 0x7c00u) half[i] &= 0x83ffu;
        wide.x[i] = tri_f16_to_float(half[i]);
    }
    got = o->dot_f16(a.x, half, n);
    wanted = tri_dot(a.x, wide.x, n);
    ok = operators_equal("dot_f16", data, &got, &wanted, 1) && ok;
    free(a.base), free(b.base), free(wide.base), free(base);
    return ok;
}

static bool operators_check_norm(const struct tri_operators *o, struct tri_random *random,
                                 enum operators_data data, size_t n) {
    struct operators_buffer x = operators_make(random, data, n);
    struct operators_buffer w = operators_make(random, DATA_NOISE, n);
    struct operators_buffer got = operators_alloc(n), wanted = operators_alloc(n);
    for (size_t i = 0; i < n; i++) got.x[i] = wanted.x[i] = 7.0f;
    const bool finite = tri_norm(x.x, w.x, 1e-5f, n, wanted.x);
    bool ok = o->norm(x.x, w.x, 1e-5f, n, got.x) == finite;
    if (!ok) (void)fprintf(stderr, "norm, data %d, length %zu: another answer\n", (int)data, n);
    ok = operators_equal("norm", data, got.x, wanted.x, n) && ok;
    if (finite) { /* in place */
        (void)o->norm(x.x, w.x, 1e-5f, n, x.x);
        ok = operators_equal("norm in place", data, x.x, wanted.x, n) && ok;
    }
    free(x.base), free(w.base), free(got.base), free(wanted.base);
    return ok;
}

static bool operators_check_quantise(const struct tri_operators *o, struct tri_random *random,
                                     enum operators_data data, size_t n) {
    struct operators_buffer x = operators_make(random, data, n);
    int8_t *got = malloc(n + 1), *wanted = malloc(n + 1);
    if (got == NULL || wanted == NULL) abort();
    memset(got, 99, n + 1);
    memset(wanted, 99, n + 1);
    float s = 5.0f, t = 5.0f;
    const bool finite = tri_quantise(x.x, n, wanted, &t);
    bool ok = o->quantise(x.x, n, got, &s) == finite && operators_same(s, t);
    ok = memcmp(got, wanted, n + 1) == 0 && ok;
    if (!ok) (void)fprintf(stderr, "quantise, data %d, length %zu: differs\n", (int)data, n);
    free(x.base), free(got), free(wanted);
    return ok;
}

static bool operators_check_dequantise(const struct tri_operators *o, struct tri_random *random,
                                       enum operators_data data, size_t n) {
    struct operators_buffer got = operators_alloc(n), wanted = operators_alloc(n);
    int32_t *base = malloc((n + 1) * sizeof *base), *sums = base + 1;
    if (base == NULL) abort();
    for (size_t i = 0; i < n; i++) {
        sums[i] = (int32_t)(tri_random_next(random) >> (i % 2 ? 32 : 44));
    }
    const float s = operators_value(random, data), scale = operators_value(random, data);
    o->dequantise(sums, s, scale, n, got.x);
    tri_dequantise(sums, s, scale, n, wanted.x);
    bool ok = operators_equal("dequantise", data, got.x, wanted.x, n);
    o->dequantise_dividing(sums, s, scale, n, got.x);
    tri_dequantise_dividing(sums, s, scale, n, wanted.x);
    ok = operators_equal("dequantise_dividing", data, got.x, wanted.x, n) && ok;
    free(base), free(got.base), free(wanted.base);
    return ok;
}

static bool operators_check_activations(const struct tri_operators *o, struct tri_random *random,
                                        enum operators_data data, size_t n) {
    struct operators_buffer gate = operators_make(random, data, n);
    struct operators_buffer up = operators_make(random, data, n);
    struct operators_buffer got = operators_alloc(n), wanted = operators_alloc(n);
    o->relu2(gate.x, up.x, n, got.x);
    tri_relu2(gate.x, up.x, n, wanted.x);
    bool ok = operators_equal("relu2", data, got.x, wanted.x, n);
    o->silu(gate.x, up.x, n, got.x);
    tri_silu(gate.x, up.x, n, wanted.x);
    ok = operators_equal("silu", data, got.x, wanted.x, n) && ok;
    memcpy(got.x, gate.x, n * sizeof *got.x);
    o->silu(got.x, up.x, n, got.x);
    ok = operators_equal("silu in place", data, got.x, wanted.x, n) && ok;
    for (size_t i = 0; i < n; i++) {
        got.x[i] = gate.x[i];
        wanted.x[i] = gate.x[i] + up.x[i];
    }
    o->add(got.x, up.x, n);
    ok = operators_equal("add", data, got.x, wanted.x, n) && ok;
    free(gate.base), free(up.base), free(got.base), free(wanted.base);
    return ok;
}

static bool operators_check_softmax(const struct tri_operators *o, struct tri_random *random,
                                    enum operators_data data, size_t n) {
    struct operators_buffer got = operators_make(random, data, n), wanted = operators_alloc(n);
    if (data == DATA_ENDLESS && n > 0 && n % 2 == 1)
        got.x[0] = 0.5f; /* so that the first is none */
    memcpy(wanted.x, got.x, n * sizeof *got.x);
    o->softmax(got.x, n);
    tri_softmax(wanted.x, n);
    const bool ok = operators_equal("softmax", data, got.x, wanted.x, n);
    free(got.base), free(wanted.base);
    return ok;
}

static bool operators_check_rotate(const struct tri_operators *o, struct tri_random *random,
                                   enum operators_data data, uint32_t n) {
    struct operators_buffer got = operators_make(random, data, 2 * (size_t)n);
    struct operators_buffer wanted = operators_alloc(2 * (size_t)n);
    struct operators_buffer c = operators_make(random, DATA_NOISE, n);
    struct operators_buffer s = operators_make(random, DATA_NOISE, n);
    memcpy(wanted.x, got.x, 2 * (size_t)n * sizeof *got.x);
    o->rotate(got.x, c.x, s.x, n);
    tri_rope_rotate(wanted.x, c.x, s.x, n);
    const bool ok = operators_equal("rotate", data, got.x, wanted.x, 2 * (size_t)n);
    free(got.base), free(wanted.base), free(c.base), free(s.base);
    return ok;
}

/* All of the above on one length. */
static bool operators_check_length(const struct tri_operators *o, struct tri_random *random,
                                   enum operators_data data, uint32_t n) {
    bool ok = operators_check_dots(o, random, data, n);
    ok = operators_check_norm(o, random, data, n) && ok;
    ok = operators_check_quantise(o, random, data, n) && ok;
    ok = operators_check_dequantise(o, random, data, n) && ok;
    ok = operators_check_activations(o, random, data, n) && ok;
    ok = operators_check_softmax(o, random, data, n) && ok;
    return operators_check_rotate(o, random, data, n) && ok;
}

/* Attention of one token over `count` positions against tri_attention, which does all key heads of
 * a session. */
static bool operators_check_attention(const struct tri_operators *o, struct tri_random *random,
                                      enum operators_data data, uint32_t share, uint32_t dim,
                                      uint32_t count) {
    enum { KV_HEADS = 2 };
    struct tri_model model = {0};
    model.config.head_dim = dim;
    model.config.kv_heads = KV_HEADS;
    model.config.heads = KV_HEADS * share;
    const size_t width = (size_t)KV_HEADS * dim, wide = width * share;
    const size_t row = ((size_t)count + 15) / 16 * 16;
    struct operators_buffer keys = operators_make(random, data, width * count);
    struct operators_buffer values = operators_make(random, data, width * count);
    struct operators_buffer q = operators_make(random, data, wide);
    struct operators_buffer scores = operators_alloc(row * share), plain = operators_alloc(count);
    struct operators_buffer got = operators_alloc(wide), wanted = operators_alloc(wide);
    const struct tri_session session = {
        .model = &model, .positions = count, .keys = keys.x, .values = values.x};
    tri_attention(&session, 0, count - 1, q.x, plain.x, wanted.x);
    for (size_t kv = 0; kv < KV_HEADS; kv++) {
        o->attention(q.x + kv * share * dim, share, dim, keys.x + kv * dim, values.x + kv * dim,
                     width, count, scores.x, got.x + kv * share * dim);
    }
    const bool ok = operators_equal("attention", data, got.x, wanted.x, wide);
    if (!ok) {
        (void)fprintf(stderr,
                      "  %" PRIu32 " heads a key head, dimension %" PRIu32 ", %" PRIu32
                      " positions\n",
                      share, dim, count);
    }
    free(keys.base), free(values.base), free(q.base), free(scores.base), free(plain.base);
    free(got.base), free(wanted.base);
    return ok;
}

static bool operators_check_attentions(const struct tri_operators *o, uint64_t seed) {
    static const uint32_t dims[] = {2, 16, 20, 64, 80, 96, 100, 128, 132, 256};
    static const uint32_t counts[] = {1, 2, 3, 4, 5, 15, 16, 17, 33, 130};
    struct tri_random random = {seed};
    bool ok = true;
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            for (uint32_t share = 1; share <= 9; share++) {
                const enum operators_data data =
                    (enum operators_data)((d + c + share) % OPERATORS_DATA);
                ok = operators_check_attention(o, &random, DATA_NOISE, share, dims[d], counts[c]) &&
                     ok;
                ok = operators_check_attention(o, &random, data, share, dims[d], counts[c]) && ok;
            }
        }
    }
    return ok;
}

/* Every length with every kind of data. */
static bool operators_check_all(const struct tri_operators *o, uint64_t seed) {
    struct tri_random random = {seed};
    bool ok = true;
    for (unsigned data = 0; data < OPERATORS_DATA; data++) {
        for (size_t i = 0; i < OPERATORS_LENGTHS; i++) {
            ok = operators_check_length(o, &random, (enum operators_data)data,
                                        operators_lengths[i]) &&
                 ok;
        }
    }
    return ok;
}

/* The exponential through silu, whose other operations are exact copies: at every `step`-th float,
 * and at each near the ends of the range. */
static bool operators_check_exponential(const struct tri_operators *o, uint32_t step) {
    enum { BATCH = 256 };
    float gate[BATCH], up[BATCH], got[BATCH], wanted[BATCH];
    const float ends[] = {88.7f, -87.3f, 88.72284f, 0.0f, -0.0f, 0.34657359f, -0.34657359f};
    bool ok = true;
    for (size_t i = 0; i < BATCH; i++) up[i] = 1.0f;
    for (uint64_t bits = 0; bits <= 0xffffffffu; bits += (uint64_t)step * BATCH) {
        for (uint32_t i = 0; i < BATCH; i++) {
            gate[i] = tri_float_from_bits((uint32_t)bits + i * step);
        }
        o->silu(gate, up, BATCH, got);
        tri_silu(gate, up, BATCH, wanted);
        ok = operators_equal("exponential", DATA_NOISE, got, wanted, BATCH) && ok;
    }
    for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
        for (uint32_t i = 0; i < BATCH; i++) {
            gate[i] = tri_float_from_bits(tri_float_bits(-ends[e]) + i - BATCH / 2);
        }
        o->silu(gate, up, BATCH, got);
        tri_silu(gate, up, BATCH, wanted);
        ok = operators_equal("exponential", DATA_RANGE, got, wanted, BATCH) && ok;
    }
    return ok;
}

#endif
