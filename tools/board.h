/* SPDX-License-Identifier: Apache-2.0
 *
 * A board as bitstreams/BOARD/board.yaml has it, checked against a design. Used by tools/board,
 * which writes what the vendor's tools read; nothing here calls them.
 */
#ifndef TRI_TOOLS_BOARD_H
#define TRI_TOOLS_BOARD_H

#include <stdint.h>
#include <stdio.h>

#include "tools/contract.h"
#include "tools/xclbin.h"

enum { BOARD_UNITS = XCLBIN_UNITS, BOARD_BANKS = 16, BOARD_SLRS = 8, BOARD_NAME = 24 };
enum board_kind { BOARD_ALVEO, BOARD_KRIA };

/* NAME, or NAME[first] to NAME[last] when indexed. */
struct board_tag {
    char name[BOARD_NAME];
    bool indexed;
    uint32_t first, last;
};

struct board_unit {
    char slr[BOARD_NAME];         /* empty where the board has no dies to choose from */
    struct board_tag weights[16]; /* one bank a port */
    struct board_tag data;
};

struct board {
    char name[BOARD_NAME], part[48], platform[96];
    enum board_kind kind;
    uint32_t banks, slrs, units;
    struct board_tag bank[BOARD_BANKS];
    char slr[BOARD_SLRS][BOARD_NAME];
    struct board_unit unit[BOARD_UNITS];
    /* overlay, kria only */
    uint32_t interrupt, interrupts, pl_clock_hz, master_width;
    struct xclbin_plan plan; /* the design and the kernel's arguments */
};

/* Reads and checks. Errors: IO, FORMAT ("file:line: ..."). */
enum tri_status board_read(const char *path, const char *contract, const char *design,
                           struct board *board);

void board_write_link(const struct board *board, FILE *out);    /* for v++ --config */
void board_write_overlay(const struct board *board, FILE *out); /* kria: device tree overlay */
void board_write_shell(const struct board *board, FILE *out);   /* kria: for dfx-mgr */
void board_write_bif(const struct board *board, FILE *out);     /* kria: for bootgen */

/* What bitstreams/package_kernel.tcl reads. Errors: FORMAT (the contract lacks a register). */
enum tri_status board_write_kernel(const struct board *board, const struct contract *contract,
                                   FILE *out);

#endif
