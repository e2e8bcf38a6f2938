/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a token's time went, as a table and as JSON: one row for each kind of work, prefill and
 * decode apart. The clocks are in cpu/pass.c and host/engine.c.
 */
#include "host/stats.h"

enum { KINDS = 9 };

struct shares {
    const char *name[KINDS];
    double seconds[KINDS];
    double total;
};

void tri_profile_add(struct tri_cpu_profile *to, const struct tri_cpu_profile *after,
                     const struct tri_cpu_profile *before) {
    to->embedding += after->embedding - before->embedding;
    to->norm += after->norm - before->norm;
    to->product += after->product - before->product;
    to->rope += after->rope - before->rope;
    to->attention += after->attention - before->attention;
    to->activation += after->activation - before->activation;
    to->head += after->head - before->head;
    to->rest += after->rest - before->rest;
    to->elsewhere += after->elsewhere - before->elsewhere;
    to->both += after->both - before->both;
    to->tokens += after->tokens - before->tokens;
    to->calls += after->calls - before->calls;
}

static struct shares shares_of(const struct tri_stats *stats, const struct tri_phase *phase) {
    const struct tri_cpu_profile *p = &phase->profile;
    struct shares s = {
        .name = {"embedding", "norm", stats->info != NULL ? "device" : "product", "rope",
                 "attention", "activation", "head", "sampling", "rest"},
        .seconds = {p->embedding, p->norm, p->product, p->rope, p->attention, p->activation,
                    p->head + phase->head, phase->sampling, p->rest},
    };
    for (int i = 0; i < KINDS; i++) s.total += s.seconds[i];
    return s;
}

static void print_cell(FILE *out, const struct shares *s, double seconds, uint64_t tokens) {
    if (tokens == 0)
        fprintf(out, "  %10s %6s  ", "-", "-");
    else
        fprintf(out, "  %10.4f %5.1f %%", seconds * 1000 / (double)tokens,
                s->total > 0 ? 100 * seconds / s->total : 0);
}

static void print_overlap(FILE *out, const char *name, const struct tri_cpu_profile *p) {
    if (p->elsewhere <= 0) return;
    fprintf(
        out,
        "%s: products were in flight for %.3f s, for %.3f s of that (%.0f %%) the host worked\n",
        name, p->elsewhere, p->both, 100 * p->both / p->elsewhere);
}

void tri_profile_print(const struct tri_stats *stats, FILE *out) {
    if (stats->cpu == NULL) return;
    const struct tri_phase *phases[2] = {&stats->prefill, &stats->decode};
    const struct shares s[2] = {shares_of(stats, phases[0]), shares_of(stats, phases[1])};
    fprintf(out, "%-12s%-21s%s\n", "ms a token", "     prefill", "     decode");
    for (int i = 0; i <= KINDS; i++) {
        fprintf(out, "%-10s", i < KINDS ? s[0].name[i] : "total");
        for (int k = 0; k < 2; k++)
            print_cell(out, &s[k], i < KINDS ? s[k].seconds[i] : s[k].total, phases[k]->tokens);
        fprintf(out, "\n");
    }
    print_overlap(out, "prefill", &stats->prefill.profile);
    print_overlap(out, "decode", &stats->decode.profile);
}

static json_t *phase_json(const struct tri_stats *stats, const struct tri_phase *phase) {
    json_t *o = json_object();
    const struct shares s = shares_of(stats, phase);
    json_object_set_new(o, "tokens", json_integer((json_int_t)phase->tokens));
    json_object_set_new(o, "calls", json_integer((json_int_t)phase->profile.calls));
    for (int i = 0; i < KINDS; i++) json_object_set_new(o, s.name[i], json_real(s.seconds[i]));
    json_object_set_new(o, "total", json_real(s.total));
    json_object_set_new(o, "device_busy", json_real(phase->profile.elsewhere));
    json_object_set_new(o, "device_and_host_busy", json_real(phase->profile.both));
    return o;
}

json_t *tri_profile_json(const struct tri_stats *stats) {
    json_t *o = json_object();
    json_object_set_new(o, "prefill", phase_json(stats, &stats->prefill));
    json_object_set_new(o, "decode", phase_json(stats, &stats->decode));
    return o;
}
