/* SPDX-License-Identifier: Apache-2.0
 *
 * The random numbers of the sampler: splitmix64, a counter through a mixing function. The same seed
 * gives the same numbers everywhere. Not for secrets.
 */
#ifndef TRI_RANDOM_H
#define TRI_RANDOM_H

#include <stdint.h>

struct tri_random {
    uint64_t state; /* set it to the seed */
};

/* The next 64 random bits. */
static inline uint64_t tri_random_next(struct tri_random *random) {
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The next multiple of 2^-53 in [0, 1). */
static inline double tri_random_unit(struct tri_random *random) {
    return (double)(tri_random_next(random) >> 11) * 0x1p-53;
}

#endif
