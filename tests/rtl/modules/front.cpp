// SPDX-License-Identifier: Apache-2.0
// front between random memory, weight readers, array and back end: the status of every command,
// good or bad, what is requested for it and nothing else, and every activation beat in its place of
// a bank that was free.
#include "tests/rtl/modules/module.h"

#include "Vfront_1.h"
#include "Vfront_16.h"
#include "Vfront_4.h"

#include <deque>

namespace {

struct Shape { // as in rtl_tests.mk
    unsigned ports, tokens, sub, words, groups;
    Limits limits;
};

template <class Model> class Front {
  public:
    Front(const char *name, uint64_t seed, const Shape &shape)
        : d_(*bench_.dut), s_(shape), bytes_(shape.limits.beat_bytes), random_(seed),
          c_(name, seed) {
        begin();
    }

    bool run(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok(); c_.cycle++) {
            drive();
            bench_.settle();
            check();
            const uint64_t given = d_.arg_read ? argument(d_.arg_word) : 0;
            bench_.edge();
            d_.arg_data = given;
            d_.start = 0;
            quiet_ = taken_ == expected_count() && loads_.empty() && known_ ? quiet_ + 1 : 0;
            if (quiet_ > 60) end();
        }
        c_.expect(lists_ > 10, "lists", 11, lists_);
        for (unsigned status = 0; status <= TRI_ACCEL_BAD_ADDRESS; status++)
            c_.expect(seen_[status] > 0, "commands of each status", status, 0);
        c_.expect(seen_[TRI_ACCEL_AXI_COMMAND_ERROR] > 0, "fetch errors");
        c_.expect(failed_loads_ > 0, "failed loads");
        c_.expect(bad_lists_ > 0, "bad lists");
        return c_.ok();
    }

  private:
    Bench<Model> bench_;
    Model &d_;
    Shape s_;
    unsigned bytes_;
    Random random_;
    Case c_;
    Mood request_mood_, data_mood_, weight_mood_, command_mood_, release_mood_;

    uint64_t base_ = 0, completions_ = 0; // of the lists
    bool known_ = false;                  // list_ok or list_bad was seen
    uint64_t bad_lists_ = 0;
    Bases bases_;
    std::vector<tri_command> list_;
    std::vector<uint32_t> status_; // what each command must have
    size_t fetched_ = 0, taken_ = 0;
    size_t fetch_error_at_ = 0; // this command's fetch fails
    std::deque<size_t> wreqs_;  // good commands whose weights are still to be asked for
    uint64_t put_[16] = {};     // addresses put for the next request, and beats
    uint64_t put_beats_[16] = {};
    struct Load {
        size_t command;
        uint32_t requested, received, beat;
        bool failed;
    };
    std::deque<Load> loads_; // good commands handed on whose activations are not complete
    struct Beat {
        uint64_t due;
        bool command, error;
        uint8_t data[64];
    };
    std::deque<Beat> owed_;
    unsigned bank_ = 0, release_ = 0, full_ = 0, bad_ = 0; // next banks; loaded and failed ones
    bool in_up_ = false;
    Held command_held_;
    uint64_t latency_ = 1;
    uint64_t quiet_ = 0, lists_ = 0, failed_loads_ = 0, seen_[32] = {};

    size_t expected_count() const {
        if (bad_list()) return 0;
        return fetch_error_at_ < list_.size() ? fetch_error_at_ + 1 : list_.size();
    }
    // The arguments, as control gives them.
    uint64_t argument(unsigned word) const {
        if (word == TRI_REG_COMMANDS / 4) return base_;
        if (word == TRI_REG_COUNT / 4) return list_.size();
        if (word == TRI_REG_COMPLETIONS / 4) return completions_;
        if (word == TRI_REG_DATA / 4) return bases_.data;
        for (unsigned p = 0; p < s_.ports; p++)
            if (word == (TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE) / 4)
                return bases_.weights[p];
        return 0xdeadbeefdeadbeefull;
    }
    // What is wrong with the list's arguments, if anything.
    bool bad_list() const {
        uint64_t low = base_ | completions_ | bases_.data;
        for (const uint64_t weights : bases_.weights) low |= weights;
        const unsigned __int128 n = list_.size();
        return low % 64 != 0 || (base_ + n * 64) >> 64 || (completions_ + n * 32) >> 64;
    }

