/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape and seed to a model on disk; see host/synthetic.h.
 */
#include "host/synthetic.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/randommodel.h"
#include "ref/shape.h"

enum { SEED = 1 }; /* of the models that are kept */
static const char prefix[] = "synth-";

static enum tri_status make_tokenizer(const struct tri_config *config, uint32_t eot,
                                      const char *path, struct tri_tokenizer **tokenizer) {
    if (path != NULL) {
        TRI_TRY(tri_tokenizer_open(path, tokenizer));
        if (tri_tokenizer_vocab(*tokenizer) <= config->vocab) return TRI_OK;
        return tri_fail(TRI_E_ARGUMENT, "%s: wanted at most %u ids, got %u", path, config->vocab,
                        tri_tokenizer_vocab(*tokenizer));
    }
    /* Single bytes, at ids that the special tokens leave free. */
    struct tri_named_token names[3] = {{config->bos, "<|begin_of_text|>"},
                                       {config->eos[0], "<|end_of_text|>"},
                                       {eot, "<|eot_id|>"}};
    size_t count = 3;
    if (config->bos == config->eos[0]) names[--count - 1] = names[2];
    return tri_tokenizer_of_bytes(config->bos < 256 ? 16 : 0, names, count, tokenizer);
}

enum tri_status tri_synthetic_make(const char *shape, uint64_t seed, const char *tokenizer_path,
                                   bool none, struct tri_saving *saving) {
    uint32_t eot;
    struct tri_config config;
    struct tri_source source = {0};
    struct tri_random_model *model = NULL;
    struct tri_tokenizer *tokenizer = NULL;
    char name[96];
    TRI_TRY(tri_shape(shape, &config, &eot));
    enum tri_status status = TRI_OK;
    if (!none) status = make_tokenizer(&config, eot, tokenizer_path, &tokenizer);
    if (status == TRI_OK) status = tri_random_model_create(&config, seed, &model);
    if (status == TRI_OK) {
        snprintf(name, sizeof name, "synth-%s-%" PRIu64, shape, seed);
        tri_random_model_source(model, &source);
        source.name = name;
        source.tokenizer = tokenizer;
        status = tri_save(&source, saving, NULL, NULL);
    }
    tri_random_model_destroy(model);
    tri_tokenizer_close(tokenizer);
    return status;
}

bool tri_synthetic_named(const char *model) {
    return strncmp(model, prefix, sizeof prefix - 1) == 0 && access(model, F_OK) != 0;
}

static enum tri_status make_folders(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s", folder);
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        const char end = *at;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return tri_fail(TRI_E_IO, "%s: cannot be made: %s", path, strerror(errno));
        *at = end;
        if (end == '\0') return TRI_OK;
    }
}

enum tri_status tri_synthetic_find(const char *word, const char *folder, char *path,
                                   double *seconds) {
    const char *shape = word + sizeof prefix - 1;
    uint32_t eot;
    struct tri_config config;
    *seconds = 0;
    TRI_TRY(tri_shape(shape, &config, &eot)); /* before a folder is made for a misspelt name */
    const int used = snprintf(path, 4096, "%s/%s-seed%d", folder, word, SEED);
    if (used < 0 || used >= 3968) /* the reader of models has the same limit */
        return tri_fail(TRI_E_ARGUMENT, "%s: path too long for models", folder);
    if (access(path, F_OK) == 0) return TRI_OK;
    TRI_TRY(make_folders(folder));
    struct tri_saving saving = {.what = "making", .path = path, .form = TRI_FORM_HF};
    const enum tri_status status = tri_synthetic_make(shape, SEED, NULL, false, &saving);
    *seconds = saving.seconds;
    /* Another process may have made the same bytes meanwhile. */
    return status != TRI_OK && status != TRI_E_INTERRUPTED && access(path, F_OK) == 0 ? TRI_OK
                                                                                      : status;
}
