-- What a backup of PostgreSQL must bring back, for test_engine_postgres: loaded by a superuser with
-- psql into an empty server.
SET client_min_messages = warning;

-- Roles: names that quoting must survive, attributes, settings, memberships.
CREATE ROLE owner NOLOGIN;
CREATE ROLE reader LOGIN PASSWORD 'reader-password' CONNECTION LIMIT 7 VALID UNTIL '2031-05-06 07:08:09+00';
CREATE ROLE "we""ird 'role' \ name; $$DROP$$ %I" LOGIN NOINHERIT;
CREATE ROLE "line
break\connect template1" NOLOGIN;
CREATE ROLE "müsli-ロール" LOGIN CREATEDB CREATEROLE;
CREATE ROLE bypasser BYPASSRLS REPLICATION;
CREATE ROLE second_superuser SUPERUSER;
COMMENT ON ROLE reader IS 'it''s a \n comment';
ALTER ROLE reader SET search_path = '';
ALTER ROLE owner SET search_path TO "$user", public, "we""ird, schema";
ALTER ROLE owner SET statement_timeout = '5min';
ALTER ROLE owner SET "my.setting" = 'it''s a \ value';
ALTER ROLE ALL SET log_statement = 'ddl';
ALTER DATABASE postgres SET work_mem = '5MB';
ALTER ROLE reader IN DATABASE postgres SET work_mem = '6MB';
GRANT owner TO reader WITH ADMIN OPTION;
GRANT owner TO "we""ird 'role' \ name; $$DROP$$ %I";
GRANT pg_read_all_data TO "müsli-ロール";
GRANT CREATE ON DATABASE postgres TO owner;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO reader WITH GRANT OPTION;
GRANT SET ON PARAMETER log_min_duration_statement TO reader;

-- Something of a user's in the database that every server has.
CREATE TABLE public.in_postgres (i int PRIMARY KEY);
INSERT INTO public.in_postgres SELECT generate_series(1, 10);

-- Names that the command line, a connection string, psql and a shell would trip over.
CREATE DATABASE "we""ird 'db' \ $(touch x) `id` %s" OWNER owner;
CREATE DATABASE "-c --help";
CREATE DATABASE "postgresql://localhost/x?y=z";
CREATE DATABASE "dbname=template1 host=example.com";
CREATE DATABASE "datenbank-ü-データ" OWNER "müsli-ロール" CONNECTION LIMIT 9;
CREATE DATABASE "TEMPLATE of users" IS_TEMPLATE true;
CREATE DATABASE closed ALLOW_CONNECTIONS false;
CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE "line
break" OWNER "line
break\connect template1" CONNECTION LIMIT 5;
ALTER DATABASE "line
break" SET work_mem = '9MB';
REVOKE CONNECT ON DATABASE "line
break" FROM PUBLIC;
GRANT CREATE ON DATABASE "line
break" TO reader;
CREATE DATABASE "über" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
CREATE DATABASE shop OWNER owner;
ALTER DATABASE shop SET work_mem = '7MB';
ALTER DATABASE shop SET search_path = '';
ALTER ROLE reader IN DATABASE shop SET work_mem = '8MB';
COMMENT ON DATABASE shop IS 'a comment; \connect template1';
REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE shop TO reader;

\connect -reuse-previous=on "dbname='we""ird \'db\' \\ $(touch x) `id` %s'"
CREATE TABLE t AS SELECT i, 'row ' || i AS v FROM generate_series(1, 100) AS i;

\connect old
SET client_encoding = 'UTF8';
CREATE TABLE "tür" (v text);
INSERT INTO "tür" VALUES ('ä ö ü ß ÿ');

\connect über
CREATE TABLE inside AS SELECT 'ü' AS v;

\connect bytes
SET client_encoding = 'SQL_ASCII';
CREATE TABLE raw (v text);
INSERT INTO raw VALUES (E'\xff\xfe\x80');

\connect shop
SET search_path = public;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA "we""ird; schema" AUTHORIZATION owner;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA app GRANT SELECT ON TABLES TO reader;

