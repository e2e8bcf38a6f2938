/* SPDX-License-Identifier: Apache-2.0
 *
 * Verilated tritium_core behind the C interface of sim/sim.h: moves pins between the kernel and the
 * memory models, drives AXI4-Lite and writes waves. Compiled once for each design, with its ports
 * and beat width. The only C++ of the project; how memory behaves is in sim/memory.c.
 */
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "Vtritium_core.h"
#include "verilated.h"
#if VM_TRACE // a model without traces builds faster; the tests of many geometries use that
#include "verilated_fst_c.h"
#endif

extern "C" {
#include "sim/memory.h"
#include "sim/sim.h"
}

namespace {

constexpr unsigned kPorts = TRI_SIM_PORTS;
constexpr unsigned kBeatBytes = TRI_SIM_BEAT_BITS / 8;
constexpr unsigned kResetCycles = 16;
constexpr unsigned kPollCycles = 256; // between two looks at ctrl while no interrupt comes
constexpr unsigned kBusCycles = 4096; // an AXI4-Lite access that takes longer has failed
constexpr uint32_t kCtrl = 0, kCtrlDone = 2, kCtrlIdle = 4;

/* Pins wider than 64 bits are arrays of 32-bit words, little endian, so bytes can be copied
 * whatever type Verilator chose. */
template <class Pin> void set(Pin &pin, uint32_t value) { pin = static_cast<Pin>(value); }
template <class Pin> void put(Pin &pin, size_t byte, const void *from, size_t count) {
    std::memcpy(reinterpret_cast<uint8_t *>(&pin) + byte, from, count);
}
template <class Pin> void get(const Pin &pin, size_t byte, void *to, size_t count) {
    std::memcpy(to, reinterpret_cast<const uint8_t *>(&pin) + byte, count);
}

} // namespace

struct tri_sim {
    VerilatedContext context;
    Vtritium_core top;
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> wave;
#endif
    tri_mem weights[kPorts] = {};
    tri_mem data = {};
    uint64_t cycles = 0, wave_from = 0, wave_to = 0;
    uint64_t bus_errors = 0;
    char bus_error[160] = "";
    double seconds = 0;
    bool stopped = false; // the Verilog said $stop, $finish or $fatal

    tri_sim() : top(&context, "") {}
    ~tri_sim() {
        // The model's scopes leave the context of the thread: another simulator may have set its
        // own.
        Verilated::threadContextp(&context);
#if VM_TRACE
        if (wave) wave->close();
#endif
        top.final();
        for (tri_mem &mem : weights) tri_mem_free(&mem);
        tri_mem_free(&data);
    }

    bool init(const tri_sim_options &options);
    void reset();
    void cycle() { settle(), edge(); }
    uint32_t read(uint32_t offset);
    void write(uint32_t offset, uint32_t value);
    bool run(uint64_t limit);
    void fail(const char *what);

  private:
    void drive();
    void settle();
    void sample();
    void edge();
    void dump(uint64_t time);
    bool idle() { return stopped || (read(kCtrl) & (kCtrlDone | kCtrlIdle)) != 0; }
};

/* Whom to tell when Verilog stops: Verilator's hooks carry no context. */
static thread_local tri_sim *current = nullptr;

namespace {

class Session { // time spent in the model, and the sim that $stop belongs to
  public:
    explicit Session(tri_sim *sim) : sim_(sim), start_(Clock::now()) { current = sim; }
    ~Session() {
        sim_->seconds += std::chrono::duration<double>(Clock::now() - start_).count();
        current = nullptr;
    }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

  private:
    using Clock = std::chrono::steady_clock;
    tri_sim *sim_;
    Clock::time_point start_;
};

/* Runs `body` for the interface: exceptions end here, as a stop. */
template <class Body> auto guarded(tri_sim *sim, Body body) -> decltype(body()) {
    Session session(sim);
    try {
        return body();
    } catch (const std::exception &problem) {
        sim->stopped = true;
        sim->fail(problem.what());
        return decltype(body())();
    }
}

void stop(const char *kind, const char *file, int line) {
    if (current == nullptr) return;
    char text[160];
    std::snprintf(text, sizeof text, "%s at %s:%d", kind, file, line);
    current->stopped = true;
    current->fail(text);
}

} // namespace

