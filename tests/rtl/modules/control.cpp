// SPDX-License-Identifier: Apache-2.0
// control as an AXI4-Lite slave: random skew between all five channels, byte strobes, every
// register of rtl/accel.yaml and the gaps between them, ap_ctrl_hs and interrupts, against a
// register model.
#include "tests/rtl/modules/module.h"

#include "Vcontrol_16.h"
#include "Vcontrol_2.h"

#include <map>

namespace {

struct Parameters { // as in rtl_tests.mk
    unsigned ports, beat_bits, encoding, tokens, k_max, t_max, prefetch;
    uint64_t hash;
};

constexpr uint32_t counters_at = TRI_REG_CYCLES_ACTIVE, counter_words = 18;
constexpr unsigned filled_after = 140; // cycles from a reset until the registers can be used

template <class Model> class Control {
  public:
    Control(const char *name, uint64_t seed, const Parameters &parameters)
        : d_(*bench_.dut), p_(parameters), random_(seed), c_(name, seed) {
        zero_arguments();
    }

    bool run(uint64_t cycles) {
        for (c_.cycle = 0; c_.cycle < cycles && c_.ok(); c_.cycle++) {
            if (random_.below(5000) == 0) reset();
            drive();
            bench_.settle();
            check_outputs();
            ask_argument();
            const uint32_t read_now = read_word(d_.s_axil_araddr & ~3u);
            remember();
            bench_.edge();
            bench_.settle();
            follow(read_now);
        }
        c_.expect(writes_ > 500 && reads_ > 500, "reads and writes", 501, writes_);
        c_.expect(runs_ > 20, "runs", 21, runs_);
        c_.expect(interrupts_ > 20, "interrupts", 21, interrupts_);
        return c_.ok();
    }

  private:
    Bench<Model> bench_;
    Model &d_;
    Parameters p_;
    Random random_;
    Case c_;
    Mood aw_, w_, b_, ar_, r_, kernel_;
    Held b_held_, r_held_;

    std::map<uint32_t, uint32_t> word_; // registers that software writes
    bool start_ = false, done_ = false, ready_ = false, restart_ = false, gie_ = false;
    unsigned ier_ = 0, isr_ = 0;
    bool running_ = false;

    // What is on the wires, and how far it got.
    bool aw_wanted_ = false, w_wanted_ = false;
    bool aw_offered_ = false, w_offered_ = false, ar_offered_ = false;
    bool was_awready_ = false, was_arready_ = false;
    bool write_answer_due_ = false, read_answer_due_ = false;
    uint32_t waddr_ = 0, raddr_ = 0, wdata_ = 0, rdata_ = 0;
    unsigned strobes_ = 0, waited_ = 0, alone_ = 0, since_reset_ = 0;
    uint64_t writes_ = 0, reads_ = 0, runs_ = 0, interrupts_ = 0;
    struct {
        bool done, b, r; // seen in this cycle
    } before_ = {};

    void zero_arguments() {
        word_[TRI_REG_COMMANDS] = word_[TRI_REG_COMMANDS + 4] = word_[TRI_REG_COUNT] = 0;
        word_[TRI_REG_COMPLETIONS] = word_[TRI_REG_COMPLETIONS + 4] = 0;
        word_[TRI_REG_DATA] = word_[TRI_REG_DATA + 4] = 0;
        for (unsigned i = 0; i < p_.ports; i++) word_[weights_at(i)] = word_[weights_at(i) + 4] = 0;
        word_[TRI_REG_WATCHDOG] = TRI_REG_WATCHDOG_RESET;
    }

    // Wherever it stands, and whatever was written: all registers are again what they were at
    // first.
    void reset() {
        d_.s_axil_awvalid = d_.s_axil_wvalid = d_.s_axil_arvalid = d_.done = d_.arg_read = 0;
        bench_.reset();
        bench_.settle();
        zero_arguments();
        start_ = done_ = ready_ = restart_ = gie_ = running_ = false;
        aw_wanted_ = w_wanted_ = aw_offered_ = w_offered_ = ar_offered_ = false;
        was_awready_ = was_arready_ = write_answer_due_ = read_answer_due_ = false;
        ier_ = isr_ = waited_ = alone_ = since_reset_ = 0;
        argument_ = 0;
        b_held_.forget();
        r_held_.forget();
    }

    static uint32_t weights_at(unsigned port) {
        return TRI_REG_WEIGHTS + port * TRI_REG_WEIGHTS_STRIDE;
    }

    uint32_t address() {
        static const uint64_t often[] = {TRI_REG_CTRL, TRI_REG_CTRL,    TRI_REG_CTRL,
                                         TRI_REG_GIE,  TRI_REG_IER,     TRI_REG_ISR,
                                         TRI_REG_ISR,  TRI_REG_WATCHDOG};
        if (random_.chance(60)) return (uint32_t)pick(random_, often);
        const uint64_t limit = random_.chance(90) ? 0x190 : 0x1000; // also odd ones: words count
        return (uint32_t)random_.below(limit);
    }

    void drive() {
        for (Mood *mood : {&aw_, &w_, &b_, &ar_, &r_, &kernel_}) mood->tick(random_);
        if (!aw_wanted_ && !write_answer_due_ && random_.chance(40)) new_write();
        // Address and data appear in any order; both stay until taken.
        if (aw_wanted_ && !aw_offered_ && aw_.willing(random_)) aw_offered_ = true;
        if (w_wanted_ && !w_offered_ && w_.willing(random_)) w_offered_ = true;
        if (!ar_offered_ && !read_answer_due_ && ar_.willing(random_)) {
            ar_offered_ = true;
            raddr_ = address();
        }
        d_.s_axil_awvalid = aw_offered_;
        d_.s_axil_awaddr = (uint16_t)(aw_offered_ ? waddr_ : random_.below(0x1000));
        d_.s_axil_wvalid = w_offered_;
        d_.s_axil_wdata = (uint32_t)(w_offered_ ? wdata_ : random_.next());
        d_.s_axil_wstrb = (uint8_t)(w_offered_ ? strobes_ : random_.below(16));
        d_.s_axil_bready = b_.willing(random_);
        d_.s_axil_arvalid = ar_offered_;
        d_.s_axil_araddr = (uint16_t)(ar_offered_ ? raddr_ : random_.below(0x1000));
        d_.s_axil_rready = r_.willing(random_);

        if (start_ && !running_) running_ = true;
        d_.idle = !running_;
        d_.done = running_ && random_.below(40) == 0;
        d_.status = (uint8_t)random_.below(24);
        d_.completed = (uint32_t)random_.next();
        for (unsigned i = 0; i < counter_words; i++)
            set_bits(d_.counters, 32 * i, 32, random_.next());
    }

    void new_write() {
        waddr_ = address();
        wdata_ = (uint32_t)random_.next();
        strobes_ = (unsigned)(random_.chance(70) ? 15 : random_.below(16));
        // ap_start is not written while it is set: what ap_ctrl_hs asks of software.
        if ((waddr_ & ~3u) == TRI_REG_CTRL) {
            wdata_ &= random_.chance(80) ? ~0x80u : ~0u;
            if (start_) wdata_ &= ~1u;
        }
        aw_wanted_ = w_wanted_ = true;
    }

    void check_outputs() {
        c_.same("start", start_, d_.start);
        c_.same("interrupt", gie_ && isr_ != 0, d_.__SYM__interrupt);
        interrupts_ += d_.__SYM__interrupt;
        c_.same("count", word_[TRI_REG_COUNT], d_.count);
        c_.same("watchdog", word_[TRI_REG_WATCHDOG], d_.watchdog);
        c_.same("arg_data", argument_, d_.arg_data);
        b_held_.see(c_, "bvalid held", d_.s_axil_bvalid, d_.s_axil_bready, d_.s_axil_bresp);
        r_held_.see(c_, "rvalid and rdata held", d_.s_axil_rvalid, d_.s_axil_rready,
                    d_.s_axil_rresp, d_.s_axil_rvalid ? d_.s_axil_rdata : 0);
        c_.same("bresp", 0, d_.s_axil_bresp);
        c_.same("rresp", 0, d_.s_axil_rresp);
        waited_ = (aw_offered_ && w_offered_) || ar_offered_ ? waited_ + 1 : 0;
        c_.expect(waited_ < 2000, "an access is taken in the end", 2000, waited_);
        // A read waits for its memory and for writes, and for nothing else.
        alone_ = ar_offered_ && !(aw_offered_ && w_offered_) && !d_.s_axil_rvalid ? alone_ + 1 : 0;
        if (since_reset_++ < filled_after) alone_ = 0;
        c_.expect(alone_ < 3, "a lone read is taken in its second cycle", 2, alone_);
    }

    // An argument for the kernel, a cycle after it was asked for.
    void ask_argument() {
        static const uint64_t lone[] = {TRI_REG_COMMANDS, TRI_REG_COUNT, TRI_REG_COMPLETIONS,
                                        TRI_REG_DATA};
        const uint32_t at = random_.chance(50) ? weights_at((unsigned)random_.below(p_.ports))
                                               : (uint32_t)pick(random_, lone);
        d_.arg_word = (uint8_t)(at / 4);
        // After a reset the memory is filled; what is written just now may be seen or not.
        d_.arg_read =
            since_reset_ > filled_after && random_.chance(70) && !(aw_offered_ && w_offered_);
        argument_ = !d_.arg_read
                        ? 0
                        : (uint64_t)(word_.count(at + 4) ? word_[at + 4] : 0) << 32 | word_[at];
    }
    uint64_t argument_ = 0;

    // The value of a register in this cycle.
    uint32_t read_word(uint32_t offset) {
        if (word_.count(offset)) return word_[offset];
        if (offset >= counters_at && offset < counters_at + 4 * counter_words)
            return (uint32_t)bits(d_.counters, 8 * (offset - counters_at), 32);
        switch (offset) {
        case TRI_REG_CTRL:
            return (uint32_t)(start_ | done_ << 1 | (d_.idle && !start_) << 2 | ready_ << 3 |
                              restart_ << 7);
        case TRI_REG_GIE: return gie_;
        case TRI_REG_IER: return ier_;
        case TRI_REG_ISR: return isr_;
        case TRI_REG_MAGIC: return TRI_MAGIC;
        case TRI_REG_VERSION: return TRI_VERSION;
        case TRI_REG_DESIGN_HASH: return (uint32_t)p_.hash;
        case TRI_REG_DESIGN_HASH + 4: return (uint32_t)(p_.hash >> 32);
        case TRI_REG_PORTS: return p_.ports;
        case TRI_REG_BEAT_BITS: return p_.beat_bits;
        case TRI_REG_ENCODING: return p_.encoding;
        case TRI_REG_TOKENS: return p_.tokens;
        case TRI_REG_K_MAX: return p_.k_max;
        case TRI_REG_T_MAX: return p_.t_max;
        case TRI_REG_PREFETCH: return p_.prefetch;
        case TRI_REG_STATUS: return d_.status;
        case TRI_REG_COMPLETED: return d_.completed;
        default: return 0;
        }
    }

    void remember() {
        // Handshakes of this cycle; address and data are taken together.
        c_.same("awready and wready together", d_.s_axil_awready, d_.s_axil_wready);
        if (aw_offered_ && d_.s_axil_awready) {
            c_.expect(w_offered_, "an address is taken with its data only");
            aw_offered_ = w_offered_ = aw_wanted_ = w_wanted_ = false;
        }
        if (ar_offered_ && d_.s_axil_arready) ar_offered_ = false;
        before_ = {d_.done != 0, d_.s_axil_bvalid && d_.s_axil_bready,
                   d_.s_axil_rvalid && d_.s_axil_rready};
        if (d_.s_axil_bvalid) c_.expect(write_answer_due_, "bvalid without a write");
        if (d_.s_axil_rvalid) {
            c_.expect(read_answer_due_, "rvalid without a read");
            c_.same("rdata", rdata_, d_.s_axil_rdata);
        }
        if (before_.b) write_answer_due_ = false;
        if (before_.r) read_answer_due_ = false;
        was_awready_ = d_.s_axil_awready;
        was_arready_ = d_.s_axil_arready;
    }

    // An access acts at the edge after which its ready is high; done comes after it.
    void follow(uint32_t read_now) {
        const bool wrote = d_.s_axil_awready && !was_awready_;
        const bool read = d_.s_axil_arready && !was_arready_;
        if (read) {
            c_.expect(ar_offered_, "arready for an address that is offered");
            reads_++;
            rdata_ = read_now;
            read_answer_due_ = true;
            if ((raddr_ & ~3u) == TRI_REG_CTRL) done_ = ready_ = false;
        }
        const unsigned enabled = ier_;
        const bool restart = restart_;
        if (wrote) {
            c_.expect(aw_offered_ && w_offered_, "awready for a write that is offered");
            writes_++;
            write_answer_due_ = true;
            write_word(waddr_ & ~3u);
        }
        if (!before_.done) return;
        runs_++;
        running_ = false;
        start_ = restart;
        done_ = ready_ = true;
        isr_ |= enabled;
    }

    void write_word(uint32_t offset) {
        if (word_.count(offset)) {
            if (start_) return; // a run is active
            uint32_t mask = 0;
            for (unsigned i = 0; i < 4; i++)
                if (strobes_ >> i & 1) mask |= 0xffu << 8 * i;
            word_[offset] = (word_[offset] & ~mask) | (wdata_ & mask);
            return;
        }
        if (!(strobes_ & 1)) return;
        switch (offset) {
        case TRI_REG_CTRL:
            start_ = start_ || (wdata_ & 1);
            restart_ = wdata_ >> 7 & 1;
            break;
        case TRI_REG_GIE: gie_ = wdata_ & 1; break;
        case TRI_REG_IER: ier_ = wdata_ & 3; break;
        case TRI_REG_ISR: isr_ ^= wdata_ & 3; break;
        default: break;
        }
    }
};

const Parameters two = {2, 128, 0, 4, 1000, 8, 256, 0x0123456789abcdefull};
const Parameters sixteen = {16, 512, 1, 1, 23040, 64, 4096, 0xfedcba9876543210ull};

} // namespace

const Test control_tests[] = {
    {"control of 2 ports: registers, ap_ctrl_hs and interrupts",
     [](const char *n, uint64_t s) { return Control<Vcontrol_2>(n, s, two).run(60000); }},
    {"control of 16 ports: registers, ap_ctrl_hs and interrupts",
     [](const char *n, uint64_t s) { return Control<Vcontrol_16>(n, s, sixteen).run(60000); }},
    {nullptr, nullptr}};
