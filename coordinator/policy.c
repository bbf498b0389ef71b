#include "coordinator/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/record.h"

struct policy *
policy_new(const char *name)
{
    struct policy *self = memory_get(sizeof *self);
    char **texts[] = {&self->cron, &self->zone, &self->store, &self->tool, &self->secret};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], "");
    record_set(&self->name, name);
    self->may_opt_out = 1;
    return self;
}

static void
clear_texts(struct policy_texts *texts)
{
    for (size_t index = 0; index < texts->count; index++)
        memory_free(&texts->items[index]);
    memory_free(&texts->items);
}

void
policy_destroy(struct policy **self_p)
{
    struct policy *self = *self_p;
    if (!self)
        return;
    clear_texts(&self->option_values);
    clear_texts(&self->option_names);
    clear_texts(&self->tables_without_data);
    clear_texts(&self->exclude_tables);
    clear_texts(&self->include_tables);
    clear_texts(&self->exclude_schemas);
    clear_texts(&self->include_schemas);
    memory_free(&self->secret);
    memory_free(&self->tool);
    memory_free(&self->store);
    timetable_destroy(&self->timetable);
    memory_free(&self->zone);
    memory_free(&self->cron);
    criteria_destroy(&self->select);
    memory_free(&self->name);
    memory_free(self_p);
}

void
policy_add_text(struct policy_texts *texts, const char *text)
{
    texts->items = memory_resize(texts->items, (texts->count + 1) * sizeof(char *));
    texts->items[texts->count++] = memory_copy_text(text);
}

// ---- the digest

static void
print_text(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, "%s=%zu:%s\n", name, strlen(text), text);
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
print_texts(FILE *stream, const char *name, const struct policy_texts *texts)
{
    CLEAN(memory_free) char **sorted = memory_get(texts->count * sizeof *sorted);
    if (texts->count)
        memcpy(sorted, texts->items, texts->count * sizeof *sorted);
    qsort(sorted, texts->count, sizeof *sorted, by_text);
    for (size_t index = 0; index < texts->count; index++)
        print_text(stream, name, sorted[index]);
}

static void
print_options(FILE *stream, const struct policy *self)
{
    struct policy_texts lines = {0};
    for (size_t index = 0; index < self->option_names.count; index++) {
        CLEAN(memory_free)
        char *line =
            memory_format("%zu:%s=%s", strlen(self->option_names.items[index]),
                          self->option_names.items[index], self->option_values.items[index]);
        policy_add_text(&lines, line);
    }
    print_texts(stream, "option", &lines);
    clear_texts(&lines);
}

static void
print_numbers(FILE *stream, const struct policy *self)
{
    const int64_t numbers[] = {
        self->precedence,         self->is_selectable,
        self->may_opt_out,        self->schedule.window_ms,
        self->schedule.spread_ms, self->schedule.missed,
        self->read_from,          self->tls,
        self->password_hashes,    self->read_bytes_per_second,
        self->connections,        self->time_limit_ms,
        self->priority,           self->jobs,
        self->good_age_ms,        self->offsite_age_ms,
    };
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        fprintf(stream, "%" PRId64 "\n", numbers[index]);
}

static void
print_policy(FILE *stream, const struct policy *self)
{
    print_text(stream, "name", self->name);
    fprintf(stream, "select=%s", self->select ? "" : "none");
    if (self->select)
        criteria_print(self->select, stream);
    print_text(stream, "\ncron", self->cron);
    print_text(stream, "zone", self->zone);
    print_texts(stream, "include_schemas", &self->include_schemas);
    print_texts(stream, "exclude_schemas", &self->exclude_schemas);
    print_texts(stream, "include_tables", &self->include_tables);
    print_texts(stream, "exclude_tables", &self->exclude_tables);
    print_texts(stream, "tables_without_data", &self->tables_without_data);
    print_text(stream, "store", self->store);
    print_text(stream, "tool", self->tool);
    print_text(stream, "secret", self->secret);
    print_options(stream, self);
    print_numbers(stream, self);
}

void
policy_seal(struct policy *self)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    print_policy(stream, self);
    fclose(stream);
    uint8_t sum[DIGEST_SIZE];
    digest_of(text, size, sum);
    digest_hex(sum, self->digest);
    self->specificity = self->select ? criteria_specificity(self->select) : 0;
}
