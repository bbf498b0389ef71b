-- What our own reader of PostgreSQL must bring back, beyond tests/data/postgres.sql: loaded by a
-- superuser with psql into the empty database `nasty`, on PostgreSQL 13 and later.
SET client_min_messages = warning;
CREATE SCHEMA "sch ""e' ma\";
CREATE SCHEMA data;

-- Settings of the database that change how values are written.
ALTER DATABASE nasty SET datestyle = 'SQL, DMY';
ALTER DATABASE nasty SET intervalstyle = 'sql_standard';
ALTER DATABASE nasty SET extra_float_digits = -10;
ALTER DATABASE nasty SET bytea_output = 'escape';
ALTER DATABASE nasty SET timezone = 'Asia/Kathmandu';
ALTER DATABASE nasty SET xmlbinary = 'hex';
ALTER DATABASE nasty SET search_path = data;
ALTER DATABASE nasty SET statement_timeout = '20s';

-- Large tables by each kind of key.
CREATE TABLE data.by_integer (id bigint PRIMARY KEY, v text, filler text DEFAULT repeat('f', 100));
INSERT INTO data.by_integer SELECT i * 3, 'v' || i FROM generate_series(-3000, 3000) AS i;
INSERT INTO data.by_integer VALUES (-9223372036854775808, 'least'), (9223372036854775807, 'greatest');
CREATE TABLE data.dense (id integer PRIMARY KEY, filler text DEFAULT repeat('d', 100));
INSERT INTO data.dense SELECT i FROM generate_series(-5000, 5000) AS i ORDER BY md5(i::text);
CREATE TABLE data.by_text (k text COLLATE "C" PRIMARY KEY, v integer, filler text DEFAULT repeat('t', 100));
INSERT INTO data.by_text SELECT md5(i::text) || chr(i % 500 + 1), i FROM generate_series(1, 4000) AS i;
INSERT INTO data.by_text VALUES (''), (''''), ('\'), (E'\t\n\\.\n'), (U&'\+01F600'), ('$$'), ('%s%I'), ('\N');
CREATE TABLE data.by_uuid (k uuid PRIMARY KEY, filler text DEFAULT repeat('u', 100));
INSERT INTO data.by_uuid SELECT md5(i::text)::uuid FROM generate_series(1, 4000) AS i;
CREATE TABLE data.by_decimal (k numeric UNIQUE NOT NULL, filler text DEFAULT repeat('n', 100));
INSERT INTO data.by_decimal SELECT i / 7.0 FROM generate_series(-2000, 2000) AS i;
INSERT INTO data.by_decimal VALUES ('NaN'), (1e100), (-1e-100);
CREATE TABLE data.by_several (tenant integer, at timestamptz, "na""me" varchar(40), filler text DEFAULT repeat('s', 100),
    PRIMARY KEY (tenant, at, "na""me"));
INSERT INTO data.by_several SELECT i % 3, '2026-01-01'::timestamptz + i * interval '1 minute', 'it''s \ ' || i
    FROM generate_series(1, 4000) AS i;
CREATE TABLE data.by_bytes (k bytea PRIMARY KEY, filler text DEFAULT repeat('b', 100));
INSERT INTO data.by_bytes SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 3000) AS i;
CREATE TABLE data.by_nothing (a integer, b text, filler text DEFAULT repeat('x', 100));
INSERT INTO data.by_nothing SELECT i % 10, 'row ' || i % 100 FROM generate_series(1, 5000) AS i;
CREATE TABLE data.by_partial (a integer NOT NULL, filler text DEFAULT repeat('p', 100));
CREATE UNIQUE INDEX ON data.by_partial (a) WHERE a > 0;
INSERT INTO data.by_partial SELECT -1 FROM generate_series(1, 3000);
CREATE TABLE data.by_nullable (a integer UNIQUE, filler text DEFAULT repeat('q', 100));
INSERT INTO data.by_nullable SELECT NULLIF(i, i / 2 * 2) FROM generate_series(1, 3000) AS i;
CREATE DOMAIN data.code AS text CHECK (VALUE <> 'bad');
CREATE TABLE data.by_domain (k data.code PRIMARY KEY, filler text DEFAULT repeat('o', 100));
INSERT INTO data.by_domain SELECT 'code' || i FROM generate_series(1, 3000) AS i;
-- The type's own order is not that of the operators found without its schema.
CREATE EXTENSION citext SCHEMA data;
CREATE TABLE data.by_citext (k data.citext COLLATE "C" PRIMARY KEY, filler text DEFAULT repeat('c', 100));
INSERT INTO data.by_citext SELECT CASE WHEN i % 2 = 0 THEN upper(md5(i::text)) ELSE md5(i::text) END
    FROM generate_series(1, 6000) AS i;
CREATE TABLE data.updated (id integer PRIMARY KEY, v integer, filler text DEFAULT repeat('z', 100));
INSERT INTO data.updated SELECT i, 0 FROM generate_series(1, 3000) AS i;
UPDATE data.updated SET v = 1 WHERE id % 2 = 0;
DELETE FROM data.updated WHERE id % 5 = 0;

-- Generated columns, dropped columns, none at all, names.
CREATE TABLE data.generated (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a * 2) STORED, c text);
INSERT INTO data.generated (a, c) SELECT i, 'c' FROM generate_series(1, 50) AS i;
CREATE TABLE data.only_generated (g integer GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO data.only_generated DEFAULT VALUES;
INSERT INTO data.only_generated DEFAULT VALUES;
CREATE TABLE data.nothing ();
INSERT INTO data.nothing DEFAULT VALUES;
INSERT INTO data.nothing DEFAULT VALUES;
CREATE TABLE data.dropped (a integer, gone text, b integer PRIMARY KEY, gone_too integer);
ALTER TABLE data.dropped DROP COLUMN gone, DROP COLUMN gone_too, ADD COLUMN c text DEFAULT 'new';
INSERT INTO data.dropped VALUES (1, 2, 'x'), (3, 4, E'tab\there');
CREATE TABLE "sch ""e' ma\"."ta ""b'le\
\! touch x" ("co ""l'umn\
\." integer PRIMARY KEY, "select" text, "user@host" text);
INSERT INTO "sch ""e' ma\"."ta ""b'le\
\! touch x" VALUES (1, '\.', E'\\.\n'), (2, NULL, '');
CREATE TABLE data.identity (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
INSERT INTO data.identity (v) SELECT 'v' FROM generate_series(1, 7);
CREATE TABLE data.by_default (id smallint GENERATED BY DEFAULT AS IDENTITY (START -5 INCREMENT -2 MINVALUE -100), v text);
INSERT INTO data.by_default (v) VALUES ('a'), ('b');
CREATE SEQUENCE data.never_called START 7;
CREATE SEQUENCE data.called;
SELECT setval('data.called', 41, false) \g /dev/null

-- Every kind of value, and arrays of some.
CREATE TYPE data.mood AS ENUM ('it''s', '\', '\.', '{}');
CREATE TYPE data.pair AS (a integer, b text);
CREATE TYPE data.key AS (tenant integer, number integer);
CREATE TABLE data.by_row (k data.key PRIMARY KEY, filler text DEFAULT repeat('w', 100));
INSERT INTO data.by_row SELECT ROW (i % 3, i)::data.key FROM generate_series(1, 4000) AS i;
CREATE TYPE data.floats AS RANGE (subtype = float8);
CREATE TABLE data.types (id serial PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, n numeric(30, 10), f4 float4, f8 float8,
    m money, c char(5), vc varchar(10), t text, nm name, by bytea, ts timestamp, tz timestamptz, d date, ti time, tt timetz,
    iv interval, u uuid, j json, jb jsonb, x xml, bt bit(3), bv bit varying, ip inet, cd cidr, ma macaddr, m8 macaddr8, po point,
    ln line, ls lseg, bx box, pa path, pg polygon, ci circle, tv tsvector, tq tsquery, r4 int4range, nr numrange, tr tstzrange,
    fr data.floats, mo data.mood, pr data.pair, ai integer[], at text[], am data.mood[], ap data.pair[], a3 integer[][][], o oid,
    rc regclass, pl pg_lsn);
INSERT INTO data.types (b) SELECT NULL FROM generate_series(1, 3);
INSERT INTO data.types VALUES (DEFAULT, true, -32768, -2147483648, -9223372036854775808, -12345678901234567890.0123456789,
    '1.1754944e-38', '4.9406564584124654e-324', '-92233720368547758.08', 'a', E'\t', E'\\N', 'name', '\x00ff5c27',
    '4714-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999+00', '0001-01-01 BC', '24:00:00', '23:59:59.999999-15:59',
    '-178000000 years -1 days +2 hours', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{"a": 1, "a": 2 }', '{"a": "\u0001"}', '<a/>',
    B'101', B'', '::1', '10/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '(1e-300,-0)', '{1,-1,0}', '[(0,0),(1,1)]',
    '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', '<(0,0),1>', 'a:1A b', 'a & !b', '[1,5)', '(,)',
    '["2026-01-01 00:00+00",infinity)', '[-infinity,0.1]', '\.', ROW (NULL, ''), '{}', ARRAY[NULL, 'NULL', '"', '\', '{}', ''],
    ARRAY['\.', '{}']::data.mood[], ARRAY[ROW (1, 'a"b\')]::data.pair[], '[2:2][-1:0][0:0]={{{1},{2}}}', 4294967295, 'pg_class',
    '16/B374D848');
INSERT INTO data.types (f4, f8, n, iv, t) VALUES ('NaN', '-Infinity', 'NaN', '1 mon -1 sec', repeat(E'x\\y\n', 100000)),
    (0.1, 0.1::float8 + 0.2::float8, 0, '-1 days +00:00:00.000001', ''), (1e10, -0.0, 1, '0', NULL);
INSERT INTO data.types (t, by) SELECT string_agg(chr(i), '' ORDER BY i), string_agg(decode(lpad(to_hex(i % 256), 2, '0'), 'hex'), '' ORDER BY i)
    FROM generate_series(1, 3000) AS i;

-- Partitions (one attached with another order of columns), inheritance, foreign keys in a circle, exclusion.
CREATE TABLE data.parted (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE data.parted_1 PARTITION OF data.parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE data.parted_2 (v text, gone text, at date NOT NULL, id integer NOT NULL);
ALTER TABLE data.parted_2 DROP COLUMN gone;
ALTER TABLE data.parted ATTACH PARTITION data.parted_2 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE data.parted_rest PARTITION OF data.parted DEFAULT PARTITION BY HASH (id);
CREATE TABLE data.parted_rest_0 PARTITION OF data.parted_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE data.parted_rest_1 PARTITION OF data.parted_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO data.parted SELECT i, '2024-10-01'::date + i, 'v' FROM generate_series(1, 1200) AS i;
CREATE TABLE data.parent (i integer PRIMARY KEY, v text);
CREATE TABLE data.child (w text) INHERITS (data.parent);
INSERT INTO data.parent VALUES (1, 'parent');
INSERT INTO data.child VALUES (1, 'child', 'w'), (2, 'child', NULL);
CREATE TABLE data.room (during tstzrange, EXCLUDE USING gist (during WITH &&));
INSERT INTO data.room SELECT tstzrange('2026-01-01'::timestamptz + i * interval '1 hour', '2026-01-01'::timestamptz + (i + 1) * interval '1 hour')
    FROM generate_series(1, 100) AS i;
CREATE TABLE data.chicken (id integer PRIMARY KEY, egg integer NOT NULL);
CREATE TABLE data.egg (id integer PRIMARY KEY, chicken integer NOT NULL REFERENCES data.chicken DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE data.chicken ADD FOREIGN KEY (egg) REFERENCES data.egg DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO data.chicken VALUES (1, 1);
INSERT INTO data.egg VALUES (1, 1);
COMMIT;

-- Row-level security, views on views, materialized views on each other, triggers that would write.
CREATE TABLE data.secret (id integer PRIMARY KEY, who text);
INSERT INTO data.secret SELECT i, 'nobody' FROM generate_series(1, 20) AS i;
ALTER TABLE data.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE data.secret FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON data.secret USING (who = current_user);
CREATE VIEW data.first_view AS SELECT id, v FROM data.identity;
CREATE VIEW data.second_view AS SELECT v FROM data.first_view;
CREATE MATERIALIZED VIEW data.z_first AS SELECT count(*) AS n FROM data.by_text;
CREATE MATERIALIZED VIEW data.a_second AS SELECT n + 1 AS n FROM data.z_first;
CREATE UNIQUE INDEX ON data.a_second (n);
CREATE TABLE data.audit (what text);
CREATE FUNCTION data.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO data.audit VALUES (''noted''); RETURN NEW; END';
CREATE TRIGGER note AFTER INSERT ON data.identity FOR EACH ROW EXECUTE FUNCTION data.note();
ALTER TABLE data.identity ENABLE ALWAYS TRIGGER note;
CREATE RULE elsewhere AS ON INSERT TO data.egg DO ALSO INSERT INTO data.audit VALUES ('rule');
CREATE STATISTICS data.stats (dependencies, ndistinct) ON tenant, at FROM data.by_several;
ALTER TABLE data.by_several ALTER COLUMN at SET STATISTICS 500;
CREATE UNLOGGED TABLE data.unlogged AS SELECT i FROM generate_series(1, 10) AS i;
CREATE INDEX ON data.by_text (lower(k)) WHERE v > 5;
CREATE COLLATION data.german (locale = 'C');
CREATE TABLE data.collated (k text COLLATE data.german PRIMARY KEY);
INSERT INTO data.collated VALUES ('a'), ('B'), ('ä');
COMMENT ON COLUMN data.types.t IS E'a comment\n\\! touch x';

-- Small ones, many.
SELECT format('CREATE TABLE data.small_%s (id integer PRIMARY KEY, v text)', i), format('INSERT INTO data.small_%s SELECT i, ''v'' FROM generate_series(1, %s) AS i', i, i % 7)
    FROM generate_series(1, 120) AS i \gexec

-- What comes after rows and can be made side by side, beside what cannot: indexes of one table, with all that is said of
-- them, on an expression with hostile text, partitions, keys that are checked late, and what needs these.
CREATE TABLE data.indexed (a integer PRIMARY KEY, b integer NOT NULL, c text, "d
; 1" integer, during int4range, filler text DEFAULT repeat('i', 100));
INSERT INTO data.indexed SELECT i, i * 7, 'c' || i % 50, i % 11, int4range(i, i + 1) FROM generate_series(1, 3000) AS i;
ALTER TABLE data.indexed ADD CONSTRAINT late UNIQUE (b) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE data.indexed ADD CONSTRAINT apart EXCLUDE USING gist (during WITH &&);
CREATE INDEX indexed_c ON data.indexed (c);
CREATE INDEX indexed_c_b ON data.indexed (c, b DESC) INCLUDE (a);
CREATE UNIQUE INDEX indexed_identity ON data.indexed (a, b);
CREATE INDEX "x
5; 1259 3 INDEX ATTACH" ON data.indexed (("d
; 1" + 1)) WHERE c <> E'\n--\n-- Name: ''x''; Type: INDEX\n;';
CREATE INDEX indexed_hash ON data.indexed USING hash (c);
CREATE INDEX indexed_brin ON data.indexed USING brin (a) WITH (pages_per_range = 4);
ALTER INDEX data."x
5; 1259 3 INDEX ATTACH" ALTER COLUMN 1 SET STATISTICS 700;
ALTER TABLE data.indexed CLUSTER ON indexed_c;
ALTER TABLE data.indexed REPLICA IDENTITY USING INDEX indexed_identity;
COMMENT ON INDEX data."x
5; 1259 3 INDEX ATTACH" IS E'it''s\n; 5';
COMMENT ON CONSTRAINT late ON data.indexed IS 'a key';
COMMENT ON CONSTRAINT apart ON data.indexed IS 'an exclusion';
CREATE SCHEMA "ATTACH";
CREATE TABLE "ATTACH"."INDEX" (a integer PRIMARY KEY REFERENCES data.indexed DEFERRABLE, b integer, filler text DEFAULT repeat('j', 100));
INSERT INTO "ATTACH"."INDEX" SELECT i, i FROM generate_series(1, 3000) AS i;
CREATE INDEX "CONSTRAINT" ON "ATTACH"."INDEX" (b);
CREATE INDEX ON "ATTACH"."INDEX" ((b + ('data.indexed'::regclass)::oid::integer % 1));
CREATE INDEX parted_v ON data.parted (v);
CREATE UNIQUE INDEX ON data.parted (at, id);
CREATE VIEW data.grouped AS SELECT a, b, c FROM data.indexed GROUP BY a;
CREATE MATERIALIZED VIEW data.grouped_kept AS SELECT a, c FROM data.indexed GROUP BY a;
CREATE INDEX ON data.grouped_kept (c);
CLUSTER data.grouped_kept USING grouped_kept_c_idx;

-- Large objects: none, one byte, a piece, more than a piece, with a hole.
SELECT lo_from_bytea(800001, ''), lo_from_bytea(800002, '\x00'), lo_from_bytea(800003, convert_to(repeat('x', 65536), 'UTF8')),
    lo_from_bytea(800004, convert_to(repeat('0123456789', 30000), 'UTF8')), lo_create(800005) \g /dev/null
SELECT lo_put(800005, 200000, '\xdeadbeef') \g /dev/null
COMMENT ON LARGE OBJECT 800002 IS E'it''s \\ a\ncomment';
CREATE ROLE lo_owner;
CREATE ROLE lo_reader;
ALTER LARGE OBJECT 800003 OWNER TO lo_owner;
GRANT SELECT ON LARGE OBJECT 800003 TO lo_reader WITH GRANT OPTION;
SET SESSION AUTHORIZATION lo_reader;
GRANT SELECT ON LARGE OBJECT 800003 TO PUBLIC;
RESET SESSION AUTHORIZATION;
REVOKE ALL ON LARGE OBJECT 800004 FROM postgres;
ANALYZE;
