#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make test-cocotb`: builds the bench of each design named with iverilog and runs the cocotb tests on it;
with --netlist a synthesised kernel stands in its place (make test-gates). Prints each test and
"N passed, N failed". SEED= gives the random numbers, ROUNDS= the random lists, TEST= part of a name."""
import argparse
import os
import re
import sys
import time
import xml.etree.ElementTree
from pathlib import Path

from cocotb_tools.runner import get_runner

import bench

HERE = Path(__file__).resolve().parent


def geometry(design):
    """The geometry of a design file, as strings."""
    with open(design) as file:
        return dict(re.findall(r"^  (\w+): +(\w+)", file.read(), re.M))


def run(design, options):
    """(test, seconds, why it failed or '') of each test on one design."""
    g, name = geometry(design), Path(design).stem
    out = Path(options.out).resolve() / name
    out.mkdir(parents=True, exist_ok=True)
    top = Path(f"build/gen/{name}/tritium_top.sv").resolve()
    bench.write(top, out / "bench.sv", int(g["ports"]), int(g["beat_bits"]))
    kernel = options.netlist or [top, *sorted(Path(options.rtl).glob("*.sv"))]  # a netlist holds the top
    sources = [out / "bench.sv", *sorted(Path("tests/protocol").glob("*_rules.sv")), *kernel]
    runner = get_runner("icarus")
    runner.build(sources=[Path(s).resolve() for s in sources], hdl_toplevel="bench", build_dir=out, always=True,
                 includes=[Path(folder).resolve() for folder in (options.rtl, "build/gen", "tests/protocol")],
                 log_file=out / "build.log")
    env = {f"GEOMETRY_{k.upper()}": v for k, v in g.items()}
    env["PYTHONPATH"] = str(HERE)
    results = runner.test(hdl_toplevel="bench", test_module=options.modules.split(","), build_dir=out,
                          test_dir=out, results_xml=out / "results.xml", extra_env=env, log_file=out / "test.log",
                          test_filter=options.test or None)
    for case in xml.etree.ElementTree.parse(results).iter("testcase"):
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        if case.find("skipped") is None:
            why = "" if bad is None else bad.get("error_msg") or bad.get("message") or f"see {out}/test.log"
            yield case.get("name"), float(case.get("time", 0)), why.splitlines()[0] if why else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="+", metavar="DESIGN.yaml")
    parser.add_argument("--out", default="build/cocotb", help="folder for what is built")
    parser.add_argument("--rtl", default="rtl", help="the kernel's sources: a patched copy shows a planted bug")
    parser.add_argument("--netlist", nargs="*", help="Verilog in place of the kernel's sources")
    parser.add_argument("--test", default=os.environ.get("TEST", ""), help="tests whose name this expression matches")
    parser.add_argument("--modules", default="test_kernel,test_faults", help="files of tests")
    options = parser.parse_args()
    passed = failed = 0
    for design in options.designs:
        start = time.time()
        print(f"{Path(design).stem}: SEED={os.environ.get('SEED', '1')}", flush=True)
        for test, seconds, why in run(design, options):
            print(f"  {test:32} {'failed: ' + why if why else 'passed'} ({seconds:.1f} s)", flush=True)
            failed += bool(why)
            passed += not why
        print(f"  {time.time() - start:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
