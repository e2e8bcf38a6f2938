/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts, asks and ends the helper. Its process group is its own, so that one signal ends XRT, the
 * device process and whatever else XRT started; a terminal's Ctrl-C is tritium's alone.
 */
#define _GNU_SOURCE /* memfd_create */
#include "driver/xrt_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/paths.h"
#include "driver/xrt_environment.h"

enum { END_MILLISECONDS = 8000, KILL_MILLISECONDS = 2000, SLICE = 2 };

static const char log_name[] = "xrt.log"; /* what XRT prints */

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void pause_ms(long milliseconds) {
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000};
    (void)nanosleep(&pause, NULL);
}

static enum tri_status share(struct tri_xrt_process *process, int *other) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return tri_fail(TRI_E_IO, "%s: no socket: %s", process->uri, strerror(errno));
    }
    process->socket = pair[0];
    *other = pair[1];
    process->memory = memfd_create("tritium-xrt", MFD_CLOEXEC);
    if (process->memory < 0 || ftruncate(process->memory, (off_t)TRI_XRT_MEMORY) != 0) {
        return tri_fail(TRI_E_MEMORY, "%s: no shared memory: %s", process->uri, strerror(errno));
    }
    process->stage =
        mmap(NULL, TRI_XRT_STAGE, PROT_READ | PROT_WRITE, MAP_SHARED, process->memory, 0);
    if (process->stage != MAP_FAILED) return TRI_OK;
    process->stage = NULL;
    return tri_fail(TRI_E_MEMORY, "%s: no shared memory: %s", process->uri, strerror(errno));
}

/* The child's descriptors 0 to 4. Those given are above 4, or dup2 would take one for another. */
static int arrange(posix_spawn_file_actions_t *actions, const char *log, int socket, int memory) {
    int code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (code == 0) {
        code =
            posix_spawn_file_actions_addopen(actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
    if (code == 0) code = posix_spawn_file_actions_adddup2(actions, 1, 2);
    if (code == 0) code = posix_spawn_file_actions_adddup2(actions, socket, TRI_XRT_SOCKET_FD);
    if (code == 0) code = posix_spawn_file_actions_adddup2(actions, memory, TRI_XRT_MEMORY_FD);
    return code;
}

static int set_up(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSIGDEF);
    if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
    if (code == 0) code = posix_spawnattr_setsigmask(attributes, &none);
    return code != 0 ? code : posix_spawnattr_setsigdefault(attributes, &all);
}

static enum tri_status spawn(struct tri_xrt_process *process, const struct tri_xrt_start *start,
                             const char *helper, char **environment, int other) {
    char log[TRI_XRT_RUNDIR + 16];
    (void)snprintf(log, sizeof log, "%s/%s", process->rundir, log_name);
    const int socket = fcntl(other, F_DUPFD_CLOEXEC, 16);
    const int memory = fcntl(process->memory, F_DUPFD_CLOEXEC, 16);
    const char *const words[] = {helper, start->xclbin, start->device, start->launch, NULL};
    char *arguments[5];
    memcpy(arguments, words, sizeof words); /* posix_spawn takes them without const */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    int code = arrange(&actions, log, socket, memory);
    if (code == 0) code = set_up(&attributes);
    if (code == 0) {
        code = posix_spawn(&process->pid, helper, &actions, &attributes, arguments, environment);
    }
    if (code != 0) process->pid = 0;
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (socket >= 0) (void)close(socket);
    if (memory >= 0) (void)close(memory);
    if (code == 0) return TRI_OK;
    return tri_fail(TRI_E_IO, "%s: cannot start: %s", helper, strerror(code));
}

enum tri_status tri_xrt_process_start(struct tri_xrt_process *process,
                                      const struct tri_xrt_start *start) {
    char helper[PATH_MAX], libraries[PATH_MAX];
    char **environment = NULL;
    int other = -1;
    memset(process, 0, sizeof *process);
    process->uri = start->uri;
    process->socket = process->memory = -1;
    TRI_TRY(tri_find_xrt(helper, sizeof helper));
    TRI_TRY(tri_xrt_libraries(libraries, sizeof libraries));
    TRI_TRY(tri_xrt_rundir_make(process->rundir));
    TRI_TRY(tri_xrt_rundir_fill(process->rundir, libraries, start->emulation));
    TRI_TRY(tri_xrt_environment_make(start, process->rundir, libraries, &environment));
    enum tri_status status = share(process, &other);
    if (status == TRI_OK) status = spawn(process, start, helper, environment, other);
    tri_xrt_environment_free(environment);
    if (other >= 0) (void)close(other);
    return status;
}

static void kill_group(const struct tri_xrt_process *process) {
    if (process->pid > 0) (void)kill(-process->pid, SIGKILL);
}

/* Whether the helper ended within the time; how, in words. What it left behind is ended too, while
 * its number cannot belong to anybody else. */
static bool reap(struct tri_xrt_process *process, int milliseconds, char *how) {
    const int64_t end = now_ms() + milliseconds;
    int state = 0;
    (void)snprintf(how, 64, "still there");
    for (;;) {
        siginfo_t info = {0};
        const int code = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT);
        if ((code == 0 && info.si_pid == process->pid) || (code < 0 && errno != EINTR)) break;
        if (now_ms() >= end) return false;
        pause_ms(SLICE);
    }
    kill_group(process);
    (void)waitpid(process->pid, &state, 0);
    process->pid = 0;
    if (WIFSIGNALED(state))
        (void)snprintf(how, 64, "signal %d", WTERMSIG(state));
    else
        (void)snprintf(how, 64, "exit status %d", WEXITSTATUS(state));
    return true;
}

