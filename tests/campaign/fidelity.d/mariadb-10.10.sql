-- What MariaDB has since 10.6 to 10.10.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION';
USE `sequences & history`;
CREATE TABLE addresses (id INT PRIMARY KEY, i6 INET6, i4 INET4, u UUID, KEY (u));
INSERT INTO addresses VALUES (1, '::', '0.0.0.0', '00000000-0000-0000-0000-000000000000'),
    (2, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '255.255.255.255', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    (3, '::ffff:192.0.2.1', '39.92.10.0', '275c0a00-0d1a-1000-8000-00275c0a0022'), (4, NULL, NULL, NULL);
CREATE TABLE by_uuid (k UUID PRIMARY KEY, filler VARCHAR(200));
INSERT INTO by_uuid SELECT CONCAT(LEFT(SHA2(n, 256), 8), '-0000-4000-8000-00000000', LPAD(HEX(n), 4, '0')), REPEAT('u', 100)
    FROM `numbers`.n;
CREATE TABLE ignored_index (id INT PRIMARY KEY, v INT, KEY by_v (v) IGNORED);
GRANT SELECT ON `sequences & history`.by_uuid TO outer_role;
