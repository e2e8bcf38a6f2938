/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a Hugging Face folder. The input is a config.json, a zero byte, an index, a zero
 * byte, and a safetensors file; without an index the file is model.safetensors, else it is
 * a.safetensors and b.safetensors. The folders hold links to the descriptors of all three.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { CONFIG, INDEX, WEIGHTS };
static const char whole[] = "build/fuzz/folder", parts[] = "build/fuzz/shards";

static void link_to(unsigned slot, const char *folder, const char *name) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)symlink(fuzz_file(slot, "", 0), path); /* it may be there from before */
    fuzz_check(access(path, R_OK) == 0, "the folder is there");
}

static void make_folders(void) {
    static bool made;
    if (made) return;
    made = true;
    (void)mkdir("build", 0777);
    (void)mkdir("build/fuzz", 0777);
    (void)mkdir(whole, 0777);
    (void)mkdir(parts, 0777);
    link_to(CONFIG, whole, "config.json");
    link_to(WEIGHTS, whole, "model.safetensors");
    link_to(CONFIG, parts, "config.json");
    link_to(INDEX, parts, "model.safetensors.index.json");
    link_to(WEIGHTS, parts, "a.safetensors");
    link_to(WEIGHTS, parts, "b.safetensors");
}

/* The two zero bytes that end config and index; false if there are less. */
static bool cut(const uint8_t *data, size_t size, size_t at[2]) {
    for (size_t i = 0, from = 0; i < 2; i++, from = at[0] + 1) {
        const uint8_t *end = from < size ? memchr(data + from, 0, size - from) : NULL;
        if (end == NULL) return false;
        at[i] = (size_t)(end - data);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t at[2];
    make_folders();
    if (!cut(data, size, at)) return 0;
    (void)fuzz_file(CONFIG, data, at[0]);
    (void)fuzz_file(INDEX, data + at[0] + 1, at[1] - at[0] - 1);
    (void)fuzz_file(WEIGHTS, data + at[1] + 1, size - at[1] - 1);
    struct tri_model *model = NULL;
    if (fuzz_ok(tri_model_open(at[1] == at[0] + 1 ? whole : parts, NULL, &model)))
        fuzz_model(model);
    tri_model_close(model);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    size_t at[2];
    const unsigned kind = fuzz_random(&seed) % 8;
    if (kind == 0 || !cut(data, size, at)) return LLVMFuzzerMutate(data, size, max);
    const size_t file = at[1] + 1;
    if (kind < 3) return fuzz_mutate_json(data, size, max, 0, at[0], seed);
    if (kind == 3 && at[1] > at[0] + 1)
        return fuzz_mutate_json(data, size, max, at[0] + 1, at[1], seed);
    uint64_t length = 0;
    if (size - file >= 8) memcpy(&length, data + file, 8);
    if (size - file < 8 || length > size - file - 8)
        return fuzz_mutate_part(data, size, max, file, size);
    const size_t json = file + 8, tensors = json + (size_t)length;
    if (kind == 4) return fuzz_mutate_part(data, size, max, tensors, size);
    const size_t mutated = fuzz_mutate_json(data, size, max, json, tensors, seed);
    length = length + mutated - size;
    memcpy(data + file, &length, 8);
    return mutated;
}
