-- What a dump of Oracle's MySQL must carry, beyond what MariaDB has too.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00';

CREATE ROLE `reader`, `wri``ter`;
CREATE USER `keeper`@`%` IDENTIFIED BY 'correct horse battery' DEFAULT ROLE `reader` REQUIRE SSL
    FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2 COMMENT 'it''s';
CREATE USER `o'brien "q"\\`@`10.0.0.%` IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 5
    PASSWORD EXPIRE INTERVAL 30 DAY PASSWORD REUSE INTERVAL 5 DAY PASSWORD REQUIRE CURRENT;
CREATE USER `closed`@`%` IDENTIFIED BY 'y' REQUIRE SUBJECT '/CN=a''b/O=c''' AND ISSUER '/C=x\\y' ACCOUNT LOCK;

CREATE DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs;
CREATE DATABASE `-e'x"y``z` CHARACTER SET latin1;
CREATE DATABASE `line
break;\! echo`;
CREATE DATABASE `größe ✓ 数据`;
CREATE DATABASE `empty`;

USE `shop`;
CREATE TABLE customers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL DEFAULT 'it''s "here" \\ `x`',
    score DECIMAL(65, 30) DEFAULT NULL,
    born DATE DEFAULT '0000-00-00',
    full_name VARCHAR(210) GENERATED ALWAYS AS (CONCAT(name, '!')) VIRTUAL,
    name_length INT GENERATED ALWAYS AS (CHAR_LENGTH(name)) STORED,
    made DATETIME(6) DEFAULT (NOW(6)),
    hidden INT INVISIBLE DEFAULT 7,
    tags JSON,
    KEY by_name (name),
    KEY by_lower ((LOWER(name))),
    KEY by_tag ((CAST(tags -> '$.t' AS UNSIGNED ARRAY))),
    KEY unseen (score) INVISIBLE,
    CONSTRAINT `not "x"` CHECK (name <> 'x;')
) COMMENT 'a comment with '' and " and ` and \\ and
a new line';
INSERT INTO customers (name, score, born, made, tags) VALUES
    ('plain', 1.5, '2001-02-03', '2026-01-01', '{"t": [1, 2, 3]}'),
    ('', NULL, NULL, '2026-01-02', NULL),
    ('emoji 😀 and ✓', -1.000000000000000000000000000001, '9999-12-31', '2026-01-03', '{"ü": "\\u00e9😀"}'),
    ('quotes '' " ` \\ \% \_ \0 \Z \n \r \t end', 1, '1000-01-01', '2026-01-04', '[]'),
    ('-- Dump completed', 2, NULL, '2026-01-05', '"USE `x`;"'),
    ('\\! touch /tmp/never', 3, NULL, '2026-01-06', '1.5e300');
INSERT INTO customers (name, hidden, made) VALUES ('with hidden', 99, '2026-01-07');
CREATE TABLE orders (
    customer INT UNSIGNED NOT NULL,
    number INT NOT NULL,
    placed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    state ENUM('new', 'it''s done', 'größe') NOT NULL DEFAULT 'new',
    flags SET('a', 'b', 'c'),
    bits BIT(13),
    span TIME(3),
    born YEAR,
    ratio DOUBLE,
    small FLOAT,
    place POINT SRID 4326,
    PRIMARY KEY (customer, number),
    CONSTRAINT `fk "1"` FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE
);
INSERT INTO orders VALUES
    (1, 1, '2026-03-29 01:30:00.123456', 'new', 'a,c', b'1010101010101', '-838:59:59.000', 2026,
     1e308, 3.4e38, ST_GeomFromText('POINT(10 20)', 4326)),
    (1, 2, '1970-01-01 00:00:01', 'it''s done', '', b'0', '00:00:00.001', 0, -0.1, 0.1, NULL),
    (3, 1, '2038-01-19 03:14:07.999999', 'größe', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE bytes (id INT PRIMARY KEY, raw LONGBLOB, fixed BINARY(4), varied VARBINARY(300));
INSERT INTO bytes VALUES (1, x'0001027F80FF275C220A0D1A00', x'00FF0A27', x'275C'),
    (2, '', '', ''), (3, NULL, NULL, NULL), (4, REPEAT(x'00275C0A', 500000), 'a', 'b');
CREATE TABLE no_key (a INT, b VARCHAR(20));
INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE TABLE old_style (id INT PRIMARY KEY, t TEXT, FULLTEXT KEY words (t)) ENGINE = MyISAM;
INSERT INTO old_style VALUES (1, 'some words'), (2, NULL);
CREATE TABLE parted (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id)
    (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1, 1), (10, 10), (100, 100);
CREATE TABLE places (id INT PRIMARY KEY, g GEOMETRY NOT NULL SRID 0, SPATIAL INDEX (g));
INSERT INTO places VALUES (1, ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))'));
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3));
INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1, 2.5, -3]')), (2, NULL);
CREATE TABLE only_generated (id INT GENERATED ALWAYS AS (1) STORED, b INT);
INSERT INTO only_generated (b) VALUES (1), (2);

