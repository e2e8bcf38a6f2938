/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads rtl/accel.yaml and refuses everything that hardware and software could understand
 * differently: unknown keys, names or values given twice, registers or fields that overlap, are
 * misaligned or leave their room. Not here: what is written from it (contract_write.c).
 */
#include <inttypes.h>
#include <string.h>

#include "base/yaml.h"
#include "tools/contract.h"

const char *const contract_access[3] = {"rw", "ro", "cor"};

enum { REGISTER_BYTES = 4096 }; /* s_axi_control has 12 address bits */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static enum tri_status fail_at(const struct tri_yaml *y, int node, const char *name,
                               const char *what) {
    char where[TRI_YAML_WHERE];
    tri_yaml_where(y, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: %s: %s", where, name, what);
}

static enum tri_status read_u32(const struct tri_yaml *y, int map, const char *key, uint32_t min,
                                uint32_t max, uint32_t *out) {
    tri_yaml_node node;
    uint64_t value = 0;
    TRI_TRY(tri_yaml_need(y, map, key, &node));
    TRI_TRY(tri_yaml_integer(y, node, key, min, max, &value));
    *out = (uint32_t)value;
    return TRI_OK;
}

static enum tri_status read_name(const struct tri_yaml *y, int map, char *out) {
    tri_yaml_node node;
    TRI_TRY(tri_yaml_need(y, map, "name", &node));
    TRI_TRY(tri_yaml_text(y, node, "name", out, CONTRACT_NAME));
    bool letter = out[0] >= 'a' && out[0] <= 'z';
    if (!letter || out[strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0') {
        return fail_at(y, node, out, "a name is a lower-case letter, then letters, digits and _");
    }
    return TRI_OK;
}

/* Name and doc, which every entry has, and that the name is new among `list`. */
static enum tri_status read_common(const struct tri_yaml *y, int map, const struct list *list,
                                   struct entry *e) {
    tri_yaml_node doc;
    e->node = map;
    e->repeat = 1;
    TRI_TRY(read_name(y, map, e->name));
    TRI_TRY(tri_yaml_need(y, map, "doc", &doc));
    TRI_TRY(tri_yaml_text(y, doc, "doc", e->doc, CONTRACT_DOC));
    if (strpbrk(e->doc, "\"\\|\n") != NULL) {
        return fail_at(y, doc, e->name, "doc must not hold quotes, backslashes, bars or line ends");
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->entry[i].name, e->name) == 0) {
            return fail_at(y, map, e->name, "the name is given twice");
        }
    }
    return TRI_OK;
}

/* Reads what is particular to one kind of entry; the keys and common members are read already. */
typedef enum tri_status (*read_entry)(const struct tri_yaml *y, int map, struct entry *e);

static enum tri_status read_list(const struct tri_yaml *y, int node, const char *const *keys,
                                 size_t key_count, read_entry read, struct list *list) {
    uint32_t count = 0;
    TRI_TRY(tri_yaml_count(y, node, &count));
    if (count == 0 || count > CONTRACT_MOST)
        return fail_at(y, node, "list", "wanted 1 to 64 entries");
    for (uint32_t i = 0; i < count; i++) {
        int map = tri_yaml_item(y, node, i);
        struct entry *e = &list->entry[i];
        TRI_TRY(tri_yaml_keys(y, map, keys, key_count));
        TRI_TRY(read_common(y, map, list, e));
        TRI_TRY(read(y, map, e));
        list->count = i + 1;
    }
    return TRI_OK;
}

static enum tri_status read_bits(const struct tri_yaml *y, int map, bool narrow, struct entry *e) {
    TRI_TRY(read_u32(y, map, "bits", 1, 64, &e->bits));
    bool good = e->bits == 32 || e->bits == 64 || (narrow && e->bits == 16);
    if (good) return TRI_OK;
    return fail_at(y, map, e->name, narrow ? "bits must be 16, 32 or 64" : "bits must be 32 or 64");
}

