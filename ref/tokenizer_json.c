/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads Hugging Face's tokenizer.json: a byte-level BPE model with the Llama-3 pre-tokenizer, and
 * nothing else. What would change ids and is not implemented is refused, never ignored; the
 * post-processor (it adds BOS), the decoder, truncation and padding are left to the caller.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ref/alphabet.h"
#include "ref/pretokenizer.h"
#include "ref/tokenizer_file.h"

struct reader {
    struct tri_tokenizer *tokenizer;
    const char *path;
    struct tri_alphabet alphabet;
    char *scratch; /* as long as the file: no string in it is longer */
};

static const char *type_name(const json_t *value) {
    if (value == NULL) return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a real number";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: return "null";
    }
    return "nothing";
}

static enum tri_status wrong(const struct reader *reader, const char *what, const char *wanted,
                             const json_t *got) {
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %s", reader->path, what, wanted,
                    type_name(got));
}

static enum tri_status no_memory(const struct reader *reader) {
    return tri_fail(TRI_E_MEMORY, "%s: out of memory", reader->path);
}

/* Something valid that is not computed here; the message shows the value. */
static enum tri_status unsupported(const struct reader *reader, const char *what,
                                   const char *wanted, const json_t *got) {
    char *found =
        got == NULL ? NULL : json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    enum tri_status status =
        tri_fail(TRI_E_UNSUPPORTED, "%s: %s: wanted %s, got %.600s", reader->path, what, wanted,
                 found == NULL ? "nothing" : found);
    free(found);
    return status;
}

static bool is_string(const json_t *value, const char *wanted) {
    return json_is_string(value) && strcmp(json_string_value(value), wanted) == 0;
}

/* Absent, null, false or "": the option is off. */
static bool is_off(const json_t *value) {
    return value == NULL || json_is_null(value) || json_is_false(value) || is_string(value, "");
}

static bool is_llama3(const json_t *pre) {
    if (!is_string(json_object_get(pre, "type"), "Sequence")) return false;
    const json_t *steps = json_object_get(pre, "pretokenizers");
    if (!json_is_array(steps) || json_array_size(steps) != 2) return false;
    const json_t *split = json_array_get(steps, 0);
    const json_t *bytes = json_array_get(steps, 1);
    const json_t *regex = json_object_get(json_object_get(split, "pattern"), "Regex");
    return is_string(json_object_get(split, "type"), "Split") &&
           is_string(regex, tri_pretokenizer_pattern) &&
           is_string(json_object_get(split, "behavior"), "Isolated") &&
           json_is_false(json_object_get(split, "invert")) &&
           is_string(json_object_get(bytes, "type"), "ByteLevel") &&
           json_is_false(json_object_get(bytes, "add_prefix_space")) &&
           json_is_false(json_object_get(bytes, "use_regex"));
}

static enum tri_status check_kind(const struct reader *reader, const json_t *root,
                                  const json_t *model) {
    const json_t *type = json_object_get(model, "type");
    if (!json_is_string(type)) return wrong(reader, "model.type", "a string", type);
    if (!is_string(type, "BPE")) return unsupported(reader, "model.type", "\"BPE\"", type);
    static const char *const options[] = {"dropout", "unk_token", "continuing_subword_prefix",
                                          "end_of_word_suffix", "byte_fallback"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const json_t *value = json_object_get(model, options[i]);
        if (!is_off(value)) return unsupported(reader, options[i], "null", value);
    }
    const json_t *normalizer = json_object_get(root, "normalizer");
    if (!is_off(normalizer)) return unsupported(reader, "normalizer", "null", normalizer);
    const json_t *pre = json_object_get(root, "pre_tokenizer");
    if (!is_llama3(pre)) {
        return unsupported(reader, "pre_tokenizer", "the Llama-3 pattern, then ByteLevel", pre);
    }
    const json_t *ignore = json_object_get(model, "ignore_merges");
    if (ignore != NULL && !json_is_boolean(ignore)) {
        return wrong(reader, "model.ignore_merges", "true or false", ignore);
    }
    reader->tokenizer->whole_pieces = json_is_true(ignore);
    return TRI_OK;
}

