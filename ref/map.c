/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapping, and the list of maps that the SIGBUS handler searches. The list is an array of atomics,
 * because a handler may take no lock.
 */
#include "ref/map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 1024 }; /* maps at a time */

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS 0x20 /* Linux; hidden by the strict POSIX macro */
#endif

static struct {
    atomic_uintptr_t begin, end; /* begin 0: free, 1: being filled */
    atomic_bool broken;          /* a page behind the end of the file was read */
} slots[SLOTS];

static struct sigaction before;
static atomic_bool guarded;

/* Puts a page of zeros where the file has none. mmap is a plain system call on Linux. */
static void on_bus_error(int number, siginfo_t *info, void *context) {
    const int saved = errno;
    const uintptr_t address = (uintptr_t)info->si_addr;
    for (int i = 0; i < SLOTS; i++) {
        const uintptr_t begin = atomic_load(&slots[i].begin), end = atomic_load(&slots[i].end);
        if (begin <= 1 || address < begin || address >= end) continue;
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        void *at = (void *)(address - address % page);
        if (mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED) {
            atomic_store(&slots[i].broken, true);
            errno = saved;
            return;
        }
    }
    errno = saved;
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    } else { /* the fault comes again and ends the process */
        struct sigaction plain = {.sa_handler = SIG_DFL};
        (void)sigaction(SIGBUS, &plain, NULL);
    }
}

enum tri_status tri_map_guard(void) {
    if (atomic_exchange(&guarded, true)) return TRI_OK;
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER};
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &before) == 0) return TRI_OK;
    atomic_store(&guarded, false);
    return tri_fail(TRI_E_IO, "SIGBUS: cannot take the signal: %s", strerror(errno));
}

static int take_slot(uintptr_t begin, uintptr_t end) {
    for (int i = 0; i < SLOTS; i++) {
        uintptr_t free_slot = 0;
        if (!atomic_compare_exchange_strong(&slots[i].begin, &free_slot, 1)) continue;
        atomic_store(&slots[i].broken, false);
        atomic_store(&slots[i].end, end);
        atomic_store(&slots[i].begin, begin);
        return i;
    }
    return -1;
}

static enum tri_status map_file(const char *path, size_t least, struct tri_map *map) {
    map->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (map->fd < 0) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    struct stat status;
    if (fstat(map->fd, &status) != 0)
        return tri_fail(TRI_E_IO, "%s: cannot stat: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return tri_fail(TRI_E_IO, "%s: wanted a file, got %s", path,
                        S_ISDIR(status.st_mode) ? "a folder" : "something else");
    if (status.st_size < 0 || (uintmax_t)status.st_size < least || status.st_size == 0)
        return tri_fail(TRI_E_FORMAT, "%s: size, wanted at least %zu bytes, got %" PRIdMAX, path,
                        least, (intmax_t)status.st_size);
    if ((uintmax_t)status.st_size > SIZE_MAX / 2)
        return tri_fail(TRI_E_UNSUPPORTED, "%s: too large for this machine", path);
    map->size = (size_t)status.st_size;
    void *data = mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, map->fd, 0);
    if (data == MAP_FAILED) return tri_fail(TRI_E_IO, "%s: cannot map: %s", path, strerror(errno));
    map->data = data;
    map->slot = take_slot((uintptr_t)data, (uintptr_t)data + map->size);
    if (map->slot >= 0) return TRI_OK;
    return tri_fail(TRI_E_MEMORY, "%s: wanted at most %d mapped files", path, SLOTS);
}

enum tri_status tri_map_open(const char *path, size_t least, struct tri_map **map) {
    *map = NULL;
    struct tri_map *opened = calloc(1, sizeof *opened);
    if (opened != NULL) opened->path = strdup(path);
    if (opened == NULL || opened->path == NULL) {
        free(opened);
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    }
    opened->fd = opened->slot = -1;
    enum tri_status status = map_file(path, least, opened);
    if (status != TRI_OK) {
        tri_map_close(opened);
        return status;
    }
    *map = opened;
    return TRI_OK;
}

void tri_map_close(struct tri_map *map) {
    if (map == NULL) return;
    if (map->slot >= 0) atomic_store(&slots[map->slot].begin, 0);
    if (map->data != NULL) munmap((void *)(uintptr_t)map->data, map->size);
    if (map->fd >= 0) close(map->fd);
    free(map->path);
    free(map);
}

enum tri_status tri_map_intact(const struct tri_map *map) {
    struct stat status;
    if (fstat(map->fd, &status) != 0)
        return tri_fail(TRI_E_IO, "%s: cannot stat: %s", map->path, strerror(errno));
    if (status.st_size < 0 || (uintmax_t)status.st_size < map->size)
        return tri_fail(TRI_E_IO,
                        "%s: shrank while in use, wanted %zu bytes as when it was opened, got "
                        "%" PRIdMAX,
                        map->path, map->size, (intmax_t)status.st_size);
    if (atomic_load(&slots[map->slot].broken))
        return tri_fail(TRI_E_IO, "%s: was shorter while in use, or could not be read", map->path);
    return TRI_OK;
}
