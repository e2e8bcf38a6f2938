// SPDX-License-Identifier: Apache-2.0
//
// How large a command's matrix is: its columns in beats of the data port and of weights, looked up;
// its rows in groups of PORTS; and groups times beats of weights, by a serial product, most
// significant bit first. The product's adder also doubles a number, for the address of a command.
// Latency: beats and row groups one cycle after look_up and grouped, the product WORD_W + 2 after
// look_up, a number's double one after twice. Throughput: a matrix every WORD_W + 2 cycles.
// Handshake: none; all are enables. The product starts from what `none` left, so none comes first.
`default_nettype none

module matrix_size #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int SUB       = 5,     // data beats in one step's activations
  parameter int K_MAX     = 6912,
  parameter int WORDS     = 128,   // steps of the longest row, power of two
  localparam int BYTES     = BEAT_BITS / 8,
  localparam int BYTES_LOG = $clog2(BYTES),
  localparam int PORTS_LOG = $clog2(PORTS),
  localparam int WORD_W    = $clog2(WORDS),
  localparam int ROW_W     = $clog2(K_MAX / BYTES + 2)
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,
  input  wire logic [PORTS_LOG+20:0]  sum,
  input  wire logic                   look_up,     // the sum is columns + 63
  input  wire logic                   grouped,     // the sum is rows + PORTS - 1
  input  wire logic                   none,        // the product is zero
  input  wire logic                   twice,       // the product, zero before, is 2 x number
  input  wire logic [31:0]            number,
  output logic [ROW_W-1:0]            row_beats,   // of the data port
  output logic [WORD_W:0]             beats,       // of weights
  output logic [20:0]                 row_groups,
  output logic [32:0]                 product      // in units of 16 bytes, at least a beat
);

  localparam int INDEX_W     = $clog2((K_MAX + 63) / BYTES + 1);
  localparam int PRODUCT_LOG = BYTES_LOG - 4;
  localparam int MORE        = 64 / BYTES - 1;

  // Looked up by (columns + 63) / BYTES.
  (* ram_style = "block", rom_style = "block" *)
  logic [ROW_W+WORD_W:0] beats_of [0:(1<<INDEX_W)-1];
  initial begin
    for (int i = 0; i < (1 << INDEX_W); i++)
      beats_of[i] = {ROW_W'(i - MORE), (WORD_W + 1)'((i - MORE + SUB - 1) / SUB)};
  end
  always_ff @(posedge clk)
    if (look_up) {row_beats, beats} <= beats_of[sum[BYTES_LOG+:INDEX_W]];

  logic [20:0] row_groups_q;
  logic [32:0] product_q;
  logic [3:0]  bit_q;          // the next one, and whether there is one
  logic        bits_q, gated;
  assign gated = bits_q & |(beats & (WORD_W + 1)'(33'd1 << bit_q));
  assign row_groups = row_groups_q;
  assign product = product_q;
  always_ff @(posedge clk) begin
    if (grouped) row_groups_q <= sum[PORTS_LOG+:21];
    if (look_up) begin
      bits_q <= 1'b1;
      bit_q <= 4'(WORD_W);
    end else if (bits_q) begin
      bits_q <= bit_q != 4'd0;
      bit_q <= bit_q - 4'd1;
    end
    if (none) product_q <= '0;
    else if (bits_q | twice)
      product_q <= {product_q[31:0], 1'b0}
          + (gated ? 33'(row_groups_q) << PRODUCT_LOG : twice ? {number, 1'b0} : '0);
    if (!rst_n) bits_q <= 1'b0;
  end

  logic unused;
  assign unused = ^sum;

endmodule
`default_nettype wire
