#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an evaluation's area and clock rest on, with the real tools: a sum of parts against the kernel
synthesised at once, parts kept and found again, the clock of standard cells. Minutes, so it is no part
of `make test`. Run from the root of the repository: evaluate.py FOLDER."""

import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "tools")
import synthesis  # noqa: E402

SMALL = {"PORTS": 1, "BEAT_BITS": 128, "ENCODING": 0, "TOKENS": 1, "K_MAX": 1024, "T_MAX": 4,
         "PREFETCH": 128}
WORST_PERCENT = 5  # of LUTs, on xcup; docs/exploring.md has what was measured


def main(folder):
    passed = failed = 0

    def judge(ok, text):
        nonlocal passed, failed
        print(f"{'ok' if ok else 'FAILED'}  {text}", flush=True)
        passed, failed = passed + bool(ok), failed + (not ok)

    shutil.rmtree(folder, ignore_errors=True)
    first = synthesis.composed("xcup", SMALL, folder)
    whole = synthesis.whole("xcup", SMALL, folder)
    off = 100 * (first["lut"] / whole["lut"] - 1)
    judge(abs(off) <= WORST_PERCENT,
          f"sum of parts: {first['lut']} LUT, at once {whole['lut']}: {off:+.1f} %")
    judge(first["ram_kbit"] == whole["ram_kbit"],
          f"block RAM: {first['ram_kbit']} Kbit, at once {whole['ram_kbit']}")
    again = synthesis.composed("xcup", SMALL, folder)
    judge(again["made"] == 0 and again["lut"] == first["lut"],
          f"the second time {again['made']} parts are made, {again['lut']} LUT")
    other = synthesis.composed("xcup", {**SMALL, "PREFETCH": 256}, folder)
    judge(0 < other["made"] <= 6 and other["lut"] != first["lut"],
          f"another FIFO makes {other['made']} of {len(other['parts'])} parts anew")
    judge(not [f for f in os.listdir(folder) if f.startswith("work-")], "no work is left behind")
    try:
        synthesis.composed("xcup", {**SMALL, "PORTS": 3}, folder)
        judge(False, "an illegal geometry is refused")
    except synthesis.Failed as error:
        judge("PARAM_PORTS" in str(error), f"an illegal geometry is refused: {error}")
    if shutil.which("sta") and os.path.exists(synthesis.LIBERTY):
        mhz = synthesis.clock("osu018", SMALL, folder)["clock_mhz"]
        judge(50 < mhz < 1000, f"array of one port in osu018: {mhz:.0f} MHz")
    else:
        print("skipped  clock of standard cells: apt-get install opensta qflow-tech-osu018")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: tests/explore/evaluate.py FOLDER")
    sys.exit(main(sys.argv[1]))
