// SQL as MySQL has it: literals in place of values, and its own words for INSERT or UPDATE.

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/mysql.h"

static void
write_text(struct mysql_catalog *self, FILE *out, const struct value *value)
{
    CLEAN(memory_free) char *escaped = memory_get(2 * value->size + 1);
    unsigned long size = mysql_real_escape_string(self->handle, escaped, value->data, value->size);
    fputc('\'', out);
    fwrite(escaped, 1, size, out);
    fputc('\'', out);
}

static void
write_value(struct mysql_catalog *self, FILE *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_INTEGER:
        fprintf(out, "%" PRId64, value->number);
        break;
    case VALUE_TEXT:
        write_text(self, out, value);
        break;
    case VALUE_BLOB:
        fputs("x'", out);
        for (size_t index = 0; index < value->size; index++)
            fprintf(out, "%02x", (unsigned char)value->data[index]);
        fputc('\'', out);
        break;
    case VALUE_NULL:
    default:
        fputs("NULL", out);
    }
}

void
mysql_catalog_write(struct mysql_catalog *self, FILE *out, const char *sql,
                    const struct value *values, size_t count)
{
    size_t next = 0;
    int is_quoted = 0;
    while (*sql) {
        is_quoted ^= *sql == '\'';
        if (*sql != '?' || is_quoted) {
            fputc(*sql++, out);
            continue;
        }
        char *end = NULL;
        size_t number = isdigit((unsigned char)*++sql) ? strtoul(sql, &end, 10) : ++next;
        assert(number >= 1 && number <= count);
        write_value(self, out, &values[number - 1]);
        if (end)
            sql = end;
    }
}

// "(a, b)" after ON CONFLICT: the row that is met must be the one of this key. A row that only has
// another unique value in common would be changed in its place; NULL is what it cannot become.
static const char *
write_key(FILE *out, const char *columns)
{
    for (columns++; *columns != ')';) {
        int size = (int)strcspn(columns, ",)");
        fprintf(out, " %.*s = IF(%.*s = VALUES(%.*s), %.*s, NULL),", size, columns, size, columns,
                size, columns, size, columns);
        columns += size;
        columns += strspn(columns, ", ");
    }
    return columns + 1;
}

// "... ON CONFLICT (key) DO UPDATE SET a = excluded.a" is what SQLite and PostgreSQL say.
static char *
translate(const char *sql)
{
    static const char conflict[] = " ON CONFLICT ", set[] = " DO UPDATE SET", new[] = "excluded.";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    const char *found = strstr(sql, conflict), *rest = found ? found : sql + strlen(sql);
    fwrite(sql, 1, (size_t)(rest - sql), out);
    if (found) {
        fputs(" ON DUPLICATE KEY UPDATE", out);
        rest = write_key(out, found + sizeof conflict - 1);
        assert(strncmp(rest, set, sizeof set - 1) == 0);
        rest += sizeof set - 1;
        while ((found = strstr(rest, new))) {
            fwrite(rest, 1, (size_t)(found - rest), out);
            rest = found + sizeof new - 1;
            int name = (int)strspn(rest, "abcdefghijklmnopqrstuvwxyz_");
            fprintf(out, "VALUES(%.*s)", name, rest);
            rest += name;
        }
        fputs(rest, out);
    }
    fclose(out);
    return text;
}

const char *
mysql_catalog_change_sql(struct mysql_catalog *self, enum statement statement)
{
    if (!self->statements[statement])
        self->statements[statement] = translate(schema_statements[statement].sql);
    return self->statements[statement];
}
