/* SPDX-License-Identifier: Apache-2.0
 *
 * One call of the engine: checks the requests, lines their tokens up, cuts the line into blocks and
 * takes these through the layers, one after the other or, where products are computed elsewhere,
 * two at a time with one of them always being multiplied.
 */
#include <inttypes.h>
#include <string.h>

#include "cpu/engine_private.h"
#include "ref/rope.h"

/* The tokens of all requests in a line, and how far they are. */
struct line {
    struct tri_cpu *cpu;
    const struct tri_request *requests;
    uint32_t count, at, token; /* the next token is `token` of request `at` */
    uint32_t chunk;
    tri_product product;
    void *context;
};

static bool fill(struct line *line, struct tri_block *b) {
    const struct tri_config *c = &line->cpu->model->config;
    b->rows = 0;
    b->stage = TRI_STAGE_EMPTY;
    while (line->at < line->count && b->rows < line->chunk) {
        const struct tri_request *q = &line->requests[line->at];
        struct tri_row *r = &b->row[b->rows++];
        const uint32_t t = line->token++;
        const bool last = t + 1 == q->count;
        *r = (struct tri_row){.sequence = q->sequence,
                              .id = q->ids[t],
                              .position = q->sequence->length + t,
                              .request = line->at,
                              .state = last ? q->state : NULL};
        if (q->all_logits != NULL)
            r->logits = q->all_logits + (size_t)t * c->vocab;
        else if (last)
            r->logits = q->logits;
        r->wanted = r->logits != NULL || r->state != NULL;
        if (!last) continue;
        line->at++;
        line->token = 0;
    }
    return b->rows > 0;
}

static struct tri_offload_job job_of(const struct line *line, const struct tri_block *b) {
    return (struct tri_offload_job){.product = line->product,
                                    .context = line->context,
                                    .layer = b->layer,
                                    .group = b->group,
                                    .tokens = b->rows,
                                    .codes = b->codes,
                                    .sums = b->sums};
}

static enum tri_status one_at_a_time(struct line *line) {
    struct tri_cpu *cpu = line->cpu;
    struct tri_block *b = &cpu->block[0];
    while (fill(line, b)) {
        TRI_TRY(tri_block_begin(cpu, b));
        while (b->stage != TRI_STAGE_DONE) {
            const struct tri_offload_job j = job_of(line, b);
            cpu->multiplying = b;
            TRI_TRY(j.product(j.context, j.layer, j.group, j.tokens, j.codes, j.sums));
            tri_cpu_lap(cpu, 0, TRI_LAP_PRODUCT);
            TRI_TRY(tri_block_step(cpu, b));
        }
    }
    return TRI_OK;
}

static void start(struct line *line, struct tri_block *b) {
    const struct tri_offload_job job = job_of(line, b);
    line->cpu->multiplying = b;
    tri_offload_start(line->cpu->offload, &job);
}

/* The host's part for a block, up to its next product; a block that is done makes room for the
 * next. */
static enum tri_status work_on(struct line *line, struct tri_block *b) {
    if (b->stage == TRI_STAGE_PRODUCT) TRI_TRY(tri_block_step(line->cpu, b));
    if (b->stage == TRI_STAGE_PRODUCT) return TRI_OK;
    return fill(line, b) ? tri_block_begin(line->cpu, b) : TRI_OK;
}

/* One block is multiplied while the host works on the other. A block's step needs the keys of the
 * block before it in the line, which is always one step ahead. */
static enum tri_status two_at_a_time(struct line *line) {
    struct tri_cpu *cpu = line->cpu;
    struct tri_block *flying = &cpu->block[0], *other = &cpu->block[1];
    other->stage = TRI_STAGE_EMPTY;
    if (!fill(line, flying)) return TRI_OK;
    TRI_TRY(tri_block_begin(cpu, flying));
    while (flying->stage == TRI_STAGE_PRODUCT) {
        const double began = tri_cpu_now();
        start(line, flying);
        const enum tri_status worked = work_on(line, other);
        char message[1024];
        if (worked != TRI_OK) {
            strncpy(message, tri_error(), sizeof message - 1);
            message[sizeof message - 1] = '\0';
        }
        const double worked_until = tri_cpu_now();
        double ended;
        const enum tri_status multiplied = tri_offload_wait(cpu->offload, &ended);
        tri_cpu_lap(cpu, 0, TRI_LAP_PRODUCT);
        cpu->profile.elsewhere += ended - began;
        cpu->profile.both += (ended < worked_until ? ended : worked_until) - began;
        if (worked != TRI_OK) return tri_fail(worked, "%s", message);
        TRI_TRY(multiplied);
        if (other->stage != TRI_STAGE_PRODUCT) {
            TRI_TRY(work_on(line, flying)); /* there is nothing else to multiply meanwhile */
            continue;
        }
        struct tri_block *const next = other;
        other = flying;
        flying = next;
    }
    return TRI_OK;
}

