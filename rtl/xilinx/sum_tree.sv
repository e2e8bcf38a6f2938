// SPDX-License-Identifier: Apache-2.0
//
// One level of a tree of three-input adders, and by recursion the levels behind it, down to one
// number: sum = all numbers + all ones + BIAS, modulo 2^OUT. Every adder takes as many ones as it
// saves numbers, so N numbers find room for N ones. Latency 3 cycles: a register behind the second
// level, behind the third or fourth and behind the last; stage holds their clock enables.
`default_nettype none

module sum_tree #(
  parameter int N      = 40,    // numbers, and ones
  parameter int ONES   = N,     // ones not yet added
  parameter int MAX    = 512,   // numbers are below MAX; a number and its one may reach it
  parameter int TOTAL  = N * MAX,
  parameter int LEVELS = 3,     // before the last, 3 or 4: N <= 2 * 3^LEVELS
  parameter int PLACE  = 0,     // of this level
  parameter int STAGE  = 0,     // of the next register
  parameter int OUT    = 16,
  parameter int BIAS   = 0,
  localparam int BITS  = $clog2(MAX < TOTAL ? MAX : TOTAL)
) (
  input  wire logic              clk,
  input  wire logic [2:0]        stage,
  input  wire logic [N*BITS-1:0] numbers,
  input  wire logic [ONES-1:0]   ones,
  output logic      [OUT-1:0]    sum
);

  generate
    if (N == 2 && LEVELS == 0) begin : g_last
      logic [OUT-1:0] now;
      add3 #(.BITS(OUT), .OUT(OUT)) u_add (.a(OUT'(numbers[0+:BITS])), .b(OUT'(numbers[BITS+:BITS])),
          .c(OUT'(BIAS)), .one(ones[1:0]), .sum(now));
      always_ff @(posedge clk) if (stage[STAGE]) sum <= now;
    end else begin : g_level
      // Two left over go on as they are if the levels to come have room for them.
      localparam int ROOM   = 2 * 3 ** (LEVELS - 1);
      localparam int THREES = N / 3;
      localparam int TWOS   = (N % 3 == 2 && THREES + 2 > ROOM) ? 1 : 0;
      localparam int PASS   = N % 3 - 2 * TWOS;
      localparam int NEXT   = THREES + TWOS + PASS;
      localparam int TAKEN  = 2 * THREES + TWOS;
      localparam int LEFT   = ONES - TAKEN;
      localparam int WIDE   = $clog2(3 * MAX < TOTAL ? 3 * MAX : TOTAL);
      localparam bit LATCH  = PLACE % 2 == 1 || LEVELS == 1;

      logic [NEXT*WIDE-1:0] now, next;
      logic [LEFT-1:0]      left;
      for (genvar i = 0; i < THREES; i++) begin : g_three
        add3 #(.BITS(BITS), .OUT(WIDE)) u_add (
            .a(numbers[3*i*BITS+:BITS]), .b(numbers[(3*i+1)*BITS+:BITS]),
            .c(numbers[(3*i+2)*BITS+:BITS]), .one(ones[2*i+:2]), .sum(now[i*WIDE+:WIDE]));
      end
      if (TWOS == 1) begin : g_two
        add3 #(.BITS(BITS), .OUT(WIDE)) u_add (
            .a(numbers[3*THREES*BITS+:BITS]), .b(numbers[(3*THREES+1)*BITS+:BITS]),
            .c('0), .one({1'b0, ones[2*THREES]}), .sum(now[THREES*WIDE+:WIDE]));
      end
      for (genvar i = 0; i < PASS; i++) begin : g_pass
        assign now[(THREES+TWOS+i)*WIDE+:WIDE] = WIDE'(numbers[(N-PASS+i)*BITS+:BITS]);
      end
      if (LATCH) begin : g_register
        always_ff @(posedge clk)
          if (stage[STAGE]) begin
            next <= now;
            left <= ones[TAKEN+:LEFT];
          end
      end else begin : g_wire
        assign next = now;
        assign left = ones[TAKEN+:LEFT];
      end
      sum_tree #(.N(NEXT), .ONES(LEFT), .MAX(3 * MAX), .TOTAL(TOTAL), .LEVELS(LEVELS - 1),
                 .PLACE(PLACE + 1), .STAGE(STAGE + (LATCH ? 1 : 0)), .OUT(OUT), .BIAS(BIAS)) u_next (
          .clk, .stage,
          .numbers(next), .ones(left), .sum);
    end
  endgenerate

endmodule
`default_nettype wire
