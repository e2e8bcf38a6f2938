/* SPDX-License-Identifier: Apache-2.0
 *
 * The Llama-3 pre-tokenizer. Letters and numbers are Unicode's general categories L* and N*, and
 * spaces its White_Space, all from utf8proc and at least Unicode 16.0; ASCII goes through a table.
 */
#include "ref/pretokenizer.h"

#include <stdbool.h>
#include <stdint.h>
#include <utf8proc.h>

#include "ref/utf8.h"

const char tri_pretokenizer_pattern[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

enum kind { OTHER, LETTER, NUMBER, SPACE, NEWLINE }; /* NEWLINE is a space too: \r or \n */

#define O OTHER
#define L LETTER
#define N NUMBER
#define S SPACE
#define R NEWLINE
static const uint8_t ascii[128] = {
    O, O, O, O, O, O, O, O, O, S, R, S, S, R, O, O, /* \t \n \v \f \r */
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* 10 */
    S, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* 20 */
    N, N, N, N, N, N, N, N, N, N, O, O, O, O, O, O, /* 30: digits */
    O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 40 */
    L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O, /* 50 */
    O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L, O, O, O, O, O, /* 70 */
};
#undef O
#undef L
#undef N
#undef S
#undef R

/* Letters and numbers that came with Unicode 15 and 16, in order. An installed utf8proc may be as
 * old as 14.0, and ids must not depend on it: tiktoken 0.14 and tokenizers 0.23 are at 16.0. */
static const struct {
    uint32_t first, last;
    enum kind kind;
} newer[] = {
    {0x01c89, 0x01c8a, LETTER}, {0x0a7cb, 0x0a7cd, LETTER}, {0x0a7da, 0x0a7dc, LETTER},
    {0x105c0, 0x105f3, LETTER}, {0x10d40, 0x10d49, NUMBER}, {0x10d4a, 0x10d65, LETTER},
    {0x10d6f, 0x10d85, LETTER}, {0x10ec2, 0x10ec4, LETTER}, {0x1123f, 0x11240, LETTER},
    {0x11380, 0x11389, LETTER}, {0x1138b, 0x1138b, LETTER}, {0x1138e, 0x1138e, LETTER},
    {0x11390, 0x113b5, LETTER}, {0x113b7, 0x113b7, LETTER}, {0x113d1, 0x113d1, LETTER},
    {0x113d3, 0x113d3, LETTER}, {0x116d0, 0x116e3, NUMBER}, {0x11bc0, 0x11be0, LETTER},
    {0x11bf0, 0x11bf9, NUMBER}, {0x11f02, 0x11f02, LETTER}, {0x11f04, 0x11f10, LETTER},
    {0x11f12, 0x11f33, LETTER}, {0x11f50, 0x11f59, NUMBER}, {0x1342f, 0x1342f, LETTER},
    {0x13441, 0x13446, LETTER}, {0x13460, 0x143fa, LETTER}, {0x16100, 0x1611d, LETTER},
    {0x16130, 0x16139, NUMBER}, {0x16d40, 0x16d6c, LETTER}, {0x16d70, 0x16d79, NUMBER},
    {0x18cff, 0x18cff, LETTER}, {0x1b132, 0x1b132, LETTER}, {0x1b155, 0x1b155, LETTER},
    {0x1ccf0, 0x1ccf9, NUMBER}, {0x1d2c0, 0x1d2d3, NUMBER}, {0x1df25, 0x1df2a, LETTER},
    {0x1e030, 0x1e06d, LETTER}, {0x1e4d0, 0x1e4eb, LETTER}, {0x1e4f0, 0x1e4f9, NUMBER},
    {0x1e5d0, 0x1e5ed, LETTER}, {0x1e5f0, 0x1e5f0, LETTER}, {0x1e5f1, 0x1e5fa, NUMBER},
    {0x2b739, 0x2b739, LETTER}, {0x2ebf0, 0x2ee5d, LETTER}, {0x31350, 0x323af, LETTER},
};

static enum kind kind_of_unassigned(uint32_t character) {
    size_t low = 0;
    size_t high = sizeof newer / sizeof newer[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (character > newer[middle].last) {
            low = middle + 1;
        } else if (character < newer[middle].first) {
            high = middle;
        } else {
            return newer[middle].kind;
        }
    }
    return OTHER;
}

static enum kind kind_of(uint32_t character) {
    switch (utf8proc_category((utf8proc_int32_t)character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return SPACE;
    case UTF8PROC_CATEGORY_CN: return kind_of_unassigned(character);
    default: return character == 0x85 ? SPACE : OTHER; /* the one White_Space among controls */
    }
}

static enum kind kind_at(const char *text, size_t *length) {
    unsigned char byte = (unsigned char)*text;
    if (byte < 0x80) {
        *length = 1;
        return (enum kind)ascii[byte];
    }
    return kind_of(tri_utf8_read(text, length));
}

static bool is_space(enum kind c) { return c == SPACE || c == NEWLINE; }

/* The end of the run of characters of kind `wanted` that begins at `at`. */
static size_t run_end(const char *text, size_t bytes, size_t at, enum kind wanted) {
    size_t length;
    while (at < bytes && kind_at(text + at, &length) == wanted) at += length;
    return at;
}

/* 's 't 're 've 'm 'll 'd in any case behind the apostrophe; 0 if it is none of them. Folding case
 * over all of Unicode adds one spelling: U+017F, the long s. */
static size_t contraction(const char *text, size_t bytes) {
    if (bytes < 2) return 0;
    char first = (char)(text[1] | 0x20);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if (bytes < 3) return 0;
    if (text[1] == '\xc5' && text[2] == '\xbf') return 3;
    char second = (char)(text[2] | 0x20);
    bool two = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
               (first == 'l' && second == 'l');
    return two ? 3 : 0;
}

/* \p{N}{1,3} */
static size_t numbers(const char *text, size_t bytes) {
    size_t at = 0;
    size_t length;
    for (int i = 0; i < 3 && at < bytes && kind_at(text + at, &length) == NUMBER; i++) {
        at += length;
    }
    return at;
}

/* The last three alternatives, at a space: up to the last line end of the run of spaces; else all
 * of it but the last space, which belongs to the word behind; else (nothing behind, or one space)
 * all. */
static size_t spaces(const char *text, size_t bytes) {
    size_t at = 0;
    size_t last = 0; /* where the run's last character begins */
    size_t behind_newline = 0;
    while (at < bytes) {
        size_t length;
        enum kind c = kind_at(text + at, &length);
        if (!is_space(c)) break;
        last = at;
        at += length;
        if (c == NEWLINE) behind_newline = at;
    }
    if (behind_newline > 0) return behind_newline;
    return at < bytes && last > 0 ? last : at;
}

size_t tri_pretokenizer_piece(const char *text, size_t bytes) {
    if (*text == '\'') {
        size_t end = contraction(text, bytes);
        if (end > 0) return end;
    }
    size_t first;
    enum kind c = kind_at(text, &first);
    if (c == LETTER) return run_end(text, bytes, first, LETTER);
    if (c == NUMBER) return numbers(text, bytes);
    size_t next_length;
    enum kind next = first < bytes ? kind_at(text + first, &next_length) : SPACE;
    /* One character that is no letter, number or line end may lead a word. */
    if (c != NEWLINE && next == LETTER) return run_end(text, bytes, first, LETTER);
    if (c == OTHER || (*text == ' ' && next == OTHER)) {
        size_t end = run_end(text, bytes, c == OTHER ? 0 : first, OTHER);
        return run_end(text, bytes, end, NEWLINE);
    }
    return spaces(text, bytes);
}
