// What tests of the operator's command share: a coordinator that notes what it is asked, and what a
// line of words comes to.

#pragma once

#include <inttypes.h>
#include <locale.h>
#include <sys/stat.h>

#include "common/json.h"
#include "coordinator/cli/cli.h"
#include "coordinator/cli/command.h"
#include "tests/answerer.h"
#include "tests/capture.h"

enum { WORDS_MAX = 12 };

// What the coordinator was asked, in words, one line a question; and what it says.
struct desk {
    char asked[2048];
    struct reply reply;
};

static inline const char *
terms_text(Wire__Term *const *terms, size_t count, char text[256])
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, 256 - used, " %s=%s", terms[i]->key, terms[i]->pattern);
    }
    return text;
}

static inline void
describe_submit(const Wire__Submit *submit, char line[512])
{
    char terms[256];
    switch (submit->what_case) {
    case WIRE__SUBMIT__WHAT_BACKUP:
        snprintf(line, 512, "backup%s",
                 terms_text(submit->backup->selector, submit->backup->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_CHECK:
        snprintf(line, 512, "check%s",
                 terms_text(submit->check->selector, submit->check->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_VERIFY:
        snprintf(line, 512, "verify %" PRIu64 "%s", submit->verify->set_id,
                 terms_text(submit->verify->selector, submit->verify->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_SWEEP:
        snprintf(line, 512, "sweep %s %d%d%d%d %s", submit->sweep->store,
                 submit->sweep->remove_partial, submit->sweep->remove_unknown, submit->sweep->adopt,
                 submit->sweep->mark_missing, submit->sweep->folder);
        break;
    case WIRE__SUBMIT__WHAT_SAVE_CATALOG:
        snprintf(line, 512, "save %s", submit->save_catalog->store);
        break;
    case WIRE__SUBMIT__WHAT_EXPIRE:
        snprintf(line, 512, "expire %" PRIu64 "%s", submit->expire->set_id,
                 terms_text(submit->expire->selector, submit->expire->n_selector, terms));
        break;
    default: {
        const Wire__Server *target = submit->restore->target;
        snprintf(line, 512, "restore %" PRIu64 " %s %s %u %s %d", submit->restore->set_id,
                 target->engine, target->host, target->port, target->secret,
                 submit->restore->overwrite);
    }
    }
}

static inline void
describe(const Wire__Ask *ask, char line[512])
{
    char terms[256];
    switch (ask->what_case) {
    case WIRE__ASK__WHAT_QUERY:
        snprintf(line, 512, "list %s%s limit %u", ask->query->name,
                 terms_text(ask->query->terms, ask->query->n_terms, terms), ask->query->limit);
        break;
    case WIRE__ASK__WHAT_SUBMIT:
        describe_submit(ask->submit, line);
        break;
    case WIRE__ASK__WHAT_CANCEL:
        snprintf(line, 512, "cancel job %" PRIu64 " run %" PRIu64, ask->cancel->job_id,
                 ask->cancel->run_id);
        break;
    case WIRE__ASK__WHAT_DRAIN:
        snprintf(line, 512, "drain %s %d", ask->drain->name, ask->drain->undrain);
        break;
    case WIRE__ASK__WHAT_PIN:
        snprintf(line, 512, "pin set %" PRIu64 " job %" PRIu64 " '%s' until %" PRId64 " undo %d",
                 ask->pin->set_id, ask->pin->job_id, ask->pin->reason, ask->pin->until_unix_ms,
                 ask->pin->undo);
        break;
    case WIRE__ASK__WHAT_UNPROTECT:
        snprintf(line, 512, "unprotect %" PRIu64, ask->unprotect->id);
        break;
    default:
        snprintf(line, 512, "discover");
    }
}

// One row that every list may have, with an engine for restores.
static inline table_t *
one_row(void)
{
    table_t *table = table_new();
    table_add_column(table, "id", TABLE_INTEGER);
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "engine", TABLE_TEXT);
    table_add_row(table);
    table_set_integer(table, "id", 7);
    table_set(table, "name", "shop");
    table_set(table, "engine", "mariadb");
    return table;
}

// What a discovery found, with so many scopes that failed.
static inline table_t *
findings(uint64_t failed)
{
    table_t *table = table_new();
    table_add_column(table, "provider", TABLE_TEXT);
    table_add_column(table, "account", TABLE_TEXT);
    table_add_column(table, "region", TABLE_TEXT);
    table_add_column(table, "scopes", TABLE_INTEGER);
    table_add_column(table, "failed", TABLE_INTEGER);
    table_add_column(table, "stale", TABLE_INTEGER);
    table_add_column(table, "message", TABLE_TEXT);
    table_add_row(table);
    table_set(table, "provider", "aws:prod");
    table_set_integer(table, "scopes", 3);
    table_set_integer(table, "failed", (int64_t)failed);
    table_set_integer(table, "stale", (int64_t)failed);
    for (uint64_t count = 0; count < failed && count < 1; count++) {
        table_add_row(table);
        table_set(table, "provider", "aws:prod");
        table_set(table, "account", "111122223333");
        table_set(table, "region", "eu-west-1");
        table_set(table, "message", "access denied\x1b[2J");
    }
    return table;
}

static inline struct reply
note_and_answer(void *context, const Wire__Ask *ask)
{
    struct desk *desk = context;
    char line[512];
    describe(ask, line);
    size_t used = strlen(desk->asked);
    snprintf(desk->asked + used, sizeof desk->asked - used, "%s%s", used ? "; " : "", line);
    struct reply reply = desk->reply;
    if (ask->what_case == WIRE__ASK__WHAT_QUERY && !reply.code)
        reply.table = one_row();
    if (ask->what_case == WIRE__ASK__WHAT_DISCOVER && !reply.code)
        reply.table = findings(reply.run_id);
    return reply;
}

struct outcome {
    int status;
    char *out, *err;
    char asked[2048];
};

static inline void
outcome_clear(struct outcome *self)
{
    memory_free(&self->out);
    memory_free(&self->err);
}

// Runs the command that a line of words says.
static inline struct outcome
run_with(const char *line, struct reply reply)
{
    struct desk desk = {.reply = reply};
    struct answerer answerer;
    answerer_start(&answerer, note_and_answer, &desk);
    setenv("DBHAUL_CONNECT", answerer.endpoint, 1);
    CLEAN(memory_free) char *copy = memory_copy_text(line);
    char *words[WORDS_MAX] = {copy};
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    struct outcome outcome = {0};
    struct capture out = capture_begin(stdout);
    struct capture err = capture_begin(stderr);
    outcome.status = cli_run(count, words);
    outcome.err = capture_end(&err, stderr);
    outcome.out = capture_end(&out, stdout);
    answerer_stop(&answerer);
    snprintf(outcome.asked, sizeof outcome.asked, "%s", desk.asked);
    unsetenv("DBHAUL_CONNECT");
    return outcome;
}

static inline void
assert_asks(const char *line, const char *asked, const char *out)
{
    CLEAN(outcome_clear) struct outcome outcome = run_with(line, (struct reply){.run_id = 12});
    assert_string_equal(outcome.err, "");
    assert_string_equal(outcome.asked, asked);
    assert_string_equal(outcome.out, out);
    assert_int_equal(outcome.status, STATUS_WELL);
}
