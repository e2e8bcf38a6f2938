/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium design`: a design file checked, shown with every effective value, or compared with
 * another, key by key.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/design.h"
#include "base/yaml.h"
#include "driver/paths.h"
#include "explore/keys.h"
#include "host/commands.h"
#include "host/options.h"

static const struct tri_usage usage = {
    .command = "design",
    .synopsis = "show|check FILE, or diff FILE FILE",
    .purpose =
        "check: reads a design file and says whether it is one; an error names file, line and the\n"
        "nearest known key. show: prints every effective value, as YAML that is a design again.\n"
        "diff: prints the keys whose effective values differ, with both values; names and where a\n"
        "value comes from (file or memory profile) do not count. FILE may be a bare name, as in\n"
        "sim:NAME.",
    .examples = "  tritium design check designs/kv260.yaml\n"
                "  tritium design show kv260\n"
                "  tritium design diff kv260 best.yaml\n",
    .statuses = "  0  good; diff: the same   1  not a design; diff: they differ\n"
                "  2  wrong command line; diff: also, a file is not a design\n",
    .least = 2,
    .most = 3,
};

enum { PATH_BYTES = 4352 };

static enum tri_status read_design(const char *name, char path[PATH_BYTES],
                                   struct tri_design *design) {
    TRI_TRY(tri_find_design(name, path, PATH_BYTES));
    return tri_design_read(path, design);
}

/* A key's value as JSON: a number, or the word. */
static json_t *key_json(const struct tri_design *design, enum tri_key key) {
    const double value = tri_key_get(design, key);
    char text[32];
    tri_key_text(key, value, text, sizeof text);
    switch (tri_key_info(key)->kind) {
    case TRI_KEY_INTEGER: return json_integer((json_int_t)value);
    case TRI_KEY_NUMBER: return json_real(value);
    default: return json_string(text);
    }
}

static int print_json(json_t *json) {
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(json);
    if (text == NULL) return tri_complain(tri_fail(TRI_E_MEMORY, "design: out of memory"));
    puts(text);
    free(text);
    return TRI_EXIT_OK;
}

static int show_json(const struct tri_design *design) {
    char hash[32];
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, tri_design_hash(&design->geometry));
    json_t *sections[2] = {json_object(), json_object()};
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:o, s:o, s:o}", "name", design->name, "hash", hash, "weights_per_beat",
        (json_int_t)tri_weights_per_beat(&design->geometry), "clock_mhz",
        key_json(design, TRI_KEY_CLOCK_MHZ), "geometry", sections[0], "memory", sections[1]);
    for (int k = 0; json != NULL && k < TRI_KEYS; k++) {
        const struct tri_key_info *key = tri_key_info((enum tri_key)k);
        if (k == TRI_KEY_CLOCK_MHZ) continue;
        (void)json_object_set_new(sections[strncmp(key->name, "memory", 6) == 0], key->brief,
                                  key_json(design, (enum tri_key)k));
    }
    return print_json(json);
}

static int show(const struct tri_design *design, bool json) {
    if (json) return show_json(design);
    tri_design_print(design, stdout);
    return TRI_EXIT_OK;
}

static int check(const char *path, const struct tri_design *design) {
    printf("%s: a design: %s, %u weights a beat on %u port%s, hash %016" PRIx64 "\n", path,
           design->name, tri_weights_per_beat(&design->geometry), design->geometry.ports,
           design->geometry.ports == 1 ? "" : "s", tri_design_hash(&design->geometry));
    return TRI_EXIT_OK;
}

static bool differs(const struct tri_design *a, const struct tri_design *b, enum tri_key key) {
    const double x = tri_key_get(a, key), y = tri_key_get(b, key);
    return x < y || x > y;
}

static int diff_json(const struct tri_design *a, const struct tri_design *b) {
    json_t *keys = json_object();
    for (int k = 0; k < TRI_KEYS; k++) {
        const enum tri_key key = (enum tri_key)k;
        if (differs(a, b, key))
            (void)json_object_set_new(keys, tri_key_info(key)->name,
                                      json_pack("[o, o]", key_json(a, key), key_json(b, key)));
    }
    const int code = json_object_size(keys) > 0 ? TRI_EXIT_FAILED : TRI_EXIT_OK;
    const int printed = print_json(json_pack("{s:[s, s], s:b, s:o}", "designs", a->name, b->name,
                                             "different", code != TRI_EXIT_OK, "keys", keys));
    return printed != TRI_EXIT_OK ? TRI_EXIT_USAGE : code;
}

static int diff(const struct tri_design *a, const struct tri_design *b, bool json) {
    int code = TRI_EXIT_OK;
    if (json) return diff_json(a, b);
    for (int k = 0; k < TRI_KEYS; k++) {
        const enum tri_key key = (enum tri_key)k;
        char before[32], after[32];
        if (!differs(a, b, key)) continue;
        tri_key_text(key, tri_key_get(a, key), before, sizeof before);
        tri_key_text(key, tri_key_get(b, key), after, sizeof after);
        printf("%-24s %10s -> %s\n", tri_key_info(key)->name, before, after);
        code = TRI_EXIT_FAILED;
    }
    return code;
}

int tri_command_design(int argc, char **argv) {
    enum { SHOW, CHECK, DIFF, VERBS };
    static const char *const verbs[VERBS] = {"show", "check", "diff"};
    bool json = false;
    char path[PATH_BYTES];
    const struct tri_option options[] = {
        {"json", 0, NULL, TRI_OPTION_FLAG, &json, "show and diff: print JSON"}};
    char **arguments = NULL;
    struct tri_design designs[2];
    int code = tri_options_parse(&usage, options, 1, argc, argv, &arguments);
    if (code >= 0) return code;
    int verb = 0;
    while (verb < VERBS && strcmp(arguments[0], verbs[verb]) != 0) verb++;
    if (verb == VERBS)
        return tri_complain_usage("design: unknown word '%s'; the nearest known is '%s'",
                                  arguments[0], tri_nearest(arguments[0], verbs, VERBS));
    const int wanted = verb == DIFF ? 2 : 1, got = (int)(argv + argc - arguments) - 1;
    if (got != wanted)
        return tri_complain_usage("design %s: wanted %s, got %d", verbs[verb],
                                  wanted == 2 ? "two files" : "one file", got);
    if (json && verb == CHECK)
        return tri_complain_usage("design check: --json is for show and diff");
    for (int i = 0; i < wanted; i++) {
        const enum tri_status status = read_design(arguments[1 + i], path, &designs[i]);
        if (status == TRI_OK) continue;
        (void)tri_complain(status);
        return verb == DIFF ? TRI_EXIT_USAGE : TRI_EXIT_FAILED;
    }
    if (verb == SHOW) code = show(&designs[0], json);
    if (verb == CHECK) code = check(path, &designs[0]);
    if (verb == DIFF) code = diff(&designs[0], &designs[1], json);
    return tri_finish_output(code);
}
