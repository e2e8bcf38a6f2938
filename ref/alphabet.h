/* SPDX-License-Identifier: Apache-2.0
 *
 * GPT-2's byte alphabet: how tokenizer.json and GGUF write the bytes of a token as printable
 * characters. Private to the tokenizer's readers and writers.
 */
#ifndef TRI_ALPHABET_H
#define TRI_ALPHABET_H

#include <stddef.h>
#include <stdint.h>

struct tri_alphabet {
    int16_t byte_of[0x144];       /* character to byte; -1: not in it */
    uint16_t character_of[0x100]; /* byte to character */
};

void tri_alphabet_fill(struct tri_alphabet *alphabet);

/* Decodes valid UTF-8 in that alphabet to out, at most as many bytes. Returns the bytes written; 0
 * if a character is not in the alphabet or there is none. */
size_t tri_alphabet_decode(const struct tri_alphabet *alphabet, const char *text, size_t bytes,
                           char *out);

/* The way back: out has room for 2 * bytes. Returns the bytes written. */
size_t tri_alphabet_encode(const struct tri_alphabet *alphabet, const char *bytes, size_t count,
                           char *out);

#endif
