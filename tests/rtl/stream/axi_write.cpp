// SPDX-License-Identifier: Apache-2.0
// axi_write against a random memory: the bursts of every request, the beats in order, wlast,
// responses, the limit of outstanding bursts and aborts at any time; and that it streams.
#include "tests/rtl/stream/bench.h"

#include "Vaxi_write_byte.h"
#include "Vaxi_write_wide.h"

#include <deque>

namespace {

struct Shape {
    uint64_t beat_bytes, burst, outstanding;
    uint64_t mask() const { return beat_bytes == 8 ? ~0ull : (1ull << (8 * beat_bytes)) - 1; }
    uint64_t strobes() const { return (1u << beat_bytes) - 1; }
};

struct Span {
    uint64_t address, beats;
};

template <class Model> class Write {
  public:
    Write(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape, bool full_speed)
        : bench_(bench), d_(*bench.dut), s_(shape), random_(seed), c_(name, seed),
          full_(full_speed), shy_(!full_speed && seed % 2 == 0) {}

    // Without a look at how much was seen.
    bool live(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok() && !bench_.asserted(); c_.cycle++) {
            drive();
            bench_.settle();
            check_address();
            check_beat();
            check_rest();
            step();
            bench_.edge();
        }
        return c_.ok() && !bench_.asserted();
    }

    bool run(uint64_t cycles) {
        live(cycles);
        c_.expect(requests_ > 100, "requests", 101, requests_);
        c_.expect(written_ > 1000, "beats written", 1001, written_);
        if (full_) {
            c_.expect(written_ >= cycles - start_, "a beat each cycle", cycles - start_, written_);
        } else {
            c_.expect(aborts_ > 20 && blanks_ > 20, "aborts that left bursts to fill", 20, aborts_);
            c_.expect(errors_ > 20, "error responses", 21, errors_);
            c_.expect(at_limit_ > 10, "cycles at the limit of outstanding bursts", 11, at_limit_);
        }
        return c_.ok() && !bench_.asserted();
    }

  private:
    // Verilator renames the port abort, a word of the C library, to __SYM__abort.
    static constexpr uint64_t start_ = 5; // cycles from reset to the first beat on the bus
    Bench<Model> &bench_;
    Model &d_;
    Shape s_;
    Random random_;
    Case c_;
    bool full_;
    bool shy_; // takes addresses only once it sees one, as AXI allows
    Mood requester_, producer_, address_side_, data_side_, response_side_;
    Held aw_, w_;
    Span offer_ = {0, 0}, unissued_ = {0, 0};
    struct Beat {
        uint64_t data, strobes;
    };
    Beat word_ = {0, 0};
    bool offered_ = false, offered_response_ = false;
    std::deque<Beat> taken_;       // accepted from the stream, not yet seen on the bus
    std::deque<uint64_t> lengths_; // bursts issued whose last beat was not yet accepted
    uint64_t position_ = 0;        // beats of the front burst accepted so far
    bool standing_ = false;        // an address is on the bus, not yet accepted
    uint64_t addresses_ = 0, ends_ = 0, responses_ = 0, issued_ = 0;
    bool draining_ = false, pending_error_ = false;
    int abort_left_ = 0;
    uint64_t fresh_ = 0, younger_ = 0; // of them issued in this cycle, in the one before
    bool stalled_ = false;             // the bus did not take a beat in the cycle before
    uint64_t credit_ = 0;              // beats of issued bursts not yet taken or blanked
    uint64_t requests_ = 0, written_ = 0, aborts_ = 0, blanks_ = 0, errors_ = 0, at_limit_ = 0;
    uint64_t quiet_ = 0;

