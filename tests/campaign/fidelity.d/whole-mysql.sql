SELECT CONCAT(money.total, ' ', steps.seen, ' ', receipts.seen, ' ', writers.seen),
    CASE WHEN money.total <> 3200000 THEN 'money was made or lost'
        WHEN steps.seen <> receipts.seen THEN 'a step has no receipt, or a receipt no step'
        WHEN steps.greatest <> writers.seen THEN 'a writer is at another step'
        ELSE 'whole' END
FROM (SELECT SUM(part) AS total FROM (
        SELECT SUM(balance) AS part FROM busy.account_1 UNION ALL SELECT SUM(balance) FROM busy.account_2
        UNION ALL SELECT SUM(balance) FROM busy.account_3 UNION ALL SELECT SUM(balance) FROM busy.account_4
        UNION ALL SELECT SUM(balance) FROM busy.account_5 UNION ALL SELECT SUM(balance) FROM busy.account_6
        UNION ALL SELECT SUM(balance) FROM busy.account_7 UNION ALL SELECT SUM(balance) FROM busy.account_8)
        AS parts) AS money,
    (SELECT CONCAT(COUNT(*), '/', IFNULL(SUM(id), 0), '/', IFNULL(SUM(number), 0)) AS seen,
        (SELECT IFNULL(SUM(number), 0) FROM (SELECT MAX(number) AS number FROM busy.steps GROUP BY writer) AS last)
            AS greatest
        FROM busy.steps) AS steps,
    (SELECT CONCAT(COUNT(*), '/', IFNULL(SUM(step), 0), '/', IFNULL(SUM(number), 0)) AS seen
        FROM busy.receipts) AS receipts,
    (SELECT SUM(number) AS seen FROM busy.writers) AS writers;
