// SPDX-License-Identifier: Apache-2.0
// What the stream tests share: seeded random numbers, failure reports with cycle, wanted and got,
// a clocked model wrapper and the check that a stalled valid/ready channel holds its payload.
#ifndef TESTS_RTL_STREAM_BENCH_H
#define TESTS_RTL_STREAM_BENCH_H

#include <verilated.h>

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <memory>

#ifndef TEST_TARGET
#define TEST_TARGET                                                                                \
    "test-rtl-stream" // what to run again; other rooms that use this file say their own
#endif

class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    uint64_t below(uint64_t n) { return next() % n; }
    bool chance(unsigned percent) { return below(100) < percent; }

  private:
    uint64_t state_;
};

// A pseudo-random word for an address: what the simulated memory holds there.
inline uint64_t word_at(uint64_t address) { return Random(address).next(); }

// How often each side is willing, in percent; drawn anew every few hundred cycles, so that runs see
// full speed, starvation and back-pressure in every combination.
class Mood {
  public:
    void tick(Random &random) {
        if (left_-- > 0) return;
        static const unsigned levels[] = {0, 10, 50, 90, 100, 100};
        left_ = 20 + (int)random.below(300);
        percent_ = levels[random.below(6)];
    }
    bool willing(Random &random) const { return random.chance(percent_); }

  private:
    int left_ = 0;
    unsigned percent_ = 100;
};

// The result of one case. The first failure is printed; later ones of the same case are not.
class Case {
  public:
    Case(const char *name, uint64_t seed) : name_(name), seed_(seed) {}
    bool ok() const { return ok_; }
    uint64_t cycle = 0;
    void expect(bool condition, const char *what, uint64_t wanted = 1, uint64_t got = 0) {
        if (condition || !ok_) return;
        ok_ = false;
        printf("%s: cycle %llu: %s: wanted 0x%llx, got 0x%llx (make " TEST_TARGET " SEED=%llu)\n",
               name_, (unsigned long long)cycle, what, (unsigned long long)wanted,
               (unsigned long long)got, (unsigned long long)seed_);
    }
    void same(const char *what, uint64_t wanted, uint64_t got) {
        expect(wanted == got, what, wanted, got);
    }

  private:
    const char *name_;
    uint64_t seed_;
    bool ok_ = true;
};

// A model with its own context, reset on construction and by reset(). settle() makes outputs of
// this cycle visible, edge() ends the cycle. A failed assertion in the module ends the case.
template <class Model> class Bench {
  public:
    VerilatedContext context;
    std::unique_ptr<Model> dut;
    Bench() : dut(new Model(&context)) {
        context.fatalOnError(false);
        dut->clk = 0;
        reset();
    }
    // One cycle of reset, whatever the inputs are and wherever the model is.
    void reset() {
        dut->rst_n = 0;
        settle();
        edge();
        dut->rst_n = 1;
    }
    ~Bench() { dut->final(); }
    void settle() {
        dut->clk = 0;
        dut->eval();
    }
    void edge() {
        dut->clk = 1;
        dut->eval();
        context.timeInc(1);
    }
    bool asserted() const { return context.gotError(); }
};

// Watches one channel: once valid, it stays valid with the same payload until ready.
class Held {
  public:
    void see(Case &c, const char *what, bool valid, bool ready, uint64_t a, uint64_t b = 0) {
        if (stalled_) {
            c.expect(valid, what);
            c.same(what, a_, a);
            c.same(what, b_, b);
        }
        stalled_ = valid && !ready;
        a_ = a;
        b_ = b;
    }
    void forget() { stalled_ = false; }

  private:
    bool stalled_ = false;
    uint64_t a_ = 0, b_ = 0;
};

// One named test: runs with a seed and says whether all held.
struct Test {
    const char *name;
    bool (*run)(const char *name, uint64_t seed);
};

extern const Test skid_buffer_tests[], fifo_tests[], axi_read_tests[], axi_write_tests[],
    weight_read_tests[];

#endif
