#include "tests/source.h"

const char tests_folder[] = TESTS_FOLDER;
