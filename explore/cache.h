/* SPDX-License-Identifier: Apache-2.0
 *
 * Results on disk by the hash of what made them: small JSON files that appear whole or not at all
 * (written beside, synchronised, renamed), and a lock per key so that two sweeps or workers do not
 * make the same thing twice. Knows nothing of what is in them.
 */
#ifndef TRI_CACHE_H
#define TRI_CACHE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct tri_cache; /* opaque */

/* Opens or makes a folder. Errors: IO, MEMORY. */
enum tri_status tri_cache_open(const char *folder, struct tri_cache **cache);
void tri_cache_close(struct tri_cache *cache);
const char *tri_cache_folder(const struct tri_cache *cache);

/* *value: a new reference, NULL if there is none or it is damaged (then it is made anew).
 * Errors: IO, MEMORY. */
enum tri_status tri_cache_get(struct tri_cache *cache, const char *kind, uint64_t key,
                              json_t **value);
/* Keeps a value. A full disk is an error and leaves what was there. Errors: IO. */
enum tri_status tri_cache_put(struct tri_cache *cache, const char *kind, uint64_t key,
                              const json_t *value);

/* Waits until nobody else makes this key, then owns it until tri_cache_unlock (or the process
 * ends). *lock is a descriptor. Errors: IO. */
enum tri_status tri_cache_lock(struct tri_cache *cache, const char *kind, uint64_t key, int *lock);
void tri_cache_unlock(int lock);

/* FNV-1a over bytes, chained: start with TRI_HASH_START. */
#define TRI_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t tri_hash_bytes(uint64_t hash, const void *bytes, size_t count);
/* Over a file's content. Errors: IO. */
enum tri_status tri_hash_file(uint64_t *hash, const char *path);

#endif
