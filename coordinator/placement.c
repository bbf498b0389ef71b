#include "coordinator/placement.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
placement_version(const char *text, unsigned *major, unsigned *minor)
{
    *major = *minor = 0;
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (end == text || number > 9999)
        return;
    *major = (unsigned)number;
    if (*end != '.')
        return;
    number = strtoul(end + 1, NULL, 10);
    *minor = number > 9999 ? 0 : (unsigned)number;
}

static void
need_server(struct placement_need *need, const Wire__Server *server)
{
    need->engine = server->engine;
    placement_version(server->version, &need->major, &need->minor);
}

static void
need_labels(struct placement_need *need, const Wire__Run *run)
{
    for (size_t index = 0; index < run->n_wanted && index < PLACEMENT_LABELS_MAX; index++) {
        need->labels[index] =
            (struct placement_label){.name = run->wanted[index]->name,
                                     .pattern = run->wanted[index]->pattern,
                                     .is_preferred = run->wanted[index]->preferred};
        need->label_count++;
    }
}

// Our own readers need what the vendor's tools of the same engine need: they have them write what
// is no table.
static void
need_tool(struct placement_need *need, const char *tool)
{
    int is_mysql = strcmp(need->engine, "mysql") == 0 || strcmp(need->engine, "mariadb") == 0;
    int is_ours = (strcmp(tool, "mysql") == 0 && is_mysql) ||
                  (strcmp(tool, "postgres") == 0 && strcmp(need->engine, "postgres") == 0);
    need->tool = is_ours || strcmp(tool, "vendor") == 0 ? "" : tool;
}

void
placement_of(const Wire__Run *run, struct placement_need *need)
{
    *need = (struct placement_need){.tool = "", .avoided = ""};
    need_labels(need, run);
    switch (run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        need->store = run->backup->store;
        need_server(need, run->backup->source);
        need_tool(need, run->backup->tool);
        break;
    case WIRE__RUN__TASK_CHECK:
        need->store = run->check->store;
        need_server(need, run->check->source);
        need_tool(need, run->check->tool);
        break;
    case WIRE__RUN__TASK_RESTORE:
        need->store = run->restore->store;
        need->loads = 1;
        need_server(need, run->restore->target);
        break;
    case WIRE__RUN__TASK_VERIFY:
        need->store = run->verify->store;
        break;
    case WIRE__RUN__TASK_SWEEP:
        need->store = run->sweep->store;
        break;
    case WIRE__RUN__TASK_EXPIRE:
        need->store = run->expire->store;
        break;
    case WIRE__RUN__TASK_SAVE_CATALOG:
        need->store = run->save_catalog->store;
        break;
    default:
        break;
    }
}

// Lines: which of the texts are NULL, numbers, then the texts themselves; none has a line's end in
// it. Two of a label, of which the first begins with whether it is preferred.
void
placement_print(const struct placement_need *need, int is_check, char text[PLACEMENT_TEXT_SIZE])
{
    int length =
        snprintf(text, PLACEMENT_TEXT_SIZE, "%d%d%d%d %u %u\n%.255s\n%.63s\n%.63s\n%.63s",
                 is_check != 0, need->loads != 0, need->store != NULL, need->engine != NULL,
                 need->major, need->minor, need->store ? need->store : "",
                 need->engine ? need->engine : "", need->tool, need->avoided ? need->avoided : "");
    for (size_t index = 0; index < need->label_count; index++) {
        const struct placement_label *label = &need->labels[index];
        length += snprintf(text + length, PLACEMENT_TEXT_SIZE - (size_t)length, "\n%d%.63s\n%.255s",
                           label->is_preferred != 0, label->name, label->pattern);
    }
}

static void
read_labels(char *rest, struct placement_need *need)
{
    while (rest && need->label_count < PLACEMENT_LABELS_MAX) {
        struct placement_label *label = &need->labels[need->label_count++];
        const char *name = strsep(&rest, "\n");
        label->is_preferred = *name == '1';
        label->name = name + 1;
        label->pattern = strsep(&rest, "\n");
    }
}

int
placement_read(char text[PLACEMENT_TEXT_SIZE], struct placement_need *need)
{
    char *rest = text;
    const char *head = strsep(&rest, "\n");
    const char *store = strsep(&rest, "\n");
    const char *engine = strsep(&rest, "\n");
    char *end = NULL;
    *need = (struct placement_need){
        .store = head[2] == '1' ? store : NULL,
        .engine = head[3] == '1' ? engine : NULL,
        .tool = strsep(&rest, "\n"),
        .loads = head[1] == '1',
        .major = (unsigned)strtoul(head + 4, &end, 10),
    };
    need->minor = (unsigned)strtoul(end, NULL, 10);
    need->avoided = strsep(&rest, "\n");
    read_labels(rest, need);
    return head[0] == '1';
}

// ---- labels

static const char *
label_of(const Wire__Ready *worker, const char *name)
{
    for (size_t index = 0; index < worker->n_labels; index++) {
        if (strcmp(worker->labels[index]->key, name) == 0)
            return worker->labels[index]->value;
    }
    return NULL;
}

static int
has_label(const struct placement_label *label, const Wire__Ready *worker)
{
    const char *value = label_of(worker, label->name);
    return value && fnmatch(label->pattern, value, FNM_CASEFOLD) == 0;
}

