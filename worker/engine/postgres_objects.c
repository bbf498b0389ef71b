#include "worker/engine/postgres_objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_copy.h"
#include "worker/engine/postgres_row.h"

enum {
    PIECE_SIZE = 64 << 10,     // of an object's content in a statement
    OBJECTS_A_COMMIT = 500,    // each takes a lock until then
    OBJECTS_LIMIT = 10000000,  // large ones whose rest is read by itself
};

// All statements for one object in one text. A grant by somebody else than the owner is made in
// that role's name; only a superuser can do so.
static const char define_sql[] =
    "COPY (SELECT format(E'SELECT pg_catalog.lo_create(%1$s);\\nALTER LARGE OBJECT %1$s OWNER TO "
    "%2$I;\\n', m.oid, o.rolname) || CASE WHEN lomacl IS NULL THEN '' ELSE format(E'REVOKE ALL ON "
    "LARGE OBJECT %s FROM %I;\\n', m.oid, o.rolname) || coalesce((SELECT string_agg(CASE WHEN "
    "a.grantor <> m.lomowner THEN format(E'SET SESSION AUTHORIZATION %I;\\n', "
    "(SELECT rolname FROM pg_roles WHERE oid = a.grantor)) ELSE '' END || format(E'GRANT %s ON "
    "LARGE OBJECT %s TO %s%s;\\n', "
    "a.privilege_type, m.oid, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(g.rolname) "
    "END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) || CASE WHEN a.grantor "
    "<> m.lomowner THEN E'RESET SESSION AUTHORIZATION;\\n' ELSE '' END, '' ORDER BY a.place) FROM "
    "aclexplode(m.lomacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, "
    "place) LEFT JOIN pg_roles AS g ON g.oid = a.grantee WHERE a.grantee = 0 OR g.oid IS NOT "
    "NULL), '') END || coalesce(format(E'COMMENT ON LARGE OBJECT %s IS %L;\\n', m.oid, "
    "d.description), '') || coalesce((SELECT string_agg(format(E'SECURITY LABEL FOR %I ON LARGE "
    "OBJECT %s IS %L;\\n', provider, m.oid, label), '' ORDER BY provider) FROM pg_seclabel WHERE "
    "classoid = 'pg_largeobject'::regclass AND objoid = m.oid), '') FROM pg_largeobject_metadata "
    "AS m JOIN pg_roles AS o ON o.oid = m.lomowner LEFT JOIN pg_description AS d ON d.classoid = "
    "'pg_largeobject'::regclass AND d.objoid = m.oid ORDER BY m.oid) TO STDOUT";

// Objects on their way: definitions, or pieces.
struct flow {
    const struct postgres_objects_sink *sink;
    uint64_t count;
    uint64_t *longer;  // numbers of those that have more than one piece
    size_t longer_count;
    uint64_t number;  // the one whose rest is being read
};

static void
flow_clear(struct flow *self)
{
    memory_free(&self->longer);
}

static int
flow_wait(void *self, struct error *error)
{
    const struct postgres_objects_sink *sink = ((const struct flow *)self)->sink;
    return sink->wait ? sink->wait(sink->self, error) : 0;
}

static int
flow_line(struct flow *self, const char *text, size_t size, struct error *error)
{
    return self->sink->line(self->sink->self, text, size, error);
}

int
postgres_objects_count(struct postgres_objects *self, postgres_t *postgres, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, "SELECT count(*), min(oid), max(oid) FROM pg_largeobject_metadata",
                       NULL, &rows, error))
        return error_wrap(error, "cannot count the large objects");
    self->count = (uint64_t)postgres_rows_integer(rows, 0, 0);
    self->lowest = (uint32_t)postgres_rows_integer(rows, 0, 1);
    self->highest = (uint32_t)postgres_rows_integer(rows, 0, 2);
    return 0;
}

static int
take_definition(void *context, char *data, size_t size, struct error *error)
{
    static const char begin[] = "BEGIN;\n";
    static const char between[] = "COMMIT;\nBEGIN;\n";
    struct flow *self = context;
    struct postgres_row row = postgres_row_begin(data, size);
    struct postgres_field field;
    if (!postgres_row_next(&row, &field) || field.is_null)
        return error_set(error, ERROR_INVALID, "the server says nothing of a large object");
    const char *before = self->count == 0 ? begin : between;
    if (self->count++ % OBJECTS_A_COMMIT == 0 && flow_line(self, before, strlen(before), error))
        return -1;
    return flow_line(self, field.data, field.size, error);
}

int
postgres_objects_define(postgres_t *postgres, const struct postgres_objects_sink *sink,
                        struct error *error)
{
    static const char end[] = "COMMIT;\n";
    CLEAN(flow_clear) struct flow flow = {.sink = sink};
    struct postgres_copy copy = {
        .sql = define_sql, .self = &flow, .row = take_definition, .wait = flow_wait};
    if (postgres_copy_out(postgres, &copy, error))
        return error_wrap(error, "cannot read how large objects are made");
    return flow.count > 0 ? flow_line(&flow, end, strlen(end), error) : 0;
}

