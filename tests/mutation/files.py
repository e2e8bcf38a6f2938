# SPDX-License-Identifier: Apache-2.0
"""Which files a module's netlist is made of, and which its tests: by name, without running a tool."""
import re
from pathlib import Path


def verilog_of(module):
    """The Verilog of a module and of what it instantiates, and the constants."""
    known = {path.stem: path for path in Path("rtl").glob("*.sv")}
    todo, found = [module], set()
    while todo:
        name = todo.pop()
        if name in known and name not in found:
            found.add(name)
            todo += re.findall(r"\w+", re.sub(r"//.*", "", known[name].read_text()))
    return [*(known[name] for name in sorted(found)), Path("build/gen/accel.svh")]


def bench_of(module):
    """The module's bench and what it includes of its room."""
    benches = [path for room in ("modules", "stream")
               for path in Path("tests/rtl", room).glob(f"{module}.cpp")]
    return sorted({*benches, *(h for path in benches for h in path.parent.glob("*.h")),
                   *Path("tests/rtl/stream").glob("*.h")})
