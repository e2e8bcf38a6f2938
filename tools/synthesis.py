#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Area of the kernel by Yosys. `synthesis.py composed` adds up parts that are synthesised one by one
and kept, `whole` synthesises the kernel at once, `clock` asks synthesis_clock.py. Run from the root of
the repository. What is counted: docs/area.md; how far a sum is off: docs/exploring.md."""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from synthesis_clock import clock  # noqa: E402
from synthesis_yosys import (  # noqa: E402
    LIBERTY, VENDOR, Failed, chparam, count, read, stat, synth, yosys)

# Modules that are synthesised without what is in them; every other one with all that is in it.
SPLIT = {"tritium_core", "array", "products"}


# ---- composed --------------------------------------------------------------------------------------
class Module:
    """One module of an elaborated kernel, as RTLIL."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.base = name.rsplit("\\", 1)[-1] if not name.startswith("$paramod\\") \
            else name.split("\\")[1]
        self.children = {}

    def plain(self, names):
        """The text without what says nothing: lines of sources, running numbers, children's names."""
        numbers = {}
        text = re.sub(r"^\s*attribute \\src .*\n", "", self.text, flags=re.M)
        text = re.sub(r"\$paramod\S+", lambda m: names.get(m[0], m[0]), text)
        return re.sub(r"\$[^\s{}]*?\$\d+(?!\d)",
                      lambda m: f"$n{numbers.setdefault(m[0], len(numbers))}", text)

    def outline(self, name):
        """Its ports alone, as a black box."""
        ports = re.findall(r"^  (wire .*?(?:input|output|inout) .*)$", self.text, re.M)
        lines = "\n".join("  " + port for port in ports)
        return f"attribute \\blackbox 1\nmodule {name}\n{lines}\nend\n"


def split_modules(text):
    modules, lines = {}, []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if line.startswith(("autoidx ", "#")):
            lines = []
        elif line == "end\n":
            whole_text = "".join(lines)
            name = re.search(r"^module (\S+)$", whole_text, re.M)[1]
            modules[name], lines = Module(name, whole_text), []
    for module in modules.values():
        for cell in re.findall(r"^  cell (\S+) ", module.text, re.M):
            if cell in modules:
                module.children[cell] = module.children.get(cell, 0) + 1
    return modules


def below(modules, name, found=None):
    """A module and all in it, each once."""
    found = {} if found is None else found
    if name not in found:
        found[name] = modules[name]
        for child in modules[name].children:
            below(modules, child, found)
    return found


def units_of(modules, name, times, found):
    """How often each part that is synthesised by itself is there."""
    found[name] = found.get(name, 0) + times
    if modules[name].base in SPLIT:
        for child, number in modules[name].children.items():
            units_of(modules, child, times * number, found)
    return found


def elaborate(family, parameters, folder):
    """The kernel's modules with these parameters, and the top's name."""
    path = os.path.join(folder, "kernel.il")
    yosys(f"{read(VENDOR[family])}; hierarchy -top tritium_core {chparam(parameters)}; "
          f"write_rtlil {path}", os.path.join(folder, "kernel.log"))
    with open(path, encoding="utf-8") as file:
        modules = split_modules(file.read())
    os.remove(path)
    rule = [said for module in modules.values()
            for said in re.findall(r"^  cell \S*?(PARAM_\w+) ", module.text, re.M)]
    if rule:
        raise Failed(f"geometry: wanted what {rule[0]} says, got {parameters}")
    top = [m.name for m in modules.values() if m.base == "tritium_core"]
    if len(top) != 1:
        raise Failed(f"{path}: wanted one tritium_core, got {len(top)}")
    return modules, top[0]


def names_by_content(modules, top):
    """A name for each module that only what it does decides."""
    names = {}

    def name(at):
        if at not in names:
            for child in modules[at].children:
                name(child)
            text = modules[at].plain(names).replace(at, "self")
            names[at] = "$c" + hashlib.sha256(text.encode()).hexdigest()[:32]
        return names[at]

    name(top)
    return names


def memory_bits(module):
    return sum(int(width) * int(size) for width, size in
               re.findall(r"^  memory width (\d+) (?:offset \d+ )?size (\d+) ", module.text, re.M))


def group(modules, names):
    """RTLIL of several parts under one top, each with outlines of what it leaves out."""
    shared, text, top = {}, [], ["module \\group\n"]
    for number, name in enumerate(names):
        module = modules[name]
        own = module.text.replace(f"module {name}\n", f"module \\unit_{number}\n")
        if module.base in SPLIT:
            for place, child in enumerate(module.children):
                outline = f"\\outline_{number}_{place}"
                own = own.replace(f"  cell {child} ", f"  cell {outline} ")
                text.append(modules[child].outline(outline))
        else:
            for child in module.children:
                below(modules, child, shared)
        text.append(own)
        top.append("  attribute \\keep 1\n"
                   f"  cell \\unit_{number} \\u{number}\n  end\n")
    return "".join([*(m.text for m in shared.values()), *text, *top, "end\n"])


