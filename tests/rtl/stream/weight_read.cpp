// SPDX-License-Identifier: Apache-2.0
// weight_read against a random memory behind each port: the bursts of every job and when they must
// come, two jobs waiting, room in the FIFOs, beats of all ports together and in order, errors, idle
// and aborts at any time; and that it streams at full rate across jobs.
#include "tests/rtl/stream/life.h"

#include "Vweight_read_2.h"
#include "Vweight_read_4.h"
#include "Vweight_read_page.h"

#include <deque>
#include <type_traits>
#include <vector>

namespace {

// Bits of a port of the model, at most 64: a number or an array of 32-bit words.
template <class Bits> uint64_t get(Bits &bits, uint64_t low, uint64_t count) {
    const uint64_t mask = count == 64 ? ~0ull : (1ull << count) - 1;
    if constexpr (std::is_integral_v<Bits>)
        return (uint64_t)bits >> low & mask;
    else
        return ((uint64_t)bits[low / 32] >> low % 32 |
                (count > 32 ? (uint64_t)bits[low / 32 + 1] << 32 : 0)) &
               mask;
}
template <class Bits> void set(Bits &bits, uint64_t low, uint64_t count, uint64_t value) {
    for (uint64_t at = 0; at < count; at += count < 32 ? count : 32) {
        const uint64_t mask = count < 32 ? (1ull << count) - 1 : 0xffffffffull;
        if constexpr (std::is_integral_v<Bits>)
            bits = (Bits)((bits & ~(mask << (low + at))) | (value >> at & mask) << (low + at));
        else
            bits[(low + at) / 32] =
                (uint32_t)((bits[(low + at) / 32] & ~(mask << (low + at) % 32)) |
                           (value >> at & mask) << (low + at) % 32);
    }
}

// What the memory of a port holds in the word at an address, and where it answers with an error.
uint64_t data_at(uint64_t port, uint64_t address) { return word_at(address + (port << 56)); }
bool error_at(uint64_t port, uint64_t address) { return data_at(port, ~address) % 31 == 0; }

template <class Model> class Weights : public Life {
  public:
    Weights(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape, bool full)
        : Life(name, seed, shape, full), bench_(bench), d_(*bench.dut), ports_(shape.ports) {
        offer();
    }

    bool run(uint64_t cycles) {
        live(bench_, cycles);
        check_seen(delivered_, cycles - latency_ - 39, dropped_ > 100);
        c_.expect(queued_ > 50, "jobs requested while another waits", 51, queued_);
        return c_.ok();
    }

  private:
    static constexpr uint64_t latency_ = 20;
    struct Beat {
        uint64_t address, due;
        bool last;
    };
    struct Port {
        Mood address_side, data_side;
        Held ar;
        std::deque<Span> jobs;       // what is left to issue of the requested ones
        uint64_t standing = 0;       // beats of the address on the bus, not yet accepted
        std::deque<Beat> owed;       // accepted by the memory
        std::deque<uint64_t> stored; // addresses of the beats in the FIFO
        uint64_t leaving = 0;        // of the beat at the output
        uint64_t could = 0;          // cycles without a break in which a burst could be issued
        bool offered = false, error = false, to_put = false;
        uint64_t put = 0; // address
    };
    Bench<Model> &bench_;
    Model &d_;
    std::vector<Port> ports_;
    Mood consumer_;
    Held out_;
    uint64_t beats_ = 0;                        // of the job that is put and requested next
    bool leaving_ = false, unfinished_ = false; // unfinished_: an abort that must be held
    uint64_t delivered_ = 0, queued_ = 0, dropped_ = 0;

    uint64_t used(const Port &q) const { return q.standing + q.owed.size() + q.stored.size(); }
    bool aborting() const { return d_.__SYM__abort; }

    void offer() {
        beats_ = random_beats(2 * s_.burst);
        // Too long to end: an abort does.
        if (!full_ && random_.below(100) == 0) beats_ += 1ull << (8 + random_.below(24));
        for (Port &q : ports_) {
            q.put = random_address();
            q.to_put = true;
        }
    }

    void drive() override {
        requester_.tick(random_);
        consumer_.tick(random_);
        d_.__SYM__abort = random_abort(unfinished_);
        d_.req_valid = d_.put = 0;
        bench_.settle();
        drive_request();
        d_.out_ready = full_ || consumer_.willing(random_);
        for (uint64_t p = 0; p < s_.ports; p++) drive_memory(p, ports_[p]);
    }

    void drive_request() {
        d_.put_port = (uint8_t)random_.below(s_.ports);
        d_.put_addr = random_.next();
        d_.put_beats = (uint32_t)random_.next();
        d_.req_valid = aborting() && random_.chance(50); // must not be taken
        if (!d_.req_ready || !(full_ || requester_.willing(random_))) return;
        uint64_t left = 0;
        for (const Port &q : ports_) left += q.to_put;
        if (left == 0) {
            d_.req_valid = 1;
            return;
        }
        while (!ports_[d_.put_port].to_put) d_.put_port = (uint8_t)((d_.put_port + 1u) % s_.ports);
        d_.put = 1;
        d_.put_addr = ports_[d_.put_port].put;
        d_.put_beats = (uint32_t)beats_;
    }

    void drive_memory(uint64_t p, Port &q) {
        q.address_side.tick(random_);
        q.data_side.tick(random_);
        const bool takes =
            q.address_side.willing(random_) && (!shy_ || get(d_.m_axi_arvalid, p, 1));
        set(d_.m_axi_arready, p, 1, full_ || takes);
        const bool due = !q.owed.empty() && c_.cycle >= q.owed.front().due;
        q.offered = due && (q.offered || full_ || q.data_side.willing(random_));
        const uint64_t address = q.offered ? q.owed.front().address : 0;
        set(d_.m_axi_rvalid, p, 1, q.offered);
        for (uint64_t at = 0; at < s_.beat_bytes; at += word())
            set(d_.m_axi_rdata, 8 * (p * s_.beat_bytes + at), 8 * word(),
                data_at(p, q.offered ? address + at : c_.cycle));
        set(d_.m_axi_rresp, 2 * p, 2, q.offered ? (error_at(p, address) ? 2 : 0) : 3);
        set(d_.m_axi_rlast, p, 1, q.offered && q.owed.front().last);
    }
    uint64_t word() const { return s_.beat_bytes < 8 ? s_.beat_bytes : 8; }

    void check() override {
        for (uint64_t p = 0; p < s_.ports; p++) check_address(p);
        check_output();
        check_rest();
    }

    void check_address(uint64_t p) {
        Port &q = ports_[p];
        const bool valid = get(d_.m_axi_arvalid, p, 1);
        const uint64_t address = get(d_.m_axi_araddr, 64 * p, 64);
        const uint64_t length = get(d_.m_axi_arlen, 8 * p, 8);
        q.ar.see(c_, "address held until accepted", valid, get(d_.m_axi_arready, p, 1),
                 valid ? address : 0, valid ? length : 0);
        if (!valid || q.standing != 0) {
            c_.expect(q.could < 2 * s_.ports, "a burst each time round", 2 * s_.ports - 1, q.could);
            return;
        }
        // A new burst: the next of the job, with room for a whole one, and nothing while aborting.
        c_.expect(!q.jobs.empty(), "a burst that no job asked for");
        c_.expect(q.could > 0, "a burst that had no room");
        if (!c_.ok()) return;
        q.standing = check_burst(q.jobs.front(), address, length);
        q.could = 0;
        if (q.jobs.front().beats == 0) q.jobs.pop_front();
        c_.expect(used(q) <= s_.limit, "room reserved in the FIFO", s_.limit, used(q));
    }

    void check_output() {
        out_.see(c_, "output held while stalled", d_.out_valid, d_.out_ready,
                 d_.out_valid ? get(d_.out_data, 0, 8 * word()) : 0,
                 d_.out_valid ? d_.out_error : 0);
        c_.same("out_valid", leaving_, d_.out_valid);
        if (!leaving_) return;
        const uint64_t mask = ~0ull >> (64 - 8 * word());
        for (uint64_t p = 0; p < s_.ports; p++) {
            const uint64_t address = ports_[p].leaving;
            for (uint64_t at = 0; at < s_.beat_bytes; at += word())
                c_.same("data", data_at(p, address + at) & mask,
                        get(d_.out_data, 8 * (p * s_.beat_bytes + at), 8 * word()));
            c_.same("error of the beat", error_at(p, address), get(d_.out_error, p, 1));
        }
    }

    void check_rest() {
        bool nothing = true, room = true;
        for (uint64_t p = 0; p < s_.ports; p++) {
            const Port &q = ports_[p];
            nothing &= q.jobs.empty() && q.standing + q.owed.size() == 0;
            room &= q.jobs.size() < 2;
            c_.same("error", q.error, get(d_.error, p, 1));
            c_.same("rready", 1, get(d_.m_axi_rready, p, 1));
        }
        c_.same("idle", nothing, d_.idle);
        c_.same("req_ready", room && !aborting(), d_.req_ready);
    }

    void step() override {
        bool all = true; // FIFOs hold a beat
        for (const Port &q : ports_) all &= !q.stored.empty();
        delivered_ += d_.out_valid && d_.out_ready;
        const bool moves = d_.out_ready || !leaving_;
        for (uint64_t p = 0; p < s_.ports; p++) step_port(p, ports_[p], all && moves);
        if (moves) leaving_ = all;
        if (d_.put) ports_[d_.put_port].to_put = false;
        if (d_.req_valid && d_.req_ready) {
            for (Port &q : ports_) {
                queued_ += !q.jobs.empty();
                q.jobs.push_back({q.put, beats_});
            }
            requests_++;
            offer();
        }
        unfinished_ = aborting() && !d_.idle;
        if (aborting()) stop();
    }

    void step_port(uint64_t p, Port &q, bool read) {
        const bool valid = get(d_.m_axi_arvalid, p, 1), ready = get(d_.m_axi_arready, p, 1);
        const bool can =
            !q.jobs.empty() && (!valid || ready) && used(q) <= s_.limit - s_.burst && !aborting();
        q.could = can ? q.could + 1 : 0;
        if (read) {
            q.leaving = q.stored.front();
            q.stored.pop_front();
        }
        q.error = q.offered && error_at(p, q.owed.front().address);
        errors_ += q.error;
        if (q.offered) {
            q.stored.push_back(q.owed.front().address);
            q.owed.pop_front();
            q.offered = false;
        }
        if (!valid || !ready) return;
        const uint64_t address = get(d_.m_axi_araddr, 64 * p, 64);
        for (uint64_t i = 0; i < q.standing; i++) {
            const uint64_t late = full_ ? latency_ : 1 + random_.below(30);
            q.owed.push_back({address + i * s_.beat_bytes, c_.cycle + late, i + 1 == q.standing});
        }
        q.standing = 0;
    }

    // Jobs, FIFOs and what is put are gone; what was asked for still arrives.
    void stop() {
        bool some = leaving_;
        for (Port &q : ports_) {
            dropped_ += q.stored.size();
            some |= !q.jobs.empty();
            q.jobs.clear();
            q.stored.clear();
        }
        aborts_ += some;
        leaving_ = false;
        out_.forget();
        offer();
    }
};

const Shape four = {8, 16, 64, 4};
bool of_4(const char *name, uint64_t seed) {
    return lives<Weights, Vweight_read_4>(name, seed, four, 40000);
}
bool of_2(const char *name, uint64_t seed) {
    return lives<Weights, Vweight_read_2>(name, seed, {2, 4, 4, 2}, 100000);
}
bool page(const char *name, uint64_t seed) {
    return lives<Weights, Vweight_read_page>(name, seed, {64, 64, 128, 1}, 40000);
}
bool race(const char *name, uint64_t seed) {
    return streams<Weights, Vweight_read_4>(name, seed, four);
}

} // namespace

const Test weight_read_tests[] = {
    {"weight_read of 4 ports reads each port's jobs, with aborts", of_4},
    {"weight_read of 2 ports, 16-bit beats, FIFOs of one burst", of_2},
    {"weight_read of one port, 512-bit beats, bursts of 4 KiB", page},
    {"weight_read streams a beat of each port each cycle across jobs", race},
    {nullptr, nullptr}};
