/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts text into the pieces that byte pairs are merged within: the Llama-3 pattern, whose seven
 * alternatives are tried in order by hand, so there is no regular expression engine.
 */
#ifndef TRI_PRETOKENIZER_H
#define TRI_PRETOKENIZER_H

#include <stddef.h>

/* The pattern as files that use it write it. */
extern const char tri_pretokenizer_pattern[];

/* Bytes of the piece that `text` begins with. text: `bytes` > 0 bytes of valid UTF-8; what follows
 * them does not matter. Calling again behind each piece costs time linear in the text. */
size_t tri_pretokenizer_piece(const char *text, size_t bytes);

#endif
