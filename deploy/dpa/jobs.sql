-- Every attempt that ended in the period, oldest first.
SELECT server, client_host, database_name, engine, account, region, job_type, level, policy,
       status_code, status_text, queued_at, started_at, ended_at, duration_s, size_bytes,
       throughput_bytes_s, file_count, dd_host, storage_unit, path, worker, job_id, attempt,
       error_code, error_text
  FROM dpa_backup_jobs_v1
 WHERE ended_at >= :start AND ended_at < :end
 ORDER BY ended_at, job_id, attempt;
