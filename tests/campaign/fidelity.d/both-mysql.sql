-- What MariaDB and MySQL both have, at its nastiest: every type, tables large enough for several
-- ranges by each kind of key, generated and invisible columns, partitions, circles of foreign keys.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';
SET SESSION time_zone = '+00:00';

CREATE DATABASE `numbers`;
CREATE TABLE `numbers`.n (n INT PRIMARY KEY);
INSERT INTO `numbers`.n VALUES (0), (1), (2), (3), (4), (5), (6), (7);
INSERT INTO `numbers`.n SELECT n + 8 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 16 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 32 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 64 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 128 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 256 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 512 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 1024 FROM `numbers`.n;
INSERT INTO `numbers`.n SELECT n + 2048 FROM `numbers`.n;

-- ---- every type
CREATE DATABASE `types` CHARACTER SET utf8mb4;
USE `types`;
CREATE TABLE integers (
    id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT,
    mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, z INT(8) ZEROFILL,
    bz BIGINT(20) UNSIGNED ZEROFILL, bool BOOLEAN, y YEAR,
    b1 BIT(1), b8 BIT(8), b9 BIT(9), b63 BIT(63), b64 BIT(64));
INSERT INTO integers VALUES
    (1, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808,
     18446744073709551615, 7, 7, TRUE, 1901, b'1', b'11111111', b'100000000', ~0 >> 1, ~0),
    (2, 127, 0, 32767, 0, 8388607, 0, 2147483647, 0, 9223372036854775807, 0, 0, 0, FALSE, 2155, b'0', b'0', b'0', 0, 0),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9223372036854775808, 12345678, 18446744073709551615, 5, 0, 1, 39, 92, 0x0A0D1A00225C27, 0x5C2700220A0D1A09);
CREATE TABLE decimals (
    id INT PRIMARY KEY, d DECIMAL(65, 30), u DECIMAL(65, 0) UNSIGNED, z DECIMAL(12, 3) ZEROFILL, tiny DECIMAL(1, 1),
    f FLOAT, fu FLOAT UNSIGNED, fs FLOAT(7, 3), r DOUBLE, ru DOUBLE UNSIGNED, rs DOUBLE(20, 5));
INSERT INTO decimals VALUES
    (1, 99999999999999999999999999999999999.999999999999999999999999999999, 99999999999999999999999999999999999999999999999999999999999999999,
     123.456, 0.9, 3.402823466e38, 3.402823466e38, 1234.567, 1.7976931348623157e308, 1.7976931348623157e308, 12345678901234.56789),
    (2, -99999999999999999999999999999999999.999999999999999999999999999999, 0, 0, -0.9,
     -3.402823466e38, 1.175494351e-38, -1234.567, -1.7976931348623157e308, 2.2250738585072014e-308, -0.00001),
    (3, 0.000000000000000000000000000001, 1, 999999999.999, 0, 1e-45, 0.1, 0.001, 4.9406564584124654e-324, 0.1, 0.1),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (5, -0, 0, 0, 0, -0e0, 0, 0, -0e0, 0, 0),
    (6, 0.1, 7, 1, 0.1, 16777217, 16777216, 1, 9007199254740993, 9007199254740992, 1),
    (7, 1, 1, 1, 0.5, 0.3333333333, 1e10, 0.333, 0.30000000000000004, 1e21, 1e15),
    (8, 1, 1, 1, 0.5, 123456789, 1e-10, 0.333, 123456789012345678, 1e-7, 1e-5);
CREATE TABLE times (
    id INT PRIMARY KEY, d DATE, t TIME, t1 TIME(1), t6 TIME(6), dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6),
    ts TIMESTAMP NULL, ts2 TIMESTAMP(2) NULL, ts6 TIMESTAMP(6) NULL);
