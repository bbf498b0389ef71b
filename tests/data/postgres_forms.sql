-- Values of every type that our reader of PostgreSQL makes into text itself, at their edges and at
-- random: loaded by a superuser with psql into an empty database, on PostgreSQL 13 and later.
SET client_min_messages = warning;
SET search_path = public;
CREATE TYPE mood AS ENUM ('', 'it''s', '\', '\.', '{}', E'line\nend', 'größe');
CREATE DOMAIN code AS varchar(20);
CREATE DOMAIN codes AS text[];
CREATE EXTENSION citext;

CREATE FUNCTION bits(seed text, i integer) RETURNS bigint LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('x' || substr(md5(seed || i), 1, 16))::bit(64)::bigint $$;

CREATE TABLE texts (id integer PRIMARY KEY, t text, v varchar(300), c char(9), n name, d code, m mood, ci citext, j json, jb jsonb);
INSERT INTO texts VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, '', '', '', '', '', '', '', '""', '""'),
    (3, '\N', '\.', '\', E'\t', E'\n', '\.', E'\\x', E'{"a":\n 1, "a": "\\u0001"}', '{"a": "\u0001", "b": [1e400, -0, "\\"]}'),
    (4, E'\b\f\n\r\t\v\\"''', E'\x7f\x01', 'é', U&'\+01F600', '{}', 'größe', 'NULL', 'null', 'null'),
    (5, repeat(E'0123456789abcde\\', 5000), 'x', 'x', 'x', 'x', E'line\nend', 'x', '[]', '[]');
INSERT INTO texts (id, t, v) SELECT i, (SELECT string_agg(chr(1 + abs(bits('t', i * 100 + k) % 300)::integer), '') FROM
    generate_series(1, i % 70) AS k), repeat(chr(8 + i % 6), i % 40) || repeat('y', i % 17) FROM generate_series(6, 800) AS i;

CREATE TABLE numbers (id integer PRIMARY KEY, b boolean, i2 int2, i4 int4, i8 int8, o oid, x xid, ci cid);
INSERT INTO numbers VALUES (1, true, 32767, 2147483647, 9223372036854775807, 4294967295, '4294967295', '4294967295'),
    (2, false, -32768, -2147483648, -9223372036854775808, 0, '0', '0'), (3, NULL, 0, 0, 0, NULL, NULL, NULL), (4, true, -1, -1, -1, 1, '1', '1');
INSERT INTO numbers SELECT i, i % 2 = 0, bits('2', i) % 32768, bits('4', i) % 2147483648, bits('8', i) / (1::bigint << (i % 63)),
    abs(bits('o', i) % 4294967296) FROM generate_series(5, 800) AS i;

CREATE TABLE floats (id integer PRIMARY KEY, f4 float4, f8 float8);
INSERT INTO floats VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', 'Infinity'), (3, '-Infinity', '-Infinity'), (4, 0, 0), (5, '-0', '-0'),
    (6, '1.4e-45', '4.9406564584124654e-324'), (7, '1.17549435e-38', '2.2250738585072014e-308'), (8, '3.4028235e38', '1.7976931348623157e308'),
    (9, 1e-4, 1e-4), (10, 1e-5, 1e-5), (11, 999999, 999999999999999), (12, 1000000, 1000000000000000), (13, 16777216, 9007199254740993),
    (14, 8388608.5, 1e23), (15, 0.1, 0.30000000000000004), (16, '1.1754942e-38', '2.225073858507201e-308'), (17, 33554432, 5e-324),
    (18, 0.3, 9.5367431640625e-07), (19, 1e10, 8.41e21), (20, 7.0385307e-26, 2.2250738585072011e-308), (21, 9.999999e5, 999999999999999.9);
INSERT INTO floats SELECT 3000 + i, (2::float8 ^ greatest(i, -126))::float4, 2::float8 ^ i FROM generate_series(-1022, 127) AS i;
INSERT INTO floats (id, f8) SELECT 5000 + i, 2::float8 ^ i FROM generate_series(128, 1023) AS i;
INSERT INTO floats (id, f8) SELECT 7000 + i, (2::float8 ^ -1022) / 2::float8 ^ i FROM generate_series(1, 52) AS i;
INSERT INTO floats SELECT 10000 + i, (bits('f', i)::numeric * 10::numeric ^ (i % 50 - 40))::float4,
    (bits('d', i)::numeric * 10::numeric ^ (i % 580 - 300))::float8 FROM generate_series(1, 4000) AS i;
INSERT INTO floats SELECT 20000 + i, (bits('f', i) % 1000000)::float4 / 100, (bits('d', i) % 100000000)::float8 / (10 ^ (i % 9))
    FROM generate_series(1, 2000) AS i;

CREATE TABLE decimals (id integer PRIMARY KEY, n numeric, s numeric(30, 10));
INSERT INTO decimals VALUES (1, 'NaN', 'NaN'), (2, 0, 0), (3, 0.000, -0.0), (4, 1e131071::numeric, 1), (5, -1e-16383::numeric, -1e-10),
    (6, 10000, 10000), (7, 100000000.0001, 99999999.9999999999), (8, 0.00010000, 0.0001), (9, 0.00000001, 12345678901234567890.0123456789),
    (10, ('1' || repeat('0', 4000) || '.' || repeat('0', 4000) || '1')::numeric, NULL), (11, 1234.5, 9999), (12, 0.1 ^ 20, 1);
SELECT current_setting('server_version_num')::integer >= 140000 AS infinite \gset
\if :infinite
INSERT INTO decimals (id, n) VALUES (20, 'Infinity'), (21, '-Infinity');
\endif
INSERT INTO decimals SELECT 100 + i, round(bits('n', i)::numeric * 10::numeric ^ (i % 80 - 50), i % 61), bits('s', i) % 1000000000 / 7.0
    FROM generate_series(1, 1500) AS i;

CREATE TABLE moments (id integer PRIMARY KEY, d date, t time, tz timetz, ts timestamp, tt timestamptz, t3 timestamp(3), t0 time(0));
INSERT INTO moments VALUES (1, 'infinity', '00:00', '00:00+00', 'infinity', 'infinity', 'infinity', '24:00'),
    (2, '-infinity', '24:00', '24:00-15:59:59', '-infinity', '-infinity', '-infinity', '0:0'),
    (3, '4714-11-24 BC', '23:59:59.999999', '23:59:59.999999+15:59', '4714-11-24 00:00:00 BC', '4714-11-24 00:00:00+00 BC', '0001-01-01 BC', '1:2:3'),
    (4, '5874897-12-31', '00:00:00.000001', '00:00:00.1-00:00:01', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', NULL, NULL),
    (5, '0001-01-01', '12:00', '12:00+05:45', '0001-01-01', '0001-01-01 00:00+00', '0001-01-01 00:00:00.5', NULL),
    (6, '0001-12-31 BC', '12:00', '12:00-00:30', '0001-12-31 23:59:59.9 BC', '0001-12-31 23:59:59.9+00 BC', NULL, NULL),
    (7, '2000-02-29', NULL, NULL, '1999-12-31 23:59:59.999999', '1970-01-01 00:00+00', '2000-03-01', NULL),
    (8, '1900-02-28', NULL, NULL, '1900-03-01', '2100-03-01', '0001-01-01'::timestamp - interval '1 year', NULL) ON CONFLICT DO NOTHING;
INSERT INTO moments SELECT 100 + i, '2000-01-01'::date + (bits('d', i) % 2000000000)::integer / (1 + 3000 * (i % 2)),
    time '00:00' + bits('t', i) % 86400000000 * interval '1 microsecond', (time '00:00' + bits('z', i) % 86400000000 * interval '1 microsecond')
    AT TIME ZONE make_interval(secs => bits('w', i) % 57000), timestamp '2000-01-01' + bits('s', i) / 100 * interval '1 microsecond',
    timestamptz '2000-01-01 00:00+00' + bits('u', i) / 200000 * interval '1 millisecond', timestamp '2026-01-01' + bits('v', i) / 100000 * interval '1 microsecond'
    FROM generate_series(1, 1500) AS i WHERE bits('d', i) % 2000000000 / (1 + 3000 * (i % 2)) > -2400000 AND bits('s', i) / 100 > -200000000000000000
    AND bits('u', i) / 200000 > -200000000000000;

CREATE TABLE others (id integer PRIMARY KEY, u uuid, by bytea, ip inet, net cidr, m macaddr, m8 macaddr8, b bit(13), bv varbit);
INSERT INTO others VALUES (1, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x', '0.0.0.0', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '0000000000000', ''),
    (2, NULL, '\x00ff5c270a09', '255.255.255.255/0', '10.0.0.0/8', 'ff:ff:ff:ff:ff:ff', '08:00:2b:01:02:03:04:05', NULL, '1'),
    (3, NULL, NULL, '::', '::/0', NULL, NULL, B'1010101010101', B'000000001'), (4, NULL, NULL, '::1', '::1/128', NULL, NULL, NULL, NULL),
    (5, NULL, NULL, '::ffff:1.2.3.4', '::ffff:0:0/96', NULL, NULL, NULL, NULL), (6, NULL, NULL, '::1.2.3.4', '::102:304/128', NULL, NULL, NULL, NULL),
    (7, NULL, NULL, '1::', '1::/16', NULL, NULL, NULL, NULL), (8, NULL, NULL, '1:0:0:2:0:0:0:3/64', '1:0:0:2::/64', NULL, NULL, NULL, NULL),
    (9, NULL, NULL, '1:0:2:0:3:0:4:0', '1:2:3:4:5:6:7:8/128', NULL, NULL, NULL, NULL), (10, NULL, NULL, '::fffe:1.2.3.4', '192.168.1.1/32', NULL, NULL, NULL, NULL),
    (11, NULL, NULL, '::1:0', '::8000/113', NULL, NULL, NULL, NULL), (12, NULL, NULL, '0:0:1::', 'ffff::/16', NULL, NULL, NULL, NULL);
INSERT INTO others SELECT 100 + i, md5('u' || i)::uuid, decode(repeat(md5('b' || i), i % 90), 'hex'), '::'::inet + abs(bits('i', i)) / (1::bigint << (i % 63)),
    network(set_masklen('0.0.0.0'::inet + abs(bits('n', i) % 4294967296), i % 33)::cidr), substr(md5('m' || i), 1, 12)::macaddr,
    substr(md5('8' || i), 1, 16)::macaddr8, bits('b', i)::bit(13), bits('v', i)::bit(64)::varbit(63) FROM generate_series(1, 800) AS i;
INSERT INTO others (id, ip) SELECT 2000 + i, (SELECT string_agg(CASE WHEN bits('g', i * 8 + k) % 3 = 0 THEN '0' ELSE
    to_hex(abs(bits('h', i * 8 + k) % 65536)) END, ':') || '/' || i % 129 FROM generate_series(1, 8) AS k)::inet FROM generate_series(1, 1000) AS i;

CREATE TABLE lists (id integer PRIMARY KEY, i integer[], t text[], m mood[], f float8[], n numeric[], by bytea[], ts timestamptz[], d code[], j jsonb[],
    b boolean[], ip inet[], c char(3)[], nm name[], u uuid[], dt date[]);
INSERT INTO lists VALUES (1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
    (2, '[2:2][-1:0][0:0]={{{1},{2}}}', ARRAY[NULL, 'NULL', 'null', 'nUlL', 'NULLs', '"', '\', '{}', '', ',', ' ', 'a b', E'\t', E'\n', E'\v', E'\f', E'\r', E'\b', 'é', ';'],
    ARRAY['\.', '{}', '', 'größe', E'line\nend']::mood[], ARRAY[0.1::float8, 'NaN', '-Infinity', '-0', 1e300, NULL], ARRAY['NaN', 1.50, NULL, 1e-20],
    ARRAY['\x', '\x5c0a', NULL]::bytea[], ARRAY['infinity', '0001-01-01 00:00+00 BC', '2026-01-01 00:00:00.5+00', NULL]::timestamptz[],
    ARRAY['a,b', NULL], ARRAY['{"a": "b,\"c"}', 'null', '"x"', '1']::jsonb[], ARRAY[true, NULL, false], ARRAY['::1', '10.0.0.0/8']::inet[],
    ARRAY['a', '', 'abc'], ARRAY['n', 'NULL'], ARRAY[md5('x')::uuid], ARRAY['infinity', '0044-03-15 BC']::date[]),
    (3, NULL, '{{a,b},{c,d}}', '{{{{{{"\\"}}}}}}', '[0:1]={1,2}', '[-3:-2][7:7]={{1},{2}}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, ARRAY[[1, 2, 3], [4, NULL, 6]], ARRAY[[['x']], [['y']]], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO lists (id, i, t, f) SELECT 100 + i, (SELECT array_agg((bits('i', i * 50 + k) % 1000)::integer) FROM generate_series(1, i % 40) AS k),
    (SELECT array_agg(nullif(chr(1 + abs(bits('t', i * 50 + k) % 130)::integer) || repeat('\', k % 3), '\')) FROM generate_series(0, i % 20) AS k),
    (SELECT array_agg(bits('f', i * 50 + k)::float8 / 1000) FROM generate_series(0, i % 6) AS k) FROM generate_series(1, 500) AS i;

-- What is read as text whatever was chosen: each beside a column of the other kind.
CREATE TABLE as_text (id integer PRIMARY KEY, m money, iv interval, r int4range, p point, x xml, dc codes, q "char", rc regclass);
INSERT INTO as_text VALUES (1, '-12.50', '1 mon -1 sec', '[1,5)', '(1,2)', '<a/>', '{a,"b c"}', 'c', 'pg_class');
CREATE TABLE in_pieces (id integer PRIMARY KEY, by bytea, t text);
INSERT INTO in_pieces SELECT i, decode(repeat(md5(i::text), i * 3000), 'hex'), repeat(E'a\t\\', i * 20000) FROM generate_series(1, 5) AS i;
CREATE TABLE without_rows (id integer PRIMARY KEY, t text, u uuid);
