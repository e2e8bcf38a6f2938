/* SPDX-License-Identifier: Apache-2.0
 *
 * The terms of the screened head's bounds (docs/head.md), each worked out again in double from what
 * the head holds: none may be less than what it stands for. Whether the sum holds for logits:
 * test_cpu_head_bounds.c.
 */
#include "tests/unit/cpu_head.h"

#include <math.h>

enum { ROWS = TRI_HEAD_TILE };

static double length_of(const double *x, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* codes[row][i]: of all planes together, from sums with a state that is a power of 8 in each of a
 * few columns. */
static void unpack(const struct tri_head *head, uint8_t *codes) {
    enum { FEW = 5 };
    const struct tri_head_shape *shape = &head->shape;
    const struct tri_head_kernels *k = head->kernels;
    const uint32_t n = shape->cols;
    int8_t *high = tri_head_take(shape->padded, 1), *low = tri_head_take(shape->padded, 1);
    for (uint32_t first = 0; first < n; first += FEW) {
        const uint32_t few = n - first < FEW ? n - first : FEW;
        int32_t sums[TRI_HEAD_PLANES][ROWS];
        for (uint32_t i = 0; i < few; i++) {
            high[first + i] = (int8_t)(i < 3 ? 0 : 1 << (3 * i - 8));
            low[first + i] = (int8_t)(i < 3 ? 1 << 3 * i : 0);
        }
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
            const uint8_t *rows[ROWS];
            for (size_t r = 0; r < ROWS; r++)
                rows[r] = head->plane[p] + r * tri_head_plane_bytes(shape, p);
            if (p == 0)
                k->tile(head->plane[0], shape, high, low, sums[0]);
            else
                (p == 2 ? k->dot1 : k->dot2)(rows, ROWS, shape, high, low, sums[p]);
        }
        for (size_t r = 0; r < ROWS; r++) {
            for (uint32_t i = 0; i < few; i++) {
                int code = 0;
                for (unsigned p = 0; p < TRI_HEAD_PLANES; p++)
                    code = code << tri_head_bits(p) | (sums[p][r] >> 3 * i & 7);
                codes[r * n + first + i] = (uint8_t)code;
            }
        }
        memset(high + first, 0, few);
        memset(low + first, 0, few);
    }
    free(high);
    free(low);
}

/* What is stored of a row against what it is. */
static void check_row(const struct case_of *c, const struct tri_head *head, const uint8_t *codes,
                      uint32_t row, double *left) {
    const struct tri_head_shape *shape = &head->shape;
    const uint32_t n = shape->cols;
    double *w = left + n;
    for (uint32_t i = 0; i < n; i++) w[i] = (double)tri_bf16_to_float(c->w[(size_t)row * n + i]);
    const double norm = (double)head->norm[row];
    cr_assert(norm >= length_of(w, n), "row %u: norm", row);
    double g[TRI_HEAD_DIRECTIONS];
    for (uint32_t j = 0; j < shape->directions; j++) {
        const float *p = shape->direction + (size_t)j * shape->padded;
        double along = 0;
        for (uint32_t i = 0; i < n; i++) along += (double)p[i] * w[i];
        g[j] = (double)head->step[row] * head->coefficients[j * ROWS + row];
        /* half a step of 14 bits, and the roundings of a sum in 16 lanes */
        cr_assert(fabs(along - g[j]) <= (6.2e-5 + (n / 16 + 19) * 0x1p-24) * norm,
                  "row %u, direction %u: %g off", row, j, along - g[j]);
        for (uint32_t i = 0; i < n; i++) w[i] -= g[j] * (double)p[i];
    }
    cr_assert(length_of(g, shape->directions) <= 1.02 * norm);
    cr_assert(length_of(w, n) <= 2.03 * norm);
    for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
        const int bits = (int)tri_head_bits_up_to(p);
        for (uint32_t i = 0; i < n; i++) {
            const int code = codes[(size_t)row * n + i] >> (8 - bits);
            left[i] = w[i] - (double)head->scale[p][row] * (2 * code - (1 << bits) + 1);
        }
        const double is = length_of(left, n), said = (double)head->residual[p][row];
        cr_assert(is <= said + 100 * 0x1p-24 * norm, "row %u, plane %u: %g above %g", row, p, is,
                  said);
        cr_assert(n % 16 > 0 || is >= 0.999 * said - 100 * 0x1p-24 * norm,
                  "row %u, plane %u: too wide", row, p);
    }
}

