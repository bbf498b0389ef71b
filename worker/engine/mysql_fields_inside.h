// What the two protocols of mysql_fields share. Nobody else includes this.

#pragma once

#include <mysql.h>

#include "worker/engine/mysql_fields.h"

enum mysql_field_kind {
    FIELD_INTEGER,
    FIELD_YEAR,
    FIELD_SINGLE,
    FIELD_DOUBLE,
    FIELD_DECIMAL,
    FIELD_DATE,
    FIELD_DATETIME,
    FIELD_TIME,
    FIELD_BYTES,
};

struct mysql_field {
    enum mysql_field_kind kind;
    int is_unsigned;
    unsigned decimals;
    struct mysql_row_style style;
    my_bool is_null, is_cut;
    unsigned long size;
    union {
        long long integer;
        double number;
        MYSQL_TIME time;
    } value;
    char *buffer;  // binary: of bytes
    unsigned long buffer_size;
    const char *text;  // text protocol: the value as it came; lent until the next fetch
};

struct mysql_fields {
    mysql_session_t *session;
    MYSQL_STMT *statement;  // NULL: the text protocol
    MYSQL_RES *result;      // of it
    int was_refused;        // a prepared statement
    struct mysql_field *items;
    MYSQL_BIND *binds;
    size_t count;
};

// Takes the next row of the text protocol.
int mysql_fields_fetch_text(mysql_fields_t *self, int *is_there, struct error *error);

// Fills in the kinds of all fields, and binds them if there is a prepared statement.
int mysql_fields_bind(mysql_fields_t *self, const MYSQL_RES *result,
                      const struct mysql_column *const *columns, size_t count, struct error *error);
