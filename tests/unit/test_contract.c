/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract's generator: what it writes agrees between C and Verilog, and what it must refuse it
 * refuses with file and line. Runs build/tools/contract on damaged copies of rtl/accel.yaml.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sys/wait.h>

#include "accel.h"
#include "base/design.h"
#include "tests/unit/temp_file.h"

/* Runs the generator on a text. Returns its exit status; *said is what it printed, caller frees. */
static int generate(const char *yaml, char **said) {
    char path[TEMP_PATH], command[256];
    temp_file(yaml, strlen(yaml), path);
    (void)snprintf(command, sizeof command, "build/tools/contract %s 2>&1", path);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe != NULL);
    *said = read_stream(pipe);
    int status = pclose(pipe);
    (void)remove(path);
    cr_assert(WIFEXITED(status), "the generator crashed");
    return WEXITSTATUS(status);
}

/* The contract with `from` replaced by `to` is refused; the message has the line of `at`, and
 * `wanted`. */
static void refused_at(const char *from, const char *to, const char *at, const char *wanted) {
    char *good = read_text("rtl/accel.yaml"), *bad = replaced(good, from, to), *said;
    unsigned line = 1;
    char where[32];
    for (const char *c = good; c < strstr(good, at); c++) line += *c == '\n';
    (void)snprintf(where, sizeof where, ":%u: ", line);
    cr_expect_eq(generate(bad, &said), 1, "accepted: %s", to);
    cr_expect(strstr(said, wanted) != NULL, "wanted \"%s\", got: %s", wanted, said);
    cr_expect(strstr(said, where) != NULL, "wanted line%s got: %s", where, said);
    free(good);
    free(bad);
    free(said);
}

static void refused(const char *from, const char *to, const char *wanted) {
    refused_at(from, to, from, wanted);
}

Test(contract, accepts_the_committed_file) {
    char *good = read_text("rtl/accel.yaml"), *said;
    cr_expect_eq(generate(good, &said), 0, "%s", said);
    free(good);
    free(said);
}

Test(contract, names_the_nearest_key_for_an_unknown_one) {
    refused("name: count,       offset: 0x01c, bits", "name: count,       offset: 0x01c, bitz",
            "unknown key \"bitz\", nearest known: \"bits\"");
}

Test(contract, refuses_two_registers_of_one_name) {
    refused("name: gie, ", "name: ctrl,", "ctrl: the name is given twice");
}

Test(contract, refuses_a_counter_named_like_a_register) {
    refused("name: steps,            cycle", "name: status,           cycle",
            "status: a register has this name");
}

Test(contract, refuses_overlapping_registers) {
    refused("name: count,       offset: 0x01c", "name: count,       offset: 0x014",
            "offset 0x014 overlaps commands");
}

Test(contract, refuses_repeated_registers_that_reach_into_another) {
    refused_at("repeat: 16, stride: 12", "repeat: 17, stride: 12", "name: magic,       offset",
               "overlaps weights");
}

Test(contract, refuses_counters_on_top_of_registers) {
    refused_at("name: watchdog,    offset: 0x138", "name: watchdog,    offset: 0x144",
               "name: cycles_active, ", "offset 0x144 overlaps watchdog");
}

Test(contract, refuses_misaligned_registers) {
    refused("name: ier,         offset: 0x008", "name: ier,         offset: 0x009", "misaligned");
}

Test(contract, refuses_misaligned_fields) {
    refused("name: tag,               offset: 4", "name: tag,               offset: 6",
            "misaligned");
}

Test(contract, refuses_overlapping_fields) {
    refused("name: columns,           offset: 12", "name: columns,           offset: 8",
            "overlaps the field before");
}

Test(contract, refuses_gaps_between_fields) {
    refused("name: columns,           offset: 12", "name: columns,           offset: 16",
            "gap after the field before");
}

Test(contract, refuses_a_field_outside_of_the_command) {
    refused("name: reserved1,         offset: 56, bits: 64",
            "name: reserved1,         offset: 64, bits: 64", "");
}

Test(contract, refuses_a_record_that_is_not_filled) {
    refused("name: reserved1,         offset: 56, bits: 64",
            "name: reserved1,         offset: 56, bits: 32",
            "the last field ends before the record does");
}

Test(contract, refuses_two_statuses_of_one_value) {
    refused("name: bad_flags,              value: 2", "name: bad_flags,              value: 1",
            "the value is given twice");
}

