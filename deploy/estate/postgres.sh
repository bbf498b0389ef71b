#!/bin/bash
# The estate's PostgreSQL: prints a psql script that fills an empty server with believable data, the
# same each time. deploy/estate/postgres.sh [PERCENT] | psql -X -v ON_ERROR_STOP=1 postgres
#
# 100 percent are some 60 MB of dump in four databases: a shop of sensors with one big partitioned
# table, personnel with row level security, an archive with large objects, and one whose names
# nobody should use. A user named by -v reader=NAME (default: none) may read what needs a grant.
set -euo pipefail

percent=${1:-100}
[[ $percent =~ ^[0-9]{1,6}$ ]] || { echo "usage: postgres.sh [PERCENT]" >&2; exit 2; }
devices=$((20 * percent + 20))
readings=$((4500 * percent + 1000))
people=$((50 * percent + 20))
documents=$((3 * percent + 5))

sed "s/{devices}/$devices/g; s/{readings}/$readings/g; s/{people}/$people/g
    s/{documents}/$documents/g" <<'END_OF_SQL'
\set QUIET on
SET client_encoding = 'UTF8';
SET client_min_messages = warning;

-- Passwords of a demonstration: the server is private and ends with it.
CREATE ROLE sensors_reader NOLOGIN;
CREATE ROLE sensors_owner LOGIN PASSWORD 'estate' CONNECTION LIMIT 20;
CREATE ROLE "o'Hara ""the"" reader" LOGIN PASSWORD 'estate' VALID UNTIL '2031-01-01';
CREATE ROLE personnel LOGIN PASSWORD 'estate' NOINHERIT;
GRANT sensors_reader TO "o'Hara ""the"" reader";
GRANT sensors_reader TO personnel WITH ADMIN OPTION;
ALTER ROLE sensors_owner SET search_path = sensors, public;

CREATE DATABASE sensors OWNER sensors_owner;
CREATE DATABASE personnel TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE archive;
CREATE DATABASE "Büro ""Süd"" \! 'alt'";
ALTER DATABASE personnel SET timezone = 'Europe/Berlin';
GRANT CONNECT ON DATABASE sensors TO sensors_reader;
REVOKE CONNECT ON DATABASE personnel FROM PUBLIC;
GRANT CONNECT ON DATABASE personnel TO personnel;

\connect sensors
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
SET synchronous_commit = off;
SET ROLE sensors_owner;
CREATE SCHEMA sensors;
CREATE SCHEMA report;
SET search_path = sensors;
CREATE TYPE kind AS ENUM ('thermometer', 'counter', 'Zähler "neu"', 'camera');
CREATE TYPE place AS (latitude float8, longitude float8, note text);
CREATE DOMAIN serial_number AS text CHECK (VALUE ~ '^[A-Z]{2}[0-9]{8}$');
CREATE TABLE devices (
    id integer GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
    serial serial_number NOT NULL UNIQUE,
    kind kind NOT NULL,
    stands place,
    label text NOT NULL,
    settings jsonb,
    tags text[] NOT NULL DEFAULT '{}',
    bought date,
    price numeric(12, 2),
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple', label)) STORED,
    parent integer REFERENCES devices
);
COMMENT ON TABLE devices IS E'what stands in the field; don''t\ntrust "labels"';
CREATE INDEX devices_words ON devices USING gin (words);
CREATE INDEX devices_label ON devices (lower(label)) WHERE price IS NOT NULL;
CREATE TABLE readings (
    id bigint NOT NULL,
    device integer NOT NULL REFERENCES devices,
    taken timestamptz NOT NULL,
    value double precision,
    quality smallint NOT NULL DEFAULT 0,
    raw bytea,
    PRIMARY KEY (id, taken)
) PARTITION BY RANGE (taken);
CREATE TABLE readings_2022 PARTITION OF readings FOR VALUES FROM ('2022-01-01Z') TO ('2023-01-01Z');
CREATE TABLE readings_2023 PARTITION OF readings FOR VALUES FROM ('2023-01-01Z') TO ('2024-01-01Z');
CREATE TABLE readings_rest PARTITION OF readings DEFAULT;
CREATE TABLE alarms (
    id serial PRIMARY KEY,
    reading bigint,
    during tstzrange NOT NULL,
    text text,
    seen_by text DEFAULT current_user
);

CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.value > 99.5 THEN
        INSERT INTO sensors.alarms (reading, during, text)
        VALUES (NEW.id, tstzrange(NEW.taken, NEW.taken + interval '1 hour'), format('%s is $1 %% "hot"', NEW.value));
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER alarm AFTER INSERT OR UPDATE ON readings FOR EACH ROW EXECUTE FUNCTION alarm();
CREATE FUNCTION fahrenheit(celsius double precision) RETURNS double precision IMMUTABLE STRICT LANGUAGE sql
    AS 'SELECT celsius * 9 / 5 + 32';
CREATE PROCEDURE forget(before timestamptz) LANGUAGE sql
    AS $$ DELETE FROM sensors.readings WHERE taken < before $$;
CREATE AGGREGATE product(double precision) (SFUNC = float8mul, STYPE = double precision, INITCOND = '1');

INSERT INTO devices (serial, kind, stands, label, settings, tags, bought, price, parent)
SELECT 'DE' || lpad(n::text, 8, '0'),
    (ARRAY['thermometer', 'counter', 'Zähler "neu"', 'camera'])[1 + n % 4]::kind,
    CASE WHEN n % 5 > 0 THEN ROW(47 + n % 800 / 100.0, 8 + n % 500 / 100.0, nullif('', 'x'))::place END,
    (ARRAY['Keller', 'Dach (süd)', '玄関', 'Подвал', E'tab\there', 'back\slash', '\N'])[1 + n % 7] || ' ' || n,
    CASE WHEN n % 3 > 0 THEN jsonb_build_object('every', n % 60, 'unit', '°C', 'limits', ARRAY[n, NULL]) END,
    CASE n % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY['a b', 'c"d', NULL] ELSE ARRAY['x', '{y}'] END,
    CASE WHEN n % 6 > 0 THEN date '2015-01-01' + n % 3000 END, n % 9000 / 7.0,
    CASE WHEN n > 10 THEN 100 + n % 10 END
FROM generate_series(1, {devices}) n;
INSERT INTO readings
SELECT n, 100 + n::bigint * 7919 % {devices}, timestamptz '2022-01-01 00:00:00Z' + n * interval '150 seconds',
    CASE WHEN n % 17 > 0 THEN n::bigint * 31 % 100000 / 1000.0 END, n % 5,
    CASE WHEN n % 3 = 0 THEN decode(md5(n::text), 'hex') END
FROM generate_series(1, {readings}) n;

CREATE VIEW report.hot AS SELECT d.label, r.taken, fahrenheit(r.value) AS fahrenheit
    FROM readings r JOIN devices d ON d.id = r.device WHERE r.value > 90;
CREATE VIEW report."A of hot" WITH (security_barrier) AS SELECT label, count(*) AS times FROM report.hot GROUP BY label;
CREATE MATERIALIZED VIEW report.per_device AS
    SELECT device, count(*) AS readings, round(avg(value::numeric), 3) AS mean, min(taken) AS since FROM readings GROUP BY device;
CREATE UNIQUE INDEX per_device_key ON report.per_device (device);
CREATE RULE no_delete AS ON DELETE TO devices DO INSTEAD NOTHING;
GRANT USAGE ON SCHEMA sensors, report TO sensors_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO sensors_reader;
GRANT SELECT (id, label) ON devices TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA sensors GRANT SELECT ON TABLES TO sensors_reader;
RESET ROLE;

