#include <stddef.h>

#include "coordinator/catalog/list.h"
#include "coordinator/catalog/list_columns.h"
#include "coordinator/catalog/schema_promise.h"

// The last backup job of a database that has ended: one look into an index, or a few.
#define LAST_BACKUP_THAT(column, condition) \
    "(SELECT l." column " FROM jobs l WHERE l.database_id = d.id AND l.kind = 'backup'" \
    " AND l.ended_ms > 0" condition " ORDER BY l.ended_ms DESC, l.id DESC LIMIT 1)"
#define LAST_BACKUP(column) LAST_BACKUP_THAT(column, "")

static const struct list_column database_columns[] = {
    NUMBER("id", "d.id"),
    TEXT("name", "d.name"),
    TEXT("engine", "d.engine"),
    TEXT("version", "d.version"),
    TEXT("account", "d.account"),
    TEXT("region", "d.region"),
    TEXT("host", "d.host"),
    NUMBER("port", "nullif(d.port, 0)"),
    TEXT("state", "d.state"),
    TIME("last_backup", LAST_BACKUP("ended_ms")),
    TEXT("last_backup_state", LAST_BACKUP("state")),
    TEXT("skip_reason", "d.skip_reason"),
    TEXT("tags", "d.tags"),
    TEXT("provider", "d.provider"),
    TEXT("resource_id", "d.resource_id"),
    BYTES("size_bytes", "nullif(d.size_bytes, 0)"),
    TEXT("secret", "d.secret"),
    TEXT("source", "d.source"),
    TEXT("endpoints", "d.endpoints"),
    TEXT("long_name", "d.long_name"),
    TEXT("role_arn", "d.role_arn"),
    TIME("first_seen", "nullif(d.first_seen_ms, 0)"),
    TIME("last_seen", "nullif(d.last_seen_ms, 0)"),
    TIME("gone", "nullif(d.gone_ms, 0)"),
    TIME("stale", "nullif(d.stale_ms, 0)"),
    TEXT("policy", "d.policy"),
    TEXT("policy_outcome", "d.policy_outcome"),
    TEXT("promise", PROMISE_STATE(LIST_NOW)),
    TIME("broken_since", PROMISE_BROKEN_SINCE(LIST_NOW)),
    SPAN("promised_age", "nullif(d.promise_good_ms, 0)"),
    SPAN("good_age", PROMISE_AGE(PROMISE_GOOD_FROM, LIST_NOW)),
    TIME("last_good", "s.created_ms"),
    SPAN("promised_offsite_age", "nullif(d.promise_offsite_ms, 0)"),
    SPAN("offsite_age", "CASE WHEN d.promise_offsite_ms > 0 OR o.id IS NOT NULL THEN " PROMISE_AGE(
                            PROMISE_OFFSITE_FROM, LIST_NOW) " ELSE NULL END"),
    TIME("last_offsite", "o.created_ms"),
    TEXT("policy_tag", "d.policy_tag"),
    TEXT("lost_policy", "d.lost_policy"),
    TIME("tag_lost", "nullif(d.tag_lost_ms, 0)"),
    END,
};

static const struct list_column standing_columns[] = {
    NUMBER("id", "d.id"),
    NUMBER("good_ms", "coalesce(s.created_ms, 0)"),
    NUMBER("offsite_ms", "coalesce(o.created_ms, 0)"),
    NUMBER("lost_ms", "coalesce(b.lost_ms, 0)"),
    NUMBER("tried_ms", "coalesce(" LAST_BACKUP_THAT(
                           "ended_ms", " AND l.state IN ('succeeded', 'failed')") ", 0)"),
    END,
};

static const struct list_column event_columns[] = {
    NUMBER("id", "e.id"),         TIME("at", "e.at_ms"),
    TEXT("kind", "e.kind"),       NUMBER("database", "nullif(e.database_id, 0)"),
    TEXT("name", "d.name"),       TEXT("provider", "e.provider"),
    TEXT("account", "e.account"), TEXT("region", "e.region"),
    TEXT("message", "e.message"), END,
};

