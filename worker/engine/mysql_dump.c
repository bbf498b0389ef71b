#include "worker/engine/mysql_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/mysql_run.h"
#include "worker/engine/mysql_scan.h"

enum { POSITION_SIZE = 512 };

#define END_MARK "-- Dump completed"

// Can the tool say the exact point of its transaction without a lock? It reads the status that
// these names come from inside of it.
int
mysql_dump_has_point(const struct mysql_backup *self, int *has, struct error *error)
{
    CLEAN(memory_free) char *file = NULL;
    *has = 0;
    if (!mysql_session_is_mariadb(self->session))
        return 0;
    if (mysql_session_value(self->session,
                            "SELECT variable_value FROM information_schema.session_status "
                            "WHERE variable_name = 'binlog_snapshot_file'",
                            &file, error))
        return -1;
    *has = file && *file;
    return 0;
}

static void
add_packet(struct mysql_run *run, uint64_t packet_bytes)
{
    CLEAN(memory_free)
    char *option = memory_format("--max-allowed-packet=%" PRIu64,
                                 packet_bytes ? packet_bytes : (uint64_t)1 << 30);
    mysql_run_add(run, option);
}

static void
add_options(struct mysql_run *run, const struct mysql_dump *self)
{
    const struct tool *tool = self->backup->tool;
    // --opt differs from version to version: taken apart here.
    static const char *const common[] = {"--skip-opt",
                                         "--add-drop-table",
                                         "--add-locks",
                                         "--create-options",
                                         "--disable-keys",
                                         "--extended-insert",
                                         "--quick",
                                         "--set-charset",
                                         "--default-character-set=utf8mb4",
                                         "--single-transaction",
                                         "--skip-lock-tables",
                                         "--order-by-primary",
                                         "--hex-blob",
                                         "--routines",
                                         "--triggers",
                                         "--skip-events",
                                         "--comments",
                                         "--skip-dump-date",
                                         "--tz-utc",
                                         "--no-tablespaces",
                                         "--net-buffer-length=1046528"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        mysql_run_add(run, common[i]);
    add_packet(run, self->backup->options->packet_bytes);
    if (tool->kind == TOOL_MYSQLDUMP) {
        mysql_run_add(run, "--set-gtid-purged=OFF");
        if (tool->major >= 8)
            mysql_run_add(run, "--column-statistics=0");
    }
    if (self->has_point)
        mysql_run_add(run, "--master-data=2");
    if (self->with_history)
        mysql_run_add(run, "--dump-history");
}

// Of tables without rows: what goes with the schema is in the other run's dump.
static void
add_other_options(struct mysql_run *run, const struct mysql_dump *self)
{
    static const char *const fewer[] = {"--no-data", "--skip-routines"};
    struct mysql_dump plain = *self;
    plain.has_point = plain.with_history = 0;
    add_options(run, &plain);
    for (size_t i = 0; i < sizeof fewer / sizeof *fewer; i++)
        mysql_run_add(run, fewer[i]);
}

static void
add_program_options(struct mysql_run *run, const struct mysql_dump *self)
{
    static const char *const fewer[] = {"--no-data", "--no-create-info", "--no-create-db",
                                        "--skip-add-locks", "--skip-disable-keys"};
    struct mysql_dump plain = *self;
    plain.has_point = plain.with_history = 0;
    add_options(run, &plain);
    for (size_t i = 0; i < sizeof fewer / sizeof *fewer; i++)
        mysql_run_add(run, fewer[i]);
}

// The text between `before` and the next quote, from `edge`; "" if there is none.
static void
cut_out(const char *edge, size_t size, const char *before, char *text, size_t text_size)
{
    const char *found = memmem(edge, size, before, strlen(before));
    text[0] = '\0';
    if (!found)
        return;
    found += strlen(before);
    size_t used = 0;
    while (found + used < edge + size && !strchr("';\n", found[used]) && used + 1 < text_size)
        used++;
    memcpy(text, found, used);
    text[used] = '\0';
}

// "binlog.000001:2818 gtid 0-1-14", or "" where the tool did not say.
static void
read_position(const struct file_edges *edges, char position[POSITION_SIZE])
{
    char file[128], offset[32], gtid[256];
    cut_out(edges->head, edges->head_size, "CHANGE MASTER TO MASTER_LOG_FILE='", file, sizeof file);
    cut_out(edges->head, edges->head_size, "MASTER_LOG_POS=", offset, sizeof offset);
    cut_out(edges->tail, edges->tail_size, "SET GLOBAL gtid_slave_pos='", gtid, sizeof gtid);
    position[0] = '\0';
    if (*file && *offset)
        snprintf(position, POSITION_SIZE, "%s:%s%s%s", file, offset, *gtid ? " gtid " : "", gtid);
}

enum piece_kind { PIECE_ROWS, PIECE_WITHOUT_ROWS, PIECE_PROGRAMS };

struct piece {
    size_t first, end;  // schemas
    int is_all;
    enum piece_kind kind;
};

static void
tell_point(const struct mysql_backup *self, mysql_inventory_t *inventory, struct piece piece,
           const struct file_edges *edges, int64_t started_unix_ms)
{
    const struct sink *sink = self->sink;
    char position[POSITION_SIZE];
    read_position(edges, position);
    if (piece.is_all)
        sink->point(sink->self, NULL, "single-transaction", *position ? position : NULL,
                    started_unix_ms);
    for (size_t i = piece.first; i < piece.end; i++) {
        const struct mysql_schema *schema = mysql_inventory_schema(inventory, i);
        if (schema->at_any_time == schema->tables && schema->tables > 0)
            sink->point(sink->self, schema->name, "none", NULL, started_unix_ms);
        else if (!piece.is_all)
            sink->point(sink->self, schema->name, "single-transaction", *position ? position : NULL,
                        started_unix_ms);
    }
}

// The bytes that the names of schemas may take up on a command line.
static size_t
names_max(const struct mysql_backup *self)
{
    if (self->names_max_bytes)
        return self->names_max_bytes;
    long kernel = sysconf(_SC_ARG_MAX);  // of arguments and environment together
    return (kernel > 0 ? (size_t)kernel : 131072) / 2;
}

// The schema after the last that fits a command line together with number `first`.
static size_t
last_that_fits(const struct mysql_dump *self, size_t first)
{
    size_t room = names_max(self->backup);
    size_t count = mysql_inventory_schemas(self->inventory);
    size_t next = first, used = 0;
    for (; next < count; next++) {
        const char *name = mysql_inventory_schema(self->inventory, next)->name;
        used += strlen(name) + 1 + sizeof(char *);
        if (used > room && next > first)
            break;
    }
    return next;
}

static int
is_program(const struct mysql_object *object)
{
    return object->kind != MYSQL_TABLE && object->kind != MYSQL_VIEW &&
           object->kind != MYSQL_SEQUENCE;
}

// Objects are sorted by schema, then kind: a schema's last but events, which the tool does not
// write, is a program if there is any.
static int
has_programs(mysql_inventory_t *inventory, size_t schema)
{
    size_t low = 0, high = mysql_inventory_objects(inventory);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mysql_inventory_object(inventory, middle)->schema <= schema)
            low = middle + 1;
        else
            high = middle;
    }
    const struct mysql_object *last = NULL;
    do
        last = low ? mysql_inventory_object(inventory, --low) : NULL;
    while (last && last->schema == schema && last->kind == MYSQL_EVENT);
    return (last && last->schema == schema && is_program(last)) ||
           mysql_inventory_schema(inventory, schema)->triggers > 0;
}

