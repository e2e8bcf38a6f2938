/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole text file, or standard input, in memory. Knows nothing of what is in it.
 */
#ifndef TRI_HOST_TEXTFILE_H
#define TRI_HOST_TEXTFILE_H

#include <stddef.h>

#include "base/status.h"

/* path "-" is standard input. *text is zero-terminated; the caller frees it. Errors: IO (also a
 * folder), MEMORY. */
enum tri_status tri_textfile_read(const char *path, char **text, size_t *bytes);

#endif