/* What is said of a state against what it is. */
static void check_state(const struct case_of *c, const struct tri_head *head,
                        const struct tri_head_state *s, double *rest) {
    const struct tri_head_shape *shape = &head->shape;
    const uint32_t n = shape->cols;
    double *error = rest + n, a[TRI_HEAD_DIRECTIONS], across[TRI_HEAD_DIRECTIONS];
    for (uint32_t i = 0; i < n; i++) rest[i] = (double)c->x[i];
    const double whole = length_of(rest, n);
    for (uint32_t j = 0; j < shape->directions; j++) {
        a[j] = s->along_step * s->along[j];
        for (uint32_t i = 0; i < n; i++)
            rest[i] -= a[j] * (double)shape->direction[(size_t)j * shape->padded + i];
    }
    int64_t total = 0;
    for (uint32_t i = 0; i < shape->padded; i++) {
        const int digits = 256 * s->high[i] + s->low[i];
        cr_assert(digits >= -TRI_HEAD_DIGITS && digits <= TRI_HEAD_DIGITS);
        cr_assert(i < n || digits == 0);
        if (i < n) error[i] = rest[i] - s->step * digits;
        total += digits;
    }
    cr_assert(total == s->total);
    for (uint32_t j = 0; j < shape->directions; j++) {
        across[j] = 0;
        for (uint32_t i = 0; i < n; i++)
            across[j] += rest[i] * (double)shape->direction[(size_t)j * shape->padded + i];
    }
    const double x1 = length_of(rest, n), e = length_of(error, n);
    const double gamma = ((n + 15) / 16 + 5) * 0x1p-24, one = 0x1p-24;
    cr_assert(s->length >= (x1 + e) * (1 - 1e-12), "%g for %g and %g", s->length, x1, e);
    const double needed = gamma * whole /* the reference */
                          + 4 * (6.2e-5 + (n / 16 + 19) * one) * length_of(a, shape->directions) +
                          1.02 * length_of(across, shape->directions) /* g times P^T x' */
                          + 2.04 * e                                  /* times w' as stored */
                          + 100 * one * x1                            /* w' and r as floats */
                          + 2 * one * whole;                          /* the stored base */
    cr_assert(s->slack >= needed, "%g for %g", s->slack, needed);
    cr_assert(s->slack <= 1.5 * needed + 0x1p-15 * whole, "%g for %g", s->slack, needed);
    cr_assert(s->slack >= 0x1p-17 * whole); /* rows below 2^-100 rest on it */
}

enum { STATES = 6 };

/* Random; whole numbers along a row; along the directions alone; one column; one large column
 * beside small ones, which loses most in 16 bits; tiny. */
static void fill_kind(struct case_of *c, const struct tri_head *head, int kind,
                      struct tri_random *random) {
    const struct tri_head_shape *shape = &head->shape;
    for (uint32_t i = 0; i < shape->cols; i++) {
        double value = bell(random);
        if (kind == 1) value = round((double)tri_bf16_to_float(c->w[i]) * 4);
        if (kind == 2) {
            value = 0;
            for (uint32_t j = 0; j < shape->directions; j++)
                value += (j % 3 ? 1 : -2) * (double)shape->direction[(size_t)j * shape->padded + i];
        }
        if (kind == 3) value = i == 7;
        if (kind == 4) value = i == 9 ? 3e4 : value;
        if (kind == 5) value *= 1e-37;
        c->x[i] = (float)value;
    }
}

