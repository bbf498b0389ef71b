#include "coordinator/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"

enum { DOCUMENT_VERSION = 1, DOCUMENT_MAX = 1 << 20 };

static const struct {
    const char *severity, *one, *many;
} kinds[OUTAGE_KINDS] = {
    [OUTAGE_FAILURE] = {"error", "database fails", "databases fail"},
    [OUTAGE_PARTIAL] = {"warning", "part of a run is missing", "parts of runs are missing"},
    [OUTAGE_OVERDUE] = {"critical", "database is overdue", "databases are overdue"},
    [OUTAGE_UNPROTECTED] = {"warning", "database has no policy", "databases have no policy"},
    [OUTAGE_PROTECTION] = {"error", "store's sets are kept from being safe",
                           "stores' sets are kept from being safe"},
    [OUTAGE_JUMP] = {"warning", "database's data has jumped", "databases' data has jumped"},
};

static const char *const turns[] = {
    [OUTAGE_BEGINS] = "begins",
    [OUTAGE_GROWS] = "grows",
    [OUTAGE_LASTS] = "lasts",
    [OUTAGE_ENDS] = "ends",
};

// Before the number of databases, in titles; after it, in texts.
static const char *const before[] = {
    [OUTAGE_BEGINS] = "", [OUTAGE_GROWS] = "now ", [OUTAGE_LASTS] = "still ", [OUTAGE_ENDS] = ""};
static const char *const after[] = {[OUTAGE_BEGINS] = "",
                                    [OUTAGE_GROWS] = ", by now",
                                    [OUTAGE_LASTS] = ", still",
                                    [OUTAGE_ENDS] = ""};

struct counts {
    int64_t now, joined, left;
};

// Since it was told last. Who left and came back counts as both; who left what is told in part is
// not known.
static struct counts
count(const struct notice *self)
{
    struct counts counts = {.now = (int64_t)self->count};
    for (size_t index = 0; index < self->count; index++)
        counts.joined += self->members[index]->since_ms > self->outage->told_ms;
    if (self->turn == OUTAGE_BEGINS)
        counts.joined = counts.now;
    counts.left = self->outage->told_members + counts.joined - counts.now;
    if (self->turn == OUTAGE_BEGINS || counts.left < 0 || self->count != self->outage->members)
        counts.left = 0;
    return counts;
}

// ---- for people

static void
set_title(const struct notice *self, struct delivery *delivery)
{
    const struct outage *outage = self->outage;
    CLEAN(memory_free) char *title = NULL;
    const char *what = self->count == 1 ? kinds[outage->kind].one : kinds[outage->kind].many;
    if (self->turn == OUTAGE_ENDS)
        title = memory_format("dbhaul: all clear of outage %" PRId64 " (%s): %s", outage->id,
                              outage_kind_name(outage->kind), outage->cause);
    else
        title = memory_format("dbhaul: %s%zu %s: %s", before[self->turn], self->count, what,
                              outage->cause);
    if (strlen(title) > NOTICE_TITLE_MAX)
        memcpy(title + NOTICE_TITLE_MAX - 3, "...", 4);
    text_clean(title);
    record_set(&delivery->title, title);
}

static void
print_members(const struct notice *self, FILE *stream)
{
    if (self->count)
        fputc('\n', stream);
    for (size_t index = 0; index < self->count && index < NOTICE_NAMES_MAX; index++) {
        const struct outage_member *member = self->members[index];
        fprintf(stream, "  %s%s%s%s\n", member->name, *member->policy ? " (policy " : "",
                member->policy, *member->policy ? ")" : "");
    }
    if (self->count > NOTICE_NAMES_MAX)
        fprintf(stream, "  and %zu more\n", self->count - NOTICE_NAMES_MAX);
}

static void
set_text(const struct notice *self, const struct counts *counts, struct delivery *delivery)
{
    const struct outage *outage = self->outage;
    char since[CLOCK_TEXT_SIZE];
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    clock_format_iso(outage->opened_ms, since);
    if (self->turn == OUTAGE_ENDS)
        fputs("This is over.\n\n", stream);
    else
        fprintf(stream, "%zu %s%s.\n\n", self->count,
                self->count == 1 ? kinds[outage->kind].one : kinds[outage->kind].many,
                after[self->turn]);
    fprintf(stream, "Cause: %s\nOutage: %" PRId64 " (%s), since %s\n", outage->cause, outage->id,
            outage_kind_name(outage->kind), since);
    if (self->turn == OUTAGE_LASTS || self->turn == OUTAGE_GROWS)
        fprintf(stream, "Since the last message: %" PRId64 " new, %" PRId64 " over\n",
                counts->joined, counts->left);
    print_members(self, stream);
    if (self->turn != OUTAGE_ENDS)
        fputs("\n`dbhaul notify outages` shows what lasts, `dbhaul report` what failed.\n", stream);
    fclose(stream);
    text_clean_lines(text);
    free(delivery->text);
    delivery->text = text;
}

