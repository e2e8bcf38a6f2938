/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows a command list through the accelerator's four machines, one event a command: the front
 * end (fetch, check, load activations), the weight readers, the array and the back end. Explained
 * in docs/accelerator.md, "How many cycles a list takes"; the constants are register stages of
 * rtl/.
 */
#include "driver/cycles.h"

enum {
    BURST = 64, /* beats of a weight burst */
    COMMAND_BYTES = 64,
    CHUNK = 64,      /* rows of a result chunk */
    BANKS = 2,       /* chunks that the result buffer holds */
    DOORBELL = 15,   /* ap_start to the first request, and one more for each port */
    REQUEST = 5,     /* request to the address on the bus, and a beat through the FIFO */
    CHECK = 37,      /* of a command with its address, and three more for each port */
    PIPELINE = 8,    /* last step to its result in the buffer */
    TOKEN = 3,       /* of a chunk's write-back, beside its beats */
    COMPLETION = 12, /* writing the completion, beside the memory's answers */
};

struct machine {
    double rate, awake; /* beats a cycle of a port, and the part of time without refresh */
    double data_beats;  /* a cycle: of the data port */
    double on_way;      /* beats of a weight port at most */
    bool full;          /* because the FIFO has no room for more */
    double latency;
    uint32_t ports, weights, bytes, groups_of, prefetch, t_max;
};

/* When each machine is done with the commands so far, in cycles from the doorbell. */
struct progress {
    double front;         /* activations of the last command are loaded */
    double weights;       /* its last weight beat has arrived */
    double array, before; /* its last step, and that of the command before */
    double back;          /* its results are written */
};

static double most(double a, double b) { return a > b ? a : b; }
static double least(double a, double b) { return a < b ? a : b; }
static double parts(uint32_t n, uint32_t size) { return (double)((n + size - 1) / size); }

static struct machine machine_of(const struct tri_design *design) {
    const struct tri_geometry *g = &design->geometry;
    const struct tri_memory *memory = &design->memory;
    const double awake = memory->refresh_interval == 0
                             ? 1
                             : 1 - (double)memory->refresh_cycles / memory->refresh_interval;
    struct machine m = {.latency = memory->latency,
                        .ports = g->ports,
                        .weights = tri_weights_per_beat(g),
                        .bytes = g->beat_bits / 8,
                        .groups_of = g->tokens,
                        .prefetch = g->prefetch,
                        .t_max = g->t_max};
    m.rate = least(1, memory->bytes_per_cycle / m.bytes);
    m.awake = awake;
    m.data_beats = m.rate * awake;
    /* Bursts that memory takes, and room that the FIFO has for them. */
    m.on_way = least((double)memory->outstanding * BURST, g->prefetch);
    m.full = g->prefetch <= memory->outstanding * BURST;
    return m;
}

/* Beats a cycle that a weight port brings, each of them used in `groups` steps. Where too little
 * may be on its way, each burst waits until one has come, or has left the FIFO. */
static double beats_of(const struct machine *m, double groups) {
    const double burst = BURST * most(1 / m->rate, m->full ? groups : 0);
    return least(m->rate, m->on_way / (m->latency + burst + 1)) * m->awake;
}

static void command(const struct machine *m, const struct tri_cycles_product *product,
                    uint32_t tokens, struct progress *at) {
    const double beats = parts(product->rows, m->ports) * parts(product->cols, m->weights);
    const double steps = beats * parts(tokens, m->groups_of);

    /* Fetch and check; the weights are asked for at once, the activations when a bank is free. */
    const double fetch = REQUEST + m->latency + COMMAND_BYTES / (double)m->bytes;
    const double handed_on = at->front + fetch + CHECK + 3 * m->ports;
    const double loads =
        REQUEST + m->latency + tokens * parts(product->cols, m->bytes) / m->data_beats;
    at->front = most(handed_on, at->before) + loads;

    /* The readers run ahead of the array by what the FIFOs hold. */
    const double first = most(at->weights, handed_on + REQUEST + m->latency);
    const double start = most(at->array + 1, at->front);
    at->weights = first + beats / beats_of(m, steps / beats);
    const double last = most(start + steps, at->weights + 2);
    at->weights = most(at->weights, last - m->prefetch * steps / beats);

    /* Chunk by chunk, while the array fills the next; the last chunk's after the last step. */
    const double chunk_beats = least(product->rows, CHUNK) * 4 / m->bytes;
    const double chunk = tokens * (chunk_beats / m->data_beats + TOKEN);
    const double chunks = parts(product->rows, CHUNK);
    at->before = at->array;
    at->array = most(last, most(at->back, start) + (chunks - 1) * chunk);
    /* Until the completion before has been answered the array fills both banks; it goes on when the
     * first of them is written. */
    if (at->back > 0 && chunks > BANKS)
        at->array = most(at->array, at->back + m->latency + chunk + steps * (1 - BANKS / chunks));
    at->back = most(at->back, at->array) + PIPELINE + chunk + m->latency + COMPLETION;
}

double tri_cycles_list(const struct tri_design *design, const struct tri_cycles_product *products,
                       uint32_t count) {
    const struct machine m = machine_of(design);
    struct progress at = {.front = DOORBELL + m.ports};
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t done = 0; done < products[i].tokens; done += m.t_max)
            command(&m, &products[i],
                    products[i].tokens - done < m.t_max ? products[i].tokens - done : m.t_max, &at);
    }
    return count == 0 ? DOORBELL + m.ports : at.back + m.latency;
}

void tri_cycles_bounds(const struct tri_design *design, const struct tri_cycles_product *products,
                       uint32_t count, double *steps, double *weights) {
    const struct machine m = machine_of(design);
    *steps = *weights = 0;
    for (uint32_t i = 0; i < count; i++) {
        const double beats = parts(products[i].rows, m.ports) * parts(products[i].cols, m.weights);
        const uint32_t rest = products[i].tokens % m.t_max;
        const double commands = products[i].tokens / m.t_max;
        const double groups = parts(m.t_max, m.groups_of), last = parts(rest, m.groups_of);
        *steps += beats * (commands * groups + last);
        *weights += beats * commands / beats_of(&m, groups);
        if (rest > 0) *weights += beats / beats_of(&m, last);
    }
}
