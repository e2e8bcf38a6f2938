/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs a model's matrices once and cuts every product into panels of rows for the pool. What is
 * inside a panel is the kernels' business (product_kernels.h); rows never share a sum, so the
 * number of threads cannot show.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise */
#include "cpu/product.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/product_kernels.h"

enum {
    SLAB = 256, /* tokens that go through the weights together */
    HUGE_PAGE = 2 << 20,
    COPIES = 8, /* tokens whose codes a thread copies at a time */
    LINE = 64,
};

/* What one thread needs for many tokens. */
struct scratch {
    int32_t sums[SLAB][TRI_PANEL_ROWS];
    uint8_t unpacked[TRI_CHUNK_COLS * TRI_PANEL_ROWS];
};

/* The panels that one thread does from first to last, so that it reads memory as one stream; who is
 * done early takes from the others' next ones. */
struct range {
    alignas(LINE) atomic_uint next;
    uint32_t end;
};

struct group {
    size_t at;                   /* its panels, in bytes from the first of all */
    uint32_t rows, cols, blocks; /* blocks of a panel */
};

struct tri_packed {
    const struct tri_product_kernels *kernels;
    enum tri_packing packing;
    uint32_t layers, threads;
    struct group *groups;  /* [layers * TRI_GROUPS] */
    uint8_t *map, *panels; /* panels: the map from its first huge page on */
    size_t map_bytes, bytes;
    struct scratch *scratch; /* [threads] */
    struct range *ranges;    /* [threads] */
    int8_t *codes;           /* [SLAB][widest stride] */
    int32_t code_sums[SLAB];
};

const struct tri_product_kernels *tri_product_kernels(enum tri_isa isa) {
    switch (isa) {
#if defined __aarch64__
    case TRI_ISA_NEON: return tri_neon_dot_here() ? &tri_product_neon_dot : &tri_product_neon;
#elif defined __x86_64__
    case TRI_ISA_AVX2: return &tri_product_avx2;
    case TRI_ISA_AVX512: return &tri_product_avx512;
    case TRI_ISA_AMX: return &tri_product_amx;
#endif
    default: return &tri_product_portable;
    }
}

static uint32_t panels_of(uint32_t rows) {
    return rows / TRI_PANEL_ROWS + (rows % TRI_PANEL_ROWS != 0);
}

/* Bytes from one token's codes to the next: whole blocks, whole lines, and an odd number of them,
 * so that the tokens that a kernel takes together do not fall into one set of a cache. */
static size_t stride_of(uint32_t cols) {
    const size_t lines = ((size_t)cols + TRI_B3_COLS - 1) / LINE + 1;
    return (lines | 1) * LINE;
}

static size_t group_bytes(const struct group *group) {
    return (size_t)panels_of(group->rows) * group->blocks * TRI_BLOCK_BYTES;
}

/* --- Packing -------------------------------------------------------------------------------- */

struct packing_job {
    const struct tri_model *model;
    struct tri_packed *packed;
    const struct group *group;
    uint32_t index;  /* of the group */
    size_t stride;   /* of rows */
    int8_t *rows;    /* [threads][32][stride] */
    atomic_uint bad; /* the first panel that failed, or UINT32_MAX */
};

/* A panel's rows as trits, zeros around them. */
static enum tri_status read_panel(const struct packing_job *job, uint32_t panel, int8_t *rows) {
    const uint32_t first = panel * TRI_PANEL_ROWS;
    memset(rows, 0, TRI_PANEL_ROWS * job->stride);
    for (uint32_t r = 0; r < TRI_PANEL_ROWS && first + r < job->group->rows; r++) {
        TRI_TRY(tri_group_row(job->model, job->index / TRI_GROUPS,
                              (enum tri_group)(job->index % TRI_GROUPS), first + r,
                              rows + r * job->stride));
    }
    return TRI_OK;
}

static void pack_panel(void *context, uint32_t panel, uint32_t thread) {
    struct packing_job *job = context;
    int8_t *rows = job->rows + (size_t)thread * TRI_PANEL_ROWS * job->stride;
    if (read_panel(job, panel, rows) != TRI_OK) {
        unsigned bad = atomic_load(&job->bad);
        while (panel < bad && !atomic_compare_exchange_weak(&job->bad, &bad, panel)) continue;
        return;
    }
    const size_t bytes = (size_t)job->group->blocks * TRI_BLOCK_BYTES;
    uint8_t *out = job->packed->panels + job->group->at + panel * bytes;
    tri_pack_panel(job->packed->packing, job->packed->kernels->code, rows, job->stride,
                   job->group->blocks, out);
}

