-- What a dump of MariaDB must carry: odd names, odd types, odd values, every kind of object.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00';

-- Accounts first: definers.
CREATE USER `keeper`@`%` IDENTIFIED BY 'correct horse battery' REQUIRE SSL;
CREATE USER `o'brien "q"\\`@`10.0.0.%` IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 5;
CREATE USER `closed`@`%` ACCOUNT LOCK;
CREATE ROLE `reader`;
CREATE ROLE `wri``ter`;
GRANT `reader` TO `keeper`@`%` WITH ADMIN OPTION;
SET DEFAULT ROLE `reader` FOR `keeper`@`%`;

CREATE DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE `-e'x"y``z` CHARACTER SET latin1;
CREATE DATABASE `line
break;\! echo` ;
CREATE DATABASE `größe ✓ 数据`;
CREATE DATABASE `empty`;

USE `shop`;
CREATE TABLE customers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL DEFAULT 'it''s "here" \\ `x`',
    score DECIMAL(30, 10) DEFAULT NULL,
    born DATE DEFAULT '0000-00-00',
    full_name VARCHAR(210) GENERATED ALWAYS AS (CONCAT(name, '!')) VIRTUAL,
    name_length INT GENERATED ALWAYS AS (CHAR_LENGTH(name)) STORED,
    hidden INT INVISIBLE DEFAULT 7,
    KEY by_name (name)
) COMMENT 'a comment with '' and " and ` and \\ and
a new line';
INSERT INTO customers (name, score, born) VALUES
    ('plain', 1.5, '2001-02-03'), ('', NULL, NULL), ('null', 0, '0000-00-00'),
    ('emoji 😀 and ✓', -12345678901234567890.0123456789, '9999-12-31'),
    ('quotes '' " ` \\ \% \_ \0 \Z \n \r \t end', 1, '1000-01-01'), ('-- Dump completed', 2, NULL),
    ('\\! touch /tmp/never', 3, NULL), ('delimiter ;;', 4, NULL);
INSERT INTO customers (name, hidden) VALUES ('with hidden', 99);
CREATE TABLE orders (
    customer INT UNSIGNED NOT NULL,
    number INT NOT NULL,
    placed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    state ENUM('new', 'it''s done', 'größe') NOT NULL DEFAULT 'new',
    flags SET('a', 'b', 'c'),
    bits BIT(13),
    span TIME(3),
    born YEAR,
    at DATETIME(6),
    ratio DOUBLE,
    small FLOAT,
    document LONGTEXT CHECK (JSON_VALID(document)),
    place POINT,
    address INET6,
    token UUID,
    PRIMARY KEY (customer, number),
    CONSTRAINT `fk "1"` FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT positive CHECK (number > 0)
);
INSERT INTO orders VALUES
    (1, 1, '2026-03-29 01:30:00.123456', 'new', 'a,c', b'1010101010101', '-838:59:59.000', 2026,
     '0000-00-00 00:00:00', 1e308, 3.4e38, '{"a": [1, null, "\\u00e9😀"]}', POINT(1.5, -2), '::1',
     '123e4567-e89b-12d3-a456-426655440000'),
    (1, 2, '1970-01-01 00:00:01', 'it''s done', '', b'0', '00:00:00.001', 0, '2026-11-23 03:00:00.5',
     -0.1, 0.1, NULL, NULL, NULL, NULL),
    (5, 1, '2038-01-19 03:14:07.999999', 'größe', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]',
     NULL, '192.0.2.1', NULL);
CREATE TABLE bytes (id INT PRIMARY KEY, raw LONGBLOB, fixed BINARY(4), varied VARBINARY(300));
INSERT INTO bytes
    SELECT 1, GROUP_CONCAT(UNHEX(LPAD(HEX(seq), 2, '0')) ORDER BY seq SEPARATOR ''), x'00FF0A27',
           GROUP_CONCAT(UNHEX(LPAD(HEX(seq), 2, '0')) ORDER BY seq DESC SEPARATOR '')
    FROM seq_0_to_255;
INSERT INTO bytes VALUES (2, '', '', ''), (3, NULL, NULL, NULL), (4, REPEAT(x'00275C0A', 500000), 'a', 'b');
CREATE TABLE no_key (a INT, b VARCHAR(20));
INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE TABLE old_style (id INT PRIMARY KEY, t TEXT, FULLTEXT KEY words (t)) ENGINE = MyISAM;
INSERT INTO old_style VALUES (1, 'some words'), (2, NULL);
CREATE TABLE parted (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id)
    (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1, 1), (10, 10), (100, 100);
CREATE TABLE places (id INT PRIMARY KEY, g GEOMETRY NOT NULL, SPATIAL INDEX (g));
INSERT INTO places VALUES (1, ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))'));
SET TIMESTAMP = 1700000000;
CREATE TABLE versioned (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 'first'), (2, 'gone');
SET TIMESTAMP = 1700000100;
UPDATE versioned SET v = 'second' WHERE id = 1;
SET TIMESTAMP = 1700000200;
DELETE FROM versioned WHERE id = 2;
SET TIMESTAMP = DEFAULT;
CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 7 MAXVALUE 1000 NOCACHE CYCLE;
SELECT NEXTVAL(numbers), NEXTVAL(numbers);

