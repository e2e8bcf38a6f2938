/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens by id in one arena, and an open-addressing hash table from bytes to id. The hash decides
 * only where a token is looked for, never a result, so it may differ between machines.
 */
#include "ref/vocabulary.h"

#include <stdlib.h>
#include <string.h>

struct tri_slot {
    uint32_t hash;
    uint32_t id; /* TRI_NO_TOKEN: the slot is free */
};

static uint64_t load64(const char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint64_t load32(const char *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint64_t mix(uint64_t value) {
    value *= UINT64_C(0x9e3779b97f4a7c15);
    return value ^ value >> 32;
}

/* Whole words, the last one overlapping the one before it: no byte is read alone beyond three. */
static uint32_t hash_of(const char *bytes, size_t length) {
    uint64_t hash = length;
    if (length >= 8) {
        for (size_t at = 0; at + 8 < length; at += 8) hash = mix(hash ^ load64(bytes + at));
        hash = mix(hash ^ load64(bytes + length - 8));
    } else if (length >= 4) {
        hash = mix(hash << 56 ^ (load32(bytes) << 32 | load32(bytes + length - 4)));
    } else {
        const unsigned char *b = (const unsigned char *)bytes;
        hash =
            mix(hash << 24 | (uint64_t)b[0] << 16 | (uint64_t)b[length / 2] << 8 | b[length - 1]);
    }
    return (uint32_t)mix(hash);
}

static struct tri_slot *slot_of(const struct tri_vocabulary *vocabulary, uint32_t hash,
                                const char *bytes, size_t length) {
    uint32_t mask = vocabulary->slot_count - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        struct tri_slot *slot = &vocabulary->slots[i];
        if (slot->id == TRI_NO_TOKEN) return slot;
        if (slot->hash != hash) continue;
        const struct tri_token *token = &vocabulary->tokens[slot->id];
        if (token->length == length &&
            memcmp(vocabulary->bytes + token->offset, bytes, length) == 0) {
            return slot;
        }
    }
}

/* At most half of the slots are used, so that a search for what is not there ends soon. */
static bool reserve_slots(struct tri_vocabulary *vocabulary) {
    if (vocabulary->slots_used < vocabulary->slot_count / 2) return true;
    uint32_t count = vocabulary->slot_count == 0 ? 1024 : vocabulary->slot_count * 2;
    struct tri_slot *slots = malloc(count * sizeof *slots);
    if (slots == NULL) return false;
    for (uint32_t i = 0; i < count; i++) slots[i] = (struct tri_slot){0, TRI_NO_TOKEN};
    for (uint32_t i = 0; i < vocabulary->slot_count; i++) {
        struct tri_slot old = vocabulary->slots[i];
        if (old.id == TRI_NO_TOKEN) continue;
        uint32_t to = old.hash & (count - 1);
        while (slots[to].id != TRI_NO_TOKEN) to = (to + 1) & (count - 1);
        slots[to] = old;
    }
    free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->slot_count = count;
    return true;
}

static bool reserve_token(struct tri_vocabulary *vocabulary, uint32_t id) {
    if (id < vocabulary->room) return true;
    uint32_t room = vocabulary->room == 0 ? 1024 : vocabulary->room;
    while (room <= id) room *= 2; /* ends at TRI_VOCABULARY_MAX at the latest */
    struct tri_token *tokens = realloc(vocabulary->tokens, room * sizeof *tokens);
    if (tokens == NULL) return false;
    memset(tokens + vocabulary->room, 0, (room - vocabulary->room) * sizeof *tokens);
    vocabulary->tokens = tokens;
    vocabulary->room = room;
    return true;
}

static bool reserve_bytes(struct tri_vocabulary *vocabulary, uint32_t more) {
    if (vocabulary->capacity - vocabulary->used >= more) return true;
    if (vocabulary->used > SIZE_MAX / 4) return false;
    size_t capacity = vocabulary->used * 2 + more + 4096;
    char *bytes = realloc(vocabulary->bytes, capacity);
    if (bytes == NULL) return false;
    vocabulary->bytes = bytes;
    vocabulary->capacity = capacity;
    return true;
}

enum tri_added tri_vocabulary_add(struct tri_vocabulary *vocabulary, uint32_t id, const char *bytes,
                                  uint32_t length, bool special) {
    if (!reserve_token(vocabulary, id) || !reserve_bytes(vocabulary, length) ||
        !reserve_slots(vocabulary)) {
        return TRI_ADDED_NO_MEMORY;
    }
    if (vocabulary->tokens[id].length > 0) return TRI_ADDED_ID_TAKEN;
    if (!special) {
        uint32_t hash = hash_of(bytes, length);
        struct tri_slot *slot = slot_of(vocabulary, hash, bytes, length);
        if (slot->id != TRI_NO_TOKEN) return TRI_ADDED_BYTES_TAKEN;
        *slot = (struct tri_slot){hash, id};
        vocabulary->slots_used++;
        if (length > vocabulary->longest) vocabulary->longest = length;
    }
    memcpy(vocabulary->bytes + vocabulary->used, bytes, length);
    vocabulary->tokens[id] = (struct tri_token){vocabulary->used, length, special};
    vocabulary->used += length;
    if (id >= vocabulary->count) vocabulary->count = id + 1;
    return TRI_ADDED;
}

void tri_vocabulary_free(struct tri_vocabulary *vocabulary) {
    free(vocabulary->tokens);
    free(vocabulary->bytes);
    free(vocabulary->slots);
    *vocabulary = (struct tri_vocabulary){0};
}

uint32_t tri_vocabulary_find(const struct tri_vocabulary *vocabulary, const char *bytes,
                             size_t length) {
    if (length > vocabulary->longest) return TRI_NO_TOKEN;
    return slot_of(vocabulary, hash_of(bytes, length), bytes, length)->id;
}

const char *tri_vocabulary_bytes(const struct tri_vocabulary *vocabulary, uint32_t id,
                                 size_t *length) {
    *length = 0;
    if (id >= vocabulary->count || vocabulary->tokens[id].length == 0) return NULL;
    *length = vocabulary->tokens[id].length;
    return vocabulary->bytes + vocabulary->tokens[id].offset;
}