static enum tri_status pack_all(const struct tri_model *model, struct tri_packed *packed,
                                struct tri_pool *pool) {
    size_t stride = 0;
    for (uint32_t i = 0; i < TRI_GROUPS; i++) {
        const size_t cols = stride_of(packed->groups[i].cols);
        if (cols > stride) stride = cols;
    }
    struct packing_job job = {.model = model, .packed = packed, .stride = stride};
    job.rows = malloc(packed->threads * TRI_PANEL_ROWS * stride);
    if (job.rows == NULL) return tri_fail(TRI_E_MEMORY, "packing: no memory for rows");
    enum tri_status status = TRI_OK;
    for (uint32_t i = 0; status == TRI_OK && i < packed->layers * TRI_GROUPS; i++) {
        job.group = &packed->groups[i];
        job.index = i;
        atomic_init(&job.bad, UINT32_MAX);
        tri_pool_run(pool, panels_of(job.group->rows), pack_panel, &job);
        /* Again, here: messages belong to the thread that reads them. */
        const unsigned bad = atomic_load(&job.bad);
        if (bad != UINT32_MAX) status = read_panel(&job, bad, job.rows);
    }
    free(job.rows);
    return status != TRI_OK ? status : tri_model_intact(model);
}

/* --- Life ----------------------------------------------------------------------------------- */

static enum tri_status measure(const struct tri_model *model, struct tri_packed *packed) {
    for (uint32_t i = 0; i < packed->layers * TRI_GROUPS; i++) {
        struct group *group = &packed->groups[i];
        group->rows = tri_group_rows(model, (enum tri_group)(i % TRI_GROUPS));
        group->cols = tri_group_cols(model, (enum tri_group)(i % TRI_GROUPS));
        if (group->cols > TRI_PRODUCT_COLS) {
            return tri_fail(
                TRI_E_UNSUPPORTED, "packing: %s: wanted at most %d columns, got %" PRIu32,
                tri_group_name((enum tri_group)(i % TRI_GROUPS)), TRI_PRODUCT_COLS, group->cols);
        }
        const uint32_t cols = tri_packing_cols(packed->packing);
        group->blocks = group->cols / cols + (group->cols % cols != 0);
        packed->bytes += group_bytes(group);
    }
    return TRI_OK;
}

static enum tri_status get_memory(struct tri_packed *packed) {
    size_t stride = 0, at = 0;
    for (uint32_t i = 0; i < TRI_GROUPS; i++) {
        const size_t one = stride_of(packed->groups[i].cols);
        if (one > stride) stride = one;
    }
    packed->map_bytes = packed->bytes + HUGE_PAGE;
    packed->scratch = aligned_alloc(LINE, packed->threads * sizeof *packed->scratch);
    packed->ranges = aligned_alloc(LINE, packed->threads * sizeof *packed->ranges);
    packed->codes = aligned_alloc(LINE, SLAB * stride);
    void *map =
        mmap(NULL, packed->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || packed->scratch == NULL || packed->ranges == NULL ||
        packed->codes == NULL) {
        if (map != MAP_FAILED) (void)munmap(map, packed->map_bytes);
        return tri_fail(TRI_E_MEMORY, "packing: wanted %zu bytes for the packed weights",
                        packed->map_bytes);
    }
    /* Tiles may be multiplied beyond the tokens there are: by defined bytes. */
    memset(packed->scratch, 0, packed->threads * sizeof *packed->scratch);
    memset(packed->codes, 0, SLAB * stride);
    packed->map = map;
    packed->panels = packed->map + (HUGE_PAGE - (uintptr_t)packed->map % HUGE_PAGE);
    /* Small pages cost a walk for each 4 KiB of a stream; where there are none, nothing is lost. */
    (void)madvise(packed->panels, packed->bytes, MADV_HUGEPAGE);
    for (uint32_t i = 0; i < packed->layers * TRI_GROUPS; i++) {
        packed->groups[i].at = at;
        at += group_bytes(&packed->groups[i]);
    }
    return TRI_OK;
}

