// SPDX-License-Identifier: Apache-2.0
//
// Int8 activations of two commands (two banks: one is multiplied while the other is loaded). One
// data beat is written per cycle; one step's activations, TOKENS vectors of SUB beats, are read per
// cycle. Read latency 1 cycle. No handshake: the loader and the sequencer own a bank in turn.
// Throughput: one beat in and one step's activations out per cycle.
`default_nettype none

module activation_buffer #(
  parameter int BEAT_BITS = 128,
  parameter int SUB       = 5,    // data beats in one step's activations: 5 (b3) or 4 (b2)
  parameter int TOKENS    = 1,    // power of two
  parameter int WORDS     = 128,  // steps of the longest row, power of two
  parameter int GROUPS    = 8,    // token groups, power of two
  localparam int DEPTH    = 2 * GROUPS * WORDS,
  localparam int ADDR     = $clog2(DEPTH),
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1
) (
  input  wire logic                             clk,
  input  wire logic                             write,
  input  wire logic [ADDR-1:0]                  write_addr,  // {bank, group, word}
  input  wire logic [LANE_W-1:0]                write_lane,  // token within the group
  input  wire logic [2:0]                       write_sub,
  input  wire logic [BEAT_BITS-1:0]             write_data,
  input  wire logic                             read,
  input  wire logic [ADDR-1:0]                  read_addr,
  output logic      [TOKENS*SUB*BEAT_BITS-1:0]  read_data
);

  generate
    for (genvar t = 0; t < TOKENS; t++) begin : g_lane
      for (genvar s = 0; s < SUB; s++) begin : g_sub
        // What is written is another bank than what is read.
        (* no_rw_check *) logic [BEAT_BITS-1:0] mem [0:DEPTH-1];
        logic [BEAT_BITS-1:0] data_q;
        always_ff @(posedge clk) begin
          if (write && write_lane == LANE_W'(t) && write_sub == 3'(s))
            mem[write_addr] <= write_data;
          if (read) data_q <= mem[read_addr];
        end
        assign read_data[(t*SUB+s)*BEAT_BITS+:BEAT_BITS] = data_q;
      end
    end
  endgenerate

endmodule
`default_nettype wire
