// SPDX-License-Identifier: Apache-2.0
//
// The loader: says where in the activation buffer each beat of a command's vectors belongs, as it
// comes, and keeps which of the two banks are full. The banks are filled in turn; one that had a
// beat in error is failed instead of loaded. Asks for nothing: its owner requests the beats, and
// only when bank_free.
// Latency: none from a beat to the buffer's write; a bank is loaded one cycle after `done`.
// Throughput: one beat per cycle. Handshake: a beat is taken in the cycle in which it comes; banks
// by loaded or failed, and release.
`default_nettype none

module activation_load #(
  parameter int BEAT_BITS = 128,
  parameter int SUB       = 5,     // data beats in one step's activations
  parameter int TOKENS    = 1,
  parameter int K_MAX     = 6912,
  parameter int WORDS     = 128,   // steps of the longest row, power of two
  parameter int GROUPS    = 8,     // token groups, power of two
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1,
  localparam int ADDR     = $clog2(2 * GROUPS * WORDS),
  localparam int ROW_W    = $clog2(K_MAX / (BEAT_BITS / 8) + 2)
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,
  input  wire logic                   clear,        // before a command's first beat
  input  wire logic                   load,         // what comes is a vector's
  input  wire logic [6:0]             tokens,       // vectors
  input  wire logic [ROW_W-1:0]       row_beats,    // of each
  output logic                        done,         // with the last beat of the last vector
  output logic                        bank_free,    // the one to load next

  input  wire logic                   in_valid,
  input  wire logic [BEAT_BITS-1:0]   in_data,
  input  wire logic                   in_error,

  // Activation buffer.
  output logic                        act_write,
  output logic [ADDR-1:0]             act_addr,
  output logic [LANE_W-1:0]           act_lane,
  output logic [2:0]                  act_sub,
  output logic [BEAT_BITS-1:0]        act_data,
  output logic [1:0]                  bank_loaded,
  output logic [1:0]                  bank_failed,
  input  wire logic [1:0]             bank_release
);

  localparam int WORD_W     = $clog2(WORDS);
  localparam int TOKENS_LOG = $clog2(TOKENS);

  logic              bank_q;           // the bank to load next
  logic [1:0]        loaded_q, failed_q;
  logic [6:0]        t_in_q;           // vectors received
  logic [ROW_W-1:0]  k_in_q;           // beats of this vector received
  logic [WORD_W-1:0] word_q;
  logic [2:0]        sub_q;
  logic              load_error_q, last_in, last_sub, last_vector;

  assign last_in = k_in_q + 1'b1 == row_beats;
  assign last_sub = sub_q == 3'(SUB - 1);
  assign last_vector = t_in_q + 7'd1 == tokens;
  assign done = act_write & last_in & last_vector;
  assign bank_free = ~loaded_q[bank_q] & ~failed_q[bank_q];
  assign bank_loaded = loaded_q;
  assign bank_failed = failed_q;

  assign act_write = load & in_valid;
  assign act_addr = ADDR'((32'(bank_q) * GROUPS + (32'(t_in_q) >> TOKENS_LOG)) * WORDS
      + 32'(word_q));
  assign act_lane = LANE_W'(32'(t_in_q) % TOKENS);
  assign act_sub = sub_q;
  assign act_data = in_data;

  always_ff @(posedge clk) begin
    loaded_q <= loaded_q & ~bank_release;
    failed_q <= failed_q & ~bank_release;

    // A case: its zeros stay in the LUT before the flip-flop, which costs less than a reset that
    // also has to open the enable.
    unique case ({clear, load})
      2'b10: begin
        t_in_q <= '0;
        k_in_q <= '0;
        word_q <= '0;
        sub_q <= '0;
        load_error_q <= 1'b0;
      end

      2'b01:
      if (in_valid) begin
        load_error_q <= load_error_q | in_error;
        k_in_q <= last_in ? '0 : k_in_q + 1'b1;
        sub_q <= last_in | last_sub ? '0 : sub_q + 3'd1;
        if (last_in) word_q <= '0;
        else if (last_sub) word_q <= word_q + 1'b1;
        if (last_in) begin
          t_in_q <= t_in_q + 7'd1;
          if (last_vector) begin
            if (load_error_q | in_error) failed_q[bank_q] <= 1'b1;
            else loaded_q[bank_q] <= 1'b1;
            bank_q <= ~bank_q;
          end
        end
      end

      default: ;
    endcase

    if (!rst_n) begin
      loaded_q <= '0;
      failed_q <= '0;
      bank_q <= 1'b0;
    end
  end

endmodule
`default_nettype wire
