/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of shapes, from the models' published config.json.
 */
#include "ref/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/yaml.h"

struct shape {
    uint32_t layers, hidden, ffn, heads, kv_heads, head_dim, vocab, context;
    float eps;
    double theta;
    uint32_t bos, eos, eot;
    bool tied, sub_norms;
    enum tri_activation activation;
    enum tri_architecture architecture;
};

const char *const tri_shape_names[TRI_SHAPES] = {
    "2b4t", "0.7b", "3b", "falcon3-1b", "falcon3-3b", "falcon3-7b", "falcon3-10b", "llama3-8b"};

#define BITNET true, true, TRI_RELU2, TRI_BITNET
#define LARGE  true, true, TRI_SILU, TRI_BITNET
#define LLAMA  false, false, TRI_SILU, TRI_LLAMA
static const struct shape shapes[TRI_SHAPES] = {
    {30, 2560, 6912, 20, 5, 128, 128256, 4096, 1e-5f, 5e5, 128000, 128001, 128009, BITNET},
    {24, 1536, 4096, 16, 16, 96, 32002, 2048, 1e-5f, 1e4, 1, 2, 32001, LARGE},
    {26, 3200, 8640, 32, 32, 100, 32002, 2048, 1e-5f, 1e4, 1, 2, 32001, LARGE},
    {18, 2048, 8192, 8, 4, 256, 131072, 8192, 1e-6f, 1000042, 11, 11, 12, LLAMA},
    {22, 3072, 9216, 12, 4, 256, 131072, 32768, 1e-6f, 1000042, 11, 11, 12, LLAMA},
    {28, 3072, 23040, 12, 4, 256, 131072, 32768, 1e-6f, 1000042, 11, 11, 12, LLAMA},
    {40, 3072, 23040, 12, 4, 256, 131072, 32768, 1e-6f, 1000042, 11, 11, 12, LLAMA},
    {32, 4096, 14336, 32, 8, 128, 128256, 8192, 1e-5f, 5e5, 128000, 128001, 128009, LLAMA},
};

/* The same structure at a size that a test runs in no time. */
static void shrink(struct tri_config *c, uint32_t *eot) {
    const uint32_t ratio = c->heads / c->kv_heads;
    c->layers = 2;
    /* As few heads as make whole blocks of a row or, with 100 channels, of a matrix. */
    c->kv_heads = ratio > 2 ? 1 : ratio == 2 ? 2 : c->head_dim % 32 == 0 ? 8 : 4;
    c->heads = ratio * c->kv_heads;
    c->hidden = c->heads * c->head_dim;
    c->ffn = c->ffn % 256 == 0 ? 768 : 640; /* TQ forms want multiples of 256 */
    c->vocab = 512;
    c->context = 256;
    if (c->bos >= c->vocab) c->bos = 496;
    if (c->eos[0] >= c->vocab) c->eos[0] = 497;
    if (*eot >= c->vocab) *eot = 505;
}

enum tri_status tri_shape(const char *name, struct tri_config *config, uint32_t *eot) {
    const bool tiny = strncmp(name, "tiny", 4) == 0 && (name[4] == '\0' || name[4] == '-');
    const char *wanted = !tiny ? name : name[4] == '\0' ? tri_shape_names[0] : name + 5;
    for (size_t i = 0; i < TRI_SHAPES; i++) {
        if (strcmp(wanted, tri_shape_names[i]) != 0) continue;
        const struct shape *s = &shapes[i];
        memset(config, 0, sizeof *config);
        config->layers = s->layers;
        config->hidden = s->hidden;
        config->ffn = s->ffn;
        config->heads = s->heads;
        config->kv_heads = s->kv_heads;
        config->head_dim = s->head_dim;
        config->vocab = s->vocab;
        config->context = s->context;
        config->eps = s->eps;
        config->rope_theta = s->theta;
        config->bos = s->bos;
        config->eos[0] = s->eos;
        config->eos_count = 1;
        config->tied = s->tied;
        config->sub_norms = s->sub_norms;
        config->activation = s->activation;
        config->architecture = s->architecture;
        *eot = s->eot;
        if (tiny) shrink(config, eot);
        return TRI_OK;
    }
    return tri_fail(TRI_E_ARGUMENT,
                    "shape '%s': wanted 2b4t, 0.7b, 3b, falcon3-1b, falcon3-3b, falcon3-7b, "
                    "falcon3-10b, llama3-8b, or tiny- before one of them; the nearest is %s",
                    name, tri_nearest(wanted, tri_shape_names, TRI_SHAPES));
}
