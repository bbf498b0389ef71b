#include "proto/wire_check.h"

#include <string.h>

#include "common/text.h"

// What differs from the general limit. `cut`: a text for people, which wire_pack cuts.
struct text_limit {
    const ProtobufCMessageDescriptor *message;
    const char *field;
    size_t size_max;
    int cut;
};

static const struct text_limit text_limits[] = {
    {&wire__row__descriptor, "cells", 16384, 1},
    {&wire__refused__descriptor, "message", WIRE_MESSAGE_MAX, 1},
    {&wire__done__descriptor, "message", WIRE_MESSAGE_MAX, 1},
    {&wire__answer__descriptor, "message", WIRE_MESSAGE_MAX, 1},
    {&wire__answer__descriptor, "note", WIRE_MESSAGE_MAX, 1},
    {&wire__cancel__descriptor, "reason", WIRE_MESSAGE_MAX, 1},
    {&wire__bye__descriptor, "reason", WIRE_MESSAGE_MAX, 1},
    {&wire__progress__descriptor, "phase", 64, 1},
    {&wire__backup__descriptor, "path", 1024, 0},
    {&wire__restore__descriptor, "path", 1024, 0},
    {&wire__verify__descriptor, "path", 1024, 0},
    {&wire__check__descriptor, "path", 1024, 0},
    {&wire__sweep__descriptor, "path", 1024, 0},
    {&wire__expire__descriptor, "path", 1024, 0},
    {&wire__save_catalog__descriptor, "path", 1024, 0},
    {&wire__fetch__descriptor, "text", WIRE_FETCH_MAX, 0},
    {&wire__piece__descriptor, "text", WIRE_PIECE_MAX, 0},
    {&wire__fetch__descriptor, "cursor", 256, 0},
    {&wire__fetch__descriptor, "list", 64, 0},
    {&wire__piece__descriptor, "cursor", 256, 0},
    {&wire__piece__descriptor, "trouble", WIRE_MESSAGE_MAX, 1},
    {&wire__set_facts__descriptor, "path", 1024, 0},
    {&wire__server__descriptor, "resource_id", 1024, 0},
    {&wire__server__descriptor, "host", 255, 0},
    {&wire__server__descriptor, "secret", 2100, 0},
    {&wire__server__descriptor, "role_arn", 2048, 0},
    {&wire__server__descriptor, "external_id", 1224, 0},
    {&wire__term__descriptor, "pattern", 1024, 0},
    {&wire__query__descriptor, "cursor", 1024, 0},
    {&wire__answer__descriptor, "cursor", 1024, 0},
};

struct number_limit {
    const ProtobufCMessageDescriptor *message;
    const char *field;
    uint64_t high;
};

static const struct number_limit count_limits[] = {
    {&wire__ready__descriptor, "stores", 32},
    {&wire__ready__descriptor, "running", 1024},
    {&wire__beat__descriptor, "running", 1024},
    {&wire__query__descriptor, "terms", 32},
    {&wire__table__descriptor, "rows", 1000},
    {&wire__what__descriptor, "include_schemas", 256},
    {&wire__what__descriptor, "exclude_schemas", 256},
    {&wire__what__descriptor, "include_tables", 256},
    {&wire__what__descriptor, "exclude_tables", 256},
    {&wire__what__descriptor, "tables_without_data", 256},
    {&wire__what__descriptor, "consistency", 4},
    {&wire__run__descriptor, "wanted", 16},
    {&wire__submit_restore__descriptor, "workers", 8},
};

static const struct number_limit value_limits[] = {
    {&wire__server__descriptor, "port", 65535},
    {&wire__ready__descriptor, "slots", 1024},
    {&wire__what__descriptor, "lock_wait_ms", 24LL * 60 * 60 * 1000},
    {&wire__what__descriptor, "packet_bytes", 1 << 30},
    {&wire__what__descriptor, "statement_limit_ms", 24LL * 60 * 60 * 1000},
    {&wire__throttle__descriptor, "running", 1 << 20},
    {&wire__throttle__descriptor, "replica_lag_ms", 7LL * 24 * 60 * 60 * 1000},
    {&wire__throttle__descriptor, "transaction_age_ms", 7LL * 24 * 60 * 60 * 1000},
    {&wire__throttle__descriptor, "long_queries", 1 << 20},
    {&wire__throttle__descriptor, "pause_limit_ms", 24LL * 60 * 60 * 1000},
    {&wire__answer__descriptor, "code", 255},
};

