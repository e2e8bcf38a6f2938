/* SPDX-License-Identifier: Apache-2.0
 *
 * The session as a machine: cutting a text into calls, refusing what it must, leaving its state
 * alone on failure, and naming the place where a damaged model stops making sense.
 */
#include "tests/unit/test_ref_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/random.h"
#include "ref/session.h"

enum { TEXT = 150 }; /* more than two blocks */

static void fill(uint32_t *ids, size_t n, uint32_t vocab) {
    struct tri_random random = {5};
    for (size_t i = 0; i < n; i++) ids[i] = (uint32_t)(tri_random_next(&random) % vocab);
}

/* All logits of a text processed `step` tokens at a time (0: steps of 1, 2, 3, ...). */
static float *run_in_steps(struct tri_model *model, const uint32_t *ids, uint32_t n,
                           uint32_t step) {
    struct tri_session *session;
    const size_t vocab = model->config.vocab;
    float *logits = malloc(n * vocab * sizeof *logits);
    must(tri_session_create(model, 0, &session));
    for (uint32_t done = 0, i = 1; done < n; i++) {
        uint32_t count = step == 0 ? i : step;
        if (count > n - done) count = n - done;
        must(tri_session_run(session, ids + done, count, tri_product_ref, model, true,
                             logits + done * vocab));
        done += count;
        cr_assert(tri_session_length(session) == done);
    }
    tri_session_destroy(session);
    return logits;
}

Test(forward, logits_do_not_depend_on_how_the_text_is_cut) {
    static const char *const names[] = {"micro", "tiny-a"};
    for (int m = 0; m < 2; m++) {
        struct tri_model *model = open_model(names[m]);
        const size_t bytes = (size_t)TEXT * model->config.vocab * sizeof(float);
        uint32_t ids[TEXT];
        fill(ids, TEXT, model->config.vocab);
        float *whole = run_in_steps(model, ids, TEXT, TEXT);
        const uint32_t steps[] = {0, 1, 7, TRI_BLOCK - 1, TRI_BLOCK, TRI_BLOCK + 1};
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            float *cut = run_in_steps(model, ids, TEXT, steps[i]);
            cr_assert(memcmp(cut, whole, bytes) == 0, "%s in steps of %u", names[m], steps[i]);
            free(cut);
        }
        free(whole);
        tri_model_close(model);
    }
}

Test(forward, the_last_logits_alone_are_the_last_of_all) {
    struct tri_model *model = open_model("micro");
    const size_t vocab = model->config.vocab;
    uint32_t ids[TEXT];
    fill(ids, TEXT, model->config.vocab);
    float *all = run_in_steps(model, ids, TEXT, TEXT), *last = malloc(vocab * sizeof *last);
    struct tri_session *session;
    must(tri_session_create(model, TEXT, &session));
    must(tri_session_run(session, ids, TEXT, tri_product_ref, model, false, last));
    cr_assert(memcmp(last, all + (TEXT - 1) * vocab, vocab * sizeof *last) == 0);
    tri_session_destroy(session);
    free(all);
    free(last);
    tri_model_close(model);
}

Test(forward, a_position_sees_only_what_is_before_it) {
    struct tri_model *model = open_model("micro");
    const size_t vocab = model->config.vocab;
    uint32_t ids[40];
    fill(ids, 40, model->config.vocab);
    float *one = run_in_steps(model, ids, 40, 40);
    ids[20] = (ids[20] + 1) % model->config.vocab;
    float *other = run_in_steps(model, ids, 40, 40);
    cr_assert(memcmp(one, other, 20 * vocab * sizeof *one) == 0);
    for (size_t t = 20; t < 40; t++) {
        cr_assert(memcmp(one + t * vocab, other + t * vocab, vocab * sizeof *one) != 0, "%zu", t);
    }
    free(one);
    free(other);
    tri_model_close(model);
}

