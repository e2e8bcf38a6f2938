// SPDX-License-Identifier: Apache-2.0
// Runs named tests with several seeds, prints a line for each and counts. SEED in the environment
// gives the first seed, SEEDS the number for each test, TEST runs only those whose name holds it.
// Knows nothing of what a test does.
#ifndef TESTS_RTL_STREAM_RUNNER_H
#define TESTS_RTL_STREAM_RUNNER_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

class Runner {
  public:
    explicit Runner(const char *what)
        : first_(number("SEED", 1)), seeds_(number("SEEDS", 0)), only_(getenv("TEST")) {
        printf("%s tests: seeds from %llu\n", what, (unsigned long long)first_);
    }

    // run(seed) says whether all held. seeds: how many when the environment does not say.
    template <class Run> void test(const char *name, uint64_t seeds, Run run) {
        if (!picked(name)) return;
        if (seeds_) seeds = seeds_;
        unsigned good = 0;
        for (uint64_t seed = first_; seed < first_ + seeds; seed++) good += run(seed);
        count(good, (unsigned)(seeds - good));
        printf("%-75s %u of %u\n", name, good, (unsigned)seeds);
        fflush(stdout);
    }
    // Every test of some lists, each of which ends with a nameless one; `with` is passed on to
    // them.
    template <class Test, class Seeds, class... With>
    void all(std::initializer_list<const Test *> lists, Seeds seeds, const With &...with) {
        for (const Test *list : lists)
            for (const Test *one = list; one->name; one++)
                test(one->name, seeds(*one),
                     [&](uint64_t seed) { return one->run(one->name, seed, with...); });
    }
    bool picked(const char *name) const { return !only_ || strstr(name, only_); }
    void count(unsigned passed, unsigned failed) {
        passed_ += passed;
        failed_ += failed;
    }
    // Prints the sums and returns the exit status.
    int finish() const {
        printf("%u passed, %u failed\n", passed_, failed_);
        return failed_ == 0 && passed_ > 0 ? 0 : 1;
    }

  private:
    static uint64_t number(const char *name, uint64_t otherwise) {
        const char *text = getenv(name);
        return text && *text ? strtoull(text, nullptr, 0) : otherwise;
    }
    uint64_t first_, seeds_;
    const char *only_;
    unsigned passed_ = 0, failed_ = 0;
};

#endif