static enum tri_status read_id(const struct reader *reader, const char *name, const json_t *value,
                               uint32_t *id) {
    if (!json_is_integer(value)) return wrong(reader, name, "an integer as id", value);
    json_int_t integer = json_integer_value(value);
    if (integer < 0 || integer >= (json_int_t)TRI_VOCABULARY_MAX) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: %s: wanted an id from 0 to %u, got %" JSON_INTEGER_FORMAT,
                        reader->path, name, TRI_VOCABULARY_MAX - 1, integer);
    }
    *id = (uint32_t)integer;
    return TRI_OK;
}

static enum tri_status read_vocabulary(const struct reader *reader, json_t *vocab) {
    if (!json_is_object(vocab)) return wrong(reader, "model.vocab", "an object", vocab);
    const char *key;
    json_t *value;
    json_object_foreach(vocab, key, value) {
        uint32_t id;
        TRI_TRY(read_id(reader, key, value, &id));
        size_t length = tri_alphabet_decode(&reader->alphabet, key, strlen(key), reader->scratch);
        if (length == 0) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: model.vocab: wanted characters of the byte alphabet, got '%s'",
                            reader->path, key);
        }
        switch (tri_vocabulary_add(&reader->tokenizer->vocabulary, id, reader->scratch,
                                   (uint32_t)length, false)) {
        case TRI_ADDED: break;
        case TRI_ADDED_NO_MEMORY: return no_memory(reader);
        case TRI_ADDED_ID_TAKEN:
        case TRI_ADDED_BYTES_TAKEN:
            return tri_fail(TRI_E_FORMAT,
                            "%s: model.vocab: id %u: wanted once, got it again for '%s'",
                            reader->path, id, key);
        }
    }
    return TRI_OK;
}

/* The two halves of a merge: ["a", "b"], or "a b" in older files. false: neither. */
static bool halves(const json_t *merge, const char *half[2], size_t length[2]) {
    if (json_is_array(merge) && json_array_size(merge) == 2) {
        for (size_t i = 0; i < 2; i++) {
            const json_t *part = json_array_get(merge, i);
            if (!json_is_string(part)) return false;
            half[i] = json_string_value(part);
            length[i] = json_string_length(part);
        }
        return true;
    }
    if (!json_is_string(merge)) return false;
    half[0] = json_string_value(merge);
    const char *space = strchr(half[0], ' ');
    if (space == NULL) return false;
    length[0] = (size_t)(space - half[0]);
    half[1] = space + 1;
    length[1] = strlen(space + 1);
    return true;
}

static enum tri_status read_merge(const struct reader *reader, size_t index, const json_t *merge) {
    const struct tri_vocabulary *vocabulary = &reader->tokenizer->vocabulary;
    const char *half[2];
    size_t length[2];
    if (!halves(merge, half, length)) {
        return tri_fail(TRI_E_FORMAT, "%s: model.merges[%zu]: wanted two tokens, got %s",
                        reader->path, index, type_name(merge));
    }
    size_t first = tri_alphabet_decode(&reader->alphabet, half[0], length[0], reader->scratch);
    size_t second =
        tri_alphabet_decode(&reader->alphabet, half[1], length[1], reader->scratch + first);
    if (first == 0 || second == 0) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: model.merges[%zu]: wanted characters of the byte alphabet, got "
                        "'%.*s' '%.*s'",
                        reader->path, index, (int)(length[0] > 200 ? 200 : length[0]), half[0],
                        (int)(length[1] > 200 ? 200 : length[1]), half[1]);
    }
    uint32_t left = tri_vocabulary_find(vocabulary, reader->scratch, first);
    uint32_t right = tri_vocabulary_find(vocabulary, reader->scratch + first, second);
    uint32_t id = tri_vocabulary_find(vocabulary, reader->scratch, first + second);
    if (left == TRI_NO_TOKEN || right == TRI_NO_TOKEN || id == TRI_NO_TOKEN) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: model.merges[%zu]: wanted three tokens, got no token for %s",
                        reader->path, index,
                        left == TRI_NO_TOKEN    ? "the left one"
                        : right == TRI_NO_TOKEN ? "the right one"
                                                : "the two together");
    }
    switch (tri_merges_add(&reader->tokenizer->merges, left, right, (uint32_t)index, id)) {
    case TRI_MERGE_ADDED: break;
    case TRI_MERGE_NO_MEMORY: return no_memory(reader);
    case TRI_MERGE_TWICE:
        return tri_fail(TRI_E_FORMAT, "%s: model.merges[%zu]: wanted each pair once, got it again",
                        reader->path, index);
    }
    return TRI_OK;
}

