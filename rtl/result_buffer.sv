// SPDX-License-Identifier: Apache-2.0
//
// Int32 results of two chunks (two banks: one is filled by the array while the other is written
// back). A chunk is ROWS rows of every token. One cycle takes PORTS rows of the TOKENS tokens of
// one group; one cycle gives one beat of one token's consecutive rows. Read latency 1 cycle. No
// handshake: array and write-back own a bank in turn.
// Throughput: one write and one read per cycle.
`default_nettype none

module result_buffer #(
  parameter int BEAT_BITS = 128,
  parameter int PORTS     = 4,    // rows that arrive together, power of two
  parameter int TOKENS    = 1,    // power of two
  parameter int GROUPS    = 8,    // token groups, power of two
  parameter int ROWS      = 64,   // rows of a chunk, power of two
  localparam int SLOTS    = ROWS / PORTS,
  localparam int BEATS    = ROWS * 32 / BEAT_BITS,
  localparam int SLOT_W   = $clog2(SLOTS),
  localparam int BEAT_W   = $clog2(BEATS),
  localparam int GROUP_W  = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1
) (
  input  wire logic                        clk,
  input  wire logic                        write,
  input  wire logic                        write_bank,
  input  wire logic [GROUP_W-1:0]          write_group,
  input  wire logic [SLOT_W-1:0]           write_slot,
  input  wire logic [TOKENS*PORTS*32-1:0]  write_data,  // [TOKENS][PORTS]
  input  wire logic                        read,
  input  wire logic                        read_bank,
  input  wire logic [GROUP_W-1:0]          read_group,
  input  wire logic [LANE_W-1:0]           read_lane,
  input  wire logic [BEAT_W-1:0]           read_beat,
  output logic      [BEAT_BITS-1:0]        read_data
);

  // A memory word is one beat or one cycle's rows, whichever is wider.
  localparam int ROW_BITS = PORTS * 32;
  localparam int WIDE     = ROW_BITS > BEAT_BITS ? ROW_BITS : BEAT_BITS;
  localparam int PARTS    = WIDE / ROW_BITS;   // writes that fill a word
  localparam int SPLIT    = WIDE / BEAT_BITS;  // reads that empty it
  localparam int WORDS    = ROWS * 32 / WIDE;
  localparam int DEPTH    = 2 * GROUPS * WORDS;
  localparam int ADDR     = $clog2(DEPTH);

  logic [ADDR-1:0]         write_addr, read_addr;
  logic [TOKENS*WIDE-1:0]  words;
  logic [LANE_W-1:0]       lane_q;
  logic [BEAT_W-1:0]       beat_q;

  // {bank, group, word}; a single group or word takes no address bits.
  assign write_addr = ADDR'(((32'(write_bank) * GROUPS + 32'(write_group)) * WORDS)
                            + 32'(write_slot) / PARTS);
  assign read_addr = ADDR'(((32'(read_bank) * GROUPS + 32'(read_group)) * WORDS)
                           + 32'(read_beat) / SPLIT);

  always_ff @(posedge clk) begin
    if (read) begin
      lane_q <= read_lane;
      beat_q <= read_beat;
    end
  end

  generate
    for (genvar t = 0; t < TOKENS; t++) begin : g_lane
      for (genvar p = 0; p < PARTS; p++) begin : g_part
        // What is written is another bank than what is read.
        (* ram_style = "block", no_rw_check *) logic [ROW_BITS-1:0] mem [0:DEPTH-1];
        logic [ROW_BITS-1:0] data_q;
        always_ff @(posedge clk) begin
          if (write && 32'(write_slot) % PARTS == p)
            mem[write_addr] <= write_data[t*ROW_BITS+:ROW_BITS];
          if (read) data_q <= mem[read_addr];
        end
        assign words[t*WIDE+p*ROW_BITS+:ROW_BITS] = data_q;
      end
    end
  endgenerate

  assign read_data = BEAT_BITS'(words >> ((32'(lane_q) % TOKENS) * WIDE
                                          + (32'(beat_q) % SPLIT) * BEAT_BITS));

endmodule
`default_nettype wire