Test(contract, refuses_a_missing_key) {
    refused("{name: matmul, value: 1, ", "{name: matmul, ", "key \"value\" is missing");
}

Test(contract, refuses_a_number_that_is_none) { refused("offset: 0x01c", "offset: 0x1g", ""); }

Test(contract, tells_a_broken_file_apart) {
    char *said;
    cr_expect_eq(generate("contract: [\n", &said), 1);
    cr_expect(strstr(said, "not YAML") != NULL, "%s", said);
    free(said);
}

/* The value of a macro of the Verilog header, its width and base left out. */
static uint64_t verilog(const char *header, const char *name) {
    char define[96];
    (void)snprintf(define, sizeof define, "`define %s ", name);
    const char *at = strstr(header, define);
    cr_assert(at != NULL, "%s is not in accel.svh", name);
    at += strlen(define);
    const char *quote = strchr(at, '\''), *end = strchr(at, '\n');
    if (quote == NULL || quote > end) return strtoull(at, NULL, 10);
    return strtoull(quote + 2, NULL, quote[1] == 'h' ? 16 : 10);
}

Test(contract, gives_c_and_verilog_the_same_values) {
    char *c = read_text("build/gen/accel.h"), *v = read_text("build/gen/accel.svh");
    unsigned seen = 0;
    for (char *line = strtok(c, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[64], value[64];
        if (sscanf(line, "#define %63s %63[0-9a-fxu]", name, value) != 2) continue;
        if (strstr(name, "_BYTES") != NULL) continue; /* Verilog counts these in bits */
        cr_expect_eq(strtoull(value, NULL, 0), verilog(v, name), "%s", name);
        seen++;
    }
    cr_expect_gt(seen, 35);
    cr_expect_eq(verilog(v, "TRI_ACCEL_DEAD"), TRI_ACCEL_DEAD);
    cr_expect_eq(verilog(v, "TRI_CMD_BITS"), 8 * sizeof(struct tri_command));
    cr_expect_eq(verilog(v, "TRI_CPL_BITS"), 8 * sizeof(struct tri_completion));
#define SAME_FIELD(prefix, upper, record, field)                                                   \
    cr_expect_eq(verilog(v, prefix "_" upper "_LSB"), 8 * offsetof(struct record, field));         \
    cr_expect_eq(verilog(v, prefix "_" upper "_BITS"), 8 * sizeof((struct record){0}.field))
    SAME_FIELD("TRI_CMD", "ROWS", tri_command, rows);
    SAME_FIELD("TRI_CMD", "WEIGHT_OFFSET", tri_command, weight_offset);
    SAME_FIELD("TRI_CMD", "RESULT_STRIDE", tri_command, result_stride);
    SAME_FIELD("TRI_CPL", "STATUS", tri_completion, status);
    SAME_FIELD("TRI_CPL", "WAIT_WEIGHTS", tri_completion, wait_weights);
    free(c);
    free(v);
}

Test(contract, has_the_encodings_of_the_design) {
    cr_expect_eq((int)TRI_ENC_B2, (int)TRI_B2);
    cr_expect_eq((int)TRI_ENC_B3, (int)TRI_B3);
}

Test(contract, names_every_status_and_says_which_stop) {
    cr_expect_str_eq(tri_accel_status_name(TRI_ACCEL_BAD_STRIDE), "bad_stride");
    cr_expect_str_eq(tri_accel_status_name(200), "unknown");
    cr_expect(strstr(tri_accel_status_doc(TRI_ACCEL_WATCHDOG), "progress") != NULL);
    cr_expect_not(tri_accel_status_stops(TRI_ACCEL_OK));
    cr_expect_not(tri_accel_status_stops(TRI_ACCEL_CORRUPT_WEIGHTS));
    cr_expect(tri_accel_status_stops(TRI_ACCEL_AXI_COMMAND_ERROR));
    cr_expect(tri_accel_status_stops(TRI_ACCEL_BAD_LIST));
}

Test(contract, marks_the_kinds_of_cycle_that_add_up) {
    unsigned kinds = 0, all = 0;
#define COUNT_KIND(name, offset, cycle)                                                            \
    kinds += (cycle) ? 1u : 0u;                                                                    \
    all++;
    TRI_COUNTERS(COUNT_KIND)
    cr_expect_eq(kinds, 5);
    cr_expect_eq(all, 9);
}
