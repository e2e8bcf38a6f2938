/* SPDX-License-Identifier: Apache-2.0
 *
 * The device process: sim/xrt_device/simulate.sh starts it for XRT's hardware emulation, in the
 * folder that XRT unpacked from our xclbin. Says on a pipe that it is ready, or why it is not.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/xrt_device/device.h"

static struct device device;

static enum tri_status share_stats(void) {
    static struct tri_xrt_stats unshared;
    const char *run = getenv(TRI_XRT_ENV_RUN);
    char path[4096];
    device.stats = &unshared; /* started by hand, for a debugger */
    if (run == NULL) return TRI_OK;
    (void)snprintf(path, sizeof path, "%s/%s", run, TRI_XRT_STATS_FILE);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *device.stats) != 0) {
        if (fd >= 0) (void)close(fd);
        return tri_fail(TRI_E_IO, "%s: cannot make it", path);
    }
    void *map = mmap(NULL, sizeof *device.stats, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map == MAP_FAILED) return tri_fail(TRI_E_MEMORY, "%s: cannot map it", path);
    device.stats = map;
    return TRI_OK;
}

int main(void) {
    const char *text = getenv(TRI_XRT_ENV_LIFE);
    const int life = text != NULL ? atoi(text) : -1;
    (void)signal(SIGINT, SIG_IGN); /* the host decides when this ends */
    enum tri_status status = share_stats();
    if (status == TRI_OK) status = device_open(&device);
    if (status == TRI_OK) {
        device.stats->pid = (uint64_t)getpid();
        if (life >= 0) (void)dprintf(life, "ready\n");
        status = device_serve(&device);
    }
    if (status != TRI_OK && life >= 0) (void)dprintf(life, "%s\n", tri_error());
    device_close(&device);
    return status == TRI_OK ? 0 : 1;
}
