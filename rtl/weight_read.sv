// SPDX-License-Identifier: Apache-2.0
// The PORTS AXI4 read masters of the weights with their FIFOs, around one address generator: all
// ports stream matrices of the same size, each from its own address, and beats leave all FIFOs
// together. The generator looks at a port every second cycle, in turn; a visit issues at most one
// burst, so a port has one every 2 PORTS cycles, and no burst is longer than it takes to come round.
// Addresses and lengths stand in block RAM, two jobs a port, so only the bus registers, a pointer
// of what was issued and one of what arrived are a port's own.
// Bursts have at most BURST beats and end at multiples of BURST beats, hence never cross 4 KiB.
// They are issued while the FIFO has room for a whole further burst, so rready is always high.
// Latency: 2 to 2 PORTS + 1 cycles from request to arvalid, two from rvalid to out_valid.
// Throughput: one beat of every port per cycle, the next job's behind the last's without a gap.
// Handshake: a job's addresses are put port by port (put) while req_ready is high, then req_valid
// takes them all; beats are valid/ready. AXI's rules hold on the bus also during abort: it drops
// jobs, FIFOs and every beat still to arrive; an address that stands on a bus stays until it is
// accepted. Hold abort until idle; only abort lets out_valid fall unaccepted.
`include "assert.svh"
`default_nettype none

