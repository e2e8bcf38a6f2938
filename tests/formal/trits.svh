// SPDX-License-Identifier: Apache-2.0
// The codes of docs/accelerator.md, row by row, for proofs: tables and nothing of the decoders'
// own. A trit is {negative, nonzero}; a byte's trits are t4 .. t0, b2 leaves t4 zero.

  // {t1, t0} of a pair's code, t0 being the pair's first trit.
  function automatic logic [3:0] pair_table(input logic [2:0] code);
    case (code)
      3'b000: pair_table = 4'b00_01;
      3'b001: pair_table = 4'b11_00;
      3'b010: pair_table = 4'b01_00;
      3'b011: pair_table = 4'b00_11;
      3'b100: pair_table = 4'b01_01;
      3'b101: pair_table = 4'b11_01;
      3'b110: pair_table = 4'b01_11;
      default: pair_table = 4'b11_11;
    endcase
  endfunction

  // {corrupt, t4 .. t0}; a corrupt byte's trits are zero.
  function automatic logic [10:0] byte_table(input int encoding, input logic [7:0] b);
    byte_table = 11'd0;
    if (encoding == 1) begin
      casez (b)
        8'b1010_0010: byte_table = {1'b1, 10'd0};
        8'b1010_00??: byte_table = {1'b0, b[1:0], 8'd0};
        8'b1010_????: byte_table = {1'b1, 10'd0};
        8'b10??_0???: byte_table = {1'b0, b[5:4], pair_table(b[2:0]), 4'd0};
        8'b10??_1???: byte_table = {1'b0, b[5:4], 4'd0, pair_table(b[2:0])};
        default:      byte_table = {1'b0, b[7:6], pair_table(b[2:0]), pair_table(b[5:3])};
      endcase
    end else begin
      for (int i = 0; i < 4; i++)
        case ({b[2*i+1], b[2*i]})
          2'b01: byte_table[2*i+:2] = 2'b01;
          2'b10: byte_table[2*i+:2] = 2'b11;
          2'b11: byte_table[10] = 1'b1;
          default: ;
        endcase
      if (byte_table[10]) byte_table[9:0] = 10'd0;
    end
  endfunction

  // The other way round: a pair that is not (0,0), and five trits, to their code.
  function automatic logic [2:0] pair_code(input logic [3:0] t);
    case (t)
      4'b00_01: pair_code = 3'b000;
      4'b11_00: pair_code = 3'b001;
      4'b01_00: pair_code = 3'b010;
      4'b00_11: pair_code = 3'b011;
      4'b01_01: pair_code = 3'b100;
      4'b11_01: pair_code = 3'b101;
      4'b01_11: pair_code = 3'b110;
      default:  pair_code = 3'b111;
    endcase
  endfunction

  function automatic logic [7:0] byte_code(input int encoding, input logic [9:0] t);
    if (encoding != 1) begin
      for (int i = 0; i < 4; i++)
        byte_code[2*i+:2] = t[2*i+:2] == 2'b11 ? 2'b10 : t[2*i+:2];
    end else if (t[7:0] == 8'd0) byte_code = {6'b1010_00, t[9:8]};
    else if (t[3:0] == 4'd0) byte_code = {2'b10, t[9:8], 1'b0, pair_code(t[7:4])};
    else if (t[7:4] == 4'd0) byte_code = {2'b10, t[9:8], 1'b1, pair_code(t[3:0])};
    else byte_code = {t[9:8], pair_code(t[3:0]), pair_code(t[7:4])};
  endfunction

  // {t1, t0} of a code of rtl/xilinx/pair_decode.sv: {nz1, neg1, nz0, neg0} of singles, otherwise
  // {both, zero, p1, p0}. A trit here may be a negative zero: ~0 and a one, which is zero.
  function automatic logic [3:0] pair_trits(input logic singles, input logic [3:0] code);
    pair_trits = singles ? {code[2], code[3], code[0], code[1]}
        : {pair_table({code[3], code[1:0]}) & (code[2] ? 4'b10_10 : 4'b11_11)};
  endfunction
