# SPDX-License-Identifier: Apache-2.0
"""The kernel on its buses, as the cocotb tests drive it: cocotbext-axi's AxiLiteMaster on the registers,
an AxiRam on the data port and on each weight port, random pauses on every channel, faults on chosen
bursts, and command lists with the sums that numpy gives."""
import logging
import os
import random

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, Event, with_timeout
from cocotbext.axi import AxiBus, AxiLiteBus, AxiLiteMaster, AxiRam, AxiReadBus, AxiRamRead, AxiResp
from cocotbext.axi.sparse_memory import SparseMemory

import contract as c

GEOMETRY = {k: os.environ.get("GEOMETRY_" + k.upper(), "0")
            for k in ("ports", "beat_bits", "encoding", "tokens", "k_max", "t_max", "prefetch")}
ENCODING = GEOMETRY.pop("encoding")
PORTS, BEAT_BITS, TOKENS, K_MAX, T_MAX, PREFETCH = (int(v) for v in GEOMETRY.values())
BEAT = BEAT_BITS // 8
W = BEAT * (4 if ENCODING == "b2" else 5)
FILL = 0xA5
ACCESS = 4 * 8000  # ns that a register access may take: 8,000 cycles
SIZE = 2**62  # of a memory: the most that Python calls a length


class Channel:
    """Faults of one response channel: what the n-th burst, counted from now, answers."""

    def __init__(self, channel, field, last):
        self.seen, self.resp, self.silent, self.errors = 0, {}, set(), 0
        self.field, self.last, self.send = field, last, channel.send
        channel.send = self.sent

    async def sent(self, beat):
        """In place of the channel's send."""
        if self.seen in self.silent:
            await Event().wait()  # for ever
        if self.seen in self.resp:
            setattr(beat, self.field, self.resp[self.seen])
            self.errors += 1
        if self.last is None or getattr(beat, self.last):
            self.seen += 1
        await self.send(beat)

    def clear(self):
        self.seen, self.resp, self.silent, self.errors = 0, {}, set(), 0


def settle_lanes(channel, broken):
    """Write data may be unknown where no strobe is: such bits become ones. Elsewhere that is an error."""
    receive = channel.recv

    async def settled():
        beat = await receive()
        bits = str(beat.wdata)
        if set(bits) <= {"0", "1"}:
            return beat
        strobes = int(beat.wstrb)
        for lane in range(BEAT):
            byte = bits[len(bits) - 8 * lane - 8:len(bits) - 8 * lane]
            if strobes >> lane & 1 and not set(byte) <= {"0", "1"}:
                broken.append(f"lane {lane} of a write has a strobe and is {byte}")
        beat.wdata = int("".join(b if b in "01" else "1" for b in bits), 2)
        return beat

    channel.recv = settled


