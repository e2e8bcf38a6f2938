// SPDX-License-Identifier: Apache-2.0
// axi_read against a random memory: the bursts of every request, the data in order, errors, idle,
// room in the FIFO and aborts at any time; and that it streams at full rate across requests.
#include "tests/rtl/stream/life.h"

#include "Vaxi_read_byte.h"
#include "Vaxi_read_wide.h"

#include <deque>

namespace {

// What the memory answers to one beat: a fixed function of its address.
uint64_t data_at(const Shape &s, uint64_t address) { return word_at(address) & s.mask(); }
bool error_at(uint64_t address) { return word_at(~address) % 11 == 0; }

template <class Model> class Read : public Transfer {
  public:
    Read(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape, bool full)
        : Transfer(name, seed, shape, full), bench_(bench), d_(*bench.dut) {}

    bool run(uint64_t cycles) {
        live(bench_, cycles);
        check_seen(delivered_, cycles - latency_ - 9, dropped_ > 100);
        return c_.ok();
    }

  private:
    static constexpr uint64_t latency_ = 20;
    Bench<Model> &bench_;
    Model &d_;
    Mood consumer_;
    Held out_;
    std::deque<uint64_t> expected_; // addresses of beats to leave, in order
    struct Beat {
        uint64_t address, due;
        bool last;
    };
    std::deque<Beat> owed_; // accepted by the memory
    uint64_t in_fifo_ = 0;  // beats arrived and not yet delivered
    bool offered_beat_ = false;
    uint64_t delivered_ = 0, dropped_ = 0;

    void drive() override {
        requester_.tick(random_);
        consumer_.tick(random_);
        address_side_.tick(random_);
        data_side_.tick(random_);
        drive_request(d_, 2);
        d_.out_ready = full_ || consumer_.willing(random_);
        d_.m_axi_arready = takes_address(d_.m_axi_arvalid);
        d_.__SYM__abort = random_abort(false);
        const bool due = !owed_.empty() && c_.cycle >= owed_.front().due;
        offered_beat_ = due && (offered_beat_ || full_ || data_side_.willing(random_));
        d_.m_axi_rvalid = offered_beat_;
        d_.m_axi_rdata = offered_beat_ ? data_at(s_, owed_.front().address) : random_.next();
        d_.m_axi_rresp = offered_beat_ ? (error_at(owed_.front().address) ? 2 : 0) : 3;
        d_.m_axi_rlast = offered_beat_ && owed_.front().last;
    }

    void check() override {
        if (check_address(d_.m_axi_arvalid, d_.m_axi_arready, d_.m_axi_araddr, d_.m_axi_arlen)) {
            const uint64_t reserved = in_fifo_ + owed_.size() + standing_;
            c_.expect(reserved <= s_.limit, "room reserved in the FIFO", s_.limit, reserved);
        }
        check_output();
        c_.same("rready", 1, d_.m_axi_rready);
        check_request(d_, standing_ + owed_.size() == 0,
                      (d_.m_axi_arvalid && d_.m_axi_arready) || d_.m_axi_rvalid ||
                          (d_.out_valid && d_.out_ready));
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

    void step() override {
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
        if (d_.req_valid && d_.req_ready)
            for (uint64_t i = 0; i < offer_.beats; i++)
                expected_.push_back(offer_.address + i * s_.beat_bytes);
        if (d_.__SYM__abort || draining_) {
            dropped_ += expected_.size();
            in_fifo_ = 0;
            expected_.clear();
            out_.forget();
        }
        step_request(d_);
    }
};

const Shape wide = {8, 16, 64}, byte = {1, 4, 4};

} // namespace

const Test axi_read_tests[] = {{"axi_read reads what was asked, 64-bit beats, with aborts",
                                [](const char *name, uint64_t seed) {
                                    return lives<Read, Vaxi_read_wide>(name, seed, wide, 40000);
                                }},
                               {"axi_read reads what was asked, 8-bit beats, FIFO of one burst",
                                [](const char *name, uint64_t seed) {
                                    return lives<Read, Vaxi_read_byte>(name, seed, byte, 40000);
                                }},
                               {"axi_read streams a beat each cycle across requests",
                                [](const char *name, uint64_t seed) {
                                    return streams<Read, Vaxi_read_wide>(name, seed, wide);
                                }},
                               {nullptr, nullptr}};