// The numbers of a run that has not ended are counted, those of others are kept in it.
#define RUN_COUNT(column) \
    "CASE WHEN r.ended_ms > 0 THEN r." column " ELSE coalesce(c." column ", 0) END"
#define RUN_STATE \
    "CASE WHEN r.ended_ms = 0 THEN 'running'" \
    " WHEN r.failed = 0 AND r.cancelled = 0 AND r.note = '' THEN 'succeeded'" \
    " WHEN r.failed = 0 AND r.cancelled = 0 THEN 'partial'" \
    " WHEN r.succeeded > 0 THEN 'partial'" \
    " WHEN r.failed > 0 THEN 'failed' ELSE 'cancelled' END"
#define RUN_FROM \
    "runs r LEFT JOIN (SELECT j.run_id, count(*) AS jobs," \
    " sum(CASE WHEN j.state = 'succeeded' THEN 1 ELSE 0 END) AS succeeded," \
    " sum(CASE WHEN j.state = 'failed' THEN 1 ELSE 0 END) AS failed," \
    " sum(CASE WHEN j.state IN ('cancelled', 'deferred') THEN 1 ELSE 0 END) AS cancelled" \
    " FROM jobs j WHERE j.run_id IN (SELECT o.id FROM runs o WHERE o.ended_ms = 0)" \
    " GROUP BY j.run_id) c ON c.run_id = r.id"

static const struct list_column run_columns[] = {
    NUMBER("id", "r.id"),
    TEXT("kind", "r.kind"),
    TEXT("label", "r.label"),
    TEXT("policy_digest", "r.policy_digest"),
    TEXT("selector", "r.selector"),
    TEXT("requested_by", "r.requested_by"),
    TEXT("state", RUN_STATE),
    TIME("started", "r.started_ms"),
    TIME("ended", "nullif(r.ended_ms, 0)"),
    NUMBER("jobs", RUN_COUNT("jobs")),
    NUMBER("succeeded", RUN_COUNT("succeeded")),
    NUMBER("failed", RUN_COUNT("failed")),
    NUMBER("cancelled", RUN_COUNT("cancelled")),
    NUMBER("skipped", "CASE WHEN r.ended_ms > 0 THEN r.skipped ELSE"
                      " (SELECT count(*) FROM skips s WHERE s.run_id = r.id) END"),
    TEXT("note", "r.note"),
    END,
};

static const struct list_column skip_columns[] = {
    NUMBER("run", "s.run_id"),  NUMBER("database", "s.database_id"), TEXT("name", "d.name"),
    TEXT("engine", "d.engine"), TEXT("reason", "s.reason"),          END,
};

#define JOB_FROM \
    "jobs j LEFT JOIN known_databases d ON d.id = j.database_id" \
    " LEFT JOIN attempts a ON a.job_id = j.id AND a.number = j.attempt"

static const struct list_column job_columns[] = {
    NUMBER("id", "j.id"),
    NUMBER("run", "j.run_id"),
    TEXT("kind", "j.kind"),
    NUMBER("database", "nullif(j.database_id, 0)"),
    TEXT("name", "d.name"),
    TEXT("engine", "d.engine"),
    NUMBER("set", "CASE WHEN j.kind = 'backup' THEN"
                  " (SELECT max(s.id) FROM sets s WHERE s.job_id = j.id)"
                  " ELSE nullif(j.set_id, 0) END"),
    TEXT("state", "j.state"),
    NUMBER("attempt", "j.attempt"),
    NUMBER("failures", "j.failures"),
    TEXT("worker", "a.worker"),
    BYTES("size", "nullif(j.size_bytes, 0)"),
    TIME("queued", "j.queued_ms"),
    TIME("started", "nullif(j.started_ms, 0)"),
    TIME("ended", "nullif(j.ended_ms, 0)"),
    TEXT("message", "j.message"),
    TEXT("policy", "j.policy"),
    TEXT("policy_digest", "j.policy_digest"),
    END,
};

