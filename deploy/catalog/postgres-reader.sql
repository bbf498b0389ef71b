-- What the reader of the catalog may read: the views for reports and nothing else. Run it after the
-- coordinator was started for the first time, and again after a new version of it brought a view:
--
--     psql -h HOST -U postgres -d dbhaul -f postgres-reader.sql

SET ROLE dbhaul_migrator;
GRANT SELECT ON report, dpa_backup_jobs_v1, dpa_databases_v1, dbhaul_metrics_v1 TO dbhaul_reader;
