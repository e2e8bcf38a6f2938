// SPDX-License-Identifier: Apache-2.0
// axi_read against a random memory: the bursts of every request, the data in order, errors, idle,
// room in the FIFO and aborts at any time; and that it streams at full rate across requests.
#include "tests/rtl/stream/bench.h"

#include "Vaxi_read_byte.h"
#include "Vaxi_read_wide.h"

#include <deque>

namespace {

struct Shape {
    uint64_t beat_bytes, burst, depth;
    uint64_t mask() const { return beat_bytes == 8 ? ~0ull : (1ull << (8 * beat_bytes)) - 1; }
};

struct Span {
    uint64_t address, beats;
};

// What the memory answers to one beat: a fixed function of its address.
uint64_t data_at(const Shape &s, uint64_t address) { return word_at(address) & s.mask(); }
bool error_at(uint64_t address) { return word_at(~address) % 11 == 0; }

uint64_t beats_to_edge(const Shape &s, uint64_t address) {
    return s.burst - address / s.beat_bytes % s.burst;
}

template <class Model> class Read {
  public:
    Read(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape, bool full_speed)
        : bench_(bench), d_(*bench.dut), s_(shape), random_(seed), c_(name, seed),
          full_(full_speed), shy_(!full_speed && seed % 2 == 0) {}

    // Without a look at how much was seen.
    bool live(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok() && !bench_.asserted(); c_.cycle++) {
            drive();
            bench_.settle();
            check_address();
            check_output();
            check_rest();
            step();
            bench_.edge();
        }
        return c_.ok() && !bench_.asserted();
    }

    bool run(uint64_t cycles) {
        live(cycles);
        c_.expect(requests_ > 100, "requests", 101, requests_);
        c_.expect(delivered_ > 1000, "beats delivered", 1001, delivered_);
        if (full_) {
            c_.expect(delivered_ > cycles - latency_ - 10, "a beat each cycle",
                      cycles - latency_ - 10, delivered_);
        } else {
            c_.expect(aborts_ > 20 && dropped_ > 100, "aborts that dropped beats", 20, aborts_);
            c_.expect(errors_ > 20, "error responses", 21, errors_);
        }
        return c_.ok() && !bench_.asserted();
    }

  private:
    static constexpr uint64_t latency_ = 20;
    // Verilator renames the port abort, a word of the C library, to __SYM__abort.
    Bench<Model> &bench_;
    Model &d_;
    Shape s_;
    Random random_;
    Case c_;
    bool full_;
    bool shy_; // takes addresses only once it sees one, as AXI allows
    Mood requester_, consumer_, address_side_, data_side_;
    Held ar_, out_;
    Span offer_ = {0, 0};           // the request on the wires; beats 0: none
    Span unissued_ = {0, 0};        // what is left to issue of the accepted request
    std::deque<uint64_t> expected_; // addresses of beats to leave, in order
    struct Beat {
        uint64_t address, due;
        bool last;
    };
    std::deque<Beat> owed_; // accepted by the memory
    uint64_t standing_ = 0; // beats of the address on the bus, not yet accepted
    uint64_t in_fifo_ = 0;  // beats arrived and not yet delivered
    bool draining_ = false, pending_error_ = false, offered_beat_ = false;
    int abort_left_ = 0;
    uint64_t requests_ = 0, delivered_ = 0, aborts_ = 0, dropped_ = 0, errors_ = 0;
    uint64_t quiet_ = 0;

    void drive() {
        requester_.tick(random_);
        consumer_.tick(random_);
        address_side_.tick(random_);
        data_side_.tick(random_);
        if (offer_.beats == 0 && (full_ || requester_.willing(random_))) {
            const uint64_t most = random_.below(8) == 0 ? 8 * s_.burst : 2 * s_.burst;
            offer_.address = (random_.next() >> random_.below(40)) / s_.beat_bytes * s_.beat_bytes;
            offer_.beats = full_ ? 2 + random_.below(6 * s_.burst) : 1 + random_.below(most);
            // The last beat must not pass 2^64: keep clear of the top.
            offer_.address &= ~0ull >> 1;
        }
        d_.req_valid = offer_.beats != 0;
        d_.req_addr = offer_.address;
        d_.req_beats = (uint32_t)offer_.beats;
        d_.out_ready = full_ || consumer_.willing(random_);
        d_.m_axi_arready = full_ || (address_side_.willing(random_) && (!shy_ || d_.m_axi_arvalid));
        if (abort_left_ > 0)
            abort_left_--;
        else if (!full_ && random_.below(400) == 0)
            abort_left_ = 1 + (int)random_.below(40);
        d_.__SYM__abort = abort_left_ > 0;
        const bool due = !owed_.empty() && c_.cycle >= owed_.front().due;
        offered_beat_ = due && (offered_beat_ || full_ || data_side_.willing(random_));
        d_.m_axi_rvalid = offered_beat_;
        d_.m_axi_rdata = offered_beat_ ? data_at(s_, owed_.front().address) : random_.next();
        d_.m_axi_rresp = offered_beat_ ? (error_at(owed_.front().address) ? 2 : 0) : 3;
        d_.m_axi_rlast = offered_beat_ && owed_.front().last;
    }

