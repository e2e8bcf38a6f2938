// SPDX-License-Identifier: Apache-2.0
// What the benches of axi_read, axi_write and weight_read share: lives of random requests and
// aborts, and the bursts that must come of a request. Knows no pins but those that these modules
// name alike.
#ifndef TESTS_RTL_STREAM_LIFE_H
#define TESTS_RTL_STREAM_LIFE_H

#include "tests/rtl/stream/bench.h"

#include <algorithm>

struct Shape {
    uint64_t beat_bytes, burst; // burst: beats of the longest
    uint64_t limit;             // beats in a FIFO; for axi_write, bursts outstanding
    uint64_t ports = 1;
    uint64_t mask() const { return beat_bytes >= 8 ? ~0ull : (1ull << (8 * beat_bytes)) - 1; }
};

struct Span {
    uint64_t address, beats;
};

// A bench gives drive(), check() and step() of one cycle. Verilator renames the port abort, a word
// of the C library, to __SYM__abort.
class Life {
  public:
    virtual ~Life() = default;

    // Without a look at how much was seen.
    template <class Model> bool live(Bench<Model> &bench, uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok() && !bench.asserted(); c_.cycle++) {
            drive();
            bench.settle();
            check();
            step();
            bench.edge();
        }
        c_.expect(!bench.asserted(), "no assertion of the module fails");
        return c_.ok();
    }

  protected:
    Life(const char *name, uint64_t seed, const Shape &shape, bool full)
        : s_(shape), random_(seed), c_(name, seed), full_(full), shy_(!full && seed % 2 == 0) {}
    virtual void drive() = 0; // inputs
    virtual void check() = 0; // outputs of this cycle
    virtual void step() = 0;  // what this cycle's edge does

    Shape s_;
    Random random_;
    Case c_;
    bool full_; // full speed: both sides are always willing, and nothing is aborted
    bool shy_;  // takes addresses only once it sees one, as AXI allows
    Mood requester_;
    uint64_t requests_ = 0, aborts_ = 0, errors_ = 0;

    // Keeps clear of 2^64, which the last beat must not pass.
    uint64_t random_address() {
        const uint64_t address = random_.next() >> random_.below(40);
        return address / s_.beat_bytes * s_.beat_bytes & ~(1ull << 62);
    }
    // least: at full speed.
    uint64_t random_beats(uint64_t least) {
        const uint64_t most = random_.below(8) == 0 ? 8 * s_.burst : 2 * s_.burst;
        return full_ ? least + random_.below(6 * s_.burst) : 1 + random_.below(most);
    }
    // hold: an abort that has begun must not end yet.
    bool random_abort(bool hold) {
        if (abort_left_ > 0) abort_left_--;
        if (!full_ && abort_left_ == 0 && random_.below(400) == 0)
            abort_left_ = 1 + random_.below(40);
        if (hold && abort_left_ == 0) abort_left_ = 1;
        return abort_left_ > 0;
    }

    // A new burst must be the next of `left`, which it shortens. Returns its beats.
    uint64_t check_burst(Span &left, uint64_t address, uint64_t length) {
        const uint64_t edge = s_.burst - left.address / s_.beat_bytes % s_.burst;
        const uint64_t beats = std::min(left.beats, edge);
        c_.same("address", left.address, address);
        c_.same("length", beats - 1, length);
        c_.same("4 KiB page of the last byte", address >> 12,
                (address + (length + 1) * s_.beat_bytes - 1) >> 12);
        left = {left.address + beats * s_.beat_bytes, left.beats - beats};
        return beats;
    }

    // After a long life: beats that moved, how many at full speed, whether aborts cut enough off.
    void check_seen(uint64_t beats, uint64_t at_full_speed, bool cut) {
        c_.expect(requests_ > 100, "requests", 101, requests_);
        c_.expect(beats > 1000, "beats moved", 1001, beats);
        if (full_) {
            c_.expect(beats >= at_full_speed, "a beat each cycle", at_full_speed, beats);
        } else {
            c_.expect(aborts_ > 20 && cut, "aborts that cut something off", 21, aborts_);
            c_.expect(errors_ > 20, "error responses", 21, errors_);
        }
    }

  private:
    uint64_t abort_left_ = 0;
};

// A life on a module with one bus that does a request after the other: axi_read and axi_write.
class Transfer : public Life {
  protected:
    using Life::Life;
    Mood address_side_, data_side_;
    Span offer_ = {0, 0};    // the request on the wires; beats 0: none
    Span unissued_ = {0, 0}; // what is left to issue of the accepted request
    uint64_t standing_ = 0;  // beats of the address on the bus, not yet accepted
    bool draining_ = false, pending_error_ = false;

    template <class Model> void drive_request(Model &d, uint64_t least) {
        if (offer_.beats == 0 && (full_ || requester_.willing(random_)))
            offer_ = {random_address(), random_beats(least)};
        d.req_valid = offer_.beats != 0;
        d.req_addr = offer_.address;
        d.req_beats = (uint32_t)offer_.beats;
    }

    bool takes_address(bool valid) {
        return full_ || (address_side_.willing(random_) && (!shy_ || valid));
    }

    // Whether a burst is new on the address channel: of standing_ beats.
    bool check_address(bool valid, bool ready, uint64_t address, uint64_t length) {
        address_.see(c_, "address held until accepted", valid, ready, valid ? address : 0,
                     valid ? length : 0);
        if (!valid || standing_ != 0) return false;
        c_.expect(unissued_.beats > 0, "a burst that no request asked for");
        standing_ = check_burst(unissued_, address, length);
        return true;
    }

    // moves: something but a request is handed over in this cycle.
    template <class Model> void check_request(Model &d, bool idle, bool moves) {
        c_.same("idle", unissued_.beats == 0 && idle, d.idle);
        c_.same("error", pending_error_, d.error);
        c_.same("req_ready", unissued_.beats == 0 && !d.__SYM__abort && !draining_, d.req_ready);
        quiet_ = moves || (d.req_valid && d.req_ready) ? 0 : quiet_ + 1;
        c_.expect(quiet_ < 5000, "cycles without any progress", 0, quiet_);
    }

    template <class Model> void step_request(Model &d) {
        if (d.req_valid && d.req_ready) {
            unissued_ = offer_;
            offer_.beats = 0;
            requests_++;
        }
        if (d.__SYM__abort || draining_) {
            if (d.__SYM__abort && !draining_) aborts_++;
            unissued_.beats = 0;
        }
        draining_ = d.__SYM__abort || (draining_ && !d.idle);
    }

  private:
    Held address_;
    uint64_t quiet_ = 0;
};

// Short lives, a reset wherever each stands, and a long one.
template <template <class> class Side, class Model>
bool lives(const char *name, uint64_t seed, const Shape &shape, uint64_t cycles) {
    Bench<Model> bench;
    for (uint64_t life = 0; life < 8; life++) {
        Side<Model> side(bench, name, seed * 16 + life, shape, false);
        if (!side.live(bench, 50 + 37 * life)) return false;
        bench.reset();
    }
    return Side<Model>(bench, name, seed, shape, false).run(cycles);
}

// A life at full speed.
template <template <class> class Side, class Model>
bool streams(const char *name, uint64_t seed, const Shape &shape) {
    Bench<Model> bench;
    return Side<Model>(bench, name, seed, shape, true).run(20000);
}

#endif
