/* SPDX-License-Identifier: Apache-2.0
 *
 * A file mapped read-only, and what happens when it shrinks meanwhile. Knows no formats.
 *
 * Reading a page behind the end of a shrunk file raises SIGBUS. The program calls tri_map_guard
 * once; from then on such a page reads as zeros and the map is marked, so that whoever reads goes
 * on undisturbed and tri_map_intact then says what happened. A library must not take a signal by
 * itself: without the guard only tri_map_intact's look at the size remains, which misses a file
 * that shrinks between the look and the read.
 */
#ifndef TRI_MAP_H
#define TRI_MAP_H

#include <stddef.h>

#include "base/status.h"

struct tri_map {
    const unsigned char *data; /* [size] */
    size_t size;
    int fd;
    int slot; /* in the guard's list */
    char *path;
};

/* Maps a regular file of at least `least` bytes. The caller closes. Errors: IO (also a folder or a
 * pipe), FORMAT (too short), UNSUPPORTED, MEMORY. */
enum tri_status tri_map_open(const char *path, size_t least, struct tri_map **map);
void tri_map_close(struct tri_map *map); /* NULL is fine */

/* Errors: IO when the file is shorter than when it was mapped, or was when a page was read. */
enum tri_status tri_map_intact(const struct tri_map *map);

/* Takes SIGBUS for the whole process; faults outside of maps go to the handler before. Calling
 * again does nothing. Errors: IO. */
enum tri_status tri_map_guard(void);

#endif
