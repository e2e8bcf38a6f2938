// SPDX-License-Identifier: Apache-2.0
// Puts core_rules into every tritium_core of a Verilated model; see core_rules.sv. Nothing else.
// verilator lint_off PINCONNECTEMPTY
bind tritium_core core_rules #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS)) u_rules (.broken(), .*);
// verilator lint_on PINCONNECTEMPTY
