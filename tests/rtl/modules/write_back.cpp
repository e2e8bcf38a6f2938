// SPDX-License-Identifier: Apache-2.0
// write_back between a result buffer, records and a random writer: every result at its place and
// nothing else written, completions in order and only after the results were answered, error
// answers and the watchdog as statuses.
#include "tests/rtl/modules/module.h"

#include "Vwrite_back_128.h"
#include "Vwrite_back_256.h"
#include "Vwrite_back_512.h"

#include <deque>
#include <unordered_map>

namespace {

constexpr unsigned rows_of_chunk = 64;

struct Shape {
    unsigned beat_bits, tokens, groups;
};

struct Command {
    unsigned status; // of the front
    uint32_t tag, rows, tokens, stride, number;
    uint64_t result;
    unsigned record; // status of the record
    bool corrupt, axi;
    uint32_t counts[6];
    unsigned chunks_left; // not yet filled
};

uint32_t sum_of(uint32_t number, uint32_t token, uint32_t row) {
    return (uint32_t)word_at((uint64_t)number << 40 | (uint64_t)token << 32 | row);
}

template <class Model> class Back {
  public:
    Back(const char *name, uint64_t seed, const Shape &shape)
        : d_(*bench_.dut), s_(shape), bytes_(shape.beat_bits / 8), random_(seed), c_(name, seed) {
        reset();
    }

    bool run(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok() && !bench_.asserted(); c_.cycle++) {
            drive();
            bench_.settle();
            check();
            bench_.edge();
            if (restart_) reset();
        }
        c_.expect(finished_ > 100, "commands", 101, finished_);
        c_.expect(results_bad_ > 3 && completions_bad_ > 3, "error answers", 4, results_bad_);
        c_.expect(expired_ > 3, "commands ended by the watchdog", 4, expired_);
        return c_.ok() && !bench_.asserted();
    }

    // One command of the most rows there may be (half of them with the next seed, and so on), all
    // willing: every bit of what counts its chunks.
    bool run_longest(uint32_t rows) {
        longest_ = rows;
        for (c_.cycle = 0; finished_ == 0 && c_.cycle < rows && c_.ok(); c_.cycle++) {
            drive();
            bench_.settle();
            check();
            bench_.edge();
        }
        c_.same("the command ends", 1, finished_);
        return c_.ok() && !bench_.asserted();
    }

  private:
    Bench<Model> bench_;
    Model &d_;
    Shape s_;
    unsigned bytes_;
    Random random_;
    Case c_;
    Mood requests_, sink_, array_, answers_;
    uint64_t list_ = 0;
    uint32_t longest_ = 0; // 0: all kinds of commands

    std::deque<Command> to_back_, filling_, records_; // not yet taken, filled, recorded
    bool flags_up_ = false, hangs_ = false, restart_ = false;
    struct Bank {
        uint32_t number, first; // whose rows
    } bank_[2] = {};
    unsigned fill_bank_ = 0, filled_ = 0;
    struct Read {
        bool valid;
        uint32_t number, token, row;
    } read_ = {};

    Command now_ = {};
    bool taken_ = false, recorded_ = false, completing_ = false;
    struct Request { // of the writer: beats still to come; answered in order when none is left
        uint64_t at, left;
    };
    std::deque<Request> requests_in_;
    bool results_answer_bad_ = false, completion_answer_bad_ = false, error_due_ = false;
    // Written since the command, or its completion, began.
    std::unordered_map<uint64_t, uint8_t> memory_;
    uint32_t numbers_ = 0, done_in_run_ = 0;
    uint64_t finished_ = 0, results_bad_ = 0, completions_bad_ = 0, expired_ = 0;

    void reset() {
        list_ = random_.next() & ~63ull;
        d_.rst_n = 0;
        d_.cmd_valid = d_.record_valid = d_.flags_valid = d_.chunk_filled = d_.expired = 0;
        d_.req_ready = d_.out_ready = d_.write_error = 0;
        d_.write_idle = 1;
        bench_.settle();
        bench_.edge();
        d_.rst_n = 1;
        to_back_.clear();
        filling_.clear();
        records_.clear();
        requests_in_.clear();
        flags_up_ = hangs_ = restart_ = taken_ = error_due_ = read_.valid = false;
        fill_bank_ = filled_ = done_in_run_ = 0;
    }

