/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, feeding and measuring; see host/engine.h.
 */
#include "host/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/interrupt.h"
#include "host/options.h"
#include "host/progress.h"
#include "ref/map.h"

enum { DEFAULT_REPLY = 128 };

enum tri_status tri_engine_tokenizer(const char *model, struct tri_tokenizer **tokenizer,
                                     char *why) {
    static const char *const names[] = {"tokenizer.json", "tokenizer.model"};
    char path[4352];
    struct stat about;
    *tokenizer = NULL;
    why[0] = '\0';
    if (strlen(model) + 32 > sizeof path)
        return tri_fail(TRI_E_ARGUMENT, "model: path of %zu bytes is too long", strlen(model));
    enum tri_status status = TRI_OK;
    if (stat(model, &about) == 0 && S_ISREG(about.st_mode)) {
        status = tri_tokenizer_open(model, tokenizer);
    } else {
        size_t i = 0;
        for (; i < 2; i++) {
            snprintf(path, sizeof path, "%s/%s", model, names[i]);
            if (access(path, F_OK) == 0) break;
        }
        if (i < 2)
            status = tri_tokenizer_open(path, tokenizer);
        else
            snprintf(why, 512, "%.400s: has no tokenizer.json", model);
    }
    if (status != TRI_E_UNSUPPORTED) return status;
    snprintf(why, 512, "%.500s", tri_error()); /* prompts can still be given as ids */
    return TRI_OK;
}

enum tri_status tri_engine_open(struct tri_engine *engine, const struct tri_model_choice *choice) {
    struct tri_model_options options;
    memset(engine, 0, sizeof *engine);
    TRI_TRY(tri_map_guard());
    TRI_TRY(tri_model_choice_options(choice, &options));
    TRI_TRY(tri_model_open(choice->path, &options, &engine->model));
    TRI_TRY(tri_engine_tokenizer(choice->path, &engine->tokenizer, engine->no_tokenizer));
    engine->stats.model = engine->model->path;
    engine->stats.device = engine->uri;
    return TRI_OK;
}

static enum tri_status parse_ids(const char *text, uint32_t vocab, struct tri_prompt *prompt) {
    size_t room = 1;
    for (const char *at = text; *at != '\0'; at++) room += *at == ',';
    prompt->ids = malloc(room * sizeof *prompt->ids);
    if (prompt->ids == NULL) return tri_fail(TRI_E_MEMORY, "prompt ids: out of memory");
    for (const char *at = text;;) {
        size_t length = strcspn(at, ",");
        char word[24];
        uint64_t id = 0;
        if (length >= sizeof word) length = sizeof word - 1;
        memcpy(word, at, length);
        word[length] = '\0';
        if (!tri_parse_number(word, UINT32_MAX, &id) || id >= vocab)
            return tri_fail(TRI_E_ARGUMENT, "prompt ids: number %u: wanted 0 to %u, got '%s'",
                            prompt->count + 1, vocab - 1, word);
        prompt->ids[prompt->count++] = (uint32_t)id;
        at += strcspn(at, ",");
        if (*at++ == '\0') return TRI_OK;
    }
}

static enum tri_status encode(const struct tri_engine *engine, const char *text, bool special,
                              struct tri_prompt *prompt) {
    uint32_t *ids = NULL;
    size_t count = 0;
    if (text != NULL) {
        if (engine->tokenizer == NULL)
            return tri_fail(TRI_E_ARGUMENT, "%s; give --prompt-ids", engine->no_tokenizer);
        TRI_TRY(tri_tokenizer_encode(engine->tokenizer, text, strlen(text), special, &ids, &count));
    }
    prompt->ids = malloc((count + 1) * sizeof *prompt->ids);
    if (prompt->ids == NULL || count >= UINT32_MAX) {
        free(ids);
        return tri_fail(TRI_E_MEMORY, "prompt: out of memory for %zu tokens", count);
    }
    prompt->ids[0] = engine->model->config.bos;
    if (count > 0) memcpy(prompt->ids + 1, ids, count * sizeof *ids);
    prompt->count = (uint32_t)count + 1;
    free(ids);
    for (uint32_t i = 0; i < prompt->count; i++)
        if (prompt->ids[i] >= engine->model->config.vocab)
            return tri_fail(TRI_E_FORMAT, "%s: tokenizer: wanted ids below %u, got %u",
                            engine->model->path, engine->model->config.vocab, prompt->ids[i]);
    return TRI_OK;
}

