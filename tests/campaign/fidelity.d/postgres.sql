-- What PostgreSQL 13 and later have, beyond tests/data/postgres_reader.sql: loaded by a superuser
-- into an empty server, as the database `odd`.
SET client_min_messages = warning;
CREATE ROLE "own;er""'\" NOLOGIN;
CREATE ROLE "re.ader@x" LOGIN PASSWORD 'a secret that none may see' VALID UNTIL '2030-01-01 00:00:00+00' CONNECTION LIMIT 3;
CREATE ROLE in_group ROLE "re.ader@x" ADMIN "own;er""'\";
ALTER ROLE "re.ader@x" SET search_path = "$user", 'a;b', "c""d";
ALTER ROLE "re.ader@x" SET work_mem = '7MB';
COMMENT ON ROLE in_group IS E'it''s \\ a\ncomment; \\! x';
CREATE DATABASE odd TEMPLATE template0 OWNER "own;er""'\" CONNECTION LIMIT 42;
ALTER DATABASE odd SET search_path = 'we"ird', public;
ALTER DATABASE odd SET datestyle = 'German';
ALTER ROLE "re.ader@x" IN DATABASE odd SET statement_timeout = '7min';
GRANT CONNECT, TEMPORARY ON DATABASE odd TO in_group WITH GRANT OPTION;
REVOKE ALL ON DATABASE odd FROM PUBLIC;
COMMENT ON DATABASE odd IS E'\\connect template1\n;''';
CREATE DATABASE "da.ta\base'"";
x" TEMPLATE template0 ENCODING 'LATIN9' LC_COLLATE 'C' LC_CTYPE 'C';
\connect odd
SET search_path = public;
SET client_min_messages = warning;
CREATE SCHEMA "we""ird" AUTHORIZATION "own;er""'\";
CREATE SCHEMA s;
GRANT USAGE, CREATE ON SCHEMA s TO in_group;
ALTER DEFAULT PRIVILEGES FOR ROLE "own;er""'\" IN SCHEMA s GRANT INSERT ON TABLES TO in_group WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE "own;er""'\" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO in_group;

-- ---- types
CREATE TYPE s.mood AS ENUM ('', ' ', 'a''b', '\.', '\N', E'new\nline', '{,}', '"', '()');
ALTER TYPE s.mood ADD VALUE 'between' BEFORE 'a''b';
CREATE DOMAIN s.short AS varchar(5) COLLATE "C" DEFAULT 'x' NOT NULL CONSTRAINT "che;ck" CHECK (VALUE !~ 'z');
CREATE DOMAIN s.shorts AS s.short[] CHECK (array_length(VALUE, 1) < 5);
CREATE TYPE s.inner_row AS (a integer, "b c" text, d s.mood[]);
CREATE TYPE s.outer_row AS (r s.inner_row, rs s.inner_row[], x xml);
CREATE TYPE s.text_range AS RANGE (subtype = text, collation = "C");
CREATE DOMAIN s.of_row AS s.inner_row CHECK ((VALUE).a <> 13);
CREATE TABLE s.nested (id integer PRIMARY KEY, m s.mood, ms s.mood[], sh s.short, shs s.shorts, i s.inner_row, o s.outer_row, dr s.of_row,
    tr s.text_range, trs s.text_range[], ts tsrange, dt daterange, n4 int8range[]);
