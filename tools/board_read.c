/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a board and checks that its units and banks fit the design: one bank for each port, every
 * bank there, none used twice.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "tools/board.h"

struct reader {
    const struct tri_yaml *yaml;
    struct board *board;
};

static enum tri_status wrong(const struct reader *r, tri_yaml_node node, const char *what,
                             const char *wanted, const char *got) {
    char where[TRI_YAML_WHERE];
    tri_yaml_where(r->yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %s", where, what, wanted, got);
}

static enum tri_status need_text(const struct reader *r, tri_yaml_node map, const char *key,
                                 char *out, size_t bytes) {
    tri_yaml_node node;
    TRI_TRY(tri_yaml_need(r->yaml, map, key, &node));
    return tri_yaml_text(r->yaml, node, key, out, bytes);
}

/* NAME, NAME[3] or NAME[3:7]. */
static enum tri_status read_tag(const struct reader *r, tri_yaml_node node, struct board_tag *tag) {
    char text[64];
    unsigned first = 0, last = 0;
    int end = 0;
    memset(tag, 0, sizeof *tag);
    TRI_TRY(tri_yaml_text(r->yaml, node, "bank", text, sizeof text));
    const size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                                       "0123456789");
    bool good = length > 0 && length < sizeof tag->name;
    if (good && text[length] != '\0') {
        tag->indexed = true;
        good = sscanf(text + length, "[%3u:%3u]%n", &first, &last, &end) == 2 && end > 0;
        if (!good) {
            good = sscanf(text + length, "[%3u]%n", &first, &end) == 1 && end > 0;
            last = first;
        }
        good = good && text[length + (size_t)end] == '\0' && first <= last;
    }
    if (!good) return wrong(r, node, "bank", "NAME, NAME[3] or NAME[0:7]", text);
    memcpy(tag->name, text, length);
    tag->first = first;
    tag->last = last;
    return TRI_OK;
}

static bool overlap(const struct board_tag *a, const struct board_tag *b) {
    return strcmp(a->name, b->name) == 0 && a->indexed == b->indexed && a->first <= b->last &&
           b->first <= a->last;
}

static bool inside(const struct board_tag *part, const struct board_tag *whole) {
    return overlap(part, whole) && part->first >= whole->first && part->last <= whole->last;
}

static enum tri_status check_bank(const struct reader *r, tri_yaml_node node,
                                  const struct board_tag *tag) {
    const struct board *b = r->board;
    for (uint32_t i = 0; i < b->banks; i++) {
        if (inside(tag, &b->bank[i])) return TRI_OK;
    }
    return wrong(r, node, "bank", "one of the board's banks", tag->name);
}

static enum tri_status read_weights(const struct reader *r, tri_yaml_node list,
                                    struct board_unit *unit) {
    const uint32_t ports = r->board->plan.design.geometry.ports;
    uint32_t count = 0, port = 0;
    TRI_TRY(tri_yaml_count(r->yaml, list, &count));
    for (uint32_t i = 0; i < count; i++) {
        const tri_yaml_node node = tri_yaml_item(r->yaml, list, i);
        struct board_tag tag;
        TRI_TRY(read_tag(r, node, &tag));
        TRI_TRY(check_bank(r, node, &tag));
        for (uint32_t bank = tag.first; bank <= tag.last; bank++, port++) {
            if (port == ports) return wrong(r, list, "weights", "a bank a port", "more");
            unit->weights[port] = tag;
            unit->weights[port].first = unit->weights[port].last = bank;
        }
    }
    return port == ports ? TRI_OK : wrong(r, list, "weights", "a bank a port", "fewer");
}

static enum tri_status read_unit(const struct reader *r, tri_yaml_node map,
                                 struct board_unit *unit) {
    static const char *const keys[] = {"slr", "weights", "data"};
    tri_yaml_node node;
    TRI_TRY(tri_yaml_keys(r->yaml, map, keys, 3));
    TRI_TRY(tri_yaml_need(r->yaml, map, "weights", &node));
    TRI_TRY(read_weights(r, node, unit));
    TRI_TRY(tri_yaml_need(r->yaml, map, "data", &node));
    TRI_TRY(read_tag(r, node, &unit->data));
    TRI_TRY(check_bank(r, node, &unit->data));
    if (unit->data.first != unit->data.last) return wrong(r, node, "data", "one bank", "several");
    if (r->board->slrs == 0) return TRI_OK;
    TRI_TRY(tri_yaml_need(r->yaml, map, "slr", &node));
    TRI_TRY(tri_yaml_text(r->yaml, node, "slr", unit->slr, sizeof unit->slr));
    for (uint32_t i = 0; i < r->board->slrs; i++) {
        if (strcmp(unit->slr, r->board->slr[i]) == 0) return TRI_OK;
    }
    return wrong(r, node, "slr", "one of the board's slrs", unit->slr);
}

/* No two ports, of whatever units, on one bank. */
static enum tri_status check_apart(const struct reader *r, tri_yaml_node list) {
    const struct board *b = r->board;
    const uint32_t ports = b->plan.design.geometry.ports, each = ports + 1;
    for (uint32_t i = 0; i < b->units * each; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct board_unit *u = &b->unit[i / each], *v = &b->unit[j / each];
            const struct board_tag *x = i % each < ports ? &u->weights[i % each] : &u->data;
            const struct board_tag *y = j % each < ports ? &v->weights[j % each] : &v->data;
            if (overlap(x, y)) return wrong(r, list, "units", "a bank for each port", "one twice");
        }
    }
    return TRI_OK;
}

