// The catalog's lists: their names, what narrows them, and their columns, in the order of display.
//
//   databases   selector, state          id name engine version account region host port state
//                                         last_backup last_backup_state skip_reason tags provider
//                                         resource_id size_bytes secret first_seen last_seen gone
//   runs        state                    id kind label selector requested_by state started ended
//   jobs
//                                         succeeded failed cancelled skipped    (state: running,
//                                         succeeded, failed, partial, cancelled)
//   run         run_id                   the same, one row
//   skipped     run_id                   run database name reason
//   jobs        selector run_id state    id run kind database name set state attempt failures
//   worker size
//                                         queued started ended message
//   job         job_id                   the same, one row
//   attempts    job_id                   job attempt worker outcome class size started ended
//   message backups     selector set_id          id database name engine region account state size
//   files created verified
//                                         store path job attempt tool tool_version server_version
//                                         consistency schemas left_out manifest_sha256 resource_id
//   latest      selector                 as backups: the last good set of each database
//   report      state                    start end dbname size longname status (the view `report`:
//   one row an ended
//                                         job of kind backup; times "YYYY-MM-DD HH:MM:SS" UTC, size
//                                         in GB rounded up, status Success or Failed)
//
// Newest first, but databases by name. Cursors are opaque, and a page never repeats or skips a row
// that was there all the time.

#pragma once
