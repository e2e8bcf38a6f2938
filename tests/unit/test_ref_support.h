/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers of the reference's tests: stored vectors by name, temporary folders, and models with one
 * thing wrong. Every failure here ends the test. No tests in this pair of files.
 */
#ifndef TRI_TEST_REF_SUPPORT_H
#define TRI_TEST_REF_SUPPORT_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/forward.h"
#include "ref/model.h"
#include "ref/safetensors.h"

enum { ORACLE_MODELS = 3, ORACLE_TOKENS = 16 };
extern const char *const oracle_models[ORACLE_MODELS]; /* micro, tiny-a, tiny-b */

/* Fails the test with the library's message. */
#define must(expression)                                                                           \
    do {                                                                                           \
        enum tri_status must_ = (expression);                                                      \
        cr_assert(must_ == TRI_OK, "%s: %s", tri_status_name(must_), tri_error());                 \
    } while (0)

/* The status is `wanted` and the message holds `part`. */
void must_fail(enum tri_status got, enum tri_status wanted, const char *part);

struct tri_model *open_model(const char *name);         /* tests/models/NAME */
struct tri_safetensors *open_vectors(const char *name); /* tests/vectors/NAME */

/* A tensor that must be there with this dtype; *count elements. Its data is aligned. */
const void *vector_of(const struct tri_safetensors *file, const char *name, enum tri_dtype dtype,
                      size_t *count);

double absolute(double x);
/* max |a - b|; a NaN counts as infinite. */
double largest_difference(const float *a, const float *b, size_t n);
double largest_magnitude(const float *a, size_t n);
uint32_t argmax(const float *logits, uint32_t n);

/* A new folder; "" of it and its files when the test calls remove_folder. */
void make_folder(char folder[64]);
void remove_folder(const char *folder);
void write_file(const char *folder, const char *name, const void *data, size_t bytes);
unsigned char *read_file(const char *path, size_t *bytes); /* the caller frees */

/* Opens a copy of tests/models/micro after the edits, either of which may be NULL. header is the
 * JSON of the weights (names, dtypes, shapes, offsets), data what follows it. */
typedef void (*edit_config)(json_t *config);
typedef void (*edit_weights)(json_t *header, unsigned char *data);
enum tri_status open_edited(edit_config config, edit_weights weights, struct tri_model **model);

/* Where a tensor's bytes begin in data. */
size_t begin_of(const json_t *header, const char *name);

#endif
