// The catalog's lists: their names, what narrows them, and their columns, in the order of display.
//
//   databases   selector, state, filters
//               id name engine version account region host port state last_backup
//               last_backup_state skip_reason tags provider resource_id size_bytes secret source
//               endpoints long_name role_arn first_seen last_seen gone stale policy policy_outcome
//               promise broken_since promised_age good_age last_good promised_offsite_age
//               offsite_age last_offsite policy_tag lost_policy tag_lost
//   standing    id good_ms offsite_ms lost_ms tried_ms: for the server, by number
//   events      selector, state (the kind)
//               id at kind database name provider account region message
//   runs        state (running, succeeded, failed, partial, cancelled)
//               id kind label selector requested_by state started ended jobs succeeded failed
//               cancelled skipped note
//   run         run_id, which it needs: as runs, one row
//   skipped     run_id, selector
//               run database name engine reason
//   jobs        selector, run_id, state
//               id run kind database name engine set state attempt failures worker size queued
//               started ended message policy policy_digest
//   job         job_id, which it needs: as jobs, one row
//   attempts    job_id
//               job attempt worker outcome class size started ended message
//   backups     selector, set_id, job_id, state (good, damaged, expiring)
//               id database name engine region account state size files created verified store
//               path job attempt tool tool_version server_version consistency schemas left_out
//               excluded manifest_sha256 resource_id protection snapshot protected snapshot_expires
//               offsite destination pinned pinned_until pinned_by pin_reason locked expired expiry
//               rows jump
//   sets        as backups, also those that are expired, which backups leaves out
//   kept        selector: id database state created_ms pinned_ms pinned_until_ms offsite_ms
//               locked_ms: sets that are good or damaged; for the server, by database and number
//   expiring    selector: id database store path locked_ms: for the server, by number
//   latest      selector: as backups, the last good set of each database
//   protections state (pending, created, seen, syncing, off-site, kept, given up)
//               id state store protector mtree snapshot sets began created seen expires context
//               destination syncing offsite message
//   strays      run_id, job_id
//               job kind path set outcome store: what the last sweep of each store found, in its
//               order
//   report      selector, run_id, state (Success, Failed), from_ms, until_ms
//               start end dbname size longname status: as the view `report`, one row an ended job
//               of kind backup; times "YYYY-MM-DD HH:MM:SS" UTC, size in GB (10^9 bytes) rounded
//               up, 0 of a failed job
//   report_excluded: the same, and excluded: how many things the policy left out of the set
//
// For programs of ours, by number: archive_databases, archive_runs, archive_jobs, archive_attempts,
// archive_protections, archive_sets (archive.h), set_places (id state store path) and rebuilds.
//
// promise is promise_state_name, at the query's now_ms; an age is in seconds, of a database that
// never had such a set since it was first seen; offsite_age stands where it is promised or there is
// one. last_backup is when the last backup job of the database ended, well or not;
// last_backup_state its state. A run that ended is succeeded if no job failed or was cancelled and
// nothing is noted against it, partial if it is or if some jobs succeeded and some did not, failed
// if none succeeded and one failed, cancelled otherwise; of a running one the numbers are those of
// now. worker is the name of the one that has the newest attempt.
//
// Newest first, but databases and latest by name, and report by end. Cursors are opaque, and a page
// never repeats or skips a row that was there all the time.

#pragma once
