# shellcheck shell=bash disable=SC2004,SC2034,SC2154
# Sets that go into a server of another major version, or of the other vendor.

# A server of its own for what another version restores, so that nothing is in it.
fresh_target() {
    stop_server "$1" target
    start_server "$1" target || fail "$1 does not start"
}

# The newer server shows by itself what the older knew without saying, and says other things otherwise.
# So what the vendor's own newer pg_dump carries into a third server is what a set must carry as well. The
# schema public is, since 15, of the database's owner: a set leaves it there.
carry_over() {
    local from=$1 to=$2 dumper=$2
    # Debian's 17.12 notes a pg_attver in each column's options, which its own pg_dump alone leaves out.
    [ "$(major_of "$from")" != 17 ] || dumper=$from
    stop_server "$to" reference
    start_server "$to" reference || return
    {
        globals_of "$from" source | grep -a -v '^CREATE ROLE postgres;'
        sql "$from" source -At -c "SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L;', datname,
            pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datallowconn AND datname !~ '^(template[01]|postgres)$'"
    } | sql "$to" reference -v ON_ERROR_STOP=1 -o /dev/null -f - || return
    for_databases "$from" source carry_definitions "$to"
}

# carry_definitions TO FROM ROLE DATABASE
carry_definitions() {
    dump_postgres --schema-only "$2" "$3" "$4" | sql "$1" reference -v ON_ERROR_STOP=1 -o /dev/null -d "$4" -f - || return
    # Where the set's own pg_dump is of 15 or newer, it says whose the schema was.
    borrows_tools "$2" || sql "$1" reference -o /dev/null -d "$4" -c "ALTER SCHEMA public OWNER TO pg_database_owner"
}

compare_with_carried() {
    schemas_of "$1" reference >"$work/$1.reference.schemas"
    schemas_of "$1" target >"$work/$1.target.schemas"
    grep -q 'CREATE TABLE' "$work/$1.reference.schemas" || { echo "nothing to compare"; return 1; }
    same "$work/$1.reference.schemas" "$work/$1.target.schemas"
}

# Before 12 a server prints floating-point numbers with all digits, and by other rules with an exponent.
coarse_rows_of() {
    rows_of "$@" | perl -pe 's/(?<![\w.])-?(\d+\.\d+|\d+(?=e)|\d{7,})(e[-+]\d+)?(?![\w.])/sprintf("%.6g", $&)/ge' |
        LC_ALL=C sort
}

# One set of a real server into a newer one.
try_into_newer() {
    local from=$1 to=$2 rows=rows_of
    [ "$(major_of "$from")" -ge 12 ] || rows=coarse_rows_of
    [ -s "$work/nights/$from/set" ] || return 0
    fresh_target "$to"
    dumper=$to
    attempt "$from to $to: the set's own script restores it" restore "$from" "$to" target
    attempt "$from to $to: rows are as many" compare_postgres "$from" "$to" counts counts_of
    attempt "$from to $to: pg_dump's rows are the same" compare_postgres "$from" "$to" rows "$rows"
    attempt "$from to $to: pg_dump carries the definitions over" carry_over "$from" "$to"
    attempt "$from to $to: the set carries the same over" compare_with_carried "$to"
}

# ignore_views NAME ROLE: an option for each, in `ignored`. mariadb-dump writes views with a check before those
# that they are on, which no server takes.
ignore_views() {
    local line
    ignored=()
    while read -r line; do
        printf -v line '%b' "$line"
        ignored+=("--ignore-table=$line")
    done < <(sql "$1" "$2" <<<"SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.views WHERE table_schema <> 'sys'")
}

# What the newer version's own mariadb-dump carries into a third server is what a set must carry as well. By
# an option of its own rows that are still there stay so with 11.5, where all time ends later. It is loaded with
# what a set's scripts allow, or invalid dates would not come, and without locks, under which sequences cannot
# be used.
carry_over_mariadb() {
    local from=$1 to=$2 own=${bins[$1]:-} update='' ignored
    stop_server "$to" reference
    start_server "$to" reference || return
    is_since "$from" 11.5 || ! is_since "$to" 11.5 || update=--update-history
    ignore_views "$from" source
    bins[$from]=$(bin_of "$to")
    dump_of "$from" source --skip-add-locks "${ignored[@]}" $update |
        sed "s/ SQL_MODE='NO_AUTO_VALUE_ON_ZERO'/ SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'/" >"$work/$to.carried"
    bins[$from]=$own
    sql "$to" reference <"$work/$to.carried" 2>&1 | cut -c 1-300
    return "${PIPESTATUS[0]}"
}

