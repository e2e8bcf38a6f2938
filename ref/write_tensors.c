/* SPDX-License-Identifier: Apache-2.0
 *
 * One list for both file formats: embedding, final norm, then layer by layer the norms and the
 * matrices, last an untied head. Data passes through a buffer of some megabytes.
 */
#include "ref/write_tensors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/narrow.h"
#include "ref/pack.h"

enum { CHUNK = 1 << 17 }; /* elements that pass through at once, about: they stay in the cache */

const char *const tri_form_names[TRI_FORMS] = {"hf",    "i2_s", "i2_s-arm", "tq1_0",
                                               "tq2_0", "f16",  "bf16",     "f32"};

enum tri_status tri_put(struct tri_writing *writing, const void *bytes, size_t count) {
    const size_t step = (size_t)8 << 20;
    for (size_t at = 0; at < count;) {
        size_t part = count - at < step ? count - at : step;
        errno = 0;
        if (fwrite((const char *)bytes + at, 1, part, writing->out) != part) {
            return tri_fail(TRI_E_IO, "%s: not written: %s", writing->path,
                            errno != 0 ? strerror(errno) : "a write failed");
        }
        at += part;
        uint64_t before = writing->done / step;
        writing->done += part;
        if (writing->progress != NULL && writing->done / step != before) {
            TRI_TRY(writing->progress(writing->context, writing->done, writing->total));
        }
    }
    return TRI_OK;
}

void tri_item_name(const struct tri_item *item, char *out) {
    static const char *const norms[] = {"input_layernorm", "post_attention_layernorm",
                                        "attn_sub_norm", "ffn_sub_norm", "final norm"};
    const bool norm = item->kind == TRI_ITEM_NORM;
    const char *name = norm ? norms[item->norm] : tri_matrix_name(item->matrix);
    if (item->kind == TRI_ITEM_EMBEDDING || item->kind == TRI_ITEM_HEAD)
        (void)snprintf(out, 64, "%s", item->kind == TRI_ITEM_HEAD ? "head" : "embedding");
    else if (norm && item->norm == TRI_FINAL_NORM)
        (void)snprintf(out, 64, "%s", name);
    else
        (void)snprintf(out, 64, "layer %" PRIu32 " %s", item->layer, name);
}

static enum tri_item_type matrix_type(enum tri_form form) {
    switch (form) {
    case TRI_FORM_F16: return TRI_ITEM_F16;
    case TRI_FORM_BF16: return TRI_ITEM_BF16;
    case TRI_FORM_F32: return TRI_ITEM_F32;
    default: return TRI_ITEM_PACKED;
    }
}

/* How many elements share a block, and the bytes it takes. A block may run over the end of a row,
 * but in TQ forms a row must be whole blocks. */
static void block_of(enum tri_form form, uint32_t *elements, uint32_t *bytes) {
    *elements = form == TRI_FORM_TQ1_0 || form == TRI_FORM_TQ2_0 ? 256
                : form == TRI_FORM_I2S_ARM                       ? 64
                : form == TRI_FORM_I2S                           ? 128
                                                                 : 4;
    *bytes = form == TRI_FORM_TQ1_0 ? 54 : form == TRI_FORM_TQ2_0 ? 66 : *elements / 4;
}

static enum tri_status size_matrix(enum tri_form form, const char *path, struct tri_item *item) {
    const uint64_t elements = (uint64_t)item->rows * item->cols;
    item->type = matrix_type(form);
    if (item->type != TRI_ITEM_PACKED) {
        item->bytes = elements * (item->type == TRI_ITEM_F32 ? 4 : 2);
        return TRI_OK;
    }
    uint32_t block, bytes;
    block_of(form, &block, &bytes);
    bool tq = form == TRI_FORM_TQ1_0 || form == TRI_FORM_TQ2_0;
    uint64_t unit = tq ? item->cols : form == TRI_FORM_HF ? item->rows : elements;
    if (unit % block != 0) {
        char name[64];
        tri_item_name(item, name);
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: %s cannot hold %s: %s, wanted a multiple of %" PRIu32 ", got %" PRIu64,
                        path, tri_form_names[form], name,
                        tq                    ? "columns"
                        : form == TRI_FORM_HF ? "rows"
                                              : "elements",
                        block, unit);
    }
    bool i2s = form == TRI_FORM_I2S || form == TRI_FORM_I2S_ARM;
    item->bytes = elements / block * bytes + (i2s ? 32 : 0);
    return TRI_OK;
}

