// SPDX-License-Identifier: Apache-2.0
// sequencer under random commands, banks, weights, room and records: every step exactly once and in
// order, none without its operands and none withheld, each other cycle under the right reason, and
// records whose counts are those seen outside.
#include "tests/rtl/modules/module.h"

#include "Vsequencer_2.h"
#include "Vsequencer_4.h"

#include <deque>

namespace {

struct Shape {
    unsigned ports, words, groups, slots;
};

struct Command {
    unsigned status, row_groups, beats, groups;
    bool load_fails;
};

struct Counts { // in the order of the record
    uint32_t cycles = 0, steps = 0, command = 0, activations = 0, results = 0, weights = 0;
};

template <class Model> class Sequencer {
  public:
    Sequencer(Bench<Model> &bench, const char *name, uint64_t seed, const Shape &shape)
        : bench_(bench), d_(*bench.dut), s_(shape), random_(seed), c_(name, seed) {}

    // Without a look at how much was seen.
    bool live(uint64_t cycles) {
        pass(cycles);
        return c_.ok();
    }

    bool run(uint64_t cycles) {
        pass(cycles);
        c_.expect(steps_ > 2000, "steps", 2001, steps_);
        c_.expect(records_ > 50, "records", 51, records_);
        c_.expect(chunks_ > 50, "chunks", 51, chunks_);
        for (const uint64_t seen : reasons_) c_.expect(seen > 20, "cycles of each kind", 21, seen);
        return c_.ok();
    }

    // Commands of so many rows that every counter of rows carries far.
    bool run_long(uint64_t cycles) {
        long_ = true;
        pass(cycles);
        c_.expect(records_ >= 2, "records", 2, records_);
        return c_.ok();
    }

  private:
    void pass(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok(); c_.cycle++) {
            drive();
            bench_.settle();
            check();
            advance();
            bench_.edge();
        }
    }

    bool long_ = false;
    static constexpr uint64_t starved_ = 100000; // cycles in which a long run has no weights
    Bench<Model> &bench_;
    Model &d_;
    Shape s_;
    Random random_;
    Case c_;
    Mood commands_, loader_, weights_[4], back_, records_mood_;

    bool offered_ = false, busy_ = false;
    Command offer_ = {}, now_ = {};
    std::deque<Command> to_load_;             // accepted or offered later: loaded in this order
    unsigned row_ = 0, beat_ = 0, group_ = 0; // of the next step
    unsigned load_bank_ = 0, bank_ = 0, chunk_bank_ = 0;
    unsigned loaded_ = 0, failed_ = 0; // bit for each bank
    unsigned room_ = 2, filled_ = 0, queue_ = 0;
    bool open_ = false;
    unsigned valid_ = 0; // weights
    Counts counts_;
    uint64_t steps_ = 0, records_ = 0, chunks_ = 0, reasons_[5] = {0, 0, 0, 0, 0};

    Command draw() {
        Command k;
        k.status = random_.chance(15) ? (unsigned)(1 + random_.below(8)) : 0u;
        k.row_groups = (unsigned)(1 + random_.below(random_.chance(50) ? 2 : 3 * s_.slots));
        k.beats = (unsigned)(1 + random_.below(random_.chance(50) ? 2 : s_.words));
        k.groups = (unsigned)(1 + random_.below(s_.groups));
        k.load_fails = random_.chance(5);
        if (!long_) return k;
        k.row_groups = (1u << 16) + (unsigned)random_.below(1u << 16);
        k.beats = k.groups = 1;
        return k;
    }

    void drive() {
        for (Mood *mood : {&commands_, &loader_, &back_, &records_mood_}) mood->tick(random_);
        if (!offered_ && commands_.willing(random_)) {
            offered_ = true;
            offer_ = draw();
            // Activations may be there before the sequencer has taken the command.
            if (offer_.status == TRI_ACCEL_OK) to_load_.push_back(offer_);
        }
        d_.active = 1;
        d_.cmd_valid = offered_;
        d_.cmd_status = (uint8_t)(offered_ ? offer_.status : random_.next());
        d_.cmd_row_groups = offer_.row_groups;
        d_.cmd_beats = (uint8_t)offer_.beats;
        d_.cmd_groups = (uint8_t)offer_.groups;
        const unsigned bit = 1u << load_bank_;
        if (!to_load_.empty() && !((loaded_ | failed_) & bit) && loader_.willing(random_)) {
            (to_load_.front().load_fails ? failed_ : loaded_) |= bit;
            to_load_.pop_front();
            load_bank_ ^= 1;
        }
        d_.bank_loaded = (uint8_t)loaded_;
        d_.bank_failed = (uint8_t)failed_;
        for (unsigned p = 0; p < s_.ports; p++) {
            weights_[p].tick(random_);
            if (long_ ? c_.cycle >= starved_ : weights_[p].willing(random_)) valid_ |= 1u << p;
        }
        d_.weights_valid = (uint8_t)valid_;
        d_.chunk_freed = filled_ > 0 && back_.willing(random_);
        if (queue_ > 0 && records_mood_.willing(random_)) queue_--;
        d_.record_ready = queue_ < 4;
    }

