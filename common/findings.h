// What a check found: one line a finding, each with the word that says what it is about.
//
// As text (a job's message) a finding that lets a backup fail is "tls: ...", one that does not is
// "note room: ...". What a server or a tool said goes through here: it cannot begin a line.
//
//     CLEAN(findings_destroy) findings_t *findings = findings_new();
//     findings_add(findings, ABOUT_TLS, 1, "the certificate of '%s' has expired", host);
//     char *message = findings_print(findings, 4000);

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { FINDINGS_MAX = 64, FINDING_SIZE = 640 };

struct finding {
    enum error_about about;
    int fatal;  // a backup would fail
    char text[FINDING_SIZE];
};

typedef struct findings findings_t;

findings_t *findings_new(void);
void findings_destroy(findings_t **self_p);

// Where there is no room any more, a fatal one takes the place of one that is not.
void findings_add(findings_t *self, enum error_about about, int fatal, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Adds a failure as fatal, under `about` if it does not say itself what it is about.
void findings_add_error(findings_t *self, const struct error *error, enum error_about about);

size_t findings_count(const findings_t *self);
const struct finding *findings_item(const findings_t *self, size_t index);  // lent
int findings_are_fatal(const findings_t *self);                             // is any of them

// The lines, fatal ones first; "" if there is none. Of what does not fit into size_max bytes the
// last line tells how many there are. The caller's.
char *findings_print(const findings_t *self, size_t size_max);

// Reads such lines. Others are fatal and about nothing.
findings_t *findings_read(const char *text);

const char *findings_word(enum error_about about);  // "tls"; "" for ABOUT_NOTHING
