// Memory: what cannot fail. Out of memory aborts: systemd starts us again and the catalog is
// transactional, so every size that comes from outside has a limit before it gets here.

#pragma once

#include <stdarg.h>
#include <stddef.h>

// All zero.
void *memory_get(size_t size);
void *memory_resize(void *memory, size_t size);
char *memory_copy_text(const char *text);  // NULL stays NULL

// sprintf into new memory.
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same, without leaving parts of the text in memory that was freed on the way.
char *memory_format_secret(const char *format, ...) __attribute__((format(printf, 1, 2)));

// For CLEAN: frees and sets to NULL, whatever the pointer's type.
void memory_free(void *memory_p);

// As memory_free for a text, but overwrites it first.
void memory_free_secret(char **text_p);

// free and realloc for libraries that handle secrets and let us give them these: what is freed is
// overwritten. NULL if memory runs out.
void memory_wipe_and_free(void *memory);
void *memory_wipe_and_resize(void *memory, size_t size);
