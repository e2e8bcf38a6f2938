#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a sweep for documents: its trade-offs, its roofline, where cycles, energy and time
go. Reads what `tritium explore report RESULT -o DATA.json` writes; computes no figure."""

import argparse
import json
import sys

# Okabe and Ito's colours, which the colour-blind can tell apart; those of explore/report.js.
BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8a8f96",
)
STATES = {
    "done": (BLUE, "o", "evaluated"),
    "refused": (ORANGE, "^", "breaks a constraint"),
    "pruned": (GREY, "x", "pruned by the model"),
}
CAUSES = (
    ("steps", "array steps", BLUE),
    ("wait_weights", "waits: weights", RED),
    ("wait_activations", "waits: activations", ORANGE),
    ("wait_command", "waits: command", PINK),
    ("wait_results", "waits: results", SKY),
)
ENERGY = (
    ("joules_arithmetic", "arithmetic", BLUE),
    ("joules_sram", "on-chip memory", GREEN),
    ("joules_dram", "external memory", RED),
    ("joules_host", "host", ORANGE),
    ("joules_idle", "idle power x time", GREY),
)
TIME = (
    ("device_ms", "accelerator", BLUE),
    ("host_ms", "host", ORANGE),
    ("launch_ms", "launches", PINK),
)


def value(point, name):
    pair = point["figures"].get(name)
    return pair[0] if pair else None


def label(document, name):
    unit = next((f["unit"] for f in document["figures"] if f["name"] == name), "")
    return f"{name} ({unit})" if unit else name


def front(document, x, y):
    """Done points that none beats in both figures, from the best across to the worst."""
    sign = {}
    for name in (x, y):
        better = next(f["better"] for f in document["figures"] if f["name"] == name)
        for objective in document["space"]["objectives"]:
            if objective["figure"] == name:
                better = objective.get("better") or better
        if better == "neither":
            return []
        sign[name] = 1 if better == "smaller" else -1
    done = [
        p
        for p in document["points"]
        if p["state"] == "done" and value(p, x) is not None and value(p, y) is not None
    ]
    done.sort(key=lambda p: (sign[x] * value(p, x), sign[y] * value(p, y)))
    kept = []
    for p in done:
        if not kept or sign[y] * value(p, y) < sign[y] * value(kept[-1], y):
            kept.append(p)
    return kept


def draw_pareto(axes, document, x, y):
    for state, (colour, marker, text) in STATES.items():
        some = [
            p
            for p in document["points"]
            if p["state"] == state and value(p, x) is not None and value(p, y) is not None
        ]
        if some:
            axes.scatter(
                [value(p, x) for p in some],
                [value(p, y) for p in some],
                s=22,
                c=colour,
                marker=marker,
                label=f"{text} ({len(some)})",
                zorder=2,
                linewidths=1,
            )
    best = front(document, x, y)
    if best:
        axes.step(
            [value(p, x) for p in best],
            [value(p, y) for p in best],
            where="post",
            color="#555555",
            linestyle="--",
            linewidth=1,
            zorder=1,
        )
    ringed = [
        p
        for p in document["points"]
        if p["front"]
        and p["state"] == "done"
        and value(p, x) is not None
        and value(p, y) is not None
    ]
    axes.scatter(
        [value(p, x) for p in ringed],
        [value(p, y) for p in ringed],
        s=60,
        facecolors="none",
        edgecolors=RED,
        label="front of all objectives",
        zorder=3,
    )
    axes.set_xlabel(label(document, x))
    axes.set_ylabel(label(document, y))
    axes.grid(color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.legend(fontsize=8)


def under_roof(document, point):
    """As under_roof of explore/report.js: (phase, MACs a byte, MACs a clock), deliverable bytes."""
    geometry, memory = point["design"]["geometry"], point["design"]["memory"]
    work, weights, places = document["space"]["workload"], value(point, "weight_bytes"), []
    in_byte = 4 if geometry["encoding"] == "b2" else 5
    if weights and value(point, "decode_cycles"):
        each = in_byte * min(work["batch"], geometry["t_max"])
        places.append(("decode", each, each * weights / value(point, "decode_cycles")))
    if weights and value(point, "prefill_cycles") and work["prompt"]:
        shared = min(work["prompt"], geometry["t_max"])
        passes = work["prompt"] * work["batch"] / shared
        places.append(
            (
                "prefill",
                in_byte * shared,
                in_byte * shared * weights * passes / value(point, "prefill_cycles"),
            )
        )
    share = 1.0
    if memory["refresh_interval"] > 0:
        share -= memory["refresh_cycles"] / memory["refresh_interval"]
    return places, geometry["ports"] * memory["bytes_per_cycle"] * share


def draw_roof(axes, document, points):
    seen = set()
    for p in points:
        places, deliver = under_roof(document, p)
        for phase, x, y in places:
            axes.scatter(
                [x],
                [y],
                s=26,
                c=BLUE if phase == "decode" else ORANGE,
                marker="o" if phase == "decode" else "s",
                zorder=3,
            )
        if places and value(p, "macs") and (deliver, value(p, "macs")) not in seen:
            seen.add((deliver, value(p, "macs")))
            low, high, macs = 2, 512, value(p, "macs")
            ridge = min(max(macs / deliver, low), high)
            axes.plot(
                [low, ridge, high],
                [min(low * deliver, macs), min(macs, ridge * deliver), min(macs, high * deliver)],
                color="#999999",
                linewidth=0.9,
                zorder=1,
            )
    axes.scatter([], [], c=BLUE, marker="o", label="decode")
    axes.scatter([], [], c=ORANGE, marker="s", label="prefill")
    axes.plot([], [], color="#999999", label="a design's own roofs")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("MAC for each byte of weights")
    axes.set_ylabel("MAC a clock")
    axes.grid(color="#dddddd", linewidth=0.5)
    axes.legend(fontsize=8)


def draw_bars(axes, document, points, terms, of, title):
    left = [0.0] * len(points)
    names = [f"#{p['index']} " + "/".join(str(v) for v in p["parameters"].values()) for p in points]
    for name, text, colour in terms:
        widths = [of(p, name) or 0.0 for p in points]
        if any(widths):
            axes.barh(range(len(points)), widths, left=left, color=colour, label=text, height=0.7)
        left = [a + b for a, b in zip(left, widths)]
    axes.set_yticks(range(len(points)))
    axes.set_yticklabels(names, fontsize=7)
    axes.invert_yaxis()
    axes.locator_params(axis="x", nbins=6)
    if points:
        title += "\n#point " + "/".join(n.split(".")[-1] for n in points[0]["parameters"])
    axes.set_xlabel(title)
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=3)


def draw(document, path, x, y, most):
    try:
        import matplotlib
    except ImportError:
        sys.exit(
            "explore_plot: wanted the Python package matplotlib, got none; "
            "install python3-matplotlib"
        )
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "tritium"  # the same data, the same file
    import matplotlib.pyplot as plot

    best = front(document, x, y)
    if len(best) > most:
        best = [best[round(i * (len(best) - 1) / (most - 1))] for i in range(most)]
    counted = [p for p in best if p["decode_counters"]]
    if not best:
        sys.exit(f"explore_plot: wanted done points with {x} and {y}, got none")
    figure, ((pareto, roof), (cycles, energy)) = plot.subplots(2, 2, figsize=(12, 9))
    draw_pareto(pareto, document, x, y)
    draw_roof(roof, document, best)
    if counted:
        draw_bars(
            cycles,
            document,
            counted,
            CAUSES,
            lambda p, n: 100 * p["decode_counters"][n] / p["decode_counters"]["active"],
            "decode cycles, % of active (simulated)",
        )
    else:
        draw_bars(cycles, document, best, TIME, value, "time of a decode step, ms")
    draw_bars(energy, document, best, ENERGY, value, "energy of a decoded token, J (modelled)")
    figure.suptitle(
        f"{document['space']['name']}: {document['space']['workload']['shape']}, "
        f"{document['space']['part']['name']}",
        fontsize=11,
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Date": None} if path.endswith(".svg") else None)


def defaults(document, objectives):
    """What is spent across, what is gained up: the first known objective of either kind."""
    known = [o for o in objectives if any(o in p["figures"] for p in document["points"])]
    if not known:
        sys.exit("explore_plot: wanted a point with an objective's figure, got none")
    better = {f["name"]: f["better"] for f in document["figures"]}
    up = next((o for o in known if better[o] == "larger"), known[0])
    return next((o for o in known if o != up), up), up


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "document", help="DATA.json of `tritium explore report RESULT -o DATA.json`"
    )
    parser.add_argument("-o", "--output", required=True, help="file ending in .svg or .png")
    parser.add_argument("-x", help="figure across; the second objective unless given")
    parser.add_argument("-y", help="figure up; the first objective unless given")
    parser.add_argument(
        "--bars", type=int, default=12, help="most points in the bars (%(default)s)"
    )
    options = parser.parse_args()
    if not options.output.endswith((".svg", ".png")) or options.bars < 2:
        parser.error(
            f"wanted an output of .svg or .png and at least 2 bars, got {options.output}, "
            f"{options.bars}"
        )
    try:
        with open(options.document, encoding="utf-8") as file:
            document = json.load(file)
        names = [f["name"] for f in document["figures"]]
        objectives = [o["figure"] for o in document["space"]["objectives"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{options.document}: wanted a sweep's JSON, got {error!r}")
    x, y = defaults(document, objectives)
    x, y = options.x or x, options.y or y
    for name in (x, y):
        if name not in names:
            sys.exit(f"explore_plot: wanted a figure of {', '.join(names)}, got {name}")
    draw(document, options.output, x, y, options.bars)


if __name__ == "__main__":
    main()