static void add_norm(struct tri_items *items, uint32_t layer, enum tri_norm_kind norm, uint32_t n) {
    struct tri_item *item = &items->item[items->count++];
    *item = (struct tri_item){.kind = TRI_ITEM_NORM, .layer = layer, .norm = norm, .cols = n};
    item->type = items->form == TRI_FORM_HF ? TRI_ITEM_BF16 : TRI_ITEM_F32;
    item->bytes = (uint64_t)n * (items->form == TRI_FORM_HF ? 2 : 4);
}

static void add_table(struct tri_items *items, enum tri_item_kind kind,
                      const struct tri_config *c) {
    struct tri_item *item = &items->item[items->count++];
    *item = (struct tri_item){.kind = kind, .rows = c->vocab, .cols = c->hidden};
    item->type = items->form == TRI_FORM_HF    ? TRI_ITEM_BF16
                 : items->form == TRI_FORM_F32 ? TRI_ITEM_F32
                                               : TRI_ITEM_F16;
    item->bytes = (uint64_t)c->vocab * c->hidden * (item->type == TRI_ITEM_F32 ? 4 : 2);
}

enum tri_status tri_items_list(const struct tri_source *source, enum tri_form form,
                               const char *path, struct tri_items *items) {
    const struct tri_config *c = source->config;
    const uint32_t wide = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const uint32_t rows[TRI_MATRICES] = {wide, kv, kv, c->hidden, c->ffn, c->ffn, c->hidden};
    const uint32_t cols[TRI_MATRICES] = {c->hidden, c->hidden, c->hidden, wide,
                                         c->hidden, c->hidden, c->ffn};
    *items = (struct tri_items){.form = form};
    items->item = calloc((size_t)c->layers * (4 + 2 * TRI_MATRICES) + 3, sizeof *items->item);
    if (items->item == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    add_table(items, TRI_ITEM_EMBEDDING, c);
    add_norm(items, 0, TRI_FINAL_NORM, c->hidden);
    for (uint32_t l = 0; l < c->layers; l++) {
        add_norm(items, l, TRI_INPUT_NORM, c->hidden);
        add_norm(items, l, TRI_POST_NORM, c->hidden);
        if (c->sub_norms) {
            add_norm(items, l, TRI_ATTN_NORM, wide);
            add_norm(items, l, TRI_FFN_NORM, c->ffn);
        }
        for (int m = 0; m < TRI_MATRICES; m++) {
            struct tri_item *item = &items->item[items->count++];
            *item = (struct tri_item){.kind = TRI_ITEM_MATRIX,
                                      .layer = l,
                                      .matrix = (enum tri_matrix)m,
                                      .rows = rows[m],
                                      .cols = cols[m]};
            TRI_TRY(size_matrix(form, path, item));
            if (form != TRI_FORM_HF) continue;
            item = &items->item[items->count++];
            *item = (struct tri_item){.kind = TRI_ITEM_SCALE,
                                      .layer = l,
                                      .bytes = 2,
                                      .cols = 1,
                                      .matrix = (enum tri_matrix)m};
        }
    }
    if (!c->tied) add_table(items, TRI_ITEM_HEAD, c);
    return TRI_OK;
}

/* Counts what narrowing changed, and writes its n results. */
static enum tri_status put_narrowed(struct tri_writing *writing, const struct tri_item *item,
                                    struct tri_narrowed narrowed, const void *out, size_t n) {
    if (narrowed.infinite > 0) {
        char name[64];
        tri_item_name(item, name);
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: %s: wanted values that %s can hold, got larger ones", writing->path,
                        name, item->type == TRI_ITEM_F16 ? "f16" : "bf16");
    }
    writing->rounded.values += narrowed.changed;
    return tri_put(writing, out, 2 * n);
}