class Kernel:
    """Clock, reset, buses and memory of one bench."""

    def __init__(self, dut, seed, pauses=True):
        logging.getLogger("cocotb").setLevel(logging.WARNING)
        self.dut, self.random = dut, random.Random(seed)
        reset = {"clock": dut.ap_clk, "reset": dut.ap_rst_n, "reset_active_level": False}
        dut.ap_rst_n.value = 0
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_control"), **reset)
        self.data = AxiRam(AxiBus.from_prefix(dut, "m_axi_data"), size=SIZE, mem=SparseMemory(SIZE), **reset)
        self.weights = [AxiRamRead(AxiReadBus.from_prefix(dut, f"m_axi_w{p}"), size=SIZE,
                                   mem=SparseMemory(SIZE), **reset) for p in range(PORTS)]
        self.broken = []
        settle_lanes(self.data.write_if.w_channel, self.broken)
        self.reads = Channel(self.data.read_if.r_channel, "rresp", "rlast")
        self.writes = Channel(self.data.write_if.b_channel, "bresp", None)
        self.weight_reads = [Channel(w.r_channel, "rresp", "rlast") for w in self.weights]
        if pauses:
            self.pause()

    def channels(self):
        """Every channel that this side can hold back."""
        r, w = self.data.read_if, self.data.write_if
        yield from (r.ar_channel, r.r_channel, w.aw_channel, w.w_channel, w.b_channel)
        for port in self.weights:
            yield from (port.ar_channel, port.r_channel)
        lite_w, lite_r = self.lite.write_if, self.lite.read_if
        yield from (lite_w.aw_channel, lite_w.w_channel, lite_w.b_channel, lite_r.ar_channel, lite_r.r_channel)

    def pause(self):
        """Random pauses of every channel, each with moods of its own."""
        def generator(rng):
            while True:
                percent = rng.choice((0, 0, 10, 50, 90))
                for _ in range(rng.randrange(20, 300)):
                    yield rng.randrange(100) < percent
        for channel in self.channels():
            channel.set_pause_generator(generator(random.Random(self.random.random())))

    async def reset(self):
        self.dut.ap_rst_n.value = 0
        await ClockCycles(self.dut.ap_clk, 8)
        for faults in (self.reads, self.writes, *self.weight_reads):
            faults.clear()
        self.dut.ap_rst_n.value = 1
        await ClockCycles(self.dut.ap_clk, 2)

    async def read(self, offset, words=1):
        answer = await with_timeout(self.lite.read(offset, 4 * words), ACCESS, "ns")
        return int.from_bytes(answer.data, "little")

    async def write(self, offset, value, words=1):
        answer = await with_timeout(self.lite.write(offset, value.to_bytes(4 * words, "little")), ACCESS, "ns")
        assert answer.resp == AxiResp.OKAY

    async def arguments(self, commands):
        await self.write(c.COMMANDS, commands.base, 2)
        await self.write(c.COUNT, len(commands.jobs))
        await self.write(c.COMPLETIONS, commands.base + commands.completions, 2)
        await self.write(c.DATA, commands.base, 2)
        for p, base in enumerate(commands.weight_bases):
            await self.write(c.WEIGHTS + p * c.WEIGHTS_STEP, base, 2)

    async def wait(self, cycles=80000):
        """Polls until the run is over, or a bus rule is broken."""
        for _ in range(0, cycles, 64):
            self.rules()
            if await self.read(c.CTRL) & 2:
                return
            await ClockCycles(self.dut.ap_clk, 40)
        raise AssertionError(f"wanted the end of the run within {cycles} cycles, got none")

    async def run(self, commands):
        """Loads memory, rings, waits; returns the status register."""
        commands.load(self)
        await self.arguments(commands)
        await self.write(c.CTRL, 1)
        await self.wait()
        return await self.read(c.STATUS)

    async def counters(self):
        return [await self.read(c.COUNTERS + 8 * i, 2) for i in range(9)]

    def rules(self):
        """No bus rule was broken."""
        broken = self.dut.broken.value
        assert broken == 0, f"bus rules broken: {broken}"
        assert not self.broken, self.broken[0]


