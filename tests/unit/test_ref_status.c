/* SPDX-License-Identifier: Apache-2.0
 *
 * Failure messages: one line, one per thread, safe to print.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "base/status.h"

Test(status, a_failure_returns_its_status_and_keeps_its_message) {
    cr_assert(strcmp(tri_error(), "") == 0);
    cr_assert(tri_fail(TRI_E_FORMAT, "file: what, wanted %d, got %d", 1, 2) == TRI_E_FORMAT);
    cr_assert(strcmp(tri_error(), "file: what, wanted 1, got 2") == 0);
}

Test(status, the_last_message_may_be_part_of_the_next) {
    (void)tri_fail(TRI_E_IO, "inner");
    (void)tri_fail(TRI_E_IO, "outer: %s", tri_error());
    cr_assert(strcmp(tri_error(), "outer: inner") == 0);
}

Test(status, control_characters_of_a_damaged_file_do_not_reach_the_terminal) {
    (void)tri_fail(TRI_E_FORMAT, "name \"a\n\x1b[2J\x7f\"");
    cr_assert(strcmp(tri_error(), "name \"a??[2J?\"") == 0);
}

Test(status, a_long_message_is_cut_not_overrun) {
    char big[10000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    (void)tri_fail(TRI_E_IO, "%s", big);
    cr_assert(strlen(tri_error()) == 4095);
}

static void *fail_elsewhere(void *unused) {
    (void)unused;
    (void)tri_fail(TRI_E_IO, "other thread");
    return NULL;
}

Test(status, each_thread_has_its_own_message) {
    pthread_t thread;
    (void)tri_fail(TRI_E_IO, "this thread");
    cr_assert(pthread_create(&thread, NULL, fail_elsewhere, NULL) == 0);
    cr_assert(pthread_join(thread, NULL) == 0);
    cr_assert(strcmp(tri_error(), "this thread") == 0);
}

static enum tri_status passes_on(enum tri_status status) {
    TRI_TRY(status);
    return TRI_E_ARGUMENT;
}

Test(status, try_returns_only_failures) {
    cr_assert(passes_on(TRI_E_TIMEOUT) == TRI_E_TIMEOUT);
    cr_assert(passes_on(TRI_OK) == TRI_E_ARGUMENT);
}

Test(status, every_status_has_a_name_of_its_own) {
    for (int i = TRI_OK; i <= TRI_E_INTERRUPTED; i++) {
        const char *name = tri_status_name((enum tri_status)i);
        cr_assert(strcmp(name, "unknown") != 0);
        for (int j = TRI_OK; j < i; j++) {
            cr_assert(strcmp(name, tri_status_name((enum tri_status)j)) != 0);
        }
    }
}
