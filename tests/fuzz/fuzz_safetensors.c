/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a safetensors file. The mutator changes the JSON header and puts its new length in
 * front, so that what follows is about the header and not about a wrong length.
 */
#include <string.h>

#include "ref/safetensors.h"
#include "tests/fuzz/fuzz.h"

static void walk(const struct tri_safetensors *file) {
    static volatile unsigned sink;
    unsigned sum = 0;
    uint64_t whole = 0;
    for (size_t i = 0; i < tri_safetensors_count(file); i++) {
        const struct tri_tensor *tensor = tri_safetensors_at(file, i);
        uint64_t bytes = tri_dtype_bytes(tensor->dtype);
        for (uint32_t d = 0; d < tensor->dims; d++) bytes *= tensor->shape[d];
        fuzz_check(bytes == tensor->bytes && tensor->begin == whole, "tensors follow each other");
        whole += bytes;
        for (uint64_t k = 0; k < bytes; k++) sum += tensor->data[k];
        fuzz_check(tri_safetensors_find(file, tensor->name) == tensor, "found by name");
    }
    fuzz_check(tri_safetensors_find(file, "no such tensor at all") == NULL, "only what is there");
    sink = sum;
    (void)sink;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_safetensors *file = NULL;
    if (fuzz_ok(tri_safetensors_open(fuzz_file(0, data, size), &file))) {
        walk(file);
        fuzz_accepted();
    }
    tri_safetensors_close(file);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    uint64_t length = 0;
    if (size >= 8) memcpy(&length, data, 8);
    const unsigned kind = fuzz_random(&seed) % 8;
    if (kind < 2 || size < 8 || length > size - 8) return LLVMFuzzerMutate(data, size, max);
    if (kind == 2) {
        const bool end = fuzz_random(&seed) % 2 == 0; /* the header is all there is, nearly */
        length = end ? size - 9 + fuzz_random(&seed) % 4 : fuzz_interesting(length, seed);
        memcpy(data, &length, 8);
        return size;
    }
    const size_t mutated = fuzz_mutate_json(data, size, max, 8, 8 + (size_t)length, seed);
    length = length + mutated - size;
    memcpy(data, &length, 8);
    return mutated;
}
