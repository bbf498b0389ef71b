-- What only MariaDB has, beyond tests/data/mariadb-nasty.sql and both-mysql.sql.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00';
CREATE DATABASE charsets;
USE charsets;
CREATE TABLE samples (id INT PRIMARY KEY, v VARCHAR(100) CHARACTER SET utf8mb4);
INSERT INTO samples VALUES (1, NULL), (2, ''), (3, 'plain'), (4, 'a''b\\\t\n\0"'), (5, 'äöü ß ÿ'), (6, 'Ωмир'), (7, '表ソ能'),
    (8, '漢字 かな 한글'), (9, '😀'), (10, '€ “quotes”'), (11, 'trail  ');
DELIMITER //
BEGIN NOT ATOMIC FOR one IN (SELECT character_set_name AS cs FROM information_schema.character_sets) DO
    EXECUTE IMMEDIATE CONCAT('CREATE TABLE cs_', one.cs, ' (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200) CHARACTER SET ',
        one.cs, ', KEY (v)) DEFAULT CHARACTER SET ', one.cs);
    EXECUTE IMMEDIATE CONCAT('INSERT IGNORE INTO cs_', one.cs, ' (v) SELECT v FROM samples ORDER BY id');
END FOR; END//
BEGIN NOT ATOMIC FOR one IN (SELECT character_set_name AS cs FROM information_schema.character_sets WHERE maxlen = 1 AND character_set_name <> 'binary') DO
    EXECUTE IMMEDIATE CONCAT('INSERT INTO cs_', one.cs, ' (v) SELECT CONVERT(UNHEX(LPAD(HEX(n), 2, ''0'')) USING ', one.cs,
        ') FROM `numbers`.n WHERE n < 256');
END FOR; END//
DELIMITER ;
-- A column for each collation.
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT('CREATE TABLE collations (id INT PRIMARY KEY, ',
        GROUP_CONCAT('c', id, ' VARCHAR(3) CHARACTER SET ', character_set_name, ' COLLATE ',
            /*M!101000 IF(1, full_collation_name, */ collation_name /*M!101000 ) */ ORDER BY id), ') ROW_FORMAT = DYNAMIC')
    INTO @sql FROM information_schema.collation_character_set_applicability
    JOIN information_schema.collations USING (collation_name, character_set_name /*M!101000 , id */) WHERE (id < 400 OR id % 16 = 1) AND character_set_name <> 'binary';
EXECUTE IMMEDIATE IFNULL(@sql, 'CREATE TABLE collations (id INT PRIMARY KEY)');
INSERT INTO collations (id) VALUES (1), (2);

CREATE DATABASE `sequences & history`;
USE `sequences & history`;
CREATE SEQUENCE up START WITH 5 INCREMENT BY 3 MINVALUE -10 MAXVALUE 1000 CACHE 10;
SELECT NEXT VALUE FOR up, NEXT VALUE FOR up;
CREATE SEQUENCE down START WITH -1 INCREMENT BY -1 MINVALUE -5 MAXVALUE -1 CYCLE NOCACHE;
SELECT NEXTVAL(down), NEXTVAL(down);
CREATE SEQUENCE never_called;
CREATE SEQUENCE `se'q"``;` START WITH 9223372036854775800;
SELECT SETVAL(`se'q"``;`, 9223372036854775801, 0);
CREATE TABLE by_sequence (id BIGINT DEFAULT (NEXT VALUE FOR up) PRIMARY KEY, v INT);
INSERT INTO by_sequence (v) VALUES (1), (2);
SET TIMESTAMP = 1700000000;
CREATE TABLE with_history (id INT PRIMARY KEY, v VARCHAR(100), b BLOB) WITH SYSTEM VERSIONING;
CREATE TABLE explicit_period (id INT PRIMARY KEY, v INT, `from "x` TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
    `to``y` TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME(`from "x`, `to``y`)) WITH SYSTEM VERSIONING;