static const struct list_column attempt_columns[] = {
    NUMBER("job", "a.job_id"),        NUMBER("attempt", "a.number"),
    TEXT("worker", "a.worker"),       TEXT("outcome", "a.outcome"),
    TEXT("class", "a.failure_class"), BYTES("size", "nullif(a.size_bytes, 0)"),
    TIME("started", "a.started_ms"),  TIME("ended", "nullif(a.ended_ms, 0)"),
    TEXT("message", "a.message"),     END,
};

// The same rows as the view `report` gives.
#define REPORT_STATUS "CASE WHEN j.state = 'succeeded' THEN 'Success' ELSE 'Failed' END"

// clang-format off
#define REPORT_COLUMNS \
    {"start", TABLE_TEXT, SHOW_SQL_TIME, \
     "CASE WHEN j.started_ms > 0 THEN j.started_ms ELSE j.queued_ms END"}, \
    {"end", TABLE_TEXT, SHOW_SQL_TIME, "j.ended_ms"}, \
    TEXT("dbname", "d.name"), \
    {"size", TABLE_INTEGER, SHOW_GIGABYTES, \
     "CASE WHEN j.state = 'succeeded' THEN j.size_bytes ELSE 0 END"}, \
    TEXT("longname", "coalesce(nullif(d.long_name, ''), d.resource_id)"), \
    TEXT("status", REPORT_STATUS)
// clang-format on

static const struct list_column report_columns[] = {REPORT_COLUMNS, END};

static const struct list_column report_excluded_columns[] = {
    REPORT_COLUMNS, NUMBER("excluded", "coalesce(s.excluded_count, 0)"), END};

static const struct list_column stray_columns[] = {
    NUMBER("job", "y.job_id"),
    TEXT("kind", "y.kind"),
    TEXT("path", "y.path"),
    NUMBER("set", "nullif(y.set_id, 0)"),
    TEXT("outcome", "y.outcome"),
    TEXT("store", "y.store"),
    END,
};

