-- Jobs that ended in the period without their result. What was tried again is not among them.
SELECT server, client_host, database_name, engine, account, region, job_type, policy, ended_at,
       outcome, error_code, error_text, worker, job_id, attempt
  FROM dpa_backup_jobs_v1
 WHERE ended_at >= :start AND ended_at < :end AND status_code = 2
 ORDER BY ended_at, job_id;
