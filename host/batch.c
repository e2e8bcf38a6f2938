/* SPDX-License-Identifier: Apache-2.0
 *
 * A queue of prompts and a row of places. Each round first runs the prompts that just got a place,
 * then one token of every text in one pass; replies are written in the order of the prompts.
 */
#include "host/batch.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host/interrupt.h"
#include "host/reply.h"
#include "host/textfile.h"

struct item {
    const char *text; /* the prompt's line, zero-terminated */
    struct tri_prompt prompt;
    uint32_t wanted; /* tokens of reply */
    struct tri_reply reply;
    const char *stop; /* NULL: not begun or still running */
};

struct place {
    struct item *item; /* NULL: free */
    struct tri_sequence *sequence;
    struct tri_sampler *sampler;
    float *state;  /* [hidden] after the last token */
    uint32_t next; /* the token to run */
    bool fresh;    /* the prompt has not been run */
};

struct tri_batch {
    struct tri_engine *engine;
    struct tri_batch_options options;
    char *text;
    struct item *item;   /* [count] */
    struct place *place; /* [options.parallel] */
    /* Of one pass, [options.parallel] each. */
    struct tri_request *request;
    struct place **chooser;
    struct tri_sampler **sampler;
    const float **state;
    uint32_t *next;
    size_t count, queued, written;
};

static enum tri_status read_line(struct tri_batch *b, struct item *item, uint32_t *positions) {
    const unsigned line = (unsigned)(item - b->item) + 1;
    enum tri_status status = tri_engine_prompt(b->engine, item->text[0] != '\0' ? item->text : NULL,
                                               NULL, b->options.special, &item->prompt);
    if (status == TRI_OK)
        status =
            tri_engine_reply_length(b->engine, item->prompt.count, b->options.reply, &item->wanted);
    if (status != TRI_OK) {
        char message[1024];
        snprintf(message, sizeof message, "%s", tri_error());
        return tri_fail(status, "%s:%u: %s", b->options.path, line, message);
    }
    item->reply.tokenizer = b->engine->tokenizer;
    if (item->prompt.count + item->wanted > *positions)
        *positions = item->prompt.count + item->wanted;
    return TRI_OK;
}

static enum tri_status read_all(struct tri_batch *b, uint32_t *positions) {
    size_t bytes, room = 0;
    TRI_TRY(tri_textfile_read(b->options.path, &b->text, &bytes));
    if (strlen(b->text) != bytes)
        return tri_fail(TRI_E_FORMAT, "%s: wanted text, got a zero byte", b->options.path);
    for (size_t i = 0; i < bytes; i++) room += b->text[i] == '\n';
    b->item = calloc(room + 1, sizeof *b->item);
    b->place = calloc(b->options.parallel, sizeof *b->place);
    b->request = calloc(b->options.parallel, sizeof *b->request);
    b->chooser = calloc(b->options.parallel, sizeof *b->chooser);
    b->sampler = calloc(b->options.parallel, sizeof *b->sampler);
    b->state = calloc(b->options.parallel, sizeof *b->state);
    b->next = calloc(b->options.parallel, sizeof *b->next);
    if (b->item == NULL || b->place == NULL || b->request == NULL || b->chooser == NULL ||
        b->sampler == NULL || b->state == NULL || b->next == NULL)
        return tri_fail(TRI_E_MEMORY, "batch: out of memory");
    for (char *at = b->text; *at != '\0';) {
        char *end = at + strcspn(at, "\n"), *next = *end == '\n' ? end + 1 : end;
        *end = '\0';
        if (end > at && end[-1] == '\r') end[-1] = '\0';
        b->item[b->count++].text = at;
        TRI_TRY(read_line(b, &b->item[b->count - 1], positions));
        at = next;
    }
    if (b->count == 0)
        return tri_fail(TRI_E_ARGUMENT, "%s: wanted at least one prompt, got none",
                        b->options.path);
    return TRI_OK;
}

enum tri_status tri_batch_create(struct tri_engine *engine, const struct tri_batch_options *options,
                                 struct tri_batch **batch, uint32_t *positions) {
    *batch = NULL;
    *positions = 0;
    if (options->parallel == 0)
        return tri_fail(TRI_E_ARGUMENT, "--parallel: wanted at least 1, got 0");
    struct tri_batch *b = calloc(1, sizeof *b);
    if (b == NULL) return tri_fail(TRI_E_MEMORY, "batch: out of memory");
    b->engine = engine;
    b->options = *options;
    const enum tri_status status = read_all(b, positions);
    if (status != TRI_OK) {
        tri_batch_destroy(b);
        return status;
    }
    *batch = b;
    return TRI_OK;
}

static void leave(struct place *p) {
    tri_sequence_destroy(p->sequence);
    tri_sampler_destroy(p->sampler);
    p->sequence = NULL;
    p->sampler = NULL;
    p->item = NULL;
}

void tri_batch_destroy(struct tri_batch *b) {
    if (b == NULL) return;
    for (uint32_t i = 0; b->place != NULL && i < b->options.parallel; i++) {
        leave(&b->place[i]);
        free(b->place[i].state);
    }
    for (size_t i = 0; i < b->count; i++) {
        free(b->item[i].prompt.ids);
        tri_reply_free(&b->item[i].reply);
    }
    free(b->item);
    free(b->place);
    free(b->request);
    free(b->chooser);
    free(b->sampler);
    free(b->state);
    free(b->next);
    free(b->text);
    free(b);
}

