-- Databases without a good set of the last 24 hours, those that were never tried among them; the
-- longest without one first.
SELECT server, client_host, database_name, engine, account, region, resource_id, skip_reason,
       is_stale, has_good_set, last_good_at, last_good_age_s, last_ended_at, last_status_text,
       last_error_text
  FROM dpa_databases_v1
 WHERE is_gone = 0 AND last_good_age_s > 86400
 ORDER BY last_good_age_s DESC, database_id;
