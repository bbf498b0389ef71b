#include "worker/engine/postgres_script.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

struct postgres_script {
    char *text;
    size_t size;
    size_t capacity;
};

postgres_script_t *
postgres_script_new(void)
{
    postgres_script_t *self = memory_get(sizeof *self);
    self->capacity = 4096;
    self->text = memory_get(self->capacity);
    return self;
}

void
postgres_script_destroy(postgres_script_t **self_p)
{
    if (*self_p)
        memory_free_secret(&(*self_p)->text);
    memory_free(self_p);
}

static void
add(postgres_script_t *self, char character)
{
    if (self->size + 2 > self->capacity) {
        char *larger = memory_get(2 * self->capacity);
        memcpy(larger, self->text, self->size);
        memory_free_secret(&self->text);
        self->text = larger;
        self->capacity *= 2;
    }
    self->text[self->size++] = character;
    self->text[self->size] = '\0';
}

static void
add_text(postgres_script_t *self, const char *text)
{
    for (; *text; text++)
        add(self, *text);
}

// Text between quotes, each of which is doubled, as is each backslash where it has a meaning.
static void
add_quoted(postgres_script_t *self, const char *text, char quote, int escapes)
{
    add(self, quote);
    for (; *text; text++) {
        if (*text == quote || (*text == '\\' && escapes))
            add(self, *text);
        add(self, *text);
    }
    add(self, quote);
}

static void
add_literal(postgres_script_t *self, const char *text)
{
    int escapes = strchr(text, '\\') != NULL;
    if (escapes)
        add(self, 'E');
    add_quoted(self, text, '\'', escapes);
}

void
postgres_script_add(postgres_script_t *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            add(self, *at);
            continue;
        }
        at++;
        switch (*at) {
        case 's':
            add_text(self, va_arg(args, const char *));
            break;
        case 'I':
            add_quoted(self, va_arg(args, const char *), '"', 0);
            break;
        case 'L':
            add_literal(self, va_arg(args, const char *));
            break;
        default:
            assert(*at == '%');
            add(self, '%');
        }
    }
    va_end(args);
}

void
postgres_script_add_head(postgres_script_t *self)
{
    add_text(self, "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
                   "SET client_min_messages = warning;\n\n");
}

const char *
postgres_script_text(const postgres_script_t *self)
{
    return self->text;
}

size_t
postgres_script_size(const postgres_script_t *self)
{
    return self->size;
}

void
postgres_script_add_attempt(postgres_script_t *block, const postgres_script_t *statement,
                            const char *reasons)
{
    postgres_script_add(block,
                        "    BEGIN %s; EXCEPTION WHEN %s THEN RAISE WARNING '%%', SQLERRM; END;\n",
                        statement->text, reasons);
}

void
postgres_script_add_block(postgres_script_t *self, const postgres_script_t *block)
{
    CLEAN(postgres_script_destroy) postgres_script_t *body = postgres_script_new();
    postgres_script_add(body, "BEGIN\n%sEND", block->text);
    postgres_script_add(self, "DO %L;\n", body->text);
}

void
postgres_script_add_grant(postgres_script_t *self, const char *what, const char *role,
                          const char *rest)
{
    CLEAN(postgres_script_destroy) postgres_script_t *statement = postgres_script_new();
    CLEAN(postgres_script_destroy) postgres_script_t *block = postgres_script_new();
    postgres_script_add(statement, "%s ", what);
    postgres_script_add(statement, *role ? "%I" : "PUBLIC", role);
    postgres_script_add(statement, "%s", rest);
    postgres_script_add_attempt(
        block, statement, "insufficient_privilege OR undefined_object OR invalid_grant_operation");
    postgres_script_add_block(self, block);
}
