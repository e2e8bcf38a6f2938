# SPDX-License-Identifier: Apache-2.0
"""What docs/study.md says of finished sweeps: best designs, what one parameter changes, published
designs in the same units. Text from data; reads and writes no file."""

LETTERS = {
    "simulated": "s",
    "routed": "r",
    "synthesised": "y",
    "composed": "c",
    "modelled": "m",
    "assumed": "a",
    "cited": "t",
}


def value(point, name):
    pair = point["figures"].get(name)
    return pair[0] if pair else None


def text(number):
    """Three or four digits that count, thousands apart."""
    if number is None:
        return "absent"
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if abs(number) < 100 else f"{number:.0f}"


def show(point, name):
    pair = point["figures"].get(name)
    return f"{text(pair[0])} {LETTERS[pair[1]]}" if pair else "absent"


def area_name(points):
    return "gates" if any(value(p, "gates") is not None for p in points) else "lut"


def best(points, figure, larger=True, keep=lambda p: True):
    """The best done point; of those within 1 % of it, and of these within 1 % of the least area, the one
    of least memory. Less is the synthesis tool's noise."""
    some = [p for p in points if p["state"] == "done" and value(p, figure) is not None and keep(p)]
    if not some:
        return None
    top = (max if larger else min)(value(p, figure) for p in some)
    close = [p for p in some if abs(value(p, figure) - top) <= 0.01 * abs(top)]
    area = area_name(points)
    least = min(value(p, area) or 0 for p in close)
    small = [p for p in close if (value(p, area) or 0) <= 1.01 * least]
    return min(small, key=lambda p: (value(p, "ram_kbit") or 0, p["index"]))


def geometry(point):
    g = point["design"]["geometry"]
    return (
        f"{g['ports']} x {g['beat_bits']}, {g['encoding']}, tokens {g['tokens']}, "
        f"t_max {g['t_max']}, prefetch {g['prefetch']}, {point['design']['clock_mhz']:g} MHz"
    )


def share(document, point):
    """Bytes of a decode step over its whole time and over the accelerator's, of the part's rate."""
    rate = document["space"]["part"].get("bandwidth_gb_s") or 0
    moved, device = value(point, "bytes"), value(point, "device_ms")
    batch = document["space"]["workload"]["batch"]
    step = 1e3 * batch / value(point, "decode_tokens_s")
    if not rate or not moved:
        return "", ""
    return (
        f"{100 * moved / step / rate / 1e6:.0f} %",
        f"{100 * moved / device / rate / 1e6:.0f} %",
    )


def prefill_parts(document, point):
    """ms of the accelerator and of everything else for the workload's prompts."""
    work = document["space"]["workload"]
    all_in = 1e3 * work["prompt"] * work["batch"] / value(point, "prefill_tokens_s")
    device = value(point, "prefill_cycles") / value(point, "clock_mhz") / 1e3
    return device, all_in - device


def wishes(points):
    def bits(encoding):
        return lambda p: p["design"]["geometry"]["encoding"] == encoding

    found = []
    for name, figure, larger, encoding in (
        ("decode, 1.6 bit", "decode_tokens_s", True, "b3"),
        ("decode, 2 bit", "decode_tokens_s", True, "b2"),
        ("prefill, 1.6 bit", "prefill_tokens_s", True, "b3"),
        ("prefill, 2 bit", "prefill_tokens_s", True, "b2"),
        ("energy", "joules_token", False, None),
    ):
        point = best(points, figure, larger, bits(encoding) if encoding else lambda p: True)
        # Without a board's idle power, energy says nothing of a slow design.
        if point and (name != "energy" or value(point, "joules_idle")):
            found.append((name, point))
    return found


