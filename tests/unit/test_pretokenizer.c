/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the Llama-3 pattern cuts text, case by case and over all of Unicode, and the UTF-8 checks
 * it relies on. Whether the ids are right is test_tokenizer.c's business.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "ref/pretokenizer.h"
#include "ref/tokenizer.h"
#include "ref/utf8.h"

/* Writes the pieces of text to out with '|' between them. */
static void cut(const char *text, char *out) {
    size_t bytes = strlen(text);
    for (size_t at = 0; at < bytes;) {
        size_t length = tri_pretokenizer_piece(text + at, bytes - at);
        cr_assert(length > 0 && length <= bytes - at, "'%s': a piece of %zu bytes", text, length);
        if (at > 0) *out++ = '|';
        memcpy(out, text + at, length);
        out += length;
        at += length;
    }
    *out = '\0';
}

static void cuts(const char *text, const char *wanted) {
    char got[256];
    cut(text, got);
    cr_expect_str_eq(got, wanted, "'%s': wanted '%s', got '%s'", text, wanted, got);
}

Test(pretokenizer, splits_contractions_whatever_their_case) {
    cuts("I'm", "I|'m");
    cuts("THEY'LL", "THEY|'LL");
    cuts("we'Ve", "we|'Ve");
    cuts("'re're", "'re|'re");
    cuts("'sad", "'s|ad");
    cuts("o'clock", "o|'clock");
    cuts("'rx", "'rx");
    cuts("'r", "'r");
    cuts("'", "'");
    cuts("''s", "''|s");
}

Test(pretokenizer, takes_the_long_s_for_an_s) {
    cuts("'\u017fad", "'\u017f|ad");
    cuts("'\u0161ad", "'\u0161ad");
}

Test(pretokenizer, lets_one_other_character_lead_a_word) {
    cuts("a b", "a| b");
    cuts("a  b", "a| | b");
    cuts("\tif(x)", "\tif|(x|)");
    cuts("__init", "__|init");
    cuts("\u00a0x\u2003y", "\u00a0x|\u2003y");
    cuts("1a", "1|a");
    cuts("\nx", "\n|x");
}

Test(pretokenizer, takes_up_to_three_numbers) {
    cuts("1234567", "123|456|7");
    cuts("\u00bd\u2167\u0664\u00b2", "\u00bd\u2167\u0664|\u00b2");
    cuts(" 12", " |12");
}

Test(pretokenizer, joins_punctuation_with_the_space_before_and_line_ends_behind) {
    cuts("a. !?\r\n\nb", "a|.| !?\r\n\n|b");
    cuts("...\n...", "...\n|...");
    cuts("x  --", "x| | --");
    cuts("\t--", "\t|--");
    cuts("\r--", "\r|--");
}

Test(pretokenizer, cuts_spaces_behind_the_last_line_end_of_the_run) {
    cuts("a \n \r  b", "a| \n \r| | b");
    cuts("\n\n\n", "\n\n\n");
    cuts("  \n  ", "  \n|  ");
}

Test(pretokenizer, leaves_the_last_space_to_what_follows_but_not_at_the_end) {
    cuts("a   b", "a|  | b");
    cuts("a   1", "a|  | |1");
    cuts("a   ", "a|   ");
    cuts("a\t\u3000\u2028.", "a|\t\u3000|\u2028|.");
    cuts("a\xc2\x85"
         "1",
         "a|\xc2\x85|1"); /* U+0085, which C does not spell */
}

static size_t write_utf8(uint32_t c, char *out) {
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

/* Whether `lead` and the character behind it are one piece. */
static bool joins(char lead, uint32_t character) {
    char text[8] = {lead};
    size_t bytes = 1 + write_utf8(character, text + 1);
    return tri_pretokenizer_piece(text, bytes) == bytes;
}

/* tiktoken 0.14 and tokenizers 0.23 both match 141,028 letters, 1,911 numbers and 25 spaces, in
 * this order when written as L, N, S and O. A utf8proc beyond Unicode 16 may only know more of
 * them. */
Test(pretokenizer, knows_every_letter_number_and_space_of_unicode_16) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t letters = 0, numbers = 0, spaces = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        unsigned char kind = 'O';
        if (joins('a', c)) {
            kind = 'L';
            letters++;
        } else if (joins('1', c)) {
            kind = 'N';
            numbers++;
        } else if (joins('\t', c)) {
            kind = 'S';
            spaces++;
        }
        hash = (hash ^ kind) * UINT64_C(0x100000001b3);
    }
    cr_expect_eq(spaces, 25, "spaces: wanted 25, got %zu", spaces);
    if (strtol(utf8proc_unicode_version(), NULL, 10) <= 16) {
        cr_expect_eq(letters, 141028, "letters: wanted 141028, got %zu", letters);
        cr_expect_eq(numbers, 1911, "numbers: wanted 1911, got %zu", numbers);
        cr_expect_eq(hash, UINT64_C(0x32d2dd0ab9ac2c0a), "the kinds differ somewhere");
    } else {
        cr_expect(letters >= 141028 && numbers >= 1911, "%zu letters, %zu numbers", letters,
                  numbers);
    }
}

