/* SPDX-License-Identifier: Apache-2.0
 *
 * Where designs and built simulators are found: below the working directory, else beside the
 * program.
 */
#ifndef TRI_PATHS_H
#define TRI_PATHS_H

#include <stddef.h>

#include "base/status.h"

/* A design's file from a path (it has a slash or ends in .yaml) or a bare name. Errors: IO (says
 * where it looked). */
enum tri_status tri_find_design(const char *design, char *path, size_t size);

/* libtritium_sim.so of a design and planted bug (NULL: none), first below $TRITIUM_SIM_DIR, then in
 * sim/ beside the program, then in build/sim. Errors: UNSUPPORTED (names the make target). */
enum tri_status tri_find_sim(const char *design, const char *plant, char *path, size_t size);

/* libtritium_hls.so in the same way, below $TRITIUM_HLS_DIR, hls/ or build/hls. */
enum tri_status tri_find_hls(const char *design, const char *plant, char *path, size_t size);

/* The helper program that talks to XRT: in $TRITIUM_XRT_DIR, else beside the program, else in
 * build/. Errors: UNSUPPORTED (names package and make target). */
enum tri_status tri_find_xrt(char *path, size_t size);

#endif
