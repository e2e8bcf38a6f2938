/* SPDX-License-Identifier: Apache-2.0
 *
 * The device's end of libxrt_hwemu's sockets: its messages (protobuf, of which this needs numbers
 * and byte strings only) turned into memory and register accesses. Message numbers and fields are
 * those of XRT's rpc_messages.proto.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sim/xrt_device/device.h"

enum {
    CLOSE = 1,
    COPY_IN = 6,
    COPY_OUT = 7,
    WRITE_REGISTER = 9,
    READ_REGISTER = 11,
    ALLOCATE = 4,
    RELEASE = 5,
    SET_ENVIRONMENT = 20
};
#define HOST_SOCKET "D2X_unix_sock_"
enum { FIELDS = 8, CALL_HEADER = 14, REPLY_HEADER = 9, MESSAGE_MAX = 1 << 28 };

struct field {
    uint64_t number;
    const uint8_t *bytes;
    uint64_t size;
};

struct channel {
    struct device *device;
    int fd, host_fd; /* host_fd: XRT's second socket, which waits for us to say that all is over */
    uint8_t *message, *reply;
    size_t message_room, reply_room, reply_size;
};

static bool transfer(int fd, void *bytes, size_t size, bool out) {
    uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t n = out ? send(fd, at, size, MSG_NOSIGNAL) : recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* Fields 1 to FIELDS - 1; higher ones and repeated ones are passed over. */
static bool parse(const uint8_t *at, size_t size, struct field *fields) {
    const uint8_t *end = at + size;
    memset(fields, 0, FIELDS * sizeof *fields);
    while (at < end) {
        uint64_t key = 0;
        struct field field = {0};
        if (!varint(&at, end, &key)) return false;
        switch (key & 7) {
        case 0:
            if (!varint(&at, end, &field.number)) return false;
            break;
        case 1: field.size = 8; break;
        case 5: field.size = 4; break;
        case 2:
            if (!varint(&at, end, &field.size)) return false;
            break;
        default: return false;
        }
        if (field.size > (uint64_t)(end - at)) return false;
        field.bytes = at;
        at += field.size;
        if (key >> 3 < FIELDS) fields[key >> 3] = field;
    }
    return true;
}

static bool grow(uint8_t **buffer, size_t *room, size_t size) {
    if (size <= *room) return true;
    uint8_t *more = realloc(*buffer, size);
    if (more == NULL) return false;
    *buffer = more;
    *room = size;
    return true;
}

static void put_varint(struct channel *c, uint64_t value) {
    for (; value >= 0x80; value >>= 7) c->reply[c->reply_size++] = (uint8_t)(value | 0x80);
    c->reply[c->reply_size++] = (uint8_t)value;
}

static void put_number(struct channel *c, unsigned field, uint64_t value) {
    put_varint(c, field << 3);
    put_varint(c, value);
}

/* Room for `size` bytes as a field; the caller fills them in. The reply has room. */
static uint8_t *put_bytes(struct channel *c, unsigned field, size_t size) {
    put_varint(c, field << 3 | 2);
    put_varint(c, size);
    uint8_t *at = c->reply + c->reply_size;
    c->reply_size += size;
    return at;
}

/* XRT advances its own pointer by the offset in a buffer and gives us the buffer's start: field 6
 * is the offset. */
static bool copy_out(struct channel *c, const struct field *f) {
    const uint64_t size = f[5].number;
    if (size > MESSAGE_MAX || !grow(&c->reply, &c->reply_room, REPLY_HEADER + 64 + size)) {
        return false;
    }
    const uint8_t *memory = device_memory(c->device, f[4].number + f[6].number, size);
    put_number(c, 1, size);
    uint8_t *at = put_bytes(c, 2, size);
    if (memory != NULL)
        memcpy(at, memory, size);
    else
        memset(at, 0xee, size);
    c->device->stats->bytes_out += size;
    return true;
}

static void copy_in(struct channel *c, const struct field *f) {
    const uint64_t size = f[5].number < f[4].size ? f[5].number : f[4].size;
    uint8_t *memory = device_memory(c->device, f[3].number + f[6].number, size);
    if (memory != NULL) memcpy(memory, f[4].bytes, size);
    c->device->stats->bytes_in += size;
    put_number(c, 1, memory != NULL ? size : 0);
}

static void write_register(struct channel *c, const struct field *f) {
    for (uint64_t i = 0; i + 4 <= f[3].number && i + 4 <= f[4].size; i += 4) {
        uint32_t value;
        memcpy(&value, f[4].bytes + i, 4);
        device_write(c->device, f[2].number + i, value);
    }
    put_number(c, 1, 1);
}

static bool read_register(struct channel *c, const struct field *f) {
    const uint64_t size = f[3].number;
    if (size > 65536 || !grow(&c->reply, &c->reply_room, REPLY_HEADER + 64 + size)) return false;
    put_number(c, 1, 1);
    uint8_t *at = put_bytes(c, 2, size);
    memset(at, 0, size);
    for (uint64_t i = 0; i + 4 <= size; i += 4) {
        const uint32_t value = device_read(c->device, f[2].number + i);
        memcpy(at + i, &value, 4);
    }
    return true;
}

static bool answer(struct channel *c, uint32_t call, size_t size) {
    struct field f[FIELDS];
    if (!parse(c->message, size, f)) return false;
    c->device->stats->messages++;
    c->reply_size = REPLY_HEADER;
    switch (call) {
    case COPY_OUT:
        if (!copy_out(c, f)) return false;
        break;
    case READ_REGISTER:
        if (!read_register(c, f)) return false;
        break;
    case COPY_IN: copy_in(c, f); break;
    case WRITE_REGISTER: write_register(c, f); break;
    case CLOSE:
    case ALLOCATE:
    case RELEASE:
    case SET_ENVIRONMENT: put_number(c, 1, 1); break;
    default: break; /* an empty reply does for everything about traces, time and messages */
    }
    const uint64_t payload = c->reply_size - REPLY_HEADER;
    c->reply[0] = 0x09;
    memcpy(c->reply + 1, &payload, 8);
    return transfer(c->fd, c->reply, c->reply_size, true);
}

static bool serve_one(struct channel *c, bool *more) {
    uint8_t header[CALL_HEADER];
    *more = transfer(c->fd, header, sizeof header, false);
    if (!*more) return true; /* the host closed, or died */
    uint64_t size;
    uint32_t call;
    memcpy(&size, header + 1, 8);
    memcpy(&call, header + 10, 4);
    if (header[0] != 0x09 || header[9] != 0x15 || size > MESSAGE_MAX) return false;
    if (!grow(&c->message, &c->message_room, size + 1)) return false;
    *more = transfer(c->fd, c->message, size, false);
    if (!*more) return true;
    if (!answer(c, call, size)) return false;
    *more = call != CLOSE;
    return true;
}

/* XRT makes its socket after it started us. */
static int dial(const char *prefix, int tries) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *user = getenv("USER"), *id = getenv("EMULATION_SOCKETID");
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/%s/%s%s",
                   user != NULL ? user : "", prefix, id != NULL ? id : "xcl_sock");
    for (;; tries--) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return -1;
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
        (void)close(fd);
        if (tries == 0) return -1;
        const struct timespec pause = {.tv_nsec = 5000000};
        (void)nanosleep(&pause, NULL);
    }
}

/* Without this XRT's helper thread holds up the host's end for seconds. */
static void say_over(struct channel *c) {
    uint8_t header[CALL_HEADER] = {0x09, [9] = 0x15, [10] = CLOSE};
    if (c->host_fd < 0) c->host_fd = dial(HOST_SOCKET, 20);
    if (c->host_fd >= 0) (void)transfer(c->host_fd, header, sizeof header, true);
}

enum tri_status device_serve(struct device *device) {
    struct channel c = {.device = device, .host_fd = -1};
    c.fd = dial("", 2000);
    if (c.fd < 0) return tri_fail(TRI_E_IO, "XRT's socket: %s", strerror(errno));
    bool more = true, good = grow(&c.reply, &c.reply_room, 4096);
    while (good && more) {
        good = serve_one(&c, &more);
        /* XRT opens it at some time of its own, if at all. */
        if (c.host_fd < 0 && c.device->stats->messages < 64) c.host_fd = dial(HOST_SOCKET, 0);
    }
    say_over(&c);
    if (c.host_fd >= 0) (void)close(c.host_fd);
    (void)close(c.fd);
    free(c.message);
    free(c.reply);
    return good ? TRI_OK : tri_fail(TRI_E_FORMAT, "a message of XRT that cannot be read");
}
