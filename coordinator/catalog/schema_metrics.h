// The view for monitoring, written once for all kinds: rows of a metric's name, its labels and a
// value, for any exporter that can ask SQL. docs/dpa.md is its contract, as of the views of
// schema_dpa.h, with whose macros it is made.

#pragma once

#include "coordinator/catalog/schema_dpa.h"

// clang-format off

// One row a database, with all that the metrics count.
#define METRICS_DATABASES \
    "(SELECT d.id AS id, d.name AS name, d.engine AS engine, d.account AS account," \
    " d.region AS region, d.policy AS policy, " PROMISE_STATE(DPA_NOW_MS) " AS state," \
    " CASE WHEN " PROMISE_IS_HELD " THEN 1 ELSE 0 END AS is_held," \
    " CASE WHEN " PROMISE_GOOD_BROKEN(DPA_NOW_MS) " THEN 1 ELSE 0 END AS is_overdue," \
    " CASE WHEN " PROMISE_OFFSITE_BROKEN(DPA_NOW_MS) " THEN 1 ELSE 0 END AS is_offsite_overdue," \
    " d.promise_good_ms AS promised_ms, d.promise_offsite_ms AS promised_offsite_ms," \
    " " PROMISE_AGE(PROMISE_GOOD_FROM, DPA_NOW_MS) " AS good_ms," \
    " " PROMISE_AGE(PROMISE_OFFSITE_FROM, DPA_NOW_MS) " AS offsite_ms" \
    " FROM known_databases d" SQL_GOOD SQL_OFFSITE PROMISE_LOST_JOIN ")"

// Of a label: a backslash, a quotation mark and a line feed are written with a backslash.
#define METRICS_ESCAPED(sql) \
    "replace(replace(replace(" sql ", " SQL_CHAR("92") ", " \
    SQL_JOIN(SQL_CHAR("92"), SQL_CHAR("92")) "), " SQL_CHAR("34") ", " \
    SQL_JOIN(SQL_CHAR("92"), SQL_CHAR("34")) "), " SQL_CHAR("10") ", " \
    SQL_JOIN(SQL_CHAR("92"), "'n'") ")"
#define METRICS_LABEL(name, sql) SQL_JOIN(SQL_JOIN("'" name "=\"'", METRICS_ESCAPED(sql)), "'\"'")
#define METRICS_AND(a, b) SQL_JOIN(SQL_JOIN(a, "','"), b)

#define METRICS_POLICY_LABEL METRICS_LABEL("policy", "p.policy")
#define METRICS_STATE_LABELS METRICS_AND(METRICS_POLICY_LABEL, METRICS_LABEL("state", "p.state"))
// Each is cut so that all together, escaped, are shorter than the column: MariaDB has no VARCHAR of
// more than 512 in a view.
#define METRICS_DATABASE_LABELS \
    METRICS_AND(METRICS_AND(METRICS_AND( \
        SQL_JOIN(SQL_JOIN("'database_id=\"'", SQL_TEXT("p.id", "20")), "'\"'"), \
        METRICS_LABEL("database_name", "substr(p.name, 1, 100)")), \
        METRICS_AND(METRICS_LABEL("engine", "substr(p.engine, 1, 20)"), \
                    METRICS_LABEL("account", "substr(p.account, 1, 32)"))), \
        METRICS_AND(METRICS_LABEL("region", "substr(p.region, 1, 32)"), METRICS_POLICY_LABEL))

#define METRICS_OF_STATES \
    "SELECT 'dbhaul_databases' AS metric, " METRICS_STATE_LABELS " AS labels," \
    " p.policy AS policy, p.state AS state, 0 AS id, '' AS name, '' AS engine, '' AS account," \
    " '' AS region, count(*) AS value FROM " METRICS_DATABASES " p GROUP BY p.policy, p.state"

