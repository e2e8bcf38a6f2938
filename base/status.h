/* SPDX-License-Identifier: Apache-2.0
 *
 * How every library function of Tritium reports failure: a status and, per thread, one line of text
 * that says file, what, wanted and got. No library code prints, exits or aborts.
 */
#ifndef TRI_STATUS_H
#define TRI_STATUS_H

enum tri_status {
    TRI_OK = 0,
    TRI_E_ARGUMENT,    /* the caller asked for something impossible */
    TRI_E_IO,          /* the operating system refused: open, read, write, map */
    TRI_E_FORMAT,      /* a file is truncated, corrupt or not what it says */
    TRI_E_UNSUPPORTED, /* valid, but Tritium cannot compute it exactly */
    TRI_E_MEMORY,      /* out of memory */
    TRI_E_DEVICE,      /* the accelerator reported an error */
    TRI_E_TIMEOUT,     /* the accelerator did not answer in time */
    TRI_E_MISMATCH,    /* two things that must be equal are not: design hash, CRC, results */
    TRI_E_INTERRUPTED, /* the user asked to stop */
};

/* Records the message for this thread (replacing the last one) and returns `status`. */
enum tri_status tri_fail(enum tri_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The message of this thread's last failure; never NULL, valid until the next failure. */
const char *tri_error(void);

/* A short name for a status, for example "format". Static storage. */
const char *tri_status_name(enum tri_status status);

/* Evaluates an expression of type enum tri_status and returns it from the caller if it failed. */
#define TRI_TRY(expression)                                                                        \
    do {                                                                                           \
        enum tri_status tri_try_ = (expression);                                                   \
        if (tri_try_ != TRI_OK) return tri_try_;                                                   \
    } while (0)

#endif