    void drive() {
        requester_.tick(random_);
        producer_.tick(random_);
        address_side_.tick(random_);
        data_side_.tick(random_);
        response_side_.tick(random_);
        if (offer_.beats == 0 && (full_ || requester_.willing(random_))) {
            const uint64_t most = random_.below(8) == 0 ? 8 * s_.burst : 2 * s_.burst;
            offer_.address = (random_.next() >> random_.below(40)) / s_.beat_bytes * s_.beat_bytes;
            offer_.beats =
                full_ ? 2 * s_.burst + random_.below(6 * s_.burst) : 1 + random_.below(most);
            offer_.address &= ~0ull >> 1;
        }
        d_.req_valid = offer_.beats != 0;
        d_.req_addr = offer_.address;
        d_.req_beats = (uint32_t)offer_.beats;
        if (!offered_ && (full_ || producer_.willing(random_))) {
            offered_ = true;
            // Strobes are never all low, so that a blank beat is told from a written one.
            word_ = {random_.next() & s_.mask(), 1 + random_.below(s_.strobes())};
        }
        d_.in_valid = offered_;
        d_.in_data = word_.data;
        d_.in_strb = word_.strobes;
        d_.m_axi_awready = full_ || (address_side_.willing(random_) && (!shy_ || d_.m_axi_awvalid));
        d_.m_axi_wready = full_ || data_side_.willing(random_);
        if (abort_left_ > 0)
            abort_left_--;
        else if (!full_ && random_.below(400) == 0)
            abort_left_ = 1 + (int)random_.below(40);
        d_.__SYM__abort = abort_left_ > 0;
        const bool due = responses_ < addresses_ && responses_ < ends_;
        offered_response_ = due && (offered_response_ || full_ || response_side_.willing(random_));
        d_.m_axi_bvalid = offered_response_;
        d_.m_axi_bresp = offered_response_ ? (word_at(responses_) % 7 == 0 ? 2 : 0) : 3;
    }

    void check_address() {
        aw_.see(c_, "address held until accepted", d_.m_axi_awvalid, d_.m_axi_awready,
                d_.m_axi_awvalid ? d_.m_axi_awaddr : 0, d_.m_axi_awvalid ? d_.m_axi_awlen : 0);
        if (!d_.m_axi_awvalid || standing_) return;
        const uint64_t edge = s_.burst - unissued_.address / s_.beat_bytes % s_.burst;
        const uint64_t beats = unissued_.beats < edge ? unissued_.beats : edge;
        c_.expect(unissued_.beats > 0, "a burst that no request asked for");
        c_.same("address", unissued_.address, d_.m_axi_awaddr);
        c_.same("length", beats - 1, d_.m_axi_awlen);
        c_.same("4 KiB page of the last byte", d_.m_axi_awaddr >> 12,
                (d_.m_axi_awaddr + (d_.m_axi_awlen + 1u) * s_.beat_bytes - 1) >> 12);
        unissued_ = {unissued_.address + beats * s_.beat_bytes, unissued_.beats - beats};
        lengths_.push_back(beats);
        standing_ = true;
        credit_ += beats;
        fresh_ += beats;
        issued_++;
    }

    void check_beat() {
        w_.see(c_, "beat held until accepted", d_.m_axi_wvalid, d_.m_axi_wready,
               d_.m_axi_wvalid ? d_.m_axi_wdata : 0,
               d_.m_axi_wvalid ? (uint64_t)d_.m_axi_wstrb << 1 | d_.m_axi_wlast : 0);
        if (!d_.m_axi_wvalid) return;
        c_.expect(!lengths_.empty(), "a beat without a burst");
        if (lengths_.empty()) return;
        c_.same("wlast", position_ + 1 == lengths_.front(), d_.m_axi_wlast);
        if (taken_.empty()) {
            c_.expect(draining_, "a beat that the stream did not give");
            c_.same("strobes of a blank beat", 0, d_.m_axi_wstrb);
        } else {
            c_.same("data", taken_.front().data, d_.m_axi_wdata);
            c_.same("strobes", taken_.front().strobes, d_.m_axi_wstrb);
        }
    }