static int
begin_run(const struct mysql_dump *self, struct piece *piece, struct mysql_run *run,
          struct error *error)
{
    const struct mysql_backup *backup = self->backup;
    const struct mysql_text *lines =
        piece->kind == PIECE_WITHOUT_ROWS ? &self->other_lines : &self->lines;
    if (mysql_run_begin(run, backup->server, mysql_session_has_tls(backup->session), backup->tool,
                        mysql_text_data(lines), error))
        return -1;
    if (piece->kind == PIECE_WITHOUT_ROWS)
        add_other_options(run, self);
    else if (piece->kind == PIECE_PROGRAMS)
        add_program_options(run, self);
    else
        add_options(run, self);
    mysql_run_add(run, "--databases");
    mysql_run_add(run, "--");
    piece->end = last_that_fits(self, piece->first);
    for (size_t i = piece->first; i < piece->end; i++) {
        if (piece->kind != PIECE_PROGRAMS || has_programs(self->inventory, i))
            mysql_run_add(run, mysql_inventory_schema(self->inventory, i)->name);
    }
    piece->is_all = piece->first == 0 && piece->end == mysql_inventory_schemas(self->inventory);
    return 0;
}

// One run of the tool, from schema `piece->first` on; sets piece->end.
static int
dump_piece(const struct mysql_dump *self, struct piece *piece, struct error *error)
{
    const struct mysql_backup *backup = self->backup;
    struct mysql_run run;
    if (begin_run(self, piece, &run, error)) {
        mysql_run_end(&run);
        return -1;
    }
    CLEAN(mysql_scan_destroy) mysql_scan_t *scan = mysql_scan_new(self->inventory);
    CLEAN(memory_free) struct file_edges *edges = memory_get(sizeof *edges);
    const struct file_facts facts = {.role = piece->kind == PIECE_PROGRAMS ? "programs" : "data",
                                     .loader = "mysql",
                                     .tool = tool_kind_name(backup->tool->kind),
                                     .tool_version = backup->tool->version,
                                     .group = piece->kind == PIECE_PROGRAMS ? "after" : NULL,
                                     .watch = mysql_scan_add,
                                     .watch_context = scan};
    int64_t started_unix_ms = clock_unix_ms();
    int status = runner_dump(mysql_run_runner(&run), backup->sink, &facts, END_MARK, edges, error);
    mysql_run_end(&run);
    if (status == 0 && piece->kind == PIECE_ROWS)
        tell_point(backup, self->inventory, *piece, edges, started_unix_ms);
    return status;
}

