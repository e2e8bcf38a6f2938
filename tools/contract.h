/* SPDX-License-Identifier: Apache-2.0
 *
 * The accelerator contract in memory, as read from rtl/accel.yaml and checked. Used by the
 * generator only: everybody else includes what it writes.
 */
#ifndef TRI_TOOLS_CONTRACT_H
#define TRI_TOOLS_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum { CONTRACT_MOST = 64, CONTRACT_NAME = 32, CONTRACT_DOC = 256 };

/* One line of any list of the file; which members are used depends on the list. */
struct entry {
    char name[CONTRACT_NAME];
    char doc[CONTRACT_DOC];
    uint32_t offset; /* registers, counters, fields: bytes */
    uint32_t bits;   /* registers, fields */
    uint32_t access; /* registers: index in contract_access */
    uint32_t repeat; /* registers: how many, 1 if not given */
    uint32_t stride; /* registers: bytes between repetitions */
    bool has_reset;  /* registers */
    uint32_t reset;  /* registers */
    uint32_t value;  /* opcodes, encodings, statuses */
    bool flag;       /* counters: cycle; statuses: stops */
    int node;        /* where it is in the file, for messages */
};

struct list {
    uint32_t count;
    uint32_t bytes; /* commands and completions: size of the whole */
    struct entry entry[CONTRACT_MOST];
};

struct contract {
    char name[CONTRACT_NAME];
    uint32_t magic, version;
    struct list registers, counters, command, completion, opcodes, encodings, statuses;
};

extern const char *const contract_access[3]; /* rw, ro, cor */

/* Reads and checks. Errors: IO, FORMAT ("file:line: ..."), MEMORY. */
enum tri_status contract_read(const char *path, struct contract *contract);

void contract_write_c(const struct contract *contract, FILE *out);
void contract_write_verilog(const struct contract *contract, FILE *out);
void contract_write_markdown(const struct contract *contract, FILE *out);

#endif