    tri_command draw() {
        const Limits &l = s_.limits;
        const uint64_t columns[] = {1,
                                    l.weights_of_beat - 1,
                                    l.weights_of_beat,
                                    l.weights_of_beat + 1,
                                    bytes_,
                                    bytes_ + 1,
                                    l.k_max};
        const uint64_t rows[] = {1, s_.ports, s_.ports + 1, 64, 65, 1048576};
        tri_command k = {};
        k.opcode = TRI_OP_MATMUL;
        k.tag = (uint32_t)random_.next();
        k.rows = (uint32_t)(random_.chance(50) ? pick(random_, rows) : 1 + random_.below(1048576));
        k.columns =
            (uint32_t)(random_.chance(60) ? pick(random_, columns) : 1 + random_.below(l.k_max));
        k.tokens = (uint32_t)(random_.chance(60) ? 1 + random_.below(s_.tokens)
                                                 : 1 + random_.below(l.t_max));
        if (k.columns > 2000 && k.tokens > 4) k.tokens = 4; // time
        k.weight_offset = random_.next() >> random_.below(40) & ~63ull;
        k.activation_offset = random_.next() >> random_.below(40) & ~63ull;
        k.result_offset = random_.next() >> random_.below(40) & ~63ull;
        k.activation_stride = (uint32_t)(ceil_div(k.columns, 64) * 64 + 64 * random_.below(3));
        k.result_stride = (uint32_t)(ceil_div(4ull * k.rows, 64) * 64 + 64 * random_.below(3));
        if (random_.chance(5)) k.activation_stride = 0xffffffc0u;
        if (random_.chance(5)) k.result_stride = 0xffffffc0u;
        if (random_.chance(40)) spoil(k, (uint32_t)(1 + random_.below(8)), l, random_);
        if (random_.chance(3)) randomize(k, 512, random_);
        if (random_.chance(6)) to_the_end(k);
        return k;
    }

    // Ends exactly at 2^64, or 64 bytes before, which is the last good place.
    void to_the_end(tri_command &k) {
        const uint64_t gap = random_.chance(50) ? 64 : 0;
        const uint64_t more = k.tokens - 1;
        k.weight_offset = k.activation_offset = k.result_offset = 0;
        switch (random_.below(3)) {
        case 0:
            k.weight_offset = 0 - bases_.weights[random_.below(s_.ports)] - gap -
                              ceil_div(matrix_beats(k, s_.limits, s_.ports) * bytes_, 64) * 64;
            break;
        case 1:
            k.activation_offset =
                0 - bases_.data - gap - more * k.activation_stride - ceil_div(k.columns, 64) * 64;
            break;
        default:
            k.result_offset =
                0 - bases_.data - gap - more * k.result_stride - ceil_div(4ull * k.rows, 64) * 64;
        }
    }

    void begin() {
        auto base = [&] { return ((random_.next() >> (1 + random_.below(30))) & ~63ull) + 64; };
        base_ = random_.next() & ~63ull;
        completions_ = random_.next() & ~63ull;
        known_ = false;
        bases_.data = base();
        bases_.weights.clear();
        for (unsigned p = 0; p < s_.ports; p++) bases_.weights.push_back(base());
        list_.clear();
        status_.clear();
        for (uint64_t n = random_.below(8); n > 0; n--) list_.push_back(draw());
        fetch_error_at_ = random_.chance(20) && !list_.empty() ? random_.below(list_.size()) : 8;
        for (size_t i = 0; i < list_.size(); i++)
            status_.push_back(i == fetch_error_at_
                                  ? (uint32_t)TRI_ACCEL_AXI_COMMAND_ERROR
                                  : status_of_command(list_[i], s_.limits, bases_));
        spoil_list();
        d_.rst_n = 0;
        d_.start = 0;
        d_.in_valid = d_.req_ready = d_.cmd_ready = d_.bank_release = 0;
        d_.wreq_ready = 0;
        d_.arg_data = 0;
        bench_.settle();
        bench_.edge();
        d_.rst_n = 1;
        d_.count = (uint32_t)list_.size();
        d_.start = 1;
        fetched_ = taken_ = 0;
        loads_.clear();
        owed_.clear();
        wreqs_.clear();
        bank_ = release_ = full_ = bad_ = 0;
        in_up_ = false;
        command_held_.forget();
        latency_ = 1 + random_.below(60);
        quiet_ = 0;
    }

    // An argument that is not aligned; a list that ends at 2^64, or just before, which is good.
    void spoil_list() {
        const uint64_t odd = 1 + random_.below(63), gap = random_.chance(50) ? 64 : 0;
        if (random_.chance(80)) return;
        switch (random_.below(6)) {
        case 0: base_ += odd; break;
        case 1: completions_ += odd; break;
        case 2: bases_.data += odd; break;
        case 3: bases_.weights[random_.below(s_.ports)] += odd; break;
        case 4: base_ = 0 - 64 * (uint64_t)list_.size() - gap; break;
        default: completions_ = (0 - 32 * (uint64_t)list_.size() - gap) & ~63ull;
        }
    }

