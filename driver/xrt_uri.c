/* SPDX-License-Identifier: Apache-2.0
 *
 * Parses the rest of an xrt: URI.
 */
#include "driver/xrt_uri.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static enum tri_status set(const char *key, size_t key_length, const char *value, size_t length,
                           struct tri_xrt_uri *uri) {
    const struct {
        const char *name;
        char *to;
        size_t size;
    } keys[] = {{"design", uri->design, sizeof uri->design},
                {"device", uri->device, sizeof uri->device},
                {"launch", uri->launch, sizeof uri->launch}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].name) != key_length || strncmp(keys[i].name, key, key_length) != 0) {
            continue;
        }
        if (keys[i].to[0] != '\0') {
            return tri_fail(TRI_E_ARGUMENT, "xrt:%s: %s is given twice", uri->file, keys[i].name);
        }
        if (length == 0 || length >= keys[i].size) {
            return tri_fail(TRI_E_ARGUMENT, "xrt:%s: %s: wanted 1 to %zu characters, got %zu",
                            uri->file, keys[i].name, keys[i].size - 1, length);
        }
        memcpy(keys[i].to, value, length);
        keys[i].to[length] = '\0';
        return TRI_OK;
    }
    return tri_fail(TRI_E_ARGUMENT,
                    "xrt:%s: wanted ?design=NAME, device=CARD or launch=run|ip, "
                    "got %.*s",
                    uri->file, (int)(key_length < 100 ? key_length : 100), key);
}

enum tri_status tri_xrt_uri_parse(const char *text, struct tri_xrt_uri *uri) {
    memset(uri, 0, sizeof *uri);
    const size_t length = strcspn(text, "?");
    if (length == 0 || length >= sizeof uri->file) {
        return tri_fail(TRI_E_ARGUMENT, "xrt: wanted a file, xrt:FILE.xclbin, got %zu characters",
                        length);
    }
    memcpy(uri->file, text, length);
    const char *at = text + length;
    while (*at != '\0') {
        at++; /* ? or & */
        const size_t whole = strcspn(at, "&"), key = strcspn(at, "=&");
        const size_t value = key < whole ? key + 1 : whole;
        TRI_TRY(set(at, key, at + value, whole - value, uri));
        at += whole;
    }
    if (uri->device[0] == '\0') memcpy(uri->device, "0", 2);
    if (uri->launch[0] == '\0') memcpy(uri->launch, "run", 4);
    if (strcmp(uri->launch, "run") == 0 || strcmp(uri->launch, "ip") == 0) return TRI_OK;
    return tri_fail(TRI_E_ARGUMENT, "xrt:%s: launch: wanted run or ip, got %s", uri->file,
                    uri->launch);
}