/* Writes n floats in the item's type. out: [4 * n] bytes of scratch. */
static enum tri_status put_floats(struct tri_writing *writing, const struct tri_item *item,
                                  const float *x, size_t n, void *out) {
    if (item->type == TRI_ITEM_F32) return tri_put(writing, x, 4 * n);
    struct tri_narrowed narrowed =
        item->type == TRI_ITEM_F16 ? tri_narrow_f16(x, n, out) : tri_narrow_bf16(x, n, out);
    return put_narrowed(writing, item, narrowed, out, n);
}

/* table: of tri_narrow_fill, or NULL. */
static enum tri_status put_table_rows(const struct tri_source *source, const struct tri_item *item,
                                      struct tri_writing *writing, uint32_t first, uint32_t count,
                                      const uint32_t *table, float *wide, void *out) {
    static const enum tri_item_type same[] = {
        [TRI_BF16] = TRI_ITEM_BF16, [TRI_F16] = TRI_ITEM_F16, [TRI_F32] = TRI_ITEM_F32};
    const size_t n = (size_t)count * item->cols;
    struct tri_table rows;
    TRI_TRY(source->rows(source->context, item->kind == TRI_ITEM_HEAD, first, count, &rows));
    if (same[rows.type] == item->type) {
        return tri_put(writing, rows.data, (item->type == TRI_ITEM_F32 ? 4 : 2) * n);
    }
    if (rows.type == TRI_BF16 && table != NULL) {
        return put_narrowed(writing, item, tri_narrow_by_table(table, rows.data, n, out), out, n);
    }
    for (uint32_t r = 0; r < count; r++) tri_table_row(&rows, r, wide + (size_t)r * item->cols);
    return put_floats(writing, item, wide, n, out);
}

static enum tri_status put_table(const struct tri_source *source, const struct tri_item *item,
                                 struct tri_writing *writing, float *wide, void *out) {
    const bool many = (uint64_t)item->rows * item->cols > 4 * (uint64_t)TRI_NARROW_TABLE;
    uint32_t *table = NULL;
    if (many && item->type == TRI_ITEM_F16) {
        table = malloc(TRI_NARROW_TABLE * sizeof *table);
        if (table != NULL) tri_narrow_fill(table); /* without it: slower */
    }
    uint32_t step = CHUNK / item->cols;
    if (step == 0) step = 1;
    enum tri_status status = TRI_OK;
    for (uint32_t first = 0; first < item->rows && status == TRI_OK; first += step) {
        uint32_t count = item->rows - first < step ? item->rows - first : step;
        status = put_table_rows(source, item, writing, first, count, table, wide, out);
    }
    free(table);
    return status;
}

bool tri_items_permuted(const struct tri_source *source, const struct tri_items *items,
                        const struct tri_item *item) {
    return items->form != TRI_FORM_HF && source->config->architecture == TRI_LLAMA &&
           !source->config->sub_norms && item->kind == TRI_ITEM_MATRIX &&
           (item->matrix == TRI_Q || item->matrix == TRI_K);
}

/* The row of the model that is row `row` in the file: with pairs (i, i + half) of a head side by
 * side where rows are permuted. */
static uint32_t source_row(uint32_t row, uint32_t head_dim, bool permuted) {
    if (!permuted) return row;
    uint32_t inside = row % head_dim;
    return row - inside + inside % 2 * (head_dim / 2) + inside / 2;
}

static enum tri_status unpack(const struct tri_ternary *matrix, uint32_t row,
                              const struct tri_item *item, const char *path, int8_t *out) {
    if (tri_ternary_row(matrix, row, out)) return TRI_OK;
    char name[64];
    tri_item_name(item, name);
    return tri_fail(TRI_E_FORMAT,
                    "%s: %s: row %" PRIu32 ": wanted codes of -1, 0 and 1, got one that is none",
                    path, name, row);
}