static enum tri_status read_register(const struct tri_yaml *y, int map, struct entry *e) {
    tri_yaml_node access;
    TRI_TRY(read_u32(y, map, "offset", 0, REGISTER_BYTES - 4, &e->offset));
    TRI_TRY(read_bits(y, map, false, e));
    TRI_TRY(tri_yaml_need(y, map, "access", &access));
    TRI_TRY(tri_yaml_choice(y, access, "access", contract_access, 3, &e->access));
    int repeat = tri_yaml_find(y, map, "repeat"), stride = tri_yaml_find(y, map, "stride");
    if ((repeat == 0) != (stride == 0)) {
        return fail_at(y, map, e->name, "repeat and stride go together");
    }
    if (repeat != 0) {
        TRI_TRY(read_u32(y, map, "repeat", 2, 1024, &e->repeat));
        TRI_TRY(read_u32(y, map, "stride", e->bits / 8, REGISTER_BYTES, &e->stride));
    }
    e->has_reset = tri_yaml_find(y, map, "reset") != 0;
    if (e->has_reset) TRI_TRY(read_u32(y, map, "reset", 0, UINT32_MAX, &e->reset));
    if (e->offset % 4 != 0 || e->stride % 4 != 0) {
        return fail_at(y, map, e->name, "misaligned: offset and stride must be multiples of 4");
    }
    return TRI_OK;
}

static enum tri_status read_counter(const struct tri_yaml *y, int map, struct entry *e) {
    tri_yaml_node cycle;
    TRI_TRY(tri_yaml_need(y, map, "cycle", &cycle));
    e->bits = 64;
    e->access = 1;
    return tri_yaml_bool(y, cycle, "cycle", &e->flag);
}

static enum tri_status read_field(const struct tri_yaml *y, int map, struct entry *e) {
    TRI_TRY(read_u32(y, map, "offset", 0, REGISTER_BYTES, &e->offset));
    return read_bits(y, map, true, e);
}

static enum tri_status read_value(const struct tri_yaml *y, int map, struct entry *e) {
    return read_u32(y, map, "value", 0, 0xffff, &e->value);
}

static enum tri_status read_status(const struct tri_yaml *y, int map, struct entry *e) {
    tri_yaml_node stops;
    TRI_TRY(read_u32(y, map, "value", 0, 0xff, &e->value));
    TRI_TRY(tri_yaml_need(y, map, "stops", &stops));
    return tri_yaml_bool(y, stops, "stops", &e->flag);
}

/* No value of a list is given twice. */
static enum tri_status check_values(const struct tri_yaml *y, const struct list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (list->entry[j].value != list->entry[i].value) continue;
            return fail_at(y, list->entry[i].node, list->entry[i].name, "the value is given twice");
        }
    }
    return TRI_OK;
}

/* The fields fill the record: in order, aligned to their size, without gap or overlap. */
static enum tri_status check_fields(const struct tri_yaml *y, const struct list *list) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entry[i];
        uint32_t bytes = e->bits / 8;
        const char *fault = NULL;
        if (e->offset % bytes != 0)
            fault = "misaligned: offset must be a multiple of the size";
        else if (e->offset < next)
            fault = "overlaps the field before";
        else if (e->offset > next)
            fault = "leaves a gap after the field before";
        else if (e->offset + bytes > list->bytes)
            fault = "reaches past the end of the record";
        if (fault != NULL) return fail_at(y, e->node, e->name, fault);
        next = e->offset + bytes;
    }
    if (next == list->bytes) return TRI_OK;
    return fail_at(y, list->entry[list->count - 1].node, list->entry[list->count - 1].name,
                   "the last field ends before the record does");
}

/* Claims every word of a register; `owner` holds the claims so far. */
static enum tri_status claim(const struct tri_yaml *y, const struct entry *e, const char **owner) {
    for (uint32_t r = 0; r < e->repeat; r++) {
        uint64_t first = (uint64_t)e->offset + (uint64_t)r * e->stride;
        for (uint64_t byte = first; byte < first + e->bits / 8; byte += 4) {
            if (byte >= REGISTER_BYTES) {
                return fail_at(y, e->node, e->name, "reaches past offset 0xfff");
            }
            if (owner[byte / 4] != NULL) {
                char where[TRI_YAML_WHERE];
                tri_yaml_where(y, e->node, where);
                return tri_fail(TRI_E_FORMAT, "%s: %s: offset 0x%03" PRIx64 " overlaps %s", where,
                                e->name, byte, owner[byte / 4]);
            }
            owner[byte / 4] = e->name;
        }
    }
    return TRI_OK;
}

