// How old a database's newest sets are against what its policy promises: promise.h in SQL, in what
// all kinds have in common, for lists and views alike. `now` is SQL for unix milliseconds.
//
// The database is `d`; `s` its newest good set, `o` its newest good set that is off-site, and `b`
// what PROMISE_LOST_JOIN joins: until when a set that was found damaged since kept the promise.

#pragma once

// clang-format off

#define PROMISE_DAY_MS "86400000"
#define PROMISE_GOOD_FROM "coalesce(s.created_ms, d.first_seen_ms)"
#define PROMISE_OFFSITE_FROM "coalesce(o.created_ms, d.first_seen_ms)"

// Looked up for each database; the index sets_state has all that is needed.
#define PROMISE_GOOD_JOIN \
    " LEFT JOIN sets s ON s.id = (SELECT max(g.id) FROM sets g WHERE g.database_id = d.id" \
    "  AND g.state = 'good')"
// The sum hides the order of ids: from the newest on, all sets of what has none off-site would be
// looked at.
#define PROMISE_OFFSITE_JOIN \
    " LEFT JOIN sets o ON o.id = (SELECT max(h.id + 0) FROM sets h WHERE h.database_id = d.id" \
    "  AND h.state = 'good' AND h.offsite_ms > 0)"
// By what the index tells of all at once: damaged ones are few.
#define PROMISE_LOST_JOIN \
    " LEFT JOIN (SELECT x.database_id, max(CASE WHEN x.created_ms + q.promise_good_ms" \
    "  < x.verified_ms THEN x.created_ms + q.promise_good_ms ELSE x.verified_ms END) AS lost_ms" \
    "  FROM sets x JOIN known_databases q ON q.id = x.database_id WHERE x.state = 'damaged'" \
    "  GROUP BY x.database_id) b ON b.database_id = d.id"

// Its policy has it, so that something may be promised.
#define PROMISE_IS_HELD "d.gone_ms = 0 AND d.policy_outcome IN ('selected', 'tagged')"

#define PROMISE_GOOD_BROKEN(now) \
    "d.promise_good_ms > 0 AND " PROMISE_GOOD_FROM " + d.promise_good_ms < " now
#define PROMISE_OFFSITE_BROKEN(now) \
    "d.promise_offsite_ms > 0 AND " PROMISE_OFFSITE_FROM " + d.promise_offsite_ms < " now
#define PROMISE_BROKEN(now) \
    PROMISE_IS_HELD " AND ((" PROMISE_GOOD_BROKEN(now) ") OR (" PROMISE_OFFSITE_BROKEN(now) "))"

#define PROMISE_RECENT(then, now) then " > " now " - " PROMISE_DAY_MS

// As promise_state_name.
#define PROMISE_STATE(now) \
    "CASE WHEN d.gone_ms > 0 THEN 'gone'" \
    " WHEN d.policy_outcome IN ('opted out', 'tie') THEN d.policy_outcome" \
    " WHEN d.policy_outcome NOT IN ('selected', 'tagged') THEN 'unmatched'" \
    " WHEN d.promise_good_ms = 0 AND d.promise_offsite_ms = 0 THEN 'no promise'" \
    " WHEN " PROMISE_GOOD_BROKEN(now) " THEN CASE" \
    "  WHEN " PROMISE_RECENT("s.created_ms + d.promise_good_ms", now) " THEN 'lapsed'" \
    "  WHEN " PROMISE_RECENT("b.lost_ms", now) " THEN 'lapsed'" \
    "  WHEN s.id IS NULL THEN 'unprotected' ELSE 'overdue' END" \
    " WHEN " PROMISE_OFFSITE_BROKEN(now) " THEN CASE" \
    "  WHEN " PROMISE_RECENT("o.created_ms + d.promise_offsite_ms", now) \
    "  THEN 'lapsed off-site' ELSE 'overdue off-site' END" \
    " WHEN d.promise_good_ms > 0 AND s.id IS NULL THEN 'waiting'" \
    " WHEN d.promise_offsite_ms > 0 AND o.id IS NULL THEN 'waiting' ELSE 'kept' END"

// Since when a promise is broken; NULL if none is.
#define PROMISE_BROKEN_SINCE(now) \
    "CASE WHEN NOT (" PROMISE_IS_HELD ") THEN NULL" \
    " WHEN " PROMISE_GOOD_BROKEN(now) " THEN " PROMISE_GOOD_FROM " + d.promise_good_ms" \
    " WHEN " PROMISE_OFFSITE_BROKEN(now) " THEN " PROMISE_OFFSITE_FROM " + d.promise_offsite_ms" \
    " ELSE NULL END"

#define PROMISE_AGE(from, now) "CASE WHEN " now " > " from " THEN " now " - " from " ELSE 0 END"

// clang-format on
