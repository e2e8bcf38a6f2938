/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON files beside the weights of a Hugging Face folder: config.json from a configuration,
 * tokenizer.json from a tokenizer of whatever origin.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/alphabet.h"
#include "ref/pretokenizer.h"
#include "ref/tokenizer_file.h"
#include "ref/write.h"

/* The shortest decimal that reads back as the same number, the way Python writes it. out: [48] */
static const char *real(double value, bool single, char *out) {
    char text[40];
    int precision = 0;
    do {
        (void)snprintf(text, sizeof text, "%.*e", precision, value);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)value : back == value) break;
    } while (++precision < 17);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    int behind = precision > exponent ? precision - exponent : 1;
    if (exponent >= -4 && exponent < 16)
        (void)snprintf(out, 48, "%.*f", behind, strtod(text, NULL));
    else
        (void)snprintf(out, 48, "%s", text);
    return out;
}

static enum tri_status written(const struct tri_writing *writing) {
    if (ferror(writing->out) == 0) return TRI_OK;
    return tri_fail(TRI_E_IO, "%s: not written: %s", writing->path, strerror(errno));
}

enum tri_status tri_write_config(const struct tri_source *source, struct tri_writing *writing) {
    const struct tri_config *c = source->config;
    const bool llama = !c->sub_norms;
    FILE *f = writing->out;
    char eps[48], theta[48];
    fprintf(f, "{\n \"architectures\": [\n  \"%s\"\n ],\n \"model_type\": \"%s\",\n",
            llama ? "LlamaForCausalLM" : "BitNetForCausalLM", llama ? "llama" : "bitnet");
    fprintf(f, " \"bos_token_id\": %" PRIu32 ",\n \"eos_token_id\": ", c->bos);
    for (uint32_t i = 0; i < c->eos_count; i++) {
        fprintf(f, "%s%" PRIu32, i > 0 ? ", " : c->eos_count > 1 ? "[" : "", c->eos[i]);
    }
    fprintf(f, "%s,\n \"hidden_act\": \"%s\",\n \"hidden_size\": %" PRIu32 ",\n",
            c->eos_count > 1    ? "]"
            : c->eos_count == 0 ? "null"
                                : "",
            c->activation == TRI_RELU2 ? "relu2" : "silu", c->hidden);
    fprintf(f, " \"intermediate_size\": %" PRIu32 ",\n \"initializer_range\": 0.02,\n", c->ffn);
    fprintf(f, " \"max_position_embeddings\": %" PRIu32 ",\n", c->context);
    fprintf(f, " \"num_attention_heads\": %" PRIu32 ",\n \"num_hidden_layers\": %" PRIu32 ",\n",
            c->heads, c->layers);
    fprintf(f, " \"num_key_value_heads\": %" PRIu32 ",\n", c->kv_heads);
    if (c->head_dim * c->heads != c->hidden)
        fprintf(f, " \"head_dim\": %" PRIu32 ",\n", c->head_dim);
    fprintf(f, " \"rms_norm_eps\": %s,\n \"rope_theta\": %s,\n", real((double)c->eps, true, eps),
            real(c->rope_theta, false, theta));
    fprintf(f, " \"tie_word_embeddings\": %s,\n \"torch_dtype\": \"bfloat16\",\n",
            c->tied ? "true" : "false");
    fprintf(f, " \"use_cache\": true,\n \"vocab_size\": %" PRIu32 ",\n", c->vocab);
    fprintf(f,
            " \"quantization_config\": {\n  \"quant_method\": \"bitnet\",\n"
            "  \"linear_class\": \"%s\",\n  \"quantization_mode\": \"offline\"\n }\n}",
            source->divides ? "bitlinear" : "autobitlinear");
    return written(writing);
}

/* A string in quotes; anything but printable ASCII as \u escapes. text is valid UTF-8 without
 * characters above U+FFFF when it comes from the byte alphabet; names of special tokens go through
 * as they are. */
