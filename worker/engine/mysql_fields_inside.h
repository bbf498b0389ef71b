// What the two protocols of mysql_fields share. Nobody else includes this.

#pragma once

#include <mysql.h>

#include "worker/engine/mysql_fields.h"
#include "worker/engine/mysql_value.h"

struct mysql_fields {
    mysql_session_t *session;
    MYSQL_STMT *statement;      // NULL: the text protocol, and values are texts
    MYSQL_RES *result;          // of it
    int was_refused;            // a prepared statement
    struct mysql_value *items;  // lent until the next fetch
    size_t count;
};

// ---- the text protocol

int mysql_fields_fetch_text(mysql_fields_t *self, int *is_there, struct error *error);
int64_t mysql_fields_text_number(const struct mysql_value *value);
int mysql_fields_add_text(const struct mysql_value *value, mysql_row_t *row, struct error *error);

// ---- the columns of a result

int mysql_fields_know(mysql_fields_t *self, const MYSQL_RES *result,
                      const struct mysql_column *const *columns, size_t count, struct error *error);
