/* SPDX-License-Identifier: Apache-2.0
 *
 * The only file that knows XRT's API. Written for XRT 2.13 (Debian 12) and later: hw_context and
 * the new places of headers are used where they exist. Buffers live in the card's own structures,
 * as XRT does not keep those that a running kernel uses.
 */
#include "driver/xrt_helper/facade.h"

#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>
#if __has_include(<xrt/experimental/xrt_ip.h>)
#include <xrt/experimental/xrt_ip.h>
#include <xrt/experimental/xrt_xclbin.h>
#else
#include <experimental/xrt_ip.h>
#include <experimental/xrt_xclbin.h>
#endif
#if __has_include(<xrt/xrt_hw_context.h>)
#include <xrt/xrt_hw_context.h>
#define HAVE_HW_CONTEXT 1
#else
#define HAVE_HW_CONTEXT 0
#endif

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#define _Static_assert static_assert // the generated header is C
#include "accel.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kSlice = 900; // ms: XRT's emulation sleeps whole seconds for longer waits
constexpr uint32_t kStart = 1, kDone = 2, kIdle = 4;
constexpr char kKernel[] = "tritium"; // what our kernels' names start with

struct Argument { // of the kernel, found by its register's offset
    int index = -1;
    uint32_t offset = 0;
};

struct Bank {
    int group = -1;
    uint64_t bytes = 0;
    std::string tag;
};

} // namespace

struct xrt_unit {
    std::string name;
    std::unique_ptr<xrt::kernel> kernel;
    std::unique_ptr<xrt::run> run;
    std::unique_ptr<xrt::ip> ip;
    std::vector<Bank> weight_bank;
    Bank list_bank;
    std::vector<xrt::bo> weights;
    std::unique_ptr<xrt::bo> lists, completions_part;
    uint64_t list_bytes = 0;
    bool set = false; // the arguments below are what the unit has
    uint32_t commands = 0;
    uint64_t completions = 0;
};

struct xrt_card {
    xrt::device device;
    xrt::uuid uuid;
#if HAVE_HW_CONTEXT
    xrt::hw_context context;
#endif
    std::string name;
    bool poll = false;
    Argument commands, count, completions, data;
    std::vector<Argument> weights;
    std::vector<xrt_unit> units;
};

