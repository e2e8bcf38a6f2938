/* SPDX-License-Identifier: Apache-2.0
 *
 * Random models on disk by name: what `synth` makes and `bench` keeps. The bytes are those of
 * randommodel.h; this only brings them into a file.
 */
#ifndef TRI_HOST_SYNTHETIC_H
#define TRI_HOST_SYNTHETIC_H

#include <stdbool.h>

#include "host/save.h"
#include "ref/tokenizer.h"

/* Makes the random model of a shape under saving->path in saving->form, and fills what tri_save
 * fills. tokenizer_path: taken along; NULL: one of single bytes; none: no tokenizer at all.
 * Errors: ARGUMENT (shape, tokenizer), and those of tri_save. */
enum tri_status tri_synthetic_make(const char *shape, uint64_t seed, const char *tokenizer_path,
                                   bool none, struct tri_saving *saving);

/* Whether MODEL is a word such as "synth-2b4t" and not a path: it begins with "synth-" and nothing
 * of that name exists. */
bool tri_synthetic_named(const char *model);

/* The Hugging Face folder of such a word in `folder` (made when missing): FOLDER/WORD-seed1, made
 * on first use, reused afterwards. path: 4096 bytes. *seconds: what making took, 0 when reused.
 * Errors: ARGUMENT (no such shape, path too long), IO, and those of tri_save. */
enum tri_status tri_synthetic_find(const char *word, const char *folder, char *path,
                                   double *seconds);

#endif
