// Base64 as RFC 4648 has it, with padding.

#pragma once

#include <stddef.h>

// Decodes text into at most size_max bytes. Returns 0 and the size, or -1 if the text is no base64
// or longer.
int base64_decode(const char *text, char *bytes, size_t size_max, size_t *size);
