# SPDX-License-Identifier: Apache-2.0
"""Runs the programs that cpu.py lets take turns: the own engine, kept open, and other programs'
own benchmarks with llama-bench's options and JSON. Knows no figures but tokens and seconds."""

import json
import re
import resource
import shlex
import struct
import subprocess

WARM = 16  # tokens before anything is timed, so that the file's pages are there
STACK = 1 << 30  # bytes: bitnet.cpp puts a prompt's buffers there, 8 MB are not enough for 512 tokens


def with_stack():
    """In the child: as much stack as STACK and the limit set for us allow."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    soft = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


class Failure(Exception):
    """A program that cannot be measured; the message says why."""


class Engine:
    """build/cpu-engine, loaded once for a number of threads."""

    def __init__(self, program, model, threads, packing, isa):
        command = [program, model, str(threads), packing, isa]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"cpu-engine ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Peer:
    """A line NAME = COMMAND of the file of peers; COMMAND is a llama-bench with -m MODEL."""

    def __init__(self, name, command):
        self.name = name
        self.command = shlex.split(command)
        if not self.command:
            raise Failure(f"{name}: wanted a command, got nothing")
        if "-m" not in self.command[:-1]:
            raise Failure(f"{name}: wanted '-m MODEL' in its command")
        self.bytes = streamed_bytes(self.command[self.command.index("-m") + 1])
        help_text = self.call(["--help"], 30, False)
        self.cold = ["--no-warmup"] if "--no-warmup" in help_text else []
        if re.search(r"-w, --warmup <0\|1>", help_text):
            self.cold = ["-w", "0"]

    def call(self, options, limit, must=True):
        command = self.command[:1] if not must else self.command
        try:
            done = subprocess.run(
                command + options,
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
                preexec_fn=with_stack,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{self.name}: {error}") from error
        if must and done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Failure(f"{self.name}: status {done.returncode}: {last}")
        return done.stdout + ("" if must else done.stderr)

    def measure(self, threads, prompt, tokens):
        """Tokens/s of each phase: {"prefill": ..., "decode": ...}; prompt 0: decode alone."""
        prompts = f"{WARM},{prompt}" if prompt else str(WARM)
        options = ["-t", str(threads), "-p", prompts, "-n", str(tokens), "-r", "1", "-o", "json"]
        lines = self.call(options + self.cold, 600).splitlines()
        # Some write messages in the middle of it; a line of the JSON begins with a sign.
        text = "".join(line for line in lines if line.strip()[:1] in tuple('[]{}"'))
        found = {}
        try:
            for test in json.loads(text):
                if prompt and (test["n_prompt"], test["n_gen"]) == (prompt, 0):
                    found["prefill"] = prompt * 1e9 / test["avg_ns"]
                if (test["n_prompt"], test["n_gen"]) == (0, tokens):
                    found["decode"] = tokens * 1e9 / test["avg_ns"]
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            raise Failure(f"{self.name}: its answer is not llama-bench's JSON") from error
        if "decode" not in found or (prompt and "prefill" not in found):
            raise Failure(f"{self.name}: wanted tests of {prompt} and {tokens} tokens, got others")
        return found


def read_peers(path):
    peers = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if line and not line.startswith("#"):
                name, _, command = line.partition(" = ")
                peers.append(Peer(name.strip(), command.strip()))
    return peers


SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def skip_value(file, kind):
    if kind == 8:
        file.seek(struct.unpack("<Q", file.read(8))[0], 1)
    elif kind == 9:
        element, count = struct.unpack("<IQ", file.read(12))
        if element == 8:
            for _ in range(count):
                skip_value(file, 8)
        else:
            file.seek(count * SCALARS[element], 1)
    else:
        file.seek(SCALARS[kind], 1)


def streamed_bytes(path):
    """Bytes of a GGUF file's tensors that a decoded token reads: all, but of a separate embedding
    only a row. Sizes are the distances of the offsets, so that no type need be known."""
    try:
        with open(path, "rb") as file:
            magic, version, tensors, values = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version not in (2, 3):
                raise Failure(f"{path}: wanted a GGUF file")
            for _ in range(values):
                skip_value(file, 8)
                skip_value(file, struct.unpack("<I", file.read(4))[0])
            offset = {}
            for _ in range(tensors):
                name = file.read(struct.unpack("<Q", file.read(8))[0])
                dims = struct.unpack("<I", file.read(4))[0]
                file.seek(8 * dims + 4, 1)
                offset[name] = struct.unpack("<Q", file.read(8))[0]
            start = file.tell() + -file.tell() % 32  # data are aligned
            end = file.seek(0, 2) - start
    except (OSError, struct.error, KeyError) as error:
        raise Failure(f"{path}: {error}") from error
    order = sorted(offset.values()) + [end]
    size = {name: order[order.index(at) + 1] - at for name, at in offset.items()}
    total = sum(size.values())
    return total - size[b"token_embd.weight"] if b"output.weight" in size else total
