/* SPDX-License-Identifier: Apache-2.0
 *
 * What a caller does with a model once it is open. Sizes are bounded by the file's, but for the
 * context, of which three positions are taken.
 */
#include <stdlib.h>

#include "ref/forward.h"
#include "tests/fuzz/fuzz.h"

static void run(const struct tri_model *model) {
    struct tri_session *session = NULL;
    const struct tri_config *c = &model->config;
    const uint32_t ids[2] = {c->bos, c->vocab - 1};
    float *logits = malloc(c->vocab * sizeof *logits);
    fuzz_check(logits != NULL, "no memory for logits");
    const uint32_t positions = c->context < 3 ? c->context : 3;
    if (fuzz_ok(tri_session_create(model, positions, &session))) {
        for (unsigned i = 0; i < 2; i++)
            (void)fuzz_ok(tri_session_run(session, &ids[i], 1, tri_product_ref,
                                          (void *)(uintptr_t)model, false, logits));
    }
    tri_session_destroy(session);
    free(logits);
}

void fuzz_model(const struct tri_model *model) {
    struct tri_i2s_verdict verdict;
    const struct tri_config *c = &model->config;
    fuzz_check(c->layers > 0 && c->hidden > 0 && c->vocab > 0 && c->kv_heads > 0, "sizes");
    fuzz_check(c->bos < c->vocab && c->eos_count <= TRI_EOS_MAX, "ids are of the vocabulary");
    const bool whole = fuzz_ok(tri_model_verify(model));
    (void)fuzz_ok(tri_model_i2s_check(model, &verdict));
    if (!whole) return;
    fuzz_accepted();
    run(model);
}
