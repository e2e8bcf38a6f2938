/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree of bytes with the children of a node in a list: special tokens share long beginnings, so
 * the lists are short and a text that is none of them is left after a byte or two.
 */
#include "ref/specials.h"

#include <stdlib.h>

#include "ref/vocabulary.h"

struct tri_special_node {
    uint32_t child;   /* the first one; 0: none */
    uint32_t sibling; /* the next one; 0: none */
    uint32_t id;      /* of the name that ends here, or TRI_NO_TOKEN */
    unsigned char byte;
};

static uint32_t child_of(const struct tri_specials *specials, uint32_t node, unsigned char byte) {
    uint32_t child = specials->nodes[node].child;
    while (child != 0 && specials->nodes[child].byte != byte) {
        child = specials->nodes[child].sibling;
    }
    return child;
}

static bool reserve(struct tri_specials *specials, size_t more) {
    if (more >= UINT32_MAX / 4 - specials->count) return false;
    if (specials->room - specials->count >= more) return true;
    size_t room = ((size_t)specials->count + more) * 2;
    struct tri_special_node *nodes = realloc(specials->nodes, room * sizeof *nodes);
    if (nodes == NULL) return false;
    specials->nodes = nodes;
    specials->room = (uint32_t)room;
    return true;
}

bool tri_specials_add(struct tri_specials *specials, const char *name, size_t length, uint32_t id) {
    if (length >= UINT32_MAX / 8 || !reserve(specials, length + 1)) return false;
    if (specials->count == 0) {
        specials->nodes[specials->count++] = (struct tri_special_node){0, 0, TRI_NO_TOKEN, 0};
    }
    uint32_t node = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];
        uint32_t child = child_of(specials, node, byte);
        if (child == 0) {
            child = specials->count++;
            specials->nodes[child] =
                (struct tri_special_node){0, specials->nodes[node].child, TRI_NO_TOKEN, byte};
            specials->nodes[node].child = child;
        }
        node = child;
    }
    specials->nodes[node].id = id;
    return true;
}

void tri_specials_free(struct tri_specials *specials) {
    free(specials->nodes);
    *specials = (struct tri_specials){0};
}

uint32_t tri_specials_match(const struct tri_specials *specials, const char *text, size_t bytes,
                            size_t *length) {
    uint32_t found = TRI_NO_TOKEN;
    *length = 0;
    if (specials->count == 0) return found;
    uint32_t node = 0;
    for (size_t i = 0; i < bytes; i++) {
        node = child_of(specials, node, (unsigned char)text[i]);
        if (node == 0) break;
        if (specials->nodes[node].id != TRI_NO_TOKEN) {
            found = specials->nodes[node].id;
            *length = i + 1;
        }
    }
    return found;
}