def best_table(document):
    area = area_name(document["points"])
    out = [
        f"| best for | point | geometry | {'LUT' if area == 'lut' else 'NAND2'} | "
        "LUT/MAC | RAM Kbit | decode tokens/s | accelerator alone | prefill tokens/s | wall |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, p in wishes(document["points"]):
        alone = document["space"]["workload"]["batch"] * 1e3 / value(p, "device_ms")
        out.append(
            f"| {name} | {p['index']} | {geometry(p)} | {show(p, area)} "
            f"| {show(p, 'lut_per_mac')} | {show(p, 'ram_kbit')} "
            f"| {show(p, 'decode_tokens_s')} "
            f"| {text(alone)} {LETTERS[p['figures']['device_ms'][1]]} "
            f"| {show(p, 'prefill_tokens_s')} | {p['wall']} |"
        )
    out += [
        "",
        "| best for | decode step, ms: accelerator + host + launches | bandwidth used, all "
        "of the step / accelerator's part | prompts, ms: accelerator + rest | J a token "
        "= arithmetic + SRAM + DRAM + host + idle |",
        "|---|---|---|---|---|",
    ]
    terms = ("joules_arithmetic", "joules_sram", "joules_dram", "joules_host", "joules_idle")
    for name, p in wishes(document["points"]):
        whole, device = share(document, p)
        prompt, rest = prefill_parts(document, p)
        out.append(
            f"| {name} | {show(p, 'device_ms')} + {show(p, 'host_ms')} "
            f"+ {show(p, 'launch_ms')} | {whole} / {device} "
            f"| {text(prompt)} {LETTERS[p['figures']['prefill_cycles'][1]]} + {text(rest)} a "
            f"| {show(p, 'joules_token')} = {' + '.join(text(value(p, t)) for t in terms)} |"
        )
    return out


def centre_of(document):
    return best(
        document["points"],
        "decode_tokens_s",
        True,
        lambda p: p["design"]["geometry"]["encoding"] == "b3",
    )


def line_through(document, centre, name):
    """Points that differ from the centre in one parameter alone, by rising value."""
    line = [
        p
        for p in document["points"]
        if p["state"] in ("done", "refused", "pruned")
        and value(p, "device_ms") is not None
        and all(p["parameters"][n] == v for n, v in centre["parameters"].items() if n != name)
    ]
    return sorted(line, key=lambda p: str(p["parameters"][name]).zfill(12))


def in_short(document):
    """What limits the best decode design, and what each parameter is worth there."""
    centre = centre_of(document)
    if centre is None:
        return []
    area = area_name(document["points"])
    parts = [value(centre, n) for n in ("device_ms", "host_ms", "launch_ms")]
    prompt, rest = prefill_parts(document, centre)
    out = [
        f"- A decode step of point {centre['index']} is {100 * parts[0] / sum(parts):.0f} % "
        f"accelerator, {100 * parts[1] / sum(parts):.0f} % host, "
        f"{100 * parts[2] / sum(parts):.0f} % launches, its wall is {centre['wall']}; its prefill "
        f"is {100 * prompt / (prompt + rest):.0f} % accelerator."
    ]
    for parameter in document["space"]["parameters"]:
        line = line_through(document, centre, parameter["name"])
        if len(line) < 2:
            continue
        worth = []
        for name, what in (
            ("decode_tokens_s", "decode"),
            ("prefill_tokens_s", "prefill"),
            (area, "area"),
            ("ram_kbit", "RAM"),
        ):
            first, last = value(line[0], name), value(line[-1], name)
            if first and last:
                worth.append(f"{what} x {last / first:.2f}")
        out.append(
            f"- {parameter['name'].split('.')[-1]} from "
            f"{line[0]['parameters'][parameter['name']]} to "
            f"{line[-1]['parameters'][parameter['name']]}: {', '.join(worth)}."
        )
    return out


def one_at_a_time(document):
    """From the best decode design at 1.6 bit, points that differ in one parameter."""
    centre = centre_of(document)
    if centre is None:
        return []
    points = document["points"]
    area = area_name(points)
    out = [
        f"From point {centre['index']}, one parameter changed (*: the point itself; not met: a "
        "constraint refuses it):",
        "",
        f"| parameter | value | {area.upper()} | RAM Kbit | decode tokens/s | accelerator alone, "
        "tokens/s | prefill tokens/s | J a token | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for parameter in document["space"]["parameters"]:
        name = parameter["name"]
        line = line_through(document, centre, name)
        for p in line if len(line) > 1 else []:
            alone = document["space"]["workload"]["batch"] * 1e3 / value(p, "device_ms")
            note = {"refused": "not met", "pruned": "pruned: model only"}.get(p["state"], "")
            star = " *" if p is centre else ""
            out.append(
                f"| {name.split('.')[-1]} | {p['parameters'][name]}{star} | {show(p, area)} "
                f"| {show(p, 'ram_kbit')} | {show(p, 'decode_tokens_s')} "
                f"| {text(alone)} {LETTERS[p['figures']['device_ms'][1]]} "
                f"| {show(p, 'prefill_tokens_s')} | {show(p, 'joules_token')} | {note} |"
            )
    return out


def causes(document):
    out = []
    for name, p in wishes(document["points"])[:1]:
        c = p["decode_counters"]
        if c:
            parts = ", ".join(
                f"{n.replace('_', ' for ')} {100 * c[n] / c['active']:.1f} %"
                for n in c
                if n != "active"
            )
            out.append(f"- Cycles of point {p['index']} ({name}), simulated: {parts}.")
        else:
            out.append(f"- Point {p['index']} ({name}) was not simulated: no counters.")
    return out


def section(name, document):
    space, points = document["space"], document["points"]
    count = {
        s: sum(p["state"] == s for p in points) for s in ("done", "refused", "pruned", "failed")
    }
    simulated = sum(p["figures"].get("decode_cycles", [0, ""])[1] == "simulated" for p in points)
    error = document["model_error"]
    work, host = space["workload"], space["host"]
    absent = [t["name"] for t in document["tools"] if not t["version"]]
    part = space["part"]
    cut = document.get("unfinished")
    out = [
        f"## {name}",
        "",
        f"`{document.get('command', 'tritium explore run ' + space['path'])}`: "
        f"{len(points)} points: {count['done']} done, {count['refused']} refused, "
        f"{count['pruned']} pruned, {count['failed']} failed; {simulated} simulated; the "
        "formula's cycles against simulated ones: "
        + (
            f"{error['median_pct']:.2f} % median, {error['worst_pct']:.2f} % worst"
            if error
            else "not measured"
        )
        + (f"; {cut['text']}" if cut else "")
        + ". Tools: "
        + ", ".join(f"{t['name']} {t['version']}" for t in document["tools"] if t["version"])
        + (f"; absent: {', '.join(absent)}" if absent else "")
        + ".",
        "",
        f"- {work['shape']}: {work['prompt']} prompt tokens, {work['batch']} sequence(s) at once; "
        f"part {part['name']}: {text(part.get('lut'))} LUT, {text(part.get('ram_kbit'))} Kbit, "
        f"{text(part.get('bandwidth_gb_s'))} GB/s.",
        f"- Host {host['name']}, assumed: {host['ms_per_token']:g} ms a decoded token, head "
        f"{host['head_ms_per_token']:g} ms, {host['prefill_ms_per_token']:g} ms a prompt token, "
        f"{host['launch_us']:g} us a list; constraints: "
        + "; ".join(f"`{c}`" for c in space["constraints"])
        + ".",
        "",
    ]
    bare = sum(value(p, "lut") is None and value(p, "gates") is None for p in points)
    if bare:
        out.insert(
            -1,
            f"- {bare} of {len(points)} points have no area, because these were only modelled: "
            "constraints over areas are not checked for them.",
        )
    if not part.get("idle_watts"):
        out.insert(-1, "- The board's idle power is not known here: J a token lack that term.")
    return (
        out
        + best_table(document)
        + [""]
        + in_short(document)
        + causes(document)
        + [""]
        + one_at_a_time(document)
        + [""]
    )
