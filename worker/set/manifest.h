// The manifest: what a set says of itself, in JSON, in the file `manifest.json` of its folder.
// Written last; a folder without one is no set. Format 2 if it tells of tables, which a reader of
// our own wrote, else 1, which is the same without them; a greater one is refused with a sentence.
// It is read as hostile: every text has a limit, every number a range, every path is a plain file
// name of digits and one extension, every listed file exists once.
//
// Who fills one uses the functions below for its lists and memory_copy_text for its texts:
//
//     CLEAN(manifest_destroy) struct manifest *manifest = manifest_new();
//     manifest->engine = memory_copy_text("mysql");
//     manifest_add_schema(manifest, "shop", 12);
//     CLEAN(memory_free) char *text = manifest_print(manifest, &size);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/error.h"

#define MANIFEST_FILE "manifest.json"

enum {
    MANIFEST_FORMAT = 2,
    MANIFEST_SIZE_MAX = 64 << 20,
    MANIFEST_FILES_MAX = 40000,        // and so many items of each of the other lists, but
    MANIFEST_TABLES_MAX = 150000,      // of tables
    MANIFEST_PARTS_MAX = 200000,       // and of parts
    MANIFEST_TEXT_MAX = 4096,          // bytes of any text
    MANIFEST_COLUMNS_MAX = 512 << 10,  // but a list of columns
};

// The digest of rows: a number of 128 bits. See worker/engine/row_digest.h.
struct manifest_sum {
    uint64_t high, low;
};

struct manifest_file {
    char *path;  // "1.sql"
    char *role, *object, *loader, *load_into, *tool, *tool_version,
        *group;  // as struct file_facts; "" = none
    uint64_t size_bytes;
    uint8_t sha256[DIGEST_SIZE];
};

struct manifest_point {
    char *object, *kind, *position;  // "" = none
    int64_t unix_ms;
};

struct manifest_schema {
    char *name;
    uint64_t tables;
};

// A table whose rows a reader of ours wrote.
struct manifest_table {
    char *object;  // PostgreSQL: the database; "" = none
    char *schema, *name;
    char *key;        // columns by which it was split and put in order, for people; "" = none
    char *period;     // "FOR SYSTEM_TIME ALL": with the rows that were; "" = none
    char *condition;  // "WHERE ...": only those rows, of an extension's table; "" = all
    char *columns;    // what the loader names after the table; "" = none
};

// Rows of one table in one file.
struct manifest_part {
    uint32_t file;     // its number, as in its path
    uint32_t table;    // its place in `tables`, from 1
    char *low, *high;  // from low on and before high, values of the key; "" = no end
    uint64_t rows, size_bytes;
    struct manifest_sum digest;
};

struct manifest_pair {  // left out: what, why; facts: key, value
    char *first, *second;
};

// A rule of the policy: "exclude_tables", its pattern, and how many schemas or tables it fits.
struct manifest_rule {
    char *list, *pattern;
    uint64_t fits;
};

// What the policy left out: "table", "shop", "log_1", the rule. Without a name: so many of them.
struct manifest_exclusion {
    char *kind, *schema, *name, *why;
    uint64_t count;
};

// What is in the set for people: "restore.sh", "RESTORE.txt".
struct manifest_guide {
    char *path;
    uint64_t size_bytes;
    uint8_t sha256[DIGEST_SIZE];
};

struct manifest {
    char *set_path, *store, *run_label, *writer_version;
    uint64_t job_id;
    uint32_t attempt;
    char *engine, *resource_id, *name, *host, *server_version, *tool, *tool_version, *consistency;
    char *provider;  // which listed it; "" = not told
    uint32_t port;
    int64_t started_unix_ms, ended_unix_ms;
    struct manifest_file *files;
    struct manifest_point *points;
    struct manifest_schema *schemas;
    struct manifest_pair *left_out, *facts;
    struct manifest_guide *guides;
    struct manifest_rule *rules;  // sets of before had neither these nor exclusions
    struct manifest_exclusion *exclusions;
    struct manifest_table *tables;
    struct manifest_part *parts;
    size_t file_count, point_count, schema_count, left_out_count, fact_count, guide_count,
        rule_count, exclusion_count, table_count, part_count;
};

struct manifest *manifest_new(void);
void manifest_destroy(struct manifest **self_p);

// Texts are copied; NULL is "". A file or guide that was added is all zero but for its path and is
// lent until the next one is added.
struct manifest_file *manifest_add_file(struct manifest *self, const char *path);
struct manifest_guide *manifest_add_guide(struct manifest *self, const char *path);
void manifest_add_point(struct manifest *self, const char *object, const char *kind,
                        const char *position, int64_t unix_ms);
void manifest_add_schema(struct manifest *self, const char *name, uint64_t tables);
void manifest_add_left_out(struct manifest *self, const char *what, const char *why);
void manifest_add_fact(struct manifest *self, const char *key, const char *value);
void manifest_add_rule(struct manifest *self, const char *list, const char *pattern, uint64_t fits);
void manifest_add_exclusion(struct manifest *self, const struct manifest_exclusion *exclusion);

// How many things the policy left out.
uint64_t manifest_excluded(const struct manifest *self);

// As for files; all zero but for the texts named, and lent. A table's place is table_count then.
struct manifest_table *manifest_add_table(struct manifest *self, const char *schema,
                                          const char *name);
struct manifest_part *manifest_add_part(struct manifest *self, const char *low, const char *high);

// Puts the files in the order of their numbers, and the parts in that of their files.
void manifest_sort(struct manifest *self);

// Are the paths of files and guides as they must be, and is each part of a listed file and table?
int manifest_check(const struct manifest *self, struct error *error);

// Is there a file for this loader?
int manifest_has_loader(const struct manifest *self, const char *loader);

// The number in a path, "12.sql", or 0.
uint32_t manifest_file_number(const char *path);

// The JSON text; the caller's, to be given to free(). Same content, same bytes. Texts are made
// UTF-8 and cut to MANIFEST_TEXT_MAX.
char *manifest_print(const struct manifest *self, size_t *size);
int manifest_parse(struct manifest **self_p, const char *text, size_t size, struct error *error);
