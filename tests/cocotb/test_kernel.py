# SPDX-License-Identifier: Apache-2.0
"""Behaviour without faults: identity, random lists with random pauses on every channel, bad fields,
corrupt codes. The seed of every test is printed; COCOTB_RANDOM_SEED gives another."""
import os

import cocotb

import contract as c
from kernel import (BEAT, BEAT_BITS, ENCODING, K_MAX, PORTS, PREFETCH, T_MAX, TOKENS, Commands, Job, begin,
                    random_job, works)

SEED = int(os.environ.get("SEED", "1"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))


@cocotb.test(timeout_time=400, timeout_unit="us")
async def identity(dut):
    """The constant registers say what was built, the others stand at their reset values."""
    kernel, _ = await begin(dut, SEED)
    wanted = {"magic": c.MAGIC, "version": c.VERSION, "ports": PORTS, "beat_bits": BEAT_BITS,
              "encoding": {"b2": 0, "b3": 1}[ENCODING], "tokens": TOKENS, "k_max": K_MAX, "t_max": T_MAX,
              "prefetch": PREFETCH}
    for offset, name in c.IDENTITY.items():
        assert await kernel.read(offset) == wanted[name], name
    assert await kernel.read(c.CTRL) == 4
    assert await kernel.read(c.STATUS) == c.OK
    assert await kernel.read(c.WATCHDOG) == c.WATCHDOG_RESET
    kernel.rules()


@cocotb.test(timeout_time=400, timeout_unit="us")
async def random_lists(dut):
    """Sums, completions and every other byte of memory, as numpy says."""
    kernel, rng = await begin(dut, SEED)
    for _ in range(ROUNDS):
        jobs = [random_job(rng) for _ in range(rng.integers(1, 5))]
        commands = Commands(rng, jobs)
        assert await kernel.run(commands) == c.OK
        commands.check(kernel)
        counters = await kernel.counters()
        assert counters[0] == sum(counters[1:6]), f"cycles do not add up: {counters}"
        assert counters[1] == sum(job.steps() for job in jobs)
        assert counters[7:] == [0, 0]
        assert await kernel.read(c.COMPLETED) == len(jobs)
        kernel.rules()


def spoilt():
    """(status, field, value) of every way to be wrong; a function of the command's fields."""
    yield c.BAD_OPCODE, "opcode", lambda f: 0
    yield c.BAD_OPCODE, "opcode", lambda f: 0x8001
    yield c.BAD_FLAGS, "flags", lambda f: 0x8000
    yield c.BAD_FLAGS, "reserved0", lambda f: 1
    yield c.BAD_FLAGS, "reserved1", lambda f: 1 << 63
    yield c.BAD_ROWS, "rows", lambda f: 0
    yield c.BAD_ROWS, "rows", lambda f: 1048577
    yield c.BAD_COLUMNS, "columns", lambda f: 0
    yield c.BAD_COLUMNS, "columns", lambda f: K_MAX + 1
    yield c.BAD_TOKENS, "tokens", lambda f: 0
    yield c.BAD_TOKENS, "tokens", lambda f: T_MAX + 1
    for field in ("weight_offset", "activation_offset", "result_offset", "activation_stride", "result_stride"):
        yield c.BAD_ALIGNMENT, field, lambda f, field=field: f[field] + 32
    yield c.BAD_STRIDE, "activation_stride", lambda f: (f["columns"] - 1) // 64 * 64
    yield c.BAD_STRIDE, "result_stride", lambda f: (4 * f["rows"] - 1) // 64 * 64
    for field in ("weight_offset", "activation_offset", "result_offset"):
        yield c.BAD_ADDRESS, field, lambda f: 2**64 - 64


@cocotb.test(timeout_time=400, timeout_unit="us")
async def bad_fields(dut):
    """Each bad field gets its status and touches nothing; good commands between them are computed."""
    kernel, rng = await begin(dut, SEED)
    jobs = []
    for status, field, value in spoilt():
        jobs.append(Job(rng, int(rng.integers(1, 20)), int(rng.integers(1, 100)), 1))
        jobs[-1].status = status
    commands = Commands(rng, jobs + [random_job(rng)])
    for job, (_, field, value) in zip(jobs, spoilt()):
        job.fields[field] = value(job.fields)
    assert await kernel.run(commands) == c.OK
    commands.check(kernel)
    kernel.rules()


@cocotb.test(timeout_time=400, timeout_unit="us")
async def corrupt_codes(dut):
    """A byte that stands for no trits counts as zeros and is reported, in every command it is in."""
    kernel, rng = await begin(dut, SEED)
    trits = 4 if ENCODING == "b2" else 5
    jobs = []
    for bad in rng.permutation(c.corrupt_bytes(ENCODING))[:5]:
        job = Job(rng, 5, trits * BEAT - 3, 2 if T_MAX > 1 else 1)
        at = int(rng.integers(len(job.weights[0]) // trits))
        job.changed[at] = int(bad)  # of row 0, which is port 0's first
        job.weights[0, trits * at:trits * (at + 1)] = 0
        job.status = c.CORRUPT
        jobs += [job, random_job(rng)]
    commands = Commands(rng, jobs)
    assert await kernel.run(commands) == c.OK
    commands.check(kernel)
    assert (await kernel.counters())[7] == sum(-(-len(j.activations) // TOKENS) for j in jobs if j.changed)
    await works(kernel, rng)
