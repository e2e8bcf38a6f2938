// SPDX-License-Identifier: Apache-2.0
// Runs every kernel test on each design named: `test_kernel DESIGN.yaml...`, with simulators in
// build/sim or in the folder $SIMULATORS; see tests/rtl/stream/runner.h. Writes
// build/reports/utilisation.json if that was measured.
#include "tests/rtl/kernel/kernel.h"
#include "tests/rtl/stream/runner.h"

#include <cstdlib>
#include <dlfcn.h>

static void give_up(const char *what, const char *why) {
    printf("%s: %s\n0 passed, 1 failed\n", what, why);
    exit(1);
}

static Device open_device(const char *path) {
    Device device = {};
    if (tri_design_read(path, &device.design) != TRI_OK) give_up(path, tri_error());
    const tri_geometry &g = device.design.geometry;
    device.ports = g.ports;
    device.limits = {g.k_max, g.t_max, g.beat_bits / 8, tri_weights_per_beat(&g)};
    const char *folder = getenv("SIMULATORS");
    const std::string library = std::string(folder ? folder : "build/sim") + "/" +
                                device.design.name + "/libtritium_sim.so";
    void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) give_up(library.c_str(), dlerror());
    const auto get = (const tri_sim_api *(*)(void))dlsym(handle, "tri_sim_get_api");
    if (!get) give_up(library.c_str(), "not a simulator");
    device.api = get();
    if (device.api->version != TRI_SIM_API_VERSION) give_up(library.c_str(), "another version");
    return device;
}

int main(int argc, char **argv) {
    Runner runner("kernel");
    std::string report;
    for (int i = 1; i < argc; i++) {
        const Device device = open_device(argv[i]);
        printf("%s\n", device.design.name);
        runner.all(
            {list_tests, fault_tests, run_tests}, [](const KernelTest &test) { return test.seeds; },
            device);
        if (!runner.picked("decode utilisation")) continue;
        const bool measured = utilisation(device, report);
        runner.count(measured, !measured);
    }
    if (report.empty()) return runner.finish();
    FILE *file = fopen("build/reports/utilisation.json", "w");
    if (!file) give_up("build/reports/utilisation.json", "cannot be written");
    fprintf(file, "[\n%s\n]\n", report.c_str());
    if (fclose(file) != 0) give_up("build/reports/utilisation.json", "cannot be written");
    return runner.finish();
}