// Sub-messages that may be missing. All others that are in no oneof must be there.
static const struct number_limit optional_messages[] = {
    {&wire__done__descriptor, "set", 0},      {&wire__answer__descriptor, "table", 0},
    {&wire__backup__descriptor, "what", 0},   {&wire__check__descriptor, "what", 0},
    {&wire__what__descriptor, "throttle", 0},
};

// Who may say it, and whether it is about a job.
struct body_rule {
    unsigned roles;
    int about_job;
};

#define FROM(role) (1U << (role))
#define WORKER FROM(WIRE_FROM_WORKER)
#define COORDINATOR FROM(WIRE_FROM_COORDINATOR)
#define OPERATOR FROM(WIRE_FROM_OPERATOR)
#define TO_OPERATOR FROM(WIRE_TO_OPERATOR)
#define TASK FROM(WIRE_FROM_TASK)

static const struct body_rule body_rules[] = {
    [WIRE__ENVELOPE__BODY_READY] = {WORKER, 0},
    [WIRE__ENVELOPE__BODY_RUN] = {COORDINATOR, 0},  // the catalog keeps it without a number
    [WIRE__ENVELOPE__BODY_ACCEPTED] = {WORKER, 1},
    [WIRE__ENVELOPE__BODY_REFUSED] = {WORKER, 1},
    [WIRE__ENVELOPE__BODY_PROGRESS] = {WORKER | TASK, 1},
    [WIRE__ENVELOPE__BODY_DONE] = {WORKER | TASK, 1},
    [WIRE__ENVELOPE__BODY_DONE_ACK] = {COORDINATOR, 1},
    [WIRE__ENVELOPE__BODY_CANCEL] = {COORDINATOR, 1},
    [WIRE__ENVELOPE__BODY_DRAIN] = {COORDINATOR, 0},
    [WIRE__ENVELOPE__BODY_BEAT] = {WORKER | COORDINATOR, 0},
    [WIRE__ENVELOPE__BODY_BYE] = {WORKER | COORDINATOR | TO_OPERATOR, 0},
    [WIRE__ENVELOPE__BODY_ASK] = {OPERATOR, 0},
    [WIRE__ENVELOPE__BODY_ANSWER] = {TO_OPERATOR, 0},
    [WIRE__ENVELOPE__BODY_FETCH] = {WORKER | TASK, 1},
    [WIRE__ENVELOPE__BODY_PIECE] = {COORDINATOR, 1},
};

static const size_t body_rules_count = sizeof body_rules / sizeof *body_rules;

static const struct text_limit *
text_limit_of(const ProtobufCMessageDescriptor *message, const char *field)
{
    for (size_t i = 0; i < sizeof text_limits / sizeof *text_limits; i++) {
        if (text_limits[i].message == message && !strcmp(text_limits[i].field, field))
            return &text_limits[i];
    }
    static const struct text_limit general = {NULL, NULL, WIRE_TEXT_MAX, 0};
    return &general;
}

static const struct number_limit *
number_limit_in(const struct number_limit *limits, size_t count,
                const ProtobufCMessageDescriptor *message, const char *field)
{
    for (size_t i = 0; i < count; i++) {
        if (limits[i].message == message && !strcmp(limits[i].field, field))
            return &limits[i];
    }
    return NULL;
}

#define LIMIT_IN(limits, message, field) \
    number_limit_in(limits, sizeof limits / sizeof *limits, message, (field)->name)

