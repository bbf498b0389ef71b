-- What the reader of the catalog may read: the views for reports and nothing else. Run it after the
-- coordinator was started for the first time, and again after a new version of it brought a view:
--
--     mysql -h HOST -u admin -p < mysql-reader.sql

GRANT SELECT, SHOW VIEW ON dbhaul.report TO 'dbhaul_reader'@'%';
