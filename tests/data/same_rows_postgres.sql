-- The tables of same_rows.sql, as PostgreSQL has them.
CREATE TYPE size AS ENUM ('', 'small', 'größe');
CREATE FUNCTION public.bytes(digits text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT decode(digits, 'hex') $$;
CREATE TABLE public.numbers (id integer PRIMARY KEY, b boolean, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, d numeric(30, 10));
CREATE TABLE public.texts (id integer PRIMARY KEY, t text, v varchar(200), c char(9), e size, u uuid, i inet);
CREATE TABLE public.moments (id integer PRIMARY KEY, d date, t time(6), t0 time(0), dt timestamp, dt0 timestamp(0), ts timestamptz);
CREATE TABLE public.binaries (id integer PRIMARY KEY, a bytea, v bytea, b13 bit(13), b1 bit, b64 bit(64));