INSERT INTO s.nested (id, m, ms, sh, shs, i, o, dr, tr, trs, ts, dt, n4) VALUES
    (1, '', '{"", " ", "\\."}', 'a', '{a,b}', ROW (1, 'x"y\', '{"{,}"}'), ROW (ROW (NULL, NULL, NULL), ARRAY[ROW (1, '(),"', NULL)::s.inner_row], '<a/>'),
     ROW (1, '', '{}'), '[a,"b,c")', '{"[a,b]",empty}', '["2026-01-01 00:00:00",infinity]', '[2026-01-01,)', '{"[1,5)","(,)"}'),
    (2, '\N', '{}', '', NULL, ROW (NULL, '', NULL), ROW (NULL, '{}', NULL), NULL, '(,)', '{}', 'empty', 'empty', NULL),
    (3, E'new\nline', '[5:6]={"()","\""}', '', '{}', NULL, NULL, ROW (NULL, NULL, NULL), '["",""]', NULL, NULL, NULL, '{}');
CREATE TABLE s.scalars (id integer PRIMARY KEY, t text, b bytea, n numeric, f4 real, f8 double precision, ts timestamp(3), tz timestamptz, iv interval,
    ti time, tt timetz, bt bit varying, c "char", ch char(3), nm name, o oid, t2 tid, x xid, jp jsonpath, j json, jb jsonb, mny money, xm xml, sn txid_snapshot, i2v int2vector);
INSERT INTO s.scalars (id, t, b) SELECT i, chr(i) || '\' || chr(i), decode(lpad(to_hex(i % 256), 2, '0'), 'hex') FROM generate_series(1, 1200) AS i;
INSERT INTO s.scalars VALUES
    (2001, '', '', 'NaN', 'NaN', 'Infinity', 'infinity', '-infinity', '1 year 2 mons -3 days 04:05:06.789', '24:00', '00:00+15:59', B'', '', '', '', 0, '(0,0)', '0', '$."a b"[*] ? (@ > 1)', '{"a":1,"a":2 , "\u00e9":null}', '"\\"', '-0.01', '', '10:20:10,14,15', ''),
    (2002, E'\b\f\n\r\t\v\\', '\x000102', 1e-100, 1e-45, 5e-324, '0001-01-01 BC', '4714-11-24 00:00:00+00 BC', '-178000000 years', '00:00:00.000001', '23:59:59.999999-15:59', B'101', '\', '  a', 'n"m', 4294967295, '(4294967295,65535)', '4294967295', '$', '[]', '[1.10, 1e400, 1.0]', '92233720368547758.07', 'text only', '1:1:', '1 2 3'),
    (2003, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (2004, '\.', '\x5c2e0a', 1.10, 0.1, 0.1, '2026-02-28 23:59:59.9995', '2026-03-29 02:30:00+01', '0', '12:00', '12:00+00', B'0', 'x', 'abc', 'name', 1, '(1,1)', '1', '$.a', '"\ud83d\ude00"', '{"b": 1, "a": "😀"}', '1', '<a>&amp;<!-- x --></a>', '1:2:1', '1'),
    (2005, E'\\.\n', NULL, -0.0, '-0', '-0', '2026-02-28', '2026-02-28', '-1 mon +1 day', '1:00', '1:00+01', NULL, NULL, ' ', NULL, NULL, NULL, NULL, NULL, NULL, 'null', NULL, NULL, NULL, NULL);

-- ---- large tables, by keys that are harder
CREATE COLLATION s.numeric_icu (provider = icu, locale = 'en-u-kn-true');
CREATE COLLATION s.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE s.by_icu (k text COLLATE s.numeric_icu PRIMARY KEY, filler text DEFAULT repeat('i', 100));
INSERT INTO s.by_icu SELECT 'key ' || i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_no_case (k text COLLATE s.no_case PRIMARY KEY, filler text DEFAULT repeat('n', 100));
INSERT INTO s.by_no_case SELECT CASE i % 2 WHEN 0 THEN 'K' ELSE 'k' END || 'ey ä' || i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_enum (k s.mood, n integer, filler text DEFAULT repeat('e', 100), PRIMARY KEY (k, n));
INSERT INTO s.by_enum SELECT (ARRAY['', '\.', 'between', '"'])[1 + i % 4]::s.mood, i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_array (k integer[] PRIMARY KEY, filler text DEFAULT repeat('a', 100));
INSERT INTO s.by_array SELECT ARRAY[i % 7, i, NULL] FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_range (k int4range PRIMARY KEY, filler text DEFAULT repeat('r', 100));
INSERT INTO s.by_range SELECT int4range(i, i + 5) FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_row (k s.inner_row PRIMARY KEY, filler text DEFAULT repeat('w', 100));
INSERT INTO s.by_row SELECT ROW (i % 5, 'x' || i, NULL)::s.inner_row FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_date (k date PRIMARY KEY, filler text DEFAULT repeat('d', 100));
INSERT INTO s.by_date SELECT '2000-01-01'::date + i FROM generate_series(1, 4000) AS i;
INSERT INTO s.by_date VALUES ('infinity'), ('-infinity'), ('4713-01-01 BC');
CREATE TABLE s.by_stamp (k timestamptz PRIMARY KEY, filler text DEFAULT repeat('t', 100));
INSERT INTO s.by_stamp SELECT '2026-03-29 00:00:00+00'::timestamptz + i * interval '7.000001 seconds' FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_interval (k interval PRIMARY KEY, filler text DEFAULT repeat('v', 100));
INSERT INTO s.by_interval SELECT i * interval '1 mon 3.5 days' FROM generate_series(-2000, 2000) AS i;
CREATE TABLE s.by_float (k double precision PRIMARY KEY, filler text DEFAULT repeat('f', 100));
INSERT INTO s.by_float SELECT i / 7.0 FROM generate_series(-2000, 2000) AS i;
INSERT INTO s.by_float VALUES ('NaN'), ('Infinity'), ('-Infinity'), (5e-324);
CREATE TABLE s.by_inet (k inet PRIMARY KEY, filler text DEFAULT repeat('n', 100));
INSERT INTO s.by_inet SELECT '10.0.0.0'::inet + i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_char (k char(20) PRIMARY KEY, filler text DEFAULT repeat('c', 100));
INSERT INTO s.by_char SELECT 'c' || i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_bool (k boolean, n integer, filler text DEFAULT repeat('b', 100), PRIMARY KEY (k, n));
INSERT INTO s.by_bool SELECT i % 2 = 0, i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_deferrable (k integer PRIMARY KEY DEFERRABLE, filler text DEFAULT repeat('y', 100));
INSERT INTO s.by_deferrable SELECT i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_included (k integer, v text, filler text DEFAULT repeat('z', 100), PRIMARY KEY (k) INCLUDE (v));
INSERT INTO s.by_included SELECT i, 'v' FROM generate_series(1, 4000) AS i;
CREATE TABLE s.by_expression (v text, filler text DEFAULT repeat('q', 100));
CREATE UNIQUE INDEX ON s.by_expression (lower(v));
INSERT INTO s.by_expression SELECT 'V' || i FROM generate_series(1, 4000) AS i;
CREATE TABLE s.toasted (id integer PRIMARY KEY, big text, big_too bytea);
ALTER TABLE s.toasted ALTER COLUMN big SET STORAGE EXTERNAL;
INSERT INTO s.toasted SELECT i, repeat(md5(i::text), i * 20), decode(repeat(md5(i::text), i * 20), 'hex') FROM generate_series(1, 60) AS i;
CREATE TABLE s.holes (id integer PRIMARY KEY, v integer, filler text DEFAULT repeat('h', 100)) WITH (fillfactor = 50, autovacuum_enabled = false);
INSERT INTO s.holes SELECT i, 0 FROM generate_series(1, 4000) AS i;
DELETE FROM s.holes WHERE id % 3 = 0;
UPDATE s.holes SET v = 1 WHERE id % 3 = 1;
ALTER TABLE s.holes ADD COLUMN added text DEFAULT 'with \ a default', ADD COLUMN dropped integer;
ALTER TABLE s.holes DROP COLUMN dropped;

-- ---- tables of all kinds
CREATE TABLE "we""ird"."\.
;-- $$ ${x} 'q' ""%I"" 😀" ("\.
" integer PRIMARY KEY, "a;b" text, "COPY" text, "ü😀" text, "x.y" text, "oid" text, "$1" text);
INSERT INTO "we""ird"."\.
;-- $$ ${x} 'q' ""%I"" 😀" VALUES (1, '\.', '\N', '😀', E'\t', ';', '$1');
CREATE TABLE s.parted (region text NOT NULL, id integer NOT NULL, at date NOT NULL, v text DEFAULT 'a', PRIMARY KEY (region, at, id)) PARTITION BY LIST (region);
CREATE TABLE s."parted eu" (gone integer, v text, at date NOT NULL, region text NOT NULL, id integer NOT NULL, also_gone text) PARTITION BY RANGE (at);
ALTER TABLE s."parted eu" DROP COLUMN gone, DROP COLUMN also_gone, ALTER COLUMN v SET DEFAULT 'of eu';
CREATE TABLE s.parted_eu_old (id integer NOT NULL, v text, dropped integer, region text NOT NULL, at date NOT NULL);
ALTER TABLE s.parted_eu_old DROP COLUMN dropped;
ALTER TABLE s."parted eu" ATTACH PARTITION s.parted_eu_old FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE s.parted_eu_new PARTITION OF s."parted eu" FOR VALUES FROM ('2025-01-01') TO (MAXVALUE) WITH (fillfactor = 70);
ALTER TABLE s.parted ATTACH PARTITION s."parted eu" FOR VALUES IN ('eu', 'it''s; \.');
CREATE TABLE s.parted_rest PARTITION OF s.parted DEFAULT PARTITION BY HASH (id);
CREATE TABLE s.parted_rest_0 PARTITION OF s.parted_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE s.parted_rest_1 PARTITION OF s.parted_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO s.parted SELECT (ARRAY['eu', 'us', 'it''s; \.'])[1 + i % 3], i, '2024-01-01'::date + i % 900, 'v' FROM generate_series(1, 6000) AS i;
CREATE INDEX only_top ON ONLY s.parted (v);
CREATE TABLE s.detached (LIKE s.parted INCLUDING ALL);
CREATE TABLE s.parent (id integer PRIMARY KEY, v text CHECK (v <> 'x') NO INHERIT, w integer CHECK (w > 0));
CREATE TABLE s.second_parent (id integer NOT NULL, z text DEFAULT 'z');
CREATE TABLE s.child (own text, id integer NOT NULL) INHERITS (s.parent, s.second_parent);
INSERT INTO s.parent VALUES (1, 'p', 1);
INSERT INTO s.child (id, v, w, z, own) VALUES (1, 'c', 2, NULL, 'own'), (2, 'x', 3, 'z', NULL);
CREATE TABLE s.typed OF s.inner_row (PRIMARY KEY (a));
INSERT INTO s.typed VALUES (1, 'typed', '{}');
CREATE TABLE s.no_columns ();
INSERT INTO s.no_columns SELECT FROM generate_series(1, 5);
CREATE TABLE s.all_dropped (a integer);
INSERT INTO s.all_dropped VALUES (1), (2);
ALTER TABLE s.all_dropped DROP COLUMN a;
CREATE UNLOGGED TABLE s.unlogged (id serial PRIMARY KEY, v text);
INSERT INTO s.unlogged (v) VALUES ('u');
CREATE TABLE s.reckoned (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, c integer GENERATED ALWAYS AS (a + 1) STORED, d text,
    id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT -3 MINVALUE -1000 MAXVALUE 100 CACHE 5 CYCLE));
INSERT INTO s.reckoned (d, a) SELECT 'd' || i, i FROM generate_series(1, 20) AS i;
CREATE TABLE s.only_reckoned (g text GENERATED ALWAYS AS ('x') STORED);
INSERT INTO s.only_reckoned DEFAULT VALUES;
CREATE TABLE s.one (id integer PRIMARY KEY, other integer, self integer REFERENCES s.one DEFERRABLE);
CREATE TABLE s.other (id integer PRIMARY KEY, one integer NOT NULL CONSTRAINT "to;one" REFERENCES s.one ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO s.one VALUES (1, 1, 2), (2, 2, 1);
INSERT INTO s.other VALUES (1, 1), (2, 2);
COMMIT;
ALTER TABLE s.one ADD FOREIGN KEY (other) REFERENCES s.other;
CREATE TABLE s.not_valid (id integer PRIMARY KEY, one integer, v integer);
INSERT INTO s.not_valid VALUES (1, 999, -5);
ALTER TABLE s.not_valid ADD CONSTRAINT late FOREIGN KEY (one) REFERENCES s.one NOT VALID, ADD CONSTRAINT positive CHECK (v > 0) NOT VALID;
CREATE EXTENSION btree_gist;
CREATE TABLE s.booked (room integer, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0) DEFERRABLE);
INSERT INTO s.booked SELECT i % 5, tsrange('2026-01-01'::timestamp + i * interval '1 day', '2026-01-02'::timestamp + i * interval '1 day') FROM generate_series(1, 100) AS i;
CREATE TABLE s.replicated (a integer NOT NULL, b text);
CREATE UNIQUE INDEX replica ON s.replicated (a);
ALTER TABLE s.replicated REPLICA IDENTITY USING INDEX replica, ALTER COLUMN b SET STATISTICS 77, ALTER COLUMN b SET (n_distinct = -0.5);
CREATE TABLE s.clustered (a integer PRIMARY KEY);
ALTER TABLE s.clustered CLUSTER ON clustered_pkey;
CREATE SEQUENCE s.down AS smallint INCREMENT -1 MINVALUE -5 MAXVALUE -1 START -2 CYCLE OWNED BY s.one.other;
SELECT nextval('s.down'), nextval('s.down') \g /dev/null
CREATE SEQUENCE s."se;q'" MAXVALUE 9223372036854775807;
SELECT setval('s."se;q''"', 9223372036854775807) \g /dev/null
CREATE STATISTICS s.stats (mcv, dependencies) ON region, at FROM s.parted_eu_new;
ALTER STATISTICS s.stats SET STATISTICS 55;

-- ---- views, programs, and all the rest
CREATE VIEW s.z AS SELECT id, v FROM s.parent WHERE v <> E'it''s \\ \n $$' WITH LOCAL CHECK OPTION;
CREATE VIEW s.a WITH (security_barrier) AS SELECT z.*, (SELECT count(*) FROM s.z AS y) AS n FROM s.z;
CREATE RECURSIVE VIEW s.counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE MATERIALIZED VIEW s.z_first AS SELECT region, count(*) AS n FROM s.parted GROUP BY region;
CREATE UNIQUE INDEX ON s.z_first (region);
CREATE MATERIALIZED VIEW s.m_second AS SELECT n, region FROM s.z_first WHERE n > 0;
CREATE MATERIALIZED VIEW s.a_third WITH (fillfactor = 60) AS SELECT a.*, m.n AS m FROM s.m_second AS m CROSS JOIN s.a AS a;
CREATE MATERIALIZED VIEW s.unpopulated AS SELECT 1 / 0 AS never WITH NO DATA;
CREATE MATERIALIZED VIEW s.on_unpopulated AS SELECT never FROM s.unpopulated WITH NO DATA;
CREATE FUNCTION s."f;\"""(a integer DEFAULT 1, OUT b text, VARIADIC c text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE plpgsql STRICT COST 7 ROWS 9
    SET search_path = s, "we""ird" AS $outer$ BEGIN b := $$it's; \. $$ || E'\\.\n' || $_$x$_$; RETURN NEXT; END $outer$;
CREATE FUNCTION s.plain_sql(integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE LEAKPROOF AS 'SELECT $1 + 1; ';
CREATE PROCEDURE s.does(INOUT x integer) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN x := x; END';
CREATE FUNCTION s.concatenated(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $2';
CREATE AGGREGATE s.joined(text) (SFUNC = s.concatenated, STYPE = text, INITCOND = '\.;''');
CREATE FUNCTION s.compared(s.inner_row, s.inner_row) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a < ($2).a';
CREATE OPERATOR s.<<< (LEFTARG = s.inner_row, RIGHTARG = s.inner_row, FUNCTION = s.compared, COMMUTATOR = OPERATOR(s.>>>));
CREATE OPERATOR s.>>> (LEFTARG = s.inner_row, RIGHTARG = s.inner_row, FUNCTION = s.compared, COMMUTATOR = OPERATOR(s.<<<));
CREATE FUNCTION s.as_text(s.mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (s.mood AS integer) WITH FUNCTION s.as_text(s.mood) AS ASSIGNMENT;
CREATE FUNCTION s.int_compare(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $2 - $1';
CREATE OPERATOR FAMILY s.family USING btree;
CREATE OPERATOR CLASS s.backwards FOR TYPE integer USING btree FAMILY s.family AS OPERATOR 1 >, OPERATOR 3 =, OPERATOR 5 <, FUNCTION 1 s.int_compare(integer, integer);
CREATE INDEX by_class ON s.one (other s.backwards) WHERE other > 0;
CREATE FUNCTION s.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a trigger ran while rows were loaded''; END';
CREATE TRIGGER "tri;gger" AFTER INSERT ON s.replicated FOR EACH STATEMENT EXECUTE FUNCTION s.note('a;b', E'\\');
CREATE TRIGGER always BEFORE INSERT ON s.clustered FOR EACH ROW EXECUTE FUNCTION s.note();
ALTER TABLE s.clustered ENABLE ALWAYS TRIGGER always;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON s.not_valid DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION s.note();
ALTER TABLE s.not_valid DISABLE TRIGGER deferred;
CREATE TRIGGER on_parted AFTER INSERT ON s.parted REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION s.note();
CREATE RULE also AS ON INSERT TO s.second_parent WHERE new.id > 5 DO ALSO INSERT INTO s.second_parent VALUES (1, 'a rule ran');
CREATE RULE nothing AS ON DELETE TO s.one DO INSTEAD NOTHING;
CREATE FUNCTION s.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER "watch;er" ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION s.on_ddl();
CREATE TABLE s.secured (id integer PRIMARY KEY, who name);
INSERT INTO s.secured SELECT i, 'nobody' FROM generate_series(1, 100) AS i;
ALTER TABLE s.secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, OWNER TO "own;er""'\";
CREATE POLICY "po;licy" ON s.secured AS RESTRICTIVE FOR UPDATE TO in_group USING (who = current_user) WITH CHECK (id > 0);
GRANT SELECT (id), UPDATE (who) ON s.secured TO in_group WITH GRANT OPTION;
SET SESSION AUTHORIZATION "own;er""'\";
GRANT INSERT ON s.secured TO "re.ader@x";
RESET SESSION AUTHORIZATION;
CREATE TEXT SEARCH DICTIONARY s.dictionary (TEMPLATE = pg_catalog.simple, STOPWORDS = english, ACCEPT = 'false');
CREATE TEXT SEARCH CONFIGURATION s.configuration (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION s.configuration ALTER MAPPING FOR asciiword WITH s.dictionary, english_stem;
CREATE TABLE s.searched (id integer PRIMARY KEY, t text, v tsvector);
INSERT INTO s.searched SELECT i, 'the quick fox', to_tsvector('s.configuration', 'quick brown ''foxes'' ' || i) FROM generate_series(1, 50) AS i;
CREATE INDEX ON s.searched USING gin (v) WITH (fastupdate = off);
CREATE EXTENSION postgres_fdw SCHEMA s;
COMMENT ON EXTENSION postgres_fdw IS 'somebody''s own comment';
CREATE FOREIGN DATA WRAPPER "wra;pper" OPTIONS (debug 'it''s');
CREATE SERVER "ser;ver" TYPE 't' VERSION 'v''' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.example', port '5432', dbname 'x''y;');
CREATE USER MAPPING FOR "re.ader@x" SERVER "ser;ver" OPTIONS (user 'u', password 'a secret that none may see');
CREATE FOREIGN TABLE s.far (a integer OPTIONS (column_name 'A;'), b text NOT NULL) SERVER "ser;ver" OPTIONS (schema_name 'x', table_name 'y''z');
GRANT USAGE ON FOREIGN SERVER "ser;ver" TO in_group;
CREATE PUBLICATION "pub;lication" FOR TABLE s.one, s.parted WITH (publish = 'insert, truncate');
CREATE PUBLICATION whole FOR ALL TABLES;
CREATE SUBSCRIPTION "sub;scription" CONNECTION 'host=nowhere.example password=x' PUBLICATION p WITH (connect = false);
CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;
CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION pg_catalog.varchar_support(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE CONVERSION s.conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TABLE s.indexed (a integer, b text, c point, d integer[]);
CREATE INDEX "in;dex" ON s.indexed (a DESC NULLS LAST, lower(b) COLLATE s.numeric_icu text_pattern_ops) INCLUDE (d) WITH (fillfactor = 33) WHERE b <> E'\\;';
CREATE INDEX ON s.indexed USING brin (a) WITH (pages_per_range = 7);
CREATE INDEX ON s.indexed USING spgist (c);
CREATE INDEX ON s.indexed USING hash (b);
ALTER INDEX s."in;dex" ALTER COLUMN 2 SET STATISTICS 99;
INSERT INTO s.indexed SELECT i, 'b' || i, point(i, -i), ARRAY[i] FROM generate_series(1, 100) AS i;
COMMENT ON TABLE s.indexed IS E'\\.\n;--''';
COMMENT ON COLUMN s.indexed.b IS E'line\nbreak \\! x';
COMMENT ON CONSTRAINT "to;one" ON s.other IS ';';
COMMENT ON TYPE s.mood IS '\.';
COMMENT ON POLICY "po;licy" ON s.secured IS 'p';
COMMENT ON TRIGGER "tri;gger" ON s.replicated IS 't';
COMMENT ON LANGUAGE plpgsql IS 'changed';
GRANT EXECUTE ON FUNCTION s.plain_sql(integer) TO in_group WITH GRANT OPTION;
REVOKE ALL ON FUNCTION s.plain_sql(integer) FROM PUBLIC;
GRANT USAGE ON SEQUENCE s.down TO "re.ader@x";
GRANT USAGE ON TYPE s.mood TO "re.ader@x";
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE SELECT ON pg_catalog.pg_proc FROM PUBLIC;
GRANT SELECT ON pg_catalog.pg_proc TO in_group;
ALTER TABLE s.one OWNER TO "own;er""'\";

-- ---- large objects
SELECT lo_from_bytea(9001, ''), lo_from_bytea(9002, '\x005c2e0a27'), lo_from_bytea(4294967290, convert_to(repeat(E'\\.\n', 100000), 'UTF8')) \g /dev/null
SELECT lo_from_bytea(20000 + i, decode(md5(i::text), 'hex')) FROM generate_series(1, 300) AS i \g /dev/null
ALTER LARGE OBJECT 9001 OWNER TO "own;er""'\";
GRANT SELECT, UPDATE ON LARGE OBJECT 9002 TO in_group WITH GRANT OPTION;
GRANT SELECT ON LARGE OBJECT 20001 TO PUBLIC;
COMMENT ON LARGE OBJECT 20002 IS E'it''s; \\.\n';
ANALYZE;
