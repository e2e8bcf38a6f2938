/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions of a space file: the names they may use, and one comparison understood and evaluated
 * by muParser. Not here: what a constraint means for a point (space_constraints.c).
 */
#include <math.h>
#include <muParserDLL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/space_private.h"

static const char *const workload_terms[] = {"workload.prompt", "workload.tokens",
                                             "workload.batch"};

/* Names as they may be written, and the term that each stands for. */
struct name {
    char text[40];
    uint32_t term;
};
enum { NAMES = 2 * TRI_KEYS + TRI_PART_NUMBERS + 3 + 2 * TRI_FIGURE_COUNT };

static uint32_t list_names(struct name names[NAMES]) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < TRI_KEYS; i++) {
        const struct tri_key_info *key = tri_key_info((enum tri_key)i);
        (void)snprintf(names[n].text, sizeof names[n].text, "%s", key->name);
        names[n++].term = TRI_TERM_KEYS + i;
        if (strcmp(key->name, key->brief) == 0) continue;
        (void)snprintf(names[n].text, sizeof names[n].text, "%s", key->brief);
        names[n++].term = TRI_TERM_KEYS + i;
    }
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++) {
        (void)snprintf(names[n].text, sizeof names[n].text, "part.%s", tri_part_numbers[i]);
        names[n++].term = TRI_TERM_PART + i;
    }
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(names[n].text, sizeof names[n].text, "%s", workload_terms[i]);
        names[n++].term = TRI_TERM_WORKLOAD + i;
    }
    for (uint32_t i = 0; i < TRI_FIGURE_COUNT; i++) {
        const char *figure = tri_figure_info((enum tri_figure_id)i)->name;
        (void)snprintf(names[n].text, sizeof names[n].text, "figure.%s", figure);
        names[n++].term = TRI_TERM_FIGURES + i;
        if (tri_key_find(figure) != TRI_KEYS) continue; /* clock_mhz is the design's */
        (void)snprintf(names[n].text, sizeof names[n].text, "%s", figure);
        names[n++].term = TRI_TERM_FIGURES + i;
    }
    return n;
}

const char *tri_term_name(uint32_t term) {
    static const char *const parts[TRI_PART_NUMBERS] = {"part.lut",
                                                        "part.ff",
                                                        "part.ram_kbit",
                                                        "part.dsp",
                                                        "part.gates",
                                                        "part.bandwidth_gb_s",
                                                        "part.idle_watts",
                                                        "part.pj_per_mac",
                                                        "part.pj_per_dram_bit",
                                                        "part.pj_per_sram_bit"};
    if (term >= TRI_TERM_FIGURES)
        return tri_figure_info((enum tri_figure_id)(term - TRI_TERM_FIGURES))->name;
    if (term >= TRI_TERM_WORKLOAD) return workload_terms[term - TRI_TERM_WORKLOAD];
    if (term >= TRI_TERM_PART) return parts[term - TRI_TERM_PART];
    return tri_key_info((enum tri_key)term)->name;
}

void tri_terms_fill(const struct tri_space *space, const struct tri_design *design,
                    const struct tri_figures *figures, double values[TRI_TERMS]) {
    struct tri_space_part part = space->part;
    for (uint32_t i = 0; i < TRI_KEYS; i++)
        values[TRI_TERM_KEYS + i] = tri_key_get(design, (enum tri_key)i);
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++)
        values[TRI_TERM_PART + i] = *tri_part_number(&part, i);
    values[TRI_TERM_WORKLOAD] = space->workload.prompt;
    values[TRI_TERM_WORKLOAD + 1] = space->workload.tokens;
    values[TRI_TERM_WORKLOAD + 2] = space->workload.batch;
    for (uint32_t i = 0; i < TRI_FIGURE_COUNT; i++) {
        const bool known = figures != NULL && figures->at[i].origin != TRI_ABSENT;
        values[TRI_TERM_FIGURES + i] = known ? figures->at[i].value : (double)NAN;
    }
}

/* ---- one expression ---- */

struct tri_expression {
    muParserHandle_t parser;
    double values[TRI_TERMS];
};

/* muParser takes "=" for an assignment and a number alone for a result; neither is a constraint. */
static enum tri_status check_text(const char *text, const char *where) {
    bool compares = false;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~' || strchr("\"'#;", *c) != NULL)
            return tri_fail(TRI_E_FORMAT, "%s: wanted a comparison, got character 0x%02x in it",
                            where, (unsigned)(unsigned char)*c);
        const bool pair = c[1] == '=' && strchr("<>=!", *c) != NULL;
        if (*c == '=' && !pair)
            return tri_fail(TRI_E_FORMAT, "%s: wanted a comparison (==, <=, ...), got = in \"%s\"",
                            where, text);
        compares = compares || pair || *c == '<' || *c == '>';
        if (pair) c++;
    }
    if (compares) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: wanted a comparison such as lut <= 1000, got \"%s\"", where,
                    text);
}

