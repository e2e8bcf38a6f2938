// SPDX-License-Identifier: Apache-2.0
// run_control through every way a run can end: all completions, none, a bad list, a status that
// stops, a bad answer to a completion, the watchdog, and death; and that every cycle is counted.
#include "tests/rtl/modules/module.h"

#include "Vrun_control.h"

namespace {

class Run {
  public:
    Run(const char *name, uint64_t seed) : d_(*bench_.dut), random_(seed), c_(name, seed) {
        quiet();
    }

    bool run() {
        for (unsigned i = 0; i < 200 && c_.ok(); i++) {
            switch (random_.below(7)) {
            case 0: ends_with_all_completions(); break;
            case 1: stops_at_a_status((unsigned)(16 + random_.below(8)), false); break;
            case 2: stops_at_a_status(0, true); break;
            case 3: has_nothing_to_do(true); break;
            case 4: has_nothing_to_do(false); break;
            case 5: starts_again_at_once(); break;
            default:
                expires((uint32_t)(random_.chance(20) ? random_.below(3) : 5 + random_.below(60)),
                        random_.chance(50));
            }
        }
        expires(200011, false); // long enough for bits that a short silence never sets
        dies((uint32_t)(1 + random_.below(60)));
        return c_.ok();
    }

  private:
    static constexpr unsigned ports = 4;
    Bench<Vrun_control> bench_;
    Vrun_control &d_;
    Random random_;
    Case c_;
    uint64_t counted_[9] = {};
    unsigned starts_ = 0, dones_ = 0;
    unsigned checking_ = 0; // cycles until the front end knows about the list
    bool bad_list_ = false;

    void quiet() {
        d_.start = d_.completion = d_.completion_bad = d_.progress = 0;
        d_.completion_status = 0;
        d_.buses_idle = 1;
        d_.watchdog = 1000;
        d_.count = 1;
    }

    // One cycle: the array does something at random, and what it does is counted.
    void cycle(bool array_lives = true) {
        const unsigned kind = (unsigned)random_.below(5); // 0: waits for a command
        d_.step = array_lives && d_.run_rst_n && kind == 1;
        d_.wait_activations = d_.run_rst_n && kind == 2;
        d_.wait_results = d_.run_rst_n && kind == 3;
        d_.wait_weights = d_.run_rst_n && kind == 4;
        bench_.settle();
        d_.wait_command =
            d_.active && !d_.step && !d_.wait_activations && !d_.wait_results && !d_.wait_weights;
        d_.beats = d_.step && random_.chance(50);
        d_.corrupt = d_.active && random_.chance(10);
        d_.axi_error = (uint8_t)(random_.chance(10) ? random_.below(1 << (ports + 2)) : 0);
        d_.list_ok = checking_ == 1 && !bad_list_;
        d_.list_bad = checking_ == 1 && bad_list_;
        if (checking_ > 0) checking_--;
        bench_.settle();
        if (d_.run_start) checking_ = 1 + (unsigned)random_.below(30);
        c_.same("idle means not active", !d_.idle, d_.active);
        c_.expect(!d_.run_start || d_.run_rst_n, "run_start only in a run");
        starts_ += d_.run_start;
        dones_ += d_.done;
        const bool begins = d_.idle && d_.start && !d_.done;
        if (d_.active) {
            const uint64_t more[9] = {1,
                                      d_.step,
                                      d_.wait_command,
                                      d_.wait_activations,
                                      d_.wait_results,
                                      d_.wait_weights,
                                      d_.beats ? ports : 0u,
                                      d_.corrupt,
                                      (uint64_t)__builtin_popcount(d_.axi_error)};
            for (unsigned i = 0; i < 9; i++) counted_[i] += more[i];
        }
        bench_.edge();
        c_.cycle++;
        if (begins) memset(counted_, 0, sizeof counted_);
    }

