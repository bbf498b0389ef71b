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

enum { FILE_SINK_MAX = 32 };

struct file_sink {
    struct sink base;
    const char *folder;
    char *paths[FILE_SINK_MAX];
    struct set_source_file files[FILE_SINK_MAX];  // as engine_restore takes them
    int accepted[FILE_SINK_MAX];
    size_t count;
    int broken;   // set by a test: each put fails as a full disk does
    char *notes;  // "left out WHAT: WHY\n", "point OBJECT KIND POSITION\n", "schema NAME TABLES\n",
                  // "fact KEY=VALUE\n", "tool NAME VERSION\n", "rule LIST PATTERN FITS\n",
                  // "excluded KIND SCHEMA NAME COUNT: WHY\n"
    // Called once, when the first bytes that a tool dumps of role "data" have come.
    void (*on_data)(void *context);
    void *context;
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

static inline int
file_sink_put(void *context, const struct file_facts *facts, int fd, struct file_edges *edges,
              struct error *error)
{
    struct file_sink *self = context;
    if (self->broken)
        return error_set(error, ERROR_CONFIG, "no space left on the store");
    assert_true(self->count < FILE_SINK_MAX);
    size_t index = self->count++;
    self->paths[index] = memory_format("%s/%zu.sql", self->folder, index + 1);
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
                               .left_out = file_sink_left_out,
                               .rule = file_sink_rule,
                               .excluded = file_sink_excluded,
                               .point = file_sink_point,
                               .schema = file_sink_schema,
                               .fact = file_sink_fact};
}

static inline void
file_sink_free(const char *text)
{
    free((void *)(uintptr_t)text);
}

static inline void
file_sink_end(struct file_sink *self)
{
    for (size_t index = 0; index < self->count; index++) {
        file_sink_free(self->files[index].role);
        file_sink_free(self->files[index].object);
        file_sink_free(self->files[index].loader);
        file_sink_free(self->files[index].load_into);
        unlink(self->paths[index]);
        free(self->paths[index]);
    }
    free(self->notes);
}
