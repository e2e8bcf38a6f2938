# SPDX-License-Identifier: Apache-2.0
"""The accelerator's contract a second time, written by hand from docs/contract.md and docs/accelerator.md:
registers, commands, completions, weight codes and the layout of a matrix. Shares no code and no generated
file with driver, host or Verilog, so that a mistake made there is not made here."""
import struct

import numpy as np

MAGIC, VERSION = 0x54524954, 2
CTRL, GIE, IER, ISR = 0x000, 0x004, 0x008, 0x00C
COMMANDS, COUNT, COMPLETIONS, DATA, WEIGHTS, WEIGHTS_STEP = 0x010, 0x01C, 0x024, 0x030, 0x040, 12
IDENTITY = {0x100: "magic", 0x104: "version", 0x110: "ports", 0x114: "beat_bits", 0x118: "encoding",
            0x11C: "tokens", 0x120: "k_max", 0x124: "t_max", 0x128: "prefetch"}
STATUS, COMPLETED, WATCHDOG = 0x130, 0x134, 0x138
WATCHDOG_RESET = 1048576
COUNTERS = 0x140  # cycles_active, steps, four waits, beats_consumed, corrupt_codes, axi_errors

OK, BAD_OPCODE, BAD_FLAGS, BAD_ROWS, BAD_COLUMNS, BAD_TOKENS, BAD_ALIGNMENT, BAD_STRIDE, BAD_ADDRESS, \
    CORRUPT = range(10)
COMMAND_ERROR, ACTIVATION_ERROR, WEIGHT_ERROR, RESULT_ERROR, COMPLETION_ERROR, EXPIRED, DEAD, BAD_LIST = \
    range(16, 24)

COMMAND_BYTES, COMPLETION_BYTES = 64, 32
FIELDS = ("opcode", "flags", "tag", "rows", "columns", "tokens", "reserved0", "weight_offset",
          "activation_offset", "result_offset", "activation_stride", "result_stride", "reserved1")


def command(**fields):
    """64 bytes of a command; fields not given are zero, the opcode is matmul."""
    values = {name: 0 for name in FIELDS}
    values.update(opcode=1, **{k: v for k, v in fields.items() if k != "opcode"})
    values["opcode"] = fields.get("opcode", 1)
    return struct.pack("<HHIIIIIQQQIIQ", *(values[name] for name in FIELDS))


def completion(data):
    """tag, status, cycles, steps, wait_command, wait_activations, wait_results, wait_weights"""
    return struct.unpack("<8I", data)


def up(value, to):
    return -(-value // to) * to


# ---- weight codes ------------------------------------------------------------------------------------
def b2(trits):
    """One byte of four trits: 0 is 00, +1 is 01, -1 is 10, the first in the lowest bits."""
    return sum({0: 0, 1: 1, -1: 2}[int(t)] << 2 * i for i, t in enumerate(trits))


def single(trit):
    """Bit 0: not zero, bit 1: negative."""
    return {0: 0b00, 1: 0b01, -1: 0b11}[trit]


def pair(first, second):
    """Two trits that are not both zero, as three bits p2 p1 p0."""
    if first and second:
        return 0b100 | (first < 0) << 1 | (second < 0)
    negative = first + second < 0
    if first:
        return 0b011 if negative else 0b000
    return 0b001 if negative else 0b010


def b3(trits):
    """One byte of five trits."""
    t0, t1, t2, t3, t4 = (int(t) for t in trits)
    cc, first, second = single(t4), (t0, t1) != (0, 0), (t2, t3) != (0, 0)
    if first and second:
        return cc << 6 | pair(t0, t1) << 3 | pair(t2, t3)
    if second:
        return 0b10 << 6 | cc << 4 | pair(t2, t3)
    if first:
        return 0b10 << 6 | cc << 4 | 0b1000 | pair(t0, t1)
    return 0b1010 << 4 | cc


def corrupt_bytes(encoding):
    """Bytes that stand for no trits."""
    if encoding == "b2":
        return [b for b in range(256) if any(b >> s & 3 == 3 for s in (0, 2, 4, 6))]
    every = {b3([n // 3 ** i % 3 - 1 for i in range(5)]) for n in range(243)}
    assert len(every) == 243
    return [b for b in range(256) if b not in every]


def image(weights, encoding, ports, beat_bytes):
    """bytes of each port: row m belongs to port m mod ports; rows are padded to whole beats, and their
    number to a multiple of ports, with zero trits."""
    n, code = (4, b2) if encoding == "b2" else (5, b3)
    rows, columns = weights.shape
    padded = np.zeros((up(rows, ports), up(columns, n * beat_bytes)), dtype=np.int8)
    padded[:rows, :columns] = weights
    parts = [bytearray() for _ in range(ports)]
    for m, row in enumerate(padded):
        parts[m % ports] += bytes(code(row[i:i + n]) for i in range(0, len(row), n))
    return parts
