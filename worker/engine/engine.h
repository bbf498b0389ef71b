// An engine reads one server into a set and loads a set into a server. It knows neither sets nor
// stores: it writes into a sink and reads from a source that the task gives it.
//
// Kinds: `mysqldump` and `mariadb-dump` (MySQL, MariaDB), `pg_dump` (PostgreSQL); `mysql` and
// `postgres`, our own readers. To add one: write its file, export `const struct engine_ops
// engine_<kind>_ops`, and name it in the list in engine.c. tests/test_engine*.c hold each kind to
// this contract on real servers.
//
// All calls run in a job's own process and may block; cancel is a signal to the process group.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/credentials.h"
#include "common/error.h"
#include "common/findings.h"
#include "worker/engine/row_digest.h"
#include "worker/engine/selection.h"
#include "worker/engine/throttle.h"
#include "worker/engine/toolbox.h"

enum {
    ENGINE_EDGE_SIZE = 4096,  // bytes kept of a file's beginning and end
    ENGINE_NAME_MAX = 512,    // bytes of a schema's or database's name
};

// Where a server's credentials come from when they may change while a job runs. See login.h.
struct login_source {
    void *self;

    // Gives the credentials that are good now, for credentials_clear. `is_refused`: the server did
    // not accept the last ones, so they are to be fetched again from where they are kept.
    int (*get)(void *self, int is_refused, struct credentials *credentials, struct error *error);

    // Puts stars in the place of all passwords that were given out.
    void (*mask)(const void *self, char *text);
};

// What a server must be by what the policy wants to read.
enum server_role {
    SERVER_OF_ANY_ROLE,
    SERVER_PRIMARY,
    SERVER_REPLICA,  // or a standby, or a reader endpoint
};

// A server and all that is needed to reach it.
enum { SERVER_ADDRESS_SIZE = 64 };
struct server {
    const char *engine;  // "mysql", "mariadb", "postgres"
    const char *host;
    unsigned port;
    const char *name;  // for messages
    struct credentials credentials;
    const struct login_source *login;  // NULL: the credentials above serve to the end
    int verify_tls;         // 0 only where the worker's configuration says so; then TLS is tried
    const char *ca_path;    // NULL: the system's
    enum server_role role;  // open and check refuse a server that is not
    int stop;               // readable once the job is cancelled; 0: it cannot be
    char address[SERVER_ADDRESS_SIZE];  // the one of the host's that is to be taken; "" = any
};

// What a file in a set is, beyond its bytes.
struct file_facts {
    const char *role;       // "users", "globals", "data" (definitions and rows)
    const char *object;     // schema or database; NULL: the whole server
    const char *loader;     // "mysql" or "psql": what the set's own script feeds it to
    const char *load_into;  // psql: database to connect to; NULL: the client's default
    const char *tool;       // NULL: dbhaul wrote it
    const char *tool_version;

    // When the set's script loads it: files of one group that stand together are loaded side by
    // side if it is "data" or "indexes", else one after the other. "before", "data", "indexes",
    // "after"; NULL: none.
    const char *group;

    // Is shown all of the file in order, piece by piece, by the sink's put before it returns; may
    // be NULL.
    void (*watch)(void *context, const char *data, size_t size);
    void *watch_context;
};

struct file_edges {
    uint64_t size_bytes;
    size_t head_size, tail_size;
    char head[ENGINE_EDGE_SIZE];
    char tail[ENGINE_EDGE_SIZE];
};

// A table whose rows an engine writes itself.
struct table_facts {
    const char *object;  // PostgreSQL: the database; NULL: none
    const char *schema, *name;
    const char *key;        // the columns by which it is split and put in order; NULL: none
    const char *period;     // MariaDB: "FOR SYSTEM_TIME ALL", with the rows that were; NULL: none
    const char *condition;  // PostgreSQL: "WHERE ...", only those rows; NULL: all
    const char *columns;    // "load-data", "copy": what stands behind the table's name; else NULL
};

// Rows of one table in one file.
struct file_part {
    uint32_t table;          // as sink.table gave it
    const char *low, *high;  // from low on, before high; NULL: no end. Of the key's first column,
                             // or as the reader writes the first two
    uint64_t rows, size_bytes;
    struct row_sum digest;
};

