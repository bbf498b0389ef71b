// Text from outside: UTF-8 that may be none, control characters, names that were mistyped.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Reads the character at text (not at its end). Returns its size in bytes and sets *character, or
// returns 0 if no valid UTF-8 starts there.
size_t text_character(const char *text, uint32_t *character);

// In place: each control character (C0, DEL, C1, and what turns the direction of writing) and each
// byte that is no UTF-8 becomes '?'; a tab becomes a space. text_clean_lines keeps line feeds.
void text_clean(char *text);
void text_clean_lines(char *text);

// In place: each byte that is no UTF-8 becomes '?'; all else stays.
void text_clean_bytes(char *text);

// The name that was probably meant. Start with all zero, consider each name there is, then ask:
// NULL if none is near.
struct text_guess {
    const char *name;
    size_t distance;
};

void text_guess_consider(struct text_guess *guess, const char *given, const char *name);
