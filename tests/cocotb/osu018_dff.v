// SPDX-License-Identifier: Apache-2.0
// The flip-flop of the osu018 cells for gate-level tests: as the library's own, but it wakes up with a
// random value, as silicon does, where the library's is unknown until it is written. Latency: one cycle.
// Throughput: every cycle. Handshake: none.
module DFFPOSX1 (CLK, D, Q);
  input CLK, D;
  output Q;
  reg Q;
  initial Q = $random;
  always @(posedge CLK) Q <= D;
endmodule
