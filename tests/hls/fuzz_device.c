/* SPDX-License-Identifier: Apache-2.0
 *
 * Differential testing of the accelerator's implementations: random command lists on the golden
 * model, the C kernel and, where asked, the Verilated one; every bit that a list leaves behind must
 * be the same. A case that differs is shrunk and written as a small replay file.
 */
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/paths.h"
#include "tests/hls/case.h"

static const char *const kinds[2] = {"hls", "sim"};

struct bench { /* one design's machines */
    struct tri_design design;
    struct machine machine[2]; /* in the order of kinds */
    uint32_t machines;         /* 1: without the Verilated one */
    const char *plant;         /* planted bug of the C kernel, or NULL */
    uint64_t bits;             /* of the last comparison */
    uint64_t commands;         /* it completed */
    uint32_t statuses;         /* bit s: status s was in some completion or in the register */
    char text[320];
};

static bool open_machine(struct bench *b, uint32_t i) {
    machine_close(&b->machine[i]);
    return machine_open(&b->machine[i], kinds[i], i == 0 ? b->plant : NULL, &b->design);
}

static bool bench_open(struct bench *b, const char *name, uint32_t machines, const char *plant) {
    memset(b, 0, sizeof *b);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "tests/hls/designs/%s.yaml", name);
    if ((access(path, R_OK) != 0 && tri_find_design(name, path, sizeof path) != TRI_OK) ||
        tri_design_read(path, &b->design) != TRI_OK) {
        fprintf(stderr, "fuzz-device: %s\n", tri_error());
        return false;
    }
    b->machines = machines;
    b->plant = plant;
    for (uint32_t i = 0; i < machines; i++) {
        if (!open_machine(b, i)) return false;
    }
    return true;
}

static void bench_close(struct bench *b) {
    for (uint32_t i = 0; i < 2; i++) machine_close(&b->machine[i]);
}

static void run_machine(struct bench *b, uint32_t i, const struct list_case *c,
                        const struct memory *wanted, const struct outcome *right) {
    const struct tri_geometry *g = &b->design.geometry;
    struct memory got;
    struct outcome seen = {0};
    char text[256];
    if (!memory_make(&got, c, g)) {
        b->bits++;
        snprintf(b->text, sizeof b->text, "no memory for a case");
        return;
    }
    memory_fill(&got, c, g);
    if (machine_run(&b->machine[i], c, g, &got, &seen)) {
        const uint64_t bits = compare_outcomes(c, g, wanted, right, &got, &seen, text);
        if (bits > 0) snprintf(b->text, sizeof b->text, "%s: %s", kinds[i], text);
        b->bits += bits;
    } else {
        b->bits++;
        snprintf(b->text, sizeof b->text, "%s: did not end, or broke a bus rule", kinds[i]);
        (void)open_machine(b, i); /* what is stuck stays stuck */
    }
    memory_free(&got);
}

/* Whether some machine differs from the golden model. */
static bool differs(void *context, const struct list_case *c) {
    struct bench *b = context;
    struct memory wanted;
    struct outcome right;
    b->bits = 0;
    if (!memory_make(&wanted, c, &b->design.geometry)) return false;
    memory_fill(&wanted, c, &b->design.geometry);
    golden_run(c, &b->design.geometry, &wanted, &right);
    b->commands = right.completed;
    b->statuses |= 1u << right.status;
    for (uint32_t i = 0; i < right.completed; i++) {
        b->statuses |= 1u << wanted.completions[i].status;
    }
    for (uint32_t i = 0; i < b->machines; i++) run_machine(b, i, c, &wanted, &right);
    memory_free(&wanted);
    return b->bits > 0;
}

