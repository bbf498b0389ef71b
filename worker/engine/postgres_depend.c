#include "worker/engine/postgres_depend.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

struct object {
    uint32_t catalog, number;
};

struct postgres_depend {
    struct object *objects;  // sorted
    size_t count, sorted;
    int is_filter;
};

// Sequences are left alone: a default of another table may draw from one. A table goes if a default
// or a check of its own does, as both are parts of its definition.
#define GONE \
    "WITH RECURSIVE gone (classid, objid) AS (SELECT 'pg_class'::regclass::oid, number FROM " \
    "unnest($1::oid[]) AS number UNION SELECT more.classid, more.objid FROM gone, LATERAL (" \
    "SELECT d.classid, d.objid FROM pg_depend AS d WHERE d.refclassid = gone.classid AND " \
    "d.refobjid = gone.objid AND d.deptype NOT IN ('e', 'x', 'p') AND NOT (d.classid = " \
    "'pg_class'::regclass AND EXISTS (SELECT FROM pg_class WHERE oid = d.objid AND relkind = " \
    "'S')) " \
    "UNION ALL SELECT 'pg_class'::regclass, ev_class FROM pg_rewrite WHERE gone.classid = " \
    "'pg_rewrite'::regclass AND oid = gone.objid AND rulename = '_RETURN' " \
    "UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE gone.classid = " \
    "'pg_class'::regclass AND typrelid = gone.objid " \
    "UNION ALL SELECT 'pg_class'::regclass, adrelid FROM pg_attrdef WHERE gone.classid = " \
    "'pg_attrdef'::regclass AND oid = gone.objid " \
    "UNION ALL SELECT 'pg_class'::regclass, conrelid FROM pg_constraint WHERE gone.classid = " \
    "'pg_constraint'::regclass AND oid = gone.objid AND contype = 'c' AND conrelid <> 0) AS " \
    "more) "

// Is the object a part of a table that goes too? Then nobody needs to be told of it, and pg_dump
// leaves it out with the table; but for statistics, in which older ones do not look at the table.
#define OWNER \
    "CASE gone.classid WHEN 'pg_constraint'::regclass THEN (SELECT conrelid FROM pg_constraint " \
    "WHERE oid = gone.objid) WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger " \
    "WHERE oid = gone.objid) WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite " \
    "WHERE oid = gone.objid) WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy " \
    "WHERE oid = gone.objid) WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef " \
    "WHERE oid = gone.objid) WHEN 'pg_class'::regclass THEN COALESCE((SELECT indrelid FROM " \
    "pg_index WHERE indexrelid = gone.objid), (SELECT oid FROM pg_class WHERE reltoastrelid = " \
    "gone.objid)) WHEN 'pg_type'::regclass THEN (SELECT COALESCE(NULLIF(t.typrelid, " \
    "0), e.typrelid) FROM pg_type AS t LEFT JOIN pg_type AS e ON e.oid = t.typelem WHERE t.oid = " \
    "gone.objid) END"

// What of that which goes an object needs. A view does so by its rule.
#define NEEDS \
    "(SELECT min((pg_identify_object(d.refclassid, d.refobjid, 0)).identity) FROM pg_depend AS d " \
    "JOIN gone AS g ON g.classid = d.refclassid AND g.objid = d.refobjid WHERE (d.classid = " \
    "o.classid AND d.objid = o.objid OR d.classid = 'pg_rewrite'::regclass AND d.objid IN " \
    "(SELECT " \
    "oid FROM pg_rewrite WHERE o.classid = 'pg_class'::regclass AND ev_class = o.objid)) AND " \
    "(d.refclassid, d.refobjid) <> (o.classid, o.objid))"

// Columns: catalog, number, is it a table or the like, is it told, does pg_dump write it by itself,
// kind, identity, needs.
static const char dependents_sql[] = GONE
    ", owned AS (SELECT gone.*, " OWNER " AS owner FROM gone WHERE NOT (classid = "
    "'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger WHERE oid = objid AND "
    "tgisinternal))), o AS (SELECT owned.*, "
    "COALESCE(owner IN (SELECT objid FROM gone WHERE classid = 'pg_class'::regclass), false) AS "
    "is_part FROM owned) "
    "SELECT o.classid, o.objid, o.classid = 'pg_class'::regclass AND owner IS NULL, "
    "NOT is_part AND o.classid::regclass::text NOT IN ('pg_statistic_ext', 'pg_publication_rel'), "
    "NOT is_part AND (o.classid <> 'pg_class'::regclass OR EXISTS (SELECT FROM pg_class WHERE oid "
    "= o.objid AND relkind = 'c')), i.type, i.identity, "
    "CASE WHEN is_part THEN '' ELSE " NEEDS " END "
    "FROM o, LATERAL pg_identify_object(o.classid, o.objid, 0) AS i ORDER BY o.classid, o.objid";

// Columns as above but for the flags: foreign keys of tables with rows to tables without.
static const char keys_sql[] =
    "SELECT 'pg_constraint'::regclass::oid AS catalog, c.oid AS number, 'foreign key', format('%I "
    "on %s', c.conname, "
    "c.conrelid::regclass), c.confrelid::regclass::text, format('ALTER TABLE %s ADD CONSTRAINT %I "
    "%s;', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) FROM pg_constraint AS c "
    "WHERE c.contype = 'f' AND c.confrelid = ANY ($1::oid[]) ORDER BY c.oid";

void
postgres_depend_destroy(postgres_depend_t **self_p)
{
    if (*self_p)
        memory_free(&(*self_p)->objects);
    memory_free(self_p);
}

