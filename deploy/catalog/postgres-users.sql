-- The catalog's database and its users in PostgreSQL (from 12), on Amazon RDS, too. Put three
-- passwords in place of the words in capitals, and run it once with psql, as an administrator (RDS:
-- the master user) before the coordinator is started for the first time:
--
--     psql -h HOST -U postgres -d postgres -f postgres-users.sql
--
-- postgres-reader.sql follows once the coordinator has made the tables.

-- The coordinator: catalog: postgres://dbhaul_writer@HOST:5432/dbhaul.
SELECT 'CREATE ROLE dbhaul_writer LOGIN' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'dbhaul_writer') \gexec
ALTER ROLE dbhaul_writer PASSWORD 'WRITER-PASSWORD';

-- Who makes and changes tables and views, when a coordinator of a newer version starts:
-- catalog_access: {migrator: {user: dbhaul_migrator, ...}}. They belong to it: keep it.
SELECT 'CREATE ROLE dbhaul_migrator LOGIN' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'dbhaul_migrator') \gexec
ALTER ROLE dbhaul_migrator PASSWORD 'MIGRATOR-PASSWORD';

-- Who reports from it: DPA, say. A question of its own never runs for long.
SELECT 'CREATE ROLE dbhaul_reader LOGIN CONNECTION LIMIT 8' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'dbhaul_reader') \gexec
ALTER ROLE dbhaul_reader PASSWORD 'READER-PASSWORD';
ALTER ROLE dbhaul_reader SET default_transaction_read_only = on;
ALTER ROLE dbhaul_reader SET statement_timeout = '60s';
ALTER ROLE dbhaul_reader SET idle_in_transaction_session_timeout = '60s';

SELECT 'CREATE DATABASE dbhaul ENCODING ''UTF8'' TEMPLATE template0' WHERE NOT EXISTS
    (SELECT FROM pg_database WHERE datname = 'dbhaul') \gexec
\connect dbhaul

REVOKE ALL ON DATABASE dbhaul FROM PUBLIC;
GRANT CONNECT ON DATABASE dbhaul TO dbhaul_writer, dbhaul_migrator, dbhaul_reader;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dbhaul_writer, dbhaul_reader;
GRANT USAGE, CREATE ON SCHEMA public TO dbhaul_migrator;

-- The writer deletes nothing, and changes no table.
SET client_min_messages = warning;
GRANT dbhaul_migrator TO CURRENT_USER;
ALTER DEFAULT PRIVILEGES FOR ROLE dbhaul_migrator IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE ON TABLES TO dbhaul_writer;
