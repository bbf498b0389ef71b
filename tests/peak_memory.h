// How much memory this process takes at most, as the kernel counts it.

#pragma once

#include <stdio.h>

#include "tests/check.h"

// What was freed would be kept by the address sanitizer: 256 MiB of it, if it is not told.
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=8";
}

// Counts anew from now on.
static inline void
peak_memory_begin(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    assert_non_null(file);
    assert_true(fputs("5", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline long
peak_memory_mib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmHWM: %ld", &kib);
    fclose(file);
    assert_true(kib > 0);
    return kib / 1024;
}
