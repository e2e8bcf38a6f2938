/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators one by one: order of sums, rounding, elementary functions, refusal of NaN. What
 * Hugging Face makes of them is in test_ref_oracle.c.
 */
#include "tests/unit/test_ref_support.h"

#include <stdlib.h>
#include <string.h>

#include "ref/numerics.h"
#include "ref/random.h"
#include "ref/rope.h"

static const uint32_t infinity_bits = 0x7f800000u, nan_bits = 0x7fc00000u;

/* A float in -1..1 with all 24 bits in use. */
static float noise(struct tri_random *random) { return (float)(tri_random_unit(random) * 2 - 1); }

/* Rule R2 written down a second time: lanes by remainder, then the tree by recursion. */
static float tree(const float *lane, size_t first, size_t step) {
    if (step == 16) return lane[first];
    return tree(lane, first, 2 * step) + tree(lane, first + step, 2 * step);
}

static float sum_by_rule(const float *a, const float *b, size_t n) {
    float lane[16] = {0};
    for (size_t i = 0; i < n; i++) {
        float product = b == NULL ? a[i] : a[i] * b[i];
        lane[i % 16] += product;
    }
    return tree(lane, 0, 1);
}

Test(numerics, sums_have_sixteen_lanes_and_a_fixed_tree_at_every_length) {
    struct tri_random random = {1};
    float a[300], b[300];
    uint16_t half[300];
    unsigned other = 0;
    for (size_t i = 0; i < 300; i++) {
        a[i] = noise(&random) * 1000;
        half[i] = (uint16_t)(tri_float_bits(noise(&random)) >> 16);
        b[i] = tri_bf16_to_float(half[i]);
    }
    for (size_t n = 0; n <= 300; n++) {
        cr_assert(tri_float_bits(tri_sum(a, n)) == tri_float_bits(sum_by_rule(a, NULL, n)));
        float wanted = sum_by_rule(a, b, n), in_order = 0;
        cr_assert(tri_float_bits(tri_dot(a, b, n)) == tri_float_bits(wanted));
        cr_assert(tri_float_bits(tri_dot_bf16(a, half, n)) == tri_float_bits(wanted));
        for (size_t i = 0; i < n; i++) in_order += a[i] * b[i];
        other += tri_float_bits(in_order) != tri_float_bits(wanted);
    }
    cr_assert(other > 100, "the data must tell one order from another, got %u", other);
}

Test(numerics, products_are_rounded_before_they_are_added) {
    /* (1 + e)^2 - (1 + 2e) is e^2 exactly; with the product rounded first it is 0. */
    const float x = 1.0f + 0x1p-23f;
    float a[17] = {x}, b[17] = {x};
    a[16] = -1.0f;
    b[16] = 1.0f + 0x1p-22f;
    cr_assert(tri_dot(a, b, 17) == 0.0f);
}

Test(numerics, the_square_root_is_correctly_rounded) {
    struct tri_random random = {2};
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)(tri_random_next(&random) % 0x7f800000u);
        if (i < 1000) bits = (uint32_t)i + 1; /* subnormals */
        if (i >= 1000 && i < 2000) bits = 0x3f800000u - 1500u + (uint32_t)i;
        const double x = (double)tri_float_from_bits(bits);
        const float y = tri_sqrt((float)x);
        /* Half way to the neighbours: 25 bits, so the squares are exact in double. */
        const double up = (double)tri_float_from_bits(tri_float_bits(y) + 1);
        const double down = (double)tri_float_from_bits(tri_float_bits(y) - 1);
        const double above = ((double)y + up) / 2, below = ((double)y + down) / 2;
        cr_assert(below * below < x && x < above * above, "sqrt of 0x%08x", bits);
    }
    cr_assert(tri_sqrt(0.0f) == 0.0f && tri_sqrt(4.0f) == 2.0f);
    cr_assert(tri_float_bits(tri_sqrt(tri_float_from_bits(infinity_bits))) == infinity_bits);
    cr_assert(!tri_is_finite(tri_sqrt(-1.0f)));
    cr_assert(!tri_is_finite(tri_sqrt(tri_float_from_bits(nan_bits))));
}

/* e^x in long double: Taylor of x / 4096, squared twelve times. */
static double exponential(double x) {
    long double r = (long double)x / 4096, y = 1;
    for (int j = 20; j >= 1; j--) y = 1 + y * r / j;
    for (int i = 0; i < 12; i++) y *= y;
    return (double)y;
}

