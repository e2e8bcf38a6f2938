/* SPDX-License-Identifier: Apache-2.0
 *
 * fork, exec, and a wait that gives up.
 */
#include "explore/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOT_STARTED = 127, VERSION_SECONDS = 10 };

/* Only what is allowed between fork and exec. */
static void become(const char *const *argv, const char *folder, int output, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* what a worker blocks or ignores is its own matter */
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a worker that is killed leaves nothing running */
    const int null = open("/dev/null", O_RDONLY);
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 || chdir(folder) != 0)
        _exit(NOT_STARTED);
    execvp(argv[0], (char *const *)(size_t)argv);
    _exit(NOT_STARTED);
}

static enum tri_status start(const char *const *argv, const char *folder, int output, pid_t *pid) {
    const pid_t parent = getpid();
    *pid = fork();
    if (*pid < 0) return tri_fail(TRI_E_IO, "%s: cannot start: %s", argv[0], strerror(errno));
    if (*pid == 0) become(argv, folder, output, parent);
    setpgid(*pid, *pid);
    return TRI_OK;
}

/* False: time is up. Asks ever more rarely, at last ten times a second. */
static bool wait_for(pid_t pid, unsigned seconds, int *result) {
    struct timespec begin, now, nap = {0, 1000000};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        const pid_t done = waitpid(pid, result, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begin.tv_sec >= (time_t)seconds) return false;
        nanosleep(&nap, NULL);
        if (nap.tv_nsec < 100000000) nap.tv_nsec += nap.tv_nsec / 4;
    }
}

static void end(pid_t pid, int *result) {
    kill(-pid, SIGTERM);
    if (wait_for(pid, 2, result)) return;
    kill(-pid, SIGKILL);
    while (waitpid(pid, result, 0) < 0 && errno == EINTR) continue;
}

enum tri_status tri_child_run(const char *const *argv, const char *folder, const char *log,
                              unsigned seconds) {
    const int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output < 0) return tri_fail(TRI_E_IO, "%s: cannot write: %s", log, strerror(errno));
    pid_t pid = 0;
    int result = 0;
    const enum tri_status status = start(argv, folder, output, &pid);
    close(output);
    TRI_TRY(status);
    if (!wait_for(pid, seconds, &result)) {
        end(pid, &result);
        return tri_fail(TRI_E_TIMEOUT, "%s: not done after %u s, see %s", argv[0], seconds, log);
    }
    kill(-pid, SIGTERM); /* what it may have left behind */
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0) return TRI_OK;
    if (WIFSIGNALED(result))
        return tri_fail(TRI_E_DEVICE, "%s: ended by signal %d, see %s", argv[0], WTERMSIG(result),
                        log);
    return tri_fail(TRI_E_DEVICE, "%s: wanted exit code 0, got %d, see %s", argv[0],
                    WEXITSTATUS(result), log);
}

enum tri_status tri_child_log(const char *folder, const char *name, char *path, size_t size) {
    const int length = snprintf(path, size, "%s/%s.log-XXXXXX", folder, name);
    if (length < 0 || (size_t)length >= size)
        return tri_fail(TRI_E_IO, "%s: wanted a shorter path", folder);
    const int file = mkstemp(path);
    if (file < 0) return tri_fail(TRI_E_IO, "%s: cannot be made: %s", path, strerror(errno));
    close(file);
    return TRI_OK;
}

void tri_child_line(const char *const *argv, char *line, size_t size) {
    char path[] = "/tmp/tritium-line-XXXXXX";
    int result = 1;
    pid_t pid = 0;
    *line = '\0';
    const int file = mkstemp(path);
    if (file < 0) return;
    unlink(path);
    if (start(argv, ".", file, &pid) == TRI_OK) {
        if (!wait_for(pid, VERSION_SECONDS, &result)) end(pid, &result);
        if (WIFEXITED(result) && WEXITSTATUS(result) == 0) {
            const ssize_t got = pread(file, line, size - 1, 0);
            line[got > 0 ? got : 0] = '\0';
            line[strcspn(line, "\n")] = '\0';
        }
    }
    close(file);
}

bool tri_child_find(const char *name, char *path, size_t size) {
    if (strchr(name, '/') != NULL) {
        const int length = snprintf(path, size, "%s", name);
        return length > 0 && (size_t)length < size && access(name, X_OK) == 0;
    }
    const char *rest = getenv("PATH");
    while (rest != NULL && *rest != '\0') {
        const size_t length = strcspn(rest, ":");
        const int made = snprintf(path, size, "%.*s/%s", (int)length, rest, name);
        if (made > 0 && (size_t)made < size && access(path, X_OK) == 0) return true;
        rest += length + (rest[length] == ':');
    }
    *path = '\0';
    return false;
}
