-- The tables of same_rows.sql, as MariaDB has them.
CREATE USER backup@'127.0.0.1' IDENTIFIED BY 'rows';
GRANT ALL ON *.* TO backup@'127.0.0.1';
CREATE DATABASE public;
CREATE FUNCTION public.bytes(digits longtext) RETURNS longblob DETERMINISTIC RETURN unhex(digits);
CREATE TABLE public.numbers (id int PRIMARY KEY, b boolean, i2 smallint, i4 int, i8 bigint, f4 float, f8 double, d decimal(30, 10));
CREATE TABLE public.texts (id int PRIMARY KEY, t longtext, v varchar(200), c char(9), e enum('', 'small', 'größe'), u uuid, i inet6);
CREATE TABLE public.moments (id int PRIMARY KEY, d date, t time(6), t0 time, dt datetime(6), dt0 datetime, ts timestamp(6) NULL);
CREATE TABLE public.binaries (id int PRIMARY KEY, a longblob, v varbinary(100), b13 bit(13), b1 bit, b64 bit(64));
