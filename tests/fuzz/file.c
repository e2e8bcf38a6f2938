/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs as anonymous files at fixed descriptors. Maps of files are replaced (by the linker, see
 * fuzz.mk) with copies of exactly their size, because a read behind the end of a mapped file but
 * inside its last page is a fault that nothing else would notice. What libraries are given to read
 * is checked for the same reason.
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { MAPS = 256, PAGE = 4096 };
static void *maps[MAPS];

void *__real_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
int __real_munmap(void *address, size_t length);
int __wrap_munmap(void *address, size_t length);

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    struct stat about;
    if (address != NULL || protection != PROT_READ || flags != MAP_PRIVATE || file < 0 ||
        fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        return __real_mmap(address, length, protection, flags, file, offset);
    }
    fuzz_check(offset == 0 && length == (size_t)about.st_size, "maps are of whole files");
    void *copy = NULL;
    fuzz_check(posix_memalign(&copy, PAGE, length) == 0, "no memory for a map");
    fuzz_check(pread(file, copy, length, 0) == (ssize_t)length, "cannot read the input");
    for (int i = 0; i < MAPS; i++) {
        if (maps[i] != NULL) continue;
        maps[i] = copy;
        return copy;
    }
    fuzz_check(false, "too many maps");
    return MAP_FAILED;
}

int __wrap_munmap(void *address, size_t length) {
    for (int i = 0; i < MAPS; i++) {
        if (maps[i] != address || address == NULL) continue;
        maps[i] = NULL;
        free(address);
        return 0;
    }
    return __real_munmap(address, length);
}

/* Libraries that were not built with the sanitizer read what they are given unseen. */
json_t *__real_json_loadb(const char *text, size_t bytes, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t bytes, size_t flags, json_error_t *error);
unsigned __real_crc32_iscsi(unsigned char *bytes, int count, unsigned crc);
unsigned __wrap_crc32_iscsi(unsigned char *bytes, int count, unsigned crc);

json_t *__wrap_json_loadb(const char *text, size_t bytes, size_t flags, json_error_t *error) {
    fuzz_check(__asan_region_is_poisoned((void *)(uintptr_t)text, bytes) == NULL, "JSON's bounds");
    return __real_json_loadb(text, bytes, flags, error);
}

unsigned __wrap_crc32_iscsi(unsigned char *bytes, int count, unsigned crc) {
    fuzz_check(count >= 0, "a checksum of some bytes");
    fuzz_check(__asan_region_is_poisoned(bytes, (size_t)count) == NULL, "a checksum's bounds");
    return __real_crc32_iscsi(bytes, count, crc);
}

const char *fuzz_file(unsigned slot, const void *data, size_t size) {
    static char path[FUZZ_SLOTS][32];
    fuzz_check(slot < FUZZ_SLOTS, "slot");
    const int at = FUZZ_FIRST_FD + (int)slot;
    if (path[slot][0] == '\0') {
        const int made = memfd_create("fuzz", MFD_CLOEXEC);
        fuzz_check(made >= 0 && dup2(made, at) == at && close(made) == 0, "no anonymous file");
        (void)snprintf(path[slot], sizeof path[slot], "/proc/self/fd/%d", at);
    }
    fuzz_check(ftruncate(at, (off_t)size) == 0, "cannot size the input");
    fuzz_check(pwrite(at, data, size, 0) == (ssize_t)size, "cannot write the input");
    return path[slot];
}