// ---- for programs

static json_t *
members_of(const struct notice *self)
{
    json_t *array = json_array();
    for (size_t index = 0; index < self->count && index < NOTICE_NAMES_MAX; index++) {
        json_t *object = json_object();
        json_object_set_new(object, "name", json_text(self->members[index]->name));
        json_object_set_new(object, "policy", json_text(self->members[index]->policy));
        json_object_set_new(object, "subject", json_text(self->members[index]->subject));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *
time_of(int64_t unix_ms)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format_iso(unix_ms, text);
    return json_text(text);
}

// What every message has.
static json_t *
begin_document(const struct delivery *delivery)
{
    json_t *document = json_object();
    json_object_set_new(document, "version", json_integer(DOCUMENT_VERSION));
    json_object_set_new(document, "id", json_text(delivery->id));
    json_object_set_new(document, "event", json_text(delivery->event));
    json_object_set_new(document, "severity", json_text(delivery->severity));
    json_object_set_new(document, "title", json_text(delivery->title));
    json_object_set_new(document, "at", time_of(delivery->at_ms));
    return document;
}

static void
set_document(const struct notice *self, const struct counts *counts, struct delivery *delivery)
{
    const struct outage *outage = self->outage;
    CLEAN(json_destroy) json_t *document = begin_document(delivery);
    json_t *about = json_object();
    json_object_set_new(about, "id", json_integer(outage->id));
    json_object_set_new(about, "kind", json_text(outage_kind_name(outage->kind)));
    json_object_set_new(about, "turn", json_text(turns[self->turn]));
    json_object_set_new(about, "cause", json_text(outage->cause));
    json_object_set_new(about, "since", time_of(outage->opened_ms));
    json_object_set_new(document, "outage", about);
    json_object_set_new(document, "count", json_integer(counts->now));
    json_object_set_new(document, "new", json_integer(counts->joined));
    json_object_set_new(document, "over", json_integer(counts->left));
    json_object_set_new(document, "affected", members_of(self));
    free(delivery->document);
    delivery->document = json_print(document);
}

// ---- both

void
notice_compose(const struct notice *self, struct delivery *delivery)
{
    struct counts counts = count(self);
    enum outage_kind kind = self->outage->kind;
    int is_over = self->turn == OUTAGE_ENDS;
    delivery->at_ms = self->unix_ms;
    record_set(&delivery->event, is_over ? NOTICE_RECOVERED : outage_kind_name(kind));
    record_set(&delivery->severity, is_over ? "info" : kinds[kind].severity);
    set_title(self, delivery);
    set_text(self, &counts, delivery);
    set_document(self, &counts, delivery);
}

void
notice_compose_test(struct delivery *delivery, int64_t unix_ms)
{
    delivery->at_ms = unix_ms;
    record_set(&delivery->event, NOTICE_TEST);
    record_set(&delivery->severity, "info");
    record_set(&delivery->title, "dbhaul: a test message");
    record_set(&delivery->text,
               "This is a test, sent by `dbhaul notify test`. Nothing has failed.\n");
    CLEAN(json_destroy) json_t *document = begin_document(delivery);
    free(delivery->document);
    delivery->document = json_print(document);
}

void
notice_finish(const struct delivery *delivery, char **text, char **document)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *json = NULL;
    if (!delivery->merged ||
        json_parse(delivery->document, strlen(delivery->document), DOCUMENT_MAX, &json, &ignored)) {
        *text = memory_copy_text(delivery->text);
        *document = memory_copy_text(delivery->document);
        return;
    }
    json_object_set_new(json, "merged", json_integer(delivery->merged));
    *text = memory_format("%s\n%" PRId64 " older messages could not be delivered and are merged "
                          "into this one: `dbhaul notify outages` shows what lasts.\n",
                          delivery->text, delivery->merged);
    *document = json_print(json);
}
