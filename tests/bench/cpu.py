#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed of the host engine on a synthetic BitNet b1.58 2B4T, against other programs if any are given.

All programs take turns in one run, so that a disturbance hits all of them alike; the median of each is
kept. Decode: tokens one by one from an empty context. Prefill: a prompt at once. The file of peers has
lines NAME = COMMAND, each COMMAND a llama-bench (or what takes its options and answers with its JSON)
with its own model of the same shapes, for example

    bitnet.cpp I2_S, q6_K head = ../bitnet.cpp/build/bin/llama-bench -m ../models/i2_s.gguf

A figure that the machine cannot reach (more bytes a second than its memory gives) is marked invalid
and compared with nothing. What peers compute is not checked: run them under a profiler once."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import cpu_report
from cpu_peers import Engine, Failure, read_peers

SHAPE = "2b4t"
OWN = {"b3": "1.6-bit weights, screened head", "b2": "2-bit weights, screened head"}


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", default="build/tritium")
    parser.add_argument("--engine", default="build/cpu-engine")
    parser.add_argument("--model", default=f"build/models/synth-{SHAPE}-seed1", help="made if absent")
    parser.add_argument("--peers", metavar="FILE", help="lines NAME = COMMAND")
    parser.add_argument("--threads", default="1,2", help="comma-separated (1,2)")
    parser.add_argument("--packings", default="b3,b2", help="of the own weights (b3,b2)")
    parser.add_argument("--isa", default="best", help="of the own engine (best)")
    parser.add_argument("--prompt", type=int, default=512, help="tokens of a prefill (512)")
    parser.add_argument("--tokens", type=int, default=32, help="tokens of a decode (32)")
    parser.add_argument("--batches", default="1,2,4,8", help="texts decoded at a time (1,2,4,8)")
    parser.add_argument("--rounds", type=int, default=4, help="of decode (4)")
    parser.add_argument("--prefills", type=int, default=2, help="rounds with a prefill too (2)")
    parser.add_argument("--json", default="build/reports/cpu.json")
    parser.add_argument("--plot", default="build/reports/cpu.svg", help="needs matplotlib")
    parser.add_argument("--document", metavar="FILE", help="write the table between its markers")
    return parser.parse_args()


def make_model(args):
    if os.path.exists(args.model):
        return
    os.makedirs(os.path.dirname(args.model) or ".", exist_ok=True)
    print(f"making {args.model} (a minute, 1.2 GB)", file=sys.stderr)
    command = [args.program, "synth", "--shape", SHAPE, "--seed", "1", "--out", args.model]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise Failure("tritium synth failed")


class Samples:
    """All figures of a run: tokens/s by program, threads and phase."""

    def __init__(self):
        self.rates = {}
        self.stream = {}
        self.rows = []
        self.decoded = {}  # packing: the last answer, for its bytes
        self.left_out = {}  # peers that failed: why
        self.batch = {}  # (threads, texts): tokens/s of all of them together

    def add(self, name, threads, phase, rate):
        self.rates.setdefault((name, threads, phase), []).append(rate)
        print(f"  {threads} threads  {phase:8}{rate:9.2f} tokens/s  {name}", file=sys.stderr)


def run_own(engine, packing, threads, args, prefill, samples):
    if prefill:
        answer = engine.ask(f"prefill {args.prompt}")
        samples.add(packing, threads, "prefill", answer["tokens"] / answer["seconds"])
    answer = engine.ask(f"decode {args.tokens}")
    samples.add(packing, threads, "decode", answer["tokens"] / answer["seconds"])
    samples.decoded[packing] = answer
    samples.rows += answer["rows"]


def run_batches(engine, threads, args, samples):
    for texts in [int(n) for n in args.batches.split(",") if n]:
        answer = engine.ask(f"batch {texts} {max(1, args.tokens // 2)}")
        rate = answer["tokens"] / answer["seconds"]
        samples.batch.setdefault((threads, texts), []).append(rate)
        print(f"  {threads} threads  {texts} texts  {rate:9.2f} tokens/s", file=sys.stderr)


