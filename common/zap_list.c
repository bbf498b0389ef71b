#include "common/zap_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/zap.h"

const struct config_key zap_keys[] = {
    {.name = "workers",
     .type = CONFIG_MAP_TEXT,
     .help = "who may connect as a worker: name: public key"},
    {.name = "operators", .type = CONFIG_MAP_TEXT, .help = "who may give orders: name: public key"},
    {0},
};

static const struct {
    const char *key, *domain;
} roles[] = {{"workers", "worker"}, {"operators", "operator"}};

static int
by_key(const void *a, const void *b)
{
    const struct zap_entry *left = a;
    const struct zap_entry *right = b;
    return strcmp(left->public_key, right->public_key);
}

static int
is_name(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(text);
    return length > 0 && length < ZAP_NAME_SIZE && strspn(text, allowed) == length;
}

static int
check_file(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status))
        return error_set(error, ERROR_CONFIG, "cannot read the allow-list '%s': %s", path,
                         strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_mode & 022 ||
        (status.st_uid != 0 && status.st_uid != geteuid()))
        return error_set(
            error, ERROR_CONFIG,
            "the allow-list '%s' must be a file of root or of this program's user that "
            "nobody else can write: chmod 644 it",
            path);
    return 0;
}

static int
add_role(struct zap_list *list, const struct config_node *root, const char *key, const char *domain,
         struct error *error)
{
    size_t count = config_count(root, key);
    list->entries = memory_resize(list->entries, (list->count + count) * sizeof *list->entries);
    for (size_t i = 0; i < count; i++) {
        const char *name = config_item_name(root, key, i);
        const char *public_key = config_item_text(root, key, i);
        if (!is_name(name))
            return config_item_error(error, root, key, i,
                                     "the name is not 1 to %d characters of A-Z a-z 0-9 . _ -",
                                     ZAP_NAME_SIZE - 1);
        if (!key_is_valid(public_key))
            return config_item_error(error, root, key, i,
                                     "this is no public key (40 characters, as in a .pub file)");
        struct zap_entry *entry = &list->entries[list->count++];
        *entry = (struct zap_entry){0};
        snprintf(entry->public_key, sizeof entry->public_key, "%s", public_key);
        snprintf(entry->domain, sizeof entry->domain, "%s", domain);
        snprintf(entry->name, sizeof entry->name, "%s", name);
    }
    return 0;
}

// Which item of the file an entry was.
static int
duplicate_error(const struct zap_entry *entry, const struct zap_entry *other,
                const struct config_node *root, struct error *error)
{
    const char *key = roles[0].key;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (!strcmp(roles[i].domain, entry->domain))
            key = roles[i].key;
    }
    size_t index = 0;
    while (strcmp(config_item_name(root, key, index), entry->name) != 0)
        index++;
    return config_item_error(error, root, key, index, "%s '%s' has the same key: make one for each",
                             other->domain, other->name);
}

static int
check_duplicates(const struct zap_list *list, const struct config_node *root, struct error *error)
{
    for (size_t i = 1; i < list->count; i++) {
        if (!by_key(&list->entries[i], &list->entries[i - 1]))
            return duplicate_error(&list->entries[i], &list->entries[i - 1], root, error);
    }
    return 0;
}

int
zap_list_read(struct zap_list *list, const char *path, struct error *error)
{
    CLEAN(zap_list_clear) struct zap_list found = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    if (path) {
        if (check_file(path, error) || config_read(&config, path, zap_keys, CONFIG_SIZE_MAX, error))
            return -1;
        const struct config_node *root = config_root(config);
        for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
            if (add_role(&found, root, roles[i].key, roles[i].domain, error))
                return -1;
        }
        qsort(found.entries, found.count, sizeof *found.entries, by_key);
        if (check_duplicates(&found, root, error))
            return -1;
    }
    zap_list_clear(list);
    *list = found;
    found = (struct zap_list){0};
    return 0;
}

void
zap_list_clear(struct zap_list *list)
{
    memory_free(&list->entries);
    list->count = 0;
}

const struct zap_entry *
zap_list_find(const struct zap_list *list, const char *domain, const char *public_key)
{
    struct zap_entry wanted = {0};
    if (list->count == 0 || strlen(public_key) >= sizeof wanted.public_key)
        return NULL;
    snprintf(wanted.public_key, sizeof wanted.public_key, "%s", public_key);
    const struct zap_entry *found =
        bsearch(&wanted, list->entries, list->count, sizeof *list->entries, by_key);
    return found && !strcmp(found->domain, domain) ? found : NULL;
}
