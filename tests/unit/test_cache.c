/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache: what was kept comes back, what was damaged does not, a full disk says so and leaves
 * what was there, and one process at a time owns a key, until it lets go or is killed.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "explore/cache.h"
#include "tests/unit/temp_file.h"

enum { KEY = 0x1234 };

static struct tri_cache *fresh(char *folder) {
    struct tri_cache *cache = NULL;
    (void)snprintf(folder, TEMP_PATH, "/tmp/tritium-cache-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert_eq(tri_cache_open(folder, &cache), TRI_OK, "%s", tri_error());
    return cache;
}

static void remove_all(const char *folder) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
}

static void put(struct tri_cache *cache, const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    cr_assert(value != NULL);
    cr_assert_eq(tri_cache_put(cache, "area", KEY, value), TRI_OK, "%s", tri_error());
    json_decref(value);
}

/* The value as text, "" if there is none; the caller frees it. */
static char *got(struct tri_cache *cache) {
    json_t *value = NULL;
    cr_assert_eq(tri_cache_get(cache, "area", KEY, &value), TRI_OK, "%s", tri_error());
    char *text = value == NULL ? strdup("") : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    return text;
}

static void expect_got(struct tri_cache *cache, const char *wanted) {
    char *text = got(cache);
    cr_expect_str_eq(text, wanted);
    free(text);
}

static void path_of(const char *folder, const char *end, char *path) {
    (void)snprintf(path, 2 * TEMP_PATH, "%s/area/%016x%s", folder, (unsigned)KEY, end);
}

Test(cache, gives_back_what_was_kept_and_nothing_before) {
    char folder[TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    expect_got(cache, "");
    put(cache, "{\"lut\":0.1,\"log\":\"a \\u00e9\"}");
    expect_got(cache, "{\"lut\":0.10000000000000001,\"log\":\"a \u00e9\"}");
    put(cache, "[1,2]");
    expect_got(cache, "[1,2]");
    tri_cache_close(cache);
    cr_assert_eq(tri_cache_open(folder, &cache), TRI_OK);
    expect_got(cache, "[1,2]");
    tri_cache_close(cache);
    remove_all(folder);
}

Test(cache, makes_a_damaged_entry_anew) {
    char folder[TEMP_PATH], path[2 * TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    static const char *const damage[] = {
        "", "{", "[]", "7", "{\"value\":1}", "{\"check\":\"0000000000000000\",\"value\":[1,2]}"};
    path_of(folder, ".json", path);
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        put(cache, "[1,2]");
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL && fputs(damage[i], file) >= 0 && fclose(file) == 0);
        expect_got(cache, "");
        put(cache, "[1,2]");
        expect_got(cache, "[1,2]");
    }
    /* One flipped digit, which is still JSON. */
    char *text = read_text(path), *changed = replaced(text, "[1,2]", "[1,3]");
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL && fputs(changed, file) >= 0 && fclose(file) == 0);
    expect_got(cache, "");
    free(text);
    free(changed);
    tri_cache_close(cache);
    remove_all(folder);
}

