-- A server that is written to: money goes between eight tables, each transfer is a step with a
-- number of its own, and a receipt of it. `CALL write_on(N)` writes as writer N until `running` is
-- empty.
CREATE DATABASE busy;
USE busy;
CREATE TABLE running (id INT PRIMARY KEY);
INSERT INTO running VALUES (1);
CREATE TABLE writers (writer INT PRIMARY KEY, number BIGINT NOT NULL);
CREATE TABLE steps (id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT NOT NULL, number BIGINT NOT NULL,
    note VARCHAR(200) NOT NULL, UNIQUE KEY (writer, number));
CREATE TABLE receipts (step BIGINT PRIMARY KEY, writer INT NOT NULL, number BIGINT NOT NULL,
    UNIQUE KEY (writer, number));
DELIMITER //
CREATE PROCEDURE fill()
BEGIN
    DECLARE i INT DEFAULT 1;
    DECLARE j INT;
    WHILE i <= 8 DO
        SET @sql = CONCAT('CREATE TABLE account_', i,
            ' (id INT PRIMARY KEY, balance BIGINT NOT NULL, filler VARCHAR(300) NOT NULL)');
        PREPARE statement FROM @sql;
        EXECUTE statement;
        SET @sql = CONCAT('INSERT INTO account_', i, ' VALUES (?, 1000, REPEAT(''a'', 300))');
        PREPARE statement FROM @sql;
        SET j = 1;
        START TRANSACTION;
        WHILE j <= 400 DO
            SET @j = j;
            EXECUTE statement USING @j;
            SET j = j + 1;
        END WHILE;
        COMMIT;
        INSERT INTO writers VALUES (i, 0);
        SET i = i + 1;
    END WHILE;
    DEALLOCATE PREPARE statement;
END//
CREATE PROCEDURE transfer(who INT, one INT, other INT)
BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK;
    SET @amount = FLOOR(RAND() * 100), @from = 1 + FLOOR(RAND() * 400), @to = 1 + FLOOR(RAND() * 400);
    START TRANSACTION;
    SET @sql = CONCAT('UPDATE account_', one, ' SET balance = balance - ? WHERE id = ?');
    PREPARE statement FROM @sql;
    EXECUTE statement USING @amount, @from;
    SET @sql = CONCAT('UPDATE account_', other, ' SET balance = balance + ? WHERE id = ?');
    PREPARE statement FROM @sql;
    EXECUTE statement USING @amount, @to;
    UPDATE writers SET number = number + 1 WHERE writer = who;
    SELECT number INTO @number FROM writers WHERE writer = who;
    INSERT INTO steps (writer, number, note) VALUES (who, @number, REPEAT('n', 150));
    INSERT INTO receipts VALUES (LAST_INSERT_ID(), who, @number);
    DELETE FROM steps WHERE writer = who AND number <= @number - 300;
    DELETE FROM receipts WHERE writer = who AND number <= @number - 300;
    COMMIT;
END//
CREATE PROCEDURE write_on(who INT)
BEGIN
    WHILE (SELECT COUNT(*) FROM running) > 0 DO
        SET @first = 1 + FLOOR(RAND() * 7);
        CALL transfer(who, @first, @first + 1 + FLOOR(RAND() * (8 - @first)));
        DO SLEEP(0.002);
    END WHILE;
END//
DELIMITER ;
CALL fill();
