/* SPDX-License-Identifier: Apache-2.0
 *
 * From a board and a design to what the vendor's tools read:
 * board BOARD.yaml CONTRACT.yaml DESIGN.yaml DIRECTORY writes kernel.tcl, link.cfg and for a Kria
 * overlay.dtso, shell.json and bootgen.bif there.
 */
#include "tools/board.h"

#include <errno.h>
#include <string.h>

static struct contract contract;

static enum tri_status write_link(const struct board *board, FILE *out) {
    board_write_link(board, out);
    return TRI_OK;
}
static enum tri_status write_overlay(const struct board *board, FILE *out) {
    board_write_overlay(board, out);
    return TRI_OK;
}
static enum tri_status write_shell(const struct board *board, FILE *out) {
    board_write_shell(board, out);
    return TRI_OK;
}
static enum tri_status write_bif(const struct board *board, FILE *out) {
    board_write_bif(board, out);
    return TRI_OK;
}
static enum tri_status write_kernel(const struct board *board, FILE *out) {
    return board_write_kernel(board, &contract, out);
}

static int write_file(const struct board *board, const char *directory, const char *name,
                      enum tri_status (*write)(const struct board *, FILE *)) {
    char path[4096];
    const int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *out = length > 0 && (size_t)length < sizeof path ? fopen(path, "wb") : NULL;
    if (out == NULL) {
        fprintf(stderr, "board: cannot write %s/%s: %s\n", directory, name, strerror(errno));
        return 1;
    }
    const enum tri_status status = write(board, out);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (status == TRI_OK && good) return 0;
    fprintf(stderr, "board: %s: %s\n", path, status != TRI_OK ? tri_error() : strerror(errno));
    (void)remove(path);
    return 1;
}

int main(int argc, char **argv) {
    static struct board board;
    static const struct {
        const char *name;
        enum tri_status (*write)(const struct board *, FILE *);
        bool kria;
    } files[] = {{"kernel.tcl", write_kernel, false},
                 {"link.cfg", write_link, false},
                 {"overlay.dtso", write_overlay, true},
                 {"shell.json", write_shell, true},
                 {"bootgen.bif", write_bif, true}};
    if (argc != 5) {
        fprintf(stderr, "usage: %s BOARD.yaml CONTRACT.yaml DESIGN.yaml DIRECTORY\n", argv[0]);
        return 2;
    }
    enum tri_status status = contract_read(argv[2], &contract);
    if (status == TRI_OK) status = board_read(argv[1], argv[2], argv[3], &board);
    if (status != TRI_OK) {
        fprintf(stderr, "board: %s\n", tri_error());
        return 1;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i].kria && board.kind != BOARD_KRIA) continue;
        if (write_file(&board, argv[4], files[i].name, files[i].write) != 0) return 1;
    }
    return 0;
}