    Command draw() {
        static const uint64_t corners[] = {1, 2, 3, 16, 63, 64, 65, 128, 129};
        Command k = {};
        k.number = numbers_++;
        k.tag = (uint32_t)random_.next();
        k.rows = (uint32_t)(random_.chance(50) ? pick(random_, corners) : 1 + random_.below(200));
        k.tokens = (uint32_t)(1 + random_.below(s_.tokens * s_.groups));
        k.stride = (uint32_t)((k.rows * 4 + 63) / 64 * 64 + 64 * random_.below(3));
        if (random_.chance(30)) k.stride = (uint32_t)random_.next() | 0x40000000u; // far apart
        k.stride &= ~63u;
        // Anywhere, but so that all tokens' rows stay below 2^64, as the front makes sure.
        k.result = random_.next() & (random_.chance(50) ? 0xfffffdffffffffc0ull : 0xffffffffc0ull);
        k.status = random_.chance(15) ? (unsigned)(1 + random_.below(8)) : (unsigned)TRI_ACCEL_OK;
        k.record = k.status;
        if (k.status == TRI_ACCEL_OK && random_.chance(4))
            k.record = TRI_ACCEL_AXI_ACTIVATION_ERROR;
        if (longest_) {
            k.rows = longest_;
            k.stride = 4 * longest_;
            k.tokens = 1;
            k.status = k.record = TRI_ACCEL_OK;
        }
        k.corrupt = random_.chance(15);
        k.axi = random_.chance(8);
        for (uint32_t &count : k.counts) count = (uint32_t)random_.next();
        k.chunks_left = k.record == TRI_ACCEL_OK ? chunks(k) : 0;
        return k;
    }
    static uint32_t chunks(const Command &k) {
        return (k.rows + rows_of_chunk - 1) / rows_of_chunk;
    }

    void drive() {
        if (!longest_)
            for (Mood *mood : {&requests_, &sink_, &array_, &answers_}) mood->tick(random_);
        if (to_back_.size() < 3 && filling_.size() < 3 && random_.chance(20)) {
            to_back_.push_back(draw());
            filling_.push_back(to_back_.back());
        }
        d_.cmd_valid = !to_back_.empty();
        if (d_.cmd_valid) {
            const Command &k = to_back_.front();
            d_.cmd_status = (uint8_t)k.status;
            d_.cmd_tag = k.tag;
            d_.cmd_rows = k.rows;
            d_.cmd_tokens = (uint8_t)k.tokens;
            d_.cmd_result = k.result;
            d_.cmd_stride = k.stride;
            d_.cmd_completion = place();
        }
        fill();
        d_.record_valid = !records_.empty();
        d_.flags_valid = flags_up_;
        if (!records_.empty()) {
            const Command &k = records_.front();
            d_.record_status = (uint8_t)k.record;
            for (unsigned i = 0; i < 6; i++) set_bits(d_.record_counts, 32 * i, 32, k.counts[i]);
            d_.flags_corrupt = k.corrupt;
            d_.flags_axi = k.axi;
        }
        d_.expired = d_.expired || (hangs_ && random_.chance(5));
        // Data stands on the wires from its read to the next.
        for (unsigned i = 0; i < s_.beat_bits / 32; i++)
            set_bits(d_.read_data, 32 * i, 32,
                     read_.valid ? sum_of(read_.number, read_.token, read_.row + i) : 0xdeadbeef);
        answer();
        d_.req_ready = requests_in_.size() < 4 && requests_.willing(random_);
        d_.out_ready = beats_wanted() && sink_.willing(random_);
        d_.write_idle = requests_in_.empty();
        d_.write_error = error_due_;
        error_due_ = false;
    }

    Request *beats_wanted() {
        for (Request &request : requests_in_)
            if (request.left > 0) return &request;
        return nullptr;
    }

    void answer() {
        if (requests_in_.empty() || requests_in_.front().left > 0 || !answers_.willing(random_))
            return;
        requests_in_.pop_front();
        error_due_ = !longest_ && random_.chance(2);
        (completing_ ? completion_answer_bad_ : results_answer_bad_) |= error_due_;
    }

    // The array's side: one chunk after the other while a bank is free, then record and flags.
    void fill() {
        d_.chunk_filled = 0;
        if (!records_.empty() && records_.front().record == TRI_ACCEL_OK && random_.chance(30))
            flags_up_ = true;
        if (hangs_ || filling_.empty() || !array_.willing(random_)) return;
        if (!longest_ && random_.below(1000) == 0) {
            hangs_ = true; // nothing more comes: the watchdog must end it
            return;
        }
        Command &k = filling_.front();
        if (k.chunks_left == 0) {
            if (!records_.empty()) return;
            records_.push_back(k);
            filling_.pop_front();
        } else if (filled_ < 2) {
            bank_[fill_bank_] = {k.number, (chunks(k) - k.chunks_left) * rows_of_chunk};
            fill_bank_ ^= 1;
            filled_++;
            k.chunks_left--;
            d_.chunk_filled = 1;
        }
    }