module weight_read #(
  parameter  int PORTS = 4,        // a power of two
  parameter  int BEAT_BITS = 128,  // bits of a beat, a power of two from 16
  parameter  int BURST = 64,       // most beats of a burst, a power of two, at most 4096 bytes
  parameter  int DEPTH = 512,      // beats of each FIFO, a power of two from BURST
  localparam int PORT_W = PORTS > 1 ? $clog2(PORTS) : 1
) (
  input  wire logic                       clk,
  input  wire logic                       rst_n,
  // verilator lint_off SYMRSVDWORD
  input  wire logic                       abort,
  // verilator lint_on SYMRSVDWORD
  output logic                            idle,       // with abort: nothing is on its way any more
  output logic      [PORTS-1:0]           error,      // a beat came with an error response
  input  wire logic                       put,        // while req_ready and not req_valid
  input  wire logic [PORT_W-1:0]          put_port,
  input  wire logic [63:0]                put_addr,   // a multiple of the beat's bytes
  input  wire logic [31:0]                put_beats,  // 1 and more
  input  wire logic                       req_valid,
  output logic                            req_ready,
  output logic                            out_valid,  // a beat of every port
  input  wire logic                       out_ready,
  output logic      [PORTS*BEAT_BITS-1:0] out_data,
  output logic      [PORTS-1:0]           out_error,  // this beat came with an error response
  output logic      [PORTS-1:0]           m_axi_arvalid,
  input  wire logic [PORTS-1:0]           m_axi_arready,
  output logic      [PORTS*64-1:0]        m_axi_araddr,
  output logic      [PORTS*8-1:0]         m_axi_arlen,
  input  wire logic [PORTS-1:0]           m_axi_rvalid,
  output logic      [PORTS-1:0]           m_axi_rready,
  input  wire logic [PORTS*BEAT_BITS-1:0] m_axi_rdata,
  input  wire logic [PORTS*2-1:0]         m_axi_rresp,
  input  wire logic [PORTS-1:0]           m_axi_rlast
);
  localparam int SHIFT  = $clog2(BEAT_BITS / 8);
  localparam int ADDR   = 64 - SHIFT;          // bits of an address in beats
  localparam int INDEX  = $clog2(BURST);
  localparam int COUNT  = DEPTH > 1 ? $clog2(DEPTH + 1) : 2;  // less is refused below
  localparam int PLACE  = COUNT - 1;           // address bits of a FIFO

  // ---- jobs: {address in beats, inverted number of beats left}, two for each port ---------------
  // The front end writes through one port of the memory, the generator uses the other.
  (* ram_style = "block", no_rw_check *) logic [ADDR+31:0] jobs [0:(2<<PORT_W)-1];
  logic [ADDR+31:0]  job_q, job_d;
  // Jobs requested and, of each port, issued in full, modulo 4: up to two wait, and the low bit says
  // in which half of the memory the next one is put or issued.
  logic [1:0]        asked_q;
  logic [1:0]        done_q [0:PORTS-1];
  logic [PORTS-1:0]  full, open;
  logic [PORT_W-1:0] port_q;              // visited
  logic              act_q;               // second cycle of a visit

  logic issue, last;
  wire logic [PORT_W:0] at = {port_q, done_q[port_q][0]};
  wire logic [PORT_W:0] put_at = {put_port, asked_q[0]};
  always_comb begin
    for (int p = 0; p < PORTS; p++) begin
      full[p] = (asked_q ^ done_q[p]) == 2'b10;
      open[p] = asked_q != done_q[p];
    end
  end
  assign req_ready = full == '0 && !abort;

  always_ff @(posedge clk) begin
    if (put) jobs[put_at] <= {put_addr[63:SHIFT], ~put_beats};
    if (issue) jobs[at] <= job_d;
    if (!act_q) job_q <= jobs[at];
  end

  // ---- a visit: the next burst of this port's job, if there is room for a whole one --------------
  logic [COUNT-1:0]  issued_q [0:PORTS-1];  // beats issued and arrived, of all time
  logic [COUNT-1:0]  came_q [0:PORTS-1];
  logic [COUNT-1:0]  read_q;                // beats read, of every port
  logic [COUNT-1:0]  issued, used;
  logic [ADDR-1:0]   addr;
  logic [31:0]       rest;                  // inverted number left
  logic [INDEX:0]    fewer;                 // inverted number left, less one; its low bits
  logic [INDEX-1:0]  len;                   // of the burst, less one
  logic [PORTS-1:0]  arvalid_q, stands, mine;
  assign {addr, rest} = job_q;
  assign fewer = rest[INDEX:0] + 1'b1;
  // No more left than up to the next multiple of BURST: both less one, inverted, compared.
  assign last = (&rest[31:INDEX+1]) & fewer[INDEX] & fewer[INDEX-1:0] >= addr[INDEX-1:0];
  assign len = last ? ~fewer[INDEX-1:0] : ~addr[INDEX-1:0];
  assign issued = issued_q[port_q];
  assign used = issued - read_q;
  assign stands = arvalid_q & ~m_axi_arready;
  assign issue = act_q & open[port_q] & used <= COUNT'(DEPTH - BURST) & ~abort
      & ~stands[port_q];
  assign job_d = {addr[ADDR-1:INDEX] + 1'b1, INDEX'(0), rest + 32'(len) + 32'd1};

  always_comb begin
    for (int p = 0; p < PORTS; p++) mine[p] = issue & port_q == PORT_W'(p);
  end

  always_ff @(posedge clk) begin
    act_q <= ~act_q;
    if (act_q) port_q <= PORTS == 1 ? '0 : port_q + 1'b1;
    arvalid_q <= mine | stands;
    if (req_valid & req_ready) asked_q <= asked_q + 2'd1;
    for (int p = 0; p < PORTS; p++) if (mine[p] & last) done_q[p] <= done_q[p] + 2'd1;
    if (!rst_n) begin
      act_q <= 1'b0;
      port_q <= '0;
      arvalid_q <= '0;
    end
    if (!rst_n || abort) begin
      asked_q <= '0;
      for (int p = 0; p < PORTS; p++) done_q[p] <= '0;
    end
  end

  assign m_axi_rready = '1;
  assign m_axi_arvalid = arvalid_q;

  // ---- FIFOs: pointers of their own to write, one to read -----------------------------------------
  logic [PORTS-1:0] stored, arrived, error_q, unasked, crowded;
  logic             out_valid_q, read, restart;
  assign read = (&stored) & (out_ready | ~out_valid_q);
  assign out_valid = out_valid_q;
  assign error = error_q;
  assign idle = &arrived & open == '0;
  assign restart = !rst_n || (abort & (&arrived));

  generate
    for (genvar p = 0; p < PORTS; p++) begin : g_port
      (* no_rw_check *) logic [BEAT_BITS:0] mem [0:DEPTH-1];
      logic [BEAT_BITS:0] data_q;
      logic [ADDR-1:0]    addr_q;
      logic [INDEX-1:0]   len_q;
      assign m_axi_araddr[64*p+:64] = {addr_q, SHIFT'(0)};
      assign m_axi_arlen[8*p+:8] = 8'(len_q);
      assign stored[p] = came_q[p] != read_q;
      assign arrived[p] = came_q[p] == issued_q[p];
      assign {out_error[p], out_data[BEAT_BITS*p+:BEAT_BITS]} = data_q;
      always_ff @(posedge clk) begin
        if (m_axi_rvalid[p])
          mem[came_q[p][PLACE-1:0]] <= {m_axi_rresp[2*p+1], m_axi_rdata[BEAT_BITS*p+:BEAT_BITS]};
        if (read) data_q <= mem[read_q[PLACE-1:0]];
        if (mine[p]) addr_q <= addr;
        if (mine[p]) len_q <= len;
      end
      always_ff @(posedge clk) begin
        if (m_axi_rvalid[p]) came_q[p] <= came_q[p] + 1'b1;
        if (mine[p]) issued_q[p] <= issued + COUNT'(len) + 1'b1;
        error_q[p] <= m_axi_rvalid[p] & m_axi_rresp[2*p+1];
        if (restart) begin
          came_q[p] <= '0;
          issued_q[p] <= '0;
        end
        if (!rst_n) error_q[p] <= 1'b0;
      end
      assign unasked[p] = m_axi_rvalid[p] && arrived[p];
      assign crowded[p] = COUNT'(came_q[p] - read_q) > COUNT'(DEPTH) - COUNT'(m_axi_rvalid[p]);
      wire logic unused = &{1'b0, m_axi_rresp[2*p]};
    end
  endgenerate

  always_ff @(posedge clk) begin
    if (read) read_q <= read_q + 1'b1;
    if (out_ready | ~out_valid_q) out_valid_q <= &stored;
    if (!rst_n || abort) out_valid_q <= 1'b0;
    if (restart) read_q <= '0;
  end

  `TRI_ASSERT(no_beat_unasked, unasked == '0)
  `TRI_ASSERT(every_beat_has_room, crowded == '0)

  wire logic unused = &{1'b0, m_axi_rlast, put_addr[SHIFT:0], unasked, crowded};

  generate
    if (DEPTH < BURST || BURST * BEAT_BITS > 4096 * 8) begin : g_depth
      WEIGHT_READ_DEPTH_MUST_HOLD_A_BURST_OF_4096_BYTES bad ();
    end
  endgenerate
`ifdef TRI_PROVE_WEIGHT_READ
  `include "weight_read_properties.svh"
`endif
endmodule

`default_nettype wire