    // As control does it: start falls when done is seen.
    void finish(unsigned limit, unsigned status, uint32_t completed, unsigned starts) {
        for (unsigned i = 0; dones_ == 0 && i < limit; i++) {
            cycle();
            if (dones_ > 0) d_.start = 0;
        }
        c_.same("done once", 1, dones_);
        quiet();
        for (unsigned i = 0; i < 5; i++) {
            cycle();
            c_.expect(d_.idle && !d_.run_rst_n && !d_.drain, "idle after the run");
        }
        c_.same("done once", 1, dones_);
        c_.same("run_start", starts, starts_);
        c_.same("status", status, d_.status);
        c_.same("completed", completed, d_.completed);
        counters();
    }

    void counters() {
        uint64_t sum = 0;
        for (unsigned i = 0; i < 9; i++) {
            c_.same("counter", counted_[i], bits(d_.counters, 64 * i, 64));
            if (i >= 1 && i <= 5) sum += counted_[i];
        }
        c_.same("kinds of cycle add up to cycles_active", counted_[0], sum);
    }

    void begin(uint32_t count) {
        quiet();
        starts_ = dones_ = 0;
        d_.count = count;
        d_.start = 1;
    }

    void until_running() {
        for (unsigned i = 0; starts_ == 0 && i < 10; i++) cycle();
        c_.same("run_start", 1, starts_);
        while (checking_ > 0) cycle();
    }

    void complete(unsigned status, bool bad) {
        d_.completion = 1;
        d_.completion_status = (uint8_t)status;
        d_.completion_bad = bad;
        cycle();
        d_.completion = d_.completion_bad = 0;
    }

    // Commands that fail without stopping the list count like good ones.
    void completions(uint32_t n) {
        for (uint32_t i = 0; i < n && c_.ok(); i++) {
            for (uint64_t wait = random_.below(20); wait > 0; wait--) cycle();
            c_.same("not done yet", 0, dones_);
            c_.expect(d_.run_rst_n, "still running");
            complete((unsigned)random_.below(10), false);
        }
    }

    void ends_with_all_completions() {
        const uint32_t n = (uint32_t)(1 + random_.below(random_.chance(5) ? 200 : 6));
        begin(n);
        until_running();
        completions(n);
        finish(5, TRI_ACCEL_OK, n, 1);
    }

    void stops_at_a_status(unsigned status, bool bad) {
        const uint32_t n = (uint32_t)random_.below(4);
        begin(n + 2);
        until_running();
        completions(n);
        d_.buses_idle = 0;
        complete(bad ? (unsigned)random_.below(30) : status, bad);
        for (uint64_t wait = 1 + random_.below(50); wait > 0; wait--) {
            cycle();
            c_.expect(d_.drain && !d_.run_rst_n, "drains");
            c_.same("waits for the buses", 0, dones_);
        }
        d_.buses_idle = 1;
        finish(5, bad ? (unsigned)TRI_ACCEL_AXI_COMPLETION_ERROR : status, n + !bad, 1);
    }

    void has_nothing_to_do(bool bad_list) {
        begin(bad_list ? (uint32_t)random_.below(3) : 0);
        bad_list_ = bad_list;
        finish(40, bad_list ? TRI_ACCEL_BAD_LIST : TRI_ACCEL_OK, 0, 1);
        bad_list_ = false;
    }

    // Cycles with no progress until `seen` is high.
    template <class Seen> uint32_t silence(uint32_t limit, Seen seen) {
        uint32_t cycles = 0;
        while (!seen() && cycles <= limit && c_.ok()) {
            cycle(false);
            cycles++;
        }
        return cycles;
    }

