#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/study.md, from the data of finished sweeps: best designs, what one parameter
changes, and published designs in the same units. Runs no sweep: `make study` does."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from study_published import compared  # noqa: E402
from study_tables import section, value, wishes  # noqa: E402

BEGIN, END = "<!-- study: begin -->", "<!-- study: end -->"
ROWS = "<!-- study-rows: "
# What the tables' decode and prefill figures follow from by formula; RTL decides the areas.
RTL = ("rtl",)


def rtl_hash():
    """Of the sources that decide areas and cycles."""
    total = hashlib.sha256()
    for root in RTL:
        for folder, _, files in sorted(os.walk(root)):
            for file in sorted(f for f in files if f.endswith((".sv", ".svh", ".yaml", ".v"))):
                with open(os.path.join(folder, file), "rb") as content:
                    total.update(file.encode() + content.read())
    return total.hexdigest()[:16]


def write(path, documents, weights):
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    if whole.count(BEGIN) != 1 or whole.count(END) != 1:
        sys.exit(f"{path}: wanted the markers {BEGIN} and {END} once each")
    rows = {
        name: {
            str(p["index"]): [value(p, "decode_tokens_s"), value(p, "prefill_tokens_s")]
            for _, p in wishes(d["points"])
        }
        for name, d in documents.items()
    }
    lines = [ROWS + json.dumps({"rtl": rtl_hash(), "rows": rows}) + " -->", ""]
    for name, document in documents.items():
        lines += section(name, document)
    lines += compared(documents, weights)
    before, after = whole.split(BEGIN)[0], whole.split(END)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


def check(path, program, spaces):
    """Each point of the tables against the formula as it is now, within 3 %."""
    with open(path, encoding="utf-8") as file:
        kept = [line for line in file if line.startswith(ROWS)]
    if len(kept) != 1:
        sys.exit(f"{path}: wanted one line of study-rows, got {len(kept)}; make study")
    known = json.loads(kept[0][len(ROWS) :].rsplit(" -->", 1)[0])
    passed = failed = 0
    if known["rtl"] != rtl_hash():
        print("note: rtl/ has changed since docs/study.md measured its areas; make study")
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in known["rows"].items():
            result, data = f"{folder}/{name}.jsonl", f"{folder}/{name}.json"
            for command in (
                [
                    "run",
                    f"{spaces}/{name}.yaml",
                    "--search",
                    "grid",
                    "--effort",
                    "model",
                    "--front-effort",
                    "model",
                    "--cache",
                    f"{folder}/cache",
                    "-o",
                    result,
                ],
                ["report", result, "-o", data],
            ):
                done = subprocess.run(
                    [program, "explore", *command],
                    capture_output=True,
                    text=True,
                    timeout=300,
                    check=False,
                )
                if done.returncode != 0:
                    sys.exit(f"study: {' '.join(command)}: {done.stderr.strip()}")
            with open(data, encoding="utf-8") as file:
                points = {str(p["index"]): p for p in json.load(file)["points"]}
            for index, figures in rows.items():
                for figure, old in zip(("decode_tokens_s", "prefill_tokens_s"), figures):
                    new = value(points[index], figure) if index in points else None
                    good = new is not None and abs(new - old) <= 0.03 * old
                    passed, failed = passed + good, failed + (not good)
                    if not good:
                        print(
                            f"{path}: {name}, point {index}: {figure}: {old} there, {new} now; "
                            "make study"
                        )
    print(f"{passed} passed, {failed} failed")
    return failed != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="*", help="DATA.json of `tritium explore report`, in order")
    parser.add_argument("--document", default="docs/study.md", help="%(default)s")
    parser.add_argument("--check", metavar="PROGRAM", help="build/tritium: is the document fresh?")
    parser.add_argument("--spaces", default="designs/spaces", help="for --check (%(default)s)")
    parser.add_argument("--weights", type=float, default=2.084, help="billions (%(default)s: 2b4t)")
    options = parser.parse_args()
    if options.check:
        return check(options.document, options.check, options.spaces)
    if not options.data:
        parser.error("wanted sweeps' data, got none")
    documents = {}
    for path in options.data:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        documents[document["space"]["name"]] = document
    write(options.document, documents, options.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