static int
compare_objects(const void *one, const void *other)
{
    const struct object *a = one, *b = other;
    if (a->catalog != b->catalog)
        return a->catalog < b->catalog ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static uint32_t
add(postgres_depend_t *self, const postgres_rows_t *rows, size_t row)
{
    if ((self->count & (self->count - 1)) == 0)
        self->objects = memory_resize(self->objects,
                                      (self->count ? 2 * self->count : 1) * sizeof *self->objects);
    struct object *object = &self->objects[self->count++];
    object->catalog = (uint32_t)postgres_rows_integer(rows, row, 0);
    object->number = (uint32_t)postgres_rows_integer(rows, row, 1);
    return object->number;
}

typedef void(found_function)(void *context, const struct postgres_dependent *each);

static int
read_dependents(postgres_depend_t *self, postgres_t *postgres, const char *left_out,
                found_function *found, void *context, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, dependents_sql, left_out, &rows, error))
        return error_wrap(error, "cannot find what needs the tables that are left out");
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        const struct postgres_dependent each = {
            .number = add(self, rows, row),
            .is_table = postgres_rows_true(rows, row, 2),
            .is_told = postgres_rows_true(rows, row, 3),
            .kind = postgres_rows_text(rows, row, 5),
            .identity = postgres_rows_text(rows, row, 6),
            .needs = postgres_rows_text(rows, row, 7),
        };
        self->is_filter |= postgres_rows_true(rows, row, 4);
        found(context, &each);
    }
    return 0;
}

// Keys of which the one side has fewer rows than the other refers to.
static int
read_keys(postgres_depend_t *self, postgres_t *postgres, const char *shorts,
          const char *without_data, found_function *found, void *context, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    // The list is our own digits. Keys of partitions come with their parent's since version 11.
    CLEAN(memory_free)
    char *sql = memory_format("SELECT * FROM (%.*s) AS k WHERE NOT EXISTS (SELECT FROM "
                              "pg_constraint AS c WHERE c.oid = k.number AND (c.conrelid = ANY "
                              "('%s'::oid[])%s))",
                              (int)(sizeof keys_sql - 1), keys_sql, without_data,
                              postgres_version(postgres) < 110000 ? "" : " OR c.conparentid <> 0");
    if (postgres_query(postgres, sql, shorts, &rows, error))
        return error_wrap(error, "cannot find the foreign keys to tables without rows");
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        // Of a table that is left out they go with it.
        if (postgres_depend_has(self, (uint32_t)postgres_rows_integer(rows, row, 0),
                                (uint32_t)postgres_rows_integer(rows, row, 1)))
            continue;
        const struct postgres_dependent each = {
            .number = add(self, rows, row),
            .is_told = 1,
            .kind = postgres_rows_text(rows, row, 2),
            .identity = postgres_rows_text(rows, row, 3),
            .needs = postgres_rows_text(rows, row, 4),
            .again = postgres_rows_text(rows, row, 5),
        };
        self->is_filter = 1;
        found(context, &each);
    }
    return 0;
}

int
postgres_depend_readers(postgres_t *postgres, const char *views,
                        void (*found)(void *context, uint32_t number), void *context,
                        struct error *error)
{
    static const char sql[] =
        "WITH RECURSIVE readers (classid, objid) AS (SELECT 'pg_class'::regclass::oid, number FROM "
        "unnest($1::oid[]) AS number UNION SELECT CASE WHEN w.oid IS NULL THEN d.classid ELSE "
        "'pg_class'::regclass::oid END, COALESCE(w.ev_class, d.objid) FROM readers AS r JOIN "
        "pg_depend AS d ON d.refclassid = r.classid AND d.refobjid = r.objid LEFT JOIN pg_rewrite "
        "AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid AND w.rulename = '_RETURN' "
        "WHERE d.classid = 'pg_proc'::regclass OR w.oid IS NOT NULL) SELECT c.oid FROM readers "
        "JOIN pg_class AS c ON classid = 'pg_class'::regclass AND c.oid = objid WHERE c.relkind = "
        "'m'";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, views, &rows, error))
        return error_wrap(error, "cannot find what reads materialized views without rows");
    for (size_t row = 0; row < postgres_rows_count(rows); row++)
        found(context, (uint32_t)postgres_rows_integer(rows, row, 0));
    return 0;
}

static void
sort(postgres_depend_t *self)
{
    if (self->count > 0)
        qsort(self->objects, self->count, sizeof *self->objects, compare_objects);
    self->sorted = self->count;
}

int
postgres_depend_open(postgres_depend_t **self_p, postgres_t *postgres, const char *left_out,
                     const char *shorts, const char *without_data, found_function *found,
                     void *context, struct error *error)
{
    CLEAN(postgres_depend_destroy) postgres_depend_t *self = memory_get(sizeof *self);
    if (read_dependents(self, postgres, left_out, found, context, error))
        return -1;
    sort(self);
    if (read_keys(self, postgres, shorts, without_data, found, context, error))
        return -1;
    sort(self);
    *self_p = STEAL(self);
    return 0;
}

int
postgres_depend_is_filter(const postgres_depend_t *self)
{
    return self->is_filter;
}

int
postgres_depend_has(const postgres_depend_t *self, uint32_t catalog, uint32_t number)
{
    struct object key = {catalog, number};
    return self->sorted > 0 &&
           bsearch(&key, self->objects, self->sorted, sizeof key, compare_objects) != NULL;
}
