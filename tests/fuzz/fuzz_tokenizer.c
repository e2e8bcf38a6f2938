/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a tokenizer in any of its three files. Whatever vocabulary is accepted, a text that
 * was encoded decodes to itself, and a tokenizer that was written as tokenizer.json is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "ref/tokenizer.h"
#include "ref/tokenizer_file.h"
#include "ref/write.h"
#include "tests/fuzz/fuzz.h"

static const char text[] = "Hello, I'm 12345 tokens!  \n\n\tWE'LL see<|eot_id|> na\xc3\xafve "
                           "\xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x98\x80 don't<|begin_of_text|>";

static void round_trip(const struct tri_tokenizer *tokenizer, bool special) {
    uint32_t *ids = NULL;
    size_t count = 0, at = 0;
    char out[3 * (sizeof text + 4)];
    if (!fuzz_ok(tri_tokenizer_encode(tokenizer, text, sizeof text - 1, special, &ids, &count)))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = 0;
        fuzz_check(ids[i] < tri_tokenizer_vocab(tokenizer), "an id is of the vocabulary");
        const char *piece = tri_tokenizer_bytes(tokenizer, ids[i], &bytes);
        fuzz_check(piece != NULL && bytes > 0 && bytes <= sizeof text - 1 - at, "pieces");
        fuzz_check(memcmp(text + at, piece, bytes) == 0, "decoding gives the text again");
        fuzz_check(special || !tri_tokenizer_is_special(tokenizer, ids[i]), "not asked for");
        at += bytes;
    }
    fuzz_check(at == sizeof text - 1, "decoding gives the whole text");
    struct tri_utf8_stream stream = {.count = 0};
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = 0;
        const char *piece = tri_tokenizer_bytes(tokenizer, ids[i], &bytes);
        written += tri_utf8_push(&stream, piece, bytes, out + written);
    }
    written += tri_utf8_end(&stream, out + written);
    fuzz_check(written == sizeof text - 1 && memcmp(out, text, written) == 0, "streaming");
    free(ids);
}

static void write_and_read(const struct tri_tokenizer *tokenizer) {
    struct tri_writing writing = {.path = "written"};
    struct tri_tokenizer *again = NULL;
    char *json = NULL;
    size_t bytes = 0;
    writing.out = open_memstream(&json, &bytes);
    fuzz_check(writing.out != NULL, "no memory for text");
    const bool written = fuzz_ok(tri_write_tokenizer(tokenizer, &writing));
    (void)fclose(writing.out);
    if (written) {
        fuzz_check(fuzz_ok(tri_tokenizer_open(fuzz_file(1, json, bytes), &again)),
                   "a tokenizer that was written is read");
        for (int special = 0; special < 2; special++) {
            uint32_t *ids[2] = {NULL, NULL};
            size_t count[2] = {0, 0};
            fuzz_check(fuzz_ok(tri_tokenizer_encode(tokenizer, text, sizeof text - 1, special != 0,
                                                    &ids[0], &count[0])) &&
                           fuzz_ok(tri_tokenizer_encode(again, text, sizeof text - 1, special != 0,
                                                        &ids[1], &count[1])),
                       "both encode");
            fuzz_check(count[0] == count[1] && memcmp(ids[0], ids[1], 4 * count[0]) == 0,
                       "a tokenizer that was written and read gives the same ids");
            free(ids[0]);
            free(ids[1]);
        }
    }
    tri_tokenizer_close(again);
    free(json);
}

/* The readers on the input itself, whose end nothing may pass. */
static void read_exactly(const char *data, size_t size) {
    for (int json = 0; json < 2; json++) {
        struct tri_tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
        fuzz_check(tokenizer != NULL, "no memory for a tokenizer");
        (void)fuzz_ok(json ? tri_tokenizer_read_json(tokenizer, "input", data, size)
                           : tri_tokenizer_read_ranks(tokenizer, "input", data, size));
        tri_tokenizer_close(tokenizer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4 || memcmp(data, "GGUF", 4) != 0) read_exactly((const char *)data, size);
    struct tri_tokenizer *tokenizer = NULL;
    if (fuzz_ok(tri_tokenizer_open(fuzz_file(0, data, size), &tokenizer))) {
        uint32_t id = 0;
        if (tri_tokenizer_special(tokenizer, "<|eot_id|>", &id))
            fuzz_check(tri_tokenizer_is_special(tokenizer, id), "a special token is one");
        round_trip(tokenizer, false);
        round_trip(tokenizer, true);
        write_and_read(tokenizer);
        fuzz_accepted();
    }
    tri_tokenizer_close(tokenizer);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    if (size >= 4 && memcmp(data, "GGUF", 4) == 0) return fuzz_mutate_gguf(data, size, max, seed);
    if (size == 0 || data[0] != '{' || fuzz_random(&seed) % 2 == 0)
        return LLVMFuzzerMutate(data, size, max);
    return fuzz_mutate_json(data, size, max, 0, size, seed);
}
