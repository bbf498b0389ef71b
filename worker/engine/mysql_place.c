#include "worker/engine/mysql_place.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

// A column of the key.
struct key {
    const struct mysql_column *column;
    size_t field;
    char *name;  // quoted
};

struct mysql_place {
    struct key *keys;
    size_t count;
};

void
mysql_place_destroy(mysql_place_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count; i++)
        memory_free(&(*self_p)->keys[i].name);
    memory_free(&(*self_p)->keys);
    memory_free(self_p);
}

void
mysql_place_open(mysql_place_t **self_p, const struct mysql_table *table,
                 const struct mysql_column *const *columns, size_t count)
{
    CLEAN(mysql_place_destroy) mysql_place_t *self = memory_get(sizeof *self);
    self->keys = memory_get((table->key_count + 1) * sizeof *self->keys);
    for (size_t i = 0; i < table->key_count; i++) {
        size_t field = 0;
        while (field < count && strcmp(columns[field]->name, table->keys[i]) != 0)
            field++;
        if (field == count || columns[field]->key_kind == MYSQL_KEY_NONE)
            return;
        self->keys[self->count++] = (struct key){
            .column = columns[field], .field = field, .name = mysql_session_name(table->keys[i])};
    }
    if (self->count > 0 && !table->has_history)
        *self_p = STEAL(self);
}

static int
literal_of(const struct key *key, mysql_fields_t *fields, char **literal, struct error *error)
{
    struct mysql_text edge = {0};
    int status =
        mysql_fields_edge(fields, key->field, key->column->key_kind == MYSQL_KEY_HEX, &edge, error);
    if (status == 0)
        *literal = mysql_column_literal(key->column, mysql_text_data(&edge));
    mysql_text_free(&edge);
    return status;
}

int
mysql_place_at(const mysql_place_t *self, mysql_fields_t *fields, char **condition,
               struct error *error)
{
    struct mysql_text text = {0};
    for (size_t i = 0; i < self->count; i++) {
        CLEAN(memory_free) char *literal = NULL;
        if (literal_of(&self->keys[i], fields, &literal, error)) {
            mysql_text_free(&text);
            return -1;
        }
        mysql_text_add(&text, "%s%s = %s", i ? " AND " : "", self->keys[i].name, literal);
    }
    *condition = text.data;
    return 0;
}

// a > 1, or of several columns: a >= 1 AND (a > 1 OR a = 1 AND (b > 2 OR ...)), by which the server
// finds its way in the index, as it does not by (a, b) > (1, 2).
int
mysql_place_after(const mysql_place_t *self, mysql_fields_t *fields, char **condition,
                  struct error *error)
{
    struct mysql_text text = {0};
    for (size_t i = 0; i < self->count; i++) {
        CLEAN(memory_free) char *literal = NULL;
        const char *name = self->keys[i].name;
        if (literal_of(&self->keys[i], fields, &literal, error)) {
            mysql_text_free(&text);
            return -1;
        }
        if (i == 0 && self->count > 1)
            mysql_text_add(&text, "%s >= %s AND ", name, literal);
        mysql_text_add(&text, "(%s > %s", name, literal);
        if (i + 1 < self->count)
            mysql_text_add(&text, " OR %s = %s AND ", name, literal);
    }
    for (size_t i = 0; i < self->count; i++)
        mysql_text_add(&text, ")");
    *condition = text.data;
    return 0;
}