// What the policy leaves out, one thing or (beyond a limit) the number of them.
struct exclusion {
    const char *kind;    // "schema", "table", "view", "rows of table", "foreign key" ...
    const char *schema;  // schema, or database of PostgreSQL
    const char *name;    // in it, quoted where it must be; "" = the schema itself, or many
    const char *why;     // the rule ("exclude_tables shop.log_*"), or what it needs
    uint64_t count;      // 1 if it has a name
};

// Where a backup goes. All functions take `self` as it was given.
struct sink {
    void *self;

    // Keeps what `fd` delivers until its end as the set's next file. The file counts only once
    // accept was called: the engine does so when the tool has ended well and its end mark was seen.
    int (*put)(void *self, const struct file_facts *facts, int fd, struct file_edges *edges,
               struct error *error);
    int (*put_text)(void *self, const struct file_facts *facts, const char *text, size_t size,
                    struct error *error);
    int (*accept)(void *self, struct error *error);  // the file of the last put

    // For an engine that writes files itself, several at once. begin, end and drop are for the
    // thread that called backup; in between one thread at a time writes a file, in large pieces,
    // and closes it. `number` names the file in the set and must be no other's; 0: the one after
    // the greatest. The same rows should get the same number each night. loader "load-data" and
    // "copy": the file is rows of one table, in the text form that these statements read.
    int (*begin)(void *self, uint32_t number, const struct file_facts *facts, void **file,
                 struct error *error);
    int (*write)(void *file, const void *data, size_t size, struct error *error);
    int (*close)(void *file, struct error *error);
    int (*end)(void *self, void *file, const struct file_part *parts, size_t count,
               struct error *error);       // it belongs to the set
    void (*drop)(void *self, void *file);  // it does not, closed or not

    // A table, for the parts of files; returns its number, from 1.
    uint32_t (*table)(void *self, const struct table_facts *facts);

    // So many bytes were written to files that have not ended. Worth calling a few times a second.
    void (*progress)(void *self, uint64_t open_bytes);

    // What of the source is not in the set, and why. For the manifest.
    void (*left_out)(void *self, const char *what, const char *why);

    // A rule of the policy's selection, and how many schemas or tables it fits; what it leaves out.
    // exclusions.h calls them; without a selection nobody does.
    void (*rule)(void *self, const char *list, const char *pattern, uint64_t fits);
    void (*excluded)(void *self, const struct exclusion *exclusion);

    // The point in time of a schema, database or (NULL) the whole server: `kind` is
    // "single-transaction", "snapshot" or "none"; `position` (binlog, GTID, LSN) may be NULL.
    void (*point)(void *self, const char *object, const char *kind, const char *position,
                  int64_t unix_ms);

    // A schema or database that the set holds, with its number of tables.
    void (*schema)(void *self, const char *name, uint64_t tables);

    // A fact about the source for the manifest: "server_version", "flavour", "character_set", ...
    void (*fact)(void *self, const char *key, const char *value);
};

// A file of a set to be loaded, in the set's order.
struct set_source_file {
    const char *role, *object, *loader, *load_into;
    uint64_t size_bytes;
    const char *path;                      // absolute, readable now; verified already
    const char *group;                     // as in struct file_facts; NULL: none
    const char *schema, *table, *columns;  // of "load-data" and "copy"; else NULL
    uint64_t rows;                         // of them
};

// Where the last set of this database cut its tables: what a reader cuts again.
struct earlier {
    void *self;

    // The cuts of one table, in order, if it was cut by the same key; returns their number. Lent.
    size_t (*cuts)(void *self, const struct table_facts *table, const char *const **cuts);
};

// How our reader of MySQL may come to one point in time; bits.
enum point_way {
    POINT_BINLOG_SNAPSHOT = 1,  // equal positions of the sessions' snapshots
    POINT_LOCK = 2,             // tables are locked for reading while snapshots are taken
    POINT_GTID_UNPROVEN = 4,    // equal positions of the server before and after: proves nothing
    POINT_SINGLE = 8,           // one session reads all
};

