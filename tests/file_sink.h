// A sink for tests of engines: keeps each file in a folder and notes what it is told, one line a
// fact, so that a test looks for text.
//
//     struct file_sink sink;
//     file_sink_begin(&sink, folder);
//     engine_backup(engine, &options, &sink.base, &error);
//     assert_non_null(strstr(sink.notes, "schema shop 3\n"));
//     file_sink_end(&sink);

#pragma once

#include <inttypes.h>
#include <sys/mman.h>

#include "tests/folder.h"
#include "worker/engine/engine.h"

enum { FILE_SINK_MAX = 256 };

struct file_sink {
    struct sink base;
    const char *folder;
    char *paths[FILE_SINK_MAX];
    struct set_source_file files[FILE_SINK_MAX];  // as engine_restore takes them
    int accepted[FILE_SINK_MAX];
    uint32_t numbers[FILE_SINK_MAX];
    int dropped;
    size_t count;
    int broken;   // set by a test: each put fails as a full disk does
    char *notes;  // "left out WHAT: WHY\n", "point OBJECT KIND POSITION\n", "schema NAME TABLES\n",
                  // "fact KEY=VALUE\n", "tool NAME VERSION\n", "rule LIST PATTERN FITS\n",
                  // "excluded KIND SCHEMA NAME COUNT: WHY\n"
    // Called once, when the first bytes that a tool dumps of role "data" have come.
    void (*on_data)(void *context);
    void *context;
    // Of files that an engine writes itself.
    void (*on_progress)(void *context);
    // Of files that an engine writes itself; the second one in the thread that writes.
    void (*on_begin)(void *context);
    void (*on_write)(void *context);
    uint64_t full_at;  // a file that grows beyond this fails, as on a full disk
    struct table_facts tables[FILE_SINK_MAX];
    uint32_t table_count;
};

static inline void
file_sink_note(struct file_sink *self, char *line)
{
    char *longer = memory_format("%s%s\n", self->notes, line);
    free(self->notes);
    free(line);
    self->notes = longer;
}

static inline void
file_sink_edge(struct file_edges *edges, const char *data, size_t size)
{
    for (size_t at = 0; at < size && edges->head_size < sizeof edges->head; at++)
        edges->head[edges->head_size++] = data[at];
    size_t take = size < sizeof edges->tail ? size : sizeof edges->tail;
    size_t keep = edges->tail_size;
    if (keep + take > sizeof edges->tail)
        keep = sizeof edges->tail - take;
    memmove(edges->tail, edges->tail + edges->tail_size - keep, keep);
    memcpy(edges->tail + keep, data + size - take, take);
    edges->tail_size = keep + take;
    edges->size_bytes += size;
}

static inline uint32_t
file_sink_next(const struct file_sink *self)
{
    uint32_t number = 0;
    for (size_t index = 0; index + 1 < self->count; index++)
        number = self->numbers[index] > number ? self->numbers[index] : number;
    return number + 1;
}

