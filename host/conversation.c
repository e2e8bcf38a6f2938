/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages are cut into tokens one by one, with what is special in them taken as plain text: nobody
 * ends a turn by typing <|eot_id|>.
 */
#include "host/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum tri_status tri_conversation_add(struct tri_conversation *c, uint32_t id) {
    if (c->count == c->room) {
        uint32_t room = 2 * c->room + 256;
        uint32_t *more = c->room > UINT32_MAX / 4 ? NULL : realloc(c->ids, room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "conversation: out of memory");
        c->ids = more;
        c->room = room;
    }
    c->ids[c->count++] = id;
    return TRI_OK;
}

static enum tri_status add_text(struct tri_conversation *c, const char *text, size_t bytes) {
    uint32_t *ids;
    size_t count;
    TRI_TRY(tri_tokenizer_encode(c->tokenizer, text, bytes, false, &ids, &count));
    enum tri_status status = TRI_OK;
    for (size_t i = 0; i < count && status == TRI_OK; i++) {
        if (ids[i] >= c->config->vocab)
            status = tri_fail(TRI_E_FORMAT, "tokenizer: wanted ids below %u, got %u",
                              c->config->vocab, ids[i]);
        else
            status = tri_conversation_add(c, ids[i]);
    }
    free(ids);
    return status;
}

const char *tri_template_name(enum tri_template form) {
    static const char *const names[] = {"plain", "bitnet", "llama3"};
    return names[form];
}

/* llama3: who speaks, in small letters. */
static enum tri_status add_header(struct tri_conversation *c, const char *role) {
    char text[16];
    int used = snprintf(text, sizeof text, "%s", role);
    text[0] = (char)(text[0] - 'A' + 'a');
    TRI_TRY(tri_conversation_add(c, c->header));
    TRI_TRY(add_text(c, text, (size_t)used));
    return tri_conversation_add(c, c->end_header);
}

/* A whole message. Its text is cut into tokens together with what stands before it. */
static enum tri_status add_message(struct tri_conversation *c, const char *role, const char *text) {
    static const char blank[] = " \t\r\n\v\f";
    text += strspn(text, blank);
    size_t bytes = strlen(text);
    while (bytes > 0 && memchr(blank, text[bytes - 1], sizeof blank - 1) != NULL) bytes--;
    const size_t room = strlen(role) + bytes + 4;
    char *message = malloc(room);
    if (message == NULL) return tri_fail(TRI_E_MEMORY, "conversation: out of memory");
    enum tri_status status = TRI_OK;
    int used;
    if (c->form == TRI_TEMPLATE_LLAMA3) {
        status = add_header(c, role);
        used = snprintf(message, room, "\n\n%.*s", (int)bytes, text);
    } else {
        used = snprintf(message, room, "%s: %.*s%s", role, (int)bytes, text,
                        c->form == TRI_TEMPLATE_PLAIN ? "\n" : "");
    }
    if (status == TRI_OK) status = add_text(c, message, (size_t)used);
    free(message);
    if (status == TRI_OK && c->form != TRI_TEMPLATE_PLAIN) status = tri_conversation_add(c, c->eot);
    return status;
}

static bool has(const struct tri_conversation *c, const char *name, uint32_t *id) {
    return tri_tokenizer_special(c->tokenizer, name, id) && *id < c->config->vocab;
}

enum tri_status tri_conversation_begin(struct tri_conversation *c, const struct tri_config *config,
                                       const struct tri_tokenizer *tokenizer, const char *system) {
    memset(c, 0, sizeof *c);
    c->config = config;
    c->tokenizer = tokenizer;
    if (has(c, "<|eot_id|>", &c->eot)) {
        c->form = config->architecture == TRI_LLAMA && has(c, "<|start_header_id|>", &c->header) &&
                          has(c, "<|end_header_id|>", &c->end_header)
                      ? TRI_TEMPLATE_LLAMA3
                      : TRI_TEMPLATE_BITNET;
    }
    TRI_TRY(tri_conversation_add(c, config->bos));
    if (system != NULL) TRI_TRY(add_message(c, "System", system));
    c->opening = c->count;
    return TRI_OK;
}

void tri_conversation_free(struct tri_conversation *c) {
    free(c->ids);
    memset(c, 0, sizeof *c);
}

enum tri_status tri_conversation_ask(struct tri_conversation *c, const char *text) {
    const uint32_t before = c->count;
    enum tri_status status = add_message(c, "User", text);
    if (status == TRI_OK && c->form == TRI_TEMPLATE_LLAMA3) status = add_header(c, "Assistant");
    /* A plain line has no blank at its end: the model writes it. */
    static const char *const opening[] = {"Assistant:", "Assistant: ", "\n\n"};
    if (status == TRI_OK) status = add_text(c, opening[c->form], strlen(opening[c->form]));
    if (status != TRI_OK) c->count = before;
    return status;
}

enum tri_status tri_conversation_close(struct tri_conversation *c) {
    return c->form == TRI_TEMPLATE_PLAIN ? add_text(c, "\n", 1) : tri_conversation_add(c, c->eot);
}

bool tri_conversation_ends(const struct tri_conversation *c, uint32_t id) {
    return tri_config_ends(c->config, id) || (c->form != TRI_TEMPLATE_PLAIN && id == c->eot);
}

void tri_conversation_reset(struct tri_conversation *c) { c->count = c->opening; }
