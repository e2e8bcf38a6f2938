// SPDX-License-Identifier: Apache-2.0
// What the bus rules share: the pins of a bus as they stand in a list of ports, the same pins as they
// are connected, and how a broken rule is told. `bus` is what stands before each name, or nothing.
// Macros only; the rules are in axi_rules.sv and axil_rules.sv.
`ifndef TESTS_PROTOCOL_RULES_SVH
`define TESTS_PROTOCOL_RULES_SVH

// The ports of n read channels side by side, each with beats of BEAT_BITS.
`define RULES_READ_PORTS(bus, n) \
  input  wire logic [(n)-1:0]           bus``arvalid, \
  input  wire logic [(n)-1:0]           bus``arready, \
  input  wire logic [(n)*64-1:0]        bus``araddr, \
  input  wire logic [(n)*8-1:0]         bus``arlen, \
  input  wire logic [(n)-1:0]           bus``rvalid, \
  input  wire logic [(n)-1:0]           bus``rready, \
  input  wire logic [(n)*BEAT_BITS-1:0] bus``rdata, \
  input  wire logic [(n)*2-1:0]         bus``rresp, \
  input  wire logic [(n)-1:0]           bus``rlast,
// The ports of a write channel.
`define RULES_WRITE_PORTS(bus) \
  input  wire logic                     bus``awvalid, \
  input  wire logic                     bus``awready, \
  input  wire logic [63:0]              bus``awaddr, \
  input  wire logic [7:0]               bus``awlen, \
  input  wire logic                     bus``wvalid, \
  input  wire logic                     bus``wready, \
  input  wire logic [BEAT_BITS-1:0]     bus``wdata, \
  input  wire logic [BEAT_BITS/8-1:0]   bus``wstrb, \
  input  wire logic                     bus``wlast, \
  input  wire logic                     bus``bvalid, \
  input  wire logic                     bus``bready, \
  input  wire logic [1:0]               bus``bresp,
// The ports of an AXI4-Lite bus.
`define RULES_LITE_PORTS(bus) \
  input  wire logic [11:0]              bus``awaddr, \
  input  wire logic                     bus``awvalid, \
  input  wire logic                     bus``awready, \
  input  wire logic [31:0]              bus``wdata, \
  input  wire logic [3:0]               bus``wstrb, \
  input  wire logic                     bus``wvalid, \
  input  wire logic                     bus``wready, \
  input  wire logic [1:0]               bus``bresp, \
  input  wire logic                     bus``bvalid, \
  input  wire logic                     bus``bready, \
  input  wire logic [11:0]              bus``araddr, \
  input  wire logic                     bus``arvalid, \
  input  wire logic                     bus``arready, \
  input  wire logic [31:0]              bus``rdata, \
  input  wire logic [1:0]               bus``rresp, \
  input  wire logic                     bus``rvalid, \
  input  wire logic                     bus``rready,

// An axi_rules' read channel on channel p of those, its write channel, and an axil_rules' bus.
`define RULES_READ(bus, p) \
  .arvalid(bus``arvalid[p]), .arready(bus``arready[p]), .araddr(bus``araddr[64*(p)+:64]), \
  .arlen(bus``arlen[8*(p)+:8]), .rvalid(bus``rvalid[p]), .rready(bus``rready[p]), \
  .rdata(bus``rdata[BEAT_BITS*(p)+:BEAT_BITS]), .rresp(bus``rresp[2*(p)+:2]), \
  .rlast(bus``rlast[p])
`define RULES_WRITE(bus) \
  .awvalid(bus``awvalid), .awready(bus``awready), .awaddr(bus``awaddr), .awlen(bus``awlen), \
  .wvalid(bus``wvalid), .wready(bus``wready), .wdata(bus``wdata), .wstrb(bus``wstrb), \
  .wlast(bus``wlast), .bvalid(bus``bvalid), .bready(bus``bready), .bresp(bus``bresp)
`define RULES_LITE(bus) \
  .awaddr(bus``awaddr), .awvalid(bus``awvalid), .awready(bus``awready), .wdata(bus``wdata), \
  .wstrb(bus``wstrb), .wvalid(bus``wvalid), .wready(bus``wready), .bresp(bus``bresp), \
  .bvalid(bus``bvalid), .bready(bus``bready), .araddr(bus``araddr), .arvalid(bus``arvalid), \
  .arready(bus``arready), .rdata(bus``rdata), .rresp(bus``rresp), .rvalid(bus``rvalid), \
  .rready(bus``rready)

`define RULES_TELL(rule, text) if (now[rule]) $display("%m: %s at %0t: %s", `"rule`", $time, text);

`endif
