-- A sample database of our own: cinemas, films, tickets. The shapes that such databases have: films
-- with full text and sets, stock in many places, payments in partitions by month, addresses with
-- points, views over joins with groups, programs that count and raise.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00';
CREATE DATABASE cinema CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE cinema;
CREATE TABLE country (id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL,
    changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
CREATE TABLE city (id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, country SMALLINT UNSIGNED NOT NULL,
    KEY (country), CONSTRAINT city_country FOREIGN KEY (country) REFERENCES country (id) ON UPDATE CASCADE);
CREATE TABLE address (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, street VARCHAR(100) NOT NULL, city SMALLINT UNSIGNED NOT NULL,
    place POINT NOT NULL, SPATIAL KEY (place), FOREIGN KEY (city) REFERENCES city (id));
CREATE TABLE film (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, title VARCHAR(128) NOT NULL, plot TEXT, released YEAR,
    minutes SMALLINT UNSIGNED, price DECIMAL(5, 2) NOT NULL DEFAULT 4.99, rating ENUM('G', 'PG', 'R-16', 'R''18') DEFAULT 'G',
    extras SET('Trailers', 'Deleted scenes', 'The director''s cut'), original INT UNSIGNED, document JSON,
    title_length INT GENERATED ALWAYS AS (CHAR_LENGTH(title)) VIRTUAL, KEY (title), FULLTEXT KEY words (title, plot),
    FOREIGN KEY (original) REFERENCES film (id));
CREATE TABLE actor (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, first VARCHAR(45) NOT NULL, last VARCHAR(45) NOT NULL, KEY (last, first));
CREATE TABLE film_actor (actor INT UNSIGNED, film INT UNSIGNED, part VARCHAR(60), PRIMARY KEY (actor, film), KEY (film),
    FOREIGN KEY (actor) REFERENCES actor (id), FOREIGN KEY (film) REFERENCES film (id));
CREATE TABLE store (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, manager TINYINT UNSIGNED, address INT UNSIGNED NOT NULL,
    FOREIGN KEY (address) REFERENCES address (id));
CREATE TABLE staff (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(90) NOT NULL, picture BLOB, store TINYINT UNSIGNED NOT NULL,
    password VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin, FOREIGN KEY (store) REFERENCES store (id));
CREATE TABLE customer (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(90) NOT NULL, email VARCHAR(90) INVISIBLE, address INT UNSIGNED NOT NULL,
    active BIT(1) NOT NULL DEFAULT b'1', made DATETIME NOT NULL, FOREIGN KEY (address) REFERENCES address (id), UNIQUE KEY (email));
CREATE TABLE ticket (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, film INT UNSIGNED NOT NULL, customer INT UNSIGNED NOT NULL, staff TINYINT UNSIGNED,
    at DATETIME(3) NOT NULL, seat CHAR(4) NOT NULL, UNIQUE KEY (film, at, seat), KEY (customer),
    FOREIGN KEY (film) REFERENCES film (id) ON DELETE RESTRICT, FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE);
CREATE TABLE payment (id BIGINT UNSIGNED NOT NULL, at DATE NOT NULL, ticket BIGINT UNSIGNED NOT NULL, amount DECIMAL(7, 2) NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE COLUMNS (at) (PARTITION p2025 VALUES LESS THAN ('2026-01-01'), PARTITION p2026a VALUES LESS THAN ('2026-07-01'),
    PARTITION p2026b VALUES LESS THAN (MAXVALUE));
CREATE TABLE audit (id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(200), at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6));
INSERT INTO country (name, changed) VALUES ('Deutschland', '2026-01-01'), ('中国', '2026-01-02'), ('Côte d''Ivoire', '2026-01-03'), ('\\N', '2026-01-04');
INSERT INTO city (name, country) SELECT CONCAT(ELT(n % 4 + 1, 'München', '北京', 'Abidjan', 'São Paulo'), ' ', n), 1 + n % 4 FROM `numbers`.n WHERE n < 200;
INSERT INTO address (street, city, place) SELECT CONCAT(n, ' O''Connell "St."\n', REPEAT('x', n % 30)), 1 + n % 200, POINT(n / 7, -n / 3) FROM `numbers`.n;
INSERT INTO film (title, plot, released, minutes, price, rating, extras, document)
    SELECT CONCAT('The ', ELT(n % 5 + 1, 'Größe', '力', 'Émile', '"Quote"', '\\'), ' ', n), REPEAT(CONCAT('plot ', n, '; '), n % 20), 1950 + n % 80, 60 + n % 120,
    n % 1000 / 100, 1 + n % 4, n % 8, JSON_OBJECT('n', n, 'tags', JSON_ARRAY('a', NULL, n / 3e0)) FROM `numbers`.n WHERE n < 2000;
UPDATE film SET original = id - 1 WHERE id % 5 = 0;
INSERT INTO actor (first, last) SELECT CONCAT('First', n), ELT(n % 3 + 1, 'O''Neil', 'Müller', '李') FROM `numbers`.n WHERE n < 400;
INSERT INTO film_actor SELECT 1 + n % 400, 1 + n DIV 3, IF(n % 2, NULL, 'self') FROM `numbers`.n;
INSERT INTO store (address) VALUES (1), (2);
INSERT INTO staff (name, picture, store, password) VALUES ('Ada', REPEAT(0x89504E470D0A1A0A00, 5000), 1, '*A'), ('Bob', NULL, 2, NULL);
UPDATE store SET manager = 3 - id;
ALTER TABLE store ADD FOREIGN KEY (manager) REFERENCES staff (id);
INSERT INTO customer (name, email, address, active, made) SELECT CONCAT('Customer ', n), CONCAT(n, '@example.com'), 1 + n, n % 2, '2026-01-01' FROM `numbers`.n WHERE n < 1500;
INSERT INTO ticket (film, customer, staff, at, seat) SELECT 1 + a.n % 2000, 1 + a.n % 1500, 1 + a.n % 2, DATE_ADD('2025-06-01', INTERVAL a.n * 3 + b.n HOUR), CONCAT(b.n, 'A')
    FROM `numbers`.n AS a JOIN `numbers`.n AS b WHERE b.n < 3;
INSERT INTO payment SELECT id, DATE(at), id, 4.99 + id % 7 FROM ticket;
CREATE VIEW film_list AS SELECT film.id, film.title AS `a title`, GROUP_CONCAT(CONCAT(actor.last, ', ', actor.first) ORDER BY actor.last SEPARATOR '; ') AS actors
    FROM film LEFT JOIN film_actor ON film_actor.film = film.id LEFT JOIN actor ON actor.id = film_actor.actor GROUP BY film.id, film.title;
CREATE SQL SECURITY INVOKER VIEW a_sales AS SELECT store.id AS store, SUM(payment.amount) AS total FROM payment JOIN ticket ON ticket.id = payment.ticket
    JOIN staff ON staff.id = ticket.staff JOIN store ON store.id = staff.store GROUP BY store.id;
CREATE VIEW a_best AS SELECT * FROM a_sales WHERE total > (SELECT AVG(total) FROM a_sales);
DELIMITER //
CREATE TRIGGER film_made AFTER INSERT ON film FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('film ', NEW.title))//
CREATE TRIGGER film_changed BEFORE UPDATE ON film FOR EACH ROW
BEGIN
    IF NEW.title <> OLD.title THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'titles; never change';
    END IF;
END//
CREATE PROCEDURE film_in_stock(IN p_film INT, OUT p_count INT) READS SQL DATA
BEGIN
    DECLARE EXIT HANDLER FOR NOT FOUND SET p_count = -1;
    SELECT COUNT(*) INTO p_count FROM ticket WHERE film = p_film; -- ; //
END//
CREATE FUNCTION balance(p_customer INT, p_at DATETIME) RETURNS DECIMAL(7, 2) READS SQL DATA
BEGIN
    DECLARE v DECIMAL(7, 2);
    SELECT SUM(amount) INTO v FROM payment JOIN ticket ON ticket.id = payment.ticket WHERE customer = p_customer AND payment.at <= p_at;
    RETURN IFNULL(v, 0);
END//
CREATE EVENT forget ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM audit WHERE at < NOW() - INTERVAL 1 YEAR//
DELIMITER ;
CREATE VIEW customer_balance AS SELECT id, balance(id, '2030-01-01') AS owed FROM customer;
