/* SPDX-License-Identifier: Apache-2.0
 *
 * libedit's own interface, with a reader of bytes that notices Ctrl-C; getline without a terminal.
 */
#include "host/lineinput.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "host/interrupt.h"

struct tri_lineinput {
    const char *prompt;
    EditLine *editor; /* NULL: no terminal */
    History *history;
    char *line;
    size_t room;
};

static char *prompt_of(EditLine *editor) {
    struct tri_lineinput *input = NULL;
    el_get(editor, EL_CLIENTDATA, &input);
    static char none[] = "";
    static char prompt[64];
    if (input == NULL) return none;
    snprintf(prompt, sizeof prompt, "%s", input->prompt);
    return prompt;
}

/* One character; libedit's own reader goes on reading after a signal. */
static int read_character(EditLine *editor, wchar_t *character) {
    mbstate_t state;
    (void)editor;
    memset(&state, 0, sizeof state);
    for (;;) {
        char byte;
        ssize_t count = read(STDIN_FILENO, &byte, 1);
        if (count == 0) return 0;
        if (count < 0 && (errno != EINTR || tri_interrupted() != 0)) return -1;
        if (count < 0) continue; /* the window changed its size, say */
        size_t used = mbrtowc(character, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *character = L'?';
        if (used == 0) *character = L'\0';
        return 1;
    }
}

enum tri_status tri_lineinput_open(const char *prompt, struct tri_lineinput **input) {
    *input = calloc(1, sizeof **input);
    if (*input == NULL) return tri_fail(TRI_E_MEMORY, "line input: out of memory");
    (*input)->prompt = prompt;
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) return TRI_OK;
    setlocale(LC_CTYPE, ""); /* which bytes are one character; numbers stay as they are */
    HistEvent event;
    (*input)->editor = el_init("tritium", stdin, stdout, stderr);
    (*input)->history = history_init();
    if ((*input)->editor == NULL || (*input)->history == NULL) {
        tri_lineinput_close(*input);
        *input = NULL;
        return tri_fail(TRI_E_MEMORY, "line input: the terminal cannot be used");
    }
    EditLine *editor = (*input)->editor;
    history((*input)->history, &event, H_SETSIZE, 500);
    el_set(editor, EL_CLIENTDATA, *input);
    el_set(editor, EL_PROMPT, prompt_of);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, history, (*input)->history);
    el_set(editor, EL_GETCFN, read_character);
    el_set(editor, EL_SIGNAL, 0);
    return TRI_OK;
}

void tri_lineinput_close(struct tri_lineinput *input) {
    if (input == NULL) return;
    if (input->history != NULL) history_end(input->history);
    if (input->editor != NULL) el_end(input->editor);
    free(input->line);
    free(input);
}

bool tri_lineinput_terminal(const struct tri_lineinput *input) { return input->editor != NULL; }

static enum tri_line take(struct tri_lineinput *input, const char *text, ssize_t bytes,
                          const char **line) {
    if (bytes <= 0) return tri_interrupted() != 0 ? TRI_LINE_GIVEN_UP : TRI_LINE_END;
    size_t count = (size_t)bytes;
    if (text != input->line) {
        char *copy = realloc(input->line, count + 1);
        if (copy == NULL) return TRI_LINE_END;
        input->line = copy;
        memcpy(copy, text, count);
        copy[count] = '\0';
    }
    while (count > 0 && (input->line[count - 1] == '\n' || input->line[count - 1] == '\r'))
        input->line[--count] = '\0';
    *line = input->line;
    return TRI_LINE;
}

enum tri_line tri_lineinput_read(struct tri_lineinput *input, const char **line) {
    *line = NULL;
    if (input->editor == NULL) {
        ssize_t bytes = getline(&input->line, &input->room, stdin);
        return take(input, input->line, bytes, line);
    }
    int count = 0;
    const char *text = el_gets(input->editor, &count);
    if (text != NULL && count > 1) {
        HistEvent event;
        history(input->history, &event, H_ENTER, text);
    }
    return take(input, text, text == NULL ? -1 : count, line);
}
