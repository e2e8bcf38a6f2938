/* SPDX-License-Identifier: Apache-2.0
 *
 * tritium-xrt: XRT in a process of its own, started by driver/xrt_device.c. XRT waits for ever when
 * an emulated device dies, prints, and wants its environment set before it is loaded; here it can
 * do no harm. Ends with its parent, takes its device process along.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/xrt_helper/facade.h"
#include "driver/xrt_rundir.h"

static struct xrt_card *card;
static uint8_t *stage, *list[TRI_XRT_UNITS];
static uint64_t list_bytes[TRI_XRT_UNITS];
static atomic_bool ending;
static int life[2] = {-1, -1};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* XRT's emulation sleeps whole seconds where it could wait for an event. This program's symbol
 * comes before the C library's, for every library of the process. */
unsigned sleep(unsigned seconds);
unsigned sleep(unsigned seconds) {
    const bool emulated = getenv(TRI_XRT_ENV_RUN) != NULL;
    const struct timespec pause = {emulated ? 0 : (time_t)seconds, emulated ? 100000 : 0};
    (void)nanosleep(&pause, NULL);
    return 0;
}

/* ---- the watch ---- */

static _Noreturn void end_all(void) {
    (void)kill(0, SIGKILL); /* this process group: XRT, its device and whatever it started */
    _exit(1);
}

/* The device is XRT's child, and XRT has not waited for it. */
static void reap_children(void) {
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int tries = 0; tries < 20 && waitpid(-1, NULL, WNOHANG) == 0; tries++) {
        (void)nanosleep(&pause, NULL);
    }
}

static void say_fatal(const char *text) {
    struct tri_xrt_reply reply = {.status = TRI_E_DEVICE, .fatal = 1};
    (void)snprintf(reply.text, sizeof reply.text, "the emulated device's process died: %.300s",
                   text);
    (void)send(TRI_XRT_SOCKET_FD, &reply, sizeof reply, MSG_NOSIGNAL);
}

/* Reads the device's line: "ready", or why not. Returns false when the pipe is closed. */
static bool hear_device(char *text, size_t size) {
    char part[256];
    const ssize_t n = read(life[0], part, sizeof part - 1);
    if (n <= 0) return false;
    part[n] = '\0';
    part[strcspn(part, "\n")] = '\0';
    if (strcmp(part, "ready") == 0)
        (void)snprintf(text, size, "killed, or crashed");
    else
        (void)snprintf(text, size, "%s", part);
    if (life[1] >= 0) (void)close(life[1]); /* from now on only the device has it */
    life[1] = -1;
    return true;
}

static void *watch(void *unused) {
    char why[256] = "it did not start";
    struct pollfd fds[2] = {{.fd = TRI_XRT_SOCKET_FD, .events = 0},
                            {.fd = life[0], .events = POLLIN}};
    (void)unused;
    for (;;) {
        if (poll(fds, 2, -1) < 0) continue;
        if ((fds[1].revents & (POLLIN | POLLHUP)) != 0 && !hear_device(why, sizeof why)) {
            fds[1].fd = -1;
            if (!atomic_load(&ending)) {
                reap_children();
                say_fatal(why);
                end_all();
            }
        }
        if ((fds[0].revents & (POLLHUP | POLLERR)) != 0) { /* the parent is gone */
            const struct timespec grace = {.tv_sec = 2};
            (void)nanosleep(&grace, NULL);
            if (getenv(TRI_XRT_ENV_RUN) != NULL) tri_xrt_rundir_remove(getenv(TRI_XRT_ENV_RUN));
            end_all();
        }
    }
    return NULL;
}

static bool start_watch(void) {
    pthread_t thread;
    char text[16];
    if (getenv(TRI_XRT_ENV_RUN) != NULL) {
        if (pipe(life) != 0) return false;
        (void)snprintf(text, sizeof text, "%d", life[1]);
        if (setenv(TRI_XRT_ENV_LIFE, text, 1) != 0) return false;
    }
    return pthread_create(&thread, NULL, watch, NULL) == 0;
}

/* ---- calls ---- */

static enum tri_status allocate_lists(const struct tri_xrt_call *call) {
    const uint32_t u = call->unit;
    if (list[u] != NULL) (void)munmap(list[u], list_bytes[u]);
    list[u] = mmap(NULL, call->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, TRI_XRT_MEMORY_FD,
                   (off_t)TRI_XRT_LIST_AT(u));
    if (list[u] == MAP_FAILED) {
        list[u] = NULL;
        return tri_fail(TRI_E_MEMORY, "a list of %llu bytes: cannot map it",
                        (unsigned long long)call->bytes);
    }
    list_bytes[u] = call->bytes;
    return xrt_card_lists(card, u, call->bytes);
}