static void report_case(struct bench *b, struct list_case *c) {
    fprintf(stderr, "fuzz-device: %s, seed %llu: %s\n", c->design, (unsigned long long)c->seed,
            b->text);
    case_shrink(c, differs, b);
    (void)differs(b, c);
    char path[256];
    snprintf(path, sizeof path, "build/hls/fuzz/%s-%llu.replay", c->design,
             (unsigned long long)c->seed);
    (void)mkdir("build/hls/fuzz", 0777);
    FILE *out = fopen(path, "w");
    if (out == NULL) return;
    case_write(c, out);
    if (fclose(out) == 0) {
        fprintf(stderr,
                "  shrunk to %u commands (%s)\n  replay: build/tests/fuzz-device replay %s%s%s\n",
                c->count, b->text, path, b->plant != NULL ? " " : "",
                b->plant != NULL ? b->plant : "");
    }
}

/* Random lists until `wanted` commands have completed; false at the first that differs. */
static bool search(struct bench *b, uint64_t seed, uint64_t wanted, uint64_t *commands,
                   uint64_t *bits) {
    const uint64_t end = *commands + wanted;
    while (*commands < end) {
        struct list_case c;
        case_generate(&c, &b->design, seed++);
        if (differs(b, &c)) {
            *bits += b->bits;
            report_case(b, &c);
            return false;
        }
        *commands += b->commands;
    }
    return true;
}

/* Products a second of both machines on the same large commands. */
static double speedup(struct bench *b) {
    struct list_case c;
    case_generate(&c, &b->design, 1);
    const struct tri_geometry *g = &b->design.geometry;
    const uint32_t columns = tri_weights_per_beat(g) * 12, rows = 640;
    c.command[0] = (struct tri_command){.opcode = TRI_OP_MATMUL,
                                        .rows = rows,
                                        .columns = columns,
                                        .tokens = 1,
                                        .result_offset = 1 << 16,
                                        .activation_stride = 1 << 16,
                                        .result_stride = 1 << 16};
    c.count = 1;
    c.pokes = 0;
    c.data_bytes = c.weight_bytes = 1 << 18;
    c.map_commands = c.map_completions = CASE_COMMANDS;
    double seconds[2] = {0, 0}; /* the best of some rounds: the machine has other work too */
    for (int round = 0; round < 10; round++) {
        const uint32_t i = (uint32_t)round % 2;
        const struct machine *m = &b->machine[i];
        struct tri_sim_stats before, after;
        const int times = i == 0 ? 50 : 1;
        b->machines = i + 1;
        m->api->stats(m->sim, &before);
        for (int n = 0; n < times; n++) {
            if (differs(b, &c)) return 0;
        }
        m->api->stats(m->sim, &after);
        const double now = (after.seconds - before.seconds) / times;
        if (round < 2 || now < seconds[i]) seconds[i] = now;
    }
    fprintf(stderr, "fuzz-device: %s: hls %.0f, rtl %.1f million products a second\n",
            b->design.name, rows * 1e-6 * columns / seconds[0], rows * 1e-6 * columns / seconds[1]);
    return seconds[1] / seconds[0];
}

static bool write_report(const char *path, uint64_t ref_hls, uint64_t all, uint64_t bits,
                         double faster) {
    json_t *report = json_load_file(path, 0, NULL); /* others have keys in it too */
    if (report == NULL) report = json_object();
    json_object_set_new(report, "commands_ref_hls", json_integer((json_int_t)ref_hls));
    json_object_set_new(report, "commands_all_three", json_integer((json_int_t)all));
    json_object_set_new(report, "differing_bits", json_integer((json_int_t)bits));
    json_object_set_new(report, "hls_speedup_over_rtl", json_real(faster));
    (void)mkdir("build/reports", 0777);
    const bool good = json_dump_file(report, path, JSON_INDENT(2)) == 0;
    json_decref(report);
    return good;
}

static int replay(const char *path, const char *plant) {
    FILE *in = fopen(path, "r");
    struct list_case c;
    const bool good = in != NULL && case_read(&c, in);
    if (in != NULL) (void)fclose(in);
    if (!good) {
        fprintf(stderr, "fuzz-device: %s: not a case\n", path);
        return 2;
    }
    struct bench b;
    const bool both = bench_open(&b, c.design, 2, plant);
    if (!both) bench_close(&b);
    if (!both && !bench_open(&b, c.design, 1, plant)) return 2;
    const bool bad = differs(&b, &c);
    printf("%s: %u commands on %s: %s\n", path, c.count, both ? "hls and rtl" : "hls",
           bad ? b.text : "equal");
    bench_close(&b);
    return bad ? 1 : 0;
}

