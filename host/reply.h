/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply of a run as it grows: ids, and text in whole UTF-8 characters, shown at once or kept.
 */
#ifndef TRI_HOST_REPLY_H
#define TRI_HOST_REPLY_H

#include <stdio.h>

#include "ref/tokenizer.h"

struct tri_reply {
    const struct tri_tokenizer
        *tokenizer; /* NULL: ids stand for themselves, with a space between */
    FILE *show;     /* where text goes as it comes; NULL: nowhere */
    struct tri_utf8_stream stream;
    uint32_t *ids;
    uint32_t count, room;
    char *text; /* zero-terminated, NULL while empty */
    size_t bytes, text_room;
};

/* Adds one token. Special tokens have no text. Errors: MEMORY, IO. */
enum tri_status tri_reply_add(struct tri_reply *reply, uint32_t id);
/* End of text: an incomplete character becomes U+FFFD. Errors: MEMORY, IO. */
enum tri_status tri_reply_end(struct tri_reply *reply);
/* Shows bytes that are not of the reply (the prompt). Errors: IO. */
enum tri_status tri_reply_show(struct tri_reply *reply, const char *bytes, size_t count);
void tri_reply_free(struct tri_reply *reply);

#endif
