#include "worker/engine/mysql_bulk.h"

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_text.h"

enum { AT_A_TIME = 32 };

// `at` is the first of those that are asked about.
static int
keep_of_many(void *context, size_t number, const char *const *cells, struct error *error)
{
    const struct mysql_bulk *self = context;
    return self->row(self->self, self->at + number, cells, error);
}

static int
keep_of_one(void *context, const char *const *cells, struct error *error)
{
    return keep_of_many(context, 0, cells, error);
}

static int
ask_together(struct mysql_bulk *self, size_t count, mysql_session_t *session, struct error *error)
{
    struct mysql_text sql = {0};
    for (size_t i = 0; i < count; i++) {
        CLEAN(memory_free) char *statement = self->sql(self->self, self->at + i);
        mysql_text_add(&sql, "%s%s", i ? "; " : "", statement);
    }
    int status = mysql_session_queries(session, sql.data, keep_of_many, self, error);
    mysql_text_free(&sql);
    return status;
}

// `are_all_needed`: the first that fails ends it.
static int
ask_each(struct mysql_bulk *self, size_t count, mysql_session_t *session, int are_all_needed,
         struct error *error)
{
    for (size_t i = 0; i < count; i++)
        self->forget(self->self, self->at + i);
    for (size_t end = self->at + count; self->at < end; self->at++) {
        CLEAN(memory_free) char *statement = self->sql(self->self, self->at);
        if (mysql_session_query(session, statement, keep_of_one, self, error) == 0)
            continue;
        if (are_all_needed)
            return -1;
        self->forget(self->self, self->at);
    }
    return 0;
}

static int
ask(struct mysql_bulk *self, mysql_session_t *session, int are_all_needed, struct error *error)
{
    self->at = 0;
    while (self->at < self->count) {
        size_t left = self->count - self->at, count = left < AT_A_TIME ? left : AT_A_TIME;
        struct error unseen;
        if (count > 1 && ask_together(self, count, session, &unseen) == 0)
            self->at += count;
        else if (ask_each(self, count, session, are_all_needed, error))
            return -1;
    }
    return 0;
}

int
mysql_bulk_ask(struct mysql_bulk *self, mysql_session_t *session, struct error *error)
{
    return ask(self, session, 1, error);
}

void
mysql_bulk_try(struct mysql_bulk *self, mysql_session_t *session)
{
    struct error unseen;
    ask(self, session, 0, &unseen);
}