enum tri_status tri_packed_create_for(const struct tri_model *model, enum tri_packing packing,
                                      const struct tri_product_kernels *kernels,
                                      struct tri_pool *pool, struct tri_packed **out) {
    struct tri_packed *packed = calloc(1, sizeof *packed);
    if (packed == NULL) return tri_fail(TRI_E_MEMORY, "packing: no memory");
    packed->kernels = kernels;
    packed->packing = packing;
    packed->layers = model->config.layers;
    packed->threads = pool != NULL ? tri_pool_threads(pool) : 1;
    packed->groups = calloc((size_t)packed->layers * TRI_GROUPS, sizeof *packed->groups);
    enum tri_status status =
        packed->groups != NULL || packed->layers == 0
            ? TRI_OK
            : tri_fail(TRI_E_MEMORY, "packing: no memory for %" PRIu32 " layers", packed->layers);
    if (status == TRI_OK) status = measure(model, packed);
    if (status == TRI_OK) status = get_memory(packed);
    if (status == TRI_OK) status = pack_all(model, packed, pool);
    if (status != TRI_OK) {
        tri_packed_destroy(packed);
        return status;
    }
    *out = packed;
    return TRI_OK;
}

enum tri_status tri_packed_create(const struct tri_model *model, enum tri_packing packing,
                                  enum tri_isa isa, struct tri_pool *pool,
                                  struct tri_packed **packed) {
    if (!tri_isa_here(isa)) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "packing: wanted an instruction set of this machine, got %s",
                        tri_isa_name(isa));
    }
    return tri_packed_create_for(model, packing, tri_product_kernels(isa), pool, packed);
}

void tri_packed_destroy(struct tri_packed *packed) {
    if (packed == NULL) return;
    if (packed->map != NULL) (void)munmap(packed->map, packed->map_bytes);
    free(packed->scratch);
    free(packed->ranges);
    free(packed->codes);
    free(packed->groups);
    free(packed);
}

uint64_t tri_packed_bytes(const struct tri_packed *packed) { return packed->bytes; }

/* --- Products ------------------------------------------------------------------------------- */

struct product_job {
    struct tri_packed *packed;
    const struct group *group;
    struct tri_codes codes;
    const int8_t *from; /* [tokens][cols] */
    int32_t *sums;      /* [tokens][rows] */
    uint32_t parts;     /* ranges */
};

static void copy_codes(void *context, uint32_t part, uint32_t thread) {
    (void)thread;
    struct product_job *job = context;
    struct tri_packed *packed = job->packed;
    const uint32_t end = (part + 1) * COPIES;
    const size_t cols = job->group->cols, stride = job->codes.stride;
    for (uint32_t t = part * COPIES; t < end && t < job->codes.tokens; t++) {
        int8_t *to = packed->codes + t * stride;
        packed->code_sums[t] = packed->kernels->copy(job->from + t * cols, cols, to);
        memset(to + cols, 0, stride - cols);
    }
}

/* The rows of a panel that exist. */
static void put(const struct product_job *job, uint32_t panel, uint32_t token,
                const int32_t *restrict from, int32_t subtract) {
    const uint32_t rows = job->group->rows, first = panel * TRI_PANEL_ROWS;
    int32_t *restrict to = job->sums + (size_t)token * rows + first;
    if (rows - first >= TRI_PANEL_ROWS) { /* a constant, so that compilers make vectors of it */
        for (uint32_t r = 0; r < TRI_PANEL_ROWS; r++) to[r] = from[r] - subtract;
        return;
    }
    for (uint32_t r = 0; r < rows - first; r++) to[r] = from[r] - subtract;
}

/* Asks for the lines that `put` will write, tokens from..to: each is far from the last and would be
 * waited for one after the other. */
static void ask_for(const struct product_job *job, uint32_t panel, uint32_t from, uint32_t to) {
    const int32_t *at = job->sums + (size_t)panel * TRI_PANEL_ROWS;
    if (job->group->rows - panel * TRI_PANEL_ROWS < TRI_PANEL_ROWS) return;
    for (uint32_t t = from; t < to; t++) {
        const char *line = (const char *)(at + (size_t)t * job->group->rows);
        __builtin_prefetch(line, 1, 2);
        __builtin_prefetch(line + LINE, 1, 2);
    }
}

