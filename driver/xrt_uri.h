/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands after "xrt:": FILE.xclbin[?KEY=VALUE[&KEY=VALUE]...] with the keys design, device and
 * launch.
 */
#ifndef TRI_XRT_URI_H
#define TRI_XRT_URI_H

#include "base/status.h"

struct tri_xrt_uri {
    char file[4096];
    char design[512]; /* empty: the one that the xclbin names */
    char device[64];  /* index or PCI address; 0 */
    char launch[8];   /* run: XRT's start and interrupt; ip: registers and polling */
};

/* Errors: ARGUMENT (unknown or repeated key, bad value, no file). */
enum tri_status tri_xrt_uri_parse(const char *text, struct tri_xrt_uri *uri);

#endif
