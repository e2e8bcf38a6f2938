// SPDX-License-Identifier: Apache-2.0
// TRI_ASSERT(name, condition): condition holds at every rising edge of clk outside of reset. It is
// proved under Yosys -formal, stops a simulation that breaks it, and is nothing in synthesis.
// It uses the clk and rst_n of the module it stands in.
`ifndef TRI_ASSERT_SVH
`define TRI_ASSERT_SVH
`ifdef SYNTHESIS
`define TRI_ASSERT(name, condition)
`elsif YOSYS
`define TRI_ASSERT(name, condition) \
  always @(posedge clk) if (rst_n) name: assert (condition);
`else
`define TRI_ASSERT(name, condition) \
  always @(posedge clk) if (rst_n && !(condition)) begin : name \
    $display("%m: assertion failed at time %0t", $time); \
    $stop; \
  end
`endif
`endif
