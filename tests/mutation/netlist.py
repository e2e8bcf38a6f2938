#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes one netlist that holds many mutants of a module: Yosys's `mutate`, each behind a select.

    netlist.py MODULE OUT MUTANTS [NAME=VALUE...]

OUT/MODULE.sv is the flattened module with its own name and ports; the environment variable
TRITIUM_MUTANT says at run time which mutant it is (0, or not set: none). OUT/select.v is the same
with the select as an input, for proofs; OUT/mutants.txt has one line for each mutant, and
OUT/netlist.d tells make what it depends on. Mutants are of
the module's own source lines and of the parts that it instantiates itself (axi_bursts has no model of
its own).
"""
import re
import subprocess
import sys
from pathlib import Path

from files import verilog_of

WIDTH = 10
MOST = 2**WIDTH - 1


def yosys(script, out):
    path = out / "yosys.ys"
    path.write_text(script)
    done = subprocess.run(["yosys", "-q", path], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"yosys {path}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def prepared(module, parameters):
    # Nothing but what the module is made of: Yosys numbers what it reads, and draws mutants by number,
    # so that another module's change would give other mutants.
    sources = " ".join(str(p) for p in verilog_of(module) if p.suffix == ".sv")
    set_parameters = "".join(" -chparam {} {}".format(*p.split("=", 1)) for p in parameters)
    return (f"read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen {sources}\n"
            f"hierarchy -check -top {module}{set_parameters}\n"
            "proc; flatten; opt -full; memory_collect; opt_clean -purge\n"
            f"rename -top {module}\n")


def main():
    module, out, wanted, parameters = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    out.mkdir(parents=True, exist_ok=True)
    # More than wanted are listed, since those of inner modules are dropped.
    yosys(prepared(module, parameters) + f"tee -q -o {out}/all.txt mutate -list {20 * wanted} -seed 1\n",
          out)
    own = [line for line in (out / "all.txt").read_text().splitlines()
           if line.startswith("mutate ") and f"-src rtl/{module}.sv:" in line]
    step = max(1, len(own) // wanted)
    picked = own[::step][:wanted][:MOST]
    if not picked:
        sys.exit(f"{module}: no mutants")
    (out / "mutants.txt").write_text("\n".join(picked) + "\n")
    apply = "".join(re.sub("^mutate ", f"mutate -ctrl mutant {WIDTH} {i} ", line) + "\n"
                    for i, line in enumerate(picked, 1))
    yosys(prepared(module, parameters) + apply + f"opt_clean\nwrite_verilog -noattr {out}/select.v\n",
          out)
    text = (out / "select.v").read_text()
    text = re.sub(r",\s*mutant(?=\s*[,)])", "", text, count=1)
    text, found = re.subn(
        rf"  input \[{WIDTH - 1}:0\] mutant;\n  wire \[{WIDTH - 1}:0\] mutant;\n",
        f"  reg [{WIDTH - 1}:0] mutant;\n"
        '  initial mutant = $c("(getenv(\\"TRITIUM_MUTANT\\") ? atoi(getenv(\\"TRITIUM_MUTANT\\")) : 0)");\n',
        text, count=1)
    if found != 1:
        sys.exit(f"{module}: the select is not where it was expected")
    (out / f"{module}.sv").write_text(text)
    files = " ".join(str(path) for path in verilog_of(module))
    (out / "netlist.d").write_text(f"{out}/mutants.txt: {files}\n{files}:\n")


main()
