/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a GGUF file, its keys and tensors, and the model in it. The mutator is
 * mutate_gguf.c.
 */
#include <string.h>

#include "ref/gguf.h"
#include "tests/fuzz/fuzz.h"

/* Reads every byte that the file says is its own. */
static void walk(const struct tri_gguf *file) {
    unsigned sum = 0;
    for (size_t i = 0; i < tri_gguf_value_count(file); i++) {
        const struct tri_gguf_value *value = tri_gguf_value_at(file, i);
        const char *text = NULL;
        uint64_t number = 0, length = 0;
        int64_t element = 0;
        double real = 0;
        bool flag = false;
        (void)tri_gguf_u64(value, &number);
        (void)tri_gguf_f64(value, &real);
        (void)tri_gguf_bool(value, &flag);
        if (tri_gguf_string(value, &text, &length))
            for (uint64_t k = 0; k < length; k++) sum += (unsigned char)text[k];
        struct tri_gguf_next next = {0, 0};
        while (tri_gguf_next_string(value, &next, &text, &length))
            for (uint64_t k = 0; k < length; k++) sum += (unsigned char)text[k];
        next = (struct tri_gguf_next){0, 0};
        while (tri_gguf_next_i64(value, &next, &element)) sum += (unsigned)(element & 255);
        fuzz_check(tri_gguf_value(file, value->key) == value, "a key is found by name");
    }
    for (size_t i = 0; i < tri_gguf_tensor_count(file); i++) {
        const struct tri_gguf_tensor *tensor = tri_gguf_tensor_at(file, i);
        for (uint64_t k = 0; k < tensor->bytes; k++) sum += tensor->data[k];
        fuzz_check(tri_gguf_tensor(file, tensor->name) == tensor, "a tensor is found by name");
    }
    static volatile unsigned sink;
    sink = sum;
    (void)sink;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(0, data, size);
    struct tri_gguf *file = NULL;
    if (fuzz_ok(tri_gguf_open(path, &file))) walk(file);
    tri_gguf_close(file);
    /* The last byte is padding: it chooses what the user says about type I2_S. */
    const unsigned choice = size == 0 ? 0 : data[size - 1] % 4u;
    const struct tri_model_options options = {
        .i2s = choice == 2   ? TRI_LAYOUT_I2S_ARM
               : choice == 3 ? TRI_LAYOUT_I2S_ROWS
                             : TRI_LAYOUT_I2S_X86,
        .i2s_given = true,
    };
    struct tri_model *model = NULL;
    if (fuzz_ok(tri_model_open(path, choice == 0 ? NULL : &options, &model))) fuzz_model(model);
    fuzz_check(model == NULL || tri_model_gguf(model) != NULL, "the model knows its file");
    tri_model_close(model);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return fuzz_mutate_gguf(data, size, max, seed);
}