/* In turns of about the same number of tokens; from the second on the panel is in the cache. */
static void few_tokens(const struct product_job *job, uint32_t panel, const uint8_t *weights) {
    const struct tri_packed *packed = job->packed;
    const uint32_t together = packed->kernels->together, tokens = job->codes.tokens;
    int32_t out[TRI_TOGETHER][TRI_PANEL_ROWS];
    struct tri_codes codes = job->codes;
    uint32_t first = 0;
    for (uint32_t turns = (tokens + together - 1) / together; turns > 0; turns--) {
        codes.x = job->codes.x + first * codes.stride;
        codes.tokens = (tokens - first + turns - 1) / turns;
        if (tokens > together) ask_for(job, panel, first, first + codes.tokens);
        packed->kernels->few[packed->packing](weights, job->group->blocks, &codes, out);
        for (uint32_t t = 0; t < codes.tokens; t++) {
            put(job, panel, first + t, out[t], packed->code_sums[first + t]);
        }
        first += codes.tokens;
    }
}

static void many_tokens(const struct product_job *job, uint32_t panel, const uint8_t *weights,
                        struct scratch *scratch) {
    const struct tri_packed *packed = job->packed;
    const uint32_t cols = tri_packing_cols(packed->packing), step = TRI_CHUNK_COLS / cols;
    const uint32_t blocks = job->group->blocks;
    struct tri_codes codes = job->codes;
    memset(scratch->sums, 0, codes.tokens * sizeof *scratch->sums);
    for (uint32_t left = blocks; left > 0;) {
        const uint32_t count = left < step ? left : step, done = blocks - left;
        ask_for(job, panel, (uint32_t)((uint64_t)codes.tokens * done / blocks),
                (uint32_t)((uint64_t)codes.tokens * (done + count) / blocks));
        packed->kernels->unpack[packed->packing](weights, count, scratch->unpacked);
        weights += (size_t)count * TRI_BLOCK_BYTES;
        /* The next ones come while these are multiplied; past the end nothing happens. */
        for (size_t i = 0; i < (size_t)step * TRI_BLOCK_BYTES; i += LINE)
            __builtin_prefetch(weights + i, 0, 2);
        packed->kernels->many(scratch->unpacked, count * cols, &codes, scratch->sums);
        codes.x += count * cols;
        left -= count;
    }
    for (uint32_t t = 0; t < codes.tokens; t++) {
        put(job, panel, t, scratch->sums[t], packed->code_sums[t]);
    }
}

static void do_ranges(void *context, uint32_t part, uint32_t thread) {
    const struct product_job *job = context;
    const struct tri_packed *packed = job->packed;
    const uint8_t *panels = packed->panels + job->group->at;
    const size_t bytes = (size_t)job->group->blocks * TRI_BLOCK_BYTES;
    for (uint32_t i = 0; i < job->parts; i++) {
        struct range *range = &packed->ranges[(part + i) % job->parts];
        uint32_t panel;
        while ((panel = atomic_fetch_add(&range->next, 1)) < range->end) {
            if (job->codes.tokens <= packed->kernels->in_turns) {
                few_tokens(job, panel, panels + panel * bytes);
            } else {
                many_tokens(job, panel, panels + panel * bytes, &packed->scratch[thread]);
            }
        }
    }
}

static void product_slab(struct product_job *job, struct tri_pool *pool) {
    const uint32_t tokens = job->codes.tokens, panels = panels_of(job->group->rows);
    tri_pool_run(tokens > COPIES ? pool : NULL, (tokens + COPIES - 1) / COPIES, copy_codes, job);
    job->parts = pool != NULL ? tri_pool_threads(pool) : 1;
    for (uint32_t i = 0; i < job->parts; i++) {
        struct range *range = &job->packed->ranges[i];
        atomic_init(&range->next, (uint32_t)((uint64_t)panels * i / job->parts));
        range->end = (uint32_t)((uint64_t)panels * (i + 1) / job->parts);
    }
    tri_pool_run(pool, job->parts, do_ranges, job);
}

void tri_packed_product(struct tri_packed *packed, struct tri_pool *pool, uint32_t layer,
                        enum tri_group group, uint32_t tokens, const int8_t *codes, int32_t *sums) {
    if (pool != NULL && tri_pool_threads(pool) > packed->threads) pool = NULL; /* no scratch */
    struct product_job job = {.packed = packed, .from = codes, .sums = sums};
    job.group = &packed->groups[layer * TRI_GROUPS + (uint32_t)group];
    job.codes.x = packed->codes;
    job.codes.stride = stride_of(job.group->cols);
    while (tokens > 0) {
        job.codes.tokens = tokens < SLAB ? tokens : SLAB;
        product_slab(&job, pool);
        job.from += (size_t)job.codes.tokens * job.group->cols;
        job.sums += (size_t)job.codes.tokens * job.group->rows;
        tokens -= job.codes.tokens;
    }
}