static enum tri_status read_units(const struct reader *r, tri_yaml_node list) {
    struct board *b = r->board;
    TRI_TRY(tri_yaml_count(r->yaml, list, &b->units));
    if (b->units < 1 || b->units > BOARD_UNITS) {
        b->units = 0;
        return wrong(r, list, "units", "1 to 8", "another number");
    }
    for (uint32_t i = 0; i < b->units; i++) {
        TRI_TRY(read_unit(r, tri_yaml_item(r->yaml, list, i), &b->unit[i]));
    }
    return check_apart(r, list);
}

static enum tri_status read_banks(const struct reader *r, tri_yaml_node list) {
    static const char *const keys[] = {"tag", "mib"};
    struct board *b = r->board;
    TRI_TRY(tri_yaml_count(r->yaml, list, &b->banks));
    if (b->banks > BOARD_BANKS) {
        b->banks = 0;
        return wrong(r, list, "banks", "at most 16 kinds", "more");
    }
    for (uint32_t i = 0; i < b->banks; i++) {
        const tri_yaml_node map = tri_yaml_item(r->yaml, list, i);
        tri_yaml_node node;
        uint64_t mib;
        TRI_TRY(tri_yaml_keys(r->yaml, map, keys, 2));
        TRI_TRY(tri_yaml_need(r->yaml, map, "tag", &node));
        TRI_TRY(read_tag(r, node, &b->bank[i]));
        TRI_TRY(tri_yaml_need(r->yaml, map, "mib", &node));
        TRI_TRY(tri_yaml_integer(r->yaml, node, "mib", 1, 1 << 20, &mib));
    }
    return TRI_OK;
}

static enum tri_status read_slrs(const struct reader *r, tri_yaml_node list) {
    struct board *b = r->board;
    if (list == 0) return TRI_OK;
    TRI_TRY(tri_yaml_count(r->yaml, list, &b->slrs));
    if (b->slrs > BOARD_SLRS) {
        b->slrs = 0;
        return wrong(r, list, "slrs", "at most 8", "more");
    }
    for (uint32_t i = 0; i < b->slrs; i++) {
        TRI_TRY(
            tri_yaml_text(r->yaml, tri_yaml_item(r->yaml, list, i), "slr", b->slr[i], BOARD_NAME));
    }
    return TRI_OK;
}

static enum tri_status read_overlay(const struct reader *r, tri_yaml_node root) {
    struct board *b = r->board;
    static const char *const keys[] = {"interrupt", "interrupts", "pl_clock_hz", "master_width"};
    static const uint64_t most[] = {987, 16, 1000000000, 0xfff};
    uint32_t *const out[] = {&b->interrupt, &b->interrupts, &b->pl_clock_hz, &b->master_width};
    tri_yaml_node map, node;
    if (b->kind != BOARD_KRIA) return TRI_OK;
    TRI_TRY(tri_yaml_need(r->yaml, root, "overlay", &map));
    TRI_TRY(tri_yaml_keys(r->yaml, map, keys, 4));
    for (int i = 0; i < 4; i++) {
        uint64_t value;
        TRI_TRY(tri_yaml_need(r->yaml, map, keys[i], &node));
        TRI_TRY(tri_yaml_integer(r->yaml, node, keys[i], i < 3 ? 1 : 0, most[i], &value));
        *out[i] = (uint32_t)value;
    }
    return TRI_OK;
}

static enum tri_status read_board(const struct reader *r) {
    static const char *const keys[] = {"board", "kind",  "part",  "platform",
                                       "slrs",  "banks", "units", "overlay"};
    static const char *const kinds[] = {"alveo", "kria"};
    struct board *b = r->board;
    const tri_yaml_node root = tri_yaml_root(r->yaml);
    tri_yaml_node node;
    uint32_t kind = 0;
    TRI_TRY(tri_yaml_keys(r->yaml, root, keys, sizeof keys / sizeof *keys));
    TRI_TRY(need_text(r, root, "board", b->name, sizeof b->name));
    TRI_TRY(need_text(r, root, "part", b->part, sizeof b->part));
    TRI_TRY(need_text(r, root, "platform", b->platform, sizeof b->platform));
    TRI_TRY(tri_yaml_need(r->yaml, root, "kind", &node));
    TRI_TRY(tri_yaml_choice(r->yaml, node, "kind", kinds, 2, &kind));
    b->kind = (enum board_kind)kind;
    TRI_TRY(read_slrs(r, tri_yaml_find(r->yaml, root, "slrs")));
    TRI_TRY(tri_yaml_need(r->yaml, root, "banks", &node));
    TRI_TRY(read_banks(r, node));
    TRI_TRY(tri_yaml_need(r->yaml, root, "units", &node));
    TRI_TRY(read_units(r, node));
    return read_overlay(r, root);
}

enum tri_status board_read(const char *path, const char *contract, const char *design,
                           struct board *board) {
    struct tri_yaml *yaml;
    memset(board, 0, sizeof *board);
    TRI_TRY(xclbin_plan_make(contract, design, 1, 4096, &board->plan));
    TRI_TRY(tri_yaml_open(path, &yaml));
    const struct reader r = {yaml, board};
    const enum tri_status status = read_board(&r);
    tri_yaml_close(yaml);
    return status;
}