-- Views on views, one that sorts before what it needs, with a definer who has next to no rights.
CREATE DEFINER = `keeper`@`%` SQL SECURITY INVOKER VIEW z_base AS SELECT id, name FROM customers;
CREATE VIEW a_top AS SELECT CONCAT(name, ' \\ '' "') AS `odd ``name"` FROM z_base WHERE id > 0;
CREATE VIEW a_checked AS SELECT id, name AS `odd ``name"` FROM z_base WHERE id > 0
    WITH CASCADED CHECK OPTION;
CREATE VIEW `a checked'` AS SELECT * FROM a_checked WHERE `odd ``name"` <> 'größe \\ '''
    WITH LOCAL CHECK OPTION;
CREATE VIEW b_on_checked AS SELECT id FROM `a checked'`;
CREATE ALGORITHM = TEMPTABLE VIEW alias AS SELECT `a checked'`.id, `shop`.a_top.`odd ``name"` AS `b`
    FROM `a checked'` JOIN (SELECT '`shop`.`alias` \' \\' AS c) AS `shop` JOIN shop.a_top;
CREATE VIEW a_insertable AS SELECT id, name FROM z_base;
CREATE VIEW `view'` AS SELECT * FROM a_top;

DELIMITER //
CREATE DEFINER = `keeper`@`%` PROCEDURE `do it`(IN a INT, OUT b VARCHAR(100) CHARSET utf8mb4)
COMMENT 'it''s a comment'
BEGIN
    -- a comment in the body; with a semicolon
    DECLARE text VARCHAR(100) DEFAULT 'quote '' and \\ and 😀';
    /* USE `shop`;
CREATE TABLE `customers` (
-- Dump completed
    */
    SET b = CONCAT(text, a);
END//
CREATE FUNCTION twice(a INT) RETURNS INT DETERMINISTIC RETURN 2 * a//
CREATE VIEW calls AS SELECT twice(id) AS x FROM customers//
CREATE AGGREGATE FUNCTION my_sum(x INT) RETURNS INT DETERMINISTIC
BEGIN
    DECLARE total INT DEFAULT 0;
    DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN total;
    LOOP FETCH GROUP NEXT ROW; SET total = total + x; END LOOP;
END//
CREATE TRIGGER before_customer BEFORE INSERT ON customers FOR EACH ROW
BEGIN
    IF NEW.name = 'forbidden ;' THEN SIGNAL SQLSTATE '45000'; END IF;
END//
CREATE TRIGGER `after "customer"` AFTER UPDATE ON customers FOR EACH ROW SET @x = 1//
CREATE TRIGGER second_before BEFORE INSERT ON customers FOR EACH ROW FOLLOWS before_customer SET @y = 2//
CREATE EVENT `nightly job` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 03:00:00' DISABLE
COMMENT 'x' DO BEGIN SELECT 1; SELECT 2; END//
SET sql_mode = 'ORACLE'//
CREATE PACKAGE tools AS FUNCTION three RETURN INT; END//
CREATE PACKAGE BODY tools AS FUNCTION three RETURN INT AS BEGIN RETURN 3; END; END//
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
-- w` AS SELECT * FROM shop.a_top;

USE `line
break;\! echo`;
CREATE TABLE `\! echo hello` (id INT PRIMARY KEY);
INSERT INTO `\! echo hello` VALUES (1);
CREATE TRIGGER `\! echo` BEFORE INSERT ON `\! echo hello` FOR EACH ROW SET @a = 1;

USE `größe ✓ 数据`;
CREATE TABLE `表 ü` (`列` VARCHAR(10) PRIMARY KEY, v TEXT CHARACTER SET ucs2);
INSERT INTO `表 ü` VALUES ('数', 'ucs2 ✓'), ('😀', NULL);

GRANT SELECT, INSERT ON `shop`.* TO `keeper`@`%` WITH GRANT OPTION;
GRANT SELECT (id, `name`), UPDATE (name) ON `shop`.`customers` TO `o'brien "q"\\`@`10.0.0.%`;
GRANT EXECUTE ON PROCEDURE `shop`.`do it` TO `keeper`@`%`;
SET sql_mode = 'ORACLE';
GRANT EXECUTE ON PACKAGE shop.tools TO `closed`@`%`;
SET sql_mode = '';
GRANT SELECT ON `-e'x"y````z`.* TO `reader`;
GRANT SELECT ON `sh\_p%`.* TO `wri``ter`;
GRANT SELECT ON `shop`.`z_base` TO PUBLIC;
GRANT PROCESS ON *.* TO `closed`@`%`;
-- A view on one whose definer may only read what single grants allow, which come last in a restore.
USE `shop`;
CREATE DEFINER = `o'brien "q"\\`@`10.0.0.%` SQL SECURITY DEFINER VIEW z_narrow AS SELECT id, name FROM customers;
CREATE VIEW a_on_narrow AS SELECT id FROM z_narrow;
