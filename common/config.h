// Configuration: YAML (libyaml's events, which have lines and columns) held against a table of
// keys. What is not in the table, is of a wrong type or out of range is an error that names file,
// line, column and key, and says what would be right. Anchors, aliases, tags, merge keys, duplicate
// keys and several documents are refused. At most 1 MiB (inventories: 64 MiB), 32 levels.
//
// The table describes one mapping. A list of mappings and a mapping with free keys (names chosen
// by the user) have tables of their own, and one of them may hold itself (a section may not). From
// the tables come the checks and `--help-config`.
//
//     static const struct config_key server_keys[] = {
//         {.name = "endpoint", .type = CONFIG_TEXT, .required = 1, .help = "where to listen"},
//         {.name = "beat", .type = CONFIG_DURATION, .preset = "10s", .low = 100, .high = 3600000,
//          .help = "how often workers say that they live"},
//         {.name = "stores", .type = CONFIG_LIST, .keys = store_keys, .help = "..."},
//         {.name = "secrets", .type = CONFIG_MAP, .keys = secret_keys, .help = "by name"},
//         {.name = "labels", .type = CONFIG_MAP_TEXT, .help = "name: text"},
//         {0}};
//     CLEAN(config_destroy) config_t *config = NULL;
//     if (config_read(&config, "/etc/dbhaul/worker.yaml", server_keys, CONFIG_SIZE_MAX, error))
//     const struct config_node *root = config_root(config);
//     int64_t beat_ms = config_integer(root, "beat");
//
// Reading never fails once config_read has succeeded: presets stand where nothing was said, and a
// section that was not given is there with the presets of its keys. Texts are taken as written:
// `no` and `012` are texts where a text is wanted; nothing and `null` are refused.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { CONFIG_SIZE_MAX = 1 << 20, CONFIG_INVENTORY_SIZE_MAX = 64 << 20 };

enum config_type {
    CONFIG_TEXT,  // low..high bound its length if high > 0
    CONFIG_INTEGER,
    CONFIG_BOOLEAN,   // true or false
    CONFIG_DURATION,  // "500ms", "10s", "5m", "2h", "7d"; read as milliseconds
    CONFIG_SIZE,      // "64KiB", "10MiB", "2GiB" or a number of bytes; read as bytes
    CONFIG_CHOICE,    // one of .choices
    CONFIG_TEXTS,     // a list of texts
    CONFIG_SECTION,   // a mapping with .keys
    CONFIG_LIST,      // a list of mappings with .keys
    CONFIG_MAP,       // free names, each a mapping with .keys
    CONFIG_MAP_TEXT,  // free names, each a text
    CONFIG_ANY,       // anything: it is for another program to read; no getter reads it
};

struct config_key {
    const char *name;
    enum config_type type;
    int required;
    const char *preset;          // of single values, in YAML's spelling; NULL: 0, "", empty
    int64_t low, high;           // both 0: no bounds; of a list or a map: of the count of items
    const char *const *choices;  // NULL-terminated
    const struct config_key *keys;
    const char *help;
};

typedef struct config config_t;
struct config_node;  // a mapping of the document (lent by the config)

int config_read(config_t **self_p, const char *path, const struct config_key *keys, size_t size_max,
                struct error *error);
int config_read_text(config_t **self_p, const char *name, const char *text, size_t size,
                     const struct config_key *keys, size_t size_max, struct error *error);
void config_destroy(config_t **self_p);

const struct config_node *config_root(const config_t *self);

// Keys must be of the table and of the type asked for (assert otherwise: our own bug).
int config_has(const struct config_node *node, const char *key);  // was it in the file?
const char *config_text(const struct config_node *node, const char *key);
int64_t config_integer(const struct config_node *node,
                       const char *key);  // also boolean, duration, size
size_t config_count(const struct config_node *node, const char *key);  // of a list or map
const struct config_node *config_item(const struct config_node *node, const char *key,
                                      size_t index);
const struct config_node *config_section(const struct config_node *node, const char *key);
const char *config_item_name(const struct config_node *node, const char *key,
                             size_t index);  // of a map
const char *config_item_text(const struct config_node *node, const char *key,
                             size_t index);  // TEXTS, MAP_TEXT

// Whether a key says the same in two mappings of one table, presets included. What is another
// program's (CONFIG_ANY) is not looked at.
int config_is_same(const struct config_node *one, const struct config_node *other, const char *key);

// For errors found later: "<file>:<line>:<column>: <key>: " and then the format. Returns -1.
int config_error(struct error *error, const struct config_node *node, const char *key,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

// The same with the place and, in a map, the name of one item of a list or a map.
int config_item_error(struct error *error, const struct config_node *node, const char *key,
                      size_t index, const char *format, ...) __attribute__((format(printf, 5, 6)));

// SHA-256 of the file's bytes, in hexadecimal.
const char *config_digest(const config_t *self);

// Prints the reference of a table, as the manual has it: key, type, preset, range, help.
void config_print_reference(const struct config_key *keys);
