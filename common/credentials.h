// What one logs in to a server with: a user name and a password, which may be a token. Both are one
// line of UTF-8, and kept in memory that is overwritten before it is freed.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { CREDENTIALS_MASK_MIN = 4 };

struct credentials {
    char *username;
    char *password;
    int is_token;  // the password is good for minutes: to be made anew for each login
};

// Reads a secret's value: a password, whose user is `username`, or an object in JSON
// {"username": ..., "password": ...}, in which any other keys may be; `username` (not "") has the
// last word. ERROR_NOT_FOUND if there is no username; else ERROR_CONFIG. What is wrong is said
// without the value.
int credentials_read(struct credentials *self, const char *value, size_t size, const char *username,
                     struct error *error);

// Overwrites and frees both texts.
void credentials_clear(struct credentials *self);

// Copies into what is empty or cleared.
void credentials_copy(struct credentials *self, const struct credentials *from);
int credentials_equal(const struct credentials *self, const struct credentials *other);

// Replaces every occurrence of the password in text by "*****" of the same or shorter length, and
// its beginning at the text's end by stars. Passwords under CREDENTIALS_MASK_MIN are not looked
// for.
void credentials_mask(const struct credentials *self, char *text);
