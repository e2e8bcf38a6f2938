/* SPDX-License-Identifier: Apache-2.0
 *
 * A conversation as token ids in the model's role template; nothing here runs the model.
 *
 * BOS comes first, and texts have no spaces around them. Where the vocabulary has <|eot_id|>, which
 * then ends every message:
 *   bitnet, the form of bitnet-b1.58-2B-4T: "Role: text", with System, User and Assistant;
 *   llama3, for Llama blocks whose vocabulary also has the header tokens: <|start_header_id|>role
 *   <|end_header_id|>, two line ends, text, with system, user and assistant.
 * Elsewhere it is plain: each message is a line "Role: text", and a reply ends with its line.
 */
#ifndef TRI_HOST_CONVERSATION_H
#define TRI_HOST_CONVERSATION_H

#include "ref/model.h"
#include "ref/tokenizer.h"

enum tri_template { TRI_TEMPLATE_PLAIN, TRI_TEMPLATE_BITNET, TRI_TEMPLATE_LLAMA3 };
/* "plain", "bitnet", "llama3". */
const char *tri_template_name(enum tri_template form);

struct tri_conversation {
    const struct tri_config *config;
    const struct tri_tokenizer *tokenizer;
    enum tri_template form;
    uint32_t eot;                /* the id of <|eot_id|> unless plain */
    uint32_t header, end_header; /* of llama3 */
    uint32_t *ids;               /* [count] */
    uint32_t count, room;
    uint32_t opening; /* of them BOS and the system's message */
};

/* Begins with BOS and, unless NULL, a system message. Free also after a failure. Errors: ARGUMENT
 * (no UTF-8), FORMAT (an id outside of the model's vocabulary), MEMORY. */
enum tri_status tri_conversation_begin(struct tri_conversation *conversation,
                                       const struct tri_config *config,
                                       const struct tri_tokenizer *tokenizer, const char *system);
void tri_conversation_free(struct tri_conversation *conversation);

/* A user's message and what opens the reply. On failure nothing is added. Errors: as begin. */
enum tri_status tri_conversation_ask(struct tri_conversation *conversation, const char *text);
/* One token of the reply. Errors: MEMORY. */
enum tri_status tri_conversation_add(struct tri_conversation *conversation, uint32_t id);
/* What closes a reply, whole or stopped. Errors: as begin. */
enum tri_status tri_conversation_close(struct tri_conversation *conversation);
/* True if this id ends a reply. */
bool tri_conversation_ends(const struct tri_conversation *conversation, uint32_t id);
/* Forgets all but the opening. */
void tri_conversation_reset(struct tri_conversation *conversation);

#endif