namespace {

/* XRT tells most failures by text alone; errno tells two of them apart for sure. */
enum tri_status explain(const char *what, const std::exception &problem) {
    const auto *system = dynamic_cast<const std::system_error *>(&problem);
    const int code = system != nullptr ? system->code().value() : 0;
    if (code == EBUSY || std::strstr(problem.what(), "busy") != nullptr) {
        return tri_fail(TRI_E_DEVICE,
                        "%s: busy: another process has this card's compute units (%.200s)", what,
                        problem.what());
    }
    if (code == EACCES || code == EPERM) {
        return tri_fail(TRI_E_IO,
                        "%s: no permission: wanted access to the card's /dev/dri/renderD* (group "
                        "render), got %.200s",
                        what, problem.what());
    }
    return tri_fail(TRI_E_DEVICE, "%s: %.300s", what, problem.what());
}

template <class Body> enum tri_status guarded(const char *what, Body body) {
    try {
        return body();
    } catch (const std::exception &problem) {
        return explain(what, problem);
    } catch (...) {
        return tri_fail(TRI_E_DEVICE, "%s: an error without a text", what);
    }
}

bool find_argument(const std::vector<xrt::xclbin::arg> &args, uint32_t offset, Argument *found) {
    for (const auto &arg : args) {
        if (arg.get_offset() != offset) continue;
        found->index = static_cast<int>(arg.get_index());
        found->offset = offset;
        return true;
    }
    return false;
}

/* Which of the xclbin's kernels is ours; its arguments must be where the contract has them. */
enum tri_status find_kernel(xrt_card *card, const xrt::xclbin &file, xrt::xclbin::kernel *kernel) {
    std::string names;
    for (const auto &candidate : file.get_kernels()) {
        const std::string name = candidate.get_name();
        names += (names.empty() ? "" : ", ") + name;
        if (name.compare(0, sizeof kKernel - 1, kKernel) != 0) continue;
        *kernel = candidate;
        card->name = name;
        const auto args = candidate.get_args();
        bool good = find_argument(args, TRI_REG_COMMANDS, &card->commands) &&
                    find_argument(args, TRI_REG_COUNT, &card->count) &&
                    find_argument(args, TRI_REG_COMPLETIONS, &card->completions) &&
                    find_argument(args, TRI_REG_DATA, &card->data);
        Argument weights;
        for (uint32_t port = 0;
             find_argument(args, TRI_REG_WEIGHTS + port * TRI_REG_WEIGHTS_STRIDE, &weights);
             port++) {
            card->weights.push_back(weights);
        }
        if (good && !card->weights.empty()) return TRI_OK;
        return tri_fail(TRI_E_FORMAT,
                        "kernel %s: its arguments are not at the offsets of this contract",
                        name.c_str());
    }
    return tri_fail(TRI_E_FORMAT, "wanted a kernel named %s..., got %s", kKernel,
                    names.empty() ? "none" : names.c_str());
}

Bank bank_of(const xrt::kernel &kernel, const xrt::xclbin::ip &unit, const Argument &argument) {
    Bank bank;
    bank.group = static_cast<int>(kernel.group_id(argument.index));
    for (const auto &arg : unit.get_args()) {
        if (arg.get_offset() != argument.offset) continue;
        for (const auto &memory : arg.get_mems()) { // several: one range of banks
            bank.bytes += memory.get_size_kb() * 1024;
            bank.tag = bank.tag.empty() ? memory.get_tag() : bank.tag + "..";
        }
    }
    return bank;
}

void open_unit(xrt_card *card, const xrt::xclbin::ip &description) {
    xrt_unit unit;
    const std::string full = description.get_name(); // kernel:instance
    const size_t colon = full.find(':');
    unit.name = card->name + ":{" + full.substr(colon == std::string::npos ? 0 : colon + 1) + "}";
    const auto mode =
        card->poll ? xrt::kernel::cu_access_mode::shared : xrt::kernel::cu_access_mode::exclusive;
#if HAVE_HW_CONTEXT
    (void)mode; // the context says it
    unit.kernel = std::make_unique<xrt::kernel>(card->context, unit.name);
#else
    unit.kernel = std::make_unique<xrt::kernel>(card->device, card->uuid, unit.name, mode);
#endif
    for (const auto &argument : card->weights) {
        unit.weight_bank.push_back(bank_of(*unit.kernel, description, argument));
    }
    unit.list_bank = bank_of(*unit.kernel, description, card->data);
    if (card->poll) {
        unit.kernel.reset(); // it was here for its banks; xrt::ip wants the unit alone
#if HAVE_HW_CONTEXT
        unit.ip = std::make_unique<xrt::ip>(card->context, unit.name);
#else
        unit.ip = std::make_unique<xrt::ip>(card->device, card->uuid, unit.name);
#endif
    } else {
        unit.run = std::make_unique<xrt::run>(*unit.kernel);
    }
    card->units.push_back(std::move(unit));
}

enum tri_status open_card(xrt_card *card, const xrt_card_options *options) {
    const xrt::xclbin file{std::string(options->xclbin)};
    xrt::xclbin::kernel kernel;
    TRI_TRY(find_kernel(card, file, &kernel));
    try {
        card->device = xrt::device(std::string(options->device));
    } catch (const std::exception &problem) {
        return tri_fail(TRI_E_IO, "no card '%s' for XRT: %.200s; see xbutil examine",
                        options->device, problem.what());
    }
#if HAVE_HW_CONTEXT
    card->uuid = card->device.register_xclbin(file);
    card->context =
        xrt::hw_context(card->device, card->uuid, xrt::hw_context::access_mode::exclusive);
#else
    card->uuid = card->device.load_xclbin(std::string(options->xclbin));
#endif
    for (const auto &unit : kernel.get_cus()) {
        if (card->units.size() == TRI_XRT_UNITS) break;
        open_unit(card, unit);
    }
    if (!card->units.empty()) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "kernel %s: no compute unit", card->name.c_str());
}