    // Some commands are completed, then there is silence until the watchdog has expired; what it
    // counts from is the last progress or the last completion.
    void until_expired(uint32_t watchdog, uint32_t completed = 0) {
        const uint32_t wanted = watchdog == 0 ? 1 : watchdog; // as the contract says
        begin(3);
        d_.watchdog = watchdog;
        until_running();
        for (uint32_t i = 1; i < completed; i++) complete(TRI_ACCEL_OK, false);
        for (uint64_t i = random_.below(100); i > 0 && wanted > 3; i--) {
            d_.progress = d_.progress ? random_.chance(60) : 1; // never silent for long
            cycle(false);
            c_.expect(!d_.expired, "not expired while things move");
        }
        if (completed > 0) {
            d_.progress = 0;
            complete(TRI_ACCEL_OK, false);
        } else {
            d_.progress = 1;
            cycle(false);
        }
        const bool early = wanted <= 3; // it may have expired before the progress
        d_.progress = 0;
        const uint32_t first = silence(wanted + 5, [&] { return d_.expired != 0; });
        if (!early) c_.same("cycles of silence until expired", wanted + 1, first);
    }

    void expires(uint32_t watchdog, bool rescued) {
        const uint32_t wanted = watchdog == 0 ? 1 : watchdog;
        const uint32_t before = (uint32_t)random_.below(3);
        until_expired(watchdog, before);
        if (rescued && wanted > 3) { // the command that hangs is completed
            d_.progress = 1;
            complete(TRI_ACCEL_WATCHDOG, false);
            d_.progress = 0;
            finish(5, TRI_ACCEL_WATCHDOG, before + 1, 1);
            return;
        }
        const uint32_t second = silence(wanted + 5, [&] { return d_.drain != 0 || dones_ > 0; });
        if (wanted > 3) c_.same("cycles of silence until it gives up", wanted + 1, second);
        finish(5, TRI_ACCEL_WATCHDOG, before, 1);
    }

    // As with auto_restart: start stays, and nothing of a run that expired is left in the next one.
    void starts_again_at_once() {
        until_expired(20);
        for (unsigned i = 0; i < 40 && dones_ == 0; i++) cycle(false);
        c_.same("done once", 1, dones_);
        const uint32_t n = (uint32_t)(1 + random_.below(3));
        starts_ = dones_ = 0;
        d_.count = n;
        d_.watchdog = 1000;
        until_running();
        c_.expect(!d_.expired, "not expired in a new run");
        completions(n);
        finish(5, TRI_ACCEL_OK, n, 1);
    }

    void dies(uint32_t watchdog) {
        const uint32_t before = (uint32_t)random_.below(3);
        until_expired(watchdog, before);
        silence(watchdog + 5, [&] { return d_.drain != 0; });
        d_.buses_idle = 0;
        d_.start = 1;
        for (unsigned i = 0; i < watchdog + 5 && dones_ == 0; i++) {
            cycle(false);
            if (dones_ > 0) d_.start = 0;
        }
        c_.same("the run ends although the buses do not", 1, dones_);
        c_.same("status", TRI_ACCEL_DEAD, d_.status);
        c_.same("completed by the run that died", before, d_.completed);
        counters();
        for (unsigned run = 0; run < 3; run++) {
            begin(2);
            d_.buses_idle = run == 2; // too late
            d_.watchdog = watchdog;
            cycle(false);
            d_.start = 0;
            c_.same("a run of the dead ends at once", 1, dones_);
            for (unsigned i = 0; i < 3 * watchdog + 10; i++) cycle(false);
            c_.same("done once", 1, dones_);
            c_.same("no run_start", 0, starts_);
            c_.same("status", TRI_ACCEL_DEAD, d_.status);
            c_.same("completed by that run", 0, d_.completed);
        }
        quiet();
        d_.rst_n = 0;
        cycle(false);
        d_.rst_n = 1;
        memset(counted_, 0, sizeof counted_);
        ends_with_all_completions();
    }
};

} // namespace

const Test run_control_tests[] = {
    {"run_control: every end of a run, the watchdog's time and the counters",
     [](const char *name, uint64_t seed) { return Run(name, seed).run(); }},
    {nullptr, nullptr}};