Test(numerics, the_exponential_is_within_one_and_a_bit_ulp) {
    double worst = 0;
    for (int i = -87000; i <= 88600; i += 7) {
        float x = (float)i / 1000;
        double wrong = absolute((double)tri_exp(x) / exponential((double)x) - 1);
        if (wrong > worst) worst = wrong;
    }
    cr_assert(worst < 0x1p-23, "relative error %g", worst);
    cr_assert(tri_exp(0.0f) == 1.0f && tri_exp(-0.0f) == 1.0f);
    cr_assert(tri_exp(-88.0f) == 0.0f && tri_exp(-1e30f) == 0.0f);
    cr_assert(tri_float_bits(tri_exp(89.0f)) == infinity_bits);
    cr_assert(tri_exp(tri_float_from_bits(infinity_bits | 0x80000000u)) == 0.0f);
    cr_assert(!tri_is_finite(tri_exp(tri_float_from_bits(nan_bits))));
}

Test(numerics, sine_and_cosine_are_correctly_rounded_at_stored_points) {
    /* From 60-digit arithmetic: bits of x, of sin x and of cos x, each rounded once. */
    static const uint32_t points[][3] = {
        {0x322bcc77, 0x322bcc77, 0x3f800000}, {0x3a83126f, 0x3a83126e, 0x3f7ffff8},
        {0x3f000000, 0x3ef57744, 0x3f60a940}, {0x3f490fdb, 0x3f3504f3, 0x3f3504f3},
        {0x3f490fdc, 0x3f3504f4, 0x3f3504f2}, {0x3f800000, 0x3f576aa4, 0x3f0a5140},
        {0x3fc90fdb, 0x3f800000, 0xb33bbd2e}, {0x40000000, 0x3f68c7b7, 0xbed51133},
        {0x40400000, 0x3e1081c3, 0xbf7d7026}, {0x40490fdb, 0xb3bbbd2e, 0xbf800000},
        {0x4096cbe4, 0xbf800000, 0x324cde2e}, {0x40c90fdb, 0x343bbd2e, 0x3f800000},
        {0x42c80000, 0xbf01a12e, 0x3f5cc0ee}, {0x447a2000, 0x3f7eca46, 0x3dc6dffc},
        {0x457ff000, 0xbf7f7136, 0xbd871e6c}, {0x41b00000, 0xbc110515, 0xbf7ffd6f},
        {0x43b18000, 0xb7fcde82, 0xbf800000}, {0x47800000, 0x3f312b34, 0xbf38ca2a},
        {0x47cb1c80, 0xb7a077f0, 0x3f800000}, {0x47ffff80, 0xbf13430a, 0xbf51675e},
        {0x44a5cd68, 0x3f1e56b1, 0x3f4928a9}, {0x441a7835, 0x3f598975, 0xbf06f543},
        {0x4526a3a4, 0x3f5543b0, 0xbf0d9cfa}, {0x4394597a, 0x3f7bcbdd, 0x3e38cea2},
        {0x45092f90, 0x3f57802f, 0xbf0a2faf}, {0x44bb3b94, 0x3f208c6c, 0xbf476648},
        {0x436d9048, 0xbf6e5d31, 0x3ebabf2b}, {0x4501e74f, 0xbf75124b, 0x3e93ffec},
        {0x4319950c, 0x3eb25cd3, 0xbf6ff6c5}, {0x44de06cf, 0xbf6fc7cf, 0xbeb358c3},
        {0x438f105c, 0xbe764469, 0xbf787c8a}, {0x43b9c7bf, 0x3f40c37b, 0x3f287553},
        {0x44d95a94, 0xbf7fc903, 0xbd27c15f}, {0x4553ac95, 0x3e1883c4, 0x3f7d2506},
        {0x43fd8be2, 0xbf766c89, 0xbe8ab9de}, {0x446498c1, 0xbe3aaae7, 0xbf7bb5e7},
        {0x45209f77, 0x3e12b4b1, 0x3f7d5bee}, {0x45729d0e, 0xbf6de8c2, 0x3ebd0d6f},
        {0x4513bd05, 0x3f78fa7f, 0x3e6e2ef1}, {0x44cb19b4, 0xbf1082b7, 0xbf534fd4},
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        float s, c;
        tri_sincos(tri_float_from_bits(points[i][0]), &s, &c);
        cr_assert(tri_float_bits(s) == points[i][1], "sin of 0x%08x", points[i][0]);
        cr_assert(tri_float_bits(c) == points[i][2], "cos of 0x%08x", points[i][0]);
    }
}

