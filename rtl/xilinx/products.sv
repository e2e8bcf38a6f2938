// SPDX-License-Identifier: Apache-2.0
//
// rtl/products.sv for UltraScale and later: the same module, cycle for cycle and bit for bit, made
// of LUT6_2 and CARRY8. A build takes one of the two files. Equality: tests/area.
`default_nettype none

module products #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 1,
  parameter int W         = 80,
  parameter int TOKENS    = 1,
  localparam int BITS     = 8 + $clog2(W) + 1
) (
  input  wire logic                         clk,
  input  wire logic                         step,
  input  wire logic [PORTS*BEAT_BITS-1:0]   beats,        // with step
  input  wire logic [TOKENS*W*8-1:0]        activations,  // one cycle after step
  input  wire logic [3:0]                   stage,
  output logic      [TOKENS*PORTS*BITS-1:0] sums,         // [TOKENS][PORTS]
  output logic                              corrupt       // one cycle after step
);

  logic [PORTS-1:0] bad, bad_q;  // a register for each port's: their OR is long enough
  assign corrupt = |bad_q;
  always_ff @(posedge clk) bad_q <= bad & {PORTS{step}};

  generate
    for (genvar p = 0; p < PORTS; p++) begin : g_port
      logic [2*W-1:0] code, code_q;
      logic [W/2-1:0] more, more_q;
      pair_decode #(.BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING)) u_decode (
          .beat(beats[p*BEAT_BITS+:BEAT_BITS]), .code, .more, .corrupt(bad[p]));
      always_ff @(posedge clk)
        if (step) begin
          code_q <= code;
          more_q <= more;
        end
      for (genvar t = 0; t < TOKENS; t++) begin : g_token
        pair_dot #(.W(W), .ENCODING(ENCODING)) u_dot (
            .clk, .stage, .x(activations[t*W*8+:W*8]), .code(code_q), .more(more_q),
            .sum(sums[(t*PORTS+p)*BITS+:BITS]));
      end
    end
  endgenerate

endmodule
`default_nettype wire