/* Hugging Face: row r of the bytes holds rows r, r + n, r + 2n and r + 3n. */
static enum tri_status put_hf(const struct tri_ternary *matrix, const struct tri_item *item,
                              struct tri_writing *writing, int8_t *t, uint8_t *out) {
    const uint32_t quarter = item->rows / 4, cols = item->cols;
    const int8_t *const row[4] = {t, t + cols, t + (size_t)2 * cols, t + (size_t)3 * cols};
    uint32_t step = CHUNK / cols;
    if (step == 0) step = 1;
    for (uint32_t first = 0; first < quarter; first += step) {
        uint32_t count = quarter - first < step ? quarter - first : step;
        for (uint32_t r = 0; r < count; r++) {
            for (uint32_t i = 0; i < 4; i++) {
                TRI_TRY(unpack(matrix, i * quarter + first + r, item, writing->path,
                               t + (size_t)i * cols));
            }
            tri_pack_hf(row, cols, out + (size_t)r * cols);
        }
        TRI_TRY(tri_put(writing, out, (size_t)count * cols));
    }
    return TRI_OK;
}

static size_t pack_blocks(enum tri_form form, const int8_t *t, size_t n, uint16_t d, uint8_t *out) {
    switch (form) {
    case TRI_FORM_TQ1_0: tri_pack_tq1(t, n, d, out); return n / 256 * 54;
    case TRI_FORM_TQ2_0: tri_pack_tq2(t, n, d, out); return n / 256 * 66;
    case TRI_FORM_I2S_ARM: tri_pack_i2s_arm(t, n, out); return n / 4;
    default: tri_pack_i2s_x86(t, n, out); return n / 4;
    }
}

/* All forms whose elements follow each other row by row. t: [CHUNK + 256 + cols] */
static enum tri_status put_rows(const struct tri_ternary *matrix, const struct tri_items *items,
                                const struct tri_item *item, bool permuted, uint32_t head_dim,
                                struct tri_writing *writing, int8_t *t, float *wide, void *out) {
    uint32_t block, bytes;
    block_of(items->form, &block, &bytes);
    const bool packed = item->type == TRI_ITEM_PACKED;
    const uint16_t d = tri_float_to_f16(matrix->scale);
    size_t have = 0;
    for (uint32_t r = 0; r < item->rows; r++) {
        TRI_TRY(unpack(matrix, source_row(r, head_dim, permuted), item, writing->path, t + have));
        have += item->cols;
        if (have < CHUNK && r + 1 < item->rows) continue;
        size_t whole = packed ? have - have % block : have;
        if (packed) {
            TRI_TRY(tri_put(writing, out, pack_blocks(items->form, t, whole, d, out)));
        } else {
            for (size_t i = 0; i < whole; i++) wide[i] = (float)t[i] * matrix->scale;
            struct tri_rounded before = writing->rounded; /* the scale is counted once, not here */
            TRI_TRY(put_floats(writing, item, wide, whole, out));
            writing->rounded = before;
        }
        memmove(t, t + whole, have - whole);
        have -= whole;
    }
    return TRI_OK;
}

/* The scale as the form holds it; what that changes is counted. */
static enum tri_status fit_scale(const struct tri_items *items, const struct tri_item *item,
                                 struct tri_writing *writing, struct tri_ternary *matrix) {
    float wanted = matrix->scale;
    if (matrix->divides && items->form != TRI_FORM_HF) {
        wanted = 1.0f / wanted;
        matrix->divides = false;
        writing->rounded.inverted++;
    }
    float got = wanted;
    switch (items->form) {
    case TRI_FORM_HF:
    case TRI_FORM_BF16: got = tri_bf16_to_float(tri_float_to_bf16(wanted)); break;
    case TRI_FORM_TQ1_0:
    case TRI_FORM_TQ2_0:
    case TRI_FORM_F16: got = tri_f16_to_float(tri_float_to_f16(wanted)); break;
    default: break;
    }
    matrix->scale = got;
    writing->rounded.scales += got != wanted && item->kind == TRI_ITEM_MATRIX;
    if (got > 0 && tri_is_finite(got)) return TRI_OK;
    char name[64];
    tri_item_name(item, name);
    return tri_fail(TRI_E_UNSUPPORTED, "%s: %s cannot hold the scale of %s: got %g for %g",
                    writing->path, tri_form_names[items->form], name, (double)got, (double)wanted);
}