// All schemas, in as few runs as may be; *pieces is how many.
static int
dump_pieces(const struct mysql_dump *self, enum piece_kind kind, size_t *pieces,
            struct error *error)
{
    struct piece piece = {.kind = kind};
    *pieces = 0;
    for (; piece.first < mysql_inventory_schemas(self->inventory); piece.first = piece.end) {
        if (dump_piece(self, &piece, error))
            return -1;
        ++*pieces;
    }
    return 0;
}

void
mysql_dump_tell_schemas(const struct mysql_dump *self)
{
    const struct sink *sink = self->backup->sink;
    for (size_t i = 0; i < mysql_inventory_schemas(self->inventory); i++) {
        const struct mysql_schema *schema = mysql_inventory_schema(self->inventory, i);
        sink->schema(sink->self, schema->name, schema->tables);
    }
}

int
mysql_dump_programs(const struct mysql_dump *self, struct error *error)
{
    size_t count = 0, pieces = 0;
    for (size_t i = 0; i < mysql_inventory_schemas(self->inventory); i++)
        count += has_programs(self->inventory, i) != 0;
    return count > 0 ? dump_pieces(self, PIECE_PROGRAMS, &pieces, error) : 0;
}

int
mysql_dump_all(const struct mysql_dump *self, struct error *error)
{
    const struct sink *sink = self->backup->sink;
    size_t count = mysql_inventory_schemas(self->inventory);
    if (count == 0)
        sink->point(sink->self, NULL, "none", NULL, clock_unix_ms());
    size_t pieces = 0, others = 0;
    if (dump_pieces(self, PIECE_ROWS, &pieces, error) ||
        (mysql_select_without_rows(self->select) > 0 &&
         dump_pieces(self, PIECE_WITHOUT_ROWS, &others, error)) ||
        mysql_inventory_check(self->inventory, 0, count, error))
        return -1;
    if (pieces > 1) {
        CLEAN(memory_free)
        char *why = memory_format("%zu schemas do not fit one command line: %zu dumps, each with "
                                  "a point of its own",
                                  count, pieces);
        sink->left_out(sink->self, "one point for the whole server", why);
    }
    mysql_dump_tell_schemas(self);
    return 0;
}
