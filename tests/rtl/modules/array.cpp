// SPDX-License-Identifier: Apache-2.0
// array with steps as the sequencer gives them, with and without gaps: sums, their places and
// times, chunks and flags of every command, against plain arithmetic on driver/codec.c's trits.
#include "tests/rtl/modules/module.h"

#include "Varray_1.h"
#include "Varray_2x2.h"

#include <deque>

extern "C" {
#include "driver/codec.h"
}

namespace {

struct Shape { // as in rtl_tests.mk
    unsigned ports, tokens, groups, slots, k_max;
    tri_encoding encoding;
};

constexpr unsigned beat_bytes = 16, write_after = 6; // cycles from a step to its write

template <class Model> class Array {
  public:
    Array(const char *name, uint64_t seed, const Shape &shape)
        : d_(*bench_.dut), s_(shape), codec_(*tri_codec(shape.encoding)),
          lanes_(beat_bytes * codec_.trits), random_(seed), c_(name, seed),
          acts_(s_.tokens * lanes_), sums_(s_.groups * s_.tokens * s_.ports) {}

    bool run(uint64_t cycles) {
        for (; c_.cycle < cycles && c_.ok(); c_.cycle++) {
            mood_.tick(random_);
            if (random_.below(3000) == 0) reset();
            garbage();
            if (act_due_) put_activations();
            if (groups_ == 0 && random_.chance(70))
                begin();
            else if (groups_ > 0 && mood_.willing(random_))
                step();
            bench_.settle();
            check();
            bench_.edge();
        }
        c_.expect(writes_ > 2000, "results", 2001, writes_);
        c_.expect(ends_ > 100, "commands", 101, ends_);
        return c_.ok();
    }

  private:
    struct Write {
        uint64_t at;
        bool write, chunk, bank, end, corrupt, axi;
        unsigned group, slot;
        std::vector<int64_t> sums;
    };
    Bench<Model> bench_;
    Model &d_;
    Shape s_;
    const struct tri_codec &codec_;
    unsigned lanes_;
    Random random_;
    Case c_;
    Mood mood_;
    // The command: what is left of it, and where it stands.
    unsigned rows_ = 0, beats_ = 0, groups_ = 0, beat_ = 0, group_ = 0, slot_ = 0;
    bool bank_ = false, corrupt_ = false, axi_ = false, extreme_ = false;
    std::vector<uint8_t> taken_; // the beats of this step, port by port
    std::vector<int8_t> acts_;
    std::vector<int64_t> sums_; // [group][token][port]
    bool act_due_ = false, corrupt_due_ = false;
    std::deque<Write> due_;
    uint64_t writes_ = 0, ends_ = 0;

    void reset() {
        d_.step = 0;
        bench_.reset();
        due_.clear();
        groups_ = 0;
        act_due_ = corrupt_due_ = bank_ = false;
    }

    void garbage() {
        d_.step = 0;
        d_.step_first = random_.below(2);
        d_.step_last = random_.below(2);
        d_.step_end = random_.below(2);
        d_.step_chunk = random_.below(2);
        d_.step_chunk_bank = random_.below(2);
        d_.step_group = (uint8_t)random_.below(s_.groups);
        d_.step_slot = (uint8_t)random_.below(s_.slots);
        d_.beat_errors = (uint8_t)random_.below(1u << s_.ports);
        for (unsigned i = 0; i < s_.ports * beat_bytes; i++)
            bytes_of(d_.beats)[i] = (uint8_t)random_.next();
        for (unsigned i = 0; i < s_.tokens * lanes_; i++)
            bytes_of(d_.activations)[i] = (uint8_t)random_.next();
    }

    void begin() {
        const unsigned most = (s_.k_max + lanes_ - 1) / lanes_;
        rows_ = 1 + (unsigned)random_.below(2 * s_.slots + 1);
        beats_ = random_.chance(40) ? 1 : 1 + (unsigned)random_.below(most);
        groups_ = 1 + (unsigned)random_.below(s_.groups);
        extreme_ = random_.chance(20);
        if (extreme_) beats_ = most;
        beat_ = group_ = slot_ = 0;
        corrupt_ = axi_ = false;
    }

    // A beat for each port: valid codes but now and then, or the one that makes sums largest.
    void take() {
        taken_.resize(s_.ports * beat_bytes);
        const bool spoilt = random_.below(40) == 0;
        for (unsigned i = 0; i < taken_.size(); i++) {
            const int8_t wanted = (i / beat_bytes + slot_) % 2 ? 1 : -1;
            for (uint64_t at = random_.below(256);; at++) {
                const uint8_t code = (uint8_t)at;
                if (extreme_ && codec_.valid[code] && !all(code, wanted)) continue;
                if (!codec_.valid[code] && (extreme_ || !spoilt)) continue;
                taken_[i] = code;
                break;
            }
        }
        d_.beat_errors = (uint8_t)(random_.below(60) == 0 ? random_.below(1u << s_.ports) : 0);
    }
    bool all(uint8_t code, int8_t trit) const {
        for (unsigned j = 0; j < codec_.trits; j++)
            if (codec_.decode[code][j] != trit) return false;
        return true;
    }

    void step() {
        // The groups of a beat see the same beat; an error goes with it.
        const unsigned errors = group_ == 0 ? 0 : errors_;
        if (group_ == 0)
            take();
        else
            d_.beat_errors = (uint8_t)errors;
        errors_ = d_.beat_errors;
        memcpy(bytes_of(d_.beats), taken_.data(), taken_.size());
        const bool last = beat_ + 1 == beats_, last_group = group_ + 1 == groups_;
        const bool end = last && last_group && rows_ == 1;
        const bool chunk = last && last_group && (rows_ == 1 || slot_ + 1 == s_.slots);
        d_.step = 1;
        d_.step_first = beat_ == 0;
        d_.step_last = last;
        d_.step_end = end;
        d_.step_chunk = chunk;
        d_.step_chunk_bank = bank_;
        d_.step_group = (uint8_t)group_;
        d_.step_slot = (uint8_t)slot_;
        for (int8_t &act : acts_) act = (int8_t)(extreme_ ? -128 : (int)random_.below(256) - 128);
        add();
        bool bad = false;
        for (const uint8_t code : taken_) bad = bad || !codec_.valid[code];
        corrupt_ = corrupt_ || bad;
        axi_ = axi_ || errors_ != 0;
        const auto *from = sums_.data() + group_ * s_.tokens * s_.ports;
        due_.push_back({c_.cycle + write_after, last, chunk, bank_, end, corrupt_, axi_, group_,
                        slot_, std::vector<int64_t>(from, from + s_.tokens * s_.ports)});
        corrupt_now_ = bad;
        if (chunk) bank_ = !bank_;
        group_ = last_group ? 0 : group_ + 1;
        if (last_group) beat_ = last ? 0 : beat_ + 1;
        if (last && last_group) {
            slot_ = (slot_ + 1) % s_.slots;
            rows_--;
        }
        if (end) groups_ = 0;
    }
    unsigned errors_ = 0;
    bool corrupt_now_ = false;

    void add() {
        for (unsigned t = 0; t < s_.tokens; t++)
            for (unsigned p = 0; p < s_.ports; p++) {
                int64_t &sum = sums_[(group_ * s_.tokens + t) * s_.ports + p];
                if (beat_ == 0) sum = 0;
                for (unsigned i = 0; i < lanes_; i++)
                    sum +=
                        acts_[t * lanes_ + i] *
                        codec_.decode[taken_[p * beat_bytes + i / codec_.trits]][i % codec_.trits];
            }
    }

    void put_activations() {
        memcpy(bytes_of(d_.activations), acts_before_.data(), acts_before_.size());
    }
    std::vector<int8_t> acts_before_;

    void check() {
        c_.same("corrupt, a cycle after the step", corrupt_due_, d_.corrupt);
        corrupt_due_ = d_.step && corrupt_now_;
        act_due_ = d_.step;
        acts_before_ = acts_;
        const bool now = !due_.empty() && due_.front().at == c_.cycle;
        const Write w = now ? due_.front() : Write();
        if (now) due_.pop_front();
        c_.same("result_write", w.write, d_.result_write);
        c_.same("chunk_filled", w.chunk, d_.chunk_filled);
        c_.same("flags_valid", w.end, d_.flags_valid);
        if (w.end) {
            c_.same("flags_corrupt", w.corrupt, d_.flags_corrupt);
            c_.same("flags_axi", w.axi, d_.flags_axi);
            ends_++;
        }
        if (!w.write) return;
        c_.same("bank", w.bank, d_.result_bank);
        c_.same("group", w.group, d_.result_group);
        c_.same("slot", w.slot, d_.result_slot);
        for (unsigned i = 0; i < w.sums.size(); i++)
            c_.same("sum", (uint32_t)w.sums[i], bits(d_.result_data, 32 * i, 32));
        writes_++;
    }
};

const Shape four = {2, 2, 2, 4, 1000, TRI_B3}, one = {1, 1, 1, 2, 500, TRI_B2};

} // namespace

const Test array_tests[] = {
    {"array of 2 ports, 2 tokens, 2 groups: sums, chunks and flags",
     [](const char *n, uint64_t s) { return Array<Varray_2x2>(n, s, four).run(30000); }},
    {"array of 1: sums, chunks and flags",
     [](const char *n, uint64_t s) { return Array<Varray_1>(n, s, one).run(60000); }},
    {nullptr, nullptr}};
