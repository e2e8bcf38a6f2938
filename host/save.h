/* SPDX-License-Identifier: Apache-2.0
 *
 * A model into a folder or a file under its final name, whole or not at all: what `convert` and
 * `synth` share. Shows progress; everything else it tells through its result.
 */
#ifndef TRI_HOST_SAVE_H
#define TRI_HOST_SAVE_H

#include "ref/write.h"

struct tri_saving {
    const char *what; /* for the progress: "converting" */
    const char *path; /* where to; must not exist */
    enum tri_form form;
    bool progress;    /* --progress */
    bool exact;       /* refuse what the form cannot hold to the last bit */
    const char *copy; /* HF: a folder whose tokenizer files are copied; NULL: none */
    bool copy_config; /* its config.json too */
    uint64_t bytes;   /* of tensors; set by tri_save, as is the rest */
    double seconds;
    struct tri_rounded rounded;
};

/* check is asked before the file gets its name; may be NULL.
 * Errors: those of tri_write_gguf, IO, INTERRUPTED, ARGUMENT (exact, and it is not). */
enum tri_status tri_save(const struct tri_source *source, struct tri_saving *saving,
                         enum tri_status (*check)(void *context), void *context);

/* "hf" ... as a form; Errors: ARGUMENT naming all and the nearest. */
enum tri_status tri_save_form(const char *name, enum tri_form *form);

/* One sentence about what is not exact; "" if nothing. out: 256 bytes */
void tri_save_remarks(const struct tri_saving *saving, char *out);

#endif