Test(utf8, reads_back_every_character) {
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        char text[4];
        size_t length;
        size_t bytes = write_utf8(c, text);
        cr_assert_eq(tri_utf8_valid(text, bytes), bytes, "U+%04X: not valid", c);
        cr_assert_eq(tri_utf8_read(text, &length), c, "U+%04X: read as another", c);
        cr_assert_eq(length, bytes);
    }
}

/* Malformed text, where it goes wrong, and what decoders make of it (the same as Python's
 * bytes.decode("utf-8", "replace")). */
static const struct {
    const char *bytes;
    size_t wrong_at;
    const char *replaced;
} malformed[] = {
    {"ab\xff", 2, "ab\ufffd"},
    {"\x80x", 0, "\ufffdx"},
    {"12345678\xc0\xaf", 8, "12345678\ufffd\ufffd"},
    {"\xe2\x82x", 0, "\ufffdx"},
    {"\xe2\x82", 0, "\ufffd"},
    {"\xe2\x28\xa1", 0, "\ufffd(\ufffd"},
    {"\xe0\x80\x80", 0, "\ufffd\ufffd\ufffd"},
    {"\xed\xa0\x80", 0, "\ufffd\ufffd\ufffd"},
    {"\u00e9\xf0\x8f\xbf\xbf", 2, "\u00e9\ufffd\ufffd\ufffd\ufffd"},
    {"\xf0\x9f\x98\xc3\xa9", 0, "\ufffd\u00e9"},
    {"\xf0\x9f\x98\xf0\x9f\x98\x80", 0, "\ufffd\U0001f600"},
    {"\xf4\x90\x80\x80", 0, "\ufffd\ufffd\ufffd\ufffd"},
    {"\xf5\x80", 0, "\ufffd\ufffd"},
};
enum { MALFORMED = sizeof malformed / sizeof malformed[0] };

Test(utf8, says_where_a_text_is_malformed) {
    for (size_t i = 0; i < MALFORMED; i++) {
        size_t at = tri_utf8_valid(malformed[i].bytes, strlen(malformed[i].bytes));
        cr_expect_eq(at, malformed[i].wrong_at, "case %zu: wanted %zu, got %zu", i,
                     malformed[i].wrong_at, at);
    }
}

/* Streams text cut at `first`; out is NUL-terminated. */
static void stream(const char *text, size_t bytes, size_t first, char *out) {
    struct tri_utf8_stream state = {{0}, 0};
    size_t written = tri_utf8_push(&state, text, first, out);
    cr_expect_eq(tri_utf8_valid(out, written), written, "half a character came out");
    written += tri_utf8_push(&state, text + first, bytes - first, out + written);
    cr_expect_eq(tri_utf8_valid(out, written), written, "half a character came out");
    written += tri_utf8_end(&state, out + written);
    out[written] = '\0';
}

Test(utf8, streams_malformed_text_as_replacements_wherever_it_is_cut) {
    for (size_t i = 0; i < MALFORMED; i++) {
        size_t bytes = strlen(malformed[i].bytes);
        for (size_t first = 0; first <= bytes; first++) {
            char out[64];
            stream(malformed[i].bytes, bytes, first, out);
            cr_expect_str_eq(out, malformed[i].replaced, "case %zu cut at %zu", i, first);
        }
    }
}

Test(utf8, streams_whole_characters_wherever_text_is_cut) {
    const char *text = "a\u00e9\u20ac\U0001f600\u4e2d!";
    size_t bytes = strlen(text);
    for (size_t first = 0; first <= bytes; first++) {
        char out[64];
        stream(text, bytes, first, out);
        cr_expect_str_eq(out, text, "cut at %zu", first);
    }
}
