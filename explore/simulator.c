/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds the simulator of a geometry by sim/sim.mk into the cache's folder, once for all memories.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/child.h"
#include "explore/simulate.h"

enum { BUILD_SECONDS = 1800 };

struct places {
    char folder[PATH_MAX]; /* FOLDER/sim/HASH: one for each state of sources and tools */
    char name[64];         /* of the geometry */
    char library[PATH_MAX];
};

static enum tri_status make_folder(const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return TRI_OK;
    return tri_fail(TRI_E_IO, "%s: cannot be made: %s", path, strerror(errno));
}

static enum tri_status find(const struct tri_simulate *s, const struct tri_design *design,
                            struct places *p) {
    const struct tri_geometry *g = &design->geometry;
    (void)snprintf(p->name, sizeof p->name, "p%ub%ue%ut%uk%um%uf%u", g->ports, g->beat_bits,
                   (unsigned)g->encoding, g->tokens, g->k_max, g->t_max, g->prefetch);
    (void)snprintf(p->folder, sizeof p->folder, "%.3800s/sim", s->folder);
    TRI_TRY(make_folder(p->folder));
    (void)snprintf(p->folder, sizeof p->folder, "%.3800s/sim/%016" PRIx64, s->folder, s->hash);
    TRI_TRY(make_folder(p->folder));
    (void)snprintf(p->library, sizeof p->library, "%.3900s/%s/libtritium_sim.so", p->folder,
                   p->name);
    return TRI_OK;
}

static enum tri_status write_design(const struct places *p, const struct tri_design *design) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.3900s/%s", p->folder, p->name);
    TRI_TRY(make_folder(path));
    (void)snprintf(path, sizeof path, "%.3900s/%s/design.yaml", p->folder, p->name);
    FILE *out = fopen(path, "w");
    if (out == NULL) return tri_fail(TRI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    tri_design_print(design, out);
    const bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) return tri_fail(TRI_E_IO, "%s: a write failed", path);
    return TRI_OK;
}

/* `make TARGET` with its output in a log FOLDER/sim/HASH/NAME.log-..., kept after a failure. */
static enum tri_status make(const struct tri_simulate *s, const struct places *p, const char *name,
                            const char *target, char *log, size_t size) {
    char sim[PATH_MAX], gen[PATH_MAX], path[PATH_MAX];
    (void)snprintf(sim, sizeof sim, "SIM=%.4000s", p->folder);
    (void)snprintf(gen, sizeof gen, "SIM_GEN=%.4000s", p->folder);
    TRI_TRY(tri_child_log(p->folder, name, path, sizeof path));
    (void)snprintf(log, size, "%s", path);
    /* A make around this one must not hand down its jobs and variables. */
    const char *const argv[] = {"env",        "-u",           "MAKEFLAGS",    "-u",   "MFLAGS",
                                "-u",         "MAKELEVEL",    "make",         sim,    gen,
                                "SIM_TRACE=", "SIM_FAST=-O1", "SIM_SLOW=-O0", target, NULL};
    TRI_TRY(tri_child_run(argv, s->root, path, BUILD_SECONDS));
    (void)unlink(path);
    *log = '\0';
    return TRI_OK;
}

/* Makes what all simulators share; one process at a time. */
static enum tri_status shared(const struct tri_simulate *s, const struct places *p, char *log,
                              size_t size) {
    char done[PATH_MAX];
    (void)snprintf(done, sizeof done, "%.3900s/runtime/done", p->folder);
    if (access(done, R_OK) == 0) return TRI_OK;
    int lock = -1;
    TRI_TRY(tri_cache_lock(s->cache, "simulator", s->hash, &lock));
    enum tri_status status = TRI_OK;
    if (access(done, R_OK) != 0) {
        status = make(s, p, "shared", "sim-shared", log, size);
        if (status == TRI_OK) {
            FILE *out = fopen(done, "w");
            if (out == NULL || fclose(out) != 0)
                status = tri_fail(TRI_E_IO, "%s: cannot be written", done);
        }
    }
    tri_cache_unlock(lock);
    return status;
}

static enum tri_status build(const struct tri_simulate *s, const struct places *p,
                             const struct tri_design *design, char *log, size_t size) {
    char objects[PATH_MAX];
    TRI_TRY(shared(s, p, log, size));
    TRI_TRY(write_design(p, design));
    TRI_TRY(make(s, p, p->name, p->library, log, size));
    (void)snprintf(objects, sizeof objects, "%.3900s/%s/obj", p->folder, p->name);
    const char *const argv[] = {"rm", "-rf", objects, NULL};
    char line[16];
    tri_child_line(argv, line, sizeof line); /* only room is lost if it fails */
    return TRI_OK;
}

enum tri_status tri_simulate_library(const struct tri_simulate *simulate,
                                     const struct tri_design *design, char *path, size_t size,
                                     char *log, size_t log_size) {
    struct places p;
    *log = '\0';
    TRI_TRY(find(simulate, design, &p));
    if (strlen(p.library) >= size)
        return tri_fail(TRI_E_IO, "%s: wanted a shorter path", p.library);
    memcpy(path, p.library, strlen(p.library) + 1);
    if (access(path, R_OK) == 0) return TRI_OK;
    int lock = -1;
    const uint64_t key = tri_hash_bytes(simulate->hash, p.name, strlen(p.name));
    TRI_TRY(tri_cache_lock(simulate->cache, "simulator", key, &lock));
    const enum tri_status status =
        access(path, R_OK) == 0 ? TRI_OK : build(simulate, &p, design, log, log_size);
    tri_cache_unlock(lock);
    return status;
}