static inline int
file_sink_put(void *context, const struct file_facts *facts, int fd, struct file_edges *edges,
              struct error *error)
{
    struct file_sink *self = context;
    if (self->broken)
        return error_set(error, ERROR_CONFIG, "no space left on the store");
    assert_true(self->count < FILE_SINK_MAX);
    size_t index = self->count++;
    self->numbers[index] = file_sink_next(self);
    self->paths[index] = memory_format("%s/%u.sql", self->folder, self->numbers[index]);
    int file = open(self->paths[index], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    memset(edges, 0, sizeof *edges);
    static char buffer[65536];
    for (;;) {
        ssize_t size = read(fd, buffer, sizeof buffer);
        assert_true(size >= 0);
        if (size == 0)
            break;
        file_sink_edge(edges, buffer, (size_t)size);
        if (facts->watch)
            facts->watch(facts->watch_context, buffer, (size_t)size);
        assert_int_equal(fd_write(file, buffer, (size_t)size, error), 0);
        if (self->on_data && facts->tool && strcmp(facts->role, "data") == 0) {
            void (*call)(void *) = self->on_data;
            self->on_data = NULL;
            call(self->context);
        }
    }
    close(file);
    if (facts->tool)
        file_sink_note(self, memory_format("tool %s %s", facts->tool, facts->tool_version));
    self->files[index] = (struct set_source_file){.role = memory_copy_text(facts->role),
                                                  .object = memory_copy_text(facts->object),
                                                  .loader = memory_copy_text(facts->loader),
                                                  .load_into = memory_copy_text(facts->load_into),
                                                  .size_bytes = edges->size_bytes,
                                                  .group = memory_copy_text(facts->group),
                                                  .path = self->paths[index]};
    return 0;
}

static inline int
file_sink_accept(void *context, struct error *error)
{
    (void)error;
    struct file_sink *self = context;
    assert_true(self->count > 0);
    self->accepted[self->count - 1] = 1;
    return 0;
}

static inline int
file_sink_put_text(void *context, const struct file_facts *facts, const char *text, size_t size,
                   struct error *error)
{
    struct file_edges *edges = memory_get(sizeof *edges);
    int fd = memfd_create("text", MFD_CLOEXEC);
    assert_int_equal(fd_write(fd, text, size, error), 0);
    lseek(fd, 0, SEEK_SET);
    int result = file_sink_put(context, facts, fd, edges, error);
    if (result == 0)
        result = file_sink_accept(context, error);
    close(fd);
    free(edges);
    return result;
}

// A file that an engine writes itself.
struct file_sink_open {
    int fd;
    uint32_t number;
    struct set_source_file file;
    char *path;
    struct file_sink *sink;
};

static inline int
file_sink_write_begin(void *context, uint32_t number, const struct file_facts *facts, void **file,
                      struct error *error)
{
    struct file_sink *self = context;
    if (self->broken)
        return error_set(error, ERROR_CONFIG, "no space left on the store");
    if (self->on_begin)
        self->on_begin(self->context);
    struct file_sink_open *open_file = memory_get(sizeof *open_file);
    open_file->sink = self;
    open_file->number = number;
    open_file->path = memory_format("%s/%u.%s", self->folder, number,
                                    strcmp(facts->loader, "mysql") == 0 ? "sql" : "tsv");
    open_file->file = (struct set_source_file){.role = memory_copy_text(facts->role),
                                               .object = memory_copy_text(facts->object),
                                               .loader = memory_copy_text(facts->loader),
                                               .load_into = memory_copy_text(facts->load_into),
                                               .group = memory_copy_text(facts->group)};
    open_file->fd = open(open_file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(open_file->fd >= 0);
    *file = open_file;
    return 0;
}

static inline int
file_sink_write(void *file, const void *data, size_t size, struct error *error)
{
    struct file_sink_open *open_file = file;
    open_file->file.size_bytes += size;
    if (open_file->sink->on_write)
        open_file->sink->on_write(open_file->sink->context);
    if (open_file->sink->full_at && open_file->file.size_bytes > open_file->sink->full_at)
        return error_set(error, ERROR_CONFIG, "no space left on the store");
    return fd_write(open_file->fd, data, size, error);
}

static inline int
file_sink_close(void *file, struct error *error)
{
    (void)error;
    struct file_sink_open *open_file = file;
    close(open_file->fd);
    open_file->fd = -1;
    return 0;
}

static inline int
file_sink_write_end(void *context, void *file, const struct file_part *parts, size_t count,
                    struct error *error)
{
    (void)error;
    struct file_sink *self = context;
    struct file_sink_open *open_file = file;
    assert_int_equal(open_file->fd, -1);
    assert_true(self->count < FILE_SINK_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct file_part *part = &parts[i];
        assert_in_range(part->table, 1, self->table_count);
        const struct table_facts *table = &self->tables[part->table - 1];
        open_file->file.rows += part->rows;
        if (table->columns) {
            open_file->file.schema = table->schema;
            open_file->file.table = table->name;
            open_file->file.columns = table->columns;
        }
        file_sink_note(self,
                       memory_format("part %u %s.%s [%s,%s) %" PRIu64 " %016" PRIx64 "%016" PRIx64,
                                     open_file->number, table->schema, table->name,
                                     part->low ? part->low : "", part->high ? part->high : "",
                                     part->rows, part->digest.high, part->digest.low));
    }
    size_t index = self->count++;
    for (; index > 0 && self->numbers[index - 1] > open_file->number; index--) {
        self->numbers[index] = self->numbers[index - 1];
        self->paths[index] = self->paths[index - 1];
        self->files[index] = self->files[index - 1];
        self->accepted[index] = self->accepted[index - 1];
    }
    self->numbers[index] = open_file->number;
    self->paths[index] = open_file->path;
    self->files[index] = open_file->file;
    self->files[index].path = open_file->path;
    self->accepted[index] = 1;
    free(open_file);
    return 0;
}

static inline void
file_sink_free(const char *text)
{
    free((void *)(uintptr_t)text);
}

static inline void
file_sink_free_file(const struct set_source_file *file)
{
    file_sink_free(file->role);
    file_sink_free(file->object);
    file_sink_free(file->loader);
    file_sink_free(file->load_into);
    file_sink_free(file->group);
}

static inline void
file_sink_drop(void *context, void *file)
{
    struct file_sink *self = context;
    struct file_sink_open *open_file = file;
    if (open_file->fd >= 0)
        close(open_file->fd);
    file_sink_free_file(&open_file->file);
    unlink(open_file->path);
    free(open_file->path);
    free(open_file);
    self->dropped++;
}

static inline uint32_t
file_sink_table(void *context, const struct table_facts *facts)
{
    struct file_sink *self = context;
    assert_true(self->table_count < FILE_SINK_MAX);
    self->tables[self->table_count] =
        (struct table_facts){.schema = memory_copy_text(facts->schema),
                             .name = memory_copy_text(facts->name),
                             .key = memory_copy_text(facts->key),
                             .columns = memory_copy_text(facts->columns)};
    return (uint32_t)++self->table_count;
}

static inline void
file_sink_progress(void *context, uint64_t open_bytes)
{
    struct file_sink *self = context;
    (void)open_bytes;
    if (self->on_progress)
        self->on_progress(self->context);
}

static inline void
file_sink_left_out(void *context, const char *what, const char *why)
{
    file_sink_note(context, memory_format("left out %s: %s", what, why));
}

static inline void
file_sink_point(void *context, const char *object, const char *kind, const char *position,
                int64_t unix_ms)
{
    assert_true(unix_ms > 0);
    file_sink_note(context, memory_format("point %s %s %s", object ? object : "(all)", kind,
                                          position ? position : "(none)"));
}

static inline void
file_sink_schema(void *context, const char *name, uint64_t tables)
{
    file_sink_note(context, memory_format("schema %s %" PRIu64, name, tables));
}

static inline void
file_sink_fact(void *context, const char *key, const char *value)
{
    file_sink_note(context, memory_format("fact %s=%s", key, value));
}

static inline void
file_sink_rule(void *context, const char *list, const char *pattern, uint64_t fits)
{
    file_sink_note(context, memory_format("rule %s %s %" PRIu64, list, pattern, fits));
}

static inline void
file_sink_excluded(void *context, const struct exclusion *each)
{
    file_sink_note(context,
                   memory_format("excluded %s %s %s %" PRIu64 ": %s", each->kind, each->schema,
                                 *each->name ? each->name : "-", each->count, each->why));
}

static inline void
file_sink_begin(struct file_sink *self, const char *folder)
{
    *self = (struct file_sink){.folder = folder, .notes = memory_copy_text("")};
    self->base = (struct sink){.self = self,
                               .put = file_sink_put,
                               .put_text = file_sink_put_text,
                               .accept = file_sink_accept,
                               .begin = file_sink_write_begin,
                               .write = file_sink_write,
                               .close = file_sink_close,
                               .end = file_sink_write_end,
                               .drop = file_sink_drop,
                               .table = file_sink_table,
                               .progress = file_sink_progress,
                               .left_out = file_sink_left_out,
                               .rule = file_sink_rule,
                               .excluded = file_sink_excluded,
                               .point = file_sink_point,
                               .schema = file_sink_schema,
                               .fact = file_sink_fact};
}

static inline void
file_sink_end(struct file_sink *self)
{
    for (size_t index = 0; index < self->count; index++) {
        file_sink_free_file(&self->files[index]);
        unlink(self->paths[index]);
        free(self->paths[index]);
    }
    for (uint32_t index = 0; index < self->table_count; index++) {
        file_sink_free(self->tables[index].schema);
        file_sink_free(self->tables[index].name);
        file_sink_free(self->tables[index].key);
        file_sink_free(self->tables[index].columns);
    }
    free(self->notes);
}
