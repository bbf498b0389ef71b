// Where the tests' own scripts and data are: this folder, absolute, without a slash at its end.
// Not by __FILE__: what a compiler cache makes of that is not a path.

#pragma once

extern const char tests_folder[];
