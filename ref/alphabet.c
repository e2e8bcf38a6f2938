/* SPDX-License-Identifier: Apache-2.0
 *
 * Each byte as a printable character: itself if it is one, else the next from U+0100.
 */
#include "ref/alphabet.h"

#include <stdbool.h>
#include <string.h>

#include "ref/utf8.h"

void tri_alphabet_fill(struct tri_alphabet *alphabet) {
    memset(alphabet->byte_of, 0xff, sizeof alphabet->byte_of);
    int next = 0x100;
    for (int byte = 0; byte < 256; byte++) {
        bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
        int character = printable ? byte : next++;
        alphabet->byte_of[character] = (int16_t)byte;
        alphabet->character_of[byte] = (uint16_t)character;
    }
}

size_t tri_alphabet_decode(const struct tri_alphabet *alphabet, const char *text, size_t bytes,
                           char *out) {
    size_t written = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        uint32_t character = tri_utf8_read(text + at, &length);
        if (character >= 0x144 || alphabet->byte_of[character] < 0) return 0;
        out[written++] = (char)(unsigned char)alphabet->byte_of[character];
    }
    return written;
}

size_t tri_alphabet_encode(const struct tri_alphabet *alphabet, const char *bytes, size_t count,
                           char *out) {
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned character = alphabet->character_of[(unsigned char)bytes[i]];
        if (character < 0x80) {
            out[written++] = (char)character;
            continue;
        }
        out[written++] = (char)(unsigned char)(0xc0u | character >> 6);
        out[written++] = (char)(unsigned char)(0x80u | (character & 0x3fu));
    }
    return written;
}