struct totals {
    uint64_t ref_hls, all, bits;
    double faster;
    unsigned failed;
    uint32_t statuses;
};

/* Random lists that never broke a rule would prove little. Nothing here hangs, so two statuses
 * cannot be. */
static bool all_statuses(uint32_t seen) {
    bool all = true;
    for (uint32_t s = 0; s < 32; s++) {
        if (strcmp(tri_accel_status_name(s), "unknown") == 0 || s == TRI_ACCEL_WATCHDOG ||
            s == TRI_ACCEL_DEAD || (seen >> s & 1) != 0) {
            continue;
        }
        fprintf(stderr, "fuzz-device: no list led to status %s\n", tri_accel_status_name(s));
        all = false;
    }
    return all;
}

/* "+name": the Verilated kernel too. */
static void fuzz_design(const char *name, uint64_t seed, uint64_t ref_hls, uint64_t all,
                        const char *plant, struct totals *totals) {
    const bool three = *name == '+';
    struct bench b;
    bool good = bench_open(&b, three ? name + 1 : name, three ? 2 : 1, plant);
    /* Other lists for each design, not the same ones in other sizes. */
    struct random random = {seed ^ tri_design_hash(&b.design.geometry)};
    const uint64_t start = random_next(&random);
    if (good) {
        b.machines = 1;
        good = search(&b, start, ref_hls, &totals->ref_hls, &totals->bits);
    }
    if (good && three) {
        b.machines = 2;
        good = search(&b, start + (1u << 31), all, &totals->all, &totals->bits);
    }
    if (good && three && totals->faster <= 0) {
        b.machines = 1;
        totals->faster = speedup(&b);
    }
    if (!good) totals->failed++;
    totals->statuses |= b.statuses;
    bench_close(&b);
}

int main(int argc, char **argv) {
    if (argc >= 3 && strcmp(argv[1], "replay") == 0) {
        return replay(argv[2], argc > 3 ? argv[3] : NULL);
    }
    if (argc < 7 || strcmp(argv[1], "search") != 0) {
        fprintf(stderr,
                "usage: fuzz-device search SEED REF_HLS ALL_THREE REPORT|- [+]DESIGN[,PLANT]...\n"
                "       fuzz-device replay FILE [PLANT]\n");
        return 2;
    }
    const unsigned designs = (unsigned)argc - 6;
    unsigned three = 0;
    for (int i = 6; i < argc; i++) three += *argv[i] == '+' ? 1 : 0;
    const uint64_t ref_hls = strtoull(argv[3], NULL, 10) / designs + 1;
    const uint64_t all = three > 0 ? strtoull(argv[4], NULL, 10) / three + 1 : 0;
    struct totals totals = {0};
    for (int i = 6; i < argc; i++) {
        char *plant = strchr(argv[i], ',');
        if (plant != NULL) *plant++ = '\0';
        fuzz_design(argv[i], strtoull(argv[2], NULL, 10), ref_hls, all, plant, &totals);
    }
    if (totals.failed == 0 && ref_hls * designs >= 5000 && !all_statuses(totals.statuses)) {
        totals.failed++;
    }
    if (strcmp(argv[5], "-") != 0 &&
        !write_report(argv[5], totals.ref_hls, totals.all, totals.bits, totals.faster)) {
        fprintf(stderr, "fuzz-device: cannot write %s\n", argv[5]);
        totals.failed++;
    }
    printf("%llu commands on ref and hls, %llu on ref, hls and rtl, %llu bits differ, hls is %.0f "
           "times as fast as the simulated rtl\n%u passed, %u failed\n",
           (unsigned long long)totals.ref_hls, (unsigned long long)totals.all,
           (unsigned long long)totals.bits, totals.faster, designs - totals.failed, totals.failed);
    return totals.failed > 0 ? 1 : 0;
}
