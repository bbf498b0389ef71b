SELECT CONCAT(money.total, ' ', steps.seen, ' ', receipts.seen, ' ', writers.seen),
    CASE WHEN money.total <> 3200000 THEN 'money was made or lost'
        WHEN steps.seen <> receipts.seen THEN 'a step has no receipt, or a receipt no step'
        WHEN steps.greatest <> writers.seen THEN 'a writer is at another step'
        ELSE 'whole' END
FROM (SELECT SUM(part) AS total FROM (
        SELECT SUM(balance) AS part FROM public.account_1 UNION ALL SELECT SUM(balance) FROM public.account_2
        UNION ALL SELECT SUM(balance) FROM public.account_3 UNION ALL SELECT SUM(balance) FROM public.account_4
        UNION ALL SELECT SUM(balance) FROM public.account_5 UNION ALL SELECT SUM(balance) FROM public.account_6
        UNION ALL SELECT SUM(balance) FROM public.account_7 UNION ALL SELECT SUM(balance) FROM public.account_8)
        AS parts) AS money,
    (SELECT CONCAT(COUNT(*), '/', coalesce(SUM(id), 0), '/', coalesce(SUM(number), 0)) AS seen,
        (SELECT coalesce(SUM(number), 0) FROM (SELECT MAX(number) AS number FROM public.steps GROUP BY writer) AS last)
            AS greatest
        FROM public.steps) AS steps,
    (SELECT CONCAT(COUNT(*), '/', coalesce(SUM(step), 0), '/', coalesce(SUM(number), 0)) AS seen
        FROM public.receipts) AS receipts,
    (SELECT SUM(number) AS seen FROM public.writers) AS writers;
