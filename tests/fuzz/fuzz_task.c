/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the items of `tritium score`, one JSON object a line.
 */
#include <string.h>

#include "host/task.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_task task;
    if (fuzz_ok(tri_task_read("input", (const char *)data, size, &task))) {
        fuzz_check(task.count > 0, "an item");
        for (size_t i = 0; i < task.count; i++) {
            const struct tri_task_item *item = &task.item[i];
            fuzz_check(item->choices >= 2 && item->answer < item->choices, "choices");
            fuzz_check(strlen(item->context) == item->context_bytes, "the context's length");
            fuzz_check(item->delimiter != NULL && item->line >= 1, "delimiter and line");
            for (uint32_t k = 0; k < item->choices; k++) {
                const struct tri_choice *choice = &item->choice[k];
                fuzz_check(choice->bytes > 0 && strlen(choice->text) == choice->bytes, "a length");
                fuzz_check(choice->characters > 0 && choice->characters <= choice->bytes,
                           "characters: what the normalised accuracy divides by");
            }
        }
        fuzz_accepted();
    }
    tri_task_free(&task);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return fuzz_random(&seed) % 2 == 0 ? LLVMFuzzerMutate(data, size, max)
                                       : fuzz_mutate_json(data, size, max, 0, size, seed);
}
