/* SPDX-License-Identifier: Apache-2.0
 *
 * The message of the last failure, one per thread, and the names of the statuses. Not here: any
 * decision about what to do with a failure; that is the caller's.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 4096 };

static _Thread_local char message[MESSAGE_BYTES];

enum tri_status tri_fail(enum tri_status status, const char *format, ...) {
    /* Formatted aside first: an argument may be the last message itself. */
    char next[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(next, sizeof next, format, arguments);
    va_end(arguments);
    if (written < 0) next[0] = '\0';
    /* A name out of a damaged file must not turn one line into two, nor reach a terminal raw. */
    for (char *c = next; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    }
    (void)snprintf(message, sizeof message, "%s", next);
    return status;
}

const char *tri_error(void) { return message; }

const char *tri_status_name(enum tri_status status) {
    switch (status) {
    case TRI_OK: return "ok";
    case TRI_E_ARGUMENT: return "argument";
    case TRI_E_IO: return "io";
    case TRI_E_FORMAT: return "format";
    case TRI_E_UNSUPPORTED: return "unsupported";
    case TRI_E_MEMORY: return "memory";
    case TRI_E_DEVICE: return "device";
    case TRI_E_TIMEOUT: return "timeout";
    case TRI_E_MISMATCH: return "mismatch";
    case TRI_E_INTERRUPTED: return "interrupted";
    }
    return "unknown";
}