    void check() {
        const bool loaded = busy_ && (loaded_ >> bank_ & 1), room = open_ || room_ > 0;
        const bool weights = valid_ == (1u << s_.ports) - 1;
        // Exactly one of the five, for the first thing that is missing.
        c_.same("wait_command", !busy_, d_.wait_command);
        c_.same("wait_activations", busy_ && !loaded, d_.wait_activations);
        c_.same("wait_results", loaded && !room, d_.wait_results);
        c_.same("wait_weights", loaded && room && !weights, d_.wait_weights);
        c_.same("step", loaded && room && weights, d_.step);
        c_.same("cmd_ready", !busy_ && queue_ < 4, d_.cmd_ready);
        const bool kinds[] = {!busy_, busy_ && !loaded, loaded && !room, loaded && room && !weights,
                              loaded && room && weights};
        for (unsigned i = 0; i < 5; i++) reasons_[i] += kinds[i];
        counts_.cycles++;
        counts_.command += kinds[0];
        counts_.activations += kinds[1];
        counts_.results += kinds[2];
        counts_.weights += kinds[3];
        counts_.steps += kinds[4];

        const bool last_group = group_ + 1 == now_.groups, last_beat = beat_ + 1 == now_.beats;
        const bool last_row = row_ + 1 == now_.row_groups;
        const bool end = last_group && last_beat && last_row;
        if (d_.step) {
            c_.same("step_first", beat_ == 0, d_.step_first);
            c_.same("step_last", last_beat, d_.step_last);
            c_.same("step_end", end, d_.step_end);
            c_.same("step_chunk", chunk_ends(), d_.step_chunk);
            c_.same("step_bank", bank_, d_.step_bank);
            c_.same("step_chunk_bank", chunk_bank_, d_.step_chunk_bank);
            c_.same("step_word", beat_, d_.step_word);
            c_.same("step_group", group_, d_.step_group);
            c_.same("step_slot", row_ % s_.slots, d_.step_slot);
        }
        c_.same("weights_take", d_.step && last_group, d_.weights_take);
        const bool failed = busy_ && (failed_ >> bank_ & 1);
        const bool reject = offered_ && d_.cmd_ready && offer_.status != TRI_ACCEL_OK;
        const bool finish = (d_.step && end) || failed;
        c_.same("record_valid", reject || finish, d_.record_valid);
        c_.same("bank_release", finish ? 1u << bank_ : 0, d_.bank_release);
        if (!d_.record_valid) return;
        c_.same("record_status",
                reject   ? offer_.status
                : failed ? (unsigned)TRI_ACCEL_AXI_ACTIVATION_ERROR
                         : 0,
                d_.record_status);
        const uint32_t wanted[] = {counts_.cycles,      counts_.steps,   counts_.command,
                                   counts_.activations, counts_.results, counts_.weights};
        for (unsigned i = 0; i < 6; i++)
            c_.same("record_counts", wanted[i], bits(d_.record_counts, 32 * i, 32));
        c_.same("counts add up", counts_.cycles,
                counts_.steps + counts_.command + counts_.activations + counts_.results +
                    counts_.weights);
    }

    bool chunk_ends() const {
        return group_ + 1 == now_.groups && beat_ + 1 == now_.beats &&
               (row_ + 1 == now_.row_groups || row_ % s_.slots == s_.slots - 1);
    }

    void advance() {
        const bool accepted = d_.cmd_valid && d_.cmd_ready;
        if (d_.record_valid) {
            counts_ = Counts();
            queue_++;
            records_++;
        }
        if (d_.chunk_freed) {
            room_++;
            filled_--;
        }
        if (d_.step) step();
        loaded_ &= ~(unsigned)d_.bank_release;
        failed_ &= ~(unsigned)d_.bank_release;
        if (d_.bank_release) {
            busy_ = false;
            bank_ ^= 1;
        }
        if (!accepted) return;
        offered_ = false;
        now_ = offer_;
        busy_ = offer_.status == TRI_ACCEL_OK;
        row_ = beat_ = group_ = 0;
    }

    void step() {
        steps_++;
        if (!open_) room_--;
        open_ = !chunk_ends();
        if (!open_) {
            filled_++;
            chunks_++;
            chunk_bank_ ^= 1;
        }
        if (++group_ < now_.groups) return;
        group_ = 0;
        valid_ = 0;
        if (++beat_ < now_.beats) return;
        beat_ = 0;
        row_++;
    }
};

// Short lives, a reset wherever each stands, and a long one.
template <class Model> bool lives(const char *name, uint64_t seed, const Shape &shape) {
    Bench<Model> bench;
    for (uint64_t life = 0; life < 8; life++) {
        if (!Sequencer<Model>(bench, name, seed * 16 + life, shape).live(50 + 37 * life))
            return false;
        bench.reset();
    }
    return Sequencer<Model>(bench, name, seed, shape).run(60000);
}

const Shape small = {2, 8, 4, 4}, flat = {4, 4, 1, 8};

} // namespace

const Test sequencer_tests[] = {
    {"sequencer, 2 ports and 4 token groups: steps, waits and records",
     [](const char *n, uint64_t s) { return lives<Vsequencer_2>(n, s, small); }},
    {"sequencer, 2 ports and 4 token groups: commands of many rows",
     [](const char *n, uint64_t s) {
         Bench<Vsequencer_2> bench;
         return Sequencer<Vsequencer_2>(bench, n, s, small).run_long(500000);
     }},
    {"sequencer, 4 ports and 1 token group: steps, waits and records",
     [](const char *n, uint64_t s) { return lives<Vsequencer_4>(n, s, flat); }},
    {nullptr, nullptr}};
