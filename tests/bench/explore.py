#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the exploration of designs and writes build/reports/explore.json.

explore.py PROGRAM SPACE [STAGE...]; stages, in this order, all by default:
  cold    the whole space from an empty cache: points, seconds_cold, how many were simulated, synthesised
          whole or composed of modules, and how far the formulas are from simulated cycles
  warm    the same again with the full cache: seconds_warm
  report  report_bytes of its page
  guided  tests/explore/front.yaml walked to its end, and by guided search: front_recall (of the objectives'
          values on the true front, the share that an evaluated point equals or beats), evaluations_share
  space   the same of SPACE itself, as space_front_recall and space_evaluations_share; not by default
Keys of stages that do not run stay as they are in the file.
"""
import json
import pathlib
import subprocess
import sys
import time

REPORT = pathlib.Path("build/reports/explore.json")
ROOM = pathlib.Path("build/explore/bench")


def run(program, *words):
    began = time.monotonic()
    done = subprocess.run([program, "explore", *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench-explore: tritium explore {' '.join(words)}: exit status {done.returncode}")
    return time.monotonic() - began


def sweep(program, space, out, *more):
    out.unlink(missing_ok=True)
    return run(program, "run", space, "--progress", "--cache", str(ROOM / "cache"), "-o", str(out), *more)


def read(path):
    header, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    return header, [line for line in lines if "index" in line]


def origin(point, figure):
    return point["figures"].get(figure, [0, "absent"])[1]


def cold_figures(path):
    _, points = read(path)
    made = [p for p in points if p["state"] in ("done", "refused")]
    area = "gates" if any("gates" in p["figures"] for p in made) else "lut"
    errors = sorted(abs(p["figures"]["model_error"][0]) for p in made if origin(p, "model_error") == "simulated")
    middle = len(errors) // 2
    return {
        "points": len(points),
        "points_failed": sum(p["state"] == "failed" for p in points),
        "points_simulated": sum(origin(p, "decode_cycles") == "simulated" for p in made),
        "points_synthesised_whole": sum(origin(p, area) in ("synthesised", "routed") for p in made),
        "points_composed": sum(origin(p, area) == "composed" for p in made),
        "model_error_median_pct": (errors[middle] + errors[-middle - 1]) / 2 if errors else None,
        "model_error_worst_pct": errors[-1] if errors else None,
    }


def vector(point, objectives):
    """Smaller is better in each number."""
    return [(-1 if o["better"] == "larger" else 1) * point["figures"][o["figure"]][0]
            if o["figure"] in point["figures"] else float("inf") for o in objectives]


def guided_figures(whole, guided):
    header, points = read(whole)
    objectives = header["space"]["objectives"]
    front = {tuple(vector(p, objectives)) for p in points if p["front"]}
    _, found = read(guided)
    # Refused and failed points were evaluated too, so they count in the share.
    evaluated = [p for p in found if p["state"] != "pruned"]
    known = [vector(p, objectives) for p in evaluated if p["state"] == "done"]
    met = sum(any(all(a <= b for a, b in zip(k, f)) for k in known) for f in front)
    return {"front_size": len(front), "front_recall": met / len(front),
            "evaluations_share": len(evaluated) / len(found)}


FRONT = "tests/explore/front.yaml"


def main():
    program, space, *stages = sys.argv[1:]
    known = ("cold", "warm", "report", "guided", "space")
    for stage in stages:
        if stage not in known:
            sys.exit(f"bench-explore: wanted stages of {' '.join(known)}, got '{stage}'")
    stages = stages or known[:-1]
    ROOM.mkdir(parents=True, exist_ok=True)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    report = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    whole, warm, guided = ROOM / "cold.jsonl", ROOM / "warm.jsonl", ROOM / "guided.jsonl"
    page = ROOM / "report.html"
    # One effort for every point, so that the two rules look for the same front.
    same = ("--front-effort", "composed", "--sample", "0", "--minutes", "100000")

    def keep(values):
        report.update(values)
        REPORT.write_text(json.dumps(report, indent=1) + "\n")
        for key, value in values.items():
            print(f"{key}: {value}")

    if "cold" in stages:
        subprocess.run(["rm", "-rf", str(ROOM / "cache")], check=True)
        seconds = sweep(program, space, whole, "--minutes", "100000")
        keep({"space": space, "seconds_cold": round(seconds, 1), **cold_figures(whole)})
    if "warm" in stages:
        keep({"seconds_warm": round(sweep(program, space, warm, "--minutes", "100000"), 2)})
    if "report" in stages:
        run(program, "report", str(whole), "-o", str(page))
        keep({"report_bytes": page.stat().st_size})
    for stage, file, prefix in (("guided", FRONT, ""), ("space", space, "space_")):
        if stage not in stages:
            continue
        composed = ROOM / "composed.jsonl"
        sweep(program, file, composed, *same)
        sweep(program, file, guided, "--search", "guided", *same)
        keep({prefix + key: value for key, value in guided_figures(composed, guided).items()})


if __name__ == "__main__":
    main()
