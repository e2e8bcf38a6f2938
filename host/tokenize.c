/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium tokenize`: text to ids and back, with no model needed.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/engine.h"
#include "host/options.h"
#include "host/textfile.h"
#include "ref/utf8.h"

static const struct tri_usage usage = {
    .command = "tokenize",
    .synopsis = "(-m MODEL | --tokenizer FILE) [-p TEXT | -f FILE | --decode 1,2,3] [options]",
    .purpose = "Shows the tokens of a text, one a line: id and text. No BOS is added. Without -p "
               "and -f the\n"
               "text comes from standard input. --decode goes the other way.",
    .examples = "  tritium tokenize -m tests/models/demo -p 'Once upon a time'\n"
                "  tritium tokenize --tokenizer tests/models/toy-tokenizer/toy.tiktoken --ids -f "
                "README.md\n"
                "  tritium tokenize -m tests/models/demo --decode 12,300,7\n",
    .statuses = "  0  done   1  the tokenizer or the text cannot be read   2  wrong command line\n",
};

struct tokenize {
    const char *model, *tokenizer_path, *text, *file, *decode;
    bool ids_only, json, special;
    struct tri_tokenizer *tokenizer;
};

static enum tri_status open_tokenizer(struct tokenize *t) {
    char why[512];
    if (t->tokenizer_path != NULL) return tri_tokenizer_open(t->tokenizer_path, &t->tokenizer);
    TRI_TRY(tri_engine_tokenizer(t->model, &t->tokenizer, why));
    if (t->tokenizer != NULL) return TRI_OK;
    return tri_fail(TRI_E_UNSUPPORTED, "%s", why);
}

/* A token in quotes; what is no printable ASCII or whole UTF-8 character as \xNN. */
static void quote(const char *bytes, size_t count) {
    putchar('"');
    for (size_t at = 0; at < count;) {
        const char *text = bytes + at;
        unsigned char byte = (unsigned char)*text;
        size_t length = 1;
        if (byte == '\n')
            printf("\\n");
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte >= 0x20 && byte < 0x7f)
            putchar(byte);
        else if (byte >= 0xc2 && tri_utf8_valid(text, count - at) > 0)
            (void)tri_utf8_read(text, &length), fwrite(text, 1, length, stdout);
        else
            printf("\\x%02x", byte);
        at += length;
    }
    printf("\"\n");
}

static enum tri_status encode(struct tokenize *t) {
    char *text = NULL;
    size_t bytes = 0, count = 0;
    uint32_t *ids = NULL;
    enum tri_status status = TRI_OK;
    if (t->text == NULL) status = tri_textfile_read(t->file != NULL ? t->file : "-", &text, &bytes);
    if (t->text != NULL) bytes = strlen(t->text);
    if (status == TRI_OK)
        status = tri_tokenizer_encode(t->tokenizer, t->text != NULL ? t->text : text, bytes,
                                      t->special, &ids, &count);
    if (status == TRI_OK && t->json) {
        json_t *array = json_array();
        for (size_t i = 0; i < count; i++) json_array_append_new(array, json_integer(ids[i]));
        json_t *o = json_pack("{s:I, s:I, s:o}", "bytes", (json_int_t)bytes, "count",
                              (json_int_t)count, "ids", array);
        json_dumpf(o, stdout, JSON_COMPACT);
        printf("\n");
        json_decref(o);
    } else if (status == TRI_OK && t->ids_only) {
        for (size_t i = 0; i < count; i++) printf("%s%u", i > 0 ? "," : "", ids[i]);
        printf("\n");
    } else if (status == TRI_OK) {
        for (size_t i = 0; i < count; i++) {
            size_t length;
            const char *token = tri_tokenizer_bytes(t->tokenizer, ids[i], &length);
            printf("%8u  ", ids[i]);
            quote(token, length);
        }
    }
    free(ids);
    free(text);
    return status;
}

static enum tri_status decode(struct tokenize *t) {
    struct tri_utf8_stream stream = {{0}, 0};
    unsigned number = 0;
    char last[12], *text = NULL;
    size_t used = 0;
    enum tri_status status = TRI_OK;
    for (const char *at = t->decode; status == TRI_OK;) {
        char word[16];
        uint64_t id = 0;
        size_t length = strcspn(at, ", "), count = 0;
        snprintf(word, sizeof word, "%.*s", length > 15 ? 15 : (int)length, at);
        number++;
        const char *token = NULL;
        if (tri_parse_number(word, UINT32_MAX, &id))
            token = tri_tokenizer_bytes(t->tokenizer, (uint32_t)id, &count);
        if (token == NULL) {
            status = tri_fail(TRI_E_ARGUMENT,
                              "--decode: number %u: wanted an id of a token below "
                              "%u, got '%s'",
                              number, tri_tokenizer_vocab(t->tokenizer), word);
            break;
        }
        char *more = realloc(text, used + 3 * (count + 4) + sizeof last);
        if (more == NULL) {
            status = tri_fail(TRI_E_MEMORY, "tokenize: out of memory");
            break;
        }
        text = more;
        used += tri_utf8_push(&stream, token, count, text + used);
        at += length;
        if (*at == '\0') break;
        at++;
    }
    if (status == TRI_OK) {
        used += tri_utf8_end(&stream, text + used);
        if (t->json) {
            json_t *o = json_pack("{s:o}", "text", json_stringn(text, used));
            json_dumpf(o, stdout, JSON_COMPACT);
            printf("\n");
            json_decref(o);
        } else {
            fwrite(text, 1, used, stdout);
            printf("\n");
        }
    }
    free(text);
    return status;
}

int tri_command_tokenize(int argc, char **argv) {
    struct tokenize t = {0};
    const struct tri_option options[] = {
        {"model", 'm', "MODEL", TRI_OPTION_TEXT, &t.model, "Hugging Face folder or GGUF file"},
        {"tokenizer", 0, "FILE", TRI_OPTION_TEXT, &t.tokenizer_path,
         "tokenizer.json, a tiktoken rank file or GGUF instead"},
        {"prompt", 'p', "TEXT", TRI_OPTION_TEXT, &t.text, "this text"},
        {"file", 'f', "FILE", TRI_OPTION_TEXT, &t.file, "the text of a file, - for standard input"},
        {"special", 0, NULL, TRI_OPTION_FLAG, &t.special,
         "names like <|eot_id|> in the text are special tokens"},
        {"decode", 0, "IDS", TRI_OPTION_TEXT, &t.decode, "the text of these ids"},
        {"ids", 0, NULL, TRI_OPTION_FLAG, &t.ids_only, "the ids alone, with commas"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &t.json, "one JSON object"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if ((t.model == NULL) == (t.tokenizer_path == NULL))
        return tri_complain_usage("tokenize: wanted one of --model and --tokenizer");
    if ((t.text != NULL) + (t.file != NULL) + (t.decode != NULL) > 1)
        return tri_complain_usage("tokenize: wanted one of --prompt, --file and --decode");
    enum tri_status status = open_tokenizer(&t);
    if (status == TRI_OK) status = t.decode != NULL ? decode(&t) : encode(&t);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_tokenizer_close(t.tokenizer);
    return tri_finish_output(code);
}
