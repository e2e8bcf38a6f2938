/* SPDX-License-Identifier: Apache-2.0
 *
 * Ctrl-C and kill as a question that loops ask, so that work ends between two products with files
 * whole. A second signal ends the program at once.
 */
#ifndef TRI_HOST_INTERRUPT_H
#define TRI_HOST_INTERRUPT_H

/* Catches SIGINT and SIGTERM once; ignores SIGPIPE, so that a closed pipe is an error of a write.
 */
void tri_interrupt_catch(void);

/* Forgets the signal that came and catches the next one, which interrupts a read that waits: for a
 * program that goes on after Ctrl-C. */
void tri_interrupt_again(void);

/* The signal that came, or 0. The program's exit status is then 128 plus its number. */
int tri_interrupted(void);

#endif
