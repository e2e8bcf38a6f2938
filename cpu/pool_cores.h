/* SPDX-License-Identifier: Apache-2.0
 *
 * The cores that this process may run on. Private to the pool.
 */
#ifndef TRI_CPU_POOL_CORES_H
#define TRI_CPU_POOL_CORES_H

#include <stdint.h>

/* Numbers of the cores in the affinity mask, at most limit; first one thread of each physical core,
 * then their siblings. Returns how many; 0 if the system does not tell. */
uint32_t tri_pool_cores(uint32_t *cores, uint32_t limit);

#endif
