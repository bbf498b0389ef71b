// What the tests of wire share: a message of each kind, and a sender without scruples.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "proto/wire.h"

// A message of each kind, within all limits, sharing one set of parts.
struct sample {
    Wire__Envelope message;
    Wire__Ready ready;
    Wire__Label label, *labels[1];
    Wire__Tool tool, *tools[1];
    Wire__Store store, *stores[1];
    Wire__Attempt attempt, *attempts[1];
    Wire__Run run;
    Wire__Server server;
    Wire__Backup backup;
    Wire__What what;
    char *patterns[1];
    Wire__Accepted accepted;
    Wire__Refused refused;
    Wire__Progress progress;
    Wire__Done done;
    Wire__SetFacts set;
    Wire__DoneAck done_ack;
    Wire__Cancel cancel;
    Wire__Drain drain;
    Wire__Beat beat;
    Wire__Bye bye;
    Wire__Ask ask;
    Wire__Query query;
    Wire__Term term, *terms[1];
    Wire__Answer answer;
    Wire__Table table;
    Wire__Column column, *columns[1];
    Wire__Row row, *rows[1];
    char *cells[1];
    uint8_t sum[32];
    Wire__Fetch fetch;
    Wire__Piece piece;
    Wire__Expire expire;
    Wire__Submit submit;
    Wire__SubmitExpire submit_expire;
    Wire__Pin pin;
    Wire__Unprotect unprotect;
    Wire__Protect protect;
};

static char text_name[] = "frankfurt-1";
static char text_label[] = "région";
static char text_path[] = "catalog/12/34";
static char text_store[] = "boostfs:dd1.example:/su1";

static inline void
fill_worker_parts(struct sample *self)
{
    wire__ready__init(&self->ready);
    wire__label__init(&self->label);
    wire__tool__init(&self->tool);
    wire__store__init(&self->store);
    wire__attempt__init(&self->attempt);
    self->label.key = self->label.value = text_label;
    self->tool.name = self->tool.version = text_name;
    self->store.identity = text_store;
    self->attempt.job_id = 7;
    self->attempt.number = 2;
    self->labels[0] = &self->label;
    self->tools[0] = &self->tool;
    self->stores[0] = &self->store;
    self->attempts[0] = &self->attempt;
    self->ready.name = self->ready.instance_id = text_name;
    self->ready.slots = 4;
    self->ready.n_labels = self->ready.n_tools = self->ready.n_stores = self->ready.n_running = 1;
    self->ready.labels = self->labels;
    self->ready.tools = self->tools;
    self->ready.stores = self->stores;
    self->ready.running = self->attempts;
    wire__beat__init(&self->beat);
    self->beat.n_running = 1;
    self->beat.running = self->attempts;
    wire__accepted__init(&self->accepted);
    wire__refused__init(&self->refused);
    wire__progress__init(&self->progress);
    wire__done__init(&self->done);
    wire__set_facts__init(&self->set);
    self->done.outcome = WIRE__OUTCOME__OUTCOME_SUCCEEDED;
    self->done.message = text_label;
    self->done.set = &self->set;
    self->set.path = text_path;
    self->set.manifest_sha256 = (ProtobufCBinaryData){sizeof self->sum, self->sum};
}

static inline void
fill_coordinator_parts(struct sample *self)
{
    wire__run__init(&self->run);
    wire__server__init(&self->server);
    wire__what__init(&self->what);
    self->patterns[0] = text_label;
    self->what.exclude_schemas = self->what.exclude_tables = self->patterns;
    self->what.include_schemas = self->what.include_tables = self->patterns;
    self->what.tables_without_data = self->patterns;
    self->what.n_exclude_schemas = self->what.n_exclude_tables = 1;
    self->what.n_include_schemas = self->what.n_include_tables = 1;
    self->what.n_tables_without_data = 1;
    wire__backup__init(&self->backup);
    self->backup.what = &self->what;
    wire__done_ack__init(&self->done_ack);
    wire__cancel__init(&self->cancel);
    wire__drain__init(&self->drain);
    wire__bye__init(&self->bye);
    self->run.task_case = WIRE__RUN__TASK_BACKUP;
    self->run.backup = &self->backup;
    self->backup.source = &self->server;
    self->backup.path = text_path;
    self->server.host = text_name;
    self->server.port = 3306;
    self->cancel.reason = self->bye.reason = text_label;
}

static inline void
fill_operator_parts(struct sample *self)
{
    wire__ask__init(&self->ask);
    wire__query__init(&self->query);
    wire__term__init(&self->term);
    wire__answer__init(&self->answer);
    wire__table__init(&self->table);
    wire__column__init(&self->column);
    wire__row__init(&self->row);
    self->ask.what_case = WIRE__ASK__WHAT_QUERY;
    self->ask.query = &self->query;
    self->query.n_terms = 1;
    self->query.terms = self->terms;
    self->terms[0] = &self->term;
    self->term.key = self->term.pattern = text_name;
    self->answer.table = &self->table;
    self->table.n_columns = self->table.n_rows = 1;
    self->table.columns = self->columns;
    self->table.rows = self->rows;
    self->columns[0] = &self->column;
    self->rows[0] = &self->row;
    self->column.name = text_name;
    self->row.n_cells = 1;
    self->row.cells = self->cells;
    self->cells[0] = text_label;
}

