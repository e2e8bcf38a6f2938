# SPDX-License-Identifier: Apache-2.0
"""Documents as a sweep gives them, for tests of the report: every state and origin, points without
figures, names that try to be markup. Their numbers mean nothing."""

import re

HOSTILE = "</script><img src=x onerror=\"document.title='HACKED'\"><b>&amp;"


def figure_list(header):
    """Name, unit, direction and meaning of each figure, read from explore/figure.h."""
    with open(header, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r'F\((\w+), "([^"]*)", TRI_(\w+), "([^"]*)"\)', text)
    return [{"name": n, "unit": u, "better": b.lower(), "meaning": m} for n, u, b, m in found]


def point(index, figures, state="done", ports=4, tokens=1):
    values = {
        f["name"]: [1 + ((index * 37 + i * 11) % 97) / 7, "modelled"] for i, f in enumerate(figures)
    }
    values["lut"] = [2000 + 31 * ((index * 29) % 83) * ports, "composed"]
    values["decode_tokens_s"] = [1 + (index * 13) % 41, "simulated"]
    values["weight_bytes"], values["macs"] = [417e6, "modelled"], [80 * ports * tokens, "modelled"]
    values["decode_cycles"] = [7e6 * 4 / ports, "simulated"]
    values["prefill_cycles"] = [7e6 * 4 / ports * 64 / tokens, "simulated"]
    if index % 3 == 0:
        del values["joules_token"]
    counters = {
        "active": 1000,
        "steps": 700,
        "wait_command": 50,
        "wait_activations": 50,
        "wait_results": 0,
        "wait_weights": 200,
    }
    design = {
        "name": f"p{index}",
        "clock_mhz": 250,
        "geometry": {
            "ports": ports,
            "beat_bits": 128,
            "encoding": "b3",
            "tokens": tokens,
            "k_max": 6912,
            "t_max": 8,
            "prefetch": 512,
        },
        "memory": {
            "profile": "kv260",
            "bytes_per_cycle": 16.0,
            "latency": 80,
            "outstanding": 8,
            "refresh_interval": 1950,
            "refresh_cycles": 88,
            "stall_permille": 0,
        },
    }
    return {
        "index": index,
        "state": state,
        "effort": "composed",
        "front": False,
        "seconds": 0.1,
        "why": "",
        "log": "",
        "wall": ["memory", "array", "host", "launch"][index % 4],
        "design": design,
        "parameters": {"geometry.ports": ports, "geometry.tokens": tokens},
        "figures": {} if state == "failed" else values,
        "prefill_counters": counters if state == "done" else None,
        "decode_counters": counters if state == "done" else None,
    }


def document(header, count=60, hostile=False):
    figures = figure_list(header)
    states = ["done", "done", "done", "refused", "pruned", "done"]
    points = [
        point(i, figures, states[i % 6], [1, 2, 4, 8][i % 4], [1, 2, 4][i % 3])
        for i in range(count)
    ]
    points[-1] = point(count - 1, figures, "failed")
    points[-1]["why"] = HOSTILE if hostile else "yosys: wanted an exit of 0, got 1"
    done = [p for p in points if p["state"] == "done"]
    value = lambda p, name: p["figures"][name][0]
    for p in done:
        p["front"] = not any(
            value(q, "decode_tokens_s") >= value(p, "decode_tokens_s")
            and value(q, "lut") <= value(p, "lut")
            and (value(q, "decode_tokens_s"), value(q, "lut"))
            != (value(p, "decode_tokens_s"), value(p, "lut"))
            for q in done
        )
    name = HOSTILE if hostile else "synthetic"
    if hostile:
        points[0]["design"]["name"] = HOSTILE
    return {
        "tritium_explore": 1,
        "shard": [1, 1],
        "seconds": 12.5,
        "command": "tritium explore run x",
        "model_error": {"median_pct": 0.4, "worst_pct": 2.1},
        "figures": figures,
        "space": {
            "name": name,
            "path": "x.yaml",
            "hash": "0",
            "constraints": ["lut <= 70000"],
            "parameters": [
                {"name": "geometry.ports", "values": [1, 2, 4, 8]},
                {"name": "geometry.tokens", "values": [1, 2, 4]},
            ],
            "objectives": [
                {"figure": "decode_tokens_s", "better": "larger"},
                {"figure": "lut", "better": "smaller"},
            ],
            "part": {"name": "xck26", "family": "xcup", "lut": 117120},
            "workload": {"shape": "2b4t", "prompt": 64, "tokens": 32, "batch": 1},
            "host": {"name": name, "ms_per_token": 1.0},
        },
        "tools": [
            {"name": "yosys", "version": "0.23", "package": "yosys", "gives": "area"},
            {"name": "sta", "version": "", "package": "opensta", "gives": "clock"},
        ],
        "points": points,
    }
