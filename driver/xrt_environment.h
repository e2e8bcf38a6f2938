/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment that XRT needs and that nobody should have to set by hand: which installation,
 * for emulation its mode, user and settings.
 */
#ifndef TRI_XRT_ENVIRONMENT_H
#define TRI_XRT_ENVIRONMENT_H

#include "driver/xrt_process.h"

/* The folder of libxrt_coreutil.so.2: of $XILINX_XRT, of AMD's package, of Debian's. Errors:
 * UNSUPPORTED (XRT is not installed: says what to install). */
enum tri_status tri_xrt_libraries(char *path, size_t size);

/* This process's environment with XRT's part set right. The caller frees it with
 * tri_xrt_environment_free. Errors: MEMORY. */
enum tri_status tri_xrt_environment_make(const struct tri_xrt_start *start, const char *rundir,
                                         const char *libraries, char ***environment);
void tri_xrt_environment_free(char **environment); /* NULL is fine */

#endif
