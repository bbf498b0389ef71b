// What a backup by our own reader reads, and into which file: large tables in ranges of their key,
// each a file of lines for LOAD DATA; small ones together in scripts, by their names. A file's
// number follows from the table's name and the range's place in it.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_longest.h"
#include "worker/engine/mysql_row.h"
#include "worker/engine/mysql_tables.h"

enum { MYSQL_FIRST_NUMBER = 10 };  // of the files of rows; lower ones are for definitions

// A file of rows.
struct mysql_task {
    uint32_t number;
    uint8_t form;               // enum mysql_row_form
    uint8_t was_refused;        // a prepared statement; once it was read
    uint8_t reads_definitions;  // of its tables; a table in ranges has one that does
    struct mysql_longest longest;
    struct mysql_table **tables;
    size_t table_count;
    char *low, *high;  // of the key of the only table
    uint64_t bytes;    // about
    // While and after it is read.
    void *file;
    struct file_part *parts;  // one a table
    size_t part_count;
};

typedef struct mysql_plan mysql_plan_t;

// Asks the server where to cut. The tables must outlive the plan.
int mysql_plan_make(mysql_plan_t **self_p, mysql_session_t *session, mysql_tables_t *tables,
                    const struct backup_options *options, struct error *error);
void mysql_plan_destroy(mysql_plan_t **self_p);

// In the order in which they should be begun: the longest first.
size_t mysql_plan_count(const mysql_plan_t *self);
struct mysql_task *mysql_plan_at(mysql_plan_t *self, size_t index);

// A table as the sink is told of it; the texts of `columns` and `key` are the caller's to free.
struct table_facts mysql_plan_facts(const struct mysql_table *table, int is_in_lines, char **key,
                                    char **columns);
