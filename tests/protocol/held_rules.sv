// SPDX-License-Identifier: Apache-2.0
// One rule of one channel: what is offered stays as it is until it is taken, but for a reset. Says so
// to axi_rules and axil_rules, which name the channel and tell; prints nothing itself.
// Latency: none, `changed` is of this cycle. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none

module held_rules #(
  parameter int BITS = 1
) (
  input  wire logic            clk,
  input  wire logic            rst_n,
  input  wire logic            valid,
  input  wire logic            ready,
  input  wire logic [BITS-1:0] payload,
  output wire logic            changed
);
  logic waits = 1'b0;  // at the edge before, something was offered and not taken
  logic [BITS-1:0] was;

  assign changed = waits && (!valid || payload !== was);

  always_ff @(posedge clk) begin
    waits <= rst_n && valid && !ready;
    was   <= payload;
  end
endmodule

`default_nettype wire
