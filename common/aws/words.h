// The words of a command as a shell would see them, without a shell: blanks, quotes, backslashes.

#pragma once

#include "common/error.h"

enum { AWS_WORDS_MAX = 64 };

struct aws_words {
    char *text;
    const char *argv[AWS_WORDS_MAX + 1];  // within text; up to a NULL
};

// ERROR_CONFIG if there is no word, too many, or a quote that is not closed.
int aws_words_split(struct aws_words **words_p, const char *command, struct error *error);
void aws_words_destroy(struct aws_words **words_p);
