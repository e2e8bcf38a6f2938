/* SPDX-License-Identifier: Apache-2.0
 *
 * A space printed as a space file that reads back the same.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explore/space_private.h"

static void print_number(FILE *out, const char *key, double value) {
    char text[32];
    tri_space_value("", value, text, sizeof text);
    fprintf(out, "%s: %s\n", key, text);
}

/* In double quotes; all these texts are printable ASCII. */
static void print_text(FILE *out, const char *key, const char *text) {
    fprintf(out, "%s \"", key);
    for (const char *c = text; *c != '\0'; c++)
        fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    fprintf(out, "\"\n");
}

/* tri_design_print, two blanks further in. */
static void print_base(const struct tri_design *base, FILE *out) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    if (memory == NULL) return;
    tri_design_print(base, memory);
    const bool good = fclose(memory) == 0;
    fprintf(out, "base:\n");
    for (char *line = text, *end; good && *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        fprintf(out, "  %.*s\n", (int)(end - line), line);
    }
    free(text);
}

static void print_parameters(const struct tri_space *space, FILE *out) {
    fprintf(out, "parameters:\n");
    for (uint32_t i = 0; i < space->parameter_count; i++) {
        const struct tri_space_parameter *p = &space->parameters[i];
        fprintf(out, "  %s: [", p->name);
        for (uint32_t v = 0; v < p->count; v++) {
            char text[32];
            tri_space_value(p->name, p->values[v], text, sizeof text);
            fprintf(out, "%s%s", v > 0 ? ", " : "", text);
        }
        fprintf(out, "]\n");
    }
}

static void print_part(const struct tri_space *space, FILE *out) {
    struct tri_space_part part = space->part;
    if (part.name[0] == '\0') return;
    fprintf(out, "part:\n");
    print_text(out, "  name:", part.name);
    fprintf(out, "  family: %s\n", part.family);
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++) {
        fprintf(out, "  ");
        print_number(out, tri_part_numbers[i], *tri_part_number(&part, i));
    }
}

static void print_host(const struct tri_space_host *host, FILE *out) {
    fprintf(out, "host:\n");
    if (host->name[0] != '\0') print_text(out, "  name:", host->name);
    print_number(out, "  ms_per_token", host->ms_per_token);
    print_number(out, "  head_ms_per_token", host->head_ms_per_token);
    print_number(out, "  prefill_ms_per_token", host->prefill_ms_per_token);
    print_number(out, "  launch_us", host->launch_us);
    fprintf(out, "  lists_per_token: %" PRIu32 "\n", host->lists_per_token);
    print_number(out, "  overlap", host->overlap);
}

void tri_space_print(const struct tri_space *space, FILE *out) {
    const struct tri_space_workload *w = &space->workload;
    fprintf(out, "name: %s\n", space->name);
    print_base(&space->base, out);
    print_parameters(space, out);
    if (space->constraint_count > 0) fprintf(out, "constraints:\n");
    for (uint32_t i = 0; i < space->constraint_count; i++)
        print_text(out, "  -", space->constraints[i].text);
    fprintf(out,
            "workload:\n  shape: %s\n  prompt: %" PRIu32 "\n  tokens: %" PRIu32
            "\n  batch: %" PRIu32 "\n",
            w->shape, w->prompt, w->tokens, w->batch);
    print_part(space, out);
    print_host(&space->host, out);
    fprintf(out, "objectives:\n");
    for (uint32_t i = 0; i < space->objective_count; i++)
        fprintf(out, "  - {figure: %s, better: %s}\n",
                tri_figure_info(space->objectives[i].figure)->name,
                tri_better_name(space->objectives[i].better));
    if (space->budget_points > 0 || space->budget_minutes > 0.0) fprintf(out, "budget:\n");
    if (space->budget_points > 0) fprintf(out, "  points: %" PRIu32 "\n", space->budget_points);
    if (space->budget_minutes > 0.0) print_number(out, "  minutes", space->budget_minutes);
    fprintf(out, "seed: %" PRIu64 "\n", space->seed);
}