    void end() {
        lists_++;
        begin();
    }

    void drive() {
        for (Mood *mood : {&request_mood_, &data_mood_, &command_mood_, &release_mood_})
            mood->tick(random_);
        d_.req_ready = request_mood_.willing(random_);
        d_.cmd_ready = command_mood_.willing(random_);
        in_up_ = in_up_ ||
                 (!owed_.empty() && owed_.front().due <= c_.cycle && data_mood_.willing(random_));
        d_.in_valid = in_up_;
        if (in_up_) {
            memcpy(bytes_of(d_.in_data), owed_.front().data, bytes_);
            d_.in_error = owed_.front().error;
        } else {
            randomize(d_.in_data, 8 * bytes_, random_);
            d_.in_error = random_.chance(50);
        }
        weight_mood_.tick(random_);
        // As weight_read does it: ready until a request is taken.
        d_.wreq_ready = (d_.wreq_ready && wreqs_.empty()) || weight_mood_.willing(random_);
        wreqs_.clear();
        const unsigned oldest = 1u << release_;
        d_.bank_release =
            (uint8_t)((full_ | bad_) & oldest && release_mood_.willing(random_) ? oldest : 0);
    }

    void check() {
        c_.same("bank_loaded", full_, d_.bank_loaded);
        c_.same("bank_failed", bad_, d_.bank_failed);
        command_held_.see(c_, "the command stays until it is taken", d_.cmd_valid, d_.cmd_ready,
                          d_.cmd_status, d_.cmd_tag);
        list();
        weights();
        if (d_.bank_release) {
            full_ &= ~(unsigned)d_.bank_release;
            bad_ &= ~(unsigned)d_.bank_release;
            release_ ^= 1;
        }
        if (d_.in_valid && d_.in_ready)
            receive();
        else
            c_.same("act_write without data", 0, d_.act_write);
        if (d_.req_valid && d_.req_ready) request();
        if (d_.cmd_valid && d_.cmd_ready) hand_on();
    }

    void weights() {
        if (d_.wput) {
            put_[d_.wput_port] = d_.wput_addr;
            put_beats_[d_.wput_port] = d_.wput_beats;
        }
        if (!d_.wreq_valid) return;
        c_.expect(d_.cmd_valid && d_.cmd_ready && !d_.wput, "weights are asked for at hand-on");
        c_.same("weights are asked for good commands only", TRI_ACCEL_OK, d_.cmd_status);
        if (!c_.ok() || !d_.wreq_ready) return;
        wreqs_.push_back(taken_);
        const tri_command &k = list_[taken_];
        for (unsigned p = 0; p < s_.ports; p++) {
            c_.same("wput_addr", bases_.weights[p] + k.weight_offset, put_[p]);
            c_.same("wput_beats", matrix_beats(k, s_.limits, s_.ports), put_beats_[p]);
        }
    }

    // list_ok or list_bad, once, before anything is asked for.
    void list() {
        if (!known_) c_.expect(!d_.req_valid && !d_.cmd_valid, "nothing before the list is known");
        if (!d_.list_ok && !d_.list_bad) return;
        c_.expect(!known_ && d_.list_ok != d_.list_bad, "one of list_ok and list_bad, once");
        c_.same("list_bad", bad_list(), d_.list_bad);
        bad_lists_ += d_.list_bad;
        known_ = true;
    }

    void request() {
        if (!loads_.empty() && loads_.front().requested < list_[loads_.front().command].tokens) {
            Load &load = loads_.front();
            const tri_command &k = list_[load.command];
            c_.same("activation address",
                    bases_.data + k.activation_offset +
                        (uint64_t)load.requested * k.activation_stride,
                    d_.req_addr);
            c_.same("activation beats", ceil_div(k.columns, bytes_), d_.req_beats);
            load.requested++;
        } else {
            c_.expect(fetched_ < expected_count(), "nothing is fetched past the list or an error");
            c_.same("command address", base_ + 64 * fetched_, d_.req_addr);
            c_.same("command beats", 64 / bytes_, d_.req_beats);
            if (!c_.ok()) return;
            owe_command();
            return;
        }
        for (uint64_t i = 0; i < d_.req_beats && c_.ok(); i++) {
            Beat beat = {};
            for (unsigned j = 0; j < bytes_; j += 8) {
                const uint64_t word = word_at(d_.req_addr + i * bytes_ + j);
                memcpy(beat.data + j, &word, 8);
            }
            beat.error = random_.below(200) == 0;
            owe(beat);
        }
    }