static void quote(FILE *f, const char *text, size_t bytes) {
    fputc('"', f);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\')
            fprintf(f, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(f, "\\u%04x", byte);
        else
            fputc(byte, f);
    }
    fputc('"', f);
}

static void token(FILE *f, const struct tri_tokenizer *tokenizer,
                  const struct tri_alphabet *alphabet, uint32_t id, char *scratch) {
    size_t count;
    const char *bytes = tri_tokenizer_bytes(tokenizer, id, &count);
    quote(f, scratch, tri_alphabet_encode(alphabet, bytes, count, scratch));
}

static void specials(FILE *f, const struct tri_tokenizer *tokenizer) {
    const char *before = "";
    for (uint32_t id = 0; id < tokenizer->vocabulary.count; id++) {
        size_t count;
        const char *name = tri_tokenizer_bytes(tokenizer, id, &count);
        if (name == NULL || !tri_tokenizer_is_special(tokenizer, id)) continue;
        fprintf(f, "%s\n  {\"id\": %" PRIu32 ", \"content\": ", before, id);
        quote(f, name, count);
        fprintf(f, ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                   "\"normalized\": false, \"special\": true}");
        before = ",";
    }
}

enum tri_status tri_write_tokenizer(const struct tri_tokenizer *tokenizer,
                                    struct tri_writing *writing) {
    FILE *f = writing->out;
    struct tri_alphabet alphabet;
    tri_alphabet_fill(&alphabet);
    struct tri_pair *pairs;
    char *scratch = malloc(2 * (size_t)tokenizer->vocabulary.longest + 1);
    if (!tri_merges_list(&tokenizer->merges, &pairs) || scratch == NULL) {
        free(scratch);
        free(pairs);
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", writing->path);
    }
    fprintf(f, "{\n \"version\": \"1.0\",\n \"truncation\": null,\n \"padding\": null,\n"
               " \"added_tokens\": [");
    specials(f, tokenizer);
    fprintf(f, "\n ],\n \"normalizer\": null,\n \"pre_tokenizer\": {\"type\": \"Sequence\", "
               "\"pretokenizers\": [\n  {\"type\": \"Split\", \"pattern\": {\"Regex\": ");
    quote(f, tri_pretokenizer_pattern, strlen(tri_pretokenizer_pattern));
    fprintf(f,
            "}, \"behavior\": \"Isolated\", \"invert\": false},\n  {\"type\": \"ByteLevel\", "
            "\"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}]},\n"
            " \"post_processor\": null,\n \"decoder\": {\"type\": \"ByteLevel\", "
            "\"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true},\n"
            " \"model\": {\"type\": \"BPE\", \"dropout\": null, \"unk_token\": null, "
            "\"continuing_subword_prefix\": null,\n  \"end_of_word_suffix\": null, "
            "\"fuse_unk\": false, \"byte_fallback\": false, \"ignore_merges\": %s,\n"
            "  \"vocab\": {",
            tokenizer->whole_pieces ? "true" : "false");
    const char *before = "";
    for (uint32_t id = 0; id < tokenizer->vocabulary.count; id++) {
        size_t count;
        if (tri_tokenizer_bytes(tokenizer, id, &count) == NULL ||
            tri_tokenizer_is_special(tokenizer, id))
            continue;
        fprintf(f, "%s\n   ", before);
        token(f, tokenizer, &alphabet, id, scratch);
        fprintf(f, ": %" PRIu32, id);
        before = ",";
    }
    fprintf(f, "\n  },\n  \"merges\": [");
    for (uint32_t i = 0; i < tokenizer->merges.slots_used; i++) {
        fprintf(f, "%s\n   [", i > 0 ? "," : "");
        token(f, tokenizer, &alphabet, pairs[i].left, scratch);
        fprintf(f, ", ");
        token(f, tokenizer, &alphabet, pairs[i].right, scratch);
        fprintf(f, "]");
    }
    fprintf(f, "\n  ]\n }\n}\n");
    free(scratch);
    free(pairs);
    return written(writing);
}
