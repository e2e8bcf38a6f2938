/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium selftest`: the first-light checklist of a device, from its identity registers to the
 * bytes its ports deliver. The same checks on a card, in simulation and on the models.
 */
#include "host/selftest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/interrupt.h"
#include "host/options.h"

static const struct tri_usage usage = {
    .command = "selftest",
    .synopsis = "--device URI [options]",
    .purpose =
        "The first-light checklist of a device: identity and design hash, registers, a memory "
        "test\n"
        "of every bank through the accelerator itself, products with known answers (shapes, "
        "extreme\n"
        "sums, every port, lane, weight code and token count), statuses of bad input and "
        "recovery,\n"
        "counters, bandwidth of the ports, clock (cards only) and the cost of a launch. Each line\n"
        "says ok or FAIL with what was wanted and got; docs/boards.md says what to do about it.",
    .examples = "  tritium selftest --device sim:kv260\n"
                "  tritium selftest --device xrt:build/bitstreams/u55c/tritium.xclbin --json "
                "u55c.json\n",
    .statuses = "  0  every line ok   1  no device   2  wrong command line   3  some line failed\n"
                "  130  stopped by Ctrl-C\n",
};

static void run_checks(struct tri_selftest *test) {
    static void (*const checks[])(struct tri_selftest *) = {
        tri_selftest_registers, tri_selftest_memory,   tri_selftest_products, tri_selftest_corrupt,
        tri_selftest_statuses,  tri_selftest_counters, tri_selftest_speed};
    enum { CHECKS = sizeof checks / sizeof *checks };
    int done = 0;
    for (; done < CHECKS && !test->stopped; done++) checks[done](test);
    if (done < CHECKS && tri_interrupted() == 0) {
        tri_check(test, TRI_CHECK_FAIL, "the rest", "a device that answers",
                  "%d groups of checks not run", CHECKS - done);
    }
}

static void say_identity(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "design %.40s, hash %016" PRIx64, test->info->design.name,
                   test->info->design_hash);
    tri_check(test, TRI_CHECK_OK, "identity", wanted, "it (%u unit%s, %u ports of %u bits, %s)",
              test->info->units, test->info->units == 1 ? "" : "s", g->ports, g->beat_bits,
              g->encoding == TRI_B3 ? "b3" : "b2");
}

/* Opens the device and runs everything; an exit status. */
static int perform(struct tri_selftest *test, const char *uri,
                   const struct tri_device_options *options, uint32_t memory) {
    const enum tri_status status = tri_device_open(uri, options, &test->device);
    /* Somebody else's bitstream is a finding; a device that is not there is not. */
    if (status != TRI_OK && status != TRI_E_MISMATCH) return tri_complain(status);
    if (status == TRI_OK) {
        test->info = tri_device_info(test->device);
        test->memory_kib = memory != 0 ? memory : test->info->real_time ? 16384 : 64;
        say_identity(test);
        run_checks(test);
    } else {
        tri_check(test, TRI_CHECK_FAIL, "identity", "this design in the hardware", "%s",
                  tri_error());
    }
    if (tri_interrupted() != 0) return TRI_EXIT_SIGNAL + tri_interrupted();
    const uint32_t failed = tri_check_count(test, TRI_CHECK_FAIL);
    printf("%u ok, %u failed, %u skipped\n", tri_check_count(test, TRI_CHECK_OK), failed,
           tri_check_count(test, TRI_CHECK_SKIP));
    return failed > 0 ? TRI_EXIT_DIFFERENT : TRI_EXIT_OK;
}

int tri_command_selftest(int argc, char **argv) {
    const char *uri = NULL, *json = NULL, *plant = NULL;
    uint32_t memory = 0;
    uint64_t seed = 1;
    const struct tri_option options[] = {
        {"device", 0, "URI", TRI_OPTION_TEXT, &uri,
         "ref:DESIGN, hls:DESIGN, sim:DESIGN or xrt:FILE.xclbin"},
        {"memory", 0, "KIB", TRI_OPTION_U32, &memory,
         "of each port to fill and read (64; on a card 16384)"},
        {"seed", 0, "N", TRI_OPTION_U64, &seed, "of the random matrices (1)"},
        {"json", 0, "FILE", TRI_OPTION_TEXT, &json, "write all lines there too"},
        {"plant", 0, "NAME", TRI_OPTION_TEXT, &plant,
         "load the simulator built with this planted bug (for tests)"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if (uri == NULL) return tri_complain_usage("selftest: wanted a device (--device URI)");
    if (memory > 1 << 20) return tri_complain_usage("selftest: --memory: wanted at most 1048576");
    struct tri_selftest *test = calloc(1, sizeof *test);
    if (test == NULL) return tri_complain(tri_fail(TRI_E_MEMORY, "selftest: no memory"));
    test->seed = seed;
    test->out = stdout;
    struct tri_device_options device = TRI_DEVICE_OPTIONS_INIT;
    device.seed = seed;
    device.plant = plant;
    code = perform(test, uri, &device, memory);
    if (json != NULL && test->lines > 0) {
        const enum tri_status status = tri_selftest_write(test, uri, json);
        if (status != TRI_OK) code = tri_complain(status);
    }
    tri_device_close(test->device);
    tri_image_destroy(test->image);
    free(test);
    return tri_finish_output(code);
}