static enum tri_status parser_failure(muParserHandle_t parser, const char *text,
                                      const char *where) {
    const char *message = mupGetErrorMsg(parser);
    char line[160];
    (void)snprintf(line, sizeof line, "%s", message != NULL ? message : "not an expression");
    line[strcspn(line, "\r\n")] = '\0';
    return tri_fail(TRI_E_FORMAT, "%s: \"%s\": %s", where, text, line);
}

/* Which names the expression uses; one that nobody knows is an error. */
static enum tri_status find_uses(struct tri_expression *e, const struct name *names, uint32_t count,
                                 const char *text, const char *where, uint64_t *uses) {
    *uses = 0;
    const int used = mupGetExprVarNum(e->parser);
    if (mupError(e->parser)) return parser_failure(e->parser, text, where);
    for (int i = 0; i < used; i++) {
        const muChar_t *name = NULL;
        muFloat_t *at = NULL;
        mupGetExprVar(e->parser, (unsigned)i, &name, &at);
        if (mupError(e->parser) || name == NULL) return parser_failure(e->parser, text, where);
        uint32_t n = 0;
        while (n < count && strcmp(names[n].text, name) != 0) n++;
        if (n == count) {
            const char *known[NAMES];
            for (uint32_t k = 0; k < count; k++) known[k] = names[k].text;
            return tri_fail(TRI_E_FORMAT, "%s: unknown name \"%.64s\", nearest known: \"%s\"",
                            where, name, tri_nearest(name, known, count));
        }
        *uses |= UINT64_C(1) << names[n].term;
    }
    if (*uses != 0) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "%s: wanted a comparison of something, got only numbers in \"%s\"", where,
                    text);
}

/* `text` is anything that has one value. */
static enum tri_status understand(struct tri_expression *e, const char *text, const char *where,
                                  uint64_t *uses) {
    struct name names[NAMES];
    const uint32_t count = list_names(names);
    mupDefineNameChars(e->parser, "0123456789_."
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (uint32_t n = 0; n < count; n++)
        mupDefineVar(e->parser, names[n].text, &e->values[names[n].term]);
    for (uint32_t i = 0; i < TRI_KEYS; i++) {
        const struct tri_key_info *key = tri_key_info((enum tri_key)i);
        for (uint32_t w = 0; w < key->word_count; w++)
            mupDefineConst(e->parser, key->words[w], (double)w);
    }
    mupSetExpr(e->parser, text);
    if (mupError(e->parser)) return parser_failure(e->parser, text, where);
    TRI_TRY(find_uses(e, names, count, text, where, uses));
    for (uint32_t i = 0; i < TRI_TERMS; i++) e->values[i] = 1.0;
    int results = 0;
    (void)mupEvalMulti(e->parser, &results);
    if (mupError(e->parser)) return parser_failure(e->parser, text, where);
    if (results == 1) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: wanted one comparison, got %d in \"%s\"", where, results,
                    text);
}

static enum tri_status create(const char *text, const char *where,
                              struct tri_expression **expression, uint64_t *uses) {
    struct tri_expression *e = calloc(1, sizeof *e);
    if (e == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", where);
    e->parser = mupCreate(muBASETYPE_FLOAT);
    enum tri_status status = e->parser != NULL ? understand(e, text, where, uses)
                                               : tri_fail(TRI_E_MEMORY, "%s: out of memory", where);
    if (status == TRI_OK)
        *expression = e;
    else
        tri_expression_destroy(e);
    return status;
}

enum tri_status tri_expression_create(const char *text, const char *where,
                                      struct tri_expression **expression, uint64_t *uses) {
    *expression = NULL;
    TRI_TRY(check_text(text, where));
    return create(text, where, expression, uses);
}

enum tri_status tri_expression_difference(const char *text, struct tri_expression **difference,
                                          enum tri_comparison *comparison) {
    *difference = NULL;
    const size_t at = strcspn(text, "<>=!");
    const char *right = text + at + (text[at] != '\0' && text[at + 1] == '=' ? 2 : 1);
    char both[256];
    uint64_t uses;
    if (text[at] == '\0' || text[at] == '!' || strpbrk(text, "&|?,") != NULL ||
        strpbrk(right, "<>=!") != NULL)
        return TRI_OK;
    *comparison = text[at] == '<' ? TRI_AT_MOST : text[at] == '>' ? TRI_AT_LEAST : TRI_EQUAL;
    (void)snprintf(both, sizeof both, "(%.*s)-(%s)", (int)at, text, right);
    const enum tri_status status = create(both, "difference", difference, &uses);
    return status == TRI_E_MEMORY ? status : TRI_OK; /* else it is no such comparison: (a < b) */
}

void tri_expression_destroy(struct tri_expression *expression) {
    if (expression == NULL) return;
    if (expression->parser != NULL) mupRelease(expression->parser);
    free(expression);
}

double tri_expression_value(struct tri_expression *expression, const double values[TRI_TERMS]) {
    memcpy(expression->values, values, sizeof expression->values);
    mupErrorReset(expression->parser);
    const double value = mupEval(expression->parser);
    return mupError(expression->parser) ? (double)NAN : value;
}