static enum tri_status read_merges(const struct reader *reader, const json_t *merges) {
    if (!json_is_array(merges)) return wrong(reader, "model.merges", "a list", merges);
    for (size_t i = 0; i < json_array_size(merges); i++) {
        TRI_TRY(read_merge(reader, i, json_array_get(merges, i)));
    }
    return TRI_OK;
}

static enum tri_status read_special(const struct reader *reader, const json_t *added) {
    const json_t *content = json_object_get(added, "content");
    if (!json_is_string(content) || json_string_length(content) == 0) {
        return wrong(reader, "added_tokens: content", "a string that is not empty", content);
    }
    const char *name = json_string_value(content);
    uint32_t id;
    TRI_TRY(read_id(reader, name, json_object_get(added, "id"), &id));
    const json_t *special = json_object_get(added, "special");
    if (!json_is_true(special)) {
        if (!json_is_false(special)) return wrong(reader, name, "special: true or false", special);
        return unsupported(reader, name, "special: true", special);
    }
    static const char *const options[] = {"single_word", "lstrip", "rstrip"};
    static const char *const wanted[] = {"single_word: false", "lstrip: false", "rstrip: false"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const json_t *value = json_object_get(added, options[i]);
        if (!is_off(value)) return unsupported(reader, name, wanted[i], value);
    }
    return tri_tokenizer_add_special(reader->tokenizer, reader->path, id, name,
                                     json_string_length(content));
}

static enum tri_status read_root(const struct reader *reader, const json_t *root) {
    if (!json_is_object(root)) return wrong(reader, "the file", "an object", root);
    const json_t *model = json_object_get(root, "model");
    if (!json_is_object(model)) return wrong(reader, "model", "an object", model);
    TRI_TRY(check_kind(reader, root, model));
    TRI_TRY(read_vocabulary(reader, json_object_get(model, "vocab")));
    TRI_TRY(read_merges(reader, json_object_get(model, "merges")));
    const json_t *added = json_object_get(root, "added_tokens");
    if (!json_is_array(added)) return wrong(reader, "added_tokens", "a list", added);
    for (size_t i = 0; i < json_array_size(added); i++) {
        TRI_TRY(read_special(reader, json_array_get(added, i)));
    }
    return TRI_OK;
}

enum tri_status tri_tokenizer_read_json(struct tri_tokenizer *tokenizer, const char *path,
                                        const char *text, size_t bytes) {
    struct reader reader = {.tokenizer = tokenizer, .path = path};
    tri_alphabet_fill(&reader.alphabet);
    json_error_t error;
    json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) return no_memory(&reader);
        return tri_fail(TRI_E_FORMAT, "%s:%d:%d: wanted JSON, got: %s", path, error.line,
                        error.column, error.text);
    }
    reader.scratch = malloc(bytes + 1);
    enum tri_status status = reader.scratch == NULL ? no_memory(&reader) : read_root(&reader, root);
    free(reader.scratch);
    json_decref(root);
    return status;
}