/* True if the source's bytes are the form's, code for code. Four codes a byte, and none a 3. */
static bool same_bytes(const struct tri_ternary *matrix, enum tri_form form, uint32_t paired) {
    bool same = (form == TRI_FORM_HF && matrix->layout == TRI_LAYOUT_HF) ||
                (form == TRI_FORM_I2S && matrix->layout == TRI_LAYOUT_I2S_X86) ||
                (form == TRI_FORM_I2S_ARM && matrix->layout == TRI_LAYOUT_I2S_ARM);
    if (!same || matrix->paired != paired) return false;
    const uint64_t low_bits = 0x5555555555555555u;
    const size_t bytes = (size_t)((uint64_t)matrix->rows * matrix->cols / 4);
    uint64_t bad = 0;
    size_t at = 0;
    for (; bytes - at >= 8; at += 8) {
        uint64_t codes;
        memcpy(&codes, matrix->packed + at, sizeof codes);
        bad |= codes & codes >> 1 & low_bits;
    }
    for (; at < bytes; at++) bad |= matrix->packed[at] & matrix->packed[at] >> 1 & 0x55u;
    return bad == 0; /* else the slow way finds the row */
}

static enum tri_status put_matrix(const struct tri_source *source, const struct tri_items *items,
                                  const struct tri_item *item, struct tri_writing *writing,
                                  int8_t *t, float *wide, void *out) {
    struct tri_ternary matrix;
    TRI_TRY(source->matrix(source->context, item->layer, item->matrix, &matrix));
    TRI_TRY(fit_scale(items, item, writing, &matrix));
    if (item->kind == TRI_ITEM_SCALE) {
        uint16_t bits = tri_float_to_bf16(matrix.scale);
        return tri_put(writing, &bits, sizeof bits);
    }
    bool permuted = tri_items_permuted(source, items, item);
    if (same_bytes(&matrix, items->form, permuted ? source->config->head_dim : 0)) {
        TRI_TRY(tri_put(writing, matrix.packed, (size_t)item->rows * item->cols / 4));
    } else if (items->form == TRI_FORM_HF) {
        TRI_TRY(put_hf(&matrix, item, writing, t, out));
    } else {
        TRI_TRY(put_rows(&matrix, items, item, permuted, source->config->head_dim, writing, t, wide,
                         out));
    }
    if (items->form != TRI_FORM_I2S && items->form != TRI_FORM_I2S_ARM) return TRI_OK;
    unsigned char tail[32] = {0};
    memcpy(tail, &matrix.scale, sizeof matrix.scale);
    return tri_put(writing, tail, sizeof tail);
}

static enum tri_status put_item(const struct tri_source *source, const struct tri_items *items,
                                const struct tri_item *item, struct tri_writing *writing, int8_t *t,
                                float *wide, void *out) {
    const float *norm = NULL;
    switch (item->kind) {
    case TRI_ITEM_EMBEDDING:
    case TRI_ITEM_HEAD: return put_table(source, item, writing, wide, out);
    case TRI_ITEM_NORM:
        TRI_TRY(source->norm(source->context, item->layer, item->norm, &norm));
        return put_floats(writing, item, norm, item->cols, out);
    default: return put_matrix(source, items, item, writing, t, wide, out);
    }
}

enum tri_status tri_item_write(const struct tri_source *source, const struct tri_items *items,
                               const struct tri_item *item, struct tri_writing *writing) {
    /* CHUNK elements, and a row on top: of bytes, of floats, and of what goes out. */
    const size_t room = (size_t)CHUNK + 256 + 4 * (size_t)item->cols;
    int8_t *t = malloc(room);
    float *wide = malloc(room * sizeof *wide);
    void *out = malloc(room * sizeof *wide);
    enum tri_status status = tri_fail(TRI_E_MEMORY, "%s: out of memory", writing->path);
    if (t != NULL && wide != NULL && out != NULL) {
        status = put_item(source, items, item, writing, t, wide, out);
    }
    free(t);
    free(wide);
    free(out);
    return status;
}