/* A buffer in a bank, refused by name before XRT's own std::bad_alloc. */
enum tri_status allocate(xrt_card *card, const xrt_unit &unit, const Bank &bank, const char *what,
                         uint64_t bytes, xrt::bo *made) {
    if (bank.bytes != 0 && bytes > bank.bytes) {
        return tri_fail(
            TRI_E_MEMORY, "%s: bank %s is too small for %s: wanted %llu bytes, got %llu",
            unit.name.c_str(), bank.tag.c_str(), what, static_cast<unsigned long long>(bytes),
            static_cast<unsigned long long>(bank.bytes));
    }
    try {
        *made = xrt::bo(card->device, bytes, xrt::bo::flags::normal,
                        static_cast<xrt::memory_group>(bank.group));
        return TRI_OK;
    } catch (const std::exception &problem) {
        return tri_fail(TRI_E_MEMORY, "%s: bank %s has no room for %s of %llu bytes: %.120s",
                        unit.name.c_str(), bank.tag.c_str(), what,
                        static_cast<unsigned long long>(bytes), problem.what());
    }
}

/* One pointer argument: by XRT at the next start, or into the register now. */
void set_pointer(xrt_unit &unit, const Argument &argument, const xrt::bo &buffer) {
    if (!unit.ip) {
        unit.run->set_arg(argument.index, buffer);
        return;
    }
    const uint64_t address = buffer.address();
    unit.ip->write_register(argument.offset, static_cast<uint32_t>(address));
    unit.ip->write_register(argument.offset + 4, static_cast<uint32_t>(address >> 32));
}

/* Sets what differs from the unit's last launch; usually nothing. */
void set_arguments(xrt_card *card, xrt_unit &unit, uint32_t commands, uint64_t completions) {
    const bool all = !unit.set;
    if (all) {
        set_pointer(unit, card->commands, *unit.lists);
        set_pointer(unit, card->data, *unit.lists);
        for (size_t port = 0; port < unit.weights.size(); port++) {
            set_pointer(unit, card->weights[port], unit.weights[port]);
        }
    }
    if (all || completions != unit.completions) {
        unit.completions_part =
            std::make_unique<xrt::bo>(*unit.lists, unit.list_bytes - completions, completions);
        set_pointer(unit, card->completions, *unit.completions_part);
    }
    if ((all || commands != unit.commands) && unit.ip) {
        unit.ip->write_register(card->count.offset, commands);
    } else if (all || commands != unit.commands) {
        unit.run->set_arg(card->count.index, commands);
    }
    unit.commands = commands;
    unit.completions = completions;
    unit.set = true;
}

enum tri_status wait_run(const xrt_unit &unit, Clock::time_point end) {
    for (;;) {
        const auto state = unit.run->wait(std::chrono::milliseconds(kSlice));
        if (state == ERT_CMD_STATE_COMPLETED) return TRI_OK;
        const bool going = state == ERT_CMD_STATE_TIMEOUT || state == ERT_CMD_STATE_NEW ||
                           state == ERT_CMD_STATE_QUEUED || state == ERT_CMD_STATE_RUNNING ||
                           state == ERT_CMD_STATE_SUBMITTED;
        if (!going) {
            return tri_fail(TRI_E_DEVICE, "%s: XRT ended the launch with state %d",
                            unit.name.c_str(), static_cast<int>(state));
        }
        if (Clock::now() >= end) return TRI_E_TIMEOUT;
    }
}

/* Looks without a pause at first: a launch of a decoding step takes less than a sleep would. */
enum tri_status wait_poll(const xrt_unit &unit, Clock::time_point end) {
    const auto busy = Clock::now() + std::chrono::milliseconds(2);
    while ((unit.ip->read_register(TRI_REG_CTRL) & (kDone | kIdle)) == 0) {
        const auto time = Clock::now();
        if (time >= end) return TRI_E_TIMEOUT;
        if (time < busy) continue;
        const timespec pause = {0, 50000};
        nanosleep(&pause, nullptr);
    }
    return TRI_OK;
}

xrt::bo &buffer(xrt_unit &unit, int32_t port) {
    return port < 0 ? *unit.lists : unit.weights.at(static_cast<size_t>(port));
}

} // namespace

