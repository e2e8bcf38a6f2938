/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as the tokenizer reads it: a whole text is checked once, then read without checks. The
 * streaming decoder of tokenizer.h lives in utf8.c too. Not here: what a character is (a letter, a
 * digit, a space), which is the pre-tokenizer's business.
 */
#ifndef TRI_UTF8_H
#define TRI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The position of the first byte that does not belong to a well-formed character, or `bytes`. */
size_t tri_utf8_valid(const char *text, size_t bytes);

/* Reads the character at `text`, which tri_utf8_valid has checked; *length: its bytes, 1 to 4. */
static inline uint32_t tri_utf8_read(const char *text, size_t *length) {
    const unsigned char *b = (const unsigned char *)text;
    if (b[0] < 0x80) {
        *length = 1;
        return b[0];
    }
    if (b[0] < 0xe0) {
        *length = 2;
        return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3fu);
    }
    if (b[0] < 0xf0) {
        *length = 3;
        return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3fu);
    }
    *length = 4;
    return (uint32_t)(b[0] & 0x07) << 18 | (uint32_t)(b[1] & 0x3f) << 12 |
           (uint32_t)(b[2] & 0x3f) << 6 | (b[3] & 0x3fu);
}

#endif