static void check_all(int kind, uint32_t hidden) {
    struct case_of c = make(kind, ROWS, hidden, 40 + (uint64_t)kind);
    struct tri_random random = {41};
    uint8_t *codes = tri_head_take(ROWS, hidden);
    double *scratch = tri_head_take(2 * (uint64_t)hidden, sizeof *scratch);
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        if (hidden > 1024 && (enum tri_isa)isa != tri_isa_best()) continue;
        struct tri_head *head = head_of(&c, (enum tri_isa)isa);
        cr_assert(head->narrow && head->shape.directions > 0);
        unpack(head, codes);
        for (uint32_t row = 0; row < ROWS; row++)
            if (head->norm[row] > 0x1p-70f) check_row(&c, head, codes, row, scratch);
        for (int s = 0; s < STATES; s++) {
            struct tri_head_view *v = &head->view[0];
            fill_kind(&c, head, s, &random);
            if (tri_head_look(head, c.x, 1, &v->state)) check_state(&c, head, &v->state, scratch);
        }
        tri_head_destroy(head);
    }
    free(codes);
    free(scratch);
    drop(&c);
}

Test(cpu_head_terms, each_is_no_less_than_what_it_stands_for) {
    for (int kind = 0; kind < KINDS; kind++) {
        check_all(kind, 300);
        check_all(kind, 512);
    }
}

Test(cpu_head_terms, so_it_is_for_the_widest_and_the_narrowest_rows) {
    check_all(0, TRI_HEAD_COLUMNS);
    check_all(0, 32);
    check_all(6, 32);
}

/* What a view knows after a pass that it shares with others is what it knows after one of its own,
 * bit for bit, whichever of them read two planes. */
Test(cpu_head_terms, views_that_share_a_pass_know_what_each_knows_alone) {
    enum { VIEWS = TRI_HEAD_TOGETHER, MORE = 150 };
    static float about[VIEWS][2][MORE], most[VIEWS][2][MORE];
    static float x[VIEWS][HIDDEN];
    struct case_of c = make(2, MORE, HIDDEN, 51);
    struct tri_random random = {52};
    static const struct tri_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    struct tri_sampler *samplers[VIEWS];
    const float *pointers[VIEWS];
    uint32_t ids[VIEWS];
    for (int i = 0; i < VIEWS; i++) {
        must(tri_sampler_create(&greedy, MORE, &samplers[i]));
        for (uint32_t k = 0; k < HIDDEN; k++) x[i][k] = (float)(bell(&random) + 0.3 * i);
        pointers[i] = x[i];
    }
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        struct tri_head *head = head_of(&c, (enum tri_isa)isa);
        must(tri_head_next_each(head, VIEWS, samplers, pointers, ids)); /* makes the views */
        for (int i = 0; i < VIEWS; i++) {
            struct tri_head_view *v = &head->view[i];
            cr_assert(tri_head_look(head, x[i], 1, &v->state));
            for (int k = 0; k < VIEWS; k++) head->view[k].screened = k == i;
            for (int deep = 0; deep < 2; deep++) {
                v->deep = deep;
                tri_head_screen(head, VIEWS);
                memcpy(about[i][deep], v->estimate, sizeof about[i][deep]);
                memcpy(most[i][deep], v->most, sizeof most[i][deep]);
            }
        }
        for (int which = 0; which < 3 * 3 * 3 * 3; which++) { /* not, one plane, two */
            int rest = which;
            for (int i = 0; i < VIEWS; i++, rest /= 3) {
                head->view[i].screened = rest % 3 > 0;
                head->view[i].deep = rest % 3 > 1;
                memset(head->view[i].estimate, 0, sizeof about[i][0]);
            }
            tri_head_screen(head, VIEWS);
            for (int i = 0; i < VIEWS; i++) {
                const struct tri_head_view *v = &head->view[i];
                if (!v->screened) continue;
                cr_assert(memcmp(v->estimate, about[i][v->deep], sizeof about[i][0]) == 0 &&
                              memcmp(v->most, most[i][v->deep], sizeof most[i][0]) == 0,
                          "%s, view %d of case %d", tri_isa_name((enum tri_isa)isa), i, which);
            }
        }
        tri_head_destroy(head);
    }
    for (int i = 0; i < VIEWS; i++) tri_sampler_destroy(samplers[i]);
    drop(&c);
}
