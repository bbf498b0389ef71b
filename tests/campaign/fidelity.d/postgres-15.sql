-- What PostgreSQL has since 14 and 15, in a database of its own.
SET client_min_messages = warning;
CREATE DATABASE newer TEMPLATE template0;
\connect newer
SET client_min_messages = warning;
CREATE TYPE text_range AS RANGE (subtype = text, multirange_type_name = "multi;range");
CREATE TABLE multiranges (id integer PRIMARY KEY, i int4multirange, n nummultirange, t tstzmultirange, d datemultirange, m "multi;range");
INSERT INTO multiranges VALUES (1, '{[1,5),[7,9)}', '{(,1.5],[2.5,)}', '{["2026-01-01 00:00+00",infinity)}', '{}', '{["a,b","c\"d")}'),
    (2, '{}', '{(,)}', NULL, '{[2026-01-01,2026-02-01)}', '{}');
CREATE TABLE by_multirange (k int4multirange PRIMARY KEY, filler text DEFAULT repeat('m', 100));
INSERT INTO by_multirange SELECT int4multirange(int4range(i, i + 3), int4range(i + 5, i + 9)) FROM generate_series(1, 4000) AS i;
CREATE TABLE compressed (id integer PRIMARY KEY, v text COMPRESSION pglz);
INSERT INTO compressed SELECT i, repeat('z', i * 1000) FROM generate_series(1, 30) AS i;
CREATE TABLE nulls_are_one (a integer, b text, UNIQUE NULLS NOT DISTINCT (a, b));
INSERT INTO nulls_are_one VALUES (NULL, 'x'), (1, NULL);
CREATE FUNCTION modern(a integer, b text DEFAULT 'x;') RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT b || ';'; SELECT b || 'end;' || (SELECT count(*) FROM compressed); END;
CREATE VIEW with_invoker WITH (security_invoker) AS SELECT * FROM compressed;
CREATE STATISTICS of_expression ON (a + 1), lower(b) FROM nulls_are_one;
CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk');
CREATE TABLE referenced (id integer PRIMARY KEY, a integer, b integer);
CREATE TABLE referring (id integer PRIMARY KEY, a integer REFERENCES referenced ON DELETE SET NULL (a));
CREATE SCHEMA part;
CREATE TABLE part.one (id integer PRIMARY KEY, v text);
CREATE PUBLICATION some_of_it FOR TABLE referenced (id, a) WHERE (id > 5);
CREATE PUBLICATION in_schema FOR TABLES IN SCHEMA part;
CREATE ROLE maintainer;
GRANT SET, ALTER SYSTEM ON PARAMETER work_mem TO maintainer WITH GRANT OPTION;
GRANT pg_checkpoint, pg_read_all_data TO maintainer;
CREATE TABLE parted (id integer, v text) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a trigger ran''; END';
CREATE TRIGGER on_row AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION fails();
ALTER TABLE parted DISABLE TRIGGER on_row;
INSERT INTO parted SELECT i, 'v' FROM generate_series(1, 50) AS i;
ALTER TABLE parted_0 ENABLE REPLICA TRIGGER on_row;
ANALYZE;
