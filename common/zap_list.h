// The allow-list as a table: read from its file, sorted by key. Only zap.c uses it.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "common/key.h"

enum { ZAP_NAME_SIZE = 64 };

// Plain bytes, so that a table can be given to the actor as one frame.
struct zap_entry {
    char public_key[KEY_TEXT_SIZE];
    char domain[16];
    char name[ZAP_NAME_SIZE];
};

struct zap_list {
    struct zap_entry *entries;
    size_t count;
};

// path may be NULL: an empty list.
int zap_list_read(struct zap_list *list, const char *path, struct error *error);
void zap_list_clear(struct zap_list *list);

// NULL if the key is not in it for this domain.
const struct zap_entry *zap_list_find(const struct zap_list *list, const char *domain,
                                      const char *public_key);
