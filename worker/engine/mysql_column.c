#include "worker/engine/mysql_column.h"

#include <string.h>
#include <strings.h>

#include "common/memory.h"

static int
is_one_of(const char *type, const char *const *types)
{
    while (*types && strcasecmp(*types, type) != 0)
        types++;
    return *types != NULL;
}

static int
is_spatial(const char *type)
{
    static const char *const types[] = {
        "geometry",     "point",           "linestring",         "polygon",        "multipoint",
        "multipolygon", "multilinestring", "geometrycollection", "geomcollection", NULL};
    return is_one_of(type, types);
}

// A LONGBLOB's 4 GiB have all spatial types and JSON, too.
static int
may_be_long(const char *type)
{
    static const char *const types[] = {"longblob",   "longtext", "mediumblob",
                                        "mediumtext", "json",     NULL};
    return is_one_of(type, types) || is_spatial(type);
}

static enum mysql_column_kind
kind_of(const char *type, const char *charset, const char *expression)
{
    static const char *const words[] = {"inet4", "inet6", "uuid", NULL};
    static const char *const longs[] = {"longblob", "longtext", NULL};
    static const char *const bytes[] = {"bit",    "tinyblob",  "blob", "mediumblob",
                                        "binary", "varbinary", NULL};
    // A column in ASCII may hold any byte.
    static const char *const utf8[] = {"utf8mb4", "utf8mb3", "utf8", NULL};
    if (expression && strncasecmp(expression, "ROW ", strlen("ROW ")) == 0)
        return MYSQL_COLUMN_PERIOD;
    if (strcasecmp(type, "json") == 0)
        return MYSQL_COLUMN_JSON;
    if (strcasecmp(type, "vector") == 0)
        return MYSQL_COLUMN_VECTOR;
    if (is_one_of(type, words))
        return MYSQL_COLUMN_WORDS;
    if (is_one_of(type, longs))
        return MYSQL_COLUMN_LONG;
    if (is_one_of(type, bytes) || is_spatial(type))
        return MYSQL_COLUMN_BYTES;
    if (!charset)
        return MYSQL_COLUMN_PLAIN;
    return is_one_of(charset, utf8) ? MYSQL_COLUMN_TEXT : MYSQL_COLUMN_BYTES;
}

// Generated columns have no rows of their own; those of a period do.
static int
is_generated(const char *extra, const char *expression)
{
    int is_made = strstr(extra, "VIRTUAL GENERATED") || strstr(extra, "STORED GENERATED") ||
                  strcasecmp(extra, "VIRTUAL") == 0 || strcasecmp(extra, "PERSISTENT") == 0;
    return is_made && !(expression && strncasecmp(expression, "ROW ", strlen("ROW ")) == 0);
}

// The type by which text compares as a column of this one does; NULL: there is none.
static const char *
cast_of(const char *type)
{
    static const char *const casts[][2] = {
        {"date", "DATE"}, {"datetime", "DATETIME(6)"}, {"timestamp", "DATETIME(6)"},
        {"uuid", "UUID"}, {"inet6", "INET6"},          {"inet4", "INET4"}};
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        if (strcasecmp(casts[i][0], type) == 0)
            return casts[i][1];
    }
    return NULL;
}

static enum mysql_key_kind
key_kind_of(const char *type)
{
    static const char *const integers[] = {"tinyint", "smallint", "mediumint",
                                           "int",     "bigint",   NULL};
    static const char *const hex[] = {"char", "varchar", "binary", "varbinary", NULL};
    if (is_one_of(type, integers))
        return MYSQL_KEY_INTEGER;
    if (strcasecmp(type, "decimal") == 0)
        return MYSQL_KEY_NUMBER;
    if (cast_of(type))
        return MYSQL_KEY_QUOTED;
    return is_one_of(type, hex) ? MYSQL_KEY_HEX : MYSQL_KEY_NONE;
}

struct mysql_column
mysql_column_of(const char *const *cells)
{
    enum mysql_key_kind key_kind = key_kind_of(cells[TYPE]);
    enum mysql_column_kind kind = kind_of(cells[TYPE], cells[CHARSET], cells[EXPRESSION]);
    int is_text = cells[CHARSET] != NULL;
    int is_key = is_text && key_kind == MYSQL_KEY_HEX;
    return (struct mysql_column){
        .name = memory_copy_text(cells[NAME]),
        .charset = is_key ? memory_copy_text(cells[CHARSET]) : NULL,
        .collation = is_key ? memory_copy_text(cells[COLLATION]) : NULL,
        .kind = (uint8_t)kind,
        .key_kind = (uint8_t)key_kind,
        .is_text = (is_text && kind != MYSQL_COLUMN_JSON) || kind == MYSQL_COLUMN_WORDS,
        .is_generated = (uint8_t)is_generated(cells[EXTRA], cells[EXPRESSION]),
        .is_unsigned = strstr(cells[FULL_TYPE], "unsigned") != NULL,
        .is_single = strcasecmp(cells[TYPE], "float") == 0,
        .may_be_long = (uint8_t)may_be_long(cells[TYPE]),
        .is_spatial = (uint8_t)is_spatial(cells[TYPE]),
        .cast = cast_of(cells[TYPE]),
        .is_nullable = strcmp(cells[NULLABLE], "YES") == 0};
}