# compare_with_carried_mariadb FROM TO: before 10.11 nothing says when a row began.
compare_with_carried_mariadb() {
    local from=$1 to=$2 role ignored
    ignore_views "$to" target
    for role in reference target; do
        if is_since "$from" 10.11; then
            dump_of "$to" "$role" "${ignored[@]}"
        else
            dump_of "$to" "$role" --skip-dump-history "${ignored[@]}" | without_beginnings
        fi >"$work/$to.$role.dump"
    done
    grep -q 'CREATE TABLE' "$work/$to.reference.dump" || { echo "nothing to compare"; return 1; }
    same "$work/$to.reference.dump" "$work/$to.target.dump"
}

# compare_across FROM TO WHAT FUNCTION
compare_across() {
    "$4" "$1" source "$1" >"$work/$1.source.$3"
    "$4" "$2" target "$1" >"$work/$2.target.$3"
    [ -s "$work/$1.source.$3" ] || { echo "nothing to compare"; return 1; }
    same "$work/$1.source.$3" "$work/$2.target.$3"
}

# A floating-point -0 is in a row of `decimals`: 10.5 keeps it, newer servers make it 0.
checksums_but_zeros() {
    checksums "$@" | grep -v '^types\.decimals'
}

try_into_newer_mariadb() {
    local from=$1 to=$2 counts=counts
    [ -s "$work/nights/$from/set" ] || return 0
    is_since "$from" 10.11 || counts=counts_now
    fresh_target "$to"
    attempt "$from to $to: the set's own script restores it" restore "$from" "$to" target
    attempt "$from to $to: rows are as many" compare_across "$from" "$to" counts "$counts"
    attempt "$from to $to: CHECKSUM TABLE says the same of all tables" compare_across "$from" "$to" checksums checksums_but_zeros
    attempt "$from to $to: accounts, roles and grants are the same" compare_across "$from" "$to" accounts accounts
    attempt "$from to $to: mariadb-dump carries all over" carry_over_mariadb "$from" "$to"
    attempt "$from to $to: the set carries the same over" compare_with_carried_mariadb "$from" "$to"
    attempt "$from to $to: views are the same" compare_across "$from" "$to" views show_views
    stop_server "$to" reference
}

# Tables of both vendors' common types, made by sessions whose collation and SQL mode both know: views and
# programs keep these, and a set brings them as they are. Accounts are each vendor's own: they are not expected to come.
load_common() {
    sql "$1" source <<'END'
CREATE DATABASE common CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
USE common;
SET NAMES utf8mb4 COLLATE utf8mb4_general_ci;
SET sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
CREATE TABLE digits (n INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, b BIGINT UNSIGNED, d DECIMAL(30, 10), f DOUBLE, v VARCHAR(100), t TEXT,
    x VARBINARY(50), l LONGBLOB, dt DATE, ts TIMESTAMP(6) NULL, ti TIME(3), y YEAR, e ENUM('a', 'ü', ''), s SET('x', 'y'), bits BIT(20),
    g INT GENERATED ALWAYS AS (CHAR_LENGTH(v) + 1) STORED, w INT GENERATED ALWAYS AS (b % 7) VIRTUAL, KEY (v), CONSTRAINT c CHECK (d <> 5));
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
    if grep '^FAILED ' "$work/said" | grep -v ', users (status'; then return 1; fi
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
    for pair in 10:15 11:15 12:15 13:15 14:15 13:18 15:18 16:18 17:18; do
        pair=postgres${pair%:*}:postgres${pair#*:}
        if is_present "${pair%:*}" && is_present "${pair#*:}"; then
            try_into_newer "${pair%:*}" "${pair#*:}"
        fi
    done
    for pair in mariadb10.5:mariadb mariadb:mariadb11.8 mariadb10.5:mariadb11.8; do
        if is_present "${pair%:*}" && is_present "${pair#*:}"; then
            try_into_newer_mariadb "${pair%:*}" "${pair#*:}"
        fi
    done
    if is_present mysql && is_present mariadb; then
        try_other_vendor mysql mariadb
        try_other_vendor mariadb mysql
    fi
}