CREATE DEFINER = `keeper`@`%` SQL SECURITY INVOKER VIEW z_base AS SELECT id, name FROM customers;
CREATE VIEW a_insertable AS SELECT id, name FROM z_base;
CREATE VIEW a_checked AS SELECT id, name AS `odd ``name"` FROM z_base WHERE id > 0
    WITH CASCADED CHECK OPTION;
CREATE VIEW b_on_checked AS SELECT id FROM a_checked WHERE `odd ``name"` <> 'größe \\ ''';

DELIMITER //
CREATE DEFINER = `keeper`@`%` PROCEDURE `do it`(IN a INT, OUT b VARCHAR(100) CHARSET utf8mb4)
COMMENT 'it''s a comment'
BEGIN
    -- a comment in the body; with a semicolon
    DECLARE text VARCHAR(100) DEFAULT 'quote '' and \\ and 😀';
    /* USE `shop`;
CREATE TABLE `customers` (
    */
    SET b = CONCAT(text, a);
END//
CREATE FUNCTION twice(a INT) RETURNS INT DETERMINISTIC RETURN 2 * a//
CREATE VIEW calls AS SELECT twice(id) AS x FROM customers//
CREATE TRIGGER before_customer BEFORE INSERT ON customers FOR EACH ROW
BEGIN
    IF NEW.name = 'forbidden ;' THEN SIGNAL SQLSTATE '45000'; END IF;
END//
CREATE TRIGGER second_before BEFORE INSERT ON customers FOR EACH ROW FOLLOWS before_customer SET @y = 2//
CREATE EVENT `nightly job` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 03:00:00' DISABLE
COMMENT 'x' DO BEGIN SELECT 1; SELECT 2; END//
SET sql_mode = 'ANSI_QUOTES'//
CREATE PROCEDURE "ansi quotes"() SELECT "id" FROM "customers"//
CREATE TRIGGER ansi_trigger BEFORE DELETE ON customers FOR EACH ROW SET @z = 'a "b"'//
SET sql_mode = 'NO_BACKSLASH_ESCAPES'//
CREATE FUNCTION backslash() RETURNS VARCHAR(10) DETERMINISTIC RETURN 'a\b'//
SET sql_mode = ''//
DELIMITER ;

USE `-e'x"y``z`;
CREATE TABLE `select``'"\!
-- next line` (`key`` "'` INT PRIMARY KEY, `ü` VARCHAR(10) DEFAULT 'é');
INSERT INTO `select``'"\!
-- next line` VALUES (1, 'é'), (2, 'ÿ');
CREATE VIEW `v
-- w` AS SELECT * FROM shop.a_checked;

USE `line
break;\! echo`;
CREATE TABLE `\! echo hello` (id INT PRIMARY KEY);
INSERT INTO `\! echo hello` VALUES (1);
CREATE TRIGGER `\! echo` BEFORE INSERT ON `\! echo hello` FOR EACH ROW SET @a = 1;

USE `größe ✓ 数据`;
CREATE TABLE `表 ü` (`列` VARCHAR(10) PRIMARY KEY, v TEXT CHARACTER SET utf8mb4);
INSERT INTO `表 ü` VALUES ('数', 'text ✓'), ('😀', NULL);

GRANT `reader` TO `keeper`@`%` WITH ADMIN OPTION;
GRANT `wri``ter` TO `reader`;
GRANT SELECT, INSERT ON `shop`.* TO `keeper`@`%` WITH GRANT OPTION;
GRANT SELECT (id, `name`), UPDATE (name) ON `shop`.`customers` TO `o'brien "q"\\`@`10.0.0.%`;
GRANT EXECUTE ON PROCEDURE `shop`.`do it` TO `keeper`@`%`;
GRANT SELECT ON `-e'x"y````z`.* TO `reader`;
GRANT SELECT ON `sh\_p%`.* TO `wri``ter`;
GRANT PROCESS, BACKUP_ADMIN ON *.* TO `closed`@`%`;
-- A view on one whose definer may only read what single grants allow, which come last in a restore.
USE `shop`;
CREATE DEFINER = `o'brien "q"\\`@`10.0.0.%` SQL SECURITY DEFINER VIEW z_narrow AS SELECT id, name FROM customers;
CREATE VIEW a_on_narrow AS SELECT id FROM z_narrow;
