/* SPDX-License-Identifier: Apache-2.0
 *
 * Checking UTF-8, whole or as a stream of bytes cut anywhere. The stream replaces what is malformed
 * with U+FFFD, one for each maximal beginning of a character, as the Unicode standard recommends.
 */
#include "ref/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "ref/tokenizer.h"

/* Bytes of the character that `lead` begins; 0 if it begins none. */
static unsigned character_bytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0; /* a continuation, or an overlong form of ASCII */
    if (lead < 0xe0) return 2;
    if (lead < 0xf0) return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* Whether `byte` may follow the `position` bytes of a character that begins with `lead`. The second
 * byte is where overlong forms, surrogates and values above U+10FFFF are refused. */
static bool may_follow(unsigned char lead, unsigned position, unsigned char byte) {
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (position == 1) {
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    }
    return byte >= low && byte <= high;
}

size_t tri_utf8_valid(const char *text, size_t bytes) {
    const unsigned char *b = (const unsigned char *)text;
    size_t at = 0;
    while (at < bytes) {
        /* Eight bytes of ASCII at once: most text is. */
        uint64_t word;
        if (bytes - at >= sizeof word) {
            memcpy(&word, b + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        unsigned length = character_bytes(b[at]);
        if (length == 0 || length > bytes - at) return at;
        for (unsigned i = 1; i < length; i++) {
            if (!may_follow(b[at], i, b[at + i])) return at;
        }
        at += length;
    }
    return bytes;
}

static size_t write_replacement(char *out) {
    memcpy(out, "\xef\xbf\xbd", 3);
    return 3;
}

size_t tri_utf8_push(struct tri_utf8_stream *stream, const char *bytes, size_t count, char *out) {
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (stream->count > 0) {
            unsigned char lead = (unsigned char)stream->held[0];
            if (may_follow(lead, stream->count, byte)) {
                stream->held[stream->count++] = bytes[i];
                if (stream->count == character_bytes(lead)) {
                    memcpy(out + written, stream->held, stream->count);
                    written += stream->count;
                    stream->count = 0;
                }
                continue;
            }
            written += write_replacement(out + written);
            stream->count = 0; /* and `byte` starts anew */
        }
        unsigned length = character_bytes(byte);
        if (length == 1) {
            out[written++] = bytes[i];
        } else if (length == 0) {
            written += write_replacement(out + written);
        } else {
            stream->held[stream->count++] = bytes[i];
        }
    }
    return written;
}

size_t tri_utf8_end(struct tri_utf8_stream *stream, char *out) {
    if (stream->count == 0) return 0;
    stream->count = 0;
    return write_replacement(out);
}