-- Types.
CREATE TYPE app.mood AS ENUM ('it''s fine', 'back\slash', 'line
break', '\.');
CREATE DOMAIN app.positive AS integer DEFAULT 1 CHECK (VALUE > 0);
CREATE TYPE app.pair AS (a integer, "b c" text);
CREATE TYPE app.floats AS RANGE (subtype = float8);

-- Text that COPY must escape, every byte, values at their edges.
CREATE TABLE app.edges (
    id integer GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY,
    t text, b bytea, n numeric, f float8, ts timestamptz, d date, iv interval, j jsonb,
    a text[], aa integer[][], m app.mood, p app.positive, c app.pair, r int4range,
    fr app.floats, h hstore, u uuid, x xml, bits bit varying, net inet, tv tsvector, pt point
);
INSERT INTO app.edges (t, b) SELECT chr(i), decode(lpad(to_hex(i % 256), 2, '0'), 'hex')
    FROM generate_series(1, 1100) AS i;
INSERT INTO app.edges (t) VALUES (NULL), (''), ('\N'), ('\.'), (E'\\.\n'), (E'a\n\\.\nb'), (E'tab\there'),
    (E'\\connect template1\n\\! touch /tmp/x\n'), ('$$'), ('--'), ('/* '), (E'\r\n'), (repeat('x', 100000)),
    (U&'\+01F600'), (':var :''var'' :"var"');
INSERT INTO app.edges (b) SELECT string_agg(decode(lpad(to_hex(i), 2, '0'), 'hex'), NULL ORDER BY i)
    FROM generate_series(0, 255) AS i;
INSERT INTO app.edges (n, f, ts, d, iv) VALUES ('NaN', 'NaN', 'infinity', '-infinity', '1 year -2 days 03:04:05.678901'),
    (123456789012345678901234567890.123456789, 0.1::float8 + 0.2::float8, '2000-02-29 23:59:59.999999+13', '4713-01-01 BC', '-1 mon'),
    ('-Infinity', '-0', '294276-12-31 23:59:59+00', '5874897-12-31', '0');
INSERT INTO app.edges (j, a, aa, m, p, c, r, fr, h, u, x, bits, net, tv, pt) VALUES
    ('{"a": [1, null, "\\u00e9\\n"], "b\"c": {}}', ARRAY['a,b', NULL, 'NULL', '"', '\', '', '{}'], '{{1,2},{3,NULL}}',
     'back\slash', 5, ROW (1, 'x "y" , \'), '[1,5)', '(,1.5]', 'a=>NULL, "b c"=>"d\\e"',
     '00000000-0000-0000-0000-000000000001', '<a b="c">&lt;</a>', B'10101', '::1/64', 'a:1 b:2', '(1e300,-0)'),
    (NULL, '{}', '{}', '\.', NULL, ROW (NULL, NULL), 'empty', 'empty', '', NULL, NULL, B'', NULL, '', NULL);

-- Tables of all kinds.
CREATE TABLE "we""ird; schema"."ta""ble
\! touch x" ("co""l 'umn
" integer PRIMARY KEY, "select" text DEFAULT E'it''s \\ a\ndefault', "\connect" text);
INSERT INTO "we""ird; schema"."ta""ble
\! touch x" VALUES (1, DEFAULT, 'x');
COMMENT ON TABLE "we""ird; schema"."ta""ble
\! touch x" IS E'a comment\n\\! touch x\n-- $$ ''';
ALTER TABLE "we""ird; schema"."ta""ble
\! touch x" OWNER TO "line
break\connect template1";
CREATE TABLE app.customers (id serial PRIMARY KEY, name text NOT NULL UNIQUE, boss integer REFERENCES app.customers,
    full_name text GENERATED ALWAYS AS (name || '!') STORED);
INSERT INTO app.customers (name, boss) VALUES ('Ada', NULL), ('Bob', 1), ('Çağrı', 2);
CREATE TABLE app.orders (id bigserial, placed date NOT NULL, customer integer REFERENCES app.customers ON DELETE CASCADE,
    amount numeric(10, 2) CHECK (amount >= 0), PRIMARY KEY (placed, id, customer)) PARTITION BY RANGE (placed);
CREATE TABLE app.orders_2025 PARTITION OF app.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.orders_2026 PARTITION OF app.orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (customer);
CREATE TABLE app.orders_2026_1 PARTITION OF app.orders_2026 FOR VALUES IN (1);
CREATE TABLE app.orders_rest PARTITION OF app.orders DEFAULT;
INSERT INTO app.orders (placed, customer, amount) SELECT '2024-12-01'::date + i, 1, i FROM generate_series(1, 400) AS i;
CREATE INDEX ON app.orders (customer, placed DESC) WHERE amount > 10;
CREATE INDEX ON app.customers USING gin (name gin_trgm_ops);
CREATE TABLE app.parent (i integer, v text);
CREATE TABLE app.child (w text) INHERITS (app.parent);
INSERT INTO app.child VALUES (1, 'v', 'w');
CREATE UNLOGGED TABLE app.unlogged AS SELECT 1 AS i;
CREATE TABLE app.empty ();
CREATE TABLE app.loop_a (id integer PRIMARY KEY, b integer);
CREATE TABLE app.loop_b (id integer PRIMARY KEY, a integer REFERENCES app.loop_a DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE app.loop_a ADD FOREIGN KEY (b) REFERENCES app.loop_b DEFERRABLE INITIALLY DEFERRED;
CREATE STATISTICS app.stats ON placed, customer FROM app.orders_2025;
CREATE SEQUENCE app.sequence AS smallint START 5 MAXVALUE 9 CYCLE;
SELECT nextval('app.sequence') FROM generate_series(1, 3) \g /dev/null
GRANT SELECT (id, name), UPDATE (name) ON app.customers TO reader;

-- Views, routines, triggers, rules, policies.
CREATE VIEW app.view AS SELECT id, name FROM app.customers WHERE name <> 'it''s \ x' WITH CHECK OPTION;
CREATE MATERIALIZED VIEW app.summary AS SELECT customer, sum(amount) AS total FROM app.orders GROUP BY 1;
CREATE UNIQUE INDEX ON app.summary (customer);
CREATE MATERIALIZED VIEW app.not_filled AS SELECT 1 AS i WITH NO DATA;
CREATE FUNCTION app.odd(a text DEFAULT E'\\', VARIADIC rest integer[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
    -- \connect template1
    RETURN $$it's \! $$ || E'\\.\n' || '$_$' || '$dump$';
END
$body$;
CREATE FUNCTION app.modern(integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN $1 + 1;
CREATE PROCEDURE app.proc(INOUT i integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = app, pg_temp AS 'BEGIN i := i + 1; COMMIT; END';
CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := NEW.name; RETURN NEW; END';
CREATE TRIGGER "tri""gger" BEFORE INSERT OR UPDATE OF name ON app.customers FOR EACH ROW WHEN (NEW.name <> '\') EXECUTE FUNCTION app.touch();
ALTER TABLE app.customers DISABLE TRIGGER "tri""gger";
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION app.on_ddl();
CREATE RULE silent AS ON DELETE TO app.parent DO INSTEAD NOTHING;
ALTER TABLE app.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.customers FOR SELECT TO reader USING (name = current_user OR name = '\');
CREATE OPERATOR app.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE CAST (app.pair AS text) WITH INOUT;
CREATE COLLATION app.german FROM "C";
CREATE TEXT SEARCH CONFIGURATION app.simple (COPY = simple);
CREATE PUBLICATION pub FOR TABLE app.parent;

-- Another server, with a secret in a mapping.
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.example.com', dbname 'it''s');
CREATE USER MAPPING FOR reader SERVER elsewhere OPTIONS (user 'remote', password 'mapping-secret-4711');
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere;
CREATE FOREIGN TABLE app.remote (i integer) SERVER elsewhere;

-- Large objects.
SELECT lo_from_bytea(700001, decode('00ff5c27', 'hex')), lo_from_bytea(700002, convert_to(repeat('large object ', 50000), 'UTF8')) \g /dev/null
COMMENT ON LARGE OBJECT 700001 IS 'a comment';
GRANT SELECT ON LARGE OBJECT 700001 TO reader;
ALTER LARGE OBJECT 700002 OWNER TO owner;