// A field's values in its message: where they lie and how many they are. A member of a oneof that
// was not chosen has none.
static const void *
values_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t *count)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *quantifier = base + field->quantifier_offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        *count = *(const size_t *)quantifier;
        return *(const void *const *)(const void *)(base + field->offset);
    }
    *count =
        !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || *(const uint32_t *)quantifier == field->id;
    return base + field->offset;
}

struct check {
    const wire_arena_t *arena;
    struct error *error;
};

static int check_message(const struct check *self, const ProtobufCMessage *message);

static int
refuse(const struct check *self, const ProtobufCMessage *message,
       const ProtobufCFieldDescriptor *field, const char *why)
{
    return error_set(self->error, ERROR_INVALID, "'%s' of %s %s", field->name,
                     message->descriptor->short_name, why);
}

static int
check_text(const struct check *self, const ProtobufCMessage *message,
           const ProtobufCFieldDescriptor *field, const char *text)
{
    if (!text)
        return 0;
    size_t size = strlen(text);
    size_t size_asked = self->arena ? wire_arena_size(self->arena, text) : 0;
    if (size_asked > 0 && size_asked != size + 1)
        return refuse(self, message, field, "has a NUL in it");
    if (size > text_limit_of(message->descriptor, field->name)->size_max)
        return refuse(self, message, field, "is too long");
    for (size_t step; *text; text += step) {
        uint32_t character;
        step = text_character(text, &character);
        if (step == 0)
            return refuse(self, message, field, "is not UTF-8");
    }
    return 0;
}

static int
check_bytes(const struct check *self, const ProtobufCMessage *message,
            const ProtobufCFieldDescriptor *field, const ProtobufCBinaryData *bytes)
{
    int may_be_empty = message->descriptor != &wire__set_facts__descriptor;
    if (bytes->len == 32 || (bytes->len == 0 && may_be_empty))
        return 0;
    return refuse(self, message, field, "is no SHA-256 (32 bytes)");
}

static int
check_enum(const struct check *self, const ProtobufCMessage *message,
           const ProtobufCFieldDescriptor *field, int value)
{
    const ProtobufCEnumDescriptor *known = field->descriptor;
    for (unsigned i = 0; i < known->n_values; i++) {
        if (known->values[i].value == value)
            return 0;
    }
    return refuse(self, message, field, "has a value that this version does not know");
}

static int
check_number(const struct check *self, const ProtobufCMessage *message,
             const ProtobufCFieldDescriptor *field, uint64_t value, uint64_t high)
{
    const struct number_limit *limit = LIMIT_IN(value_limits, message->descriptor, field);
    if (value <= (limit ? limit->high : high))
        return 0;
    return refuse(self, message, field, "is out of range");
}

static int
check_child(const struct check *self, const ProtobufCMessage *message,
            const ProtobufCFieldDescriptor *field, const ProtobufCMessage *child)
{
    if (child)
        return check_message(self, child);
    if (LIMIT_IN(optional_messages, message->descriptor, field))
        return 0;
    return refuse(self, message, field, "is missing");
}

static int
check_value(const struct check *self, const ProtobufCMessage *message,
            const ProtobufCFieldDescriptor *field, const void *values, size_t index)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return check_text(self, message, field, ((const char *const *)values)[index]);
    case PROTOBUF_C_TYPE_BYTES:
        return check_bytes(self, message, field, (const ProtobufCBinaryData *)values + index);
    case PROTOBUF_C_TYPE_MESSAGE:
        return check_child(self, message, field, ((const ProtobufCMessage *const *)values)[index]);
    case PROTOBUF_C_TYPE_ENUM:
        return check_enum(self, message, field, ((const int *)values)[index]);
    case PROTOBUF_C_TYPE_UINT32:
        return check_number(self, message, field, ((const uint32_t *)values)[index],
                            WIRE_NUMBER_MAX);
    case PROTOBUF_C_TYPE_UINT64:
        return check_number(self, message, field, ((const uint64_t *)values)[index], INT64_MAX);
    case PROTOBUF_C_TYPE_INT64:  // a negative one is a huge one
        return check_number(self, message, field, ((const uint64_t *)values)[index],
                            (uint64_t)WIRE_TIME_MAX);
    case PROTOBUF_C_TYPE_BOOL:
        return 0;
    default:
        return refuse(self, message, field, "has a type without a check");
    }
}

