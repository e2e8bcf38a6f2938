/* SPDX-License-Identifier: Apache-2.0
 *
 * Temporary names, the writers of ref/, renames.
 */
#include "host/save.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/yaml.h"
#include "host/interrupt.h"
#include "host/outfile.h"
#include "host/outfolder.h"
#include "host/progress.h"

enum tri_status tri_save_form(const char *name, enum tri_form *form) {
    for (int i = 0; i < TRI_FORMS; i++) {
        if (strcmp(name, tri_form_names[i]) != 0) continue;
        *form = (enum tri_form)i;
        return TRI_OK;
    }
    return tri_fail(TRI_E_ARGUMENT,
                    "format '%s': wanted hf, i2_s, i2_s-arm, tq1_0, tq2_0, f16, bf16 or f32; the "
                    "nearest is %s",
                    name, tri_nearest(name, tri_form_names, TRI_FORMS));
}

void tri_save_remarks(const struct tri_saving *saving, char *out) {
    const struct tri_rounded *r = &saving->rounded;
    const char *form = tri_form_names[saving->form];
    size_t used = 0;
    out[0] = '\0';
    if (r->scales > 0)
        used += (size_t)snprintf(out, 256, "%" PRIu64 " scales rounded to what %s holds", r->scales,
                                 form);
    if (r->inverted > 0)
        used += (size_t)snprintf(out + used, 256 - used,
                                 "%s%" PRIu64 " scales that divided turned into their inverses",
                                 used > 0 ? ", " : "", r->inverted);
    if (r->values > 0)
        snprintf(out + used, 256 - used,
                 "%s%" PRIu64 " values of embeddings, head and norms rounded", used > 0 ? ", " : "",
                 r->values);
}

static enum tri_status advance(void *context, uint64_t done, uint64_t total) {
    tri_progress_update(context, done, total);
    if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
    return TRI_OK;
}

/* What has to be true before anything gets its name. */
static enum tri_status judge(struct tri_saving *saving, enum tri_status (*check)(void *context),
                             void *context) {
    if (check != NULL) TRI_TRY(check(context));
    char remarks[256];
    tri_save_remarks(saving, remarks);
    if (!saving->exact || remarks[0] == '\0') return TRI_OK;
    return tri_fail(TRI_E_ARGUMENT, "%s: --exact: wanted the same model to the last bit, got %s",
                    saving->path, remarks);
}

/* Writes one file through `fill`, whole or not at all. */
static enum tri_status write_file(const struct tri_source *source, struct tri_saving *saving,
                                  struct tri_progress *progress, const char *path,
                                  enum tri_status (*fill)(const struct tri_source *source,
                                                          enum tri_form form,
                                                          struct tri_writing *writing),
                                  enum tri_status (*check)(void *context), void *context) {
    struct tri_outfile file;
    TRI_TRY(tri_outfile_open(&file, path));
    struct tri_writing writing = {
        .out = file.stream, .path = saving->path, .progress = advance, .context = progress};
    enum tri_status status = fill(source, saving->form, &writing);
    if (writing.total > 0) {
        saving->bytes = writing.total;
        saving->rounded = writing.rounded;
    }
    if (status == TRI_OK) status = judge(saving, check, context);
    if (status == TRI_OK) return tri_outfile_commit(&file);
    tri_outfile_discard(&file);
    return status;
}

static enum tri_status fill_safetensors(const struct tri_source *source, enum tri_form form,
                                        struct tri_writing *writing) {
    (void)form;
    return tri_write_safetensors(source, writing);
}

static enum tri_status fill_config(const struct tri_source *source, enum tri_form form,
                                   struct tri_writing *writing) {
    (void)form;
    return tri_write_config(source, writing);
}

static enum tri_status fill_tokenizer(const struct tri_source *source, enum tri_form form,
                                      struct tri_writing *writing) {
    (void)form;
    return tri_write_tokenizer(source->tokenizer, writing);
}

/* Copies FROM/name to path; *copied is false if there is none. */
static enum tri_status copy_file(const char *from, const char *name, const char *to, bool *copied) {
    char path[4352];
    snprintf(path, sizeof path, "%s/%s", from, name);
    *copied = false;
    FILE *in = fopen(path, "rb");
    if (in == NULL && errno == ENOENT) return TRI_OK;
    if (in == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    struct tri_outfile file;
    enum tri_status status = tri_outfile_open(&file, to);
    static char buffer[1 << 16];
    for (size_t count; status == TRI_OK && (count = fread(buffer, 1, sizeof buffer, in)) > 0;) {
        if (fwrite(buffer, 1, count, file.stream) != count)
            status = tri_fail(TRI_E_IO, "%s: not written: %s", to, strerror(errno));
    }
    if (status == TRI_OK && ferror(in) != 0)
        status = tri_fail(TRI_E_IO, "%s: cannot read: %s", path, strerror(errno));
    fclose(in);
    if (status == TRI_OK) status = tri_outfile_commit(&file);
    tri_outfile_discard(&file);
    *copied = status == TRI_OK;
    return status;
}

static enum tri_status fill_folder(const struct tri_source *source, struct tri_saving *saving,
                                   struct tri_progress *progress, struct tri_outfolder *folder,
                                   enum tri_status (*check)(void *context), void *context) {
    static const char *const beside[] = {"tokenizer_config.json", "special_tokens_map.json",
                                         "generation_config.json"};
    char path[4352];
    bool copied = false;
    tri_outfolder_file(folder, "config.json", path);
    if (saving->copy != NULL && saving->copy_config)
        TRI_TRY(copy_file(saving->copy, "config.json", path, &copied));
    if (!copied) TRI_TRY(write_file(source, saving, progress, path, fill_config, NULL, NULL));
    tri_outfolder_file(folder, "tokenizer.json", path);
    copied = false;
    if (saving->copy != NULL) TRI_TRY(copy_file(saving->copy, "tokenizer.json", path, &copied));
    if (!copied && source->tokenizer != NULL)
        TRI_TRY(write_file(source, saving, progress, path, fill_tokenizer, NULL, NULL));
    for (size_t i = 0; saving->copy != NULL && i < sizeof beside / sizeof beside[0]; i++) {
        tri_outfolder_file(folder, beside[i], path);
        TRI_TRY(copy_file(saving->copy, beside[i], path, &copied));
    }
    tri_outfolder_file(folder, "model.safetensors", path);
    return write_file(source, saving, progress, path, fill_safetensors, check, context);
}

enum tri_status tri_save(const struct tri_source *source, struct tri_saving *saving,
                         enum tri_status (*check)(void *context), void *context) {
    struct tri_progress progress;
    struct stat about;
    if (lstat(saving->path, &about) == 0 && (saving->form == TRI_FORM_HF || S_ISREG(about.st_mode)))
        return tri_fail(TRI_E_IO, "%s: wanted a name that is free, got one that exists",
                        saving->path);
    tri_progress_start(&progress, saving->what, NULL, saving->progress);
    enum tri_status status;
    if (saving->form != TRI_FORM_HF) {
        status =
            write_file(source, saving, &progress, saving->path, tri_write_gguf, check, context);
    } else {
        struct tri_outfolder folder;
        status = tri_outfolder_open(&folder, saving->path);
        if (status == TRI_OK)
            status = fill_folder(source, saving, &progress, &folder, check, context);
        if (status == TRI_OK) status = tri_outfolder_commit(&folder);
        tri_outfolder_discard(&folder);
    }
    saving->seconds = tri_progress_end(&progress);
    return status;
}
