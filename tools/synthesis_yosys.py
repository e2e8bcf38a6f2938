# SPDX-License-Identifier: Apache-2.0
"""The kernel's sources through Yosys, for each family of devices: the one place that says what counts
as a LUT. Runs what it is told and counts; which modules, and what is kept, is synthesis.py's. What is
counted: docs/area.md."""

import glob
import os
import re
import signal
import subprocess
import sys

LIBERTY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
PORTABLE = ["rtl/products.sv", "rtl/dot.sv", "rtl/sum8.sv", "rtl/trit_decode.sv"]
# What a vendor's folder replaces; ECP5 keeps the portable decoder.
REPLACED = {"xilinx": PORTABLE, "lattice": PORTABLE[:3], "portable": []}
VENDOR = {"xcup": "xilinx", "ecp5": "lattice", "ice40": "portable", "osu018": "portable"}


class Failed(Exception):
    """One line: what, wanted, got."""


def sources(vendor):
    rtl = [f for f in sorted(glob.glob("rtl/*.sv")) if f not in REPLACED[vendor]]
    return rtl + sorted(glob.glob(f"rtl/{vendor}/*.sv"))


def read(vendor):
    return "read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen " + " ".join(sources(vendor))


def chparam(parameters):
    return " ".join(f"-chparam {k} {v}" for k, v in parameters.items())


def synth(family, top, flat):
    """Yosys commands from a hierarchy to the family's cells."""
    if family == "xcup":
        how = "-flatten" if flat else ""
        return f"synth_xilinx -family xcup {how} -noiopad -noclkbuf -nodsp -top {top}"
    if family == "ecp5":
        return f"synth_ecp5 {'' if flat else '-noflatten'} -nodsp -top {top}"
    if family == "ice40":
        return f"synth_ice40 {'' if flat else '-noflatten'} -top {top}"
    # Memories stay what they are, and are not counted.
    how = "-flatten" if flat else ""
    return (f"synth -run begin:fine {how} -top {top}; opt -fast -full; opt -undriven -fine; techmap; "
            f"opt -fast; dfflibmap -liberty {LIBERTY}; abc -liberty {LIBERTY}; opt_clean")


def stat(family):
    return f"stat -liberty {LIBERTY}" if family == "osu018" else "stat"


def cells(text):
    """Cell counts of the last block of a `stat`: the design hierarchy, or the only module."""
    block = text[text.rindex("=== "):]
    return {m[1]: int(m[2]) for m in re.finditer(r"^\s+([A-Z$_][A-Za-z0-9_$]*)\s+(\d+)\s*$", block, re.M)}


def count(family, text):
    """What a `stat` says in the family's units. lut_ram is a part of lut."""
    c = cells(text)
    if family == "xcup":
        ram = 8 * sum(n for cell, n in c.items() if re.fullmatch(r"RAM\d+M\d+", cell))
        ram += sum(n for cell, n in c.items() if cell.startswith("SRL"))
        return {"lut": sum(n for cell, n in c.items() if re.fullmatch(r"LUT\d(_2)?", cell)) + ram,
                "lut_ram": ram, "ff": sum(n for cell, n in c.items() if cell.startswith("FD")),
                "blocks": c.get("RAMB18E2", 0) + 2 * c.get("RAMB36E2", 0),
                "ram_kbit": 18 * c.get("RAMB18E2", 0) + 36 * c.get("RAMB36E2", 0)
                + 288 * c.get("URAM288", 0),
                "dsp": sum(n for cell, n in c.items() if cell.startswith("DSP"))}
    if family == "ecp5":
        ram = 2 * c.get("TRELLIS_DPR16X4", 0)
        return {"lut": c.get("LUT4", 0) + 2 * c.get("CCU2C", 0) + ram, "lut_ram": ram,
                "ff": c.get("TRELLIS_FF", 0), "blocks": c.get("DP16KD", 0),
                "ram_kbit": 18 * c.get("DP16KD", 0), "dsp": c.get("MULT18X18D", 0)}
    if family == "ice40":
        return {"lut": c.get("SB_LUT4", 0), "lut_ram": 0,
                "ff": sum(n for cell, n in c.items() if cell.startswith("SB_DFF")),
                "blocks": c.get("SB_RAM40_4K", 0), "ram_kbit": 4 * c.get("SB_RAM40_4K", 0),
                "dsp": c.get("SB_MAC16", 0)}
    area = re.findall(r"Chip area for .*?: ([\d.]+)", text)
    return {"gates": float(area[-1]) / nand2() if area else 0.0}


def nand2():
    with open(LIBERTY, encoding="utf-8") as file:
        text = file.read()
    return float(re.search(r"cell \(NAND2X1\)\s*\{.*?area\s*:\s*([\d.]+)", text, re.S)[1])


def run(command, log, folder=None):
    """Runs a program with its output in `log`. Errors: Failed, with the log's path."""
    with open(log, "w", encoding="utf-8") as out, \
            subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as child:
        signal.signal(signal.SIGTERM, lambda *_: (child.kill(), sys.exit(1)))
        if child.wait():
            raise Failed(f"{os.path.basename(command[0])}: wanted exit code 0, got "
                         f"{child.returncode}, see {log}")


def yosys(script, log):
    run(["yosys", "-p", script], log)
