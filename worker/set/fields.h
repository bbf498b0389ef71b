// Records of the manifest described by tables, so that printing, parsing and freeing them is
// written once. Part of the manifest; nobody else uses it.
//
//     static const struct field schema_fields[] = {
//         FIELD(manifest_schema, "name", FIELD_TEXT, name),
//         FIELD(manifest_schema, "tables", FIELD_U64, tables),
//         {0}};
//     fields_print(object, schema, schema_fields);

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "common/json.h"

enum field_type {
    FIELD_TEXT,
    FIELD_U64,
    FIELD_U32,
    FIELD_I64,
    FIELD_SHA256,
    FIELD_SUM,              // struct manifest_sum, in hexadecimal
    FIELD_TEXT_OR_NONE,     // not printed if it is "", and "" if it is not there
    FIELD_COLUMNS_OR_NONE,  // the same, of up to MANIFEST_COLUMNS_MAX bytes
};

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
};

#define FIELD(record, key, type, member) \
    { \
        key, type, offsetof(struct record, member) \
    }

// The member at an offset.
void *fields_at(void *record, size_t offset);
const void *fields_peek(const void *record, size_t offset);

// Frees the texts.
void fields_clear(void *record, const struct field *fields);

void fields_print(json_t *object, const void *record, const struct field *fields);

// Every field must be there, but those that may be none. What was read before an error is the
// record's and to be cleared.
int fields_parse(const json_t *object, const struct field *fields, void *record,
                 struct error *error);