static const Wire__Envelope__BodyCase bodies[] = {
    WIRE__ENVELOPE__BODY_READY,    WIRE__ENVELOPE__BODY_RUN,      WIRE__ENVELOPE__BODY_ACCEPTED,
    WIRE__ENVELOPE__BODY_REFUSED,  WIRE__ENVELOPE__BODY_PROGRESS, WIRE__ENVELOPE__BODY_DONE,
    WIRE__ENVELOPE__BODY_DONE_ACK, WIRE__ENVELOPE__BODY_CANCEL,   WIRE__ENVELOPE__BODY_DRAIN,
    WIRE__ENVELOPE__BODY_BEAT,     WIRE__ENVELOPE__BODY_BYE,      WIRE__ENVELOPE__BODY_ASK,
    WIRE__ENVELOPE__BODY_ANSWER,   WIRE__ENVELOPE__BODY_FETCH,    WIRE__ENVELOPE__BODY_PIECE,
};
enum { BODIES = sizeof bodies / sizeof *bodies };

// The matrix of wire.h, written down once more.
static const char *const spoken[] = {
    [WIRE_FROM_WORKER] = " ready accepted refused progress fetch done beat bye ",
    [WIRE_FROM_COORDINATOR] = " run piece done_ack cancel drain beat bye ",
    [WIRE_FROM_OPERATOR] = " ask ",
    [WIRE_TO_OPERATOR] = " answer bye ",
    [WIRE_FROM_TASK] = " progress fetch done ",
};

static inline void
sample_init(struct sample *self, Wire__Envelope__BodyCase body)
{
    memset(self, 0, sizeof *self);
    memset(self->sum, 0xa5, sizeof self->sum);
    fill_worker_parts(self);
    fill_coordinator_parts(self);
    fill_operator_parts(self);
    void *parts[] = {
        &self->ready, &self->run,      &self->accepted, &self->refused, &self->progress,
        &self->done,  &self->done_ack, &self->cancel,   &self->drain,   &self->beat,
        &self->bye,   &self->ask,      &self->answer,   &self->fetch,   &self->piece,
    };
    size_t place = 0;
    while (bodies[place] != body)
        place++;
    wire__fetch__init(&self->fetch);
    wire__piece__init(&self->piece);
    self->fetch.number = self->piece.number = 4;
    self->fetch.list = "archive_sets";
    self->fetch.cursor = self->piece.cursor = "archive_sets.7.0";
    self->fetch.text = self->piece.text = "a line\n";
    wire__envelope__init(&self->message);
    self->message.version = WIRE_VERSION;
    self->message.epoch = 3;
    self->message.job_id = 7;
    self->message.attempt = 2;
    self->message.body_case = body;
    self->message.ready = parts[place];
}

// Samples of bodies that can be many things, but those above: what retention and protection say.
static const char *const variants[] = {"expire", "submit-expire", "pin",
                                       "unpin",  "unprotect",     "protect"};
enum { VARIANTS = sizeof variants / sizeof *variants };

static inline void
fill_variant_parts(struct sample *self)
{
    wire__expire__init(&self->expire);
    wire__submit__init(&self->submit);
    wire__submit_expire__init(&self->submit_expire);
    wire__pin__init(&self->pin);
    wire__unprotect__init(&self->unprotect);
    wire__protect__init(&self->protect);
    self->expire.store = self->protect.store = text_store;
    self->expire.path = text_path;
    self->submit.what_case = WIRE__SUBMIT__WHAT_EXPIRE;
    self->submit.expire = &self->submit_expire;
    self->submit_expire.n_selector = 1;
    self->submit_expire.selector = self->terms;
    self->submit_expire.set_id = self->pin.set_id = 12;
    self->pin.job_id = 34;
    self->pin.reason = text_label;
    self->pin.until_unix_ms = 1795737600000;
    self->unprotect.id = 56;
}

static inline void
sample_init_variant(struct sample *self, size_t variant)
{
    sample_init(self, variant == 0 ? WIRE__ENVELOPE__BODY_RUN : WIRE__ENVELOPE__BODY_ASK);
    fill_variant_parts(self);
    self->pin.undo = strcmp(variants[variant], "unpin") == 0;
    switch (variant) {
    case 0:
        self->run.task_case = WIRE__RUN__TASK_EXPIRE;
        self->run.expire = &self->expire;
        return;
    case 1:
        self->ask.what_case = WIRE__ASK__WHAT_SUBMIT;
        self->ask.submit = &self->submit;
        return;
    case 4:
        self->ask.what_case = WIRE__ASK__WHAT_UNPROTECT;
        self->ask.unprotect = &self->unprotect;
        return;
    case 5:
        self->ask.what_case = WIRE__ASK__WHAT_PROTECT;
        self->ask.protect = &self->protect;
        return;
    default:
        self->ask.what_case = WIRE__ASK__WHAT_PIN;
        self->ask.pin = &self->pin;
    }
}

static inline int
may_say(enum wire_role role, const Wire__Envelope *message)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", wire_body_name(message));
    return strstr(spoken[role], word) != NULL;
}

static inline enum wire_role
speaker_of(const Wire__Envelope *message)
{
    enum wire_role role = 0;
    while (!may_say(role, message))
        role++;
    return role;
}

// Packs without any check, as a hostile sender does.
static inline uint8_t *
forge(const Wire__Envelope *message, size_t *size)
{
    *size = wire__envelope__get_packed_size(message);
    uint8_t *data = memory_get(*size);
    wire__envelope__pack(message, data);
    return data;
}

static inline int
arrives(const void *data, size_t size, enum wire_role role, struct error *error)
{
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *message = NULL;
    return wire_unpack(decoder, data, size, role, &message, error);
}
