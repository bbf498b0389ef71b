-- Backups and bytes of each client in each month of the period.
SELECT server, substr(ended_day, 1, 7) AS ended_month, client_host, count(*) AS backups,
       sum(size_bytes) AS total_bytes, max(size_bytes) AS largest_bytes
  FROM dpa_backup_jobs_v1
 WHERE ended_at >= :start AND ended_at < :end AND job_type = 'BACKUP' AND status_code = 0
 GROUP BY server, substr(ended_day, 1, 7), client_host
 ORDER BY ended_month, client_host;
