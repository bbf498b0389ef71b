# shellcheck shell=bash disable=SC2034,SC2154
# The worst that other tools did to their users, each a case of its name. They run on fresh servers
# with a database of their own, so that one cannot spoil another.

# ---- MySQL and MariaDB

peer_tables() {
    sql "$1" source <<'END'
CREATE DATABASE peers;
USE peers;
CREATE TABLE digits (n INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE two_million (id INT AUTO_INCREMENT PRIMARY KEY, v INT, filler VARCHAR(20) DEFAULT 'filler');
INSERT INTO two_million (v) SELECT a.n + 10 * b.n FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e;
CREATE TABLE first_increment (v INT, id INT AUTO_INCREMENT, KEY (id), UNIQUE KEY (v));
INSERT INTO first_increment (v) SELECT n * 7 FROM digits;
CREATE TABLE single_generated (g INT GENERATED ALWAYS AS (7) STORED);
INSERT INTO single_generated VALUES (), ();
CREATE TABLE replaced (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY (a, b));
INSERT INTO replaced VALUES (1, NULL, 1), (2, NULL, 1), (3, 1, NULL), (4, 1, NULL);
CREATE TABLE no_key (v INT);
INSERT INTO no_key SELECT a.n FROM digits AS a, digits AS b;
END
    list_tables "$1" source 'ANALYZE TABLE' | sql "$1" source >/dev/null
    write_night "$1-peers" "$work/$1-source" "$(engine_of "$1")" haul "connections: 4, range_size: 64KiB"
}

# night_of NAME: of the source as it is now.
night_of() {
    night "$1-peers"
}

restored() {
    wipe_mysql "$1" target
    restore "$1-peers" "$1" target
    "${@:2}"
}

same_tables() {
    list_tables "$1" source 'CHECKSUM TABLE' | sql "$1" source >"$work/peers.source"
    list_tables "$1" target 'CHECKSUM TABLE' | sql "$1" target >"$work/peers.target"
    same "$work/peers.source" "$work/peers.target"
}

# myloader --rows brought back 30,544 of 2,097,152 rows; tables were empty without any error.
mydumper_564_lost_rows() {
    local split
    night_of "$1"
    split=$(split_tables "$1-peers")
    echo "$split tables are in several files"
    [ "$split" -ge 1 ]
    restored "$1" same_tables "$1"
}

# What the loader does not take must be told: here a table that is there, and has a row, and a file cut
# off on its way.
mydumper_562_silent_loss() {
    local set copy=$work/damaged
    set=$(set_of "$1-peers")
    rm -rf "$copy"
    cp -r "$set" "$copy"
    truncate -s -1 "$(find "$copy" -name '*.tsv' -print -quit)"
    wipe_mysql "$1" target
    if sh "$copy/restore.sh" "--defaults-extra-file=$work/$1-target/client.cnf" >"$work/said" 2>&1; then fail "it was taken for well"; fi
    grep -q 'this set is damaged, nothing was loaded' "$work/said"
    restore "$1-peers" "$1" target >/dev/null
    sql "$1" target <<<'DELETE FROM peers.two_million WHERE id = 5'
    # Rows are counted again once all is loaded.
    sed -n '/^counts() {/,$p' "$set/restore.sh" | grep -q two_million
    if sh <(sed 's/^in_parallel .*/:/; s/^load_mysql .*/:/' "$set/restore.sh" | sed "s,^CDPATH.*,cd '$set'," ) \
        "--defaults-extra-file=$work/$1-target/client.cnf" >"$work/said" 2>&1; then fail "it was taken for well"; fi
    cat "$work/said"
    grep -q 'peers.two_million has 99999 rows, not 100000' "$work/said"
}

# Rows replaced on load: here a row that is there already is an error, or missing in the count.
mysqlsh_replaced_rows() {
    local set
    set=$(set_of "$1-peers")
    wipe_mysql "$1" target
    restore "$1-peers" "$1" target >/dev/null
    must_fail grep -il 'REPLACE INTO' "$set"/*.sql
    if sh <(sed 's/^load_mysql .*/:/' "$set/restore.sh" | sed "s,^CDPATH.*,cd '$set',") \
        "--defaults-extra-file=$work/$1-target/client.cnf" >"$work/said" 2>&1; then fail "it was taken for well"; fi
    grep -q '^failed:\|FAILED' "$work/said"
    same_tables "$1"
}

# 30 million files; the loader was idle for two days. 1,500 tables here, in a handful of files.
mydumper_788_files() {
    {
        echo 'CREATE DATABASE many; USE many;'
        for ((number = 1; number <= 1500; number++)); do
            echo "CREATE TABLE t_$number (id INT PRIMARY KEY); INSERT INTO t_$number VALUES ($number);"
        done
    } | sql "$1" source
    night_of "$1"
    local scripts
    scripts=$(find "$(set_of "$1-peers")" -name '*.sql' | wc -l)
    # Beside them are the ranges of a large table, in lines.
    [ "$scripts" -lt 30 ] || { echo "1,500 tables are in $scripts scripts"; return 1; }
    restored "$1" same_tables "$1"
    sql "$1" source <<<'DROP DATABASE many'
}

# FLUSH TABLES WITH READ LOCK although a backup lock is held (#717, #293), LOCK ALL TABLES and `sys`
# (#1610): neither is ever said, by us or the tool that we start.
mydumper_717_global_lock() {
    sql "$1" source <<<"SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1"
    night_of "$1"
    sql "$1" source <<<'SET GLOBAL general_log = 0'
    sql "$1" source <<<"SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type = 'Query'" >"$work/said"
    [ "$(wc -l <"$work/said")" -gt 20 ]
    must_fail grep -iE '^ *FLUSH|LOCK TABLES .*`?(sys|mysql|performance_schema)`?\.' "$work/said"
}

# narrow_account NAME RIGHTS: the sets of nights to come are read by an account that has these alone.
narrow_account() {
    printf "DROP USER IF EXISTS narrow@'127.0.0.1'; CREATE USER narrow@'127.0.0.1' IDENTIFIED BY '%s'; GRANT %s ON *.* TO narrow@'127.0.0.1'" \
        "${password//\\/\\\\}" "$2" | sql "$1" source
    write_night "$1-peers" "$work/$1-source" "$(engine_of "$1")" narrow "connections: 4, range_size: 64KiB"
}

wide_account() {
    sql "$1" source <<<"DROP USER IF EXISTS narrow@'127.0.0.1'; DROP ROLE IF EXISTS narrow_role"
    write_night "$1-peers" "$work/$1-source" "$(engine_of "$1")" haul "connections: 4, range_size: 64KiB"
}

# BACKUP_ADMIN is denied even to master users (#1956), and so are FLUSH and RELOAD (mysqlsh 8.0.21).
mydumper_1956_no_backup_admin() {
    narrow_account "$1" 'SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES'
    night_of "$1"
    grep -o '"consistency": *"one point, by [^"]*"' "$(set_of "$1-peers")/manifest.json"
    wide_account "$1"
    restored "$1" same_tables "$1"
}

# "Couldn't acquire global lock", whatever was wrong (#467); LOCK TABLES may not be had at all (#548).
mydumper_467_misleading_text() {
    narrow_account "$1" 'SELECT, SHOW VIEW, TRIGGER'
    if night_of "$1" >"$work/said"; then fail "it was taken for well"; fi
    wide_account "$1"
    grep -q 'must have EVENT on' "$work/said"
}

mydumper_548_no_lock_tables() {
    narrow_account "$1" 'SELECT, SHOW VIEW, TRIGGER, EVENT'
    night_of "$1"
    grep -o '"consistency": *"one point[^"]*"' "$(set_of "$1-peers")/manifest.json"
    wide_account "$1"
    restored "$1" same_tables "$1"
}

# USER_PRIVILEGES says USAGE only (dbtrail #1381): rights that come by a role count.
dbtrail_1381_rights_by_role() {
    narrow_account "$1" USAGE
    sql "$1" source <<<"CREATE ROLE narrow_role; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON *.* TO narrow_role;
        GRANT narrow_role TO narrow@'127.0.0.1'; SET DEFAULT ROLE narrow_role $([ "$1" = mysql ] && echo TO || echo FOR) narrow@'127.0.0.1'"
    night_of "$1"
    wide_account "$1"
}

# A reader node, on which nothing can be written (#1610).
mydumper_1610_reader_node() {
    sql "$1" source <<<'SET GLOBAL read_only = 1'
    night_of "$1" || { sql "$1" source <<<'SET GLOBAL read_only = 0'; return 1; }
    sql "$1" source <<<'SET GLOBAL read_only = 0'
    restored "$1" same_tables "$1"
}

# ERROR 1227 on import (mydumper #435, db-dumper #199, mysqldump-php #240 and many more): nothing in a
# set needs SUPER but what an owner wrote himself.
mysqldump_1227_super() {
    night_of "$1"
    must_fail grep -liE 'GTID_PURGED|SQL_LOG_BIN|SET (@@)?GLOBAL' "$(set_of "$1-peers")"/*.sql
}

# restore_lost NAME: the server goes while rows are loaded; the script must end, and say so.
lost_connection_mid_load() {
    local status=0
    wipe_mysql "$1" target
    (
        for _ in $(seq 200); do
            sql "$1" target <<<'SELECT COUNT(*) FROM peers.digits' >/dev/null 2>&1 && break
            sleep .05
        done
        case $1 in mysql) "$oracle" kill "$work/$1-target" ;; *) "$mariadb" kill "$work/$1-target" ;; esac
    ) &
    timeout 60 sh "$(set_of "$1-peers")/restore.sh" "--defaults-extra-file=$work/$1-target/client.cnf" >"$work/said" 2>&1 || status=$?
    wait $!
    # Before 10.6 MariaDB's DDL is not atomic: files of a table may be left there that it knows nothing of.
    if [ "$1" = mariadb10.5 ]; then fresh_target "$1"; else start_again "$1"; fi
    [ "$status" != 0 ] && [ "$status" != 124 ]
}

start_again() {
    case $1 in
        mysql)
            "$oracle" start "$work/$1-target" 0 --gtid-mode=ON --enforce-gtid-consistency=ON --local-infile=1 \
                --log-bin-trust-function-creators=1 --event-scheduler=OFF
            ;;
        *)
            MARIADB_BIN=${bins[$1]:-} "$mariadb" start "$work/$1-target" 0 --log-bin=binlog \
                --log-bin-trust-function-creators=1 --event-scheduler=OFF
            ;;
    esac
}

# A loader that was stuck when a file was missing, and one whose errors told secrets.
mysqlsh_missing_file() {
    local copy=$work/missing
    rm -rf "$copy"
    cp -r "$(set_of "$1-peers")" "$copy"
    find "$copy" -name '*.sql' | sort | tail -n 1 | xargs rm
    if timeout 20 sh "$copy/restore.sh" "--defaults-extra-file=$work/$1-target/client.cnf" >"$work/said" 2>&1; then fail "it was taken for well"; fi
    grep -q 'nothing was loaded' "$work/said"
}

mysqlsh_secrets_in_messages() {
    local folder=$work/nights/$1-peers
    must_fail grep -rF "$password" "$folder/out" "$folder/err" "$folder/catalog.db" "$(set_of "$1-peers")"
    printf wrong-and-secret >"$work/wrong"
    chmod 600 "$work/wrong"
    write_night "$1-wrong" "$work/$1-source" "$(engine_of "$1")" haul
    sed -i "s,file:$work/$1-source/secret,file:$work/wrong," "$work/nights/$1-wrong/night.yaml"
    if night "$1-wrong" >"$work/said"; then fail "it was taken for well"; fi
    must_fail grep -F wrong-and-secret "$work/said"
}

# Names with '@', definers of views on views that are there and that are gone, ANSI_QUOTES, several
# events, ';;' in all that can hold it.
peer_programs() {
    sql "$1" source <<'END'
CREATE DATABASE peer_programs;
USE peer_programs;
CREATE TABLE t (id INT PRIMARY KEY);
INSERT INTO t VALUES (1);
CREATE USER `a@b`@`%` IDENTIFIED BY 'x', `gone`@`%` IDENTIFIED BY 'x';
GRANT SELECT ON peer_programs.* TO `a@b`@`%`, `gone`@`%`;
CREATE DEFINER = `a@b`@`%` VIEW z_below AS SELECT id FROM t;
CREATE DEFINER = `a@b`@`%` VIEW a_above AS SELECT id FROM z_below;
DELIMITER //
SET sql_mode = 'ANSI_QUOTES'//
CREATE DEFINER = "a@b"@"%" PROCEDURE "ansi"() SELECT "id", 'x' FROM "t"//
SET sql_mode = ''//
CREATE EVENT one ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO SELECT 1//
CREATE EVENT two ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO SELECT 2//
DELIMITER ;
END
}

mysqlsh_programs() {
    peer_programs "$1"
    night_of "$1"
    restored "$1" same_tables "$1"
    dump_of "$1" source >"$work/peers.source"
    dump_of "$1" target >"$work/peers.target"
    same "$work/peers.source" "$work/peers.target"
}

# mydumper's --skip-definer and views (#716, #815), mysqlsh: a view that uses another view with a
# definer, who is gone here.
mysqlsh_view_on_view_of_gone_definer() {
    sql "$1" source <<'END'
USE peer_programs;
CREATE DEFINER = `gone`@`%` VIEW m_middle AS SELECT id FROM z_below;
CREATE DEFINER = `a@b`@`%` VIEW b_top AS SELECT id FROM m_middle;
CREATE VIEW c_other AS SELECT id FROM t;
DROP USER `gone`@`%`;
END
    night_of "$1"
    restored "$1" same_tables "$1"
    dump_of "$1" source >"$work/peers.source"
    dump_of "$1" target >"$work/peers.target"
    same "$work/peers.source" "$work/peers.target"
}

# A load waited for ever where it could not read performance_schema: nothing is asked of that.
mysqlsh_performance_schema() {
    night_of "$1"
    wipe_mysql "$1" target
    sql "$1" target <<<"SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1"
    restore "$1-peers" "$1" target
    sql "$1" target <<<'SET GLOBAL general_log = 0'
    sql "$1" target <<<"SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type = 'Query'" >"$work/said"
    [ "$(wc -l <"$work/said")" -gt 20 ]
    must_fail grep -i 'performance_schema\.' "$work/said"
}

# A REVOKE of one schema: kept, and where the target takes none it says so before it makes an account.
mysqlsh_partial_revokes() {
    local role said
    sql "$1" source <<<"SET GLOBAL partial_revokes = ON; CREATE USER part@'%'; GRANT SELECT, INSERT ON *.* TO part@'%'; REVOKE INSERT ON peers.* FROM part@'%'"
    night_of "$1"
    wipe_mysql "$1" target
    if said=$(restore "$1-peers" "$1" target 2>&1); then
        echo "$said" && echo "it took the grants of another server"
        return 1
    fi
    grep -q 'partial_revokes was ON there: SET PERSIST partial_revokes = ON, then reload' <<<"$said" || { echo "$said"; return 1; }
    [ "$(sql "$1" target <<<"SELECT COUNT(*) FROM mysql.user WHERE user = 'part'")" = 0 ]
    sql "$1" target <<<'SET GLOBAL partial_revokes = ON'
    restored "$1" same_tables "$1"
    for role in source target; do sql "$1" "$role" <<<"SHOW GRANTS FOR part@'%'" >"$work/peers.$role"; done
    sql "$1" source <<<'DROP USER part; SET GLOBAL partial_revokes = OFF'
    sql "$1" target <<<'DROP USER part; SET GLOBAL partial_revokes = OFF'
    grep -q REVOKE "$work/peers.target"
    same "$work/peers.source" "$work/peers.target"
}

# mysqldump and mariadb-dump never come back from an event with ";;" in it: nor can both sides be
# compared by them.
mysqldump_endless_event() {
    local role show='SHOW CREATE EVENT peer_events.odd'
    sql "$1" source <<<"CREATE DATABASE peer_events; CREATE EVENT peer_events.odd ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO SELECT ';;'"
    night_of "$1"
    restored "$1" same_tables "$1"
    for role in source target; do sql "$1" "$role" <<<"$show" >"$work/peers.$role"; done
    sql "$1" source <<<'DROP DATABASE peer_events'
    same "$work/peers.source" "$work/peers.target"
}

# The longest value there is. No packet may be longer than 1 GiB, on its way out or back.
rds_export_huge_value() {
    local role ask="SELECT id, LENGTH(v), SHA2(v, 256) FROM peer_huge.t ORDER BY id"
    for role in source target; do sql "$1" "$role" <<<'SET GLOBAL max_allowed_packet = 1073741824'; done
    sql "$1" source <<'END'
CREATE DATABASE peer_huge;
USE peer_huge;
CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB);
INSERT INTO t VALUES (1, 'before'), (3, 'after');
INSERT INTO t VALUES (2, REPEAT(CONCAT('0123456789', CHAR(0, 9, 10, 39, 92, 255)), 67108863));
END
    night_of "$1"
    restored "$1" true
    for role in source target; do sql "$1" "$role" <<<"$ask" >"$work/peers.$role"; done
    sql "$1" source <<<'DROP DATABASE peer_huge'
    cat "$work/peers.source"
    same "$work/peers.source" "$work/peers.target"
}

drop_programs() {
    sql "$1" source <<<'DROP DATABASE IF EXISTS peer_programs; DROP USER IF EXISTS `a@b`@`%`, `gone`@`%`'
}

try_peers_mysql() {
    local name=$1 each
    stop_server "$name" source
    stop_server "$name" target
    start_pair "$name" || fail "$name does not start"
    attempt "$name: peers' tables are loaded" peer_tables "$name"
    for each in mydumper_564_lost_rows mydumper_562_silent_loss mysqlsh_replaced_rows mydumper_717_global_lock \
        mydumper_1956_no_backup_admin mydumper_467_misleading_text mydumper_548_no_lock_tables dbtrail_1381_rights_by_role \
        mydumper_1610_reader_node mysqldump_1227_super lost_connection_mid_load mysqlsh_missing_file mysqlsh_secrets_in_messages \
        mydumper_788_files mysqlsh_programs mysqlsh_view_on_view_of_gone_definer mysqlsh_performance_schema mysqlsh_partial_revokes mysqldump_endless_event \
        rds_export_huge_value; do
        [ -z "$is_short" ] || [[ $each =~ 562|programs|gone_definer ]] || continue
        [[ $each =~ $peers ]] || continue
        # MariaDB has no partial revokes.
        [ "$name" = mysql ] || [ "$each" != mysqlsh_partial_revokes ] || continue
        attempt "$name: $each" "$each" "$name"
    done
    drop_programs "$name" || :
}

# ---- PostgreSQL

peer_objects() {
    local count=35000
    [ -z "$is_short" ] || count=1000
    sql "$1" source -o /dev/null <<SQL
CREATE DATABASE peers TEMPLATE template0;
\\connect peers
CREATE ROLE lo_owner;
DO \$\$ BEGIN FOR i IN 1 .. $count LOOP
    PERFORM lo_from_bytea(100000 + i, decode(md5(i::text), 'hex'));
    IF i % 1000 = 0 THEN COMMIT; END IF;
    END LOOP; END \$\$;
ALTER LARGE OBJECT 100007 OWNER TO lo_owner;
CREATE TABLE t (id integer PRIMARY KEY, v text);
INSERT INTO t SELECT i, repeat('v', 200) FROM generate_series(1, 20000) AS i;
ANALYZE;
SQL
    write_night "$1-peers" "$work/$1-source" postgres postgres "connections: 4, range_size: 256KiB"
}

restored_postgres() {
    stop_server "$1" target
    start_server "$1" target
    restore "$1-peers" "$1" target
    dumper=$1
    compare_postgres "$1" "$1" peer-counts counts_of
    compare_postgres "$1" "$1" peer-schemas schemas_of
}

# 35,000 large objects took pg_dump 36 minutes.
pg_dump_large_objects() {
    local before=$SECONDS
    night "$1-peers"
    echo "$((SECONDS - before)) s"
    restored_postgres "$1"
    [ $((SECONDS - before)) -lt 300 ]
}

# The account of a managed service: no superuser, so it cannot read pg_authid (pgcopydb #135, #202), owns
# no extension (#8, #174). What is not in the set is told.
pgcopydb_no_superuser() {
    sql "$1" source -o /dev/null <<'END'
CREATE ROLE managed LOGIN CREATEROLE CREATEDB PASSWORD 'only ours';
CREATE DATABASE managed_base OWNER managed TEMPLATE template0;
\connect managed_base
CREATE EXTENSION hstore;
SET SESSION AUTHORIZATION managed;
CREATE SCHEMA mine;
CREATE TABLE mine.t AS SELECT i, 'v' AS v FROM generate_series(1, 5000) AS i;
RESET SESSION AUTHORIZATION;
END
    if [ "$1" = postgres13 ]; then
        sql "$1" source -o /dev/null -d peers -c 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO managed' \
            -c 'GRANT SELECT ON pg_largeobject TO managed' -c 'ALTER ROLE managed SUPERUSER' -c 'ALTER ROLE managed NOSUPERUSER'
    else
        sql "$1" source -o /dev/null -c 'GRANT pg_read_all_data TO managed'
    fi
    write_night "$1-managed" "$work/$1-source" postgres managed "connections: 3, what: {include_schemas: [managed_base]}"
    (umask 077 && printf 'only ours' >"$work/managed")
    sed -i "s,file:$work/$1-source/secret,file:$work/managed," "$work/nights/$1-managed/night.yaml"
    night "$1-managed"
    # Who may read all data, may read the hashes of passwords.
    if [ "$1" = postgres13 ]; then
        grep -q password "$(set_of "$1-managed")/RESTORE.txt" || { echo "RESTORE.txt does not tell of passwords"; return 1; }
    else
        grep -qr 'SCRAM-SHA-256' "$(set_of "$1-managed")" || { echo "hashes of passwords are missing"; return 1; }
    fi
    must_fail grep -rF 'only ours' "$(set_of "$1-managed")"
    stop_server "$1" target
    start_server "$1" target
    restore "$1-managed" "$1" target
    [ "$(sql "$1" target -At -d managed_base -c 'SELECT count(*) FROM mine.t')" = 5000 ] || { echo "not all rows are there"; return 1; }
}

# pgcopydb #773: the session that holds the snapshot dies, and the rest is read at another point.
pgcopydb_773_lost_snapshot() {
    local pid status=0
    write_night "$1-killed" "$work/$1-source" postgres postgres "connections: 3, read_limit: 256KiB, what: {include_schemas: [peers]}"
    night "$1-killed" >"$work/said" 2>&1 &
    pid=$!
    for _ in $(seq 200); do
        [ "$(sql "$1" source -At -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = 'peers' AND state = 'idle in transaction' AND pid <> pg_backend_pid() AND EXISTS (
                SELECT 1 FROM pg_stat_activity WHERE datname = 'peers' AND query LIKE '%COPY%' AND state = 'active' AND pid <> pg_backend_pid())")" = 0 ] || break
        sleep .1
    done
    wait $pid || status=$?
    cat "$work/said"
    [ $status != 0 ] && grep -q 'no one point\|connection\|terminat' "$work/said"
    [ ! -s "$work/nights/$1-killed/set" ]
}

# Rows of extensions' configuration tables that are the users' come along, the extension's own do not
# come twice.
pg_dump_extension_tables() {
    sql "$1" source -o /dev/null -d peers <<'END'
CREATE EXTENSION IF NOT EXISTS tsm_system_rows;
CREATE TABLE configured (id integer, v text);
INSERT INTO configured VALUES (1, 'theirs'), (2, 'ours');
SELECT 1;
UPDATE pg_extension SET extconfig = ARRAY['configured'::regclass::oid], extcondition = ARRAY['WHERE id > 1'] WHERE extname = 'tsm_system_rows';
INSERT INTO pg_depend VALUES ('pg_class'::regclass, 'configured'::regclass, 0, 'pg_extension'::regclass,
    (SELECT oid FROM pg_extension WHERE extname = 'tsm_system_rows'), 0, 'e');
END
    night "$1-peers"
    grep -q '^2	ours' "$(set_of "$1-peers")"/*.sql
    must_fail grep -q '^1	theirs' "$(set_of "$1-peers")"/*.sql
    sql "$1" source -o /dev/null -d peers -c "DELETE FROM pg_depend WHERE objid = 'configured'::regclass AND deptype = 'e'" \
        -c "UPDATE pg_extension SET extconfig = NULL, extcondition = NULL WHERE extname = 'tsm_system_rows'"
}

# A lost server in the middle of a load.
pg_restore_lost_server() {
    local status=0 pid
    stop_server "$1" target
    start_server "$1" target
    restore "$1-peers" "$1" target >"$work/said" 2>&1 &
    pid=$!
    for _ in $(seq 200); do
        ! sql "$1" target -At -d peers -c 'SELECT 1' >/dev/null 2>&1 || break
        sleep .05
    done
    POSTGRES_BIN=${bins[$1]} postgres_stop "$work/$1-target"
    wait $pid || status=$?
    [ $status != 0 ] && [ $status != 124 ]
}

try_peers_postgres() {
    local name=$1 each
    stop_server "$name" source
    stop_server "$name" target
    start_pair "$name" || fail "$name does not start"
    attempt "$name: peers' objects are loaded" peer_objects "$name"
    for each in pg_dump_large_objects pgcopydb_no_superuser pgcopydb_773_lost_snapshot pg_dump_extension_tables pg_restore_lost_server; do
        [ -z "$is_short" ] || [[ $each =~ large ]] || continue
        [[ $each =~ $peers ]] || continue
        attempt "$name: $each" "$each" "$name"
    done
}

try_peers() {
    local name
    for name in "${present[@]}"; do
        case $name in
            postgres*) try_peers_postgres "$name" ;;
            *) try_peers_mysql "$name" ;;
        esac
    done
}
