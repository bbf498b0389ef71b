// A file_sink that can also be written by several threads at once, for engines that write files
// themselves. It knows what rows each file holds.
//
//     static struct parallel_sink sink;
//     parallel_sink_begin(&sink, folder);
//     engine->ops->backup(engine, &options, &sink.files.base, &error);
//     parallel_sink_end(&sink);

#pragma once

#include "tests/file_sink.h"

enum { PARALLEL_PARTS_MAX = 4096, PARALLEL_TABLES_MAX = 2048 };

struct parallel_file {
    int fd;
    size_t index;
    uint32_t number;  // as the engine wishes it
    int is_closed;
};

struct parallel_sink {
    struct file_sink files;  // first: it is what `self` points to
    struct file_part parts[PARALLEL_PARTS_MAX];
    char *part_paths[PARALLEL_PARTS_MAX];
    uint32_t part_numbers[PARALLEL_PARTS_MAX];
    size_t part_count;
    char *tables[PARALLEL_TABLES_MAX];  // "schema.name"
    char *schemas[PARALLEL_TABLES_MAX], *names[PARALLEL_TABLES_MAX],
        *conditions[PARALLEL_TABLES_MAX];
    uint32_t table_count;
    uint64_t progress_bytes;  // the most that was told
    size_t dropped;
    uint32_t asked[FILE_SINK_MAX];    // numbers that files were to have
    void (*on_begin)(void *context);  // called once, when the first file is begun
};

static inline int
parallel_sink_open(void *context, uint32_t number, const struct file_facts *facts, void **file,
                   struct error *error)
{
    struct parallel_sink *self = context;
    if (self->on_begin && strcmp(facts->group, "data") == 0) {
        void (*call)(void *) = self->on_begin;
        self->on_begin = NULL;
        call(self->files.context);
    }
    if (self->files.broken)
        return error_set(error, ERROR_CONFIG, "no space left on the store");
    assert_true(self->files.count < FILE_SINK_MAX);
    self->asked[self->files.count] = number;
    struct parallel_file *opened = memory_get(sizeof *opened);
    opened->index = self->files.count++;
    opened->number = number;
    self->files.numbers[opened->index] = file_sink_next(&self->files);
    self->files.paths[opened->index] =
        memory_format("%s/%u.sql", self->files.folder, self->files.numbers[opened->index]);
    opened->fd =
        open(self->files.paths[opened->index], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(opened->fd >= 0);
    self->files.files[opened->index] =
        (struct set_source_file){.role = memory_copy_text(facts->role),
                                 .object = memory_copy_text(facts->object),
                                 .loader = memory_copy_text(facts->loader),
                                 .load_into = memory_copy_text(facts->load_into),
                                 .group = memory_copy_text(facts->group),
                                 .path = self->files.paths[opened->index]};
    *file = opened;
    return 0;
}

static inline int
parallel_sink_write(void *context, const void *data, size_t size, struct error *error)
{
    struct parallel_file *file = context;
    assert_false(file->is_closed);
    return fd_write(file->fd, data, size, error);
}

static inline int
parallel_sink_close(void *context, struct error *error)
{
    struct parallel_file *file = context;
    (void)error;
    assert_false(file->is_closed);
    file->is_closed = 1;
    return close(file->fd);
}

static inline int
parallel_sink_keep(void *context, void *ended, const struct file_part *parts, size_t count,
                   struct error *error)
{
    struct parallel_sink *self = context;
    struct parallel_file *file = ended;
    (void)error;
    assert_true(file->is_closed);
    assert_true(self->part_count + count <= PARALLEL_PARTS_MAX);
    self->files.accepted[file->index] = 1;
    for (size_t index = 0; index < count; index++) {
        assert_in_range(parts[index].table, 1, self->table_count);
        self->files.files[file->index].rows += parts[index].rows;
        self->part_numbers[self->part_count] = file->number;
        self->part_paths[self->part_count] = self->files.paths[file->index];
        self->parts[self->part_count] = parts[index];
        self->parts[self->part_count].low = memory_copy_text(parts[index].low);
        self->parts[self->part_count++].high = memory_copy_text(parts[index].high);
    }
    free(file);
    return 0;
}

static inline void
parallel_sink_drop(void *context, void *dropped)
{
    struct parallel_sink *self = context;
    struct parallel_file *file = dropped;
    if (!file->is_closed)
        close(file->fd);
    self->dropped++;
    free(file);
}

static inline uint32_t
parallel_sink_table(void *context, const struct table_facts *facts)
{
    struct parallel_sink *self = context;
    assert_true(self->table_count < PARALLEL_TABLES_MAX);
    self->schemas[self->table_count] = memory_copy_text(facts->schema);
    self->names[self->table_count] = memory_copy_text(facts->name);
    self->conditions[self->table_count] = memory_copy_text(facts->condition);
    self->tables[self->table_count++] = memory_format("%s.%s", facts->schema, facts->name);
    return self->table_count;
}

static inline void
parallel_sink_progress(void *context, uint64_t open_bytes)
{
    struct parallel_sink *self = context;
    if (open_bytes > self->progress_bytes)
        self->progress_bytes = open_bytes;
}

static inline void
parallel_sink_begin(struct parallel_sink *self, const char *folder)
{
    *self = (struct parallel_sink){0};
    file_sink_begin(&self->files, folder);
    self->files.base.begin = parallel_sink_open;
    self->files.base.write = parallel_sink_write;
    self->files.base.close = parallel_sink_close;
    self->files.base.end = parallel_sink_keep;
    self->files.base.drop = parallel_sink_drop;
    self->files.base.table = parallel_sink_table;
    self->files.base.progress = parallel_sink_progress;
}

static inline void
parallel_sink_end(struct parallel_sink *self)
{
    for (size_t index = 0; index < self->part_count; index++) {
        file_sink_free(self->parts[index].low);
        file_sink_free(self->parts[index].high);
    }
    for (uint32_t index = 0; index < self->table_count; index++) {
        free(self->tables[index]);
        free(self->schemas[index]);
        free(self->names[index]);
        free(self->conditions[index]);
    }
    file_sink_end(&self->files);
}

// The sum of all parts of the table ("schema.name"), and its rows.
static inline struct row_sum
parallel_sink_sum(const struct parallel_sink *self, const char *table, uint64_t *rows)
{
    struct row_sum sum = {0};
    *rows = 0;
    for (size_t index = 0; index < self->part_count; index++) {
        if (strcmp(self->tables[self->parts[index].table - 1], table) == 0) {
            sum = row_sum_add(sum, self->parts[index].digest);
            *rows += self->parts[index].rows;
        }
    }
    return sum;
}