class Job:
    """One command: operands and what becomes of it."""

    def __init__(self, rng, rows, columns, tokens):
        self.fields = {"rows": rows, "columns": columns, "tokens": tokens, "tag": int(rng.integers(2**32))}
        self.weights = rng.integers(-1, 2, (rows, columns)).astype(np.int8)
        self.activations = rng.integers(-128, 128, (tokens, columns)).astype(np.int8)
        if rng.integers(10) == 0:  # the largest sum there is
            self.weights[:], self.activations[:] = -1, -128
        self.status = c.OK
        self.changed = {}  # byte of port 0's part of the image: another byte
        # Where operands really are, whatever the fields say: set by Commands.
        self.weights_at = self.activations_at = self.results_at = 0
        self.activation_stride = self.result_stride = 0
        self.image = []

    def steps(self):
        rows, columns = self.weights.shape
        return -(-rows // PORTS) * -(-columns // W) * -(-len(self.activations) // TOKENS)

    def sums(self):
        """(offset, bytes) of each result vector, as numpy computes it."""
        sums = self.activations.astype(np.int64) @ self.weights.T.astype(np.int64)
        for t, row in enumerate(sums.astype("<i4")):
            yield self.results_at + t * self.result_stride, row.tobytes()


class Commands:
    """A list with its memory: commands, completions, activations, results; one image for each port."""

    def __init__(self, rng, jobs, align=64):
        self.rng, self.jobs = rng, jobs
        self.wanted = bytearray()
        self.base = int(rng.integers(1, 2**40)) * 4096
        self.weight_bases = [int(rng.integers(1, 2**40)) * 4096 for _ in range(PORTS)]
        self.size, self.weight_size = 64 * len(jobs), 0
        self.completions = self.place(32 * len(jobs), align)
        for job in jobs:
            (rows, columns), tokens = job.weights.shape, len(job.activations)
            job.activation_stride = c.up(columns, 64) + 64 * int(rng.integers(3))
            job.result_stride = c.up(4 * rows, 64) + 64 * int(rng.integers(3))
            job.activations_at = self.place(tokens * job.activation_stride, align)
            job.results_at = self.place(tokens * job.result_stride, align)
            job.image = c.image(job.weights, ENCODING, PORTS, BEAT)
            job.weights_at = c.up(self.weight_size + 64, align)
            self.weight_size = job.weights_at + len(job.image[0])
            job.fields.update(activation_stride=job.activation_stride, result_stride=job.result_stride,
                              activation_offset=job.activations_at, result_offset=job.results_at,
                              weight_offset=job.weights_at)

    def place(self, size, align):
        at = c.up(self.size + 64 * int(self.rng.integers(1, 3)), align)
        self.size = at + size
        return at

    def load(self, kernel):
        """Everything into the memories; wanted is the data area as it is to be afterwards."""
        memory = bytearray([FILL]) * c.up(self.size + 64, 64)
        for i, job in enumerate(self.jobs):
            memory[64 * i:64 * i + 64] = c.command(**job.fields)
            for p in range(PORTS):
                part = bytearray(job.image[p])
                for at, value in job.changed.items():
                    if p == 0:
                        part[at] = value
                kernel.weights[p].write(self.weight_bases[p] + job.weights_at, bytes(part))
            for t, row in enumerate(job.activations):
                at = job.activations_at + t * job.activation_stride
                memory[at:at + len(row)] = row.tobytes()
        kernel.data.write(self.base, bytes(memory))
        for i, job in enumerate(self.jobs):
            if job.status in (c.OK, c.CORRUPT):
                for at, row in job.sums():
                    memory[at:at + len(row)] = row
        self.wanted = memory

    def check(self, kernel, at=None, status=None, unanswered=False):
        """All completions and, byte by byte, everything else; or those of a list that stopped at command
        `at`: it completed with `status`, or not at all (None). Its results are not looked at; unanswered:
        nor its completion, which was written but got no good answer."""
        count = len(self.jobs) if at is None else at + (status is not None)
        got = bytearray(kernel.data.read(self.base, len(self.wanted)))
        for i in range(count):
            place, job, ended = self.completions + 32 * i, self.jobs[i], i == at
            tag, said, cycles, steps, *waits = c.completion(got[place:place + 32])
            wanted = status if ended else job.status
            assert said == wanted, f"command {i}: wanted status {wanted}, got {said}"
            assert tag == (0xFFFFFFFF if wanted == c.COMMAND_ERROR else job.fields["tag"]), f"command {i}: tag"
            assert cycles == steps + sum(waits), f"command {i}: its cycles do not add up"
            if not ended:
                good = job.status in (c.OK, c.CORRUPT)
                assert steps == (job.steps() if good else 0), f"command {i}: steps"
            self.wanted[place:place + 32] = got[place:place + 32]
        if unanswered:
            place = self.completions + 32 * at
            self.wanted[place:place + 32] = got[place:place + 32]
        # A command that was stopped may have written its results, later ones may not.
        for i in range(len(self.jobs) if at is None else at, len(self.jobs)):
            for place, row in self.jobs[i].sums():
                end = place + len(row)
                self.wanted[place:end] = got[place:end] if i == at else bytes([FILL]) * len(row)
        if got != self.wanted:
            at = next(i for i in range(len(got)) if got[i] != self.wanted[i])
            raise AssertionError(f"memory at offset {at}: wanted {self.wanted[at]:#x}, got {got[at]:#x}")


def random_job(rng):
    """Sizes at and around the corners, none that takes long in an interpreter."""
    rows = int(rng.choice([1, PORTS, PORTS + 1, 33, 65, int(rng.integers(1, 80))]))
    columns = min(K_MAX, int(rng.choice([1, W - 1, W, W + 1, 2 * W + 3, int(rng.integers(1, 3 * W))])))
    tokens = min(T_MAX, int(rng.choice([1, 1, TOKENS, TOKENS + 1, T_MAX])))
    while rows > 1 and -(-rows // PORTS) * -(-columns // W) * -(-tokens // TOKENS) > 150:
        rows //= 2
    return Job(rng, rows, columns, tokens)


def small_jobs(rng, count=4):
    """Commands each of whose parts is one burst."""
    return [Job(rng, 2 * PORTS + i, W - 3, 1) for i in range(count)]


async def begin(dut, seed, pauses=True):
    """A kernel after reset, and numpy's random numbers."""
    kernel = Kernel(dut, seed, pauses)
    await kernel.reset()
    return kernel, np.random.default_rng(seed)


async def works(kernel, rng):
    """A fresh list runs through: what every fault must leave possible."""
    await kernel.write(c.WATCHDOG, c.WATCHDOG_RESET)
    for faults in (kernel.reads, kernel.writes, *kernel.weight_reads):
        faults.clear()
    commands = Commands(rng, [random_job(rng) for _ in range(2)])
    assert await kernel.run(commands) == c.OK
    commands.check(kernel)
    kernel.rules()
