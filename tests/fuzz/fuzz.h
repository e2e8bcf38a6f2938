/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets share: inputs as files, and what every reader owes its caller whatever the
 * input is. Each target is one file fuzz_NAME.c; README.md says what they promise.
 */
#ifndef TRI_FUZZ_H
#define TRI_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ref/model.h"

/* libFuzzer calls the first two and offers the third. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* A path under which a reader finds these bytes; slot < FUZZ_SLOTS, valid until its next use. No
 * file system is involved, and a map of it (see file.c) ends exactly at its last byte. */
enum { FUZZ_SLOTS = 4, FUZZ_FIRST_FD = 200 };
const char *fuzz_file(unsigned slot, const void *data, size_t size);

/* Ends the run as a finding, which libFuzzer reports with the input, unless `good`. */
void fuzz_check(bool good, const char *what);
/* Returns whether status is OK; if not, its message must be one line that says something. */
bool fuzz_ok(enum tri_status status);
/* Counts an input that was read to the end. With TRI_FUZZ_COUNT set, the number is printed at the
 * end: seeds that are not accepted any more test nothing. */
void fuzz_accepted(void);

/* Reads a model through, and runs two tokens if nothing is wrong with it. */
void fuzz_model(const struct tri_model *model);

/* A value on which sizes break: 0, 1, powers of two, limits, less than `old` by one ... */
uint64_t fuzz_interesting(uint64_t old, unsigned seed);
/* The next of a sequence of random numbers. */
unsigned fuzz_random(unsigned *seed);
/* Bytes [begin, end) changed by libFuzzer in place; what follows moves. Returns the new size. */
size_t fuzz_mutate_part(uint8_t *data, size_t size, size_t max, size_t begin, size_t end);

/* Mutates bytes [begin, end), which are JSON, or were once; what follows moves. */
size_t fuzz_mutate_json(uint8_t *data, size_t size, size_t max, size_t begin, size_t end,
                        unsigned seed);
/* Mutates a GGUF file, or what is left of one. */
size_t fuzz_mutate_gguf(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