static enum tri_status run(const struct tri_xrt_call *call, struct tri_xrt_reply *reply) {
    const uint32_t units = xrt_card_units(card);
    const double began = now();
    for (uint32_t u = 0; u < units; u++) {
        const struct tri_xrt_launch *l = &call->launch[u];
        if (l->commands == 0) continue;
        TRI_TRY(xrt_card_put(card, u, -1, 0, list[u], l->in_bytes));
    }
    for (uint32_t u = 0; u < units; u++) {
        const struct tri_xrt_launch *l = &call->launch[u];
        if (l->commands == 0) continue;
        TRI_TRY(xrt_card_start(card, u, l->commands, l->completions));
    }
    const double started = now();
    reply->seconds_start = started - began;
    for (uint32_t u = 0; u < units; u++) {
        const struct tri_xrt_launch *l = &call->launch[u];
        if (l->commands == 0) continue;
        const double left = call->milliseconds - 1e3 * (now() - began);
        TRI_TRY(xrt_card_wait(card, u, left > 1 ? (uint32_t)left : 1));
    }
    reply->seconds_wait = now() - started;
    for (uint32_t u = 0; u < units; u++) {
        const struct tri_xrt_launch *l = &call->launch[u];
        if (l->commands == 0) continue;
        TRI_TRY(xrt_card_get(card, u, -1, l->out_from, list[u] + l->out_from, l->out_bytes));
    }
    return TRI_OK;
}

static enum tri_status perform(const struct xrt_card_options *options,
                               const struct tri_xrt_call *call, struct tri_xrt_reply *reply) {
    uint32_t value = 0;
    if (call->op == TRI_XRT_OPEN) {
        TRI_TRY(xrt_card_open(options, &card));
        reply->value = xrt_card_units(card);
        return TRI_OK;
    }
    if (card == NULL || call->unit >= xrt_card_units(card)) {
        return tri_fail(TRI_E_ARGUMENT, "no compute unit %u", call->unit);
    }
    switch (call->op) {
    case TRI_XRT_READ:
        TRI_TRY(xrt_card_read(card, call->unit, (uint32_t)call->offset, &value));
        reply->value = value;
        return TRI_OK;
    case TRI_XRT_WEIGHTS: return xrt_card_weights(card, call->unit, call->bytes);
    case TRI_XRT_PUT:
        return xrt_card_put(card, call->unit, call->port, call->offset, stage, call->bytes);
    case TRI_XRT_GET:
        return xrt_card_get(card, call->unit, call->port, call->offset, stage, call->bytes);
    case TRI_XRT_DATA: return allocate_lists(call);
    case TRI_XRT_PING:
        for (uint64_t i = 0; i < call->bytes; i++) {
            TRI_TRY(xrt_card_read(card, call->unit, (uint32_t)call->offset, &value));
        }
        return TRI_OK;
    case TRI_XRT_RUN: return run(call, reply);
    default: return tri_fail(TRI_E_ARGUMENT, "no call %u", call->op);
    }
}

static int serve(const struct xrt_card_options *options) {
    struct tri_xrt_call call;
    bool asked = false; /* to end: then whoever asked clears up, otherwise nobody else will */
    while (recv(TRI_XRT_SOCKET_FD, &call, sizeof call, 0) == (ssize_t)sizeof call) {
        asked = call.op == TRI_XRT_CLOSE;
        if (asked) break;
        struct tri_xrt_reply reply = {0};
        reply.status = (uint32_t)perform(options, &call, &reply);
        if (reply.status != TRI_OK)
            (void)snprintf(reply.text, sizeof reply.text, "%s", tri_error());
        if (send(TRI_XRT_SOCKET_FD, &reply, sizeof reply, MSG_NOSIGNAL) < 0) break;
    }
    atomic_store(&ending, true);
    xrt_card_close(card);
    if (!asked && getenv(TRI_XRT_ENV_RUN) != NULL) {
        tri_xrt_rundir_remove(getenv(TRI_XRT_ENV_RUN));
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "tritium-xrt is started by tritium: give it --device xrt:FILE.xclbin\n");
        return 2;
    }
    for (int fd = TRI_XRT_MEMORY_FD + 1; fd < 256; fd++) (void)close(fd); /* our parent's */
    const struct xrt_card_options options = {argv[1], argv[2], strcmp(argv[3], "ip") == 0};
    stage = mmap(NULL, TRI_XRT_STAGE, PROT_READ | PROT_WRITE, MAP_SHARED, TRI_XRT_MEMORY_FD, 0);
    (void)signal(SIGPIPE, SIG_IGN); /* XRT writes to a device that died; the watch says so */
    if (stage == MAP_FAILED || !start_watch()) return 1;
    return serve(&options);
}
