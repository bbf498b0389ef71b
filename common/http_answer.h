// The header lines of an answer: what is read out of them. A part of http; nobody else calls it.

#pragma once

#include "common/http.h"

// Fills in date_unix_ms and retry_after_ms out of answer->headers. Retry-After may be seconds or a
// date, which counts from now_unix_ms; more than a day is a day.
void http_answer_read(struct http_answer *answer, int64_t now_unix_ms);
