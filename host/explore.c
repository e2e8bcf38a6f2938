/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium explore`: finds the word and hands over; and the words that only read results.
 */
#include "host/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "explore/report.h"
#include "explore/result.h"
#include "host/commands.h"
#include "host/exploretable.h"
#include "host/options.h"
#include "host/outfile.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- reading results ---- */

static enum tri_status read_result(const char *path, struct tri_result *result) {
    uint32_t cut = 0;
    enum tri_status status = tri_result_read(path, result, &cut);
    if (status == TRI_OK && cut > 0)
        fprintf(stderr, "note: the last line of %s is cut short and left out\n", path);
    return status;
}

/* ---- merge ---- */

static void note_missing_shards(char **paths, int count) {
    uint32_t shards = 0;
    bool *have = NULL;
    for (int i = 0; i < count; i++) {
        struct tri_result result;
        uint32_t cut;
        if (tri_result_read(paths[i], &result, &cut) == TRI_OK) {
            if (have == NULL) have = calloc((size_t)result.shards + 1, sizeof *have);
            if (have != NULL) have[result.shard] = true;
            shards = result.shards;
        }
        tri_result_free(&result);
    }
    for (uint32_t i = 1; have != NULL && i <= shards; i++)
        if (!have[i])
            fprintf(stderr, "note: shard %" PRIu32 "/%" PRIu32 " is missing\n", i, shards);
    free(have);
}

int tri_explore_merge(int argc, char **argv) {
    static const struct tri_usage usage = {
        .command = "explore merge",
        .synopsis = "RESULT... -o WHOLE",
        .purpose =
            "Joins the result files of shards (explore run --shard I/N) into one. They must be of\n"
            "one space, cut the same way, and made with the same tools; if they are not, the "
            "error\n"
            "says which two differ in what. A shard that is missing is noted.",
        .examples =
            "  tritium explore merge build/explore/part-*.jsonl -o build/explore/all.jsonl\n",
        .statuses = "  0  done   1  failed   2  wrong command line\n",
        .least = 1,
        .most = 10000,
    };
    const char *out = NULL;
    const struct tri_option options[] = {
        {"out", 'o', "FILE", TRI_OPTION_TEXT, &out, "where the whole result goes"}};
    char **paths = NULL;
    struct tri_result merged;
    int code = tri_options_parse(&usage, options, COUNT(options), argc, argv, &paths);
    if (code >= 0) return code;
    if (out == NULL) return tri_complain_usage("explore merge: wanted -o FILE");
    int count = 0;
    while (paths[count] != NULL) count++;
    enum tri_status status = tri_result_merge((const char *const *)paths, (uint32_t)count, &merged);
    if (status == TRI_OK) status = tri_result_write(out, &merged);
    if (status == TRI_OK) {
        note_missing_shards(paths, count);
        tri_explore_summary(&merged, stdout);
    }
    tri_result_free(&merged);
    return status == TRI_OK ? tri_finish_output(TRI_EXIT_OK) : tri_complain(status);
}

/* ---- show ---- */

/* A list such as "dsp,watts". */
static int figures_of(const char *text, enum tri_figure_id *figures, size_t *count) {
    const char *names[TRI_FIGURE_COUNT];
    for (int i = 0; i < TRI_FIGURE_COUNT; i++)
        names[i] = tri_figure_info((enum tri_figure_id)i)->name;
    *count = 0;
    while (*text != '\0') {
        char name[64];
        size_t length = strcspn(text, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), text);
        enum tri_figure_id id = tri_figure_find(name);
        if (id == TRI_FIGURE_COUNT || *count == TRI_FIGURE_COUNT)
            return tri_complain_usage(
                "explore show: unknown figure '%s'; the nearest known is '%s'", name,
                tri_nearest(name, names, TRI_FIGURE_COUNT));
        figures[(*count)++] = id;
        text += length + (text[length] == ',');
    }
    return -1;
}

int tri_explore_show(int argc, char **argv) {
    static const struct tri_usage usage = {
        .command = "explore show",
        .synopsis = "RESULT [--rows N] [--figures A,B] [--csv | --json]",
        .purpose = "Prints a sweep's points: the front first, then the others by the first\n"
                   "objective. A letter behind each number says where it comes from.",
        .examples = "  tritium explore show build/explore/tiny.jsonl\n"
                    "  tritium explore show build/explore/tiny.jsonl --figures joules_token,dsp\n"
                    "  tritium explore show build/explore/tiny.jsonl --csv > points.csv\n",
        .statuses = "  0  done   1  not a result, or not written   2  wrong command line\n",
        .least = 1,
        .most = 1,
    };
    uint32_t rows = 40;
    const char *wanted = "";
    bool csv = false, json = false;
    const struct tri_option options[] = {
        {"rows", 'n', "N", TRI_OPTION_U32, &rows, "at most N points, 0: all (40)"},
        {"figures", 'f', "A,B", TRI_OPTION_TEXT, &wanted, "figures besides the objectives"},
        {"csv", 0, NULL, TRI_OPTION_FLAG, &csv, "all points and figures as CSV"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &json, "all points as JSON lines"},
    };
    char **paths = NULL;
    enum tri_figure_id figures[TRI_FIGURE_COUNT];
    size_t count = 0;
    int code = tri_options_parse(&usage, options, COUNT(options), argc, argv, &paths);
    if (code >= 0) return code;
    if (csv && json) return tri_complain_usage("explore show: wanted --csv or --json, got both");
    code = figures_of(wanted, figures, &count);
    if (code >= 0) return code;
    struct tri_result result;
    enum tri_status status = read_result(paths[0], &result);
    if (status == TRI_OK && csv)
        tri_explore_csv(&result, stdout);
    else if (status == TRI_OK && json)
        status = tri_explore_jsonl(&result, stdout);
    else if (status == TRI_OK) {
        tri_explore_summary(&result, stdout);
        status = tri_explore_table(&result, rows, figures, count, stdout);
    }
    tri_result_free(&result);
    return status == TRI_OK ? tri_finish_output(TRI_EXIT_OK) : tri_complain(status);
}

/* ---- pick ---- */

/* The design's name is its file's: designs/NAME.yaml, as everything that takes a name expects. */
static enum tri_status name_design(const char *path, struct tri_design *design) {
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    size_t length = strcspn(base, ".");
    if (length == 0 || length >= sizeof design->name ||
        strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789_") != length ||
        strcmp(base + length, ".yaml") != 0)
        return tri_fail(TRI_E_ARGUMENT,
                        "-o %s: wanted a file NAME.yaml with only a-z, 0-9 and _ in NAME, which "
                        "becomes the design's name",
                        path);
    memcpy(design->name, base, length);
    design->name[length] = '\0';
    return TRI_OK;
}

static enum tri_status pick(const char *from, uint64_t index, const char *out) {
    struct tri_result result;
    struct tri_outfile file;
    struct tri_design design;
    enum tri_status status = read_result(from, &result);
    const struct tri_point *point = status == TRI_OK ? tri_result_find(&result, index) : NULL;
    if (status == TRI_OK && point == NULL)
        status = tri_fail(TRI_E_ARGUMENT,
                          "%s: wanted a point that it holds, got %" PRIu64
                          "; tritium explore show lists them",
                          from, index);
    if (point != NULL) design = point->design;
    tri_result_free(&result);
    if (status == TRI_OK) status = name_design(out, &design);
    if (status == TRI_OK) status = tri_outfile_open(&file, out);
    if (status != TRI_OK) return status;
    fprintf(file.stream, "# SPDX-License-Identifier: Apache-2.0\n# Point %" PRIu64 " of %s.\n",
            index, from);
    tri_design_print(&design, file.stream);
    TRI_TRY(tri_outfile_commit(&file));
    printf("%s: point %" PRIu64 "; next: tritium run --device ref:%s -m MODEL -p TEXT\n"
           "in designs/ it has a name for everything: make sim DESIGN=%s, --device sim:%s\n",
           out, index, out, design.name, design.name);
    return TRI_OK;
}

int tri_explore_pick(int argc, char **argv) {
    static const struct tri_usage usage = {
        .command = "explore pick",
        .synopsis = "RESULT --point N -o NAME.yaml",
        .purpose = "Writes the design of a point as a design file, which run, sim, hls and\n"
                   "bitstreams take as it is. Put it into designs/ and it has a name.",
        .examples =
            "  tritium explore pick build/explore/tiny.jsonl --point 5 -o designs/mine.yaml\n"
            "  make sim DESIGN=mine\n"
            "  tritium run -m tests/models/demo -p 'Once upon a time' --device sim:mine --check\n",
        .statuses = "  0  done   1  failed   2  wrong command line\n",
        .least = 1,
        .most = 1,
    };
    const char *out = NULL, *number = NULL;
    const struct tri_option options[] = {
        {"point", 'p', "N", TRI_OPTION_TEXT, &number, "number of the point, as show prints it"},
        {"out", 'o', "FILE", TRI_OPTION_TEXT, &out, "where the design goes"},
    };
    char **paths = NULL;
    uint64_t index = 0;
    int code = tri_options_parse(&usage, options, COUNT(options), argc, argv, &paths);
    if (code >= 0) return code;
    if (number == NULL || out == NULL)
        return tri_complain_usage("explore pick: wanted --point N and -o FILE");
    if (!tri_parse_number(number, INT64_MAX, &index))
        return tri_complain_usage("explore pick: --point: wanted a point's number, got '%s'",
                                  number);
    enum tri_status status = pick(paths[0], index, out);
    return status == TRI_OK ? tri_finish_output(TRI_EXIT_OK) : tri_complain(status);
}

/* ---- report ---- */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The document that the page is made from, for other programs. */
static enum tri_status write_document(const struct tri_result *result, const char *path) {
    json_t *json = NULL;
    struct tri_outfile file;
    TRI_TRY(tri_result_json(result, &json));
    enum tri_status status = tri_outfile_open(&file, path);
    if (status == TRI_OK) {
        (void)json_dumpf(json, file.stream,
                         JSON_INDENT(1) | JSON_REAL_PRECISION(TRI_RESULT_DIGITS));
        (void)fputc('\n', file.stream);
        status = tri_outfile_commit(&file);
    }
    json_decref(json);
    return status;
}

int tri_explore_report(int argc, char **argv) {
    static const struct tri_usage usage = {
        .command = "explore report",
        .synopsis = "RESULT -o PAGE.html|DATA.json",
        .purpose = "Writes a sweep as one HTML page that needs no network: front with objectives\n"
                   "to choose, roofline, cycles and energy of each point, tools and commands.\n"
                   "A name ending in .json gets the data alone, for tools/explore_plot.py.",
        .examples = "  tritium explore report build/explore/tiny.jsonl -o tiny.html\n",
        .statuses = "  0  done   1  failed   2  wrong command line\n",
        .least = 1,
        .most = 1,
    };
    const char *out = NULL;
    const struct tri_option options[] = {
        {"out", 'o', "FILE", TRI_OPTION_TEXT, &out, "where the page goes"}};
    char **paths = NULL;
    int code = tri_options_parse(&usage, options, COUNT(options), argc, argv, &paths);
    if (code >= 0) return code;
    if (out == NULL) return tri_complain_usage("explore report: wanted -o FILE");
    struct tri_result result;
    enum tri_status status = read_result(paths[0], &result);
    if (status == TRI_OK)
        status =
            ends_with(out, ".json") ? write_document(&result, out) : tri_report_write(&result, out);
    tri_result_free(&result);
    if (status != TRI_OK) return tri_complain(status);
    printf(ends_with(out, ".json") ? "%s: written\n" : "%s: open it in any browser\n", out);
    return tri_finish_output(TRI_EXIT_OK);
}

/* ---- the command ---- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} words[] = {
    {"run", tri_explore_run, "evaluate the points of a space file; resumes what was interrupted"},
    {"show", tri_explore_show, "a table of the points, the front first; CSV, JSON lines"},
    {"pick", tri_explore_pick, "the design of one point as a design file"},
    {"merge", tri_explore_merge, "join the results of shards"},
    {"report", tri_explore_report, "one HTML page: front, roofline, where cycles and energy go"},
};

static int help(void) {
    printf(
        "tritium explore WORD [options]\n\n"
        "Which design is best for a model, a chip and a host: a space file names what may vary,\n"
        "what is wanted and what is not allowed; each point is computed, synthesised and\n"
        "simulated as far as --effort says, and every number says where it comes from.\n\n"
        "Words:\n");
    for (size_t i = 0; i < COUNT(words); i++)
        printf("  %-8s %s\n", words[i].name, words[i].summary);
    printf("\n'tritium explore WORD --help' explains options, examples and exit statuses.\n\n"
           "Examples:\n"
           "  tritium explore run designs/spaces/tiny.yaml --dry-run\n"
           "  tritium explore run designs/spaces/tiny.yaml -o tiny.jsonl\n"
           "  tritium explore show tiny.jsonl\n"
           "  tritium explore report tiny.jsonl -o tiny.html\n\n"
           "Exit status:\n"
           "  0    done   1  failed   2  wrong command line   130  stopped by Ctrl-C\n");
    return tri_finish_output(TRI_EXIT_OK);
}

int tri_command_explore(int argc, char **argv) {
    const char *names[COUNT(words)];
    if (argc < 2)
        return tri_complain_usage("explore: a word is missing; see 'tritium explore --help'");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return help();
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(argv[1], words[i].name) == 0) return words[i].run(argc - 1, argv + 1);
        names[i] = words[i].name;
    }
    return tri_complain_usage("explore: unknown word '%s'; the nearest known is '%s'", argv[1],
                              tri_nearest(argv[1], names, COUNT(words)));
}
