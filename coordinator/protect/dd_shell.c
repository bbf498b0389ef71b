#include "coordinator/protect/dd_shell.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/dd_name.h"

// ---- running

static int
judge(const struct dd_shell *self, const char *line, const char *output, int exit_code,
      struct error *error)
{
    char text[DD_TEXT_SIZE] = "";
    int has_failed = dd_output_failed(output, text, sizeof text);
    if (!has_failed && exit_code == 0)
        return 0;
    return error_set(error, ERROR_DENIED, "the Data Domain '%s' refuses '%.160s': %s",
                     self->login.host, line,
                     has_failed ? text : "it ends with a failure and says nothing of it");
}

static int
finish(const struct dd_shell *self, ssh_t *ssh, const char *line, struct buffer *output,
       struct error *error)
{
    int exit_code = 0;
    if (ssh_finish(ssh, self->patience_ms, self->stop_fd, output, &exit_code, error))
        return error_wrap(error, "'%.160s'", line);
    return judge(self, line, buffer_read(output), exit_code, error);
}

static int
run(const struct dd_shell *self, const char *line, struct buffer *output, struct error *error)
{
    CLEAN(ssh_destroy) ssh_t *ssh = NULL;
    if (ssh_start(&ssh, &self->login, line, error))
        return -1;
    return finish(self, ssh, line, output, error);
}

static int
check(const char *mtree, const char *name, struct error *error)
{
    return dd_name_check("MTree", mtree, DD_PATH_SIZE, error) ||
                   (name && dd_name_check("snapshot", name, DD_NAME_SIZE, error))
               ? -1
               : 0;
}

// ---- snapshots

int
dd_shell_create(const struct dd_shell *self, const char *mtree, const char *name,
                int64_t retention_days, int is_secured, struct error *error)
{
    CLEAN(buffer_clear) struct buffer output = {0};
    if (check(mtree, name, error))
        return -1;
    CLEAN(memory_free)
    char *line = memory_format("snapshot create %s mtree %s retention %lldday%s%s", name, mtree,
                               (long long)retention_days, retention_days == 1 ? "" : "s",
                               is_secured ? " secured" : "");
    return run(self, line, &output, error);
}

int
dd_shell_expire(const struct dd_shell *self, const char *mtree, const char *name,
                struct error *error)
{
    CLEAN(buffer_clear) struct buffer output = {0};
    if (check(mtree, name, error))
        return -1;
    CLEAN(memory_free) char *line = memory_format("snapshot expire %s mtree %s", name, mtree);
    return run(self, line, &output, error);
}

static int
is_word_of(const char *output, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = strstr(output, name); at; at = strstr(at + 1, name)) {
        int begins = at == output || at[-1] == ' ' || at[-1] == '\n';
        if (begins && (!at[size] || strchr(" \r\n", at[size])))
            return 1;
    }
    return 0;
}

int
dd_shell_has(const struct dd_shell *self, const char *mtree, const char *name, int *has,
             struct error *error)
{
    CLEAN(buffer_clear) struct buffer output = {0};
    if (check(mtree, name, error))
        return -1;
    CLEAN(memory_free) char *line = memory_format("snapshot list mtree %s", mtree);
    if (run(self, line, &output, error))
        return -1;
    *has = is_word_of(buffer_read(&output), name);
    return 0;
}

// ---- replication

// Whether two names are of one host, of which one may lack the domain.
static int
is_same_host(const char *one, const char *other)
{
    size_t size = strcspn(one, "."), other_size = strcspn(other, ".");
    if (strcasecmp(one, other) == 0)
        return 1;
    return (!one[size] || !other[other_size]) && size > 0 && size == other_size &&
           strncasecmp(one, other, size) == 0;
}

// The MTree of one context, by its id; NULL if it is not ours or makes no sense. Those that others
// send here are listed, too, and may be of an MTree of the same path.
static const char *
source_of(const struct dd_config_row *rows, size_t count, const char *id,
          const char *const names[2], char path[DD_PATH_SIZE])
{
    struct error ignored = {0};
    char host[DD_NAME_SIZE];
    for (size_t index = 0; index < count; index++) {
        if (strcmp(rows[index].id, id) == 0 &&
            dd_output_place(rows[index].source, host, path, &ignored) == 0 &&
            (is_same_host(host, names[0]) || is_same_host(host, names[1])))
            return path;
    }
    return NULL;
}

static int
read_context(const struct dd_status_row *row, const char *source, struct dd_shell_context *found,
             struct error *error)
{
    struct dd_context *context = &found->context;
    *found = (struct dd_shell_context){.has_stamp = row->has_stamp, .stamp = row->stamp};
    memcpy(context->id, row->id, sizeof context->id);
    memcpy(context->source_path, source, strlen(source) + 1);
    context->is_enabled = row->is_enabled;
    context->is_connected = row->is_connected;
    context->is_initialized = 1;
    return dd_output_place(row->destination, context->destination_host, context->destination_path,
                           error);
}

int
dd_shell_contexts(const struct dd_shell *self, const char *const names[2], const char *mtree,
                  struct dd_shell_context **contexts, size_t *count, struct error *error)
{
    CLEAN(buffer_clear) struct buffer status = {0}, config = {0};
    CLEAN(memory_free) struct dd_status_row *rows = NULL;
    CLEAN(memory_free) struct dd_config_row *sources = NULL;
    size_t row_count = 0, source_count = 0, number = 0;
    if (run(self, "replication status all", &status, error) ||
        dd_output_status(buffer_read(&status), &rows, &row_count, error) ||
        run(self, "replication show config all", &config, error) ||
        dd_output_config(buffer_read(&config), &sources, &source_count, error))
        return -1;
    CLEAN(memory_free) struct dd_shell_context *found = memory_get((row_count + 1) * sizeof *found);
    for (size_t index = 0; index < row_count; index++) {
        char path[DD_PATH_SIZE];
        const char *source = source_of(sources, source_count, rows[index].id, names, path);
        if (!source || strcmp(source, mtree) != 0)
            continue;
        if (read_context(&rows[index], source, &found[number++], error))
            return -1;
    }
    *contexts = STEAL(found);
    *count = number;
    return 0;
}

static const char sync_words[] = "replication sync";

int
dd_shell_start_sync(const struct dd_shell *self, const char *host, const char *path, ssh_t **ssh,
                    struct error *error)
{
    if (dd_name_check("destination", host, DD_NAME_SIZE, error) || check(path, NULL, error))
        return -1;
    CLEAN(memory_free) char *line = memory_format("%s mtree://%s%s", sync_words, host, path);
    return ssh_start(ssh, &self->login, line, error);
}

int
dd_shell_finish_sync(const struct dd_shell *self, ssh_t *ssh, struct error *error)
{
    CLEAN(buffer_clear) struct buffer output = {0};
    return finish(self, ssh, sync_words, &output, error);
}
