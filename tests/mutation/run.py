#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every mutant of the models named and says which ones the tests kill.

    run.py JOBS MODEL=COMMAND...

COMMAND is the test as `make test` runs it, on build/mutation/MODEL. A mutant is killed when it fails
or does not end. Yosys then tries to prove each survivor equal to the module; what it cannot prove
must be explained in tests/mutation/survivors.txt (`model | mutant | why it changes nothing that
counts`, or `... | NOT KILLED: what no test sees`). Writes build/reports/mutation.json, where models of
an earlier call stay while their netlist, the Verilog it was made of and the bench are the same, and
adds the sums to build/reports/rtl.json. Fails below 95 % killed, or with a survivor unexplained.
"""
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from files import bench_of, verilog_of

OUT = Path("build/mutation")
REPORTS = Path("build/reports")
WANTED = 0.95
PROOF = 600  # seconds, for a slow machine; those that succeed take far less


def failed(command, mutant, seconds, seeds=""):
    """True if a test failed, crashed or took longer than `seconds`."""
    environment = dict(os.environ, TRITIUM_MUTANT=str(mutant), SEEDS=seeds)
    try:
        return subprocess.run(shlex.split(command), stdout=subprocess.DEVNULL, env=environment,
                              stderr=subprocess.DEVNULL, timeout=seconds).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def killed(command, mutant, seconds):
    """With one seed first: most fall at once."""
    return failed(command, mutant, seconds, "1") or failed(command, mutant, seconds)


def mutant_name(line):
    """Mode, place and source of a mutant, without the numbers that Yosys gives its cells."""
    field = dict(re.findall(r"-(mode|port|portbit|ctrlbit|wire|wirebit) (\S+)", line))
    sources = re.findall(r"-src (\S+)", line)
    wire = f" {field['wire']}[{field.get('wirebit', '0')}]" if "wire" in field else ""
    control = f"^{field['ctrlbit']}" if "ctrlbit" in field else ""
    return f"{field['mode']} {field['port']}[{field['portbit']}]{control}{wire} {sources[-1]}"


def fixed(model, module, mutant, name):
    """The netlist with its select tied to one mutant, as module `name`."""
    text = (OUT / model / "select.v").read_text()
    text = re.sub(r",\s*mutant(?=\s*[,)])", "", text, count=1)
    text = re.sub(r"  input (\[\d+:0\]) mutant;\n  wire \[\d+:0\] mutant;\n",
                  rf"  wire \1 mutant;\n  assign mutant = {mutant};\n", text, count=1)
    return re.sub(rf"^module {module}\(", f"module {name}(", text, count=1, flags=re.M)


def optimised(source, name):
    """Yosys's netlist of a file's only module after optimisation, as text."""
    out = source.with_suffix(".opt.v")
    subprocess.run(["yosys", "-q", "-p", f"read_verilog {source}; proc; opt -full; opt_clean -purge; "
                    f"rename {name} module; write_verilog -noattr {out}"],
                   capture_output=True, timeout=PROOF, check=True)
    return out.read_text()


def equal(model, module, mutant):
    """True if the mutant is the module once both are optimised (a constant that is what it was), or
    Yosys proves that it behaves as the module, from equal states on."""
    stem = OUT / model / f"equal{mutant}"
    gold, gate = stem.with_suffix(".gold.v"), stem.with_suffix(".gate.v")
    gold.write_text(fixed(model, module, 0, "gold"))
    gate.write_text(fixed(model, module, mutant, "gate"))
    try:
        if optimised(gold, "gold") == optimised(gate, "gate"):
            return True
    except subprocess.TimeoutExpired:
        return False
    stem.with_suffix(".v").write_text(gold.read_text() + gate.read_text())
    script = (f"read_verilog {stem}.v; proc; opt; memory_map; opt; "
              "equiv_make -inames gold gate both; hierarchy -top both; flatten; opt_clean; "
              "equiv_simple; equiv_induct -seq 3; equiv_status -assert")
    try:
        done = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, timeout=PROOF)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def explanations():
    told = {}
    for line in Path("tests/mutation/survivors.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            model, mutant, why = (part.strip() for part in line.split("|", 2))
            told[model, mutant] = why
    return told


def digest(model, module):
    """Of all that a verdict depends on; empty if there is no netlist."""
    files = [OUT / model / "select.v", *verilog_of(module), *bench_of(module)]
    if not files[0].exists():
        return ""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def of_before(now, told):
    """What an earlier call found of other models, if it still would, with the reasons of today."""
    path, fresh = REPORTS / "mutation.json", {entry["model"] for entry in now}
    known = json.loads(path.read_text())["models"] if path.exists() else []
    still = [entry for entry in known if entry["model"] not in fresh
             and entry.get("made_of") == digest(entry["model"], entry["module"])]
    for entry in still:
        for survivor in entry["survivors"]:
            survivor["why"] = told.get((entry["model"], survivor["mutant"]))
    return still


def main():
    jobs = int(sys.argv[1])
    told, report, broken = explanations(), [], 0
    for argument in sys.argv[2:]:
        model, command = argument.split("=", 1)
        lines = (OUT / model / "mutants.txt").read_text().splitlines()
        module = re.search(r"-module (\S+)", lines[0]).group(1)
        began = time.monotonic()
        if failed(command, 0, 300):
            print(f"{model}: the tests fail without any mutant", flush=True)
            broken += 1
            continue
        seconds = 5 + 10 * (time.monotonic() - began)
        with ThreadPoolExecutor(jobs) as pool:
            dead = list(pool.map(lambda i: killed(command, i, seconds), range(1, len(lines) + 1)))
        alive = [i for i, fell in enumerate(dead) if not fell]
        # A proof may take minutes, so those that survivors.txt explains go without.
        open_ones = [i for i in alive if (model, mutant_name(lines[i])) not in told]
        with ThreadPoolExecutor(jobs) as pool:
            proofs = list(pool.map(lambda i: equal(model, module, i + 1), open_ones))
        same = {i for i, proved in zip(open_ones, proofs) if proved}
        entry = {"model": model, "module": module, "made_of": digest(model, module),
                 "mutants": len(lines), "killed": len(lines) - len(alive),
                 "proved_equal": len(same), "survivors": []}
        print(f"{model:24} {len(lines):3} mutants, {entry['killed']:3} killed, "
              f"{len(same):2} proved equal", flush=True)
        for i in alive:
            if i in same:
                continue
            name = mutant_name(lines[i])
            why = told.get((model, name))
            entry["survivors"].append({"number": i + 1, "mutant": name, "why": why})
            print(f"  survivor {i + 1}: {model} | {name} | {why or 'UNEXPLAINED'}", flush=True)
        report.append(entry)
    report = of_before(report, told) + report
    survivors = [s for e in report for s in e["survivors"]]
    harmless = sum(1 for s in survivors if s["why"] and not s["why"].startswith("NOT KILLED"))
    mutants = sum(e["mutants"] for e in report)
    fallen = sum(e["killed"] for e in report)
    changing = mutants - sum(e["proved_equal"] for e in report) - harmless
    share = fallen / changing if changing else 0.0
    broken += sum(1 for s in survivors if not s["why"]) + (share < WANTED)
    figures = {"mutants": mutants, "mutants_changing_behaviour": changing, "mutants_killed": fallen,
               "mutants_killed_share": round(share, 4)}
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "mutation.json").write_text(json.dumps({**figures, "models": report}, indent=1) + "\n")
    whole = REPORTS / "rtl.json"
    known = json.loads(whole.read_text()) if whole.exists() else {}
    whole.write_text(json.dumps({**known, **figures}, indent=1) + "\n")
    print(f"{len(report)} models: {mutants} mutants, {mutants - changing} change nothing, "
          f"{fallen} of {changing} killed ({100 * share:.1f} %)")
    # What this suite counts: mutants that are killed or whose survival is explained.
    print(f"{mutants - sum(1 for s in survivors if not s['why'])} passed, {broken} failed")
    sys.exit(1 if broken else 0)


main()