def make_units(family, modules, names, stem):
    """Synthesises parts in one run, which shares the reading of the family's cells, and counts each
    one's cells."""
    with open(stem + ".il", "w", encoding="utf-8") as file:
        file.write(group(modules, names))
    yosys(f"read_rtlil {stem}.il; proc; flatten unit_*; {synth(family, 'group', False)}; "
          f"tee -o {stem}.stat {stat(family)}", stem + ".log")
    with open(stem + ".stat", encoding="utf-8") as file:
        blocks = dict(re.findall(r"^=== (unit_\d+) ===\n(.*?)(?=^===|\Z)", file.read(),
                                 re.M | re.S))
    for end in (".il", ".stat", ".log"):
        os.remove(stem + end)
    counted = []
    for number, name in enumerate(names):
        counts = count(family, f"=== {blocks[f'unit_{number}']}")
        if family == "osu018":
            inside = instances(modules, name, modules[name].base not in SPLIT)
            counts["ram_kbit"] = sum(times * memory_bits(modules[part])
                                     for part, times in inside.items()) / 1024
        counted.append(counts)
    return counted


def instances(modules, name, flat, times=1, found=None):
    found = {} if found is None else found
    found[name] = found.get(name, 0) + times
    for child, number in modules[name].children.items() if flat else ():
        instances(modules, child, flat, times * number, found)
    return found


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(path, value):
    """A file that appears whole or not at all."""
    with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
        json.dump(value, file, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.{os.getpid()}", path)


def kept(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def make_missing(family, modules, paths, stem):
    """Makes the parts that are not kept, and returns how many. Locks are taken in one order, so two
    processes that want the same parts do not wait for each other."""
    missing = {path: name for name, path in sorted(paths.items(), key=lambda item: item[1])
               if kept(path) is None}
    with contextlib.ExitStack() as locks:
        for path in missing:
            locks.enter_context(locked(path + ".lock"))
        mine = {path: name for path, name in missing.items() if kept(path) is None}
        if mine:
            counted = make_units(family, modules, list(mine.values()), stem)
            for path, counts in zip(mine, counted):
                keep(path, counts)
    return len(mine)


def composed(family, parameters, folder):
    """Counts of all parts, each multiplied by how often it is there, and of the parts."""
    os.makedirs(folder, exist_ok=True)
    work = os.path.join(folder, f"work-{os.getpid()}")
    os.makedirs(work, exist_ok=True)
    version = subprocess.run(["yosys", "-V"], capture_output=True, text=True, check=True).stdout
    modules, top = elaborate(family, parameters, work)
    names = names_by_content(modules, top)
    found = units_of(modules, top, 1, {})
    paths = {}
    for name in found:
        flat = modules[name].base not in SPLIT
        key = hashlib.sha256(f"{version}{synth(family, 'unit', flat)}{names[name]}".encode())
        paths[name] = os.path.join(
            folder, f"{modules[name].base}-{family}-{key.hexdigest()[:24]}.json")
    made = make_missing(family, modules, paths, os.path.join(work, "units"))
    total, parts = {}, []
    for name, times in found.items():
        counted = kept(paths[name])
        if counted is None:
            raise Failed(f"{paths[name]}: wanted the counts of a part, got none")
        parts.append({"module": modules[name].base, "count": times, **counted})
        for what, number in counted.items():
            total[what] = total.get(what, 0) + times * number
    for left in os.listdir(work):
        os.remove(os.path.join(work, left))
    os.rmdir(work)
    return {**total, "parts": parts, "made": made}


# ---- whole -----------------------------------------------------------------------------------------
def whole(family, parameters, folder):
    """Counts of the kernel synthesised at once."""
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, f"whole-{os.getpid()}")
    yosys(f"{read(VENDOR[family])}; hierarchy -top tritium_core {chparam(parameters)}; "
          f"{synth(family, 'tritium_core', True)}; tee -o {stem}.stat {stat(family)}", stem + ".log")
    with open(stem + ".stat", encoding="utf-8") as file:
        counted = count(family, file.read())
    os.remove(stem + ".stat")
    os.remove(stem + ".log")
    return counted


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("how", choices=["composed", "whole", "clock"])
    parser.add_argument("--family", required=True, choices=sorted(VENDOR))
    parser.add_argument("--folder", default="build/area/parts", help="where parts are kept, and logs")
    parser.add_argument("--out", help="JSON file; without it standard output")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="of tritium_core")
    options = parser.parse_intermixed_args()
    if options.family == "osu018" and not os.path.exists(LIBERTY):
        sys.exit(f"synthesis.py: no {LIBERTY}: apt-get install qflow-tech-osu018")
    parameters = dict(p.split("=", 1) for p in options.parameters)
    begin = time.monotonic()
    try:
        if options.how == "composed":
            result = composed(options.family, parameters, options.folder)
        elif options.how == "whole":
            result = whole(options.family, parameters, options.folder)
        else:
            result = clock(options.family, parameters, options.folder)
    except Failed as error:
        sys.exit(f"synthesis.py: {error}")
    result["seconds"] = round(time.monotonic() - begin, 1)
    if options.out:
        keep(options.out, result)
    else:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
