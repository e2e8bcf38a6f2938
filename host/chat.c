/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium chat`: a conversation over many turns, whose tokens stay in the cache.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/conversation.h"
#include "host/engine.h"
#include "host/interrupt.h"
#include "host/lineinput.h"
#include "host/options.h"
#include "host/reply.h"

enum { PIECE = TRI_CPU_CHUNK, DEFAULT_REPLY = 512, LEAST_REPLY = 16 };

static const struct tri_usage usage = {
    .command = "chat",
    .synopsis = "-m MODEL [--system TEXT] [options]",
    .purpose =
        "A conversation: type a line, read the reply. Ctrl-C stops a reply, Ctrl-D ends the\n"
        "program; /reset forgets the conversation, /quit ends. With <|eot_id|> in the\n"
        "vocabulary messages have the form of bitnet-b1.58-2B-4T (User: ...<|eot_id|>\n"
        "Assistant: ...), or of Llama 3 where the model has Llama blocks; else they are\n"
        "plain lines. When the context is full, all turns but the last question are\n"
        "forgotten, and it says so. Lines may also come through a pipe.",
    .examples = "  tritium chat -m bitnet-2b4t --system 'You are brief.'\n"
                "  tritium chat -m tests/models/demo --device sim:kv260 -n 32\n"
                "  echo 'Who are you?' | tritium chat -m bitnet-2b4t --greedy\n",
    .statuses = "  0  ended by the user   1  failed   2  wrong command line   143  killed\n",
};

struct chat {
    struct tri_model_choice model;
    struct tri_device_choice where;
    struct tri_sampling_choice choice;
    const char *system;
    uint32_t wanted, context;
    bool stats, profile;
    struct tri_engine engine;
    struct tri_conversation conversation;
    struct tri_sampler *sampler;
    uint32_t accepted; /* tokens that the sampler knows */
    struct tri_lineinput *input;
};

static enum tri_status fresh_sampler(struct chat *c) {
    tri_sampler_destroy(c->sampler);
    c->sampler = NULL;
    c->accepted = 0;
    return tri_sampling_choice_create(&c->choice, c->engine.model->config.vocab, &c->sampler);
}

static enum tri_status prepare(struct chat *c) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(c->where.device, c->where.design, uri));
    TRI_TRY(tri_engine_open(&c->engine, &c->model));
    tri_engine_place(&c->engine, &c->where);
    const struct tri_config *config = &c->engine.model->config;
    if (c->engine.tokenizer == NULL)
        return tri_fail(TRI_E_UNSUPPORTED, "%s", c->engine.no_tokenizer);
    if (c->context == 0) c->context = config->context;
    if (c->context > config->context || c->context < 2 * LEAST_REPLY)
        return tri_fail(TRI_E_ARGUMENT, "--context: wanted %d to %u tokens, got %u",
                        2 * LEAST_REPLY, config->context, c->context);
    TRI_TRY(tri_conversation_begin(&c->conversation, config, c->engine.tokenizer, c->system));
    if (c->conversation.count + 2 * LEAST_REPLY > c->context)
        return tri_fail(TRI_E_ARGUMENT, "--system: wanted at most %u tokens (context %u), got %u",
                        c->context - 2 * LEAST_REPLY, c->context, c->conversation.count);
    TRI_TRY(fresh_sampler(c));
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    c->engine.screen = true;
    TRI_TRY(tri_engine_start(&c->engine, uri, c->context, &options));
    return tri_lineinput_open("> ", &c->input);
}

/* Runs what the cache has not seen; whatever was stopped before is caught up here. */
static enum tri_status feed(struct chat *c, struct tri_phase *phase) {
    const struct tri_conversation *conversation = &c->conversation;
    for (uint32_t done; (done = tri_engine_length(&c->engine)) < conversation->count;) {
        uint32_t left = conversation->count - done, piece = left < PIECE ? left : PIECE;
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        TRI_TRY(tri_engine_feed(&c->engine, phase, conversation->ids + done, piece));
    }
    while (c->accepted < conversation->count)
        tri_sampler_accept(c->sampler, conversation->ids[c->accepted++]);
    return TRI_OK;
}

static bool line_ended(const struct tri_reply *reply) {
    if (reply->text == NULL) return false;
    const char *text = reply->text + strspn(reply->text, " \t\r\n");
    return strchr(text, '\n') != NULL;
}

static enum tri_status generate(struct chat *c, struct tri_reply *reply, uint32_t room) {
    uint32_t most = c->wanted < room ? c->wanted : room;
    TRI_TRY(feed(c, &c->engine.stats.prefill));
    c->engine.stats.prompt_tokens = c->engine.stats.prefill.tokens;
    while (reply->count < most &&
           !(c->conversation.form == TRI_TEMPLATE_PLAIN && line_ended(reply))) {
        uint32_t id;
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        TRI_TRY(tri_engine_choose(&c->engine, &c->engine.stats.decode, c->sampler, &id));
        if (tri_conversation_ends(&c->conversation, id)) return TRI_OK;
        TRI_TRY(tri_conversation_add(&c->conversation, id));
        TRI_TRY(tri_reply_add(reply, id));
        c->engine.stats.reply_tokens++;
        TRI_TRY(feed(c, &c->engine.stats.decode));
    }
    return TRI_OK;
}

static void forget(struct chat *c) {
    tri_conversation_reset(&c->conversation);
    tri_engine_rewind(&c->engine, c->conversation.count);
}

/* Adds the question; if there is no room for it and a reply, everything before it is forgotten. */
static enum tri_status ask(struct chat *c, const char *line, uint32_t *room) {
    for (int attempt = 0; attempt < 2; attempt++) {
        const uint32_t before = c->conversation.count;
        TRI_TRY(tri_conversation_ask(&c->conversation, line));
        uint32_t used = c->conversation.count + 2; /* what closes the reply */
        if (used + LEAST_REPLY <= c->context) {
            *room = c->context - used;
            return TRI_OK;
        }
        c->conversation.count = before;
        if (before == c->conversation.opening)
            return tri_fail(TRI_E_ARGUMENT,
                            "the message: wanted room for it in a context of %u "
                            "tokens, got %u too many",
                            c->context, used + LEAST_REPLY - c->context);
        forget(c);
        TRI_TRY(fresh_sampler(c));
        fprintf(stderr, "tritium: the context of %u tokens is full; earlier turns are forgotten\n",
                c->context);
    }
    return TRI_OK;
}

static enum tri_status turn(struct chat *c, const char *line) {
    uint32_t room = 0;
    enum tri_status status = ask(c, line, &room);
    if (status == TRI_E_ARGUMENT) { /* the line is at fault, not the program */
        tri_complain(status);
        return TRI_OK;
    }
    TRI_TRY(status);
    struct tri_reply reply = {.tokenizer = c->engine.tokenizer, .show = stdout};
    status = generate(c, &reply, room);
    const bool stopped = status == TRI_E_INTERRUPTED && tri_interrupted() == SIGINT;
    if (stopped) status = TRI_OK;
    if (status == TRI_OK) status = tri_reply_end(&reply);
    if (status == TRI_OK && (reply.bytes == 0 || reply.text[reply.bytes - 1] != '\n'))
        status = tri_reply_show(&reply, "\n", 1);
    if (status == TRI_OK) status = tri_conversation_close(&c->conversation);
    tri_reply_free(&reply);
    if (stopped) tri_interrupt_again();
    return status;
}

static enum tri_status converse(struct chat *c) {
    if (tri_lineinput_terminal(c->input))
        printf("%s, %s template. Ctrl-C stops a reply, Ctrl-D ends, /reset forgets.\n",
               c->engine.model->path, tri_template_name(c->conversation.form));
    tri_interrupt_again(); /* from here on Ctrl-C interrupts a line, too */
    for (;;) {
        const char *line;
        fflush(stdout);
        enum tri_line got = tri_lineinput_read(c->input, &line);
        if (tri_interrupted() != 0 && tri_interrupted() != SIGINT)
            return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        if (got == TRI_LINE_END) {
            if (tri_lineinput_terminal(c->input)) printf("\n");
            return TRI_OK;
        }
        if (got == TRI_LINE_GIVEN_UP) {
            if (!tri_lineinput_terminal(c->input))
                return tri_fail(TRI_E_INTERRUPTED, "interrupted"); /* a script is being stopped */
            printf("\n");
            tri_interrupt_again();
            continue;
        }
        if (line[strspn(line, " \t")] == '\0') continue;
        if (strcmp(line, "/quit") == 0) return TRI_OK;
        if (strcmp(line, "/reset") == 0) {
            forget(c);
            TRI_TRY(fresh_sampler(c));
            continue;
        }
        TRI_TRY(turn(c, line));
    }
}

int tri_command_chat(int argc, char **argv) {
    struct chat c = {.choice = TRI_SAMPLING_CHOICE_INIT, .wanted = DEFAULT_REPLY};
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(c.model),
        {"system", 's', "TEXT", TRI_OPTION_TEXT, &c.system,
         "a system message to begin with (none)"},
        {"tokens", 'n', "N", TRI_OPTION_U32, &c.wanted, "most tokens of a reply (512)"},
        {"context", 'c', "N", TRI_OPTION_U32, &c.context,
         "tokens that are kept (the model's context)"},
        TRI_DEVICE_OPTIONS(c.where),
        TRI_SAMPLING_OPTIONS(c.choice),
        {"stats", 0, NULL, TRI_OPTION_FLAG, &c.stats, "figures on standard error at the end"},
        {"profile", 0, NULL, TRI_OPTION_FLAG, &c.profile,
         "where a token's time went, on standard error at the end"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if (c.model.path == NULL) return tri_complain_usage("chat: --model is missing");
    enum tri_status status = prepare(&c);
    if (status == TRI_OK) status = converse(&c);
    if (status == TRI_OK && c.stats) tri_stats_print(tri_engine_stats(&c.engine), stderr);
    if (status == TRI_OK && c.profile) tri_profile_print(tri_engine_stats(&c.engine), stderr);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_lineinput_close(c.input);
    tri_conversation_free(&c.conversation);
    tri_sampler_destroy(c.sampler);
    tri_engine_close(&c.engine);
    return tri_finish_output(code);
}
