/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures about model files and the tokenizer as one JSON object on standard output. Usage:
 * models tokenizer FILE LINES.jsonl TEXT    lines equal, bytes a second of encoding TEXT
 * models open MODEL                         seconds to the first product, memory beyond it
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/textfile.h"
#include "ref/forward.h"
#include "ref/tokenizer.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int fail(void) {
    fprintf(stderr, "models: %s\n", tri_error());
    return 1;
}

static int equal_line(const struct tri_tokenizer *tokenizer, const json_t *line) {
    const json_t *text = json_object_get(line, "text"), *wanted = json_object_get(line, "ids");
    uint32_t *ids;
    size_t count;
    if (tri_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                             json_is_true(json_object_get(line, "special")), &ids,
                             &count) != TRI_OK)
        return 0;
    int same = count == json_array_size(wanted);
    for (size_t i = 0; same && i < count; i++)
        same = ids[i] == json_integer_value(json_array_get(wanted, i));
    free(ids);
    return same;
}

static int tokenizer(const char *path, const char *lines, const char *text_path) {
    struct tri_tokenizer *opened;
    char *text;
    size_t bytes, total = 0, equal = 0, tokens = 0;
    if (tri_tokenizer_open(path, &opened) != TRI_OK) return fail();
    if (tri_textfile_read(text_path, &text, &bytes) != TRI_OK) return fail();
    FILE *file = fopen(lines, "rb");
    if (file == NULL) return perror(lines), 1;
    for (json_t *line; (line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL));) {
        total++;
        equal += (size_t)equal_line(opened, line);
        json_decref(line);
    }
    fclose(file);
    double best = 1e9;
    for (int i = 0; i < 7; i++) {
        uint32_t *ids;
        double began = now();
        if (tri_tokenizer_encode(opened, text, bytes, false, &ids, &tokens) != TRI_OK)
            return fail();
        double took = now() - began;
        if (took < best) best = took;
        free(ids);
    }
    printf("{\"tokenizer_lines\": %zu, \"tokenizer_lines_equal\": %zu, \"bytes\": %zu, "
           "\"tokens\": %zu, \"bytes_per_second\": %.0f}\n",
           total, equal, bytes, tokens, (double)bytes / best);
    tri_tokenizer_close(opened);
    free(text);
    return 0;
}

/* Pages of memory this process holds, file pages of maps included, in bytes. */
static double resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size = 0, pages = 0;
    if (file == NULL || fscanf(file, "%lu %lu", &size, &pages) != 2) pages = 0;
    if (file != NULL) fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static int open_model(const char *path) {
    struct tri_model *model;
    double before = resident(), began = now();
    if (tri_model_open(path, NULL, &model) != TRI_OK) return fail();
    const uint32_t rows = tri_group_rows(model, TRI_GROUP_QKV);
    const uint32_t cols = tri_group_cols(model, TRI_GROUP_QKV);
    int8_t *codes = calloc(cols, 1);
    int32_t *sums = calloc(rows, sizeof *sums);
    if (codes == NULL || sums == NULL) return 1;
    if (tri_product_ref(model, 0, TRI_GROUP_QKV, 1, codes, sums) != TRI_OK) return fail();
    double seconds = now() - began;
    double touched = (double)rows * cols / 4;
    printf("{\"open_seconds\": %.4f, \"extra_rss_mb\": %.1f}\n", seconds,
           (resident() - before - touched) * 1e-6);
    free(codes);
    free(sums);
    tri_model_close(model);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "tokenizer") == 0) return tokenizer(argv[2], argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "open") == 0) return open_model(argv[2]);
    fprintf(stderr, "usage: models tokenizer FILE LINES TEXT | models open MODEL\n");
    return 2;
}
