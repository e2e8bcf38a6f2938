# SPDX-License-Identifier: Apache-2.0
"""Faults on the buses: SLVERR and DECERR on each kind of burst, responses that never come, reset in the
middle of everything, registers written while a list runs. Each ends in the status of docs/contract.md,
and the list after it is computed right."""
import itertools
import os

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiResp

import contract as c
from kernel import PORTS, W, Commands, Job, begin, random_job, small_jobs, works

SEED = int(os.environ.get("SEED", "1"))
RESPONSES = {"slverr": AxiResp.SLVERR, "decerr": AxiResp.DECERR}
KINDS = {"command": c.COMMAND_ERROR, "activation": c.ACTIVATION_ERROR, "weight": c.WEIGHT_ERROR,
         "result": c.RESULT_ERROR, "completion": c.COMPLETION_ERROR}


def burst(kernel, kind, at, port):
    """(channel, number) of the burst of command `at`: each part of a small command is one burst."""
    if kind == "weight":
        return kernel.weight_reads[port], at
    channel = kernel.reads if kind in ("command", "activation") else kernel.writes
    return channel, 2 * at + (kind in ("activation", "completion"))


async def error(dut, kind, response, seed):
    kernel, rng = await begin(dut, seed)
    for at in (0, 2):
        commands = Commands(rng, small_jobs(rng), align=4096)
        channel, number = burst(kernel, kind, at, int(rng.integers(PORTS)))
        channel.clear()
        channel.resp[number] = RESPONSES[response]
        assert await kernel.run(commands) == KINDS[kind]
        last = kind == "completion"
        commands.check(kernel, at, None if last else KINDS[kind], unanswered=last)
        assert await kernel.read(c.COMPLETED) == at + (not last)
        counters = await kernel.counters()
        assert counters[8] == channel.errors > 0, "axi_errors"
        assert counters[0] == sum(counters[1:6])
        await works(kernel, rng)  # no reset


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(kind=list(KINDS), response=list(RESPONSES))
async def error_response(dut, kind, response):
    """An error response stops the list with the status of what failed; the next list works."""
    await error(dut, kind, response, SEED)


@cocotb.test(timeout_time=400, timeout_unit="us")
@cocotb.parametrize(kind=list(KINDS))
async def no_response(dut, kind):
    """A burst that is never answered: the watchdog, then dead until reset."""
    kernel, rng = await begin(dut, SEED, pauses=False)
    at = int(rng.integers(4))
    commands = Commands(rng, small_jobs(rng), align=4096)
    channel, number = burst(kernel, kind, at, int(rng.integers(PORTS)))
    channel.clear()
    channel.silent.add(number)
    await kernel.write(c.WATCHDOG, 600)
    assert await kernel.run(commands) == c.DEAD
    commands.check(kernel, at, c.EXPIRED if kind in ("activation", "weight") else None,
                   unanswered=kind == "completion")
    await kernel.write(c.CTRL, 1)
    await kernel.wait()
    assert await kernel.read(c.STATUS) == c.DEAD, "a later run is dead too"
    assert await kernel.read(c.COMPLETED) == 0
    await kernel.reset()
    await works(kernel, rng)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def slow_response(dut):
    """A burst answered after the watchdog bit: the list ends with its status, the bus drains, no reset."""
    kernel, rng = await begin(dut, SEED, pauses=False)
    commands = Commands(rng, small_jobs(rng), align=4096)
    await kernel.write(c.WATCHDOG, 300)
    port = kernel.weights[0].r_channel
    port.pause = True
    commands.load(kernel)
    await kernel.arguments(commands)
    await kernel.write(c.CTRL, 1)
    await ClockCycles(dut.ap_clk, 700)
    port.pause = False
    await kernel.wait()
    assert await kernel.read(c.STATUS) == c.EXPIRED
    commands.check(kernel, 0, c.EXPIRED)
    await works(kernel, rng)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def reset_in_the_middle(dut):
    """ap_rst_n at any cycle of a run; afterwards registers are as new and a list is computed right."""
    kernel, rng = await begin(dut, SEED)
    for _ in range(8):
        commands = Commands(rng, [random_job(rng) for _ in range(3)])
        commands.load(kernel)
        await kernel.arguments(commands)
        await kernel.write(c.CTRL, 1)
        await ClockCycles(dut.ap_clk, int(rng.integers(1, 1500)))
        await kernel.reset()
        assert await kernel.read(c.CTRL) == 4
        assert await kernel.read(c.COMMANDS, 2) == 0
        assert await kernel.read(c.STATUS) == c.OK
        kernel.rules()
    await works(kernel, rng)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def registers_while_running(dut):
    """Arguments written while a list runs are ignored, also when read back; the list is unharmed, and
    the next one takes what is written then."""
    kernel, rng = await begin(dut, SEED)
    for port in kernel.weights:
        port.r_channel.set_pause_generator(itertools.cycle([True] * 15 + [False]))  # a run that lasts
    registers = [c.COMMANDS, c.COMMANDS + 4, c.COUNT, c.COMPLETIONS, c.COMPLETIONS + 4, c.DATA, c.DATA + 4,
                 c.WATCHDOG]
    for p in range(PORTS):
        registers += [c.WEIGHTS + p * c.WEIGHTS_STEP, c.WEIGHTS + p * c.WEIGHTS_STEP + 4]
    commands = Commands(rng, [Job(rng, 40 * PORTS, 3 * W, 1) for _ in range(4)])
    commands.load(kernel)
    await kernel.arguments(commands)
    await kernel.write(c.CTRL, 1)
    for register in registers + [c.STATUS, c.COMPLETED, c.COUNTERS, 0x100, 0x1C0]:
        before = await kernel.read(register) if register in registers else None
        await kernel.write(register, int(rng.integers(2**32)))
        assert before is None or await kernel.read(register) == before, f"register {register:#x} changed"
    await kernel.write(c.CTRL, 1)  # it runs already
    assert await kernel.read(c.CTRL) & 1, "wanted a run that lasts longer than the writes"
    await kernel.wait()
    assert await kernel.read(c.STATUS) == c.OK
    commands.check(kernel)
    kernel.pause()
    await works(kernel, rng)