    void owe_command() {
        const bool fails = fetched_ == fetch_error_at_;
        const uint64_t beats = 64 / bytes_, at = random_.below(beats);
        for (uint64_t i = 0; i < beats; i++) {
            Beat beat = {};
            memcpy(beat.data, (const uint8_t *)&list_[fetched_] + i * bytes_, bytes_);
            beat.command = true;
            beat.error = fails && (i == at || random_.chance(20));
            owe(beat);
        }
        fetched_++;
    }

    void owe(Beat &beat) {
        beat.due = c_.cycle + 1 + random_.below(latency_);
        if (!owed_.empty() && owed_.back().due > beat.due) beat.due = owed_.back().due;
        owed_.push_back(beat);
    }

    void receive() {
        const Beat beat = owed_.front();
        owed_.pop_front();
        in_up_ = false;
        c_.same("act_write for activations only", !beat.command, d_.act_write);
        if (beat.command || !c_.ok()) return;
        Load &load = loads_.front();
        const tri_command &k = list_[load.command];
        c_.expect(!((full_ | bad_ | d_.bank_release) >> bank_ & 1), "the bank is free");
        const uint32_t t = load.received;
        c_.same("act_addr", (bank_ * s_.groups + t / s_.tokens) * s_.words + load.beat / s_.sub,
                d_.act_addr);
        c_.same("act_lane", t % s_.tokens, d_.act_lane);
        c_.same("act_sub", load.beat % s_.sub, d_.act_sub);
        c_.same("act_data", 0, (uint64_t)memcmp(bytes_of(d_.act_data), beat.data, bytes_) & 1);
        load.failed = load.failed || beat.error;
        if (++load.beat < ceil_div(k.columns, bytes_)) return;
        load.beat = 0;
        if (++load.received < k.tokens) return;
        (load.failed ? bad_ : full_) |= 1u << bank_;
        failed_loads_ += load.failed;
        bank_ ^= 1;
        loads_.pop_front();
    }

    void hand_on() {
        c_.expect(taken_ < fetched_, "a command is handed on once");
        if (!c_.ok()) return;
        const tri_command &k = list_[taken_];
        const uint32_t status = status_[taken_];
        c_.same("completion address", completions_ + 32 * taken_, d_.cmd_completion);
        c_.same("status", status, d_.cmd_status);
        seen_[status]++;
        c_.same("tag", status == TRI_ACCEL_AXI_COMMAND_ERROR ? 0xffffffffu : k.tag, d_.cmd_tag);
        if (status == TRI_ACCEL_OK) {
            c_.same("rows", k.rows, d_.cmd_rows);
            c_.same("row groups", ceil_div(k.rows, s_.ports), d_.cmd_row_groups);
            c_.same("beats of a row", ceil_div(k.columns, s_.limits.weights_of_beat), d_.cmd_beats);
            c_.same("tokens", k.tokens, d_.cmd_tokens);
            c_.same("token groups", ceil_div(k.tokens, s_.tokens), d_.cmd_groups);
            c_.same("result address", bases_.data + k.result_offset, d_.cmd_result);
            c_.same("result stride", k.result_stride, d_.cmd_stride);
            c_.same("weights asked for with the command", 1, wreqs_.size());
            loads_.push_back({taken_, 0, 0, 0, false});
        }
        taken_++;
    }
};

const Shape four = {4, 1, 5, 128, 8, {6912, 8, 16, 80}};
const Shape one = {1, 4, 4, 4, 2, {1024, 8, 64, 256}};
const Shape sixteen = {16, 8, 5, 256, 8, {23040, 64, 32, 160}};

} // namespace

const Test front_tests[] = {
    {"front, 4 ports of 128 bits: statuses, requests and activations",
     [](const char *n, uint64_t s) { return Front<Vfront_4>(n, s, four).run(150000); }},
    {"front, 1 port of 512 bits, 4 tokens: statuses, requests and activations",
     [](const char *n, uint64_t s) { return Front<Vfront_1>(n, s, one).run(100000); }},
    {"front, 16 ports of 256 bits, 8 tokens: statuses, requests and activations",
     [](const char *n, uint64_t s) { return Front<Vfront_16>(n, s, sixteen).run(150000); }},
    {nullptr, nullptr}};