INSERT INTO times VALUES
    (1, '0000-00-00', '-838:59:59', '-838:59:59.0', '-838:59:59', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00',
     '1970-01-01 00:00:01', '1970-01-01 00:00:01.00', '1970-01-01 00:00:01.000001'),
    (2, '9999-12-31', '838:59:59', '838:59:59.0', '838:59:59', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999',
     '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '2038-01-19 03:14:07.99', '2038-01-19 03:14:07.999999'),
    (3, '2026-02-31', '00:00:00', '00:00:00.1', '-00:00:00.000001', '2026-02-31 12:00:00', '1000-01-01', '2025-04-31 01:02:03.04',
     '0000-00-00 00:00:00', '0000-00-00', '0000-00-00'),
    (4, '2026-00-00', NULL, NULL, NULL, '2026-00-00', '2026-11-00', '0000-12-01', NULL, NULL, NULL),
    (5, '0001-01-01', '24:00:00', '99:59:59.9', '-00:00:59.999999', '0001-01-01', '1582-10-10', '0000-01-01 00:00:00',
     '2026-03-29 01:30:00', '2026-10-25 00:30:00', '2026-10-25 01:30:00'),
    (6, NULL, '-00:00:01', '-1:00:00', '00:00:00.5', NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE texts (
    id INT PRIMARY KEY, c CHAR(10), v VARCHAR(1000), v0 VARCHAR(0), tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT,
    bc BINARY(10), vb VARBINARY(1000), tb TINYBLOB, b BLOB, mb MEDIUMBLOB, lb LONGBLOB,
    e ENUM('', ' ', 'a''b', 'c,d', 'ü', '\\N', 'NULL', '0', '1', '\n', '✓', 'e"f'), s SET('', 'a''b', 'ü', '\\', '✓', 'NULL'));
INSERT INTO texts VALUES
    (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 'NULL', 'NULL', '', 'NULL', '\\N', '\\\\N', '\N', '\0', '\0\0', '\\N', 'NULL', '\\.', '\0', '\\N', 'NULL'),
    (4, 'a\0b', 'tab\tnewline\ncr\rcrlf\r\nnul\0sub\Z end\\', '', '''"`', ',;--#/**/', '\\\n\\\t', '$$ :x @y ${z} `id`',
     '\t\n\r\0\\', '\n', '\r', '\\', '''', '"', '\n', '\\,ü'),
    (5, '😀', '👩‍👩‍👧‍👦 e\u0301 ﷽ \\u0000', '', '𝕏', '中文 日本語 한국어', 'עברית العربية', REPEAT('😀', 20000),
     0x00, 0xFF, 0x00FF, 0x5C00, 0x270A, REPEAT(0x005C270A22, 30000), '✓', '✓,NULL'),
    (6, 'trail     ', 'trail     ', '', ' lead', 'x', 'y', 'z', 'trail   ', 'trail   ', ' ', ' ', ' ', ' ', ' ', 'a''b'),
    (7, 'x', REPEAT('\\', 999), '', REPEAT('\n', 255), REPEAT('\0', 65535), REPEAT('ab\t', 30000), '', 'x', REPEAT('\t', 1000), '', '',
     '', '', '0', ''),
    (8, 'x', '-- Dump completed on 2026', '', '/*!50000 x */', 'DELIMITER ;;', '\\! touch /tmp/x', 'source /etc/passwd', 'x', '', '', '',
     '', '', '1', '');
SET SESSION sql_mode = '';
CREATE TABLE no_member (id INT PRIMARY KEY, e ENUM('a', '0'), s SET('a', 'b'));
INSERT IGNORE INTO no_member VALUES (1, 'there is no such', 'nor such'), (2, '0', ''), (3, 0, 0);
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';
CREATE TABLE every_byte (id INT PRIMARY KEY, b VARBINARY(8), l VARCHAR(8) CHARACTER SET latin1, c CHAR(8) CHARACTER SET cp1251);
INSERT INTO every_byte SELECT n, UNHEX(LPAD(HEX(n), 4, '0')), CONVERT(UNHEX(LPAD(HEX(n % 256), 2, '0')) USING latin1),
    CONVERT(UNHEX(LPAD(HEX(n % 256), 2, '0')) USING cp1251) FROM `numbers`.n;
CREATE TABLE json (id INT PRIMARY KEY, j JSON, dup JSON, v JSON NOT NULL DEFAULT ('{}'));
INSERT INTO json VALUES
    (1, '{"a": 1, "b": [1, 2.50, -0.0, 1e300, null, true, "\\u0000\\ud83d\\ude00 \\" \\\\ \\/ \\n"]}', 'null', '"a"');
INSERT INTO json VALUES
    (2, '{"b": 1, "a": 2, "": {"": []}}', '[]', '18446744073709551615'), (3, NULL, '""', '-1.5'), (4, '"x\\ty"', '0', 'false');
CREATE TABLE shapes (
    id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, a POLYGON, mp MULTIPOINT, ml MULTILINESTRING, ma MULTIPOLYGON,
    gc GEOMETRYCOLLECTION, SPATIAL INDEX (p));
INSERT INTO shapes VALUES
    (1, ST_GeomFromText('POINT(1e300 -1e-300)'), POINT(0, -0), ST_GeomFromText('LINESTRING(0 0, 1 1, 2 2)'),
     ST_GeomFromText('POLYGON((0 0, 9 0, 9 9, 0 0), (2 1, 3 1, 3 2, 2 1))'), ST_GeomFromText('MULTIPOINT(1 1, 2 2)'),
     ST_GeomFromText('MULTILINESTRING((0 0, 1 1), (2 2, 3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))'),
     ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))')),
    (2, NULL, POINT(0.1, 92), NULL, NULL, NULL, NULL, NULL, NULL),
    (3, ST_GeomFromText('POINT(39 10)', 4326), POINT(-1.5, 1e10), NULL, NULL, NULL, NULL, NULL, NULL);

-- ---- large tables, by each kind of key
CREATE DATABASE `keys`;
USE `keys`;
CREATE TABLE by_int (id INT PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_int SELECT n * 3 - 6000, REPEAT('i', 100) FROM `numbers`.n;
INSERT INTO by_int VALUES (-2147483648, 'least'), (2147483647, 'greatest');
CREATE TABLE by_unsigned (id BIGINT UNSIGNED PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_unsigned SELECT CAST(9223372036854773808 AS UNSIGNED) + n, REPEAT('u', 100) FROM `numbers`.n;
INSERT INTO by_unsigned VALUES (0, 'least'), (18446744073709551615, 'greatest');
CREATE TABLE by_increment (id BIGINT AUTO_INCREMENT PRIMARY KEY, filler VARCHAR(200)) AUTO_INCREMENT = 1000000;
INSERT INTO by_increment (filler) SELECT REPEAT('a', 100) FROM `numbers`.n;
DELETE FROM by_increment WHERE id % 7 = 0;
CREATE TABLE by_decimal (k DECIMAL(40, 20) PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_decimal SELECT (n - 2000) / 7.00000000000000, REPEAT('d', 100) FROM `numbers`.n;
CREATE TABLE by_date (k DATE, n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_date SELECT DATE_ADD('2020-01-01', INTERVAL n DIV 5 DAY), n % 5, REPEAT('d', 100) FROM `numbers`.n;
INSERT INTO by_date VALUES ('0000-00-00', 0, 'zero'), ('2026-02-31', 0, 'invalid'), ('9999-12-31', 0, 'last');
CREATE TABLE by_datetime (k DATETIME(6) PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_datetime SELECT DATE_ADD('2020-01-01', INTERVAL n * 1234567 MICROSECOND), REPEAT('d', 100) FROM `numbers`.n;
CREATE TABLE by_stamp (k TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_stamp SELECT DATE_ADD('2026-03-29 00:00:00', INTERVAL n MINUTE), n, REPEAT('s', 100) FROM `numbers`.n;
CREATE TABLE by_text (k VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_text SELECT CONCAT(LEFT(SHA2(n, 256), 32), CASE n % 4 WHEN 0 THEN '😀' WHEN 1 THEN '''\\' WHEN 2 THEN 'ß' ELSE '' END), REPEAT('t', 100) FROM `numbers`.n;
INSERT INTO by_text VALUES ('', 'empty'), ('''', 'q'), ('\\', 'b'), ('%s%n', 'f'), ('NULL', 'n'), ('\\N', 'N');
CREATE TABLE by_binary_text (k VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_binary_text SELECT CONCAT(IF(n % 2, 'a', 'A'), n, IF(n % 3, ' ', '')), REPEAT('t', 100) FROM `numbers`.n;
CREATE TABLE by_german (k VARCHAR(100) CHARACTER SET latin1 COLLATE latin1_german2_ci, n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_german SELECT ELT(n % 6 + 1, 'ä', 'ae', 'A', 'ß', 'ss', 'Z'), n, REPEAT('g', 100) FROM `numbers`.n;
CREATE TABLE by_utf16 (k VARCHAR(100) CHARACTER SET utf16 PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_utf16 SELECT CONCAT('ü😀', n), REPEAT('w', 100) FROM `numbers`.n;
CREATE TABLE by_sjis (k VARCHAR(100) CHARACTER SET sjis PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_sjis SELECT CONCAT('表ソ', n), REPEAT('w', 100) FROM `numbers`.n;
CREATE TABLE by_gbk (k VARCHAR(100) CHARACTER SET gbk PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_gbk SELECT CONCAT('誠', n), REPEAT('w', 100) FROM `numbers`.n;
CREATE TABLE by_bytes (k VARBINARY(32) PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_bytes SELECT UNHEX(LEFT(SHA2(n, 256), 32)), REPEAT('b', 100) FROM `numbers`.n;
INSERT INTO by_bytes VALUES ('', 'empty'), (0x00, 'nul'), (0x0000, 'two'), (0xFFFFFFFF, 'high'), (0x5C, 'slash'), (0x27, 'quote');
CREATE TABLE by_fixed_bytes (k BINARY(16) PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_fixed_bytes SELECT UNHEX(LEFT(SHA2(n + 7, 256), 32)), REPEAT('b', 100) FROM `numbers`.n;
CREATE TABLE by_prefix (k TEXT NOT NULL, filler VARCHAR(200), PRIMARY KEY (k(40)));
INSERT INTO by_prefix SELECT CONCAT(LEFT(SHA2(n, 256), 32), 'and more that the key does not have'), REPEAT('p', 100) FROM `numbers`.n;
CREATE TABLE by_descending (a INT, b INT, filler VARCHAR(200), PRIMARY KEY (a DESC, b));
INSERT INTO by_descending SELECT n DIV 100, n % 100, REPEAT('d', 100) FROM `numbers`.n;
CREATE TABLE by_enum (k ENUM('z', 'a', 'm'), n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_enum SELECT 1 + n % 3, n, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_set (k SET('z', 'a', 'm'), n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_set SELECT n % 8, n, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_bit (k BIT(40) PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_bit SELECT n * 1000003, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_year (k YEAR, n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_year SELECT IF(n % 256 = 0, 0, 1900 + n % 256), n, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_time (k TIME(2), n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_time SELECT SEC_TO_TIME((n - 2000) * 60), n, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_float (k FLOAT, n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO by_float SELECT n / 7, n, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_double (k DOUBLE PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_double SELECT (n - 2000) / 7e0, REPEAT('e', 100) FROM `numbers`.n;
CREATE TABLE by_unique (k INT NOT NULL, filler VARCHAR(200), UNIQUE KEY (k));
INSERT INTO by_unique SELECT n, REPEAT('q', 100) FROM `numbers`.n;
CREATE TABLE by_nullable_unique (k INT, filler VARCHAR(200), UNIQUE KEY (k));
INSERT INTO by_nullable_unique SELECT IF(n % 2, n, NULL), REPEAT('q', 100) FROM `numbers`.n;
CREATE TABLE by_nothing (a INT, filler VARCHAR(200));
INSERT INTO by_nothing SELECT n % 10, REPEAT('x', 100) FROM `numbers`.n;
CREATE TABLE one_value (k INT, n INT, filler VARCHAR(200), PRIMARY KEY (k, n));
INSERT INTO one_value SELECT 7, n, REPEAT('o', 100) FROM `numbers`.n;
CREATE TABLE wide_rows (id INT PRIMARY KEY, b LONGBLOB);
INSERT INTO wide_rows SELECT n, REPEAT(CHAR(n), n * 1000) FROM `numbers`.n WHERE n < 100;
CREATE TABLE ranged (id INT, at DATE, filler VARCHAR(200), PRIMARY KEY (id, at))
    PARTITION BY RANGE (YEAR(at)) SUBPARTITION BY HASH (id) SUBPARTITIONS 3
    (PARTITION old VALUES LESS THAN (2021), PARTITION `p ü'"` VALUES LESS THAN (2025), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO ranged SELECT n, DATE_ADD('2019-01-01', INTERVAL n DAY), REPEAT('r', 100) FROM `numbers`.n;
CREATE TABLE listed (id INT, k VARCHAR(10) CHARACTER SET utf8mb4, filler VARCHAR(200), PRIMARY KEY (id, k))
    PARTITION BY LIST COLUMNS (k) (PARTITION a VALUES IN ('a''b', 'ü'), PARTITION b VALUES IN ('c', 'd'));
INSERT INTO listed SELECT n, ELT(n % 4 + 1, 'a''b', 'ü', 'c', 'd'), REPEAT('l', 100) FROM `numbers`.n;
CREATE TABLE hashed (id INT PRIMARY KEY, filler VARCHAR(200)) PARTITION BY KEY (id) PARTITIONS 5;
INSERT INTO hashed SELECT n, REPEAT('h', 100) FROM `numbers`.n;

-- ---- columns that hide or are reckoned, checks, circles
CREATE DATABASE `odd "columns"`;
USE `odd "columns"`;
CREATE TABLE hidden (a INT PRIMARY KEY, b INT INVISIBLE, c INT GENERATED ALWAYS AS (a + 1) VIRTUAL INVISIBLE,
    d VARCHAR(20) INVISIBLE NOT NULL DEFAULT 'x\\y''z', e INT GENERATED ALWAYS AS (a * 2) STORED, KEY (e), KEY (c));
INSERT INTO hidden (a, b, d) VALUES (1, 2, 'three'), (4, NULL, '');
CREATE TABLE single_generated (g INT GENERATED ALWAYS AS (1 + 1) VIRTUAL, a INT);
INSERT INTO single_generated (a) VALUES (1), (NULL), (3);
CREATE TABLE defaults (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(50) DEFAULT (CONCAT('it''s', ' \\ ')), b INT DEFAULT (1 + 2),
    c DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), d TEXT DEFAULT ('t'), e BIT(3) DEFAULT b'101',
    f BINARY(3) DEFAULT 'a', CONSTRAINT `che"ck;` CHECK (b <> 5 AND a <> 'x;\\''y'));
INSERT INTO defaults (b) VALUES (1), (2), (7);
CREATE TABLE zero_increment (id INT AUTO_INCREMENT PRIMARY KEY, v INT);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO zero_increment VALUES (0, 0), (-5, 1), (10, 2);
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';
CREATE TABLE chicken (id INT PRIMARY KEY, egg INT);
CREATE TABLE egg (id INT PRIMARY KEY, chicken INT, CONSTRAINT `from "chicken` FOREIGN KEY (chicken) REFERENCES chicken (id) ON DELETE SET NULL);
ALTER TABLE chicken ADD CONSTRAINT FOREIGN KEY (egg) REFERENCES egg (id);
CREATE TABLE myself (id INT PRIMARY KEY, boss INT, FOREIGN KEY (boss) REFERENCES myself (id));
SET foreign_key_checks = 0;
INSERT INTO chicken VALUES (1, 1), (2, 2);
INSERT INTO egg VALUES (1, 2), (2, 1);
INSERT INTO myself VALUES (1, 2), (2, 3), (3, 1), (4, 4);
-- What was there before a constraint, or came with checks off.
INSERT INTO myself VALUES (5, 999);
SET foreign_key_checks = 1;
CREATE TABLE `a/b.c%d#e` (`a/b.c` INT PRIMARY KEY, `ORDER` INT, `✓ 数据` INT COMMENT '😀 '' \\ \n');
INSERT INTO `a/b.c%d#e` VALUES (1, 2, 3);
CREATE TABLE `.` (`.` INT PRIMARY KEY);
INSERT INTO `.` VALUES (1);
CREATE TABLE `\\.
;` (`\\.
;` INT PRIMARY KEY, `-- x` INT, `${x}` INT, `$$` INT);
INSERT INTO `\\.
;` VALUES (1, 2, 3, 4);
CREATE TABLE `-x` (id INT PRIMARY KEY);
CREATE TABLE sixty_four_characters_are_as_many_as_a_name_may_have_in_mysql_xx (
    sixty_four_characters_are_as_many_as_a_name_may_have_in_mysql_xx INT PRIMARY KEY);
INSERT INTO sixty_four_characters_are_as_many_as_a_name_may_have_in_mysql_xx VALUES (1);
CREATE TABLE compressed (id INT PRIMARY KEY, v TEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 4 STATS_PERSISTENT = 1
    COMMENT = 'a \\ comment''s;\n-- x';
INSERT INTO compressed SELECT n, REPEAT('c', n) FROM `numbers`.n WHERE n < 50;
CREATE TABLE dynamic_myisam (id INT PRIMARY KEY, v TEXT, FULLTEXT KEY (v)) ENGINE = MyISAM;
INSERT INTO dynamic_myisam SELECT n, REPEAT('words ', n) FROM `numbers`.n WHERE n < 50;
CREATE TABLE in_memory (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE = MEMORY;
INSERT INTO in_memory VALUES (1, 'here now'), (2, NULL);

-- ---- views, programs
CREATE DATABASE programs CHARACTER SET latin1;
USE programs;
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100) CHARACTER SET utf8mb4);
INSERT INTO t (v) VALUES ('a'), ('b');
CREATE USER `defi@ner`@`%` IDENTIFIED BY 'a secret that none may see' ACCOUNT LOCK;
CREATE USER `gone`@`localhost` IDENTIFIED BY 'a secret that none may see';
GRANT SELECT, EXECUTE ON `programs`.* TO `defi@ner`@`%`;
GRANT SELECT ON programs.* TO `gone`@`localhost`;
CREATE DEFINER = `defi@ner`@`%` SQL SECURITY DEFINER VIEW y_below AS SELECT id, v FROM t;
CREATE DEFINER = `gone`@`localhost` SQL SECURITY DEFINER VIEW x_above AS SELECT id FROM y_below;
CREATE DEFINER = `defi@ner`@`%` VIEW a_top AS SELECT y_below.id, '😀 ''\\ ;' AS `✓ 数据` FROM y_below;
CREATE VIEW literals AS SELECT 'ü' AS a, _latin1 0xE4 AS b, _utf8mb4 '😀' AS c, N'x' AS d, 0x00 AS e, b'1' AS f, DATE '2026-02-28' AS g;
CREATE TABLE shadow (id INT PRIMARY KEY);
CREATE VIEW self_join AS SELECT a.id FROM shadow AS a JOIN shadow AS b ON a.id = b.id WHERE EXISTS (SELECT 1 FROM y_below);
DELIMITER //
CREATE DEFINER = `defi@ner`@`%` PROCEDURE `traps ;; // $$`(INOUT x INT) SQL SECURITY INVOKER
BEGIN
    DECLARE a VARCHAR(100) DEFAULT ';; DELIMITER ;; // $$ ';
    /*!50003 SET x = x + 1 */ ;
    -- DELIMITER ;
    # // ;;
    label: LOOP
        SET x = x + 1;
        IF x > 3 THEN LEAVE label; END IF;
    END LOOP;
    SET @s = 'DELIMITER //
SELECT 1 //
;;
';
    SELECT "a ""quoted"" ;;", 'it''s \' \\' INTO @x, @y;
END//
CREATE FUNCTION `emoji ✓`(s VARCHAR(10) CHARACTER SET utf8mb4) RETURNS VARCHAR(30) CHARACTER SET utf8mb4 DETERMINISTIC
    RETURN CONCAT(s, '😀;//$$')//
CREATE DEFINER = `gone`@`localhost` TRIGGER `before ;;` BEFORE INSERT ON t FOR EACH ROW
BEGIN
    SET NEW.v = CONCAT(NEW.v, '😀');
END//
CREATE TRIGGER a_second BEFORE INSERT ON t FOR EACH ROW PRECEDES `before ;;` SET NEW.v = CONCAT(NEW.v, '-')//
CREATE EVENT `event ; // $$` ON SCHEDULE EVERY 7 MINUTE_SECOND STARTS '2030-01-01' ENDS '2031-01-01' ON COMPLETION PRESERVE
    DISABLE COMMENT '😀''' DO BEGIN DECLARE x INT; SET x = 1; /* ; DELIMITER */ END//
CREATE EVENT once_later ON SCHEDULE AT '2037-01-01 00:00:00' DO SELECT '; //'//
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'//
CREATE PROCEDURE "ansi;"() SELECT "id", 'a\' || 'b' FROM "t"//
CREATE TRIGGER "ansi "" trigger" AFTER DELETE ON t FOR EACH ROW SET @a = 'x\' || "old".v//
CREATE VIEW "ansi view" AS SELECT "id", 'a\' || 'b' AS "c""d" FROM "t"//
SET sql_mode = 'IGNORE_SPACE,HIGH_NOT_PRECEDENCE'//
CREATE FUNCTION precedence() RETURNS INT DETERMINISTIC RETURN NOT 1 BETWEEN -5 AND 5//
SET sql_mode = 'NO_ENGINE_SUBSTITUTION'//
SET NAMES latin1//
CREATE PROCEDURE in_latin1() SELECT 'a' AS latin//
SET NAMES utf8mb4//
SET time_zone = '+05:45'//
CREATE EVENT in_kathmandu ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 05:45:00' DISABLE DO SELECT 1//
SET time_zone = '+00:00'//
DELIMITER ;
-- Definers that are gone stay in what they made.
DROP USER `gone`@`localhost`;
GRANT SELECT ON `odd "columns"`.hidden TO `defi@ner`@`%` WITH GRANT OPTION;