// What a newer version may have added.
static int
check_unknown(const struct check *self, const ProtobufCMessage *message)
{
    if (message->n_unknown_fields > WIRE_UNKNOWN_MAX)
        return error_set(self->error, ERROR_INVALID, "%s has more than %d unknown fields",
                         message->descriptor->short_name, WIRE_UNKNOWN_MAX);
    // protobuf-c takes a field 0 in a long form and then writes a short one, which it refuses.
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        if (message->unknown_fields[i].tag == 0)
            return error_set(self->error, ERROR_INVALID, "%s has a field number 0",
                             message->descriptor->short_name);
    }
    return 0;
}

static int
check_message(const struct check *self, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    if (check_unknown(self, message))
        return -1;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        size_t count = 0;
        const void *values = values_of(message, field, &count);
        const struct number_limit *limit = LIMIT_IN(count_limits, descriptor, field);
        if (count > (limit ? limit->high : WIRE_COUNT_MAX))
            return refuse(self, message, field, "has too many entries");
        for (size_t index = 0; index < count; index++) {
            if (check_value(self, message, field, values, index))
                return -1;
        }
    }
    return 0;
}

static int
check_table(const Wire__Envelope *message, struct error *error)
{
    const Wire__Table *table =
        message->body_case == WIRE__ENVELOPE__BODY_ANSWER ? message->answer->table : NULL;
    for (size_t i = 0; table && i < table->n_rows; i++) {
        if (table->rows[i]->n_cells != table->n_columns)
            return error_set(error, ERROR_INVALID, "row %zu has %zu cells for %zu columns", i,
                             table->rows[i]->n_cells, table->n_columns);
    }
    return 0;
}

size_t
wire_check_size_max(enum wire_role role)
{
    return role == WIRE_FROM_OPERATOR || role == WIRE_TO_OPERATOR ? WIRE_OPERATOR_SIZE_MAX
                                                                  : WIRE_SIZE_MAX;
}

int
wire_check(const Wire__Envelope *message, enum wire_role role, const wire_arena_t *arena,
           struct error *error)
{
    static const struct body_rule none = {0};
    const struct body_rule *rule =
        (size_t)message->body_case < body_rules_count ? &body_rules[message->body_case] : &none;
    if (!rule->roles)
        return error_set(error, ERROR_INVALID, "a message without a body that is known here");
    if (!(rule->roles & FROM(role)))
        return error_set(error, ERROR_INVALID, "'%s' is not for this side to say",
                         wire_body_name(message));
    if (rule->about_job && (message->job_id == 0 || message->attempt == 0))
        return error_set(error, ERROR_INVALID, "'%s' names no job and attempt",
                         wire_body_name(message));
    struct check check = {arena, error};
    if (check_message(&check, &message->base))
        return error_wrap(error, "'%s'", wire_body_name(message));
    return check_table(message, error);
}

static void
cut_text(char *text, size_t size_max)
{
    char *start = text;
    while (*text) {
        uint32_t character;
        size_t step = text_character(text, &character);
        if (step == 0) {
            *text = '?';
            step = 1;
        }
        if ((size_t)(text - start) + step > size_max) {
            *text = '\0';
            return;
        }
        text += step;
    }
}

static void
cut_message(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        size_t count = 0;
        const void *values = values_of(message, field, &count);
        const struct text_limit *limit = text_limit_of(descriptor, field->name);
        for (size_t index = 0; index < count; index++) {
            if (field->type == PROTOBUF_C_TYPE_STRING && limit->cut)
                cut_text(((char *const *)values)[index], limit->size_max);
            if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
                ((ProtobufCMessage *const *)values)[index])
                cut_message(((ProtobufCMessage *const *)values)[index]);
        }
    }
}

void
wire_check_cut(Wire__Envelope *message)
{
    cut_message(&message->base);
}