Test(cache, says_that_the_disk_is_full_and_keeps_what_was_there) {
    char folder[TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    put(cache, "[1,2]");
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit small = {64, limit.rlim_max};
    json_t *value = json_array();
    for (int i = 0; i < 100; i++) (void)json_array_append_new(value, json_integer(i));
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum tri_status status = tri_cache_put(cache, "area", KEY, value);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(status, TRI_E_IO);
    cr_expect(strstr(tri_error(), "not written: File too large") != NULL, "%s", tri_error());
    cr_expect(strstr(tri_error(), folder) != NULL, "%s", tri_error());
    expect_got(cache, "[1,2]");
    json_decref(value);
    tri_cache_close(cache);
    remove_all(folder);
}

Test(cache, refuses_a_folder_that_is_a_file) {
    struct tri_cache *cache = NULL;
    cr_expect_eq(tri_cache_open("README.md", &cache), TRI_E_IO);
    cr_expect(strstr(tri_error(), "README.md") != NULL, "%s", tri_error());
    cr_expect(cache == NULL);
    cr_expect_eq(tri_cache_open("", &cache), TRI_E_IO);
}

/* Eight processes count to fifty each through one entry: with no update lost, the lock holds. */
Test(cache, lets_one_process_at_a_time_make_a_key) {
    enum { PROCESSES = 8, TIMES = 25 };
    char folder[TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    put(cache, "0");
    for (int p = 0; p < PROCESSES; p++) {
        if (fork() != 0) continue;
        for (int i = 0; i < TIMES; i++) {
            int lock = -1;
            json_t *value = NULL;
            if (tri_cache_lock(cache, "area", KEY, &lock) != TRI_OK) _exit(1);
            if (tri_cache_get(cache, "area", KEY, &value) != TRI_OK || value == NULL) _exit(2);
            json_t *next = json_integer(json_integer_value(value) + 1);
            if (tri_cache_put(cache, "area", KEY, next) != TRI_OK) _exit(3);
            json_decref(value);
            json_decref(next);
            tri_cache_unlock(lock);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 0;
        cr_assert(wait(&status) > 0);
        cr_expect_eq(status, 0);
    }
    expect_got(cache, "200");
    tri_cache_close(cache);
    remove_all(folder);
}

/* ---- owners that are killed ---- */

/* Whether a byte comes through a pipe in time. */
static bool told(int from, int milliseconds) {
    struct pollfd polled = {.fd = from, .events = POLLIN};
    char byte;
    return poll(&polled, 1, milliseconds) == 1 && read(from, &byte, 1) == 1;
}

static void tell(int to) {
    if (write(to, "x", 1) != 1) _exit(9);
}

/* A process that owns the key, as a worker does while a tool that it started runs, and says so. */
static pid_t start_owner(struct tri_cache *cache, int to) {
    pid_t owner = fork();
    if (owner != 0) return owner;
    int mine = -1;
    (void)setpgid(0, 0);
    if (tri_cache_lock(cache, "area", KEY, &mine) != TRI_OK) _exit(1);
    if (fork() == 0) {
        (void)execlp("sleep", "sleep", "30", (char *)NULL);
        _exit(2);
    }
    nanosleep(&(struct timespec){0, 100000000}, NULL); /* the tool has started */
    tell(to);
    for (;;) (void)pause();
}

/* One that wants the key too, makes the value when it has it, and says so. */
static pid_t start_second(struct tri_cache *cache, int to) {
    pid_t second = fork();
    if (second != 0) return second;
    int mine = -1;
    json_t *value = NULL;
    if (tri_cache_lock(cache, "area", KEY, &mine) != TRI_OK) _exit(1);
    if (tri_cache_get(cache, "area", KEY, &value) != TRI_OK || value != NULL) _exit(2);
    value = json_integer(7);
    if (tri_cache_put(cache, "area", KEY, value) != TRI_OK) _exit(3);
    json_decref(value);
    tell(to);
    tri_cache_unlock(mine);
    _exit(0);
}

Test(cache, a_second_process_goes_on_when_the_owner_of_a_key_is_killed, .timeout = 30) {
    char folder[TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    int owns[2], went_on[2], status = 0;
    cr_assert(pipe(owns) == 0 && pipe(went_on) == 0);
    pid_t owner = start_owner(cache, owns[1]);
    cr_assert(told(owns[0], 10000), "the owner has no key");
    pid_t second = start_second(cache, went_on[1]);
    cr_expect_not(told(went_on[0], 300), "two own the key");
    cr_assert_eq(kill(owner, SIGKILL), 0);
    cr_assert_eq(waitpid(owner, &status, 0), owner);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cr_expect(told(went_on[0], 10000), "what the killed owner started still owns the key");
    (void)kill(-owner, SIGKILL); /* its tool */
    cr_assert_eq(waitpid(second, &status, 0), second);
    cr_expect_eq(status, 0);
    expect_got(cache, "7");
    for (int i = 0; i < 2; i++) cr_expect(close(owns[i]) == 0 && close(went_on[i]) == 0);
    tri_cache_close(cache);
    remove_all(folder);
}

/* Writes entries of 20,000 numbers, all of one value, until it is killed. */
static void write_on(struct tri_cache *cache, int to) {
    for (int round = 1;; round++) {
        json_t *value = json_array();
        for (int i = 0; i < 20000; i++) (void)json_array_append_new(value, json_integer(round));
        if (tri_cache_put(cache, "area", KEY, value) != TRI_OK) _exit(1);
        json_decref(value);
        if (round == 1) tell(to);
    }
}

Test(cache, a_writer_that_is_killed_leaves_a_whole_entry, .timeout = 60) {
    enum { KILLS = 12 };
    char folder[TEMP_PATH];
    struct tri_cache *cache = fresh(folder);
    int begun[2];
    cr_assert_eq(pipe(begun), 0);
    for (int round = 0; round < KILLS; round++) {
        int status = 0;
        pid_t writer = fork();
        if (writer == 0) write_on(cache, begun[1]);
        cr_assert(told(begun[0], 10000), "nothing was written");
        nanosleep(&(struct timespec){0, 1700000L * round}, NULL);
        cr_assert_eq(kill(writer, SIGKILL), 0);
        cr_assert_eq(waitpid(writer, &status, 0), writer);
        cr_expect(WIFSIGNALED(status));
        json_t *value = NULL;
        cr_assert_eq(tri_cache_get(cache, "area", KEY, &value), TRI_OK, "%s", tri_error());
        cr_assert(value != NULL, "kill %d left a damaged entry", round);
        cr_expect_eq(json_array_size(value), 20000);
        cr_expect(json_equal(json_array_get(value, 0), json_array_get(value, 19999)));
        json_decref(value);
    }
    cr_expect(close(begun[0]) == 0 && close(begun[1]) == 0);
    tri_cache_close(cache);
    remove_all(folder);
}

Test(cache, hashes_bytes_and_files_alike) {
    char path[TEMP_PATH];
    uint64_t hash = TRI_HASH_START;
    temp_file("foobar", 6, path);
    cr_expect_eq(tri_hash_file(&hash, path), TRI_OK);
    cr_expect_eq(hash, UINT64_C(0x85944171f73967e8)); /* FNV-1a's published test vector */
    cr_expect_eq(tri_hash_bytes(tri_hash_bytes(TRI_HASH_START, "foo", 3), "bar", 3), hash);
    (void)remove(path);
    cr_expect_eq(tri_hash_file(&hash, path), TRI_E_IO);
}
