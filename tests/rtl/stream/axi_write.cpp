// SPDX-License-Identifier: Apache-2.0
// axi_write against a random memory: the bursts of every request, the beats in order, wlast,
// responses, the limit of outstanding bursts and aborts at any time; and that it streams.
#include "tests/rtl/stream/life.h"

#include "Vaxi_write_byte.h"
#include "Vaxi_write_wide.h"

#include <deque>

namespace {

template <class Model> class Write : public Transfer {
  public:
    Write(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape, bool full)
        : Transfer(name, seed, shape, full), bench_(bench), d_(*bench.dut) {}

    bool run(uint64_t cycles) {
        live(bench_, cycles);
        check_seen(written_, cycles - start_, blanks_ > 20);
        if (!full_)
            c_.expect(at_limit_ > 10, "cycles at the limit of outstanding bursts", 11, at_limit_);
        return c_.ok();
    }

  private:
    static constexpr uint64_t start_ = 5; // cycles from reset to the first beat on the bus
    Bench<Model> &bench_;
    Model &d_;
    Mood producer_, response_side_;
    Held w_;
    struct Beat {
        uint64_t data, strobes;
    };
    Beat word_ = {0, 0};
    bool offered_ = false, offered_response_ = false;
    std::deque<Beat> taken_;       // accepted from the stream, not yet seen on the bus
    std::deque<uint64_t> lengths_; // bursts issued whose last beat was not yet accepted
    uint64_t position_ = 0;        // beats of the front burst accepted so far
    uint64_t addresses_ = 0, ends_ = 0, responses_ = 0, issued_ = 0;
    uint64_t credit_ = 0;              // beats of issued bursts not yet taken or blanked
    uint64_t fresh_ = 0, younger_ = 0; // of them issued in this cycle, in the one before
    bool stalled_ = false;             // the bus did not take a beat in the cycle before
    uint64_t written_ = 0, blanks_ = 0, at_limit_ = 0;

    void drive() override {
        requester_.tick(random_);
        producer_.tick(random_);
        address_side_.tick(random_);
        data_side_.tick(random_);
        response_side_.tick(random_);
        drive_request(d_, 2 * s_.burst);
        if (!offered_ && (full_ || producer_.willing(random_))) {
            offered_ = true;
            // Strobes are never all low, so that a blank beat is told from a written one.
            word_ = {random_.next() & s_.mask(), 1 + random_.below((1u << s_.beat_bytes) - 1)};
        }
        d_.in_valid = offered_;
        d_.in_data = word_.data;
        d_.in_strb = word_.strobes;
        d_.m_axi_awready = takes_address(d_.m_axi_awvalid);
        d_.m_axi_wready = full_ || data_side_.willing(random_);
        d_.__SYM__abort = random_abort(false);
        const bool due = responses_ < addresses_ && responses_ < ends_;
        offered_response_ = due && (offered_response_ || full_ || response_side_.willing(random_));
        d_.m_axi_bvalid = offered_response_;
        d_.m_axi_bresp = offered_response_ ? (word_at(responses_) % 7 == 0 ? 2 : 0) : 3;
    }

    void check() override {
        if (check_address(d_.m_axi_awvalid, d_.m_axi_awready, d_.m_axi_awaddr, d_.m_axi_awlen)) {
            lengths_.push_back(standing_);
            credit_ += standing_;
            fresh_ += standing_;
            issued_++;
        }
        check_beat();
        check_rest();
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
        const uint64_t outstanding = issued_ - responses_;
        c_.expect(outstanding <= s_.limit, "bursts outstanding", s_.limit, outstanding);
        at_limit_ += outstanding == s_.limit;
        c_.expect(!d_.in_ready || (!d_.__SYM__abort && !draining_),
                  "nothing is taken while aborting");
        c_.expect(!d_.in_ready || credit_ > 0, "nothing is taken beyond the bursts issued");
        // No bubble: two cycles after a burst's address appeared its beats are wanted.
        if (credit_ > fresh_ + younger_ && !stalled_ && !d_.__SYM__abort && !draining_)
            c_.expect(d_.in_ready, "a beat is taken as soon as it may be");
        check_request(d_, outstanding == 0,
                      (d_.m_axi_awvalid && d_.m_axi_awready) || d_.m_axi_bvalid ||
                          (d_.m_axi_wvalid && d_.m_axi_wready) || (d_.in_valid && d_.in_ready));
    }

    void step() override {
        younger_ = fresh_;
        fresh_ = 0;
        stalled_ = d_.m_axi_wvalid && !d_.m_axi_wready;
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
            standing_ = 0;
            addresses_++;
        }
        step_request(d_);
    }
};

const Shape wide = {8, 16, 16}, byte = {1, 4, 2};

} // namespace

const Test axi_write_tests[] = {
    {"axi_write writes what was asked, 64-bit beats, with aborts",
     [](const char *name, uint64_t seed) {
         return lives<Write, Vaxi_write_wide>(name, seed, wide, 40000);
     }},
    {"axi_write writes what was asked, 8-bit beats, 2 bursts outstanding",
     [](const char *name, uint64_t seed) {
         return lives<Write, Vaxi_write_byte>(name, seed, byte, 40000);
     }},
    {"axi_write streams a beat each cycle across requests",
     [](const char *name, uint64_t seed) {
         return streams<Write, Vaxi_write_wide>(name, seed, wide);
     }},
    {nullptr, nullptr}};
