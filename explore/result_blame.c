/* SPDX-License-Identifier: Apache-2.0
 *
 * Which constraints left a sweep with nothing, from the figures of its points.
 */
#include <stdlib.h>

#include "explore/result.h"

bool tri_result_blame(const struct tri_result *result, char *why, size_t size) {
    uint64_t refused = 0;
    if (size > 0) why[0] = '\0';
    uint32_t *failing = malloc((result->count + 1) * sizeof *failing);
    if (failing == NULL) return false; /* then nobody is blamed */
    for (uint64_t i = 0; i < result->count; i++) {
        const struct tri_point *point = &result->points[i];
        if (point->state == TRI_POINT_FAILED) continue;
        failing[refused++] =
            point->state != TRI_POINT_REFUSED
                ? 0
                : tri_space_failing(&result->space, &point->design, &point->figures);
    }
    const bool found = tri_space_blame(&result->space, failing, refused, why, size);
    free(failing);
    return found;
}
