# SPDX-License-Identifier: Apache-2.0
"""Writes bench.sv for a design: tritium_top as the Vitis tools see it, every pin a signal that cocotb can
drive, the ids that cocotbext-axi wants (the kernel has none: it uses one id), a clock, and the bus rules
of tests/protocol beside it, because iverilog knows no bind. Not part of the kernel."""
import re

PORT = re.compile(r"^\s*(input|output) wire\s*(\[[^\]]+\])?\s*(\w+)")

# What cocotbext-axi and cocotb-bus ask for beyond the kernel's pins, with widths.
EXTRA = [("arid", 1), ("rid", 1), ("awid", 1), ("bid", 1)] + [
    (channel + pin, width) for channel in ("ar", "aw")
    for pin, width in (("lock", 1), ("cache", 4), ("prot", 3), ("qos", 4), ("region", 4), ("user", 1))] + [
    ("wuser", 1), ("ruser", 1), ("buser", 1)]


def ports(top):
    """(direction, range, name) of each port of a generated tritium_top.sv."""
    with open(top) as file:
        head = file.read().split(");")[0]
    return [(m[1], m[2] or "", m[3]) for m in map(PORT.match, head.splitlines()) if m]


def write(top, out, weight_ports, beat_bits):
    """Writes the bench for the file `top`."""
    pins = ports(top)
    lines = ["`timescale 1ns / 1ps", "module bench;", "  logic ap_clk = 1'b0;", "  always #2 ap_clk = !ap_clk;"]
    for direction, bits, name in pins:
        if name != "ap_clk":
            lines.append(f"  {'logic' if direction == 'input' else 'wire'} {bits} {name.lower()};")
    names = {n.lower() for _, _, n in pins}
    buses = ["s_axi_control", "m_axi_data"] + [f"m_axi_w{p}" for p in range(weight_ports)]
    for bus in buses:
        for pin, width in EXTRA:
            name, channel = f"{bus}_{pin}", {"a": pin[:2]}.get(pin[0], pin[0])
            if name in names or f"{bus}_{channel}valid" not in names or (bus[0] == "s" and pin.endswith("id")):
                continue
            driven = (channel in ("r", "b")) == (bus[0] == "m")  # by cocotb; else a constant of the kernel's side
            # The value keeps iverilog from dropping what nothing in Verilog reads.
            lines.append(f"  {'logic' if driven else 'wire'} [{width - 1}:0] {name} = 0;")
    lines.append("  tritium_top dut (" + ", ".join(f".{n}({n.lower()})" for _, _, n in pins) + ");")

    def weights(pin):
        return "{" + ", ".join(f"m_axi_w{p}_{pin}" for p in reversed(range(weight_ports))) + "}"

    rules = [".ap_clk(ap_clk)", ".ap_rst_n(ap_rst_n)"]
    for name in sorted(names):
        if name.startswith("s_axi_control_"):
            rules.append(f".s_axil_{name[14:]}({name})")
        elif name.startswith("m_axi_data_") and not re.search("size|burst|cache|prot", name):
            rules.append(f".{name}({name})")
        elif name.startswith("m_axi_w0_") and not re.search("size|burst|cache|prot", name):
            rules.append(f".m_axi_w_{name[9:]}({weights(name[9:])})")
    width = 29 + 19 * weight_ports
    lines.append(f"  wire [{width - 1}:0] broken;")
    lines.append(f"  core_rules #(.PORTS({weight_ports}), .BEAT_BITS({beat_bits})) rules ("
                 + ", ".join(rules) + ", .broken(broken));")
    lines.append("endmodule")
    with open(out, "w") as file:
        file.write("\n".join(lines) + "\n")
