// XML as a stream, over expat, for answers of clouds: hostile until checked. Namespaces are not
// looked at: an element is its local name. DOCTYPE and entities beyond the five are refused, and so
// is what is nested too deep, too long, or goes on after the limit.
//
//     static const struct xml_limits limits = {.size_max = 16 << 20, .text_max = 4096};
//     CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, self, &limits);
//     if (xml_feed(xml, data, size, error) ...)    // as often as data comes
//         return -1;
//     return xml_end(xml, error);                  // refuses a document that was cut short
//
// Texts are kept in memory that is overwritten before it is freed.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { XML_DEPTH_MAX = 32, XML_PATH_SIZE = 1024 };

struct xml_limits {
    size_t size_max;  // of the document
    size_t text_max;  // of the text of one element
};

// `path` names the element from the root: "/DescribeDBInstancesResponse/.../Marker"; `name` is its
// last part. Either may be NULL. An error of theirs ends the parsing and is what xml_feed returns.
struct xml_handler {
    int (*begin)(void *argument, const char *path, const char *name, struct error *error);

    // `text` is that of an element without children, as it stands, NUL-terminated; "" if it has
    // children.
    int (*end)(void *argument, const char *path, const char *name, const char *text,
               struct error *error);
};

typedef struct xml xml_t;

xml_t *xml_new(const struct xml_handler *handler, void *argument, const struct xml_limits *limits);
void xml_destroy(xml_t **self_p);

// Parses a piece. ERROR_INVALID for what is malformed or beyond a limit; from then on every call
// fails in the same way.
int xml_feed(xml_t *self, const void *data, size_t size, struct error *error);

// Says that the document is at its end.
int xml_end(xml_t *self, struct error *error);

// Forgets everything, for a new document to the same handler.
void xml_restart(xml_t *self);