enum tri_status tri_engine_prompt(const struct tri_engine *engine, const char *text,
                                  const char *ids, bool special, struct tri_prompt *prompt) {
    memset(prompt, 0, sizeof *prompt);
    if (text != NULL && ids != NULL)
        return tri_fail(TRI_E_ARGUMENT, "wanted one prompt, got both --prompt and --prompt-ids");
    if (ids != NULL) return parse_ids(ids, engine->model->config.vocab, prompt);
    return encode(engine, text, special, prompt);
}

enum tri_status tri_engine_uri(const char *device, const char *design, char *uri) {
    if (device == NULL) device = design != NULL ? "sim" : "cpu";
    const bool own = strcmp(device, "cpu") == 0 || strncmp(device, "cpu:", 4) == 0;
    if (own && design != NULL)
        return tri_fail(TRI_E_ARGUMENT, "device %s is this processor, --design %s an accelerator",
                        device, design);
    if (own && device[3] != '\0' && strcmp(device, "cpu:b2") != 0 && strcmp(device, "cpu:b3") != 0)
        return tri_fail(TRI_E_ARGUMENT, "device: wanted cpu, cpu:b2 or cpu:b3, got '%s'", device);
    bool bare = strchr(device, ':') == NULL;
    if (design != NULL && !bare)
        return tri_fail(TRI_E_ARGUMENT, "device %s names a design already, --design %s another",
                        device, design);
    if (bare && design == NULL && !own && strcmp(device, "ref") != 0)
        return tri_fail(TRI_E_ARGUMENT,
                        "device '%s': wanted cpu, ref, ref:DESIGN, hls:DESIGN, sim:DESIGN or "
                        "xrt:FILE.xclbin (or --design DESIGN)",
                        device);
    int used = snprintf(uri, 4352, "%s%s%s", device, design != NULL ? ":" : "",
                        design != NULL ? design : "");
    if (used < 0 || used >= 4352) return tri_fail(TRI_E_ARGUMENT, "device: name too long");
    return TRI_OK;
}

enum tri_status tri_engine_reply_length(const struct tri_engine *engine, uint32_t prompt,
                                        uint32_t wanted, uint32_t *reply) {
    const uint32_t context = engine->model->config.context;
    if (prompt > context || (prompt == context && wanted != 0))
        return tri_fail(TRI_E_ARGUMENT, "prompt: wanted at most %u tokens (context %u), got %u",
                        wanted != 0 ? context - 1 : context, context, prompt);
    const uint32_t room = context - prompt;
    if (wanted == TRI_REPLY_DEFAULT)
        wanted = room < DEFAULT_REPLY ? room : DEFAULT_REPLY;
    else if (wanted > room)
        return tri_fail(TRI_E_ARGUMENT,
                        "reply: wanted at most %u tokens after a prompt of %u (context %u), got %u",
                        room, prompt, context, wanted);
    *reply = wanted;
    return TRI_OK;
}

void tri_engine_place(struct tri_engine *engine, const struct tri_device_choice *where) {
    engine->threads = where->threads;
    engine->isa = where->isa;
    engine->pin = where->pin;
}

/* Only a card's image takes long enough to be seen; Ctrl-C ends it here. */
static bool show_upload(void *context, uint64_t done, uint64_t total) {
    tri_progress_update(context, done, total);
    return tri_interrupted() == 0;
}

/* Blocks of a pass whose products a device computes: large enough for its commands, small enough
 * that one list of a simulator ends in time. */