Test(numerics, powers_are_correctly_rounded_at_stored_points) {
    /* From 60-digit arithmetic: base, bits of the exponent, bits of the power. */
    static const struct {
        double base;
        uint32_t exponent, power;
    } points[] = {
        {500000.0, 0x00000000, 0x3f800000},  {500000.0, 0x3c800000, 0x3f9d2107},
        {500000.0, 0x3eaaaaab, 0x429ebd79},  {500000.0, 0x3f000000, 0x4430c6d6},
        {500000.0, 0x3f7e0000, 0x48dc5a18},  {500000.0, 0x3f800000, 0x48f42400},
        {10000.0, 0x00000000, 0x3f800000},   {10000.0, 0x3c800000, 0x3f93cfe5},
        {10000.0, 0x3eaaaaab, 0x41ac5ad4},   {10000.0, 0x3f000000, 0x42c80000},
        {10000.0, 0x3f7e0000, 0x461166e2},   {10000.0, 0x3f800000, 0x461c4000},
        {1000000.0, 0x00000000, 0x3f800000}, {1000000.0, 0x3c800000, 0x3f9ed70c},
        {1000000.0, 0x3eaaaaab, 0x42c80002}, {1000000.0, 0x3f000000, 0x447a0000},
        {1000000.0, 0x3f7e0000, 0x495b2972}, {1000000.0, 0x3f800000, 0x49742400},
        {1.0, 0x00000000, 0x3f800000},       {1.0, 0x3c800000, 0x3f800000},
        {1.0, 0x3eaaaaab, 0x3f800000},       {1.0, 0x3f000000, 0x3f800000},
        {1.0, 0x3f7e0000, 0x3f800000},       {1.0, 0x3f800000, 0x3f800000},
        {2.0, 0x00000000, 0x3f800000},       {2.0, 0x3c800000, 0x3f8164d2},
        {2.0, 0x3eaaaaab, 0x3fa14518},       {2.0, 0x3f000000, 0x3fb504f3},
        {2.0, 0x3f7e0000, 0x3ffe9e11},       {2.0, 0x3f800000, 0x40000000},
        {12345.678, 0x00000000, 0x3f800000}, {12345.678, 0x3c800000, 0x3f944cb1},
        {12345.678, 0x3eaaaaab, 0x41b8e577}, {12345.678, 0x3f000000, 0x42de38e3},
        {12345.678, 0x3f7e0000, 0x46333695}, {12345.678, 0x3f800000, 0x4640e6b6},
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        float y = tri_power(points[i].base, tri_float_from_bits(points[i].exponent));
        cr_assert(tri_float_bits(y) == points[i].power, "%zu", i);
    }
}

Test(numerics, the_attention_scale_is_rounded_once) {
    cr_assert(tri_attention_scale(64) == 0.125f);
    cr_assert(tri_float_bits(tri_attention_scale(128)) == 0x3db504f3u);
    cr_assert(tri_float_bits(tri_attention_scale(96)) == 0x3dd105ecu);
}

Test(numerics, rounding_is_to_nearest_ties_to_even) {
    const float in[] = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f, 127.49f, -0.49f};
    const float out[] = {0, 2, 2, 0, -2, -2, 126, 127, 0};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) cr_assert(tri_round(in[i]) == out[i]);
}

Test(numerics, the_quantiser_rounds_its_scale_twice_and_clamps_small_rows) {
    float x[3] = {0, 0, 0}, s;
    int8_t codes[3] = {9, 9, 9};
    cr_assert(tri_quantise(x, 3, codes, &s));
    cr_assert(codes[0] == 0 && codes[1] == 0 && codes[2] == 0);
    cr_assert(s == (1.0f / 1e-5f) * 127.0f);
    x[1] = -5e-6f; /* half of the smallest m */
    cr_assert(tri_quantise(x, 3, codes, &s));
    cr_assert(codes[1] == -64 && s == (1.0f / 1e-5f) * 127.0f);
    unsigned differ = 0;
    struct tri_random random = {3};
    for (int i = 0; i < 1000; i++) {
        x[0] = noise(&random), x[1] = -x[0] / 2, x[2] = x[0] / 3;
        float m = x[0] < 0 ? -x[0] : x[0], inverse = 1.0f / m;
        cr_assert(tri_quantise(x, 3, codes, &s));
        cr_assert(s == inverse * 127.0f);
        cr_assert(codes[0] == (x[0] < 0 ? -127 : 127));
        differ += s != 127.0f / m;
    }
    cr_assert(differ > 100, "the data must tell one rounding from two, got %u", differ);
    x[0] = 3e38f; /* its reciprocal is subnormal */
    cr_assert(tri_quantise(x, 3, codes, &s) && codes[0] == 127);
}