/* Verilator calls these instead of ending the process. */
void vl_finish(const char *file, int line, const char *) VL_MT_UNSAFE {
    stop("$finish", file, line);
}
void vl_stop(const char *file, int line, const char *) VL_MT_UNSAFE {
    stop("assertion or $stop", file, line);
}
void vl_fatal(const char *file, int line, const char *, const char *text) VL_MT_UNSAFE {
    stop(text, file, line);
    throw std::runtime_error("Verilated code gave up"); // it expects that this does not return
}

void tri_sim::fail(const char *what) {
    if (bus_errors++ > 0) return;
    std::snprintf(bus_error, sizeof bus_error, "cycle %llu: %.120s",
                  static_cast<unsigned long long>(cycles), what);
}

bool tri_sim::init(const tri_sim_options &options) {
    const tri_memory *memory = &options.memory;
    for (unsigned port = 0; port < kPorts; port++) {
        if (!tri_mem_init(&weights[port], static_cast<int32_t>(port), TRI_SIM_BEAT_BITS, false,
                          memory, options.seed, &options.fault)) {
            return false;
        }
    }
    return tri_mem_init(&data, -1, TRI_SIM_BEAT_BITS, true, memory, options.seed, &options.fault);
}

/* Memory's pins to the kernel's inputs. */
void tri_sim::drive() {
    uint32_t arready = 0, rvalid = 0, rlast = 0, rresp = 0;
    for (unsigned port = 0; port < kPorts; port++) {
        const tri_mem_read_pins &r = weights[port].r;
        arready |= static_cast<uint32_t>(r.arready) << port;
        if (!r.rvalid) continue;
        rvalid |= 1U << port;
        rlast |= static_cast<uint32_t>(r.rlast) << port;
        rresp |= static_cast<uint32_t>(r.rresp) << 2 * port;
        put(top.m_axi_w_rdata, port * kBeatBytes, r.rdata, kBeatBytes);
    }
    set(top.m_axi_w_arready, arready);
    set(top.m_axi_w_rvalid, rvalid);
    set(top.m_axi_w_rlast, rlast);
    set(top.m_axi_w_rresp, rresp);

    const tri_mem_read_pins &r = data.r;
    top.m_axi_data_arready = r.arready;
    top.m_axi_data_rvalid = r.rvalid;
    top.m_axi_data_rlast = r.rlast;
    top.m_axi_data_rresp = r.rresp;
    if (r.rvalid) put(top.m_axi_data_rdata, 0, r.rdata, kBeatBytes);
    const tri_mem_write_pins &w = data.w;
    top.m_axi_data_awready = w.awready;
    top.m_axi_data_wready = w.wready;
    top.m_axi_data_bvalid = w.bvalid;
    top.m_axi_data_bresp = w.bresp;
}

/* The kernel's outputs to memory's pins. */
void tri_sim::sample() {
    const uint32_t arvalid = top.m_axi_w_arvalid, rready = top.m_axi_w_rready;
    for (unsigned port = 0; port < kPorts; port++) {
        tri_mem_read_pins &r = weights[port].r;
        r.rready = (rready >> port & 1U) != 0;
        r.arvalid = (arvalid >> port & 1U) != 0;
        if (!r.arvalid) continue;
        get(top.m_axi_w_araddr, port * sizeof r.araddr, &r.araddr, sizeof r.araddr);
        get(top.m_axi_w_arlen, port, &r.arlen, 1);
    }
    tri_mem_read_pins &r = data.r;
    r.rready = top.m_axi_data_rready;
    r.arvalid = top.m_axi_data_arvalid;
    r.araddr = top.m_axi_data_araddr;
    r.arlen = top.m_axi_data_arlen;
    tri_mem_write_pins &w = data.w;
    w.awvalid = top.m_axi_data_awvalid;
    w.awaddr = top.m_axi_data_awaddr;
    w.awlen = top.m_axi_data_awlen;
    w.bready = top.m_axi_data_bready;
    w.wvalid = top.m_axi_data_wvalid;
    if (!w.wvalid) return;
    w.wlast = top.m_axi_data_wlast;
    w.wstrb = top.m_axi_data_wstrb;
    get(top.m_axi_data_wdata, 0, w.wdata, kBeatBytes);
}