// Of the databases that a policy has. `n` stands for one row of each metric.
#define METRICS_OF_POLICIES \
    "SELECT n.metric, " METRICS_POLICY_LABEL ", p.policy, '', 0, '', '', '', ''," \
    " CASE n.number WHEN 1 THEN p.database_count WHEN 2 THEN p.overdue WHEN 3 THEN p.offsite_overdue" \
    " WHEN 4 THEN " SQL_SHARE("p.good_ms", "1000") " ELSE " SQL_SHARE("p.offsite_ms", "1000") " END" \
    " FROM (SELECT t.policy AS policy, count(*) AS database_count, sum(t.is_overdue) AS overdue," \
    "  sum(t.is_offsite_overdue) AS offsite_overdue, max(t.good_ms) AS good_ms," \
    "  max(CASE WHEN t.promised_offsite_ms > 0 THEN t.offsite_ms ELSE 0 END) AS offsite_ms" \
    "  FROM " METRICS_DATABASES " t WHERE t.is_held = 1 GROUP BY t.policy) p" \
    " CROSS JOIN (SELECT 1 AS number, 'dbhaul_policy_databases' AS metric" \
    "  UNION ALL SELECT 2, 'dbhaul_policy_overdue'" \
    "  UNION ALL SELECT 3, 'dbhaul_policy_offsite_overdue'" \
    "  UNION ALL SELECT 4, 'dbhaul_policy_oldest_good_seconds'" \
    "  UNION ALL SELECT 5, 'dbhaul_policy_oldest_offsite_seconds') n"

// Of each database that is there; what is off-site only where that is promised.
#define METRICS_OF_DATABASES \
    "SELECT n.metric, " METRICS_DATABASE_LABELS ", p.policy, p.state, p.id, p.name, p.engine," \
    " p.account, p.region," \
    " CASE n.number WHEN 1 THEN " SQL_SHARE("p.good_ms", "1000") \
    " WHEN 2 THEN " SQL_SHARE("p.promised_ms", "1000") " WHEN 3 THEN p.is_held * p.is_overdue" \
    " WHEN 4 THEN " SQL_SHARE("p.offsite_ms", "1000") \
    " WHEN 5 THEN " SQL_SHARE("p.promised_offsite_ms", "1000") \
    " ELSE p.is_held * p.is_offsite_overdue END" \
    " FROM " METRICS_DATABASES " p" \
    " CROSS JOIN (SELECT 1 AS number, 'dbhaul_database_good_age_seconds' AS metric" \
    "  UNION ALL SELECT 2, 'dbhaul_database_promised_seconds'" \
    "  UNION ALL SELECT 3, 'dbhaul_database_overdue'" \
    "  UNION ALL SELECT 4, 'dbhaul_database_offsite_age_seconds'" \
    "  UNION ALL SELECT 5, 'dbhaul_database_promised_offsite_seconds'" \
    "  UNION ALL SELECT 6, 'dbhaul_database_offsite_overdue') n" \
    " WHERE p.state <> 'gone' AND (n.number < 4 OR p.promised_offsite_ms > 0)"

#define METRICS_VIEW \
    SQL_CREATE_VIEW " dbhaul_metrics_v1 AS SELECT " SQL_TEXT("v.metric", "64") " AS metric" \
    DPA_TEXT("labels", "512", "v.labels") \
    DPA_TEXT("policy", "255", "v.policy") \
    DPA_TEXT("state", "32", "v.state") \
    DPA_NUMBER("database_id", "v.id") \
    DPA_TEXT("database_name", "255", "v.name") \
    DPA_TEXT("engine", "255", "v.engine") \
    DPA_TEXT("account", "255", "v.account") \
    DPA_TEXT("region", "255", "v.region") \
    DPA_NUMBER("value", "v.value") \
    " FROM (" METRICS_OF_STATES " UNION ALL " METRICS_OF_POLICIES " UNION ALL " \
    METRICS_OF_DATABASES ") v"

// clang-format on