enum { DEVICE_CHUNK = 64 };

static enum tri_status start_cpu(struct tri_engine *engine) {
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    options.threads = engine->threads;
    options.pin = engine->pin;
    options.screen = engine->screen;
    if (engine->isa != NULL) TRI_TRY(tri_isa_parse(engine->isa, &options.isa));
    if (strcmp(engine->uri, "cpu:b2") == 0) options.packing = TRI_PACKING_B2;
    if (engine->products.device != NULL) {
        options.pack = false;
        options.chunk = DEVICE_CHUNK;
        if (!engine->serial)
            options.split = tri_device_info(engine->products.device)->design.geometry.tokens;
    }
    TRI_TRY(tri_cpu_create(engine->model, &options, &engine->cpu));
    engine->products.cpu = engine->cpu;
    engine->stats.cpu = engine->cpu;
    return TRI_OK;
}

enum tri_status tri_engine_start(struct tri_engine *engine, const char *uri, uint32_t positions,
                                 const struct tri_device_options *options) {
    static const struct tri_device_options defaults = TRI_DEVICE_OPTIONS_INIT;
    struct tri_device_options with_progress = options != NULL ? *options : defaults;
    struct tri_progress upload;
    snprintf(engine->uri, sizeof engine->uri, "%s", uri);
    tri_progress_start(&upload, "uploading", NULL, false);
    with_progress.progress = show_upload;
    with_progress.progress_context = &upload;
    const enum tri_status status =
        tri_products_open(&engine->products, engine->model, uri, &with_progress);
    tri_progress_end(&upload);
    TRI_TRY(status);
    if (engine->products.device != NULL)
        engine->stats.info = tri_device_info(engine->products.device);
    if (strcmp(uri, "ref") == 0)
        return tri_session_create(engine->model, positions, &engine->session);
    TRI_TRY(start_cpu(engine));
    return tri_sequence_create(engine->cpu, positions, &engine->sequence);
}

uint32_t tri_engine_length(const struct tri_engine *engine) {
    return engine->cpu != NULL ? tri_sequence_length(engine->sequence)
                               : tri_session_length(engine->session);
}

void tri_engine_rewind(struct tri_engine *engine, uint32_t length) {
    if (engine->cpu != NULL)
        tri_sequence_rewind(engine->sequence, length);
    else
        tri_session_rewind(engine->session, length);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* What a call begins with and what it leaves, for the phase it belongs to. */
struct measure {
    struct tri_counters counters;
    struct tri_cpu_profile profile;
    double began;
};

static struct measure begin(const struct tri_engine *engine) {
    struct measure m = {.began = now()};
    if (engine->products.device != NULL) tri_device_counters(engine->products.device, &m.counters);
    if (engine->cpu != NULL) m.profile = *tri_cpu_profile(engine->cpu);
    return m;
}

static void end(const struct tri_engine *engine, const struct measure *before,
                struct tri_phase *phase) {
    const struct measure after = begin(engine);
    phase->seconds += after.began - before->began;
    tri_counters_add(&phase->counters, &after.counters, &before->counters);
    tri_profile_add(&phase->profile, &after.profile, &before->profile);
}

enum tri_status tri_engine_run_batch(struct tri_engine *engine, struct tri_phase *phase,
                                     const struct tri_request *requests, uint32_t count) {
    struct tri_trace *trace = engine->products.trace;
    if (trace != NULL)
        tri_trace_tokens_begin(trace, tri_sequence_length(requests->sequence), requests->count);
    const struct measure before = begin(engine);
    const enum tri_status status =
        tri_cpu_run(engine->cpu, requests, count, tri_products_run, &engine->products);
    end(engine, &before, phase);
    if (trace != NULL) tri_trace_tokens_end(trace);
    for (uint32_t i = 0; status == TRI_OK && i < count; i++) phase->tokens += requests[i].count;
    return status;
}

enum tri_status tri_engine_run(struct tri_engine *engine, struct tri_phase *phase,
                               const uint32_t *ids, uint32_t count, bool all, float *logits) {
    if (engine->cpu != NULL) {
        const struct tri_request request = {.sequence = engine->sequence,
                                            .ids = ids,
                                            .count = count,
                                            .logits = all ? NULL : logits,
                                            .all_logits = all ? logits : NULL};
        return tri_engine_run_batch(engine, phase, &request, 1);
    }
    engine->products.position = tri_session_length(engine->session);
    if (engine->products.trace != NULL)
        tri_trace_tokens_begin(engine->products.trace, engine->products.position, count);
    const struct measure before = begin(engine);
    const enum tri_status status = tri_session_run(engine->session, ids, count, tri_products_run,
                                                   &engine->products, all, logits);
    end(engine, &before, phase);
    if (engine->products.trace != NULL) tri_trace_tokens_end(engine->products.trace);
    if (status == TRI_OK) phase->tokens += count;
    return status;
}

/* Room for what follows the text. */
static enum tri_status make_room(struct tri_engine *engine) {
    const struct tri_config *c = &engine->model->config;
    float **room = engine->screen && engine->cpu != NULL ? &engine->state : &engine->logits;
    if (*room == NULL)
        *room = malloc((room == &engine->state ? c->hidden : c->vocab) * sizeof **room);
    return *room != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "logits: out of memory");
}