void tri_sim::dump(uint64_t time) {
#if VM_TRACE
    if (wave && cycles >= wave_from && cycles < wave_to) wave->dump(time);
#else
    (void)time;
#endif
}

/* The half of a clock before the edge: afterwards every pin has the value that the edge will see.
 */
void tri_sim::settle() {
    drive();
    top.ap_clk = 0;
    top.eval();
    dump(2 * cycles);
}

void tri_sim::edge() {
    sample();
    for (tri_mem &mem : weights) tri_mem_tick(&mem);
    tri_mem_tick(&data);
    top.ap_clk = 1;
    top.eval();
    dump(2 * cycles + 1);
    cycles++;
}

void tri_sim::reset() {
    top.ap_rst_n = 0;
    top.s_axil_awvalid = top.s_axil_wvalid = top.s_axil_bready = 0;
    top.s_axil_arvalid = top.s_axil_rready = 0;
    for (unsigned i = 0; i < kResetCycles; i++) {
        for (tri_mem &mem : weights) tri_mem_reset(&mem);
        tri_mem_reset(&data);
        cycle();
    }
    for (tri_mem &mem : weights) tri_mem_reset(&mem);
    tri_mem_reset(&data);
    top.ap_rst_n = 1;
    stopped = false;
}

uint32_t tri_sim::read(uint32_t offset) {
    top.s_axil_araddr = static_cast<uint16_t>(offset);
    top.s_axil_arvalid = 1;
    top.s_axil_rready = 1;
    for (unsigned i = 0; i < kBusCycles; i++) {
        settle();
        const bool taken = top.s_axil_arvalid && top.s_axil_arready;
        const bool answered = top.s_axil_rvalid;
        const uint32_t value = top.s_axil_rdata;
        edge();
        if (taken) top.s_axil_arvalid = 0;
        if (answered) {
            top.s_axil_rready = 0;
            return value;
        }
    }
    top.s_axil_arvalid = top.s_axil_rready = 0;
    fail("an AXI4-Lite read was not answered");
    return 0xffffffffU;
}

void tri_sim::write(uint32_t offset, uint32_t value) {
    top.s_axil_awaddr = static_cast<uint16_t>(offset);
    top.s_axil_wdata = value;
    top.s_axil_wstrb = 0xf;
    top.s_axil_awvalid = top.s_axil_wvalid = top.s_axil_bready = 1;
    for (unsigned i = 0; i < kBusCycles; i++) {
        settle();
        const bool address_taken = top.s_axil_awvalid && top.s_axil_awready;
        const bool data_taken = top.s_axil_wvalid && top.s_axil_wready;
        const bool answered = top.s_axil_bvalid;
        edge();
        if (address_taken) top.s_axil_awvalid = 0;
        if (data_taken) top.s_axil_wvalid = 0;
        if (answered) {
            top.s_axil_bready = 0;
            return;
        }
    }
    top.s_axil_awvalid = top.s_axil_wvalid = top.s_axil_bready = 0;
    fail("an AXI4-Lite write was not answered");
}

bool tri_sim::run(uint64_t limit) {
    const uint64_t end = cycles + limit;
    while (!idle()) {
        if (cycles >= end) return false;
        for (unsigned i = 0; i < kPollCycles && cycles < end && !stopped; i++) {
            cycle();
            if (top.__SYM__interrupt) break;
        }
    }
    return true;
}

