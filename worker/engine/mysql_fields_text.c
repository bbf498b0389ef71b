// Fields of the text protocol. Part of mysql_fields.

#include <stdlib.h>
#include <string.h>

#include "worker/engine/mysql_fields_inside.h"

// The library ends each value with a NUL.
static void
take(struct mysql_field *field, const char *text, unsigned long size)
{
    field->is_null = text == NULL;
    field->text = text;
    field->size = size;
    if (!text)
        return;
    switch (field->kind) {
    case FIELD_INTEGER:
    case FIELD_YEAR:
        field->value.integer =
            field->is_unsigned ? (long long)strtoull(text, NULL, 10) : strtoll(text, NULL, 10);
        break;
    case FIELD_SINGLE:
    case FIELD_DOUBLE:
        field->value.number = strtod(text, NULL);
        break;
    default:
        break;
    }
}

int
mysql_fields_fetch_text(mysql_fields_t *self, int *is_there, struct error *error)
{
    MYSQL_ROW cells = mysql_fetch_row(self->result);
    if (!cells && mysql_errno(mysql_session_handle(self->session)))
        return mysql_session_fail(self->session, NULL, "cannot read rows of", error);
    *is_there = cells != NULL;
    if (!cells)
        return 0;
    const unsigned long *sizes = mysql_fetch_lengths(self->result);
    for (size_t i = 0; i < self->count; i++)
        take(&self->items[i], cells[i], sizes[i]);
    return 0;
}
