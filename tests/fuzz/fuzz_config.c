/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: config.json and generation_config.json. What was accepted and written again is the
 * same configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "ref/config.h"
#include "ref/write.h"
#include "tests/fuzz/fuzz.h"

static void write_and_read(const struct tri_config *config, bool divides) {
    const struct tri_source source = {.config = config, .divides = divides};
    struct tri_writing writing = {.path = "written"};
    struct tri_config again;
    struct tri_config_linear linear;
    char *text = NULL;
    size_t bytes = 0;
    writing.out = open_memstream(&text, &bytes);
    fuzz_check(writing.out != NULL, "no memory for text");
    fuzz_check(fuzz_ok(tri_write_config(&source, &writing)), "a configuration is written");
    (void)fclose(writing.out);
    fuzz_check(fuzz_ok(tri_config_read(fuzz_file(1, text, bytes), &again, &linear)), "and read");
    free(text);
    fuzz_check(memcmp(config, &again, sizeof again) == 0 && linear.divides == divides,
               "a configuration that was written and read is the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_config config;
    struct tri_config_linear linear;
    const char *path = fuzz_file(0, data, size);
    const bool good = fuzz_ok(tri_config_read(path, &config, &linear));
    if (good) {
        fuzz_check(config.heads % config.kv_heads == 0 && config.head_dim % 2 == 0, "heads");
        fuzz_check((uint64_t)config.heads * config.head_dim <= TRI_SIZE_LIMIT, "width");
        fuzz_check(config.layers >= 1 && config.hidden >= 1 && config.ffn >= 1, "sizes");
        fuzz_check(config.bos < config.vocab && config.eos_count >= 1, "ids");
        fuzz_check(config.eps > 0 && config.rope_theta >= 1, "numbers");
        fuzz_check(tri_config_ends(&config, config.eos[0]), "an end ends");
        write_and_read(&config, linear.divides);
        fuzz_accepted();
    } else {
        config = (struct tri_config){.vocab = 512};
    }
    (void)fuzz_ok(tri_config_read_ends(path, &config));
    fuzz_check(config.eos_count <= TRI_EOS_MAX, "ends");
    for (uint32_t i = 0; i < config.eos_count; i++)
        fuzz_check(config.eos[i] < config.vocab, "an end is of the vocabulary");
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return fuzz_random(&seed) % 2 == 0 ? LLVMFuzzerMutate(data, size, max)
                                       : fuzz_mutate_json(data, size, max, 0, size, seed);
}