/* XRT's last line, which may say why it ended. text: [200] */
static void last_words(const struct tri_xrt_process *process, char *text) {
    char path[TRI_XRT_RUNDIR + 16], line[512];
    (void)snprintf(path, sizeof path, "%s/%s", process->rundir, log_name);
    FILE *in = fopen(path, "r");
    text[0] = '\0';
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') (void)snprintf(text, 200, ": %.190s", line);
    }
    if (in != NULL) (void)fclose(in);
}

static enum tri_status ended(struct tri_xrt_process *process) {
    char how[64], words[200];
    process->spoilt = true;
    if (!reap(process, KILL_MILLISECONDS, how)) kill_group(process);
    last_words(process, words);
    return tri_fail(TRI_E_DEVICE, "%s: tritium-xrt, which talks to XRT, ended (%s)%s", process->uri,
                    how, words);
}

enum tri_status tri_xrt_process_send(struct tri_xrt_process *process,
                                     const struct tri_xrt_call *call) {
    if (process->spoilt) return tri_fail(TRI_E_DEVICE, "%s: XRT is gone", process->uri);
    if (send(process->socket, call, sizeof *call, MSG_NOSIGNAL) == (ssize_t)sizeof *call) {
        return TRI_OK;
    }
    /* It may have said why before it went. */
    struct tri_xrt_reply reply;
    return tri_xrt_process_receive(process, 1, &reply);
}

/* A helper that ends before it read our call resets the connection; what it said last comes after
 * that. */
static bool take(const struct tri_xrt_process *process, struct tri_xrt_reply *reply) {
    ssize_t got = -1;
    for (int tries = 0; tries < 3 && got < 0; tries++) {
        got = recv(process->socket, reply, sizeof *reply, 0);
        if (got < 0 && errno != EINTR && errno != ECONNRESET) return false;
    }
    return got == (ssize_t)sizeof *reply;
}

enum tri_status tri_xrt_process_receive(struct tri_xrt_process *process, uint32_t milliseconds,
                                        struct tri_xrt_reply *reply) {
    struct tri_xrt_reply unwanted;
    if (reply == NULL) reply = &unwanted;
    if (process->spoilt) return tri_fail(TRI_E_DEVICE, "%s: XRT is gone", process->uri);
    const int64_t end = now_ms() + milliseconds;
    struct pollfd fd = {.fd = process->socket, .events = POLLIN};
    for (;;) {
        const int64_t left = end - now_ms();
        const int ready = poll(&fd, 1, left > 0 ? (int)left : 0);
        if (ready > 0) break;
        if (ready < 0 && errno == EINTR) continue;
        process->spoilt = true;
        kill_group(process);
        return tri_fail(TRI_E_TIMEOUT, "%s: XRT did not answer within %u ms", process->uri,
                        milliseconds);
    }
    if (!take(process, reply)) return ended(process);
    reply->text[TRI_XRT_TEXT - 1] = '\0';
    if (reply->fatal != 0) {
        process->spoilt = true;
        kill_group(process);
    }
    if (reply->status == TRI_OK) return TRI_OK;
    return tri_fail((enum tri_status)reply->status, "%s: %s", process->uri, reply->text);
}

enum tri_status tri_xrt_process_ask(struct tri_xrt_process *process,
                                    const struct tri_xrt_call *call, uint32_t milliseconds,
                                    struct tri_xrt_reply *reply) {
    TRI_TRY(tri_xrt_process_send(process, call));
    return tri_xrt_process_receive(process, milliseconds, reply);
}

void tri_xrt_process_stats(struct tri_xrt_process *process) {
    char path[TRI_XRT_RUNDIR + 16];
    (void)snprintf(path, sizeof path, "%s/%s", process->rundir, TRI_XRT_STATS_FILE);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    const void *map = mmap(NULL, sizeof *process->stats, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map != MAP_FAILED) process->stats = map;
}

void tri_xrt_process_stop(struct tri_xrt_process *process) {
    char how[64];
    if (process->pid > 0) {
        const struct tri_xrt_call call = {.op = TRI_XRT_CLOSE};
        const bool asked =
            !process->spoilt && send(process->socket, &call, sizeof call, MSG_NOSIGNAL) > 0;
        if (!asked || !reap(process, END_MILLISECONDS, how)) {
            kill_group(process);
            (void)reap(process, KILL_MILLISECONDS, how); /* unless it is stuck inside a driver */
        }
    }
    if (process->socket >= 0) (void)close(process->socket);
    if (process->stage != NULL) (void)munmap(process->stage, TRI_XRT_STAGE);
    if (process->memory >= 0) (void)close(process->memory);
    if (process->stats != NULL) {
        (void)munmap((void *)(uintptr_t)process->stats, sizeof *process->stats);
    }
    if (process->rundir[0] != '\0') tri_xrt_rundir_remove(process->rundir);
    memset(process, 0, sizeof *process);
    process->socket = process->memory = -1;
}
