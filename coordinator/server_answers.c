// Answers to operators, and the questions that wait for them.

#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"

void
question_destroy(struct question **self_p)
{
    struct question *self = *self_p;
    if (!self)
        return;
    shelf_destroy(&self->shelf);
    table_destroy(&self->verdicts);
    wire_free(&self->ask);
    free(self);
    *self_p = NULL;
}

struct question *
question_new(enum endpoint endpoint, const struct sock_peer *peer, const Wire__Envelope *message)
{
    struct question *self = memory_get(sizeof *self);
    self->endpoint = endpoint;
    self->peer = *peer;
    self->ask = wire_clone(message);
    return self;
}

void
server_answer(struct server *self, const struct question *question, const struct error *error,
              int64_t run_id)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__Answer body = WIRE__ANSWER__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_ANSWER;
    message.answer = &body;
    body.request_id = question->ask->ask->request_id;
    if (error && error->code) {
        body.code = error->code;
        body.message = (char *)(uintptr_t)error->message;
    }
    body.run_id = (uint64_t)run_id;
    CLEAN(memory_free) char *note = run_id ? server_placement_note(self, run_id) : NULL;
    if (note)
        body.note = note;
    server_send_after(self, question->endpoint, &question->peer, &message);
}

static void
fill_rows(const table_t *table, Wire__Row *rows, Wire__Row **row_list, char **cells)
{
    size_t columns = table_columns(table);
    for (size_t row = 0; row < table_rows(table); row++) {
        rows[row] = (Wire__Row)WIRE__ROW__INIT;
        rows[row].n_cells = columns;
        rows[row].cells = cells + row * columns;
        row_list[row] = &rows[row];
        for (size_t column = 0; column < columns; column++)
            rows[row].cells[column] = (char *)(uintptr_t)table_cell(table, row, column);
    }
}

static const Wire__ColumnType types[] = {
    [TABLE_TEXT] = WIRE__COLUMN_TYPE__COLUMN_TEXT,
    [TABLE_INTEGER] = WIRE__COLUMN_TYPE__COLUMN_INTEGER,
    [TABLE_BOOLEAN] = WIRE__COLUMN_TYPE__COLUMN_BOOLEAN,
    [TABLE_TIME] = WIRE__COLUMN_TYPE__COLUMN_TIME,
    [TABLE_BYTES] = WIRE__COLUMN_TYPE__COLUMN_BYTES,
    [TABLE_DURATION] = WIRE__COLUMN_TYPE__COLUMN_DURATION,
};

// Packs a page; *data is the caller's.
static int
pack_table(const struct question *question, const table_t *table, const char *cursor,
           uint8_t **data, size_t *size, struct error *error)
{
    size_t columns = table_columns(table);
    size_t count = table_rows(table);
    CLEAN(memory_free) Wire__Column *column = memory_get(columns * sizeof *column);
    CLEAN(memory_free) Wire__Column **column_list = memory_get(columns * sizeof(Wire__Column *));
    CLEAN(memory_free) Wire__Row *rows = memory_get(count * sizeof *rows);
    CLEAN(memory_free) Wire__Row **row_list = memory_get(count * sizeof(Wire__Row *));
    CLEAN(memory_free) char **cells = memory_get(count * columns * sizeof(char *));
    for (size_t index = 0; index < columns; index++) {
        column[index] = (Wire__Column)WIRE__COLUMN__INIT;
        column[index].name = (char *)(uintptr_t)table_name(table, index);
        column[index].type = types[table_type(table, index)];
        column_list[index] = &column[index];
    }
    fill_rows(table, rows, row_list, cells);

    Wire__Table body = WIRE__TABLE__INIT;
    body.n_columns = columns;
    body.columns = column_list;
    body.n_rows = count;
    body.rows = row_list;
    Wire__Answer page = WIRE__ANSWER__INIT;
    page.request_id = question->ask->ask->request_id;
    page.table = &body;
    page.cursor = (char *)(uintptr_t)(cursor ? cursor : "");
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_ANSWER;
    message.answer = &page;
    return server_pack(question->endpoint, &message, data, size, error);
}

int
server_answer_table(struct server *self, const struct question *question, const table_t *table,
                    const char *cursor, struct error *error)
{
    struct outgoing outgoing = {.endpoint = question->endpoint, .peer = question->peer};
    if (pack_table(question, table, cursor, &outgoing.data, &outgoing.size, error))
        return -1;
    server_deliver(self, &outgoing);
    free(outgoing.data);
    return 0;
}

int
server_answer_table_after(struct server *self, const struct question *question,
                          const table_t *table, struct error *error)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (pack_table(question, table, NULL, &data, &size, error))
        return -1;
    ledger_after(self->ledger, question->endpoint, &question->peer, &data, size);
    return 0;
}

void
server_answer_failed(struct server *self, const struct question *question, enum error_code code,
                     const char *text)
{
    struct error error = {0};
    error_set(&error, code, "%s", text);
    server_answer(self, question, &error, 0);
}
