/* SPDX-License-Identifier: Apache-2.0
 *
 * `bench` from end to end on a small simulated design: its report, and a trace whose spans nest and
 * add up to the cycles that were counted.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "host/benchreport.h"
#include "host/commands.h"
#include "host/options.h"
#include "host/synthetic.h"
#include "tests/unit/temp_file.h"

Test(bench, the_median_is_the_middle) {
    double odd[] = {9, 1, 5}, even[] = {4, 1, 10, 2}, one[] = {7};
    cr_expect(tri_median(odd, 3) == 5);
    cr_expect(tri_median(even, 4) == 3);
    cr_expect(tri_median(one, 1) == 7);
}

Test(bench, a_synthetic_model_is_named_by_its_shape) {
    char path[4096];
    double seconds;
    cr_expect(tri_synthetic_named("synth-2b4t"));
    cr_expect(!tri_synthetic_named("models/2b4t"));
    cr_expect(tri_synthetic_find("synth-2b5t", "/tmp", path, &seconds) == TRI_E_ARGUMENT);
    cr_expect(strstr(tri_error(), "2b4t") != NULL);
}

struct outcome {
    char folder[32], report[64], trace[64], wave[64];
    json_t *json, *events;
};

static int bench(struct outcome *o, const char *device, const char *repeat) {
    strcpy(o->folder, "/tmp/tritium-test-XXXXXX");
    cr_assert(mkdtemp(o->folder) != NULL);
    snprintf(o->report, sizeof o->report, "%s/report.json", o->folder);
    snprintf(o->trace, sizeof o->trace, "%s/trace.json", o->folder);
    snprintf(o->wave, sizeof o->wave, "%s/wave.fst", o->folder);
    char *argv[] = {"bench",
                    "--device",
                    (char *)(uintptr_t)device,
                    "--model",
                    "synth-tiny",
                    "--models",
                    o->folder,
                    "--prompt",
                    "9",
                    "--tokens",
                    "2",
                    "--repeat",
                    (char *)(uintptr_t)repeat,
                    "--check",
                    "--json",
                    o->report,
                    "--trace",
                    o->trace,
                    "--wave",
                    o->wave,
                    "--wave-from",
                    "100",
                    "--wave-to",
                    "200"};
    return tri_command_bench(sizeof argv / sizeof *argv, argv);
}

static void load(struct outcome *o) {
    o->json = json_load_file(o->report, 0, NULL);
    json_t *trace = json_load_file(o->trace, 0, NULL);
    cr_assert(o->json != NULL && trace != NULL, "not JSON");
    o->events = json_incref(json_object_get(trace, "traceEvents"));
    cr_assert(json_is_array(o->events));
    json_decref(trace);
}

static void clean(struct outcome *o) {
    char command[64];
    json_decref(o->json);
    json_decref(o->events);
    snprintf(command, sizeof command, "rm -rf %s", o->folder);
    cr_assert(system(command) == 0);
}

static double number(const json_t *object, const char *key) {
    cr_assert(json_is_number(json_object_get(object, key)), "no number %s", key);
    return json_number_value(json_object_get(object, key));
}

static bool on_track(const json_t *event, int process, int track) {
    return strcmp(json_string_value(json_object_get(event, "ph")), "X") == 0 &&
           json_integer_value(json_object_get(event, "pid")) == process &&
           json_integer_value(json_object_get(event, "tid")) == track;
}

static bool contains(const json_t *outer, const json_t *inner) {
    const double a = number(outer, "ts"), b = a + number(outer, "dur"), slack = 1e-3;
    const double x = number(inner, "ts"), y = x + number(inner, "dur");
    return x >= a - slack && y <= b + slack;
}

static bool apart(const json_t *one, const json_t *other) {
    const double a = number(one, "ts"), b = a + number(one, "dur"), slack = 1e-3;
    const double x = number(other, "ts"), y = x + number(other, "dur");
    return y <= a + slack || x >= b - slack;
}

/* Any two spans of a track are apart, or one holds the other. Returns their number. */
static unsigned nested(const json_t *events, int process, int track) {
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *a = json_array_get(events, i);
        if (!on_track(a, process, track)) continue;
        count++;
        for (size_t j = 0; j < i; j++) {
            const json_t *b = json_array_get(events, j);
            if (!on_track(b, process, track)) continue;
            cr_assert(apart(a, b) || contains(a, b) || contains(b, a),
                      "spans %zu and %zu of track %d %d overlap", i, j, process, track);
        }
    }
    return count;
}

