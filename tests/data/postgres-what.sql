-- What depends on what, for a selection that leaves some of it out.
CREATE DATABASE "wh.a*t" TEMPLATE template0;
CREATE DATABASE left_behind TEMPLATE template0;
CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C';
\connect "wh.a*t"
CREATE SCHEMA "s.1";
CREATE TABLE kept (id int PRIMARY KEY, note text);
INSERT INTO kept VALUES (1, 'one'), (2, 'two');
CREATE TABLE "log|1" (id serial PRIMARY KEY, at int);
INSERT INTO "log|1" (at) VALUES (1);
COMMENT ON TABLE "log|1" IS 'gone';
CREATE TABLE "log*" (id int);
INSERT INTO "log*" VALUES (1);
CREATE TABLE logs (id int PRIMARY KEY);
INSERT INTO logs VALUES (7);
CREATE TABLE "s.1"."it's ""q"" $1 größe" (id int);
INSERT INTO "s.1"."it's ""q"" $1 größe" VALUES (1);
CREATE TABLE "s.1".audit (id int PRIMARY KEY, kept int REFERENCES kept);
INSERT INTO "s.1".audit VALUES (1, 1), (2, 2);
CREATE TABLE child (id int PRIMARY KEY, kept int REFERENCES kept,
    audit int CONSTRAINT to_audit REFERENCES "s.1".audit,
    gone int CONSTRAINT to_gone REFERENCES "log|1" ON DELETE CASCADE);
INSERT INTO child VALUES (1, 1, 1, 1);
COMMENT ON CONSTRAINT to_gone ON child IS 'it goes too';
-- Draws from a sequence of a table that goes.
CREATE TABLE borrower (id int DEFAULT nextval('"log|1_id_seq"'), v int);
INSERT INTO borrower (v) VALUES (5);
CREATE VIEW on_gone AS SELECT id FROM "log|1";
CREATE VIEW on_view AS SELECT * FROM on_gone;
COMMENT ON VIEW on_view IS 'it goes too';
CREATE MATERIALIZED VIEW stored AS SELECT count(*) AS n FROM on_view;
CREATE MATERIALIZED VIEW stored_kept AS SELECT count(*) AS n FROM kept;
CREATE INDEX on_stored ON stored (n);
CREATE MATERIALIZED VIEW emptied AS SELECT id FROM kept;
CREATE VIEW over_emptied AS SELECT id FROM emptied;
CREATE MATERIALIZED VIEW refilled AS SELECT id FROM over_emptied;
CREATE VIEW on_audit AS SELECT count(*) AS n FROM "s.1".audit;
CREATE FUNCTION takes_row("log|1") RETURNS int LANGUAGE sql AS 'SELECT $1.id';
COMMENT ON FUNCTION takes_row("log|1") IS 'it goes too';
REVOKE EXECUTE ON FUNCTION takes_row("log|1") FROM PUBLIC;
CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM "log|1"; END;
CREATE FUNCTION late() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM "log|1"); END';
CREATE TYPE holder AS (one "log|1");
CREATE TABLE holds (v holder);
CREATE STATISTICS of_gone ON id, at FROM "log|1";
CREATE RULE to_log AS ON INSERT TO kept WHERE new.id < 0 DO ALSO INSERT INTO "log|1" (at) VALUES (new.id);
ALTER TABLE logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_logged ON logs USING (id IN (SELECT id FROM "log|1"));
CREATE POLICY all_others ON logs USING (true);
CREATE TABLE parted (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO parted VALUES (1, '2026-01-05'), (2, '2026-02-05');
CREATE TABLE old_parted (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE old_1 PARTITION OF old_parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
INSERT INTO old_parted VALUES (1, '2026-01-05');
CREATE TABLE heir (more int) INHERITS ("log*");
CREATE TABLE thin (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE thin_1 PARTITION OF thin FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
INSERT INTO thin VALUES (1, '2026-01-05');
\connect left_behind
CREATE TABLE t AS SELECT 1 AS i;
\connect latin
SET client_encoding = UTF8;
CREATE TABLE "größe" AS SELECT 1 AS i;
CREATE TABLE "grösse" AS SELECT 2 AS i;
