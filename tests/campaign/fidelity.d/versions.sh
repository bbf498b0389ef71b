# shellcheck shell=bash disable=SC2034,SC2154
# Sets that go into a server of another major version, or of the other vendor.

# A server of its own for what another version restores, so that nothing is in it.
fresh_target() {
    stop_server "$1" target
    start_server "$1" target || fail "$1 does not start"
}

# Both sides are asked by the newer pg_dump, so what it writes differs only where the contents do; but
# the newer server shows by itself what the older knew without saying.
newer_definitions() {
    schemas_of "$1" "$2" | grep -a -v -e '^-- ' -e '^$' | sed -E "s/ LOCALE_PROVIDER = [a-z]+//; s/ LC_COLLATE = '([^']*)' LC_CTYPE = '\\1'/ LOCALE = '\\1'/"
}

# One set of a real server of version 13 or 15 into a newer one.
try_into_newer() {
    local from=$1 to=$2
    [ -s "$work/nights/$from/set" ] || return 0
    fresh_target "$to"
    dumper=$to
    attempt "$from to $to: the set's own script restores it" restore "$from" "$to" target
    attempt "$from to $to: rows are as many" compare_postgres "$from" "$to" counts counts_of
    attempt "$from to $to: pg_dump's rows are the same" compare_postgres "$from" "$to" rows rows_of
    attempt "$from to $to: pg_dump's definitions are the same" compare_postgres "$from" "$to" schemas newer_definitions
}

# Tables of both vendors' common types. Accounts are each vendor's own: they are not expected to come.
load_common() {
    sql "$1" source <<'END'
CREATE DATABASE common CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
USE common;
CREATE TABLE digits (n INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, b BIGINT UNSIGNED, d DECIMAL(30, 10), f DOUBLE, v VARCHAR(100), t TEXT,
    x VARBINARY(50), l LONGBLOB, dt DATE, ts TIMESTAMP(6) NULL, ti TIME(3), y YEAR, e ENUM('a', 'ü', ''), s SET('x', 'y'), bits BIT(20),
    g INT GENERATED ALWAYS AS (id + 1) STORED, w INT GENERATED ALWAYS AS (b % 7) VIRTUAL, KEY (v), CONSTRAINT c CHECK (d <> 5));
INSERT INTO plain (b, d, f, v, t, x, l, dt, ts, ti, y, e, s, bits)
    SELECT 18446744073709551615 - a.n, -a.n / 7, b.n / 3e0, CONCAT('ü😀''\\', a.n), REPEAT('x\n', b.n), UNHEX('00275C0A'), REPEAT(CHAR(c.n), 100), '2026-02-28',
    '2026-03-29 01:30:00.123456', '-12:34:56.789', 2026, 1 + a.n % 3, b.n % 4, c.n FROM digits AS a, digits AS b, digits AS c, digits AS d WHERE d.n < 4;
INSERT INTO plain (v) VALUES (NULL), ('');
CREATE TABLE child (id INT PRIMARY KEY, plain INT, FOREIGN KEY (plain) REFERENCES plain (id) ON DELETE CASCADE);
INSERT INTO child SELECT n, n + 1 FROM digits;
CREATE TABLE parted (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (5), PARTITION b VALUES LESS THAN MAXVALUE);
INSERT INTO parted SELECT n, n FROM digits;
CREATE VIEW seen AS SELECT id, v FROM plain WHERE id < 10;
DELIMITER //
CREATE TRIGGER before_child BEFORE INSERT ON child FOR EACH ROW SET NEW.plain = NEW.plain + 0//
CREATE PROCEDURE p(IN a INT) BEGIN SELECT a; END//
DELIMITER ;
END
    list_tables "$1" source 'ANALYZE TABLE' | sql "$1" source >/dev/null
}

# Accounts fail, and nothing else: the script says so by name.
restore_but_accounts() {
    local status=0 set
    set=$(set_of "$1")
    restore "$1" "$2" target >"$work/said" 2>&1 || status=$?
    cat "$work/said"
    [ $status = 0 ] && return
    ! grep '^FAILED ' "$work/said" | grep -v ', users (status'
}

digest_of() {
    sql "$1" "$2" <<'END'
SELECT COUNT(*), SUM(b), SUM(d), SUM(f), SUM(CRC32(CONCAT_WS('|', id, v, t, HEX(x), HEX(l), dt, ts, ti, y, e, s, bits + 0, g, w))) FROM common.plain;
SELECT COUNT(*), SUM(plain) FROM common.child;
SELECT COUNT(*), SUM(v) FROM common.parted PARTITION (b);
SELECT COUNT(*) FROM common.seen;
SELECT HEX(CONCAT_WS('|', id, b, d, f, v, t, x, dt, ts, ti, y, e, s)) FROM common.plain ORDER BY id;
END
}

compare_common() {
    digest_of "$1" source >"$work/common.source"
    digest_of "$2" target >"$work/common.target"
    same "$work/common.source" "$work/common.target"
}

try_other_vendor() {
    local from=$1 to=$2
    stop_server "$from" source
    start_server "$from" source || fail "$from does not start"
    fresh_target "$to"
    attempt "$from to $to: what both know is loaded" load_common "$from"
    write_night "$from-common" "$work/$from-source" "$from" haul
    attempt "$from to $to: it is extracted" night "$from-common"
    attempt "$from to $to: restored, but for accounts, which are the vendor's own" restore_but_accounts "$from-common" "$to"
    attempt "$from to $to: the rows are the same" compare_common "$from" "$to"
}

try_versions() {
    local pair
    for pair in postgres13:postgres15 postgres13:postgres18 postgres15:postgres18; do
        if is_present "${pair%:*}" && is_present "${pair#*:}"; then
            try_into_newer "${pair%:*}" "${pair#*:}"
        fi
    done
    if is_present mysql && is_present mariadb; then
        try_other_vendor mysql mariadb
        try_other_vendor mariadb mysql
    fi
}
