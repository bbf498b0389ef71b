-- The catalog's database and its users in MariaDB (from 10.11) or MySQL (from 8.0), on Amazon RDS,
-- too. Put three passwords in place of the words in capitals, and run it once as an administrator
-- (RDS: the master user) before the coordinator is started for the first time:
--
--     mysql -h HOST -u admin -p < mysql-users.sql
--
-- mysql-reader.sql follows once the coordinator has made the tables.

CREATE DATABASE IF NOT EXISTS dbhaul CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The coordinator: catalog: mysql://dbhaul_writer@HOST:3306/dbhaul. It deletes nothing.
CREATE USER IF NOT EXISTS 'dbhaul_writer'@'%' IDENTIFIED BY 'WRITER-PASSWORD' REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE ON dbhaul.* TO 'dbhaul_writer'@'%';

-- Who makes and changes tables and views, when a coordinator of a newer version starts:
-- catalog_access: {migrator: {user: dbhaul_migrator, ...}}. The views belong to it: keep it.
CREATE USER IF NOT EXISTS 'dbhaul_migrator'@'%' IDENTIFIED BY 'MIGRATOR-PASSWORD' REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW
    ON dbhaul.* TO 'dbhaul_migrator'@'%';

-- Who reports from it: DPA, say. What it may read is in mysql-reader.sql.
CREATE USER IF NOT EXISTS 'dbhaul_reader'@'%' IDENTIFIED BY 'READER-PASSWORD' REQUIRE SSL
    WITH MAX_USER_CONNECTIONS 8;