static enum tri_status check(struct tri_cpu *cpu, const struct tri_request *q, uint32_t number) {
    const struct tri_config *c = &cpu->model->config;
    const struct tri_sequence *s = q->sequence;
    if (s->cpu != cpu || s->running)
        return tri_fail(TRI_E_ARGUMENT,
                        "request %" PRIu32 ": wanted a sequence of this engine, once in a pass",
                        number);
    if (q->count == 0) return tri_fail(TRI_E_ARGUMENT, "tokens, wanted at least 1, got 0");
    if (q->count > s->positions - s->length)
        return tri_fail(TRI_E_ARGUMENT,
                        "context full: wanted room for %" PRIu32 " more tokens, got %" PRIu32
                        " of %" PRIu32 " left",
                        q->count, s->positions - s->length, s->positions);
    for (uint32_t i = 0; i < q->count; i++) {
        if (q->ids[i] < c->vocab) continue;
        return tri_fail(TRI_E_ARGUMENT,
                        "token %" PRIu32 ": id, wanted below %" PRIu32 ", got %" PRIu32, i,
                        c->vocab, q->ids[i]);
    }
    return TRI_OK;
}

/* Everything that can run out is taken before the first token is computed. */
static enum tri_status prepare(struct line *line, bool two) {
    struct tri_cpu *cpu = line->cpu;
    uint64_t tokens = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < line->count; i++) {
        const struct tri_request *q = &line->requests[i];
        const uint32_t length = q->sequence->length + q->count;
        TRI_TRY(tri_sequence_reserve(q->sequence, length));
        if (length > longest) longest = length;
        tokens += q->count;
    }
    TRI_TRY(tri_cpu_reserve(cpu, longest));
    if (two) {
        /* Halves, in whole groups of the tokens that the device multiplies at once. */
        const uint32_t split = cpu->options.split;
        uint64_t half = ((tokens + 1) / 2 + split - 1) / split * split;
        if (half < line->chunk) line->chunk = (uint32_t)half;
        TRI_TRY(tri_block_reserve(cpu, &cpu->block[1], line->chunk));
        if (cpu->offload == NULL) TRI_TRY(tri_offload_create(&cpu->offload));
    }
    if (tokens < line->chunk) line->chunk = (uint32_t)tokens;
    return tri_block_reserve(cpu, &cpu->block[0], line->chunk);
}

static void settle_profile(struct tri_cpu *cpu, uint64_t tokens) {
    struct tri_cpu_profile *p = &cpu->profile;
    double *const to[] = {
        [TRI_LAP_EMBEDDING] = &p->embedding, [TRI_LAP_NORM] = &p->norm,
        [TRI_LAP_PRODUCT] = &p->product,     [TRI_LAP_ROPE] = &p->rope,
        [TRI_LAP_ATTENTION] = &p->attention, [TRI_LAP_ACTIVATION] = &p->activation,
        [TRI_LAP_HEAD] = &p->head,           [TRI_LAP_REST] = &p->rest};
    tri_cpu_lap(cpu, 0, TRI_LAP_REST);
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        *to[i] += cpu->tally[i];
        cpu->tally[i] = 0;
    }
    p->tokens += tokens;
    p->calls++;
}

static enum tri_status run(struct line *line, uint64_t *tokens) {
    struct tri_cpu *cpu = line->cpu;
    for (uint32_t i = 0; i < line->count; i++) {
        TRI_TRY(check(cpu, &line->requests[i], i));
        line->requests[i].sequence->running = true;
        *tokens += line->requests[i].count;
    }
    const uint32_t split = cpu->options.split;
    const bool two = line->product != tri_cpu_product && split > 0 && *tokens >= 2 * split;
    TRI_TRY(prepare(line, two));
    TRI_TRY(two ? two_at_a_time(line) : one_at_a_time(line));
    return tri_model_intact(cpu->model); /* embedding and head are mapped */
}

enum tri_status tri_cpu_run(struct tri_cpu *cpu, const struct tri_request *requests, uint32_t count,
                            tri_product product, void *context) {
    if (count == 0) return tri_fail(TRI_E_ARGUMENT, "requests, wanted at least 1, got 0");
    if (product == NULL) {
        if (cpu->packed == NULL)
            return tri_fail(TRI_E_ARGUMENT, "wanted a product: this engine has no packed weights");
        product = tri_cpu_product;
        context = cpu;
    }
    struct line line = {.cpu = cpu,
                        .requests = requests,
                        .count = count,
                        .chunk = cpu->options.chunk,
                        .product = product,
                        .context = context};
    uint64_t tokens = 0;
    cpu->mark = tri_cpu_now();
    const enum tri_status status = run(&line, &tokens);
    cpu->multiplying = NULL;
    settle_profile(cpu, status == TRI_OK ? tokens : 0);
    for (uint32_t i = 0; i < count; i++) {
        requests[i].sequence->running = false;
        if (status == TRI_OK) requests[i].sequence->length += requests[i].count;
    }
    return status;
}

void tri_cpu_place(const struct tri_cpu *cpu, uint32_t token, uint32_t *request,
                   uint32_t *position) {
    const struct tri_block *b = cpu->multiplying;
    *request = 0;
    *position = 0;
    if (b == NULL || token >= b->rows) return;
    *request = b->row[token].request;
    *position = b->row[token].position;
}