Test(numerics, the_quantiser_and_the_norm_refuse_what_is_not_finite) {
    float s, out[40], x[40], g[40];
    int8_t codes[40];
    for (size_t at = 0; at < 40; at += 13) {
        const uint32_t bad[] = {infinity_bits, infinity_bits | 0x80000000u, nan_bits, 0xffffffffu};
        for (size_t b = 0; b < 4; b++) {
            for (size_t i = 0; i < 40; i++) x[i] = g[i] = 1;
            x[at] = tri_float_from_bits(bad[b]);
            cr_assert(!tri_quantise(x, 40, codes, &s));
            cr_assert(!tri_norm(x, g, 1e-5f, 40, out));
        }
    }
    for (size_t i = 0; i < 40; i++) x[i] = 1e25f; /* finite, but not its square */
    cr_assert(!tri_norm(x, g, 1e-5f, 40, out));
}

Test(numerics, dequantisation_divides_first_then_multiplies) {
    struct tri_random random = {4};
    unsigned differ = 0;
    for (int i = 0; i < 1000; i++) {
        int32_t sum = (int32_t)(tri_random_next(&random) % 800000) - 400000;
        float s = 100 + 50 * noise(&random), w = 2 + noise(&random), y;
        tri_dequantise(&sum, s, w, 1, &y);
        float quotient = (float)sum / s;
        cr_assert(y == quotient * w);
        float factor = w / s;
        differ += y != (float)sum * factor;
    }
    cr_assert(differ > 100);
}

Test(numerics, relu2_keeps_a_nan_and_drops_the_negative) {
    const float gate[] = {-3, 0, 2, tri_float_from_bits(nan_bits)}, up[] = {5, 5, -5, 5};
    float out[4];
    tri_relu2(gate, up, 4, out);
    cr_assert(out[0] == 0 && out[1] == 0 && out[2] == -20 && !tri_is_finite(out[3]));
}

Test(numerics, silu_is_gate_times_sigmoid_and_keeps_a_nan) {
    const float gate[] = {0, 1, -1, 200, -200, -20, tri_float_from_bits(nan_bits)};
    const float up[] = {5, 2, 2, 3, 3, 1, 1};
    float out[7];
    tri_silu(gate, up, 7, out);
    cr_assert(out[0] == 0 && out[3] == 600 && out[4] == 0 && !tri_is_finite(out[6]));
    cr_assert(absolute((double)out[1] - 2 / (1 + exponential(-1))) < 2e-7);
    cr_assert(absolute((double)out[2] + 2 / (1 + exponential(1))) < 2e-7);
    cr_assert(absolute((double)out[5] + 20 / (1 + exponential(20))) < 1e-14);
}

Test(numerics, a_scale_that_divides_is_multiplied_with_the_quantiser_s_first) {
    struct tri_random random = {8};
    unsigned differ = 0;
    for (int i = 0; i < 1000; i++) {
        int32_t sum = (int32_t)(tri_random_next(&random) % 800000) - 400000;
        float s = 100 + 50 * noise(&random), w = 2 + noise(&random), y;
        tri_dequantise_dividing(&sum, s, w, 1, &y);
        float divisor = s * w, quotient = (float)sum / s;
        cr_assert(y == (float)sum / divisor);
        differ += y != quotient / w;
    }
    cr_assert(differ > 100);
}

Test(numerics, softmax_adds_up_and_survives_large_scores) {
    float x[] = {1000, 999, -1000, 1000};
    tri_softmax(x, 4);
    cr_assert(x[0] == x[3] && x[2] == 0);
    cr_assert(absolute((double)x[1] / (double)x[0] - exponential(-1)) < 1e-7);
    cr_assert(absolute((double)tri_sum(x, 4) - 1) < 1e-6);
}

Test(numerics, rotation_pairs_the_halves_of_a_head) {
    float x[] = {1, 2, 3, 4};
    const float cosine[] = {0, 1}, sine[] = {1, 0};
    tri_rope_rotate(x, cosine, sine, 2);
    cr_assert(x[0] == -3 && x[1] == 2 && x[2] == 1 && x[3] == 4);
}
