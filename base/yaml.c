/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict reading of small YAML files: a thin layer over libyaml's document loader.
 */
#include "base/yaml.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tri_yaml {
    char *path;
    yaml_document_t document;
};

/* libyaml takes its documents without const although these calls only read. */
static yaml_node_t *get(const struct tri_yaml *yaml, tri_yaml_node node) {
    union {
        const yaml_document_t *read;
        yaml_document_t *write;
    } document = {.read = &yaml->document};
    return node > 0 ? yaml_document_get_node(document.write, node) : NULL;
}

static const char *text_of(const yaml_node_t *node) {
    return (const char *)node->data.scalar.value;
}

void tri_yaml_where(const struct tri_yaml *yaml, tri_yaml_node node, char *out) {
    const yaml_node_t *n = get(yaml, node);
    char line[32];
    int digits = snprintf(line, sizeof line, ":%zu", n != NULL ? n->start_mark.line + 1 : 1);
    size_t room = TRI_YAML_WHERE - 1 - (size_t)digits, length = strlen(yaml->path);
    (void)snprintf(out, TRI_YAML_WHERE, "%s%s", yaml->path + (length > room ? length - room : 0),
                   line);
}

static const char *kind_name(const yaml_node_t *node) {
    if (node == NULL) return "nothing";
    switch (node->type) {
    case YAML_SCALAR_NODE: return "a single value";
    case YAML_SEQUENCE_NODE: return "a list";
    case YAML_MAPPING_NODE: return "a map";
    case YAML_NO_NODE: break;
    }
    return "nothing";
}

enum tri_yaml_kind tri_yaml_kind(const struct tri_yaml *yaml, tri_yaml_node node) {
    const yaml_node_t *n = get(yaml, node);
    if (n == NULL || n->type == YAML_NO_NODE) return TRI_YAML_NOTHING;
    if (n->type == YAML_SCALAR_NODE) return TRI_YAML_VALUE;
    return n->type == YAML_SEQUENCE_NODE ? TRI_YAML_LIST : TRI_YAML_MAP;
}

static enum tri_status wrong_kind(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                  const char *wanted) {
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %s", where, what, wanted,
                    kind_name(get(yaml, node)));
}

/* The message of a parser or loader failure. */
static enum tri_status parse_failure(const char *path, const yaml_parser_t *parser) {
    switch (parser->error) {
    case YAML_MEMORY_ERROR: return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    case YAML_READER_ERROR:
        return tri_fail(TRI_E_FORMAT, "%s: byte %zu: %s", path, parser->problem_offset,
                        parser->problem != NULL ? parser->problem : "unreadable");
    default:
        return tri_fail(TRI_E_FORMAT, "%s:%zu: not YAML: %s", path, parser->problem_mark.line + 1,
                        parser->problem != NULL ? parser->problem : "unreadable");
    }
}

/* A second document would be read by nobody, so it is an error. */
static enum tri_status check_end(const char *path, yaml_parser_t *parser) {
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) return parse_failure(path, parser);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    size_t line = root != NULL ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&second);
    if (line == 0) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s:%zu: wanted one document, got a second one", path, line);
}

static enum tri_status load(const char *path, FILE *file, struct tri_yaml *yaml) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    yaml_parser_set_input_file(&parser, file);
    enum tri_status status = TRI_OK;
    if (!yaml_parser_load(&parser, &yaml->document)) {
        status = ferror(file) ? tri_fail(TRI_E_IO, "%s: cannot read: %s", path, strerror(errno))
                              : parse_failure(path, &parser);
        yaml_parser_delete(&parser);
        return status;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        status =
            tri_fail(TRI_E_FORMAT, "%s:1: wanted a map of keys, got %s", path, kind_name(root));
    } else {
        status = check_end(path, &parser);
    }
    if (status != TRI_OK) yaml_document_delete(&yaml->document);
    yaml_parser_delete(&parser);
    return status;
}