enum tri_status xrt_card_open(const xrt_card_options *options, xrt_card **card) {
    *card = nullptr;
    return guarded(
        options->xclbin, [&]() -> enum tri_status {
            auto made = std::make_unique<xrt_card>();
            made->poll = options->poll;
            TRI_TRY(open_card(made.get(), options));
            *card = made.release();
            return TRI_OK;
        });
}

void xrt_card_close(xrt_card *card) {
    (void)guarded(
        "close", [&]() -> enum tri_status {
            delete card;
            return TRI_OK;
        });
}

uint32_t xrt_card_units(const xrt_card *card) { return static_cast<uint32_t>(card->units.size()); }

enum tri_status xrt_card_read(xrt_card *card, uint32_t unit, uint32_t offset, uint32_t *value) {
    return guarded(
        "register", [&]() -> enum tri_status {
            xrt_unit &u = card->units.at(unit);
            *value = card->poll ? u.ip->read_register(offset) : u.kernel->read_register(offset);
            return TRI_OK;
        });
}

enum tri_status xrt_card_weights(xrt_card *card, uint32_t unit, uint64_t bytes) {
    return guarded(
        "weights", [&]() -> enum tri_status {
            xrt_unit &u = card->units.at(unit);
            u.weights.clear();
            u.set = false;
            for (size_t port = 0; port < card->weights.size(); port++) {
                const std::string what = "the weights of port " + std::to_string(port);
                xrt::bo made;
                TRI_TRY(allocate(card, u, u.weight_bank[port], what.c_str(), bytes, &made));
                u.weights.push_back(std::move(made));
            }
            return TRI_OK;
        });
}

enum tri_status xrt_card_lists(xrt_card *card, uint32_t unit, uint64_t bytes) {
    return guarded(
        "lists", [&]() -> enum tri_status {
            xrt_unit &u = card->units.at(unit);
            u.completions_part.reset();
            u.lists.reset();
            u.set = false;
            xrt::bo made;
            TRI_TRY(allocate(card, u, u.list_bank, "a list", bytes, &made));
            u.lists = std::make_unique<xrt::bo>(std::move(made));
            u.list_bytes = bytes;
            return TRI_OK;
        });
}

enum tri_status xrt_card_put(xrt_card *card, uint32_t unit, int32_t port, uint64_t offset,
                             const void *from, uint64_t bytes) {
    return guarded(
        "to the device", [&]() -> enum tri_status {
            xrt::bo &to = buffer(card->units.at(unit), port);
            to.write(from, bytes, offset);
            to.sync(XCL_BO_SYNC_BO_TO_DEVICE, bytes, offset);
            return TRI_OK;
        });
}

enum tri_status xrt_card_get(xrt_card *card, uint32_t unit, int32_t port, uint64_t offset, void *to,
                             uint64_t bytes) {
    return guarded(
        "from the device", [&]() -> enum tri_status {
            xrt::bo &from = buffer(card->units.at(unit), port);
            from.sync(XCL_BO_SYNC_BO_FROM_DEVICE, bytes, offset);
            from.read(to, bytes, offset);
            return TRI_OK;
        });
}

enum tri_status xrt_card_start(xrt_card *card, uint32_t unit, uint32_t commands,
                               uint64_t completions) {
    return guarded(
        "start", [&]() -> enum tri_status {
            xrt_unit &u = card->units.at(unit);
            set_arguments(card, u, commands, completions);
            if (card->poll)
                u.ip->write_register(TRI_REG_CTRL, kStart);
            else
                u.run->start();
            return TRI_OK;
        });
}

enum tri_status xrt_card_wait(xrt_card *card, uint32_t unit, uint32_t milliseconds) {
    return guarded(
        "wait", [&]() -> enum tri_status {
            const xrt_unit &u = card->units.at(unit);
            const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
            const enum tri_status status = card->poll ? wait_poll(u, end) : wait_run(u, end);
            if (status != TRI_E_TIMEOUT) return status;
            return tri_fail(TRI_E_TIMEOUT, "%s: not done after %u ms", u.name.c_str(),
                            milliseconds);
        });
}