\connect personnel
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
CREATE EXTENSION citext;
CREATE TABLE people (
    id uuid PRIMARY KEY,
    login citext UNIQUE,
    given_name varchar(50) NOT NULL,
    family_name varchar(50) COLLATE "C" NOT NULL,
    boss uuid REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    born date,
    salary money,
    hours int4range,
    works_from inet,
    EXCLUDE USING gist (hours WITH &&) WHERE (family_name = 'nobody')
);
CREATE TABLE absences (
    person uuid REFERENCES people ON DELETE CASCADE,
    since timestamp NOT NULL,
    lasts interval,
    reason xml,
    PRIMARY KEY (person, since)
);
INSERT INTO people
SELECT md5(n::text)::uuid, CASE WHEN n % 8 > 0 THEN 'User' || n END,
    (ARRAY['Anaïs', '美咲', 'Олег', 'Zoë', 'Þór', 'نور', 'Seán'])[1 + n % 7],
    (ARRAY['Groß', 'O''Brien', '佐藤', 'Ñíguez', 'von der "Au"', 'Petrović'])[1 + n % 6],
    md5((1 + n / 9)::text)::uuid, CASE WHEN n % 4 > 0 THEN date '1955-05-05' + n * 37 % 16000 END,
    (n * 113 % 90000)::numeric::money, int4range(n % 9, 10 + n % 9), ('10.0.' || n % 250 || '.7/24')::inet
FROM generate_series(1, {people}) n;
INSERT INTO absences
SELECT md5((1 + n % {people})::text)::uuid, timestamp '2020-02-29' + n * interval '1 hour', n % 30 * interval '1 day 02:03',
    CASE WHEN n % 3 = 0 THEN ('<why lang="de">krank &amp; müde ' || n || '</why>')::xml END
FROM generate_series(1, 4 * {people}) n;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_me ON people TO personnel USING (login = current_user::text) WITH CHECK (false);
GRANT SELECT ON people, absences TO personnel;

\connect archive
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
CREATE TABLE documents (
    id integer PRIMARY KEY,
    title text NOT NULL,
    content bytea,
    scan oid
);
INSERT INTO documents
SELECT n, 'Akte ' || n || ' – grün', CASE WHEN n % 7 > 0 THEN
    decode(repeat(md5(n::text), 1000 + n * 97 % 3000), 'hex') END,
    CASE WHEN n % 10 = 0 THEN lo_from_bytea(50000 + n, decode(repeat(md5('s' || n), 4000), 'hex')) END
FROM generate_series(1, {documents}) n;
CREATE UNLOGGED TABLE scratch (line text);
INSERT INTO scratch VALUES ('gone after a crash');
CREATE TABLE no_key (a int, b text, c bit(3), d time, e "char");
INSERT INTO no_key SELECT n % 5, nullif('v' || n % 3, 'v0'), (n % 8)::bit(3), time '00:00' + n * interval '1 s', 'x'
    FROM generate_series(1, 1000) n;
CREATE TABLE parent (id int PRIMARY KEY, what text);
CREATE TABLE child (more int CHECK (more > 0)) INHERITS (parent);
INSERT INTO child SELECT n, 'child ' || n, n FROM generate_series(1, 100) n;
CREATE SEQUENCE odd START 7 INCREMENT BY -3 MINVALUE -1000 MAXVALUE 1000 CYCLE;
SELECT nextval('odd') AS taken \gset
CREATE FUNCTION note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE DEBUG 'ddl %', tg_tag; END $$;
CREATE EVENT TRIGGER note_ddl ON ddl_command_end EXECUTE FUNCTION note_ddl();

\if :{?reader}
GRANT CONNECT ON DATABASE personnel TO :"reader";
SELECT format('GRANT SELECT ON LARGE OBJECT %s TO %I', oid, :'reader') FROM pg_largeobject_metadata \gexec
\endif

\connect "Büro ""Süd"" \! 'alt'"
SET client_encoding = 'UTF8';
CREATE SCHEMA "two
lines";
CREATE TABLE "two
lines"."it's a ""table""" ("key" int PRIMARY KEY, "\! echo" text, "$1 `date`" text);
INSERT INTO "two
lines"."it's a ""table""" VALUES (1, E'\\.', E'a\nb'), (2, NULL, '\N'), (3, '', E'\\! false\r');
CREATE VIEW "drop table x; --" AS SELECT count(*) FROM "two
lines"."it's a ""table""";
END_OF_SQL
