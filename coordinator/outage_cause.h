// What makes failures one outage: their message without what is only of the one that failed. Two
// databases whose store does not answer have one cause; two stores have two. No I/O.
//
//     struct cause cause = {.message = message, .own = {name, host}, .shared = {account, store}};
//     CLEAN(memory_free) char *key = outage_cause(&cause);

#pragma once

#include <stddef.h>

enum { CAUSE_WORDS_MAX = 8, CAUSE_MESSAGE_MAX = 400 };

struct cause {
    const char *message;                  // only its first line counts
    const char *own[CAUSE_WORDS_MAX];     // words of the one that failed; NULL or "" = none
    const char *shared[CAUSE_WORDS_MAX];  // what others have, too: if the message names it, then it
                                          // sets outages apart
};

// The caller's. Of the message's words (between blanks, quotes, brackets and the like) those in
// `own` become `*`, together with what is joined to them (the file in a set's folder), numbers and
// long hexadecimal ones `#`. A database that is named like a word
// that messages have anyway is told of by itself: too many messages rather than too few.
char *outage_cause(const struct cause *cause);
