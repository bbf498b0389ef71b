// Questions to a Data Domain's REST interface, with a token: the first one logs in, in whichever
// form of the body is understood; a dead token costs one new login; a token that an answer carries
// takes the place of the old one. A password that was refused is tried again only after a quarter
// of an hour, or when it is another one: tries that fail lock accounts. A part of dd_rest, which
// says what is asked; nobody else calls it.

#pragma once

#include "coordinator/protect/dd_answer.h"
#include "coordinator/protect/dd_rest.h"

typedef struct dd_session dd_session_t;

dd_session_t *dd_session_new(const struct dd_rest_options *options);
void dd_session_destroy(dd_session_t **self_p);  // gives the token back, if that is quick

// GETs a path. ERROR_NOT_FOUND for DD_MISSING and DD_MISSING_PERHAPS, which *verdict tells apart.
// The JSON is the caller's.
int dd_session_ask(dd_session_t *self, const char *path, json_t **json, enum dd_verdict *verdict,
                   struct error *error);
