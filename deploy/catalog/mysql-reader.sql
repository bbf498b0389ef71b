-- What the reader of the catalog may read: the views for reports and nothing else. Run it after the
-- coordinator was started for the first time, and again after a new version of it brought a view:
--
--     mysql -h HOST -u admin -p < mysql-reader.sql

GRANT SELECT, SHOW VIEW ON dbhaul.report TO 'dbhaul_reader'@'%';
GRANT SELECT, SHOW VIEW ON dbhaul.dpa_backup_jobs_v1 TO 'dbhaul_reader'@'%';
GRANT SELECT, SHOW VIEW ON dbhaul.dpa_databases_v1 TO 'dbhaul_reader'@'%';
GRANT SELECT, SHOW VIEW ON dbhaul.dbhaul_metrics_v1 TO 'dbhaul_reader'@'%';
