/* SPDX-License-Identifier: Apache-2.0
 *
 * Signal handlers that only take a note. Nothing is ended from here.
 */
#include "host/interrupt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught;

static void note(int number) { caught = number; }

static void take(unsigned flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)(SA_RESETHAND | flags); /* the second one has its usual effect */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void tri_interrupt_again(void) {
    caught = 0;
    take(0);
}

void tri_interrupt_catch(void) {
    struct sigaction action;
    take(SA_RESTART);
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
}

int tri_interrupted(void) { return (int)caught; }