def run_round(turn, engines, peers, threads, args, samples):
    prefill = turn < args.prefills
    for _ in range(3):
        answer = engines[0][1].ask("stream")
        samples.stream.setdefault(threads, []).append(answer["bytes"] / answer["seconds"])
    programs = list(engines) + [(peer.name, peer) for peer in peers]
    start = turn % len(programs)
    for name, program in programs[start:] + programs[:start]:
        if isinstance(program, Engine):
            run_own(program, name, threads, args, prefill, samples)
            continue
        try:
            found = program.measure(threads, args.prompt if prefill else 0, args.tokens)
        except Failure as failure:
            print(f"left out: {failure}", file=sys.stderr)
            samples.left_out[name] = str(failure)
            peers.remove(program)
            continue
        for phase, rate in found.items():
            samples.add(name, threads, phase, rate)


def measure(args, peers):
    samples, about = Samples(), None
    for threads in [int(t) for t in args.threads.split(",")]:
        engines = []
        try:
            for packing in args.packings.split(","):
                engines.append((packing, Engine(args.engine, args.model, threads, packing, args.isa)))
            about = engines[0][1].about
            for turn in range(args.rounds):
                run_round(turn, engines, peers, threads, args, samples)
                run_batches(engines[0][1], threads, args, samples)
        finally:
            for _, engine in engines:
                engine.close()
    return samples, about


def lines_of(samples, peers):
    """One line for each program, number of threads and phase."""
    size = {name: d["weights_bytes"] + d["head_bytes"] for name, d in samples.decoded.items()}
    size.update({peer.name: peer.bytes for peer in peers})
    lines = []
    for (name, threads, phase), rates in samples.rates.items():
        if name in samples.left_out:
            continue
        own = name in OWN
        rate, stream = statistics.median(rates), max(samples.stream[threads])
        line = {
            "engine": "tritium" if own else name.split(" ")[0],
            "format": OWN[name] if own else " ".join(name.split(" ")[1:]),
            "threads": threads,
            "phase": phase,
            "tokens_per_second": rate,
            "best": max(rates),
            "samples": len(rates),
            "own": own,
            "valid": True,
        }
        if phase == "decode":
            line["bytes_per_token"] = size[name]
            line["share_of_bandwidth"] = rate * size[name] / stream
            line["valid"] = line["share_of_bandwidth"] < 1.1
        lines.append(line)
    wrong = {(ln["engine"], ln["format"], ln["threads"]) for ln in lines if not ln["valid"]}
    for line in lines:
        line["valid"] = (line["engine"], line["format"], line["threads"]) not in wrong
    return lines


def main():
    args = read_arguments()
    try:
        peers = read_peers(args.peers) if args.peers else []
        make_model(args)
        began, load = time.time(), os.getloadavg()[0]
        samples, about = measure(args, peers)
    except (Failure, OSError) as error:
        sys.exit(f"bench-cpu: {error}")
    report = {
        "command": "make bench-cpu" + (" PEERS=FILE" if args.peers else ""),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": time.time() - began,
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "isa": about["isa"],
        "prompt": args.prompt,
        "tokens": args.tokens,
        "stream_bytes_per_second": {str(t): max(s) for t, s in samples.stream.items()},
        "stream_median": {str(t): statistics.median(s) for t, s in samples.stream.items()},
        "weights_bytes": min(d["weights_bytes"] for d in samples.decoded.values()),
        "head_rows_survived": {
            "median": statistics.median(samples.rows),
            "worst": max(samples.rows),
        },
        "left_out": samples.left_out,
        "batch": [
            {"threads": t, "texts": n, "tokens_per_second": statistics.median(rates)}
            for (t, n), rates in samples.batch.items()
        ],
        "list": lines_of(samples, peers),
    }
    report.update(cpu_report.processor())
    report.update(cpu_report.ratios(report["list"]))
    os.makedirs(os.path.dirname(args.json) or ".", exist_ok=True)
    with open(args.json, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
        file.write("\n")
    table = cpu_report.table(report)
    print(table)
    if args.document:
        cpu_report.write_between_markers(args.document, table)
    cpu_report.plot(report, args.plot)


if __name__ == "__main__":
    main()