static enum tri_status enter(struct tri_batch *b, struct place *p) {
    struct item *item = &b->item[b->queued];
    const uint32_t vocab = b->engine->model->config.vocab;
    if (p->state == NULL) p->state = malloc(b->engine->model->config.hidden * sizeof *p->state);
    if (p->state == NULL) return tri_fail(TRI_E_MEMORY, "batch: out of memory");
    TRI_TRY(tri_sampling_choice_create(b->options.choice, vocab, &p->sampler));
    TRI_TRY(tri_sequence_create(b->engine->cpu, item->prompt.count + item->wanted, &p->sequence));
    for (uint32_t i = 0; i < item->prompt.count; i++)
        tri_sampler_accept(p->sampler, item->prompt.ids[i]);
    b->engine->stats.prompt_tokens += item->prompt.count;
    b->queued++;
    p->item = item;
    p->fresh = true;
    return TRI_OK;
}

static json_t *item_json(const struct tri_batch *b, const struct item *item) {
    json_t *ids = json_array();
    for (uint32_t i = 0; i < item->reply.count; i++)
        json_array_append_new(ids, json_integer(item->reply.ids[i]));
    return json_pack(
        "{s:I, s:s, s:I, s:o, s:o, s:s}", "line", (json_int_t)(item - b->item) + 1, "prompt",
        item->text, "prompt_tokens", (json_int_t)item->prompt.count, "ids", ids, "text",
        json_stringn(item->reply.text != NULL ? item->reply.text : "", item->reply.bytes), "stop",
        item->stop);
}

/* Writes what is finished and has nothing unfinished before it. */
static void write_finished(struct tri_batch *b) {
    for (; b->written < b->count && b->item[b->written].stop != NULL; b->written++) {
        struct item *item = &b->item[b->written];
        if (b->options.json) {
            json_t *o = item_json(b, item);
            json_dumpf(o, stdout, JSON_COMPACT);
            json_decref(o);
        } else {
            printf("%zu: %s\n", b->written + 1, item->text);
            fwrite(item->reply.text, 1, item->reply.bytes, stdout);
        }
        putchar('\n');
        fflush(stdout); /* failures are seen at the end */
        tri_reply_free(&item->reply);
        item->reply.bytes = 0;
    }
}

static enum tri_status finish(struct tri_batch *b, struct place *p, const char *stop) {
    p->item->stop = stop;
    const enum tri_status status = tri_reply_end(&p->item->reply);
    leave(p);
    write_finished(b);
    return status;
}

/* Takes the token chosen after what was run; the text may end here. */
static enum tri_status take(struct tri_batch *b, struct place *p, uint32_t id) {
    p->next = id;
    if (tri_config_ends(&b->engine->model->config, p->next)) return finish(b, p, "eos");
    tri_sampler_accept(p->sampler, p->next);
    TRI_TRY(tri_reply_add(&p->item->reply, p->next));
    b->engine->stats.reply_tokens++;
    return p->item->reply.count == p->item->wanted ? finish(b, p, "length") : TRI_OK;
}

/* One pass: of all places whose prompt is fresh, or of all others. */
static enum tri_status pass(struct tri_batch *b, bool fresh) {
    struct tri_phase *phase = fresh ? &b->engine->stats.prefill : &b->engine->stats.decode;
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->options.parallel; i++) {
        struct place *p = &b->place[i];
        if (p->item == NULL || p->fresh != fresh) continue;
        b->request[count++] = (struct tri_request){.sequence = p->sequence,
                                                   .ids = fresh ? p->item->prompt.ids : &p->next,
                                                   .count = fresh ? p->item->prompt.count : 1,
                                                   .state = p->state};
    }
    if (count == 0) return TRI_OK;
    TRI_TRY(tri_engine_run_batch(b->engine, phase, b->request, count));
    count = 0;
    for (uint32_t i = 0; i < b->options.parallel; i++) {
        struct place *p = &b->place[i];
        if (p->item == NULL || p->fresh != fresh) continue;
        p->fresh = false;
        if (p->item->wanted == 0) {
            TRI_TRY(finish(b, p, "length"));
            continue;
        }
        b->chooser[count] = p;
        b->sampler[count] = p->sampler;
        b->state[count++] = p->state;
    }
    if (count == 0) return TRI_OK;
    TRI_TRY(tri_engine_choose_batch(b->engine, phase, count, b->sampler, b->state, b->next));
    for (uint32_t i = 0; i < count; i++) TRI_TRY(take(b, b->chooser[i], b->next[i]));
    return TRI_OK;
}

static enum tri_status rounds(struct tri_batch *b) {
    while (b->written < b->count) {
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        for (uint32_t i = 0; i < b->options.parallel && b->queued < b->count; i++)
            if (b->place[i].item == NULL) TRI_TRY(enter(b, &b->place[i]));
        TRI_TRY(pass(b, true));
        TRI_TRY(pass(b, false));
    }
    return TRI_OK;
}

enum tri_status tri_batch_run(struct tri_batch *b) {
    if (b->engine->cpu == NULL)
        return tri_fail(TRI_E_ARGUMENT,
                        "--batch: wanted --device cpu, ref:DESIGN, hls:DESIGN or sim:DESIGN, got "
                        "the reference, which runs one text at a time");
    const enum tri_status status = rounds(b);
    if (status != TRI_E_INTERRUPTED) return status;
    char message[256];
    snprintf(message, sizeof message, "%s", tri_error());
    for (uint32_t i = 0; i < b->options.parallel; i++)
        if (b->place[i].item != NULL) TRI_TRY(finish(b, &b->place[i], "interrupted"));
    return tri_fail(status, "%s", message);
}