struct backup_options {
    int password_hashes;           // the policy wants password hashes and user mappings captured
    const selection_t *selection;  // what of the server is wanted; NULL = all
    int64_t lock_wait_ms;          // how long to wait for a lock of a table; 0 = the engine's own
    uint64_t packet_bytes;         // the largest packet that MySQL's tools take; 0 = their most
    uint64_t read_limit_bytes_per_s;  // 0 = none. The sink's `put` holds it for what it reads from
                                      // a descriptor; who reads in parallel shares it out
    unsigned connections;             // to the server at once, at most; 0 = the engine's own
    const struct earlier *earlier;    // NULL: there is no set before, or it cannot be read
    uint64_t range_bytes;             // our readers: what a range should have, and from where on
                                      // a table has files of its own. 0 = as ranges.h says
    uint64_t files_max;               // our readers: of files of rows; 0 = RANGES_FILES_MAX
    struct throttle_limits throttle;  // above which our readers slow down
    int64_t statement_limit_ms;       // our readers: of one statement; 0 = the engine's own
    int by_speed;         // `postgres`: rows may be as stored where their key's order costs much
    unsigned point_ways;  // that are permitted; 0 = all that prove it, and single
};

struct restore_options {
    int overwrite;  // load although the target is not empty
};

typedef struct engine engine_t;

struct engine_ops {
    const char *kind;

    // Connects, identifies the server (flavour, version) and picks the tools. ERROR_CONFIG: no
    // fitting tool; ERROR_DENIED: password, grants or TLS; ERROR_UNAVAILABLE: not reachable.
    int (*open)(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
                struct error *error);
    void (*destroy)(engine_t **self_p);

    // 1 if it reads a server of this one's version. NULL: every one that could be opened.
    int (*reads)(const engine_t *self);

    // All that the users own: every schema or database, users and grants, routines, triggers,
    // events. Returns 0 only if everything that the server listed went into the sink.
    int (*backup)(engine_t *self, const struct backup_options *options, const struct sink *sink,
                  struct error *error);

    // Sets *empty to 1 if the server holds no schema or database of a user.
    int (*is_empty)(engine_t *self, int *empty, struct error *error);

    // Loads the files in order. The tool's exit status and standard error decide.
    int (*restore)(engine_t *self, const struct restore_options *options,
                   const struct set_source_file *files, size_t count, struct error *error);

    // Connects, as open does, and says what would fail tonight without dumping or locking anything:
    // tools, grants, odd objects, what the selection leaves out and which of its patterns fit
    // nothing, each as a finding. *size_bytes: how much there is to dump, as the server's own sizes
    // have it; 0 if it cannot be known. -1: there is no connection.
    int (*check)(const struct server *server, const toolbox_t *toolbox,
                 const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
                 struct error *error);

    const char *(*tool_name)(const engine_t *self);  // lent
    const char *(*tool_version)(const engine_t *self);
    const char *(*server_version)(const engine_t *self);
};

struct engine {
    const struct engine_ops *ops;
};

extern const struct engine_ops engine_mysqldump_ops;
extern const struct engine_ops engine_mariadb_dump_ops;
extern const struct engine_ops engine_mysql_ops;  // only opens: as whichever of the two fits
extern const struct engine_ops engine_mysql_reader_ops;
extern const struct engine_ops engine_pg_dump_ops;
extern const struct engine_ops engine_postgres_ops;

// kind "" is our own reader of server->engine or, of a server too old for it, the vendor's tool;
// "vendor" the vendor's tool, for MySQL and MariaDB by what the server says it is. What `server`
// points to may go when this returns; its login source and the toolbox must outlive the
// engine.
int engine_open(engine_t **self_p, const char *kind, const struct server *server,
                const toolbox_t *toolbox, struct error *error);
void engine_destroy(engine_t **self_p);
int engine_backup(engine_t *self, const struct backup_options *options, const struct sink *sink,
                  struct error *error);
int engine_is_empty(engine_t *self, int *empty, struct error *error);
int engine_restore(engine_t *self, const struct restore_options *options,
                   const struct set_source_file *files, size_t count, struct error *error);

// As the op; `kind` as in engine_open. What is found is added to `findings`.
int engine_check(const char *kind, const struct server *server, const toolbox_t *toolbox,
                 const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
                 struct error *error);

// Is there a tool for a server that is said to be of this engine and version ("" = not known)? For
// when the server itself cannot be asked.
int engine_find_tool(const char *engine, const char *version, const toolbox_t *toolbox,
                     struct error *error);

const char *engine_tool_name(const engine_t *self);
const char *engine_tool_version(const engine_t *self);
const char *engine_server_version(const engine_t *self);
