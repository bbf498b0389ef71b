-- Rows that MariaDB and PostgreSQL hold alike: the same statements for both. Time zone UTC, no escapes by backslashes.
INSERT INTO public.numbers VALUES (1, true, 32767, 2147483647, 9223372036854775807, 3.4028234e38, 1.7976931348623157e308, 99999999999999999999.9999999999);
INSERT INTO public.numbers VALUES (2, false, -32768, -2147483648, -9223372036854775808, 1.17549435e-38, 2.2250738585072014e-308, -99999999999999999999.9999999999);
INSERT INTO public.numbers VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.numbers VALUES (4, true, 42, 42, 42, 42, 42, 42);
INSERT INTO public.numbers VALUES (5, true, 0, 0, 0, 0, 0, 0);
INSERT INTO public.numbers VALUES (6, true, -1, -1, -1, -0.1, -0.1, -0.1);
INSERT INTO public.numbers VALUES (7, true, 1, 1, 1, 0.1, 0.30000000000000004, 0.0000000001);
INSERT INTO public.numbers VALUES (8, true, 1, 1, 1, 16777216, 9007199254740993, 1000000.50);
INSERT INTO public.numbers VALUES (9, true, 1, 1, 1, 1e-5, 1e23, 12.5);
INSERT INTO public.numbers VALUES (10, true, 1, 1, 1, 1234567.9, 123456789012345.67, -0.5);
INSERT INTO public.texts VALUES (1, '', '', '', '', '00000000-0000-0000-0000-000000000000', '::');
INSERT INTO public.texts VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.texts VALUES (3, '\N', '\.', '\', 'small', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff', '::1');
INSERT INTO public.texts VALUES (4, 'größe 😀	tab
line end \n "quoted" ''once''', 'blanks at the end  ', 'ab  ', 'größe', '123e4567-e89b-12d3-a456-426614174000', '2001:db8::8a2e:370:7334');
INSERT INTO public.texts VALUES (5, repeat('0123456789 größe', 9000), 'N', ' a', 'small', NULL, 'ffff::ffff');
INSERT INTO public.moments VALUES (1, '2026-11-23', '03:00:00', '03:00:00', '2026-11-23 03:00:00', '2026-11-23 03:00:00', '2026-11-23 03:00:00');
INSERT INTO public.moments VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.moments VALUES (3, '0001-01-01', '00:00:00', '00:00:00', '1000-01-01 00:00:00.000001', '1000-01-01', '1970-01-01 00:00:01');
INSERT INTO public.moments VALUES (4, '9999-12-31', '23:59:59.999999', '23:59:59', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59', '2038-01-19 03:14:07.5');
INSERT INTO public.moments VALUES (5, '2024-02-29', '12:30:00.5', '24:00:00', '2024-02-29 12:30:00.25', '2024-02-29 12:30:00', '2024-02-29 12:30:00.120000');
INSERT INTO public.binaries VALUES (1, public.bytes(''), public.bytes(''), b'0000000000000', b'0', b'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO public.binaries VALUES (2, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.binaries VALUES (3, public.bytes('00ff5c270a09'), public.bytes('5c785c'), b'1010101010101', b'1', b'1000000000000000000000000000000000000000000000000000000000000001');
INSERT INTO public.binaries VALUES (4, public.bytes(repeat('00ff5c27', 20000)), public.bytes(repeat('ab', 100)), b'1111111111111', b'1', b'1111111111111111111111111111111111111111111111111111111111111111');
