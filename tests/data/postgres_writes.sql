-- Writes to both tables in each transaction until `running` has gone: for test_postgres_reader_faults.
DO $$
BEGIN
    WHILE to_regclass('running') IS NOT NULL LOOP
        INSERT INTO transfers DEFAULT VALUES;
        INSERT INTO transfers_too DEFAULT VALUES;
        COMMIT;
        PERFORM pg_sleep(0.001);
    END LOOP;
END
$$;