    void check_rest() {
        c_.same("bready", 1, d_.m_axi_bready);
        c_.same("idle", unissued_.beats == 0 && issued_ == responses_, d_.idle);
        c_.same("error", pending_error_, d_.error);
        c_.same("req_ready", unissued_.beats == 0 && !d_.__SYM__abort && !draining_, d_.req_ready);
        c_.expect(issued_ - responses_ <= s_.outstanding, "bursts outstanding", s_.outstanding,
                  issued_ - responses_);
        at_limit_ += issued_ - responses_ == s_.outstanding;
        c_.expect(!d_.in_ready || (!d_.__SYM__abort && !draining_),
                  "nothing is taken while aborting");
        c_.expect(!d_.in_ready || credit_ > 0, "nothing is taken beyond the bursts issued");
        // No bubble: two cycles after a burst's address appeared its beats are wanted.
        if (credit_ > fresh_ + younger_ && !stalled_ && !d_.__SYM__abort && !draining_)
            c_.expect(d_.in_ready, "a beat is taken as soon as it may be");
        const bool moves = (d_.m_axi_awvalid && d_.m_axi_awready) || d_.m_axi_bvalid ||
                           (d_.m_axi_wvalid && d_.m_axi_wready) || (d_.in_valid && d_.in_ready) ||
                           (d_.req_valid && d_.req_ready);
        quiet_ = moves ? 0 : quiet_ + 1;
        c_.expect(quiet_ < 5000, "cycles without any progress", 0, quiet_);
    }

    void step() {
        younger_ = fresh_;
        fresh_ = 0;
        stalled_ = d_.m_axi_wvalid && !d_.m_axi_wready;
        const bool was_idle = d_.idle;
        pending_error_ = d_.m_axi_bvalid && (d_.m_axi_bresp & 2);
        errors_ += pending_error_;
        if (d_.m_axi_bvalid) {
            responses_++;
            offered_response_ = false;
        }
        if (d_.m_axi_wvalid && d_.m_axi_wready && !lengths_.empty()) {
            if (taken_.empty()) {
                blanks_++;
                credit_--;
            } else {
                taken_.pop_front();
                written_++;
            }
            if (++position_ == lengths_.front()) {
                lengths_.pop_front();
                position_ = 0;
                ends_++;
            }
        }
        if (d_.in_valid && d_.in_ready) {
            taken_.push_back(word_);
            offered_ = false;
            credit_--;
        }
        if (d_.m_axi_awvalid && d_.m_axi_awready) {
            standing_ = false;
            addresses_++;
        }
        if (d_.req_valid && d_.req_ready) {
            unissued_ = offer_;
            offer_.beats = 0;
            requests_++;
        }
        if (d_.__SYM__abort || draining_) {
            if (d_.__SYM__abort && !draining_) aborts_++;
            unissued_.beats = 0;
        }
        draining_ = d_.__SYM__abort || (draining_ && !was_idle);
    }
};

// A short life, a reset wherever it stands, and a long one.
template <class Model> bool lives(const char *name, uint64_t seed, const Shape &shape) {
    Bench<Model> bench;
    for (uint64_t life = 0; life < 8; life++) {
        if (!Write<Model>(bench, name, seed * 16 + life, shape, false).live(50 + 37 * life))
            return false;
        bench.reset();
    }
    return Write<Model>(bench, name, seed, shape, false).run(40000);
}
bool wide(const char *name, uint64_t seed) {
    return lives<Vaxi_write_wide>(name, seed, {8, 16, 16});
}
bool byte(const char *name, uint64_t seed) { return lives<Vaxi_write_byte>(name, seed, {1, 4, 2}); }
bool streams(const char *name, uint64_t seed) {
    Bench<Vaxi_write_wide> bench;
    return Write<Vaxi_write_wide>(bench, name, seed, {8, 16, 16}, true).run(20000);
}

} // namespace

const Test axi_write_tests[] = {
    {"axi_write writes what was asked, 64-bit beats, with aborts", wide},
    {"axi_write writes what was asked, 8-bit beats, 2 bursts outstanding", byte},
    {"axi_write streams a beat each cycle across requests", streams},
    {nullptr, nullptr}};