Test(forward, bad_arguments_are_named_and_change_nothing) {
    struct tri_model *model = open_model("micro");
    struct tri_session *session = NULL;
    must_fail(tri_session_create(model, 257, &session), TRI_E_ARGUMENT, "at most 256, got 257");
    cr_assert(session == NULL);
    must(tri_session_create(model, 8, &session));
    float logits[512], again[512];
    uint32_t ids[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bad[] = {1, 512};
    must(tri_session_run(session, ids, 4, tri_product_ref, model, false, logits));
    must_fail(tri_session_run(session, ids, 0, tri_product_ref, model, false, again),
              TRI_E_ARGUMENT, "at least 1");
    must_fail(tri_session_run(session, bad, 2, tri_product_ref, model, false, again),
              TRI_E_ARGUMENT, "token 1: id, wanted below 512, got 512");
    must_fail(tri_session_run(session, ids, 5, tri_product_ref, model, false, again),
              TRI_E_ARGUMENT, "context full: wanted room for 5 more tokens, got 4 of 8");
    must_fail(tri_session_run(session, ids, UINT32_MAX, tri_product_ref, model, false, again),
              TRI_E_ARGUMENT, "context full");
    cr_assert(tri_session_length(session) == 4);
    must(tri_session_run(session, ids + 4, 4, tri_product_ref, model, false, again));
    must_fail(tri_session_run(session, ids, 1, tri_product_ref, model, false, again),
              TRI_E_ARGUMENT, "context full");
    tri_session_destroy(session);
    tri_session_destroy(NULL);
    tri_model_close(model);
}

/* A product that fails at its n-th call. */
struct failing {
    struct tri_model *model;
    unsigned calls, fail_at;
};

static enum tri_status fail_once(void *context, uint32_t layer, enum tri_group group,
                                 uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct failing *f = context;
    if (f->calls++ == f->fail_at) return tri_fail(TRI_E_DEVICE, "device: stopped");
    return tri_product_ref(f->model, layer, group, tokens, codes, sums);
}

Test(forward, a_failing_product_leaves_the_session_as_it_was) {
    struct tri_model *model = open_model("tiny-a");
    const size_t vocab = model->config.vocab;
    uint32_t ids[TEXT];
    fill(ids, TEXT, model->config.vocab);
    float *wanted = run_in_steps(model, ids, TEXT, TEXT), *got = malloc(TEXT * vocab * sizeof *got);
    for (unsigned at = 0; at < 16; at += 5) { /* in the first and in the second block */
        struct failing f = {.model = model, .fail_at = at};
        struct tri_session *session;
        must(tri_session_create(model, TEXT, &session));
        must(tri_session_run(session, ids, 10, tri_product_ref, model, true, got));
        must_fail(tri_session_run(session, ids + 10, TEXT - 10, fail_once, &f, true, got),
                  TRI_E_DEVICE, "device: stopped");
        cr_assert(tri_session_length(session) == 10);
        must(tri_session_run(session, ids + 10, TEXT - 10, tri_product_ref, model, true, got));
        cr_assert(memcmp(got, wanted + 10 * vocab, (TEXT - 10) * vocab * sizeof *got) == 0);
        tri_session_destroy(session);
    }
    free(wanted);
    free(got);
    tri_model_close(model);
}

/* The product gets every group of every layer in order, at most TRI_BLOCK tokens at a time. */
struct order {
    struct tri_model *model;
    uint32_t next, tokens;
};

static enum tri_status watch_order(void *context, uint32_t layer, enum tri_group group,
                                   uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct order *o = context;
    cr_assert(layer * TRI_GROUPS + (uint32_t)group == o->next);
    cr_assert(tokens >= 1 && tokens <= TRI_BLOCK);
    o->next = (o->next + 1) % (o->model->config.layers * TRI_GROUPS);
    o->tokens += tokens;
    return tri_product_ref(o->model, layer, group, tokens, codes, sums);
}

Test(forward, the_product_is_asked_for_each_group_of_each_layer_in_order) {
    struct order o = {.model = open_model("tiny-a")};
    struct tri_session *session;
    uint32_t ids[TEXT];
    float logits[512];
    fill(ids, TEXT, 512);
    must(tri_session_create(o.model, 0, &session));
    must(tri_session_run(session, ids, TEXT, watch_order, &o, false, logits));
    cr_assert(o.next == 0 && o.tokens == 2 * TRI_GROUPS * TEXT);
    tri_session_destroy(session);
    tri_model_close(o.model);
}

static const char *tensor_to_set;
static size_t element_to_set;
static uint16_t bits_to_set;

static void set_bf16(json_t *header, unsigned char *data) {
    memcpy(data + begin_of(header, tensor_to_set) + 2 * element_to_set, &bits_to_set, 2);
}

/* Runs tokens 0..9 of micro with one damaged value and wants FORMAT with this message. */
static void damaged(const char *tensor, size_t element, uint16_t bits, const char *message) {
    struct tri_model *model = NULL;
    struct tri_session *session;
    const uint32_t ids[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    float logits[512];
    tensor_to_set = tensor, element_to_set = element, bits_to_set = bits;
    must(open_edited(NULL, set_bf16, &model));
    must(tri_session_create(model, 0, &session));
    must_fail(tri_session_run(session, ids, 10, tri_product_ref, model, false, logits),
              TRI_E_FORMAT, message);
    cr_assert(tri_session_length(session) == 0);
    tri_session_destroy(session);
    tri_model_close(model);
}

Test(forward, a_damaged_model_is_stopped_at_the_layer_that_overflows) {
    const uint16_t nan = 0x7fc0, infinite = 0xff80, huge = 0x7f00; /* 1.7e38 */
    damaged("model.embed_tokens.weight", 4 * 256 + 3, nan, "layer 0, input_layernorm, position 4");
    damaged("model.embed_tokens.weight", 9 * 256, infinite, "layer 0, input_layernorm, position 9");
    damaged("model.embed_tokens.weight", 400 * 256, nan, "output head, row 400");
    damaged("model.layers.0.self_attn.v_proj.weight_scale", 0, huge,
            "layer 0, attn_sub_norm, position 0");
    damaged("model.layers.0.mlp.up_proj.weight_scale", 0, huge, "layer 0, ffn_sub_norm");
    damaged("model.layers.0.self_attn.o_proj.weight_scale", 0, huge,
            "layer 0, post_attention_layernorm");
    damaged("model.layers.0.mlp.down_proj.weight_scale", 0, huge, "layer 0, output");
}