static bool named(const json_t *event, const char *start) {
    const char *name = json_string_value(json_object_get(event, "name"));
    return strncmp(name, start, strlen(start)) == 0;
}

/* Of three runs: themselves, what is before each product and the product, what is after the last,
 * and the choice of a token. */
enum { HOST_SPANS = 3 + 3 * 2 * 4 * 2 + 3 + 3 };

Test(bench, a_trace_nests_and_adds_up_to_the_counted_cycles) {
    struct outcome o;
    cr_assert(bench(&o, "sim:p2_b128_b3_t4", "1") == TRI_EXIT_OK);
    load(&o);
    /* 9 tokens are two commands of a product; behind q|k|v of the last layer only one token goes
     * on. So 8 + 2 + 3 commands, and 2 * 2 * 4 of the decoded tokens. */
    cr_expect(nested(o.events, 1, 1) == HOST_SPANS);
    for (int track = 1; track <= 4; track++) {
        const unsigned count = nested(o.events, 2, track);
        cr_expect(track == 1 ? count > 3 * 29 : count == 29, "track %d: %u spans", track, count);
    }
    double commands = 0, parts = 0, steps = 0, rest = 0;
    for (size_t i = 0; i < json_array_size(o.events); i++) {
        const json_t *e = json_array_get(o.events, i), *args = json_object_get(e, "args");
        if (!on_track(e, 2, 1)) continue;
        if (named(e, "layer "))
            commands += number(args, "cycles");
        else if (named(e, "results and completion"))
            rest += number(args, "cycles");
        else
            parts += number(args, "cycles");
        if (!named(e, "active")) continue;
        steps += number(args, "steps");
        cr_expect(number(args, "cycles") == number(args, "steps") + number(args, "wait_weights") +
                                                number(args, "wait_results"));
    }
    const json_t *prefill = json_object_get(o.json, "prefill");
    const json_t *decode = json_object_get(o.json, "decode");
    cr_expect(commands == parts, "%.0f cycles of commands, %.0f of their parts", commands, parts);
    cr_expect(commands + rest ==
              number(prefill, "cycles_active") + number(decode, "cycles_active"));
    cr_expect(steps == number(prefill, "steps") + number(decode, "steps"));
    clean(&o);
}

Test(bench, a_report_counts_passes_and_checked_products_and_a_wave_is_written) {
    struct outcome o;
    struct stat about;
    cr_assert(bench(&o, "sim:p2_b128_b3_t4", "2") == TRI_EXIT_OK);
    load(&o);
    const json_t *decode = json_object_get(o.json, "decode");
    cr_expect(number(decode, "passes") == 2 && number(decode, "tokens") == 2);
    cr_expect(number(decode, "ms_least") <= number(decode, "ms"));
    cr_expect(number(decode, "ms") <= number(decode, "ms_most"));
    cr_expect(number(o.json, "products_checked") == 2 * (9 * 5 + 3 + 2 * 2 * 4));
    cr_expect(number(o.json, "products_equal") == number(o.json, "products_checked"));
    cr_expect(fabs(number(decode, "cycles_per_token") * 4 - number(decode, "cycles_active")) < 1);
    cr_expect(stat(o.wave, &about) == 0 && about.st_size > 0);
    clean(&o);
}

Test(bench, a_device_without_cycles_has_a_report_and_a_trace_too) {
    struct outcome o;
    cr_assert(bench(&o, "ref:p2_b128_b3_t4", "1") == TRI_EXIT_OK);
    load(&o);
    cr_expect(json_object_get(json_object_get(o.json, "decode"), "cycles_per_token") == NULL);
    cr_expect(nested(o.events, 1, 1) == HOST_SPANS);
    cr_expect(nested(o.events, 2, 1) == 0);
    clean(&o);
}
