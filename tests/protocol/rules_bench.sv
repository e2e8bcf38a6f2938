// SPDX-License-Identifier: Apache-2.0
// Shows that each bus rule fires, and only then: a little bus that keeps all of them, then once for each
// rule the same traffic with that rule broken (+BREAK=number: axi_rules 0 to 18, axil_rules 100 to 109;
// without it nothing is broken). Prints "broken AXI LITE", the two masks. Simulation only.
// Latency, throughput, handshake: of no interest.
`timescale 1ns / 1ps
`default_nettype none
`include "rules.svh"

module rules_bench;
  logic clk = 1'b0, rst_n = 1'b0;
  always #1 clk = !clk;
  int broken = -1;

  logic arvalid = 0, arready = 0, rvalid = 0, rready = 0, rlast = 0;
  logic awvalid = 0, awready = 0, wvalid = 0, wready = 0, wlast = 0, bvalid = 0, bready = 0;
  logic [63:0] araddr = 0, awaddr = 0;
  logic [7:0] arlen = 0, awlen = 0;
  logic [127:0] rdata = 0, wdata = 0;
  logic [15:0] wstrb = 0;
  logic [1:0] rresp = 0, bresp = 0;
  logic [18:0] axi;
  axi_rules #(.BEAT_BITS(128)) u_axi (.broken(axi), .*);

  logic l_awvalid = 0, l_awready = 0, l_wvalid = 0, l_wready = 0, l_bvalid = 0, l_bready = 0;
  logic l_arvalid = 0, l_arready = 0, l_rvalid = 0, l_rready = 0;
  logic [11:0] l_awaddr = 0, l_araddr = 0;
  logic [31:0] l_wdata = 0, l_rdata = 0;
  logic [3:0] l_wstrb = 0;
  logic [1:0] l_bresp = 0, l_rresp = 0;
  logic [9:0] lite;
  axil_rules u_lite (.clk, .rst_n, `RULES_LITE(l_), .broken(lite));

  task automatic clock();
    @(posedge clk);
    #0.1;
  endtask

  // A read of two beats, with a wait on each channel.
  task automatic read();
    arvalid = 1;
    araddr = broken == 3 ? 64'h1ff0 : broken == 4 ? 64'h1008 : 64'h1fe0;
    arlen = broken == 5 ? 8'd64 : 8'd1;
    if (broken == 5) araddr = 64'h1000;
    clock();                            // offered, not taken
    if (broken == 2) araddr = araddr ^ 64'h100;
    arready = broken == 1 ? 1'bx : 1'b1;
    clock();
    arvalid = 0;
    arready = 0;
    rdata = 128'd1;
    rvalid = 1;
    clock();
    if (broken == 6) rdata = 128'd2;
    if (broken == 18) rresp = 2'b01;
    rready = 1;
    if (broken == 8) rlast = 1;
    clock();
    rresp = 0;
    rlast = broken != 8;
    rvalid = broken != 8;
    repeat (broken == 5 ? 63 : 0) begin
      rlast = 0;
      clock();
    end
    rlast = 1;
    clock();
    rvalid = 0;
    rlast = 0;
    rready = 0;
    if (broken == 7) rvalid = 1;
    clock();
    rvalid = 0;
  endtask

  // A write of two beats.
  task automatic write();
    awvalid = broken != 14;
    awaddr = broken == 10 ? 64'h1ff0 : broken == 11 ? 64'h1008 : 64'h1fe0;
    awlen = broken == 12 ? 8'd64 : 8'd1;
    if (broken == 12) awaddr = 64'h1000;
    wvalid = 1;
    wstrb = '1;
    wlast = broken == 15;
    clock();
    if (broken == 9) awlen = 8'd0;
    if (broken == 13) wdata = ~wdata;
    awready = 1;
    wready = broken != 9;
    clock();
    awvalid = 0;
    awready = 0;
    repeat (broken == 12 ? 63 : 0) clock();
    wready = 1;
    wlast = 1;
    wvalid = broken != 15;
    if (broken == 17) bvalid = 1;       // the last beat is not yet taken
    clock();
    wvalid = 0;
    wready = 0;
    wlast = 0;
    bvalid = broken != 17 && broken != 14;
    clock();
    if (broken == 16) bresp = 2'b10;
    bready = 1;
    clock();
    bvalid = 0;
    bready = 0;
    bresp = 0;
  endtask

  task automatic access();
    l_awvalid = 1;
    l_wvalid = 1;
    l_wdata = 1;
    l_arvalid = 1;
    clock();
    if (broken == 102) l_awaddr = 4;
    if (broken == 103) l_wdata = 2;
    if (broken == 106) l_araddr = 4;
    l_awready = broken == 101 ? 1'bx : 1'b1;
    l_arready = 1;
    l_wready = broken != 105;
    clock();
    {l_awvalid, l_arvalid, l_awready, l_arready} = 0;
    l_bvalid = 1;
    l_rvalid = 1;
    clock();
    {l_wvalid, l_wready} = 0;
    if (broken == 104) l_bresp = 2'b10;
    if (broken == 107) l_rdata = 7;
    l_bready = 1;
    l_rready = 1;
    clock();
    {l_bvalid, l_rvalid, l_bready, l_rready} = 0;
    l_rvalid = broken == 108;
    clock();
    l_rvalid = 0;
    if (broken == 109) begin
      {l_arvalid, l_arready} = '1;
      clock();
      {l_arvalid, l_arready} = 0;
      {l_rvalid, l_rready} = '1;
      l_rresp = 2'b01;
      clock();
    end
  endtask

  initial begin
    if (!$value$plusargs("BREAK=%d", broken)) broken = -1;
    clock();
    clock();
    if (broken == 0) awvalid = 1;
    if (broken == 100) l_bvalid = 1;
    clock();
    awvalid = 0;
    l_bvalid = 0;
    rst_n = 1;
    clock();
    read();
    write();
    access();
    clock();
    $display("broken %h %h", axi, lite);
    $finish;
  end
endmodule

`default_nettype wire
