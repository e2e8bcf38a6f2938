#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests what cpu.py rests on, with programs that answer what the test says: `cpu_check.py FOLDER`.
Measures nothing."""

import os
import resource
import stat
import struct
import sys
import unittest

import cpu
import cpu_peers
import cpu_report

FOLDER = "."
GB = 10**9


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def make_gguf(name, tensors):
    """A GGUF file of nothing but sizes: names and bytes of tensors."""
    out = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), 2)
    out += string("general.architecture") + struct.pack("<I", 8) + string("old")
    out += string("old.list") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("bc")
    at = 0
    for tensor, size in tensors:
        out += string(tensor) + struct.pack("<IQIQ", 1, size, 0, at)
        at += size
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(out + bytes(-len(out) % 32) + bytes(at))
    return path


def make_program(name, answer):
    """A llama-bench that ignores its options but --help."""
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n[ \"$1\" = --help ] && echo ' --no-warmup' && exit\n{answer}\n")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def line(own, phase, threads, rate, valid=True):
    return {
        "engine": "tritium" if own else "peer",
        "format": "f",
        "phase": phase,
        "threads": threads,
        "tokens_per_second": rate,
        "own": own,
        "valid": valid,
    }


class Peers(unittest.TestCase):
    def setUp(self):
        self.model = make_gguf("m.gguf", [("token_embd.weight", 320), ("blk.0", 64)])

    def peer(self, answer):
        program = make_program("bench", answer)
        return cpu_peers.Peer("peer F", f"{program} -m {self.model}")

    def test_an_embedding_that_is_the_head_is_read_and_another_is_not(self):
        self.assertEqual(self.peer("").bytes, 384)
        untied = [("token_embd.weight", 320), ("output.weight", 96), ("blk.0", 64)]
        self.assertEqual(cpu_peers.streamed_bytes(make_gguf("u.gguf", untied)), 160)

    def test_an_answer_is_tokens_over_seconds_by_phase(self):
        tests = [(16, 0, 1), (512, 0, 8 * GB), (0, 32, 2 * GB)]
        text = ", ".join(f'{{"n_prompt": {p}, "n_gen": {g}, "avg_ns": {n}}}' for p, g, n in tests)
        found = self.peer(f"echo '['; echo WARNING: that; echo '{text}]'").measure(1, 512, 32)
        self.assertEqual(found, {"prefill": 64.0, "decode": 16.0})

    def test_no_answer_another_answer_and_a_failure_are_failures(self):
        for answer in ("", "echo '[]'", "echo '[{}]'", "echo no >&2; exit 3"):
            with self.assertRaises(cpu_peers.Failure):
                self.peer(answer).measure(1, 0, 32)

    def test_a_program_gets_more_stack_than_shells_give(self):
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        wanted = cpu_peers.STACK if hard == resource.RLIM_INFINITY else min(cpu_peers.STACK, hard)
        test = '{"n_prompt": 0, "n_gen": %s, "avg_ns": 1}'
        answer = f"echo \"[$(printf '{test}' $(ulimit -s))]\""
        found = self.peer(answer).measure(1, 0, wanted // 1024)
        self.assertEqual(list(found), ["decode"])

    def test_a_missing_program_or_model_is_a_failure(self):
        for command in ("", "/no/such", f"/no/such -m {self.model}", "/bin/true -m /no/such"):
            with self.assertRaises(cpu_peers.Failure):
                cpu_peers.Peer("peer", command)


class Figures(unittest.TestCase):
    def test_ratios_are_against_the_best_valid_peer_and_the_smallest_counts(self):
        lines = [line(True, "decode", 1, 30), line(True, "decode", 2, 50)]
        lines += [line(False, "decode", 1, 10), line(False, "decode", 1, 20)]
        lines += [line(False, "decode", 2, 40), line(False, "decode", 2, 99, valid=False)]
        found = cpu_report.ratios(lines)
        self.assertEqual(found["ratio_decode"], 1.25)
        self.assertEqual([r["ratio"] for r in found["ratios"]], [1.5, 1.25])
        self.assertEqual(found["ms_per_token_2t"], 20.0)
        self.assertNotIn("ratio_prefill", found)

    def test_who_reads_faster_than_memory_is_invalid_in_every_phase(self):
        peer = self.any_peer(2 * GB)
        samples = cpu.Samples()
        samples.stream = {1: [9 * GB, 10 * GB]}
        for name, phase, rate in (("peer F", "decode", 6.0), ("peer F", "prefill", 1.0)):
            samples.rates[(name, 1, phase)] = [rate, 2 * rate, 0.1]
        self.assertEqual([ln["valid"] for ln in cpu.lines_of(samples, [peer])], [False, False])
        peer.bytes = GB
        lines = cpu.lines_of(samples, [peer])
        self.assertEqual([ln["valid"] for ln in lines], [True, True])
        self.assertEqual(lines[0]["share_of_bandwidth"], 0.6)
        samples.left_out["peer F"] = "why"
        self.assertEqual(cpu.lines_of(samples, []), [])

    @staticmethod
    def any_peer(size):
        peer = object.__new__(cpu_peers.Peer)
        peer.name, peer.bytes = "peer F", size
        return peer

    def test_a_table_goes_between_its_markers_and_nowhere_else(self):
        path = os.path.join(FOLDER, "d.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"a\n{cpu_report.BEGIN}\nold\n{cpu_report.END}\nb\n")
        cpu_report.write_between_markers(path, "new")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), f"a\n{cpu_report.BEGIN}\nnew\n{cpu_report.END}\nb\n")


def main():
    global FOLDER
    FOLDER = sys.argv.pop(1)
    os.makedirs(FOLDER, exist_ok=True)
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"test-bench: {result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
