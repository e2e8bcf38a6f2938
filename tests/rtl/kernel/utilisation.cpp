// SPDX-License-Identifier: Apache-2.0
// How much of a decode's time the array multiplies: four commands of one token with the design's
// own memory, wide as BitNet 2B4T's where the design holds that. Weights of the next command must
// come while this one is multiplied.
#include "tests/rtl/kernel/kernel.h"

static const char *const names[] = {"cycles",           "steps",        "wait_command",
                                    "wait_activations", "wait_results", "wait_weights"};

bool utilisation(const Device &device, std::string &report) {
    Case c("decode utilisation", 1);
    Random random(1);
    const bool large = device.design.geometry.k_max >= 2560;
    const uint32_t columns = large ? 2560 : device.design.geometry.k_max;
    const uint32_t rows = large ? 2560 : 640 * device.ports;
    Kernel kernel(device, device.design.memory, 1);
    List list(device, random, 64);
    for (unsigned i = 0; i < 4; i++) list.add({rows, columns, 1});
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    const Outcome o = kernel.run(40000000);
    check_whole(c, device, list, o);
    for (size_t i = 1; i < list.jobs.size(); i++) {
        const tri_completion got = list.completion(i);
        c.expect(got.wait_command <= 8, "the next command stands ready", 8, got.wait_command);
        c.same("its activations are loaded before", 0, got.wait_activations);
    }
    const double used = o.counter[0] ? (double)o.counter[1] / (double)o.counter[0] : 0;
    c.expect(used >= 0.90, "utilisation in thousandths", 900, (uint64_t)(1000 * used));
    printf("%-16s decode of 4 times %u x %u, memory %-6s utilisation %.4f\n", device.design.name,
           rows, columns, device.design.memory.profile, used);
    char text[512];
    snprintf(text, sizeof text,
             "  {\"design\": \"%s\", \"memory\": \"%s\", \"commands\": 4, \"rows\": %u, "
             "\"columns\": %u, "
             "\"tokens\": 1, \"utilisation\": %.4f",
             device.design.name, device.design.memory.profile, rows, columns, used);
    report += (report.empty() ? "" : ",\n") + std::string(text);
    for (unsigned i = 0; i < 6; i++) {
        snprintf(text, sizeof text, ", \"%s\": %llu", names[i], (unsigned long long)o.counter[i]);
        report += text;
    }
    report += "}";
    return c.ok();
}
