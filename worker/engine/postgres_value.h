// Values of COPY's binary form as the text that the server itself would print, byte for byte, under
// the settings of our sessions (postgres_head.h): shortest floating-point numbers, ISO dates in
// UTC, hexadecimal bytes. What cannot be told so from its bytes alone (money, intervals, ranges,
// rows, what an extension prints) has no kind here, and is read as text.
//
//     struct postgres_value value;
//     if (postgres_printer_print(printer, &type, data, size, &value, error))
//         return -1;
//     use(value.data, value.size);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum postgres_kind {
    POSTGRES_NO_KIND,  // read as text
    POSTGRES_TEXT,     // its bytes are its text: text, varchar, name, json, enums
    POSTGRES_JSONB,
    POSTGRES_BYTEA,
    POSTGRES_BOOLEAN,
    POSTGRES_INT2,
    POSTGRES_INT4,
    POSTGRES_INT8,
    POSTGRES_OID,
    POSTGRES_FLOAT4,
    POSTGRES_FLOAT8,
    POSTGRES_NUMERIC,
    POSTGRES_DATE,
    POSTGRES_TIME,
    POSTGRES_TIMETZ,
    POSTGRES_TIMESTAMP,
    POSTGRES_TIMESTAMPTZ,
    POSTGRES_UUID,
    POSTGRES_INET,  // and cidr
    POSTGRES_MACADDR,
    POSTGRES_MACADDR8,
    POSTGRES_BITS,  // bit(n)
    POSTGRES_VARBITS,
    POSTGRES_CHAR,  // char(n): its bytes are its text, filled up with blanks
    POSTGRES_KINDS,
};

struct postgres_type {
    uint8_t kind;      // enum postgres_kind
    uint8_t is_array;  // of that kind
};

struct postgres_value {
    const char *data;  // lent until the next call: of the printer, or of what was given
    size_t size;
    int is_plain;  // it has nothing in it that COPY would escape
};

typedef struct postgres_printer postgres_printer_t;

postgres_printer_t *postgres_printer_new(void);
void postgres_printer_destroy(postgres_printer_t **self_p);

// ERROR_CORRUPT: the bytes are no value of this type. ERROR_CONFIG: the text is over 1 GB.
int postgres_printer_print(postgres_printer_t *self, const struct postgres_type *type,
                           const char *data, size_t size, struct postgres_value *value,
                           struct error *error);

// As postgres_scalar_put.
size_t postgres_printer_put(const postgres_printer_t *self, char *to, enum postgres_kind kind,
                            const char *data, size_t size);
