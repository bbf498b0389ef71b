#include "worker/engine/mysql_shown.h"

#include "common/memory.h"
#include "worker/engine/mysql_bulk.h"

static void
clear(struct mysql_shown *self)
{
    memory_free_secret(&self->creation);
    for (size_t i = 0; i < self->grant_count; i++)
        memory_free_secret(&self->grants[i]);
    memory_free(&self->grants);
    self->grant_count = 0;
}

void
mysql_shown_clear(struct mysql_shown *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        clear(&list[i]);
}

// Two questions an account.
static char *
ask(void *context, size_t index)
{
    const struct mysql_shown *shown = (const struct mysql_shown *)context + index / 2;
    if (!shown->quoted || (shown->is_role && index % 2 == 0))
        return memory_copy_text("DO 0");
    return memory_format(index % 2 ? "SHOW GRANTS FOR %s" : "SHOW CREATE USER %s", shown->quoted);
}

static int
keep(void *context, size_t index, const char *const *cells, struct error *error)
{
    (void)error;
    struct mysql_shown *shown = (struct mysql_shown *)context + index / 2;
    if (!cells[0])
        return 0;
    if (index % 2 == 0) {
        memory_free_secret(&shown->creation);
        shown->creation = memory_copy_text(cells[0]);
        return 0;
    }
    shown->grants = memory_resize(shown->grants, (shown->grant_count + 1) * sizeof *shown->grants);
    shown->grants[shown->grant_count++] = memory_copy_text(cells[0]);
    return 0;
}

static void
forget(void *context, size_t index)
{
    clear((struct mysql_shown *)context + index / 2);
}

void
mysql_shown_ask(struct mysql_shown *list, size_t count, mysql_session_t *session)
{
    struct mysql_bulk bulk = {
        .self = list, .count = 2 * count, .sql = ask, .row = keep, .forget = forget};
    mysql_bulk_try(&bulk, session);
}
