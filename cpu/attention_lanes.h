/* SPDX-License-Identifier: Apache-2.0
 *
 * ref/attention.c on 16 lanes at a time for heads that share one key head: keys and values are
 * loaded once for several heads, the sums stay in registers. Included by operators_lanes.h.
 */

/* Rows of keys or values that are asked for before they are used: with a long cache nothing else
 * keeps the memory busy. Past the end of the cache nothing happens. */
enum { AHEAD = 8 };

static inline void ask_for(const float *row, uint32_t dim) {
    for (uint32_t i = 0; i < dim; i += TRI_LANES) __builtin_prefetch(row + i);
}

/* Scores of HEADS heads at POSITIONS positions: every load of a query or key serves all of them. */
static inline void block_of_scores(const float *q, uint32_t dim, const float *keys, size_t stride,
                                   float scale, float *scores, size_t row) {
    lanes total[HEADS][POSITIONS];
#pragma GCC unroll 4
    for (size_t h = 0; h < HEADS; h++) {
#pragma GCC unroll 4
        for (size_t p = 0; p < POSITIONS; p++) total[h][p] = zero();
    }
    for (size_t p = 0; p < POSITIONS; p++) ask_for(keys + (p + AHEAD) * stride, dim);
    for (uint32_t i = 0; i < dim; i += TRI_LANES) {
        const bool whole = dim - i >= TRI_LANES;
        lanes key[POSITIONS];
#pragma GCC unroll 4
        for (size_t p = 0; p < POSITIONS; p++) {
            const float *at = keys + p * stride + i;
            key[p] = whole ? load(at) : load_part(at, dim - i);
        }
#pragma GCC unroll 4
        for (size_t h = 0; h < HEADS; h++) {
            const float *at = q + h * dim + i;
            const lanes query = whole ? load(at) : load_part(at, dim - i);
#pragma GCC unroll 4
            for (size_t p = 0; p < POSITIONS; p++) {
                total[h][p] = add(total[h][p], multiply(query, key[p]));
            }
        }
    }
    store_sums(total, scale, scores, row);
}

static void scores_of(const float *q, uint32_t heads, uint32_t dim, const float *keys,
                      size_t stride, uint32_t count, float *scores, size_t row) {
    const float scale = tri_attention_scale(dim);
    uint32_t head = 0;
    for (; heads - head >= HEADS; head += HEADS) {
        const float *query = q + (size_t)head * dim;
        float *to = scores + head * row;
        uint32_t p = 0;
        for (; count - p >= POSITIONS; p += POSITIONS) {
            block_of_scores(query, dim, keys + p * stride, stride, scale, to + p, row);
        }
        for (; p < count; p++) {
            for (size_t h = 0; h < HEADS; h++) {
                to[h * row + p] = dot(query + h * dim, keys + p * stride, dim) * scale;
            }
        }
    }
    for (; head < heads; head++) {
        for (uint32_t p = 0; p < count; p++) {
            scores[head * row + p] = dot(q + (size_t)head * dim, keys + p * stride, dim) * scale;
        }
    }
}

/* Outputs of `heads` heads for `chunk` lanes of components, positions in order. first: nothing of
 * the values has been read before. */
static inline void block_of_values(const float *scores, size_t row, size_t heads, uint32_t dim,
                                   const float *values, size_t stride, uint32_t count, size_t chunk,
                                   bool first, float *out) {
    lanes o[HEADS][CHUNK];
#pragma GCC unroll 4
    for (size_t h = 0; h < heads; h++) {
#pragma GCC unroll 4
        for (size_t c = 0; c < chunk; c++) o[h][c] = zero();
    }
    for (uint32_t p = 0; p < count; p++) {
        const float *at = values + p * stride;
        lanes v[CHUNK];
        if (first) ask_for(at + AHEAD * stride, dim);
#pragma GCC unroll 4
        for (size_t c = 0; c < chunk; c++) v[c] = load(at + c * TRI_LANES);
#pragma GCC unroll 4
        for (size_t h = 0; h < heads; h++) {
            const lanes score = all(scores[h * row + p]);
#pragma GCC unroll 4
            for (size_t c = 0; c < chunk; c++) o[h][c] = add(o[h][c], multiply(score, v[c]));
        }
    }
#pragma GCC unroll 4
    for (size_t h = 0; h < heads; h++) {
#pragma GCC unroll 4
        for (size_t c = 0; c < chunk; c++) store(out + h * dim + c * TRI_LANES, o[h][c]);
    }
}

/* Components that do not fill the lanes. */
static void end_of_values(const float *scores, uint32_t n, const float *values, size_t stride,
                          uint32_t count, float *out) {
    lanes o = zero();
    for (uint32_t p = 0; p < count; p++) {
        o = add(o, multiply(all(scores[p]), load_part(values + p * stride, n)));
    }
    store_part(out, o, n);
}

static void attention(const float *q, uint32_t heads, uint32_t dim, const float *keys,
                      const float *values, size_t stride, uint32_t count, float *scores,
                      float *out) {
    const size_t row = ((size_t)count + TRI_LANES - 1) / TRI_LANES * TRI_LANES;
    const uint32_t end = dim - dim % TRI_LANES;
    scores_of(q, heads, dim, keys, stride, count, scores, row);
    for (uint32_t head = 0; head < heads; head++) softmax(scores + head * row, count);

    for (uint32_t head = 0; head < heads;) {
        const bool several = heads - head >= HEADS;
        const float *s = scores + head * row;
        float *o = out + (size_t)head * dim;
        uint32_t i = 0;
        while (i < end) { /* constants in each call, so that each is a loop of its own */
            const float *v = values + i;
            const bool wide = end - i >= CHUNK * TRI_LANES;
            if (several && wide) {
                block_of_values(s, row, HEADS, dim, v, stride, count, CHUNK, i == 0, o + i);
            } else if (several) {
                block_of_values(s, row, HEADS, dim, v, stride, count, 1, i == 0, o + i);
            } else if (wide) {
                block_of_values(s, row, 1, dim, v, stride, count, CHUNK, i == 0, o + i);
            } else {
                block_of_values(s, row, 1, dim, v, stride, count, 1, i == 0, o + i);
            }
            i += wide ? CHUNK * TRI_LANES : TRI_LANES;
        }
        for (uint32_t h = 0; h < (several ? HEADS : 1) && i < dim; h++) {
            end_of_values(s + h * row, dim - i, values + i, stride, count, o + (size_t)h * dim + i);
        }
        head += several ? HEADS : 1;
    }
}