enum tri_status tri_yaml_read(FILE *stream, const char *name, struct tri_yaml **yaml) {
    *yaml = NULL;
    struct tri_yaml *opened = calloc(1, sizeof *opened);
    size_t bytes = strlen(name) + 1;
    if (opened != NULL) opened->path = malloc(bytes);
    enum tri_status status;
    if (opened == NULL || opened->path == NULL) {
        status = tri_fail(TRI_E_MEMORY, "%s: out of memory", name);
    } else {
        memcpy(opened->path, name, bytes);
        status = load(name, stream, opened);
    }
    if (status == TRI_OK) {
        *yaml = opened;
    } else if (opened != NULL) {
        free(opened->path);
        free(opened);
    }
    return status;
}

enum tri_status tri_yaml_open(const char *path, struct tri_yaml **yaml) {
    *yaml = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    const enum tri_status status = tri_yaml_read(file, path, yaml);
    (void)fclose(file);
    return status;
}

void tri_yaml_close(struct tri_yaml *yaml) {
    if (yaml == NULL) return;
    yaml_document_delete(&yaml->document);
    free(yaml->path);
    free(yaml);
}

tri_yaml_node tri_yaml_root(const struct tri_yaml *yaml) {
    (void)yaml;
    return 1; /* libyaml numbers nodes from 1 in the order they start */
}

/* A key is usable as a C string: a scalar without zero bytes. */
static bool is_word(const yaml_node_t *node) {
    return node != NULL && node->type == YAML_SCALAR_NODE &&
           strlen(text_of(node)) == node->data.scalar.length;
}

enum tri_status tri_yaml_keys(const struct tri_yaml *yaml, tri_yaml_node map,
                              const char *const *known, size_t count) {
    const yaml_node_t *node = get(yaml, map);
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return wrong_kind(yaml, map, "this entry", "a map");
    }
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    const yaml_node_pair_t *end = node->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = first; pair < end; pair++) {
        const yaml_node_t *key = get(yaml, pair->key);
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, pair->key, where);
        if (!is_word(key)) return wrong_kind(yaml, pair->key, "a key", "a plain word");
        const char *word = text_of(key);
        size_t i = 0;
        while (i < count && strcmp(word, known[i]) != 0) i++;
        if (i == count) {
            return tri_fail(TRI_E_FORMAT, "%s: unknown key \"%.64s\", nearest known: \"%s\"", where,
                            word, tri_nearest(word, known, count));
        }
        for (const yaml_node_pair_t *before = first; before < pair; before++) {
            if (strcmp(text_of(get(yaml, before->key)), word) == 0) {
                return tri_fail(TRI_E_FORMAT, "%s: key \"%s\" is given twice", where, word);
            }
        }
    }
    return TRI_OK;
}

tri_yaml_node tri_yaml_find(const struct tri_yaml *yaml, tri_yaml_node map, const char *key) {
    const yaml_node_t *node = get(yaml, map);
    if (node == NULL || node->type != YAML_MAPPING_NODE) return 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = get(yaml, pair->key);
        if (is_word(name) && strcmp(text_of(name), key) == 0) return pair->value;
    }
    return 0;
}

enum tri_status tri_yaml_need(const struct tri_yaml *yaml, tri_yaml_node map, const char *key,
                              tri_yaml_node *node) {
    *node = tri_yaml_find(yaml, map, key);
    if (*node != 0) return TRI_OK;
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, map, where);
    return tri_fail(TRI_E_FORMAT, "%s: key \"%s\" is missing", where, key);
}

