# SPDX-License-Identifier: Apache-2.0
"""Published designs beside those of a study, in the same units. Text from data; reads and writes no
file."""

from study_tables import LETTERS, area_name, show, text, value, wishes

# Published designs: figures as their authors state them (cited), the rest arithmetic on these.
# name, board, billions of ternary weights, bytes of weights a token reads (0: on chip), decode and
# prefill tokens/s, J a token and how it was come by, LUT, MAC a clock (0: not stated),
# bandwidth in GB/s, source
PUBLISHED = (
    (
        "bitnet-kv260",
        "KV260",
        2.084,
        417.5e6,
        16.8,
        28.8,
        0.381,
        "measured at the board",
        42e3,
        320,
        19.2,
        "its docs/measurements.md",
    ),
    (
        "TeLLMe v2",
        "KV260",
        0.73,
        146e6,
        25,
        143,
        4.8 / 25,
        "4.8 W / 25",
        98e3,
        0,
        19.2,
        "arXiv 2510.15926",
    ),
    (
        "PD-Swap",
        "KV260",
        0.73,
        146e6,
        27.8,
        30,
        4.9 / 27.8,
        "4.9 W / 27.8",
        102e3,
        0,
        19.2,
        "arXiv 2512.11550",
    ),
    (
        "TerEffic, HBM",
        "U280",
        2.7,
        540e6,
        727,
        0,
        46 / 727,
        "46 W / 727",
        0,
        0,
        460,
        "arXiv 2502.16473",
    ),
    (
        "TerEffic, on chip",
        "U280",
        0.37,
        0,
        16300,
        0,
        36 / 16300,
        "36 W / 16,300",
        0,
        0,
        460,
        "arXiv 2502.16473",
    ),
    (
        "TOM (study of an ASIC)",
        "ROM",
        2,
        0,
        3306,
        0,
        5.3 / 3306,
        "5.3 W / 3,306",
        0,
        0,
        0,
        "arXiv 2602.20662",
    ),
)


def compared(documents, weights):
    out = [
        "## Compared with published designs",
        "",
        "Weights/s is tokens/s times ternary weights; share is bytes of weights times tokens/s "
        "over the memory's bandwidth; LUT/MAC is everything over what the array does a clock. "
        "Other models, hosts and boards: the units are the same, the work is not. Published rows are "
        "cited; where such a design does norms, attention and head in the fabric, its LUTs hold them. "
        "Nothing of ours ran on a card.",
        "",
        "| design | board | decode tokens/s | G weights/s | share of bandwidth | LUT | LUT/MAC | "
        "prefill tokens/s | J a token |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (
        name,
        board,
        billions,
        read,
        decode,
        prefill,
        joules,
        how,
        lut,
        macs,
        rate,
        source,
    ) in PUBLISHED:
        out.append(
            f"| {name} ({source}) | {board} | {text(decode)} t | {text(billions * decode)} t | "
            + (f"{100 * read * decode / rate / 1e9:.0f} % t" if read and rate else "on chip")
            + f" | {text(lut) + ' t' if lut else 'not found'} "
            f"| {text(lut / macs) + ' t' if macs else 'not found'} "
            f"| {text(prefill) + ' t' if prefill else 'not found'} | {text(joules)} t ({how}) |"
        )
    for name, document in documents.items():
        rate = document["space"]["part"].get("bandwidth_gb_s") or 0
        for wish, p in wishes(document["points"])[:2]:
            for host, speed in (
                ("with the assumed host", value(p, "decode_tokens_s")),
                (
                    "accelerator alone",
                    document["space"]["workload"]["batch"] * 1e3 / value(p, "device_ms"),
                ),
            ):
                letter = "m" if host[0] == "w" else LETTERS[p["figures"]["device_ms"][1]]
                used = value(p, "weight_bytes") * speed / document["space"]["workload"]["batch"]
                out.append(
                    f"| this, point {p['index']}, {wish}, {host} | {name} class | {text(speed)} "
                    f"{letter} | {text(weights * speed)} {letter} | "
                    + (f"{100 * used / rate / 1e9:.0f} % {letter}" if rate else "")
                    + f" | {show(p, area_name([p]))} | {show(p, 'lut_per_mac')} "
                    + (
                        f"| {show(p, 'prefill_tokens_s')} | {show(p, 'joules_token')} |"
                        if host[0] == "w"
                        else "| | |"
                    )
                )
    return out