    void check() {
        if (d_.cmd_valid && !taken_) take();
        c_.same("a command leaves when it is complete", d_.completed, d_.cmd_ready);
        if (d_.record_valid && d_.record_ready) {
            c_.expect(taken_ && records_.front().number == now_.number, "the record is its own");
            c_.same("flags leave with the record", now_.record == TRI_ACCEL_OK, d_.flags_ready);
            recorded_ = true;
            records_.pop_front();
            flags_up_ = false;
        } else {
            c_.same("flags do not leave alone", 0, d_.flags_ready);
        }
        if (d_.read) {
            c_.expect(filled_ > (unsigned)d_.chunk_filled, "only a full bank is read");
            const Bank &bank = bank_[d_.read_bank];
            read_ = {true, bank.number, (uint32_t)(d_.read_group * s_.tokens + d_.read_lane),
                     bank.first + d_.read_beat * (s_.beat_bits / 32)};
        }
        if (d_.chunk_freed) filled_--;
        if (d_.out_valid && d_.out_ready) beat(*beats_wanted());
        if (d_.completed) completed();
        if (d_.req_valid && d_.req_ready) request();
    }

    void take() {
        now_ = to_back_.front();
        taken_ = true;
        recorded_ = completing_ = results_answer_bad_ = completion_answer_bad_ = false;
        memory_.clear();
    }

    uint64_t place() const { return list_ + 32ull * done_in_run_; }

    void request() {
        c_.expect(taken_ && !completing_, "writes belong to a command");
        c_.same("whole beats", 0, d_.req_addr % bytes_);
        if (d_.req_addr == place() / bytes_ * bytes_) {
            c_.expect(requests_in_.empty(),
                      "results are answered before the completion is written");
            c_.expect(recorded_ || d_.expired, "a completion needs a record or the watchdog");
            if (recorded_ && now_.record == TRI_ACCEL_OK) check_results();
            memory_.clear();
            completing_ = true;
        }
        requests_in_.push_back({d_.req_addr, d_.req_beats});
    }

    void beat(Request &request) {
        for (unsigned i = 0; i < bytes_; i++) {
            if (!bits(d_.out_strb, i, 1)) continue;
            c_.expect(!memory_.count(request.at + i), "no byte is written twice");
            memory_[request.at + i] = bytes_of(d_.out_data)[i];
        }
        request.at += bytes_;
        request.left--;
    }

    uint32_t word(uint64_t address) {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; i++) {
            c_.expect(memory_.count(address + i), "a byte that must be written");
            value |= (uint32_t)memory_[address + i] << 8 * i;
        }
        return value;
    }

    void check_results() {
        for (uint32_t t = 0; t < now_.tokens; t++)
            for (uint32_t m = 0; m < now_.rows && c_.ok(); m++)
                c_.same("result", sum_of(now_.number, t, m),
                        word(now_.result + (uint64_t)t * now_.stride + 4ull * m));
        c_.same("bytes written", 4ull * now_.rows * now_.tokens, memory_.size());
    }

    void completed() {
        c_.expect(completing_ && requests_in_.empty(),
                  "completed when the completion was answered");
        unsigned status = now_.record;
        if (status == TRI_ACCEL_OK && now_.corrupt) status = TRI_ACCEL_CORRUPT_WEIGHTS;
        if (now_.record == TRI_ACCEL_OK && now_.axi) status = TRI_ACCEL_AXI_WEIGHT_ERROR;
        if (!recorded_) status = TRI_ACCEL_WATCHDOG;
        if (results_answer_bad_) status = TRI_ACCEL_AXI_RESULT_ERROR;
        c_.same("tag", now_.tag, word(place()));
        c_.same("status", status, word(place() + 4));
        for (unsigned i = 0; i < 6; i++)
            c_.same("counts", recorded_ ? now_.counts[i] : 0, word(place() + 8 + 4 * i));
        c_.same("bytes of a completion", 32, memory_.size());
        c_.same("completed_status", status, d_.completed_status);
        c_.same("completed_bad", completion_answer_bad_, d_.completed_bad);
        finished_++;
        done_in_run_++;
        results_bad_ += results_answer_bad_;
        completions_bad_ += completion_answer_bad_;
        expired_ += !recorded_;
        taken_ = false;
        to_back_.pop_front();
        // A status that stops ends the run, and a run ends with a reset.
        restart_ = tri_accel_status_stops(status) || completion_answer_bad_;
    }
};

const Shape narrow = {128, 1, 2}, exact = {256, 2, 2}, wide = {512, 4, 1};

} // namespace

const Test write_back_tests[] = {
    {"write_back of 128 bits: results, completions, errors and watchdog",
     [](const char *n, uint64_t s) { return Back<Vwrite_back_128>(n, s, narrow).run(60000); }},
    {"write_back of 256 bits: results, completions, errors and watchdog",
     [](const char *n, uint64_t s) { return Back<Vwrite_back_256>(n, s, exact).run(60000); }},
    {"write_back of 512 bits: results, completions, errors and watchdog",
     [](const char *n, uint64_t s) { return Back<Vwrite_back_512>(n, s, wide).run(60000); }},
    {"write_back of 256 bits: a command of 1048576 rows",
     [](const char *n, uint64_t s) {
         return Back<Vwrite_back_256>(n, s, exact).run_longest(1048576u >> (s - 1) % 4);
     }},
    {nullptr, nullptr}};