// Notes one that is longer than a piece.
static int
note_longer(struct flow *self, uint64_t number, struct error *error)
{
    size_t count = self->longer_count;
    if (count == OBJECTS_LIMIT)
        return error_set(error, ERROR_INVALID, "more than %d large objects of more than %d bytes",
                         OBJECTS_LIMIT, PIECE_SIZE);
    if ((count & (count - 1)) == 0)
        self->longer = memory_resize(self->longer, (count ? 2 * count : 1) * sizeof *self->longer);
    self->longer[self->longer_count++] = number;
    return 0;
}

// A piece: "\x", then two digits a byte.
static int
put_piece(struct flow *self, uint64_t number, uint64_t offset, const struct postgres_field *field,
          struct error *error)
{
    char before[96];
    static const char after[] = "');\n";
    int size = snprintf(before, sizeof before,
                        "SELECT pg_catalog.lo_put(%" PRIu64 ", %" PRIu64 ", '", number, offset);
    return flow_line(self, before, (size_t)size, error) ||
                   flow_line(self, field->data, field->size, error) ||
                   flow_line(self, after, strlen(after), error)
               ? -1
               : 0;
}

// The number at the row's beginning, and its second field.
static int
take_apart(char *data, size_t size, uint64_t *number, struct postgres_field *piece,
           struct error *error)
{
    struct postgres_row row = postgres_row_begin(data, size);
    *number = strtoull(data, NULL, 10);
    int has_number = postgres_row_next(&row, piece);
    int has_piece = postgres_row_next(&row, piece);
    if (!has_number || !has_piece || piece->is_null || piece->size < 2 ||
        piece->size > 2 * PIECE_SIZE + 2)
        return error_set(error, ERROR_INVALID, "the server gave a large object in an odd form");
    return 0;
}

static int
take_first(void *context, char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    struct postgres_field piece;
    uint64_t number = 0;
    if (take_apart(data, size, &number, &piece, error))
        return -1;
    self->count++;
    if (piece.size == 2 * PIECE_SIZE + 2 && note_longer(self, number, error))
        return -1;
    return piece.size > 2 ? put_piece(self, number, 0, &piece, error) : 0;
}

static int
take_next(void *context, char *data, size_t size, struct error *error)
{
    struct flow *self = context;
    struct postgres_field piece;
    uint64_t offset = 0;
    if (take_apart(data, size, &offset, &piece, error))
        return -1;
    return put_piece(self, self->number, offset, &piece, error);
}

// What comes after the first piece.
static int
read_rest(struct flow *self, postgres_t *postgres, uint64_t number, struct error *error)
{
    // OFFSET 0 keeps the steps in their order.
    CLEAN(memory_free)
    char *ask = memory_format("SELECT size, lo_close(fd) FROM (SELECT fd, lo_lseek64(fd, 0, 2) AS "
                              "size FROM (SELECT lo_open(%" PRIu64 "::oid, 262144) AS fd OFFSET 0) "
                              "AS opened OFFSET 0) AS told",
                              number);
    int64_t size = 0;
    if (postgres_count(postgres, ask, &size, error))
        return -1;
    if (size <= PIECE_SIZE)
        return 0;
    CLEAN(memory_free)
    char *sql = memory_format("COPY (SELECT at, lo_get(%" PRIu64 "::oid, at, %d) FROM "
                              "generate_series(%d::bigint, %" PRId64 ", %d) AS at) TO STDOUT",
                              number, PIECE_SIZE, PIECE_SIZE, size - 1, PIECE_SIZE);
    struct postgres_copy copy = {.sql = sql, .self = self, .row = take_next, .wait = flow_wait};
    self->number = number;
    return postgres_copy_out(postgres, &copy, error);
}

int
postgres_objects_fill(postgres_t *postgres, uint64_t low, uint64_t high, uint64_t *count,
                      const struct postgres_objects_sink *sink, struct error *error)
{
    CLEAN(flow_clear) struct flow flow = {.sink = sink};
    CLEAN(memory_free)
    char *sql =
        memory_format("COPY (SELECT oid, lo_get(oid, 0, %d) FROM pg_largeobject_metadata "
                      "WHERE oid >= %" PRIu64 " AND oid <= %" PRIu64 " ORDER BY oid) TO STDOUT",
                      PIECE_SIZE, low, high - 1);
    struct postgres_copy copy = {.sql = sql, .self = &flow, .row = take_first, .wait = flow_wait};
    if (postgres_copy_out(postgres, &copy, error))
        return error_wrap(error, "cannot read large objects");
    for (size_t index = 0; index < flow.longer_count; index++) {
        if (read_rest(&flow, postgres, flow.longer[index], error))
            return error_wrap(error, "cannot read the large object %" PRIu64, flow.longer[index]);
    }
    *count = flow.count;
    return 0;
}
