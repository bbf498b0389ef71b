// Names that go onto a Data Domain's command line or into a path of its REST interface: letters,
// digits and ._/- only, so that no shell and no parser sees more in them than a word.

#pragma once

#include <stddef.h>

#include "common/error.h"

// ERROR_INVALID unless the text is such a name of 1 to size_max - 1 bytes that does not begin with
// a dash. `what` it is goes into the message: "snapshot", "MTree".
int dd_name_check(const char *what, const char *text, size_t size_max, struct error *error);

// The text with all but letters, digits and -._~ as %XX; the caller's.
char *dd_name_encode(const char *text);