enum tri_status tri_yaml_count(const struct tri_yaml *yaml, tri_yaml_node list, uint32_t *count) {
    const yaml_node_t *node = get(yaml, list);
    if (node == NULL || node->type != YAML_SEQUENCE_NODE) {
        return wrong_kind(yaml, list, "this entry", "a list");
    }
    *count = (uint32_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return TRI_OK;
}

tri_yaml_node tri_yaml_item(const struct tri_yaml *yaml, tri_yaml_node list, uint32_t i) {
    uint32_t count = 0;
    if (tri_yaml_count(yaml, list, &count) != TRI_OK || i >= count) return 0;
    return get(yaml, list)->data.sequence.items.start[i];
}

/* The text of a scalar, or a failure. */
static enum tri_status scalar(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                              const char **text) {
    const yaml_node_t *n = get(yaml, node);
    if (!is_word(n)) return wrong_kind(yaml, node, what, "a single value");
    *text = text_of(n);
    return TRI_OK;
}

enum tri_status tri_yaml_text(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                              char *out, size_t bytes) {
    const char *text;
    TRI_TRY(scalar(yaml, node, what, &text));
    size_t length = strlen(text);
    if (length == 0 || length >= bytes) {
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, node, where);
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted 1 to %zu bytes of text, got %zu", where, what,
                        bytes - 1, length);
    }
    memcpy(out, text, length + 1);
    return TRI_OK;
}

enum tri_status tri_yaml_integer(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                 uint64_t min, uint64_t max, uint64_t *out) {
    const char *text;
    TRI_TRY(scalar(yaml, node, what, &text));
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    /* Only digits: strtoull would take signs, blanks and, in base 0, octal. */
    const char *digits = hex ? text + 2 : text;
    size_t good = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    errno = 0;
    uint64_t value = strtoull(digits, NULL, hex ? 16 : 10);
    if (good == 0 || digits[good] != '\0' || errno != 0 || value < min || value > max) {
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, node, where);
        return tri_fail(TRI_E_FORMAT,
                        "%s: %s: wanted an integer from %" PRIu64 " to %" PRIu64 ", got \"%.64s\"",
                        where, what, min, max, text);
    }
    *out = value;
    return TRI_OK;
}

enum tri_status tri_yaml_number(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                double min, double max, double *out) {
    const char *text;
    TRI_TRY(scalar(yaml, node, what, &text));
    char *end = NULL;
    /* Starting with a digit keeps out signs, blanks, "nan" and "inf". */
    bool good = text[0] >= '0' && text[0] <= '9' && text[strspn(text, "0123456789.eE+-")] == '\0';
    double value = good ? strtod(text, &end) : 0.0;
    if (!good || *end != '\0' || !(value >= min) || !(value <= max)) {
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, node, where);
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a number from %g to %g, got \"%.64s\"", where,
                        what, min, max, text);
    }
    *out = value;
    return TRI_OK;
}

enum tri_status tri_yaml_choice(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                const char *const *words, size_t count, uint32_t *out) {
    const char *text;
    TRI_TRY(scalar(yaml, node, what, &text));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (uint32_t)i;
            return TRI_OK;
        }
    }
    char where[TRI_YAML_WHERE], list[256] = "";
    tri_yaml_where(yaml, node, where);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted one of %s, got \"%.64s\", nearest: \"%s\"", where,
                    what, list, text, tri_nearest(text, words, count));
}

enum tri_status tri_yaml_bool(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                              bool *out) {
    static const char *const words[] = {"false", "true"};
    uint32_t index = 0;
    TRI_TRY(tri_yaml_choice(yaml, node, what, words, 2, &index));
    *out = index == 1;
    return TRI_OK;
}

/* Levenshtein's distance, of the first 63 bytes: one row of the table at a time. */
static unsigned distance(const char *a, const char *b) {
    enum { MOST = 63 };
    size_t rows = strlen(a) < MOST ? strlen(a) : MOST, cols = strlen(b) < MOST ? strlen(b) : MOST;
    unsigned row[MOST + 1];
    for (unsigned j = 0; j <= cols; j++) row[j] = j;
    for (unsigned i = 1; i <= rows; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= cols; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[cols];
}

const char *tri_nearest(const char *word, const char *const *words, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (distance(word, words[i]) < distance(word, words[best])) best = i;
    }
    return words[best];
}
