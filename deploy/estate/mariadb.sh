#!/bin/bash
# The estate's MariaDB: prints SQL that fills an empty server with believable data, the same each
# time. deploy/estate/mariadb.sh [PERCENT] | mariadb
#
# 100 percent are some 60 MB of dump in five schemas: a shop with one big table, customer relations
# and staff, an archive of documents, and a small office whose names nobody should use.
set -euo pipefail

percent=${1:-100}
[[ $percent =~ ^[0-9]{1,6}$ ]] || { echo "usage: mariadb.sh [PERCENT]" >&2; exit 2; }
customers=$((60 * percent + 40))
products=$((20 * percent + 20))
orders=$((300 * percent + 100))
visits=$((3000 * percent + 1000))
documents=$((2 * percent + 5))

sed "s/{customers}/$customers/g; s/{products}/$products/g; s/{orders}/$orders/g
    s/{visits}/$visits/g; s/{documents}/$documents/g" <<'END_OF_SQL'
SET NAMES utf8mb4;
SET GLOBAL innodb_flush_log_at_trx_commit = 2;
SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_UNSIGNED_SUBTRACTION';
SET unique_checks = 0;

CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE DATABASE crm CHARACTER SET utf8mb4;
CREATE DATABASE archive CHARACTER SET latin1;
CREATE DATABASE empty_since_2019;
CREATE DATABASE `Büro "Süd" ``alt``` CHARACTER SET utf8mb4;

-- Who may do what. Passwords of a demonstration: the server is private and ends with it.
CREATE ROLE shop_reader;
CREATE USER shop_app@'%' IDENTIFIED BY 'estate', shop_app@localhost IDENTIFIED BY 'estate';
CREATE USER 'o''hara'@'10.0.0.%' IDENTIFIED BY 'estate' WITH MAX_USER_CONNECTIONS 5;
CREATE USER crm_owner@'%' IDENTIFIED BY 'estate' ACCOUNT LOCK;
GRANT SELECT ON shop.* TO shop_reader;
GRANT shop_reader TO 'o''hara'@'10.0.0.%';
SET DEFAULT ROLE shop_reader FOR 'o''hara'@'10.0.0.%';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER, EVENT ON shop.* TO shop_app@'%';
GRANT SELECT, EXECUTE ON shop.* TO shop_app@localhost;
GRANT ALL PRIVILEGES ON crm.* TO crm_owner@'%' WITH GRANT OPTION;
GRANT SELECT ON shop.* TO crm_owner@'%';