enum tri_status tri_engine_feed(struct tri_engine *engine, struct tri_phase *phase,
                                const uint32_t *ids, uint32_t count) {
    TRI_TRY(make_room(engine));
    if (engine->cpu == NULL)
        return tri_engine_run(engine, phase, ids, count, false, engine->logits);
    const struct tri_request request = {.sequence = engine->sequence,
                                        .ids = ids,
                                        .count = count,
                                        .logits = engine->logits,
                                        .state = engine->state};
    return tri_engine_run_batch(engine, phase, &request, 1);
}

enum tri_status tri_engine_choose(struct tri_engine *engine, struct tri_phase *phase,
                                  struct tri_sampler *sampler, uint32_t *id) {
    const double began = now();
    if (engine->state == NULL) {
        const enum tri_status status = tri_sampler_next(sampler, engine->logits, id);
        phase->sampling += now() - began;
        return status;
    }
    const float *const state = engine->state;
    return tri_engine_choose_batch(engine, phase, 1, &sampler, &state, id);
}

enum tri_status tri_engine_choose_batch(struct tri_engine *engine, struct tri_phase *phase,
                                        uint32_t count, struct tri_sampler *const *samplers,
                                        const float *const *states, uint32_t *ids) {
    if (engine->products.trace != NULL) tri_trace_choice_begins(engine->products.trace);
    const double began = now();
    const enum tri_status status =
        tri_head_next_each(tri_cpu_head(engine->cpu), count, samplers, states, ids);
    const double took = now() - began;
    if (engine->products.trace != NULL) tri_trace_choice_ends(engine->products.trace);
    phase->head += took;
    phase->seconds += took; /* as where the pass computes the logits */
    return status;
}

const struct tri_stats *tri_engine_stats(struct tri_engine *engine) {
    engine->stats.products_checked = engine->products.checked;
    engine->stats.products_equal = engine->products.equal;
    engine->stats.sums_checked = engine->products.sums_checked;
    if (engine->cpu != NULL) tri_cpu_bytes(engine->cpu, &engine->stats.bytes);
    return &engine->stats;
}

void tri_engine_close(struct tri_engine *engine) {
    tri_session_destroy(engine->session);
    tri_sequence_destroy(engine->sequence);
    tri_cpu_destroy(engine->cpu);
    free(engine->state);
    free(engine->logits);
    tri_products_close(&engine->products);
    tri_tokenizer_close(engine->tokenizer);
    tri_model_close(engine->model);
    memset(engine, 0, sizeof *engine);
}