    void check_address() {
        ar_.see(c_, "address held until accepted", d_.m_axi_arvalid, d_.m_axi_arready,
                d_.m_axi_arvalid ? d_.m_axi_araddr : 0, d_.m_axi_arvalid ? d_.m_axi_arlen : 0);
        if (!d_.m_axi_arvalid || standing_ != 0) return;
        // A new burst: the next of the request, and nothing while aborting.
        const uint64_t edge = beats_to_edge(s_, unissued_.address);
        const uint64_t beats = unissued_.beats < edge ? unissued_.beats : edge;
        c_.expect(unissued_.beats > 0, "a burst that no request asked for");
        c_.same("address", unissued_.address, d_.m_axi_araddr);
        c_.same("length", beats - 1, d_.m_axi_arlen);
        c_.same("4 KiB page of the last byte", d_.m_axi_araddr >> 12,
                (d_.m_axi_araddr + (d_.m_axi_arlen + 1u) * s_.beat_bytes - 1) >> 12);
        standing_ = beats;
        unissued_ = {unissued_.address + beats * s_.beat_bytes, unissued_.beats - beats};
        const uint64_t reserved = in_fifo_ + owed_.size() + standing_;
        c_.expect(reserved <= s_.depth, "room reserved in the FIFO", s_.depth, reserved);
    }

    void check_output() {
        out_.see(c_, "output held while stalled", d_.out_valid, d_.out_ready,
                 d_.out_valid ? d_.out_data : 0, d_.out_valid ? d_.out_error : 0);
        c_.expect(!draining_ || !d_.out_valid, "nothing leaves while draining");
        if (!d_.out_valid) return;
        c_.expect(in_fifo_ > 0 && !expected_.empty(), "a beat that was not read");
        if (expected_.empty()) return;
        c_.same("data", data_at(s_, expected_.front()), d_.out_data);
        c_.same("error of the beat", error_at(expected_.front()), d_.out_error);
    }

    void check_rest() {
        c_.same("rready", 1, d_.m_axi_rready);
        c_.same("idle", unissued_.beats + standing_ + owed_.size() == 0, d_.idle);
        c_.same("error", pending_error_, d_.error);
        c_.same("req_ready", unissued_.beats == 0 && !d_.__SYM__abort && !draining_, d_.req_ready);
        const bool moves = (d_.m_axi_arvalid && d_.m_axi_arready) || d_.m_axi_rvalid ||
                           (d_.out_valid && d_.out_ready) || (d_.req_valid && d_.req_ready);
        quiet_ = moves ? 0 : quiet_ + 1;
        c_.expect(quiet_ < 5000, "cycles without any progress", 0, quiet_);
    }

    void step() {
        const bool was_idle = d_.idle;
        if (d_.out_valid && d_.out_ready && !expected_.empty()) {
            expected_.pop_front();
            in_fifo_--;
            delivered_++;
        }
        pending_error_ = d_.m_axi_rvalid && (d_.m_axi_rresp & 2);
        errors_ += pending_error_;
        if (d_.m_axi_rvalid) {
            owed_.pop_front();
            in_fifo_++;
            offered_beat_ = false;
        }
        if (d_.m_axi_arvalid && d_.m_axi_arready) {
            for (uint64_t i = 0; i < standing_; i++) {
                const uint64_t late = full_ ? 0 : random_.below(30);
                owed_.push_back({d_.m_axi_araddr + i * s_.beat_bytes,
                                 c_.cycle + (full_ ? latency_ : 1 + late), i + 1 == standing_});
            }
            standing_ = 0;
        }
        if (d_.req_valid && d_.req_ready) {
            unissued_ = offer_;
            for (uint64_t i = 0; i < offer_.beats; i++)
                expected_.push_back(offer_.address + i * s_.beat_bytes);
            offer_.beats = 0;
            requests_++;
        }
        if (d_.__SYM__abort || draining_) {
            if (d_.__SYM__abort && !draining_) aborts_++;
            dropped_ += expected_.size();
            unissued_.beats = 0;
            in_fifo_ = 0;
            expected_.clear();
            out_.forget();
        }
        draining_ = d_.__SYM__abort || (draining_ && !was_idle);
    }
};

// A short life, a reset wherever it stands, and a long one.
template <class Model> bool lives(const char *name, uint64_t seed, const Shape &shape) {
    Bench<Model> bench;
    for (uint64_t life = 0; life < 8; life++) {
        if (!Read<Model>(bench, name, seed * 16 + life, shape, false).live(50 + 37 * life))
            return false;
        bench.reset();
    }
    return Read<Model>(bench, name, seed, shape, false).run(40000);
}
bool wide(const char *name, uint64_t seed) {
    return lives<Vaxi_read_wide>(name, seed, {8, 16, 64});
}
bool byte(const char *name, uint64_t seed) { return lives<Vaxi_read_byte>(name, seed, {1, 4, 4}); }
bool streams(const char *name, uint64_t seed) {
    Bench<Vaxi_read_wide> bench;
    return Read<Vaxi_read_wide>(bench, name, seed, {8, 16, 64}, true).run(20000);
}

} // namespace

const Test axi_read_tests[] = {
    {"axi_read reads what was asked, 64-bit beats, with aborts", wide},
    {"axi_read reads what was asked, 8-bit beats, FIFO of one burst", byte},
    {"axi_read streams a beat each cycle across requests", streams},
    {nullptr, nullptr}};
