# SPDX-License-Identifier: Apache-2.0
"""What cpu.py's figures say: ratios, a Markdown table, a plot. Measures nothing."""

import sys

FLAGS = ("avx2", "f16c", "fma", "avx_vnni", "avx512", "amx", "asimddp", "i8mm", "sve")
BEGIN, END = "<!-- bench-cpu: begin -->", "<!-- bench-cpu: end -->"


def processor():
    found = {}
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition(":")
            found.setdefault(key.strip(), value.strip())
    flags = found.get("flags", found.get("Features", "")).split()
    return {
        "cpu": found.get("model name", "unknown"),
        "flags": [f for f in flags if f.startswith(FLAGS)],
    }


def best(lines, own, phase, threads):
    """The fastest valid line of a kind, or None."""
    some = [
        line
        for line in lines
        if line["own"] == own
        and line["valid"]
        and (line["phase"], line["threads"]) == (phase, threads)
    ]
    return max(some, key=lambda line: line["tokens_per_second"], default=None)


def ratios(lines):
    """Against the best peer at each number of threads; the smallest of them stands for all."""
    found, each = {}, []
    for phase in ("decode", "prefill"):
        for threads in sorted({line["threads"] for line in lines}):
            own = best(lines, True, phase, threads)
            peer = best(lines, False, phase, threads)
            if own and phase == "decode":
                found[f"ms_per_token_{threads}t"] = 1e3 / own["tokens_per_second"]
            if not own or not peer:
                continue
            ratio = own["tokens_per_second"] / peer["tokens_per_second"]
            each.append(
                {
                    "phase": phase,
                    "threads": threads,
                    "ratio": ratio,
                    "peer": f"{peer['engine']} {peer['format']}",
                }
            )
            found[f"ratio_{phase}"] = min(ratio, found.get(f"ratio_{phase}", ratio))
    found["ratios"] = each
    return found


def table(report):
    stream = ", ".join(
        f"{rate / 1e9:.1f} GB/s with {threads}"
        for threads, rate in report["stream_bytes_per_second"].items()
    )
    rows = report["head_rows_survived"]
    out = [
        f"`{report['command']}`, {report['date']}, {report['cpu']} ({' '.join(report['flags'])}; "
        f"own kernels: {report['isa']}), load before {report['load_before']:.1f}; medians of "
        f"programs taking turns; reading memory, best: {stream} threads.",
        "",
        "| engine | format | threads | decode tokens/s | MB a token | of bandwidth "
        f"| prefill ({report['prompt']}) tokens/s |",
        "|---|---|---|---|---|---|---|",
    ]
    lines = report["list"]
    prefill = {
        (p["engine"], p["format"], p["threads"]): p for p in lines if p["phase"] == "prefill"
    }
    for line in sorted(
        (line for line in lines if line["phase"] == "decode"),
        key=lambda line: (line["threads"], not line["own"], -line["tokens_per_second"]),
    ):
        other = prefill.get((line["engine"], line["format"], line["threads"]))
        out.append(
            f"| {line['engine']} | {line['format']} | {line['threads']} "
            f"| {line['tokens_per_second']:.1f}{'' if line['valid'] else ' INVALID'} "
            f"| {line['bytes_per_token'] / 1e6:.0f} | {100 * line['share_of_bandwidth']:.0f} % "
            f"| {format(other['tokens_per_second'], '.1f') if other else ''} |"
        )
    out.append("")
    for ratio in report["ratios"]:
        out.append(
            f"- {ratio['phase']}, {ratio['threads']} threads: {ratio['ratio']:.2f} x the best peer "
            f"({ratio['peer']})"
        )
    out.append(
        f"- head rows computed exactly: median {rows['median']:.0f}, worst {rows['worst']}; "
        f"ternary weights in memory: {report['weights_bytes'] / 1e6:.1f} MB"
    )
    for threads in sorted({b["threads"] for b in report["batch"]}):
        some = [b for b in report["batch"] if b["threads"] == threads]
        out.append(
            f"- several texts at a time, {threads} threads: "
            + ", ".join(f"{b['texts']} at {b['tokens_per_second']:.1f}" for b in some)
            + " tokens/s in all"
        )
    out += [f"- left out: {why}" for why in report["left_out"].values()]
    return "\n".join(out)


def write_between_markers(path, text):
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    if BEGIN not in whole or END not in whole:
        sys.exit(f"{path}: wanted the markers {BEGIN} and {END}")
    head, rest = whole.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}{BEGIN}\n{text}\n{END}{tail}")


def plot(report, path):
    """Bars of both phases. Without matplotlib it says so and draws nothing."""
    try:
        import matplotlib
    except ImportError:
        print("no plot: Python has no matplotlib", file=sys.stderr)
        return
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for axis, phase in zip(axes, ("decode", "prefill")):
        lines = [line for line in report["list"] if line["phase"] == phase]
        lines.sort(key=lambda line: (line["threads"], line["tokens_per_second"]))
        names = [f"{ln['engine']} {ln['format']}, {ln['threads']} t" for ln in lines]
        rates = [line["tokens_per_second"] for line in lines]
        colours = ["#1b6ca8" if line["own"] else "#b0b0b0" for line in lines]
        axis.barh(names, rates, color=colours)
        axis.set_title(f"{phase}, tokens/s")
        axis.tick_params(axis="y", labelsize=7)
    figure.suptitle(f"BitNet b1.58 2B4T shapes on {report['cpu']}", fontsize=10)
    figure.tight_layout()
    figure.savefig(path)