// The first label that it must have and has not; NULL if it has all.
static const struct placement_label *
missing_label(const struct placement_need *need, const Wire__Ready *worker)
{
    for (size_t index = 0; index < need->label_count; index++) {
        if (!need->labels[index].is_preferred && !has_label(&need->labels[index], worker))
            return &need->labels[index];
    }
    return NULL;
}

unsigned
placement_preference(const struct placement_need *need, const Wire__Ready *worker)
{
    unsigned count = 0;
    for (size_t index = 0; index < need->label_count; index++)
        count += need->labels[index].is_preferred && has_label(&need->labels[index], worker);
    return count;
}

static void
tell_label(const struct placement_label *label, const Wire__Ready *worker,
           char reason[PLACEMENT_REASON_SIZE])
{
    const char *value = label_of(worker, label->name);
    if (value)
        snprintf(reason, PLACEMENT_REASON_SIZE, "its label '%.63s' is '%.63s', not '%.255s'",
                 label->name, value, label->pattern);
    else
        snprintf(reason, PLACEMENT_REASON_SIZE, "it has no label '%.63s', which is to be '%.255s'",
                 label->name, label->pattern);
}

// ---- store and tool

static int
has_store(const char *identity, const Wire__Ready *worker)
{
    for (size_t index = 0; index < worker->n_stores; index++) {
        if (!*identity || strcmp(worker->stores[index]->identity, identity) == 0)
            return 1;
    }
    return 0;
}

// The names of tools that can read (or load) an engine, best first.
static const char *const *
tools_of(const struct placement_need *need)
{
    static const char *const mysql[] = {"mysqldump", NULL};
    static const char *const old_mysql[] = {"mysqldump", "mariadb-dump", NULL};
    static const char *const mariadb[] = {"mariadb-dump", NULL};
    static const char *const postgres[] = {"pg_dump", NULL};
    static const char *const mysql_client[] = {"mysql", NULL};
    static const char *const old_mysql_client[] = {"mysql", "mariadb", NULL};
    static const char *const mariadb_client[] = {"mariadb", NULL};
    static const char *const psql[] = {"psql", NULL};
    static const char *const none[] = {NULL};
    if (strcmp(need->engine, "postgres") == 0)
        return need->loads ? psql : postgres;
    if (strcmp(need->engine, "mariadb") == 0)
        return need->loads ? mariadb_client : mariadb;
    if (strcmp(need->engine, "mysql") == 0) {
        if (need->loads)
            return need->major >= 8 ? mysql_client : old_mysql_client;
        return need->major >= 8 ? mysql : old_mysql;
    }
    return none;
}

static int
is_tool_of(const struct placement_need *need)
{
    const char *const *names = tools_of(need);
    while (*names && strcmp(*names, need->tool) != 0)
        names++;
    return *names != NULL;
}

// What dumps may not be older than the server: pg_dump says so itself, the others lose in silence
// what they do not know. PostgreSQL's minor versions do not count.
static int
is_new_enough(const struct placement_need *need, const Wire__Tool *tool)
{
    if (need->loads || tool->major != need->major)
        return need->loads || tool->major > need->major;
    return strcmp(tool->name, "pg_dump") == 0 || tool->minor >= need->minor;
}

static int
has_tool(const struct placement_need *need, const Wire__Ready *worker)
{
    const char *const *names = tools_of(need);
    for (size_t index = 0; names[index]; index++) {
        if (*need->tool && strcmp(names[index], need->tool) != 0)
            continue;
        for (size_t each = 0; each < worker->n_tools; each++) {
            if (strcmp(worker->tools[each]->name, names[index]) == 0 &&
                is_new_enough(need, worker->tools[each]))
                return 1;
        }
    }
    return 0;
}

static void
tell_tool(const struct placement_need *need, char reason[PLACEMENT_REASON_SIZE])
{
    const char *name = *need->tool ? need->tool : tools_of(need)[0];
    if (*need->tool && tools_of(need)[0] && !is_tool_of(need))
        snprintf(reason, PLACEMENT_REASON_SIZE, "the tool '%.64s' does not read the engine '%.64s'",
                 need->tool, need->engine);
    else if (!name)
        snprintf(reason, PLACEMENT_REASON_SIZE, "no tool reads the engine '%.64s'", need->engine);
    else if (need->loads || !need->major)
        snprintf(reason, PLACEMENT_REASON_SIZE, "it has no %.64s", name);
    else if (strcmp(name, "pg_dump") == 0)
        snprintf(reason, PLACEMENT_REASON_SIZE, "it has no pg_dump %u or newer", need->major);
    else
        snprintf(reason, PLACEMENT_REASON_SIZE, "it has no %.64s %u.%u or newer", name, need->major,
                 need->minor);
}

int
placement_fits(const struct placement_need *need, const Wire__Ready *worker,
               char reason[PLACEMENT_REASON_SIZE])
{
    if (need->store && !has_store(need->store, worker)) {
        snprintf(reason, PLACEMENT_REASON_SIZE, "it does not have the store '%.200s'",
                 *need->store ? need->store : "(any)");
        return 0;
    }
    const struct placement_label *missing = missing_label(need, worker);
    if (missing) {
        tell_label(missing, worker, reason);
        return 0;
    }
    if (!need->engine || has_tool(need, worker))
        return 1;
    tell_tool(need, reason);
    return 0;
}

int
placement_nearness(const struct placement_need *need, const Wire__Ready *worker)
{
    return (!need->store || has_store(need->store, worker)) +
           (!need->engine || has_tool(need, worker)) + !missing_label(need, worker);
}