CREATE TABLE some_without (id INT PRIMARY KEY, v INT, w INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;
CREATE TABLE parted_history (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING
    PARTITION BY SYSTEM_TIME (PARTITION past HISTORY, PARTITION now CURRENT);
INSERT INTO with_history VALUES (1, 'first', x'00270A5C'), (2, 'gone', NULL);
INSERT INTO explicit_period (id, v) VALUES (1, 1), (2, 2);
INSERT INTO some_without VALUES (1, 1, 1);
INSERT INTO parted_history VALUES (1, 1), (2, 2);
SET TIMESTAMP = 1700000100.5;
UPDATE with_history SET v = 'second' WHERE id = 1;
UPDATE explicit_period SET v = v + 10;
UPDATE some_without SET w = 2;
UPDATE some_without SET v = 2;
UPDATE parted_history SET v = 7;
SET TIMESTAMP = 1700000200.25;
DELETE FROM with_history WHERE id = 2;
DELETE FROM explicit_period WHERE id = 2;
DELETE FROM parted_history WHERE id = 1;
SET TIMESTAMP = DEFAULT;
CREATE TABLE application_time (id INT, a DATE, b DATE, PERIOD FOR validity (a, b), PRIMARY KEY (id, validity WITHOUT OVERLAPS));
INSERT INTO application_time VALUES (1, '2026-01-01', '2026-02-01'), (1, '2026-02-01', '2026-03-01');
CREATE TABLE compressed_column (id INT PRIMARY KEY, v TEXT COMPRESSED, b BLOB COMPRESSED);
INSERT INTO compressed_column SELECT n, REPEAT('z', n * 100), REPEAT(CHAR(n), n) FROM `numbers`.n WHERE n < 40;
CREATE TABLE by_inet6 (k INET6 PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_inet6 SELECT CONCAT(HEX(n), '::', HEX(n * 7 % 65536)), REPEAT('i', 100) FROM `numbers`.n;
CREATE TABLE dynamic_columns (id INT PRIMARY KEY, d BLOB);
INSERT INTO dynamic_columns VALUES (1, COLUMN_CREATE('a', 1, 'b', 'x''y'));
CREATE TABLE in_aria (id INT PRIMARY KEY, v TEXT) ENGINE = Aria TRANSACTIONAL = 1;
INSERT INTO in_aria SELECT n, REPEAT('aria ', n) FROM `numbers`.n WHERE n < 50;
CREATE TABLE long_unique (id INT PRIMARY KEY, b BLOB, UNIQUE KEY (b), t TEXT, UNIQUE KEY (t));
INSERT INTO long_unique VALUES (1, REPEAT('x', 5000), 'a'), (2, REPEAT('y', 5000), 'b'), (3, NULL, NULL);
SET SESSION sql_mode = 'ORACLE,NO_ENGINE_SUBSTITUTION';
DELIMITER //
CREATE PACKAGE "pack;" AS
    PROCEDURE p(x OUT INT);
    FUNCTION f RETURN VARCHAR2(100);
END//
CREATE PACKAGE BODY "pack;" AS
    PROCEDURE p(x OUT INT) AS BEGIN x := 1; /* ;; // */ END;
    FUNCTION f RETURN VARCHAR2(100) AS BEGIN RETURN 'a' || ';//'; END;
END//
CREATE FUNCTION oracle_style(a IN VARCHAR2) RETURN VARCHAR2 DETERMINISTIC AS BEGIN RETURN a || ';;'; END//
DELIMITER ;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';
CREATE ROLE `role;"'` WITH ADMIN CURRENT_USER;
CREATE ROLE outer_role;
GRANT `role;"'` TO outer_role WITH ADMIN OPTION;
CREATE USER `user@host`@`%` IDENTIFIED VIA mysql_native_password USING '*2470C0C06DEE42FD1618BBB99005ADCA2EC9D1E0' OR unix_socket;
CREATE USER `expired`@`%` IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=a''b' AND ISSUER '/C=x' AND CIPHER 'y'
    WITH MAX_QUERIES_PER_HOUR 5 MAX_STATEMENT_TIME 2.5 PASSWORD EXPIRE INTERVAL 9 DAY;
GRANT outer_role TO `user@host`@`%`;
SET DEFAULT ROLE outer_role FOR `user@host`@`%`;
GRANT SELECT ON `sequences & history`.* TO `role;"'`;
GRANT INSERT (v), SELECT (id) ON `sequences & history`.with_history TO outer_role;
GRANT EXECUTE ON FUNCTION `sequences & history`.oracle_style TO `user@host`@`%`;
GRANT DELETE HISTORY ON `sequences & history`.with_history TO `expired`@`%`;
GRANT PROXY ON `expired`@`%` TO `user@host`@`%`;
