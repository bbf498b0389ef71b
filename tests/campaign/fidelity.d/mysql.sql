-- What only Oracle's MySQL has, beyond tests/data/mysql-nasty.sql and both-mysql.sql.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';
SET SESSION time_zone = '+00:00';
CREATE DATABASE charsets;
USE charsets;
CREATE TABLE samples (id INT PRIMARY KEY, v VARCHAR(100) CHARACTER SET utf8mb4);
INSERT INTO samples VALUES (1, NULL), (2, ''), (3, 'plain'), (4, 'a''b\\\t\n\0"'), (5, 'äöü ß ÿ'), (6, 'Ωмир'), (7, '表ソ能'),
    (8, '漢字 かな 한글'), (9, '😀'), (10, '€ “quotes”'), (11, 'trail  ');
DELIMITER //
CREATE PROCEDURE fill()
BEGIN
    DECLARE done INT DEFAULT 0;
    DECLARE cs VARCHAR(64);
    DECLARE width INT;
    DECLARE each_one CURSOR FOR SELECT character_set_name, maxlen FROM information_schema.character_sets;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
    OPEN each_one;
    FETCH each_one INTO cs, width;
    WHILE NOT done DO
        SET @sql = CONCAT('CREATE TABLE cs_', cs, ' (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200) CHARACTER SET ', cs,
            ', KEY (v)) DEFAULT CHARACTER SET ', cs);
        PREPARE statement FROM @sql;
        EXECUTE statement;
        SET @sql = CONCAT('INSERT IGNORE INTO cs_', cs, ' (v) SELECT v FROM samples ORDER BY id');
        PREPARE statement FROM @sql;
        EXECUTE statement;
        IF width = 1 AND cs <> 'binary' THEN
            SET @sql = CONCAT('INSERT INTO cs_', cs, ' (v) SELECT CONVERT(UNHEX(LPAD(HEX(n), 2, ''0'')) USING ', cs,
                ') FROM `numbers`.n WHERE n < 256');
            PREPARE statement FROM @sql;
            EXECUTE statement;
        END IF;
        FETCH each_one INTO cs, width;
    END WHILE;
    CLOSE each_one;
    SET SESSION group_concat_max_len = 1000000;
    SELECT CONCAT('CREATE TABLE collations (id INT PRIMARY KEY, ', GROUP_CONCAT('c', id, ' VARCHAR(3) CHARACTER SET ',
        character_set_name, ' COLLATE ', collation_name ORDER BY id), ')') INTO @sql FROM information_schema.collations;
    PREPARE statement FROM @sql;
    EXECUTE statement;
    INSERT INTO collations (id) VALUES (1), (2);
END//
DELIMITER ;
CALL fill();
DROP PROCEDURE fill;

CREATE DATABASE `only & mysql` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs;
USE `only & mysql`;
CREATE TABLE by_generated (a INT, k INT GENERATED ALWAYS AS (a * 2) STORED NOT NULL, filler VARCHAR(200), PRIMARY KEY (k));
INSERT INTO by_generated (a, filler) SELECT n, REPEAT('g', 100) FROM `numbers`.n;
CREATE TABLE by_accent (k VARCHAR(100) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_accent SELECT CONCAT(ELT(n % 3 + 1, 'ä', 'b ', '😀'), n), REPEAT('0', 100) FROM `numbers`.n;
CREATE TABLE by_japanese (k VARCHAR(100) COLLATE utf8mb4_ja_0900_as_cs_ks PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_japanese SELECT CONCAT(ELT(n % 3 + 1, 'か', 'が', 'カ'), n), REPEAT('0', 100) FROM `numbers`.n;
CREATE TABLE archived (id INT, v VARCHAR(20)) ENGINE = ARCHIVE;
INSERT INTO archived VALUES (1, 'x'), (1, 'x');
CREATE TABLE json_index (id INT PRIMARY KEY, j JSON, KEY many ((CAST(j -> '$.z' AS UNSIGNED ARRAY))), KEY f ((CAST(j ->> '$.n' AS CHAR(20)))));
INSERT INTO json_index VALUES (1, '{"z": [1, 2, 3], "n": "A😀"}'), (2, '{"n": null}'), (3, NULL);
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(5), w VECTOR(2048));
INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1, -2.5, 3e-38, 0, 16777217]'), NULL), (2, NULL, NULL);
CREATE TABLE geography (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, g GEOMETRY NOT NULL SRID 3857, SPATIAL INDEX (p), SPATIAL INDEX (g));
INSERT INTO geography VALUES (1, ST_GeomFromText('POINT(-90 180)', 4326), ST_GeomFromText('POINT(1 2)', 3857)),
    (2, ST_GeomFromText('POINT(89.999 -179.999)', 4326), ST_GeomFromText('LINESTRING(1 2, 3 4)', 3857));
SET SESSION sql_generate_invisible_primary_key = 1;
CREATE TABLE made_key (v VARCHAR(200));
INSERT INTO made_key SELECT REPEAT('m', 100) FROM `numbers`.n;
SET SESSION sql_generate_invisible_primary_key = 0;
CREATE TABLE hidden_index (id INT PRIMARY KEY, v INT, KEY (v) INVISIBLE, KEY d (v DESC, id ASC));
CREATE TABLE unenforced (id INT PRIMARY KEY, v INT, CONSTRAINT `not "now` CHECK (v > 10) NOT ENFORCED);
INSERT INTO unenforced VALUES (1, 1);
CREATE TABLE moved (id INT PRIMARY KEY, v INT) ENCRYPTION = 'N' SECONDARY_ENGINE_ATTRIBUTE = '{"a": "b''c"}' AUTOEXTEND_SIZE = 4M;
CREATE TABLE instant (id INT PRIMARY KEY, a INT);
INSERT INTO instant VALUES (1, 1), (2, 2);
ALTER TABLE instant ADD COLUMN b VARCHAR(20) DEFAULT 'it''s' FIRST, ALGORITHM = INSTANT;
INSERT INTO instant VALUES ('new', 3, 3);
ALTER TABLE instant DROP COLUMN a, ALGORITHM = INSTANT;
CREATE TABLE list_default (id INT, v INT, PRIMARY KEY (id, v)) PARTITION BY LIST (v) SUBPARTITION BY KEY (id) SUBPARTITIONS 2
    (PARTITION a VALUES IN (NULL, 1), PARTITION b VALUES IN (2, 3));
INSERT INTO list_default SELECT n, 1 + n % 3 FROM `numbers`.n;
CREATE ROLE `role;"'`, outer_role, `role`@`10.%`;
GRANT `role;"'` TO outer_role WITH ADMIN OPTION;
CREATE USER `user@host`@`%` IDENTIFIED WITH caching_sha2_password BY 'x' DEFAULT ROLE outer_role ATTRIBUTE '{"a": "it''s"}';
CREATE USER certified@`%` IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=a''b/O=c''' AND ISSUER '/C=x\\y';
CREATE USER `random`@`%` IDENTIFIED BY 'x' PASSWORD HISTORY 3 PASSWORD EXPIRE INTERVAL 5 DAY;
GRANT outer_role TO `user@host`@`%`;
GRANT SELECT ON `only & mysql`.* TO `role;"'`;
GRANT INSERT (v), SELECT (id) ON `only & mysql`.unenforced TO outer_role;
GRANT FLUSH_TABLES, SHOW_ROUTINE, BINLOG_ADMIN ON *.* TO `user@host`@`%` WITH GRANT OPTION;
GRANT PROXY ON `random`@`%` TO `user@host`@`%`;
GRANT SELECT ON `t\_pes`.* TO `random`@`%`;