namespace {

bool open_wave(tri_sim *sim, const tri_sim_options *options, char *error) {
#if VM_TRACE
    sim->wave = std::make_unique<VerilatedFstC>();
    sim->wave_from = options->wave_from;
    sim->wave_to = options->wave_to == 0 ? UINT64_MAX : options->wave_to;
    if (options->wave_scope != nullptr) sim->wave->dumpvars(0, options->wave_scope);
    sim->top.trace(sim->wave.get(), 99);
    sim->wave->open(options->wave);
    if (sim->wave->isOpen()) return true;
#else
    (void)sim;
#endif
    std::snprintf(error, 256, "%.200s: cannot write the wave", options->wave);
    return false;
}

tri_sim *create(const tri_sim_options *options, char *error) {
    try {
        auto sim = std::make_unique<tri_sim>();
        Session session(sim.get());
        if (!sim->init(*options)) throw std::bad_alloc();
        if (options->wave != nullptr) {
            sim->context.traceEverOn(true);
            if (!open_wave(sim.get(), options, error)) return nullptr;
        }
        sim->reset();
        return sim.release();
    } catch (const std::exception &problem) {
        std::snprintf(error, 256, "the simulation cannot start: %.200s", problem.what());
        return nullptr;
    }
}

void destroy(tri_sim *sim) { delete sim; }

void reset(tri_sim *sim) {
    guarded(sim, [&] { sim->reset(); });
}

tri_mem *memory_of(tri_sim *sim, int32_t port) {
    if (port == -1) return &sim->data;
    if (port < 0 || static_cast<uint32_t>(port) >= kPorts) return nullptr;
    return &sim->weights[port];
}

bool map(tri_sim *sim, int32_t port, uint64_t address, void *memory, uint64_t bytes) {
    tri_mem *mem = memory_of(sim, port);
    return mem != nullptr && tri_mem_map(mem, address, memory, bytes);
}

void unmap_all(tri_sim *sim) {
    for (tri_mem &mem : sim->weights) tri_mem_unmap_all(&mem);
    tri_mem_unmap_all(&sim->data);
}

uint32_t read(tri_sim *sim, uint32_t offset) {
    return guarded(sim, [&] { return sim->read(offset); });
}

void write(tri_sim *sim, uint32_t offset, uint32_t value) {
    guarded(sim, [&] { sim->write(offset, value); });
}

bool run(tri_sim *sim, uint64_t cycles) {
    return guarded(sim, [&] { return sim->run(cycles); });
}

bool interrupt(tri_sim *sim) { return sim->top.__SYM__interrupt; }

void observe(tri_sim *sim, tri_sim_observer observer, void *context) {
    sim->data.observer = observer;
    sim->data.observer_context = context;
    for (tri_mem &mem : sim->weights) {
        mem.observer = observer;
        mem.observer_context = context;
    }
}

void add_errors(tri_sim_stats *stats, uint64_t count, const char *first) {
    if (count > 0 && stats->protocol_errors == 0) {
        std::snprintf(stats->first_error, sizeof stats->first_error, "%s", first);
    }
    stats->protocol_errors += count;
}

void stats(tri_sim *sim, tri_sim_stats *out) {
    std::memset(out, 0, sizeof *out);
    out->cycles = sim->cycles;
    out->seconds = sim->seconds;
    out->data_read_bytes = sim->data.read_bytes;
    out->data_write_bytes = sim->data.write_bytes;
    add_errors(out, sim->bus_errors, sim->bus_error);
    add_errors(out, sim->data.protocol_errors, sim->data.first_error);
    for (const tri_mem &mem : sim->weights) {
        out->weight_bytes += mem.read_bytes;
        add_errors(out, mem.protocol_errors, mem.first_error);
    }
}

} // namespace

extern "C" __attribute__((visibility("default"))) const tri_sim_api *tri_sim_get_api(void) {
    static const tri_sim_api api = {
        TRI_SIM_API_VERSION, create, destroy, reset, map, unmap_all, read, write, run,
        interrupt,           stats,  observe};
    return &api;
}
