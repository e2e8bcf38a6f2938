/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs tools/synthesis.py under the key's lock and keeps what it says.
 */
#include "explore/synthesis.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/child.h"

static const struct {
    const char *name; /* of the script's action and of the cache's kind */
    unsigned seconds;
    enum tri_origin origin;
} steps[] = {[TRI_SYNTHESIS_COMPOSED] = {"composed", 3600, TRI_COMPOSED},
             [TRI_SYNTHESIS_WHOLE] = {"whole", 7200, TRI_SYNTHESISED},
             [TRI_SYNTHESIS_CLOCK] = {"clock", 7200, TRI_ROUTED}};

static uint64_t key_of(const struct tri_synthesis *s, const struct tri_geometry *g) {
    const uint32_t numbers[] = {g->ports, g->beat_bits, (uint32_t)g->encoding, g->tokens, g->k_max,
                                g->t_max, g->prefetch};
    uint64_t key = tri_hash_bytes(s->hash, numbers, sizeof numbers);
    return tri_hash_bytes(key, s->family, strlen(s->family));
}

static void take(const json_t *json, enum tri_origin origin, struct tri_figures *figures) {
    static const struct {
        const char *name;
        enum tri_figure_id id;
    } members[] = {{"lut", TRI_FIGURE_lut},           {"ff", TRI_FIGURE_ff},
                   {"ram_kbit", TRI_FIGURE_ram_kbit}, {"dsp", TRI_FIGURE_dsp},
                   {"gates", TRI_FIGURE_gates},       {"clock_mhz", TRI_FIGURE_clock_mhz}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *member = json_object_get(json, members[i].name);
        if (json_is_number(member))
            figures->at[members[i].id] = (struct tri_figure){json_number_value(member), origin};
    }
}

/* The script's answer, as it wrote it. */
static enum tri_status ask(const struct tri_synthesis *s, const struct tri_geometry *g,
                           enum tri_synthesis_step step, uint64_t key, json_t **answer, char *log,
                           size_t size) {
    char folder[PATH_MAX], out[PATH_MAX], kept[PATH_MAX], name[48], parameters[7][32];
    const uint32_t values[7] = {g->ports, g->beat_bits, (uint32_t)g->encoding, g->tokens, g->k_max,
                                g->t_max, g->prefetch};
    static const char *const names[7] = {"PORTS", "BEAT_BITS", "ENCODING", "TOKENS",
                                         "K_MAX", "T_MAX",     "PREFETCH"};
    /* The evaluator left room for what is added here. */
    (void)snprintf(folder, sizeof folder, "%.4000s/parts", s->folder);
    /* The step is in the name: two sweeps may be at two steps of one geometry. */
    (void)snprintf(name, sizeof name, "%016" PRIx64 ".%s", key, steps[step].name);
    (void)snprintf(out, sizeof out, "%.4000s/%s", s->folder, name);
    TRI_TRY(tri_child_log(s->folder, name, kept, sizeof kept));
    (void)snprintf(log, size, "%s", kept);
    const char *argv[18] = {s->python,  "-B",      "tools/synthesis.py", steps[step].name,
                            "--family", s->family, "--folder",           folder,
                            "--out",    out};
    for (int i = 0; i < 7; i++) {
        (void)snprintf(parameters[i], sizeof parameters[i], "%s=%" PRIu32, names[i], values[i]);
        argv[10 + i] = parameters[i];
    }
    TRI_TRY(tri_child_run(argv, s->root, kept, steps[step].seconds));
    json_error_t error;
    *answer = json_load_file(out, 0, &error);
    (void)unlink(out);
    if (*answer == NULL)
        return tri_fail(TRI_E_DEVICE, "tools/synthesis.py: %s, see %s", error.text, kept);
    (void)unlink(kept);
    *log = '\0';
    return TRI_OK;
}

enum tri_status tri_synthesis(const struct tri_synthesis *synthesis,
                              const struct tri_geometry *geometry, enum tri_synthesis_step step,
                              struct tri_figures *figures, char *log, size_t size) {
    const char *kind = steps[step].name;
    const uint64_t key = key_of(synthesis, geometry);
    json_t *answer = NULL;
    *log = '\0';
    TRI_TRY(tri_cache_get(synthesis->cache, kind, key, &answer));
    if (answer == NULL) {
        int lock = -1;
        TRI_TRY(tri_cache_lock(synthesis->cache, kind, key, &lock));
        enum tri_status status = tri_cache_get(synthesis->cache, kind, key, &answer);
        if (status == TRI_OK && answer == NULL) {
            status = ask(synthesis, geometry, step, key, &answer, log, size);
            if (status == TRI_OK) status = tri_cache_put(synthesis->cache, kind, key, answer);
        }
        tri_cache_unlock(lock);
        if (status != TRI_OK) {
            json_decref(answer);
            return status;
        }
    }
    /* Standard cells are mapped, not placed. */
    const bool mapped = step == TRI_SYNTHESIS_CLOCK && strcmp(synthesis->family, "osu018") == 0;
    take(answer, mapped ? TRI_SYNTHESISED : steps[step].origin, figures);
    json_decref(answer);
    return TRI_OK;
}