USE shop;
CREATE TABLE customers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    given_name VARCHAR(60) NOT NULL,
    family_name VARCHAR(60) NOT NULL,
    email VARCHAR(120) CHARACTER SET ascii NOT NULL UNIQUE,
    born DATE NULL,
    credit DECIMAL(12, 2) NOT NULL DEFAULT 0.00,
    settings LONGTEXT CHECK (settings IS NULL OR JSON_VALID(settings)),
    wants SET('letter', 'mail', 'call') NOT NULL DEFAULT '',
    full_name VARCHAR(121) AS (CONCAT(given_name, ' ', family_name)) STORED,
    mail_domain VARCHAR(120) CHARACTER SET ascii AS (SUBSTRING_INDEX(email, '@', -1)) VIRTUAL,
    KEY by_name (family_name, given_name),
    KEY by_domain (mail_domain)
) COMMENT 'those who buy; "id" is on their card';
CREATE TABLE products (
    sku CHAR(10) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    price DECIMAL(10, 2) NOT NULL CHECK (price > 0),
    stock INT NOT NULL,
    weight_g DOUBLE NULL,
    picture MEDIUMBLOB NULL,
    FULLTEXT KEY words (title)
);
CREATE TABLE orders (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer INT UNSIGNED NOT NULL,
    placed DATETIME(6) NOT NULL,
    changed TIMESTAMP NULL,
    state ENUM('open', 'paid', 'sent', 'returned') NOT NULL,
    remark TEXT NULL,
    flags BIT(5) NOT NULL,
    FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE TABLE order_items (
    order_id BIGINT NOT NULL,
    line SMALLINT NOT NULL,
    sku CHAR(10) CHARACTER SET ascii NOT NULL,
    pieces INT NOT NULL,
    price DECIMAL(10, 2) NOT NULL,
    amount DECIMAL(14, 2) AS (pieces * price) STORED,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    FOREIGN KEY (sku) REFERENCES products (sku) ON UPDATE CASCADE
);
CREATE TABLE visits (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    customer INT UNSIGNED NULL,
    seen DATETIME NOT NULL,
    page VARCHAR(200) NOT NULL,
    agent VARCHAR(100) NULL,
    address VARBINARY(16) NULL,
    took_ms FLOAT NULL,
    KEY by_time (seen)
) COMMENT 'the big one';
CREATE TABLE stock_changes (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku CHAR(10) CHARACTER SET ascii NOT NULL,
    was INT NULL,
    is_now INT NULL,
    who VARCHAR(200) NOT NULL
);

INSERT INTO customers (id, given_name, family_name, email, born, credit, settings, wants)
SELECT seq,
    ELT(1 + seq % 12, 'Anna', 'Zoë', 'José', 'Ødger', '秀英', 'Мария', 'Łukasz', 'Ngọc', 'محمد',
        'Siân', 'D''Arcy', 'नेहा'),
    ELT(1 + seq DIV 7 % 11, 'Müller', 'Smith', 'O''Neill', '王', 'Иванова', 'García', 'Nuñez',
        'Çelik', 'Åberg', 'ستار', 'Back\\slash'),
    CONCAT('c', seq, '@', ELT(1 + seq % 4, 'example.com', 'example.org', 'mail.example', 'x.example')),
    IF(seq % 9 = 0, NULL, '1940-01-01' + INTERVAL (seq * 37 % 24000) DAY),
    (seq * 7919 % 2000000 - 500000) / 100,
    IF(seq % 3 = 0, NULL, CONCAT('{"language": "', ELT(1 + seq % 3, 'de', 'en', '日本語'),
        '", "size": ', seq % 50, ', "tags": ["a\\"b", null]}')),
    seq % 8
FROM seq_1_to_{customers};
INSERT INTO products
SELECT CONCAT('P', LPAD(seq, 9, '0')),
    CONCAT(ELT(1 + seq % 6, 'Lamp', 'Café table', '🪑 Chair', 'Kettle; red', 'Rug -- long', '100% wool'),
        ' no. ', seq),
    1 + seq * 31 % 90000 / 100, 1000 + seq % 500, IF(seq % 5 = 0, NULL, seq * 1.1e-3),
    IF(seq % 4 = 0, NULL, UNHEX(REPEAT(MD5(seq), 4 + seq % 60)))
FROM seq_1_to_{products};
INSERT INTO orders
SELECT seq, 1 + seq * 7907 % {customers},
    '2019-01-01' + INTERVAL seq * 211 SECOND + INTERVAL seq * 37 % 1000000 MICROSECOND,
    IF(seq % 6 = 0, NULL, '2019-01-02' + INTERVAL seq * 211 SECOND), 1 + seq % 4,
    CASE seq % 10 WHEN 0 THEN '' WHEN 1 THEN 'leave at\n"the door"\t\\o/' WHEN 2 THEN 'it''s a gift'
        ELSE NULL END,
    seq % 32
FROM seq_1_to_{orders};
INSERT INTO order_items (order_id, line, sku, pieces, price)
SELECT o.seq, l.seq, CONCAT('P', LPAD(1 + (o.seq * 5 + l.seq * 13) % {products}, 9, '0')),
    1 + (o.seq + l.seq) % 9, 1 + (o.seq * 31 + l.seq) % 90000 / 100
FROM seq_1_to_{orders} o JOIN seq_1_to_4 l ON l.seq <= 1 + o.seq % 4;
INSERT INTO visits
SELECT seq, IF(seq % 3 = 0, NULL, 1 + seq * 101 % {customers}), '2023-01-01' + INTERVAL seq * 17 SECOND,
    CONCAT('/', ELT(1 + seq % 5, 'product', 'search?q=käse', 'cart', 'order', ''), '/', MD5(seq)),
    ELT(1 + seq % 4, 'Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5', NULL, 'Mozilla/5.0 (Mobile)'),
    UNHEX(SUBSTR(MD5(seq * 3), 1, 8 + 24 * (seq % 2))), seq % 997 * 1.37
FROM seq_1_to_{visits};

DELIMITER //
CREATE TRIGGER products_changed AFTER UPDATE ON products FOR EACH ROW
BEGIN
    IF NOT (NEW.stock <=> OLD.stock) THEN
        INSERT INTO stock_changes (sku, was, is_now, who) VALUES (NEW.sku, OLD.stock, NEW.stock, 'estate');
    END IF;
END//
CREATE TRIGGER no_future BEFORE INSERT ON orders FOR EACH ROW
    SET NEW.placed = LEAST(NEW.placed, '2038-01-01')//
CREATE DEFINER = shop_app@'%' FUNCTION with_tax(net DECIMAL(14, 2)) RETURNS DECIMAL(14, 2) DETERMINISTIC
    COMMENT 'nineteen percent; don''t ask'
    RETURN ROUND(net * 1.19, 2)//
CREATE DEFINER = shop_app@'%' PROCEDURE close_order(IN which BIGINT, OUT total DECIMAL(14, 2))
    SQL SECURITY INVOKER
BEGIN
    SELECT SUM(amount) INTO total FROM order_items WHERE order_id = which;
    UPDATE orders SET state = 'sent', remark = CONCAT_WS('; ', remark, 'closed // ''by hand''') WHERE id = which;
END//
CREATE DEFINER = shop_app@'%' EVENT forget_visits ON SCHEDULE EVERY 1 DAY STARTS '2024-01-01 03:00:00'
    ON COMPLETION PRESERVE DISABLE DO DELETE FROM visits WHERE seen < NOW() - INTERVAL 10 YEAR//
DELIMITER ;
UPDATE products SET stock = stock - 1 WHERE MOD(price * 100, 7) = 0;

CREATE DEFINER = shop_app@'%' VIEW order_totals AS
    SELECT o.id, c.full_name, o.placed, with_tax(SUM(i.amount)) AS total
    FROM orders o JOIN customers c ON c.id = o.customer JOIN order_items i ON i.order_id = o.id
    GROUP BY o.id, c.full_name, o.placed;
-- A view on a view, and named so that the order of names is the wrong one.
CREATE VIEW a_best_orders AS SELECT * FROM order_totals WHERE total > 1000;
CREATE VIEW cheap AS SELECT sku, title, price FROM products WHERE price < 10 WITH CASCADED CHECK OPTION;
CREATE SEQUENCE ticket START WITH 1000 INCREMENT BY 5 MAXVALUE 999999;
SELECT NEXT VALUE FOR ticket INTO @ticket;

USE crm;
CREATE TABLE staff (
    id INT NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    manager INT NULL,
    hired DATE NOT NULL,
    salary DECIMAL(10, 2) NULL,
    photo BLOB NULL,
    FOREIGN KEY (manager) REFERENCES staff (id)
);
CREATE TABLE contacts (
    id CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    customer INT UNSIGNED NULL,
    handled_by INT NULL,
    spoken TIMESTAMP(3) NOT NULL DEFAULT '2020-01-01 00:00:00',
    subject VARCHAR(200) COLLATE utf8mb4_bin NOT NULL,
    notes MEDIUMTEXT NULL,
    mood TINYINT NULL,
    FOREIGN KEY (handled_by) REFERENCES staff (id),
    FOREIGN KEY (customer) REFERENCES shop.customers (id)
);
INSERT INTO staff
SELECT seq, CONCAT(ELT(1 + seq % 7, 'Björk', '渡辺', 'Σοφία', 'Ivan', 'שרה', 'Jörg', 'Ana'), ' ', seq),
    IF(seq = 1, NULL, GREATEST(1, seq DIV 8)), '2001-01-01' + INTERVAL seq * 13 DAY,
    IF(seq % 11 = 0, NULL, 30000 + seq * 137 % 70000), UNHEX(REPEAT(SHA2(seq, 512), 1 + seq % 3))
FROM seq_1_to_400;
INSERT INTO contacts
SELECT INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'),
    IF(seq % 13 = 0, NULL, 1 + seq % {customers}), 1 + seq % 400,
    '2021-06-01' + INTERVAL seq * 311 SECOND,
    ELT(1 + seq % 4, 'Beschwerde – dringend', 'Frage', 'отзыв', '見積り 🧾'),
    IF(seq % 2 = 0, NULL, REPEAT(CONCAT('Sie sagte: „', MD5(seq), '“. '), 1 + seq % 20)), seq % 11 - 5
FROM seq_1_to_{customers};
CREATE VIEW who_talks_to_whom AS
    SELECT s.name, c.full_name, COUNT(*) AS times FROM contacts k
    JOIN staff s ON s.id = k.handled_by JOIN shop.customers c ON c.id = k.customer
    GROUP BY s.name, c.full_name;

USE archive;
CREATE TABLE documents (
    id INT NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    content LONGBLOB NOT NULL,
    sha1 BINARY(20) AS (UNHEX(SHA1(content))) STORED
);
CREATE TABLE years (
    year_of YEAR NOT NULL,
    id INT NOT NULL,
    what TEXT,
    PRIMARY KEY (year_of, id)
) PARTITION BY RANGE (year_of) (
    PARTITION old VALUES LESS THAN (2000), PARTITION mid VALUES LESS THAN (2015),
    PARTITION new VALUES LESS THAN MAXVALUE);
CREATE TABLE no_key (a INT NULL, b VARCHAR(20) NULL, c TIME NULL);
CREATE TABLE in_aria (id INT NOT NULL PRIMARY KEY, note TEXT) ENGINE = Aria;
INSERT INTO documents (id, title, kind, content)
SELECT seq, CONCAT('Akte ', seq, ' – grün'), ELT(1 + seq % 3, 'pdf', 'tiff', 'eml'),
    UNHEX(REPEAT(SHA2(seq, 512), 200 + seq * 97 % 1200))
FROM seq_1_to_{documents};
INSERT INTO years SELECT 1970 + seq % 50, seq, IF(seq % 4 = 0, NULL, CONCAT('entry ', seq)) FROM seq_1_to_2000;
INSERT INTO no_key SELECT seq % 5, IF(seq % 3 = 0, NULL, seq), SEC_TO_TIME(seq * 997 % 800000) FROM seq_1_to_1000;
INSERT INTO in_aria SELECT seq, CONCAT('row ', seq) FROM seq_1_to_500;

USE `Büro "Süd" ``alt```;
CREATE TABLE `it's a "table"` (
    `key` INT NOT NULL PRIMARY KEY,
    `two
lines` VARCHAR(50) NULL,
    `back\\slash \\! echo` VARCHAR(50) NULL
);
INSERT INTO `it's a "table"` VALUES (1, 'a\nb', '\\! false'), (2, NULL, ''), (3, '\0\Z\\', 'NULL');
CREATE VIEW `drop table x; --` AS SELECT COUNT(*) AS `n` FROM `it's a "table"`;
SET GLOBAL innodb_flush_log_at_trx_commit = 1;
END_OF_SQL
