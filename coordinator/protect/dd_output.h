// What a Data Domain's command line prints. Failures are told by lines that begin with "**** ", on
// whatever exit status; other lines with stars are notices. Tables are read by the bounds that the
// row of dashes gives, never by counting words. The texts of most commands are not documented: all
// that is relied on is here.

#pragma once

#include "coordinator/protect/dd_record.h"

#include "common/error.h"

// A time of replication status, "Mon Jul 28 13:32": no year, no zone, no seconds.
struct dd_stamp {
    int weekday;  // 0 = Sunday
    int month;    // 0 = January
    int day, hour, minute;
};

// Whether a line tells of a failure; if so `text` gets it, cut to size and without its stars.
int dd_output_failed(const char *output, char *text, size_t size);

// The rows of `replication status`, and of `replication show config`.
struct dd_status_row {
    char id[DD_NAME_SIZE];
    char destination[DD_NAME_SIZE + DD_PATH_SIZE];  // "mtree://dd2.example/data/col1/su1"
    int is_enabled, is_connected, has_stamp;
    struct dd_stamp stamp;
};
struct dd_config_row {
    char id[DD_NAME_SIZE];
    char source[DD_NAME_SIZE + DD_PATH_SIZE];
};

// *rows is the caller's (memory_free). ERROR_INVALID if there is no table with such columns, or
// more rows than DD_CONTEXTS_MAX.
int dd_output_status(const char *output, struct dd_status_row **rows, size_t *count,
                     struct error *error);
int dd_output_config(const char *output, struct dd_config_row **rows, size_t *count,
                     struct error *error);

// Splits "mtree://HOST/PATH" (the path keeps its slash). ERROR_INVALID for anything else.
int dd_output_place(const char *text, char host[DD_NAME_SIZE], char path[DD_PATH_SIZE],
                    struct error *error);

int dd_output_stamp(const char *text, struct dd_stamp *stamp);  // 0 or -1
