-- As busy-mysql.sql: `CALL write_on(N)` writes as writer N until there is no table `running`.
CREATE DATABASE busy TEMPLATE template0;
\connect busy
CREATE TABLE running (id integer PRIMARY KEY);
CREATE TABLE writers (writer integer PRIMARY KEY, number bigint NOT NULL);
CREATE TABLE steps (id bigserial PRIMARY KEY, writer integer NOT NULL, number bigint NOT NULL,
    note text NOT NULL, UNIQUE (writer, number));
CREATE TABLE receipts (step bigint PRIMARY KEY, writer integer NOT NULL, number bigint NOT NULL,
    UNIQUE (writer, number));
DO $$
BEGIN
    FOR i IN 1 .. 8 LOOP
        EXECUTE format('CREATE TABLE account_%s (id integer PRIMARY KEY, balance bigint NOT NULL, '
            'filler text NOT NULL)', i);
        EXECUTE format('INSERT INTO account_%s SELECT j, 1000, repeat(''a'', 300) '
            'FROM generate_series(1, 400) AS j', i);
        INSERT INTO writers VALUES (i, 0);
    END LOOP;
END
$$;
CREATE PROCEDURE write_on(who integer) LANGUAGE plpgsql AS $$
DECLARE
    one integer;
    other integer;
    amount integer;
    step bigint;
    count_of bigint;
BEGIN
    WHILE to_regclass('public.running') IS NOT NULL LOOP
        one := 1 + floor(random() * 7);
        other := one + 1 + floor(random() * (8 - one));
        amount := floor(random() * 100);
        EXECUTE format('UPDATE public.account_%s SET balance = balance - $1 WHERE id = $2', one)
            USING amount, 1 + floor(random() * 400)::integer;
        EXECUTE format('UPDATE public.account_%s SET balance = balance + $1 WHERE id = $2', other)
            USING amount, 1 + floor(random() * 400)::integer;
        UPDATE public.writers SET number = number + 1 WHERE writer = who RETURNING number INTO count_of;
        INSERT INTO public.steps (writer, number, note) VALUES (who, count_of, repeat('n', 150)) RETURNING id INTO step;
        INSERT INTO public.receipts VALUES (step, who, count_of);
        DELETE FROM public.steps WHERE writer = who AND number <= count_of - 300;
        DELETE FROM public.receipts WHERE writer = who AND number <= count_of - 300;
        COMMIT;
        PERFORM pg_sleep(0.002);
    END LOOP;
END
$$;
ANALYZE;
