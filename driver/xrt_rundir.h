/* SPDX-License-Identifier: Apache-2.0
 *
 * The private folder of one xrt: device: XRT's settings and log, and for emulation everything that
 * XRT unpacks, its sockets and the shape of an installation that it wants to find. Shared by the
 * driver and its helper.
 */
#ifndef TRI_XRT_RUNDIR_H
#define TRI_XRT_RUNDIR_H

#include <stdbool.h>

#include "base/status.h"

enum { TRI_XRT_RUNDIR = 32 };

/* Makes it, readable by this user only. path: TRI_XRT_RUNDIR bytes. It is in /tmp because XRT's
 * emulation has its sockets in /tmp/$USER, and USER is the folder's name there. Errors: IO. */
enum tri_status tri_xrt_rundir_make(char *path);
/* Adds xrtroot/lib, a link to `libraries`, and for emulation xrt.ini. Errors: IO. */
enum tri_status tri_xrt_rundir_fill(const char *path, const char *libraries, bool emulation);
/* Removes it with all that is in it. Only a path that tri_xrt_rundir_make gave. */
void tri_xrt_rundir_remove(const char *path);

#endif
