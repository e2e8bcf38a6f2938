/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing buffers and a flush after every token.
 */
#include "host/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum tri_status tri_reply_show(struct tri_reply *reply, const char *bytes, size_t count) {
    if (reply->show == NULL) return TRI_OK;
    if (fwrite(bytes, 1, count, reply->show) != count || fflush(reply->show) != 0)
        return tri_fail(TRI_E_IO, "standard output: not written: %s", strerror(errno));
    return TRI_OK;
}

static enum tri_status append(struct tri_reply *reply, const char *bytes, size_t count) {
    if (reply->text_room - reply->bytes <= count) {
        size_t room = 2 * (reply->text_room + count) + 64;
        char *more = realloc(reply->text, room);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "reply: out of memory");
        reply->text = more;
        reply->text_room = room;
    }
    memcpy(reply->text + reply->bytes, bytes, count);
    reply->bytes += count;
    reply->text[reply->bytes] = '\0';
    return tri_reply_show(reply, bytes, count);
}

enum tri_status tri_reply_add(struct tri_reply *reply, uint32_t id) {
    if (reply->count == reply->room) {
        uint32_t room = 2 * reply->room + 64;
        uint32_t *more = realloc(reply->ids, room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "reply: out of memory");
        reply->ids = more;
        reply->room = room;
    }
    reply->ids[reply->count++] = id;
    if (reply->tokenizer == NULL) {
        char number[16];
        int used = snprintf(number, sizeof number, "%s%u", reply->bytes > 0 ? " " : "", id);
        return append(reply, number, (size_t)used);
    }
    size_t count = 0;
    const char *bytes = tri_tokenizer_bytes(reply->tokenizer, id, &count);
    if (bytes == NULL || tri_tokenizer_is_special(reply->tokenizer, id)) return TRI_OK;
    char *out = malloc(3 * (count + 4));
    if (out == NULL) return tri_fail(TRI_E_MEMORY, "reply: out of memory");
    count = tri_utf8_push(&reply->stream, bytes, count, out);
    enum tri_status status = append(reply, out, count);
    free(out);
    return status;
}

enum tri_status tri_reply_end(struct tri_reply *reply) {
    char out[12];
    return append(reply, out, tri_utf8_end(&reply->stream, out));
}

void tri_reply_free(struct tri_reply *reply) {
    free(reply->ids);
    free(reply->text);
    reply->ids = NULL;
    reply->text = NULL;
}