const struct list list_table[] = {
    {
        .name = "databases",
        .columns = database_columns,
        .from = "known_databases d" PROMISE_GOOD_JOIN PROMISE_OFFSITE_JOIN PROMISE_LOST_JOIN,
        .state = "d.state",
        .is_filtered = 1,
        .keys = {"d.name", "d.id"},
        .is_first_key_text = 1,
        .has_database = 1,
    },
    {
        .name = "standing",
        .columns = standing_columns,
        .from = "known_databases d" PROMISE_GOOD_JOIN PROMISE_OFFSITE_JOIN PROMISE_LOST_JOIN,
        .keys = {"d.id", NULL},
    },
    {
        .name = "events",
        .columns = event_columns,
        .from = "events e LEFT JOIN known_databases d ON d.id = e.database_id",
        .state = "e.kind",
        .keys = {"e.id", NULL},
        .is_descending = 1,
        .has_database = 1,
        .database = "e.database_id",
    },
    {
        .name = "runs",
        .columns = run_columns,
        .from = RUN_FROM,
        .state = RUN_STATE,
        .keys = {"r.id", NULL},
        .is_descending = 1,
    },
    {
        .name = "run",
        .columns = run_columns,
        .from = RUN_FROM,
        .run = "r.id",
        .needs_run = 1,
        .keys = {"r.id", NULL},
        .is_descending = 1,
    },
    {
        .name = "skipped",
        .columns = skip_columns,
        .from = "skips s JOIN known_databases d ON d.id = s.database_id",
        .run = "s.run_id",
        .keys = {"s.run_id", "s.database_id"},
        .is_descending = 1,
        .has_database = 1,
    },
    {
        .name = "jobs",
        .columns = job_columns,
        .from = JOB_FROM,
        .run = "j.run_id",
        .job = "j.id",
        .state = "j.state",
        .is_state_indexed = 1,
        .keys = {"j.id", NULL},
        .is_descending = 1,
        .has_database = 1,
        .database = "j.database_id",
    },
    {
        .name = "job",
        .columns = job_columns,
        .from = JOB_FROM,
        .job = "j.id",
        .needs_job = 1,
        .keys = {"j.id", NULL},
        .is_descending = 1,
    },
    {
        .name = "attempts",
        .columns = attempt_columns,
        .from = "attempts a",
        .job = "a.job_id",
        .keys = {"a.job_id", "a.number"},
        .is_descending = 1,
    },
    {
        .name = "backups",
        .columns = list_set_columns,
        .from = SET_FROM,
        .where = "s.state <> 'expired'",
        .job = "s.job_id",
        .set = "s.id",
        .state = "s.state",
        .keys = {"s.id", NULL},
        .is_descending = 1,
        .has_database = 1,
        .database = "s.database_id",
    },
    {
        .name = "sets",
        .columns = list_set_columns,
        .from = SET_FROM,
        .job = "s.job_id",
        .set = "s.id",
        .state = "s.state",
        .keys = {"s.id", NULL},
        .is_descending = 1,
        .has_database = 1,
        .database = "s.database_id",
    },
    {
        .name = "kept",
        .columns = list_kept_columns,
        .from = "sets s JOIN known_databases d ON d.id = s.database_id",
        // Not by the index of states, whose order is another one.
        .where = "coalesce(s.state, '') IN ('good', 'damaged')",
        .keys = {"s.database_id", "s.id"},
        .has_database = 1,
        .database = "s.database_id",
    },
    {
        .name = "expiring",
        .columns = list_expiring_columns,
        .from = "sets s JOIN known_databases d ON d.id = s.database_id",
        .where = "s.state = 'expiring'",
        .keys = {"s.id", NULL},
        .has_database = 1,
        .database = "s.database_id",
    },
    {
        .name = "latest",
        .columns = list_set_columns,
        .from = "known_databases d JOIN sets s ON s.id = (SELECT max(g.id) FROM sets g"
                " WHERE g.database_id = d.id AND g.state = 'good')"
                " LEFT JOIN protections p ON p.id = s.protection_id",
        .keys = {"d.name", "d.id"},
        .is_first_key_text = 1,
        .has_database = 1,
    },
    {
        .name = "protections",
        .columns = list_protection_columns,
        .from = "protections p",
        .state = "p.state",
        .is_state_indexed = 1,
        .keys = {"p.id", NULL},
        .is_descending = 1,
    },
    {
        .name = "strays",
        .columns = stray_columns,
        .from = "strays y JOIN jobs j ON j.id = y.job_id AND j.attempt = y.attempt",
        .run = "j.run_id",
        .job = "y.job_id",
        .keys = {"y.job_id", "y.number"},
    },
    {
        .name = "report",
        .columns = report_columns,
        .from = "jobs j LEFT JOIN known_databases d ON d.id = j.database_id",
        .where = "j.kind = 'backup' AND j.ended_ms > 0",
        .run = "j.run_id",
        .state = REPORT_STATUS,
        .ended = "j.ended_ms",
        .keys = {"j.ended_ms", "j.id"},
        .is_descending = 1,
        .has_database = 1,
        .database = "j.database_id",
    },
    {
        .name = "report_excluded",
        .columns = report_excluded_columns,
        .from = "jobs j LEFT JOIN known_databases d ON d.id = j.database_id"
                " LEFT JOIN sets s ON s.job_id = j.id AND s.attempt = j.attempt",
        .where = "j.kind = 'backup' AND j.ended_ms > 0",
        .run = "j.run_id",
        .state = REPORT_STATUS,
        .ended = "j.ended_ms",
        .keys = {"j.ended_ms", "j.id"},
        .is_descending = 1,
        .has_database = 1,
        .database = "j.database_id",
    },
    {.name = NULL},
};