static enum tri_status check_registers(const struct tri_yaml *y, const struct contract *c) {
    const char *owner[REGISTER_BYTES / 4] = {NULL};
    for (uint32_t i = 0; i < c->registers.count; i++) {
        TRI_TRY(claim(y, &c->registers.entry[i], owner));
    }
    for (uint32_t i = 0; i < c->counters.count; i++) {
        const struct entry *counter = &c->counters.entry[i];
        for (uint32_t j = 0; j < c->registers.count; j++) {
            if (strcmp(counter->name, c->registers.entry[j].name) != 0) continue;
            return fail_at(y, counter->node, counter->name, "a register has this name");
        }
        TRI_TRY(claim(y, counter, owner));
    }
    return TRI_OK;
}

static enum tri_status read_counters(const struct tri_yaml *y, int map, struct list *list) {
    static const char *const keys[] = {"offset", "list"}, *const entry[] = {"name", "cycle", "doc"};
    uint32_t offset = 0;
    tri_yaml_node node;
    TRI_TRY(tri_yaml_keys(y, map, keys, COUNT(keys)));
    TRI_TRY(read_u32(y, map, "offset", 0, REGISTER_BYTES - 8, &offset));
    if (offset % 8 != 0) return fail_at(y, map, "counters", "offset must be a multiple of 8");
    TRI_TRY(tri_yaml_need(y, map, "list", &node));
    TRI_TRY(read_list(y, node, entry, COUNT(entry), read_counter, list));
    for (uint32_t i = 0; i < list->count; i++) list->entry[i].offset = offset + 8 * i;
    return TRI_OK;
}

static enum tri_status read_record(const struct tri_yaml *y, int map, struct list *list) {
    static const char *const keys[] = {"bytes", "fields"};
    static const char *const entry[] = {"name", "offset", "bits", "doc"};
    tri_yaml_node node;
    TRI_TRY(tri_yaml_keys(y, map, keys, COUNT(keys)));
    TRI_TRY(read_u32(y, map, "bytes", 8, 4096, &list->bytes));
    TRI_TRY(tri_yaml_need(y, map, "fields", &node));
    TRI_TRY(read_list(y, node, entry, COUNT(entry), read_field, list));
    return check_fields(y, list);
}

static enum tri_status read_head(const struct tri_yaml *y, int map, struct contract *c) {
    static const char *const keys[] = {"name", "magic", "version"};
    TRI_TRY(tri_yaml_keys(y, map, keys, COUNT(keys)));
    TRI_TRY(read_name(y, map, c->name));
    TRI_TRY(read_u32(y, map, "magic", 1, UINT32_MAX, &c->magic));
    return read_u32(y, map, "version", 1, UINT32_MAX, &c->version);
}

static enum tri_status read_all(const struct tri_yaml *y, struct contract *c) {
    static const char *const keys[] = {"contract",   "registers", "counters",  "command",
                                       "completion", "opcodes",   "encodings", "statuses"};
    static const char *const registers[] = {"name",   "offset", "bits",  "access",
                                            "repeat", "stride", "reset", "doc"};
    static const char *const values[] = {"name", "value", "doc"};
    static const char *const statuses[] = {"name", "value", "stops", "doc"};
    int root = tri_yaml_root(y);
    tri_yaml_node part[COUNT(keys)];
    TRI_TRY(tri_yaml_keys(y, root, keys, COUNT(keys)));
    for (size_t i = 0; i < COUNT(keys); i++) TRI_TRY(tri_yaml_need(y, root, keys[i], &part[i]));
    TRI_TRY(read_head(y, part[0], c));
    TRI_TRY(read_list(y, part[1], registers, COUNT(registers), read_register, &c->registers));
    TRI_TRY(read_counters(y, part[2], &c->counters));
    TRI_TRY(check_registers(y, c));
    TRI_TRY(read_record(y, part[3], &c->command));
    TRI_TRY(read_record(y, part[4], &c->completion));
    TRI_TRY(read_list(y, part[5], values, COUNT(values), read_value, &c->opcodes));
    TRI_TRY(read_list(y, part[6], values, COUNT(values), read_value, &c->encodings));
    TRI_TRY(read_list(y, part[7], statuses, COUNT(statuses), read_status, &c->statuses));
    TRI_TRY(check_values(y, &c->opcodes));
    TRI_TRY(check_values(y, &c->encodings));
    return check_values(y, &c->statuses);
}

enum tri_status contract_read(const char *path, struct contract *contract) {
    struct tri_yaml *y;
    memset(contract, 0, sizeof *contract);
    TRI_TRY(tri_yaml_open(path, &y));
    enum tri_status status = read_all(y, contract);
    tri_yaml_close(y);
    return status;
}
