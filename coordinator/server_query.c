// A list that an operator asks of the catalog: what narrows it comes as terms, those of a selector
// and some of our own.

#include "coordinator/server_state.h"

const char *
server_query_term(const Wire__Query *query, const char *key)
{
    for (size_t index = 0; index < query->n_terms; index++) {
        if (strcmp(query->terms[index]->key, key) == 0)
            return query->terms[index]->pattern;
    }
    return "";
}

static int
is_reserved(const char *key)
{
    static const char *const keys[] = {"run",     "job",       "set",       "state",       "new",
                                       "gone",    "from",      "until",     "unprotected", "stale",
                                       "overdue", "opted_out", "unmatched", "tag_lost"};
    for (size_t index = 0; index < sizeof keys / sizeof *keys; index++) {
        if (strcmp(key, keys[index]) == 0)
            return 1;
    }
    return 0;
}

// `new` and `tag_lost` are a length of time up to now, in milliseconds; of the others any value
// will do.
static void
read_filters(const struct server *self, const Wire__Query *wish, struct query *query)
{
    static const struct {
        const char *key;
        enum query_filter filter;
    } rows[] = {
        {"new", QUERY_NEW},
        {"gone", QUERY_GONE},
        {"unprotected", QUERY_UNPROTECTED},
        {"stale", QUERY_STALE},
        {"overdue", QUERY_OVERDUE},
        {"opted_out", QUERY_OPTED_OUT},
        {"unmatched", QUERY_UNMATCHED},
        {"tag_lost", QUERY_TAG_LOST},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++)
        if (*server_query_term(wish, rows[index].key))
            query->filters |= (int)rows[index].filter;
    int64_t window_ms = strtoll(
        server_query_term(wish, *server_query_term(wish, "new") ? "new" : "tag_lost"), NULL, 10);
    query->now_ms = self->unix_ms;
    query->since_ms = window_ms < self->unix_ms ? self->unix_ms - window_ms : 0;
}

int
server_read_query(struct server *self, const Wire__Query *wish, selector_t *selector,
                  struct query *query, struct error *error)
{
    for (size_t index = 0; index < wish->n_terms; index++) {
        if (!is_reserved(wish->terms[index]->key) &&
            selector_add(selector, wish->terms[index]->key, wish->terms[index]->pattern, error))
            return -1;
    }
    query->name = wish->name;
    query->run_id = strtoll(server_query_term(wish, "run"), NULL, 10);
    query->job_id = strtoll(server_query_term(wish, "job"), NULL, 10);
    query->set_id = strtoll(server_query_term(wish, "set"), NULL, 10);
    query->from_ms = strtoll(server_query_term(wish, "from"), NULL, 10);
    query->until_ms = strtoll(server_query_term(wish, "until"), NULL, 10);
    query->state = server_query_term(wish, "state");
    query->cursor = wish->cursor;
    read_filters(self, wish, query);
    return 0;
}
