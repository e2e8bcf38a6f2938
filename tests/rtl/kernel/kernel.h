// SPDX-License-Identifier: Apache-2.0
// The whole kernel of one design under test, through sim/sim.h: a list of commands with its memory,
// what must be in memory and in the registers after it ran, and the comparison of everything.
#ifndef TESTS_RTL_KERNEL_KERNEL_H
#define TESTS_RTL_KERNEL_KERNEL_H

#define TEST_TARGET "test-rtl-kernel"
#include "tests/rtl/modules/rules.h"
#include "tests/rtl/stream/bench.h"

#include <string>
#include <vector>

extern "C" {
#include "driver/codec.h"
#include "sim/sim.h"
}

// A design and its simulator's library.
struct Device {
    tri_design design;
    Limits limits;
    uint32_t ports;
    const tri_sim_api *api;
};

enum { FILL = 0xa5, NOT_DONE = 100 }; // memory before a run; "wanted": no completion

// One command of a list: operands, and what is to become of it.
struct Job {
    tri_command k;
    std::vector<int8_t> weights;     // [rows][columns]
    std::vector<int8_t> activations; // [tokens][columns]
    uint32_t status;
    uint64_t corrupt_steps;
    uint32_t groups(const Device &device) const {
        return (uint32_t)ceil_div(k.tokens, device.design.geometry.tokens);
    }
};

struct Size {
    uint32_t rows, columns, tokens;
};

// Commands, completions, activations and results in one buffer; weights in one for each port.
// Between any two areas, and around them, stand bytes that nobody may touch.
class List {
  public:
    // align: of the areas, 64 at least; with 4096 every burst of a small command is one burst.
    List(const Device &device, Random &random, uint32_t align);
    List(const List &) = delete;
    Job &add(const Size &size);
    // Puts a code that stands for no trits into byte `byte` of a row (also of a row that pads).
    void corrupt(size_t job, uint32_t row, uint32_t byte);
    // To be called after the last change: writes commands and expects results.
    void finish();

    uint64_t data_base, completions_at;
    std::vector<uint64_t> weights_base;
    std::vector<Job> jobs;
    std::vector<uint8_t> data;                 // from data_base
    std::vector<std::vector<uint8_t>> weights; // from weights_base
    std::vector<uint8_t> wanted;               // data after the run, except for completions
    Bases bases() const { return {data_base, weights_base}; }
    tri_completion completion(size_t i) const;

  private:
    const Device &device_;
    Random &random_;
    uint32_t align_;
    uint64_t place(std::vector<uint8_t> &memory, uint64_t bytes);
};

// A run of a list and what the registers said after it.
struct Outcome {
    bool ended;
    uint32_t status, completed;
    uint64_t counter[9];
    tri_sim_stats before, after;
};

class Kernel {
  public:
    Kernel(const Device &device, const tri_memory &memory, uint64_t seed,
           const tri_sim_fault &fault = {});
    ~Kernel();
    Kernel(const Kernel &) = delete;
    void map(List &list);                   // everything, in one region for each port
    void arguments(const List &list);       // all registers but ctrl
    Outcome run(uint64_t cycles = 4000000); // rings and waits
    void map_area(int32_t port, uint64_t address, void *memory, uint64_t bytes);
    uint32_t read(uint32_t offset) { return device.api->read(sim, offset); }
    uint64_t read64(uint32_t offset) { return read(offset) | (uint64_t)read(offset + 4) << 32; }
    void write(uint32_t offset, uint32_t value) { device.api->write(sim, offset, value); }
    void write64(uint32_t offset, uint64_t value) {
        write(offset, (uint32_t)value);
        write(offset + 4, (uint32_t)(value >> 32));
    }
    const Device &device;
    tri_sim *sim;
};

// What holds after every run: no AXI rule broken, counters that add up.
void check_counters(Case &c, const Outcome &o);
// A run that did all: statuses, results, guard bytes, completions, counters, and the exact traffic.
void check_whole(Case &c, const Device &device, List &list, const Outcome &o);
// A list that stopped at command `at`: completions before it good, this one with `status` (or none:
// NOT_DONE), none after; nothing else was written. Results of `at` are compared if `results` says
// so.
void check_stopped(Case &c, List &list, const Outcome &o, size_t at, uint32_t status,
                   uint32_t register_status);

// The profile "tiny" for a design: fast memory.
tri_memory fast_memory(const Device &device);
Size random_size(const Device &device, Random &random);

struct KernelTest {
    const char *name;
    bool (*run)(const char *name, uint64_t seed, const Device &device);
    unsigned seeds; // at most so many
};
extern const KernelTest list_tests[], fault_tests[], run_tests[];

// Measures decode utilisation; appends a JSON object to `report`.
bool utilisation(const Device &device, std::string &report);

#endif
