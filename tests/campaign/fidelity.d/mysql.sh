# shellcheck shell=bash disable=SC2034,SC2154
# What a server of MySQL or MariaDB holds, by its vendor's own means, for comparing.

own_schemas="('mysql', 'sys', 'information_schema', 'performance_schema')"

# What an old server does not know it goes without.
without_new() {
    case $1 in mariadb10.5) sed 's/ UUID,$/ CHAR(36),/; / TO PUBLIC;$/d; s/(a IN VARCHAR2)/(a VARCHAR2)/' ;; *) cat ;; esac
}

load_mysql() {
    local engine
    engine=$(engine_of "$1")
    without_new "$1" <"$root/tests/data/$engine-nasty.sql" | sql "$1" source >/dev/null
    fewer_rows <"$here/both-mysql.sql" | sql "$1" source >/dev/null
    without_new "$1" <"$here/$engine.sql" | sql "$1" source >/dev/null
    ! is_since "$1" 10.10 || sql "$1" source <"$here/mariadb-10.10.sql" >/dev/null
    ! is_since "$1" 11.7 || sql "$1" source <"$here/mariadb-11.7.sql" >/dev/null
    [ -n "$is_short" ] || sql "$1" source <"$here/cinema-mysql.sql" >/dev/null
    # Sizes by which tables are split.
    list_tables "$1" source 'ANALYZE TABLE' | sql "$1" source >/dev/null
}

# list_tables NAME ROLE WORDS [END]: "WORDS `schema`.`table` END;" for each.
list_tables() {
    sql "$1" "$2" --raw <<END
SET SESSION sql_mode = '';
SELECT CONCAT('$3 \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` ${4:-}', ';')
FROM information_schema.tables WHERE table_schema NOT IN $own_schemas
AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY table_schema, BINARY table_name;
END
}

# checksums NAME ROLE [FROM]: but of tables with virtual columns, which MariaDB gives another sum each time. On
# MySQL keys on expressions are such columns too. The sum of a table with history is of its rows' times as well:
# before 10.11 no dump has these, and for another version's server all time ends on another day.
checksums() {
    list_tables "$1" "$2" 'CHECKSUM TABLE' | sql "$1" "$2" >"$work/checksums"
    local expressions=
    [ "$(engine_of "$1")" = mysql ] || { [ -z "${3:-}" ] && is_since "$1" 10.11; } ||
        expressions="UNION SELECT CONCAT(table_schema, '.', table_name, '\t') FROM information_schema.tables
            WHERE table_type = 'SYSTEM VERSIONED'"
    [ "$1" != mysql ] || expressions="UNION SELECT CONCAT(table_schema, '.', table_name, '\t') FROM information_schema.statistics
        WHERE expression IS NOT NULL"
    sql "$1" "$2" <<<"SELECT DISTINCT CONCAT(table_schema, '.', table_name, '\t') FROM information_schema.columns
        WHERE extra LIKE '%VIRTUAL%' $expressions" | sed 's/\\t$/\t/' >"$work/virtual"
    grep -v -F -f "$work/virtual" "$work/checksums"
}

# counts NAME ROLE: rows of each table, with those of history, which came into dumps with 10.11.
counts() {
    counts_now "$1" "$2"
    ! is_since "$1" 10.11 || counts_ever "$1" "$2"
}

counts_now() {
    list_tables "$1" "$2" 'SELECT COUNT(*) FROM' | sql "$1" "$2"
}

# What is still there ends with all time, which is another with 11.5.
counts_ever() {
    sql "$1" "$2" --raw <<END | sql "$1" "$2"
SELECT CONCAT('SELECT COUNT(*), MIN(row_start), MAX(row_start),
    SUM(row_end < ''2038-01-19''), SUM(row_end = (SELECT IFNULL(FROM_UNIXTIME(4294967295.999999), FROM_UNIXTIME(2147483647.999999)))) FROM \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`',
    REPLACE(table_name, '\`', '\`\`'), '\` FOR SYSTEM_TIME ALL;')
FROM information_schema.tables WHERE table_type = 'SYSTEM VERSIONED' AND table_name <> 'explicit_period' ORDER BY 1;
END
}

# dump_mysql NAME ROLE [OPTION...]: what mysqldump or mariadb-dump makes of all schemas of users.
dump_mysql() {
    local name=$1 folder=$work/$1-$2 schemas=() line tool
    tool=$(bin_of "$1")/mysqldump
    [ "$(engine_of "$1")" != mariadb ] || tool=$(bin_of "$1")/mariadb-dump
    while read -r line; do
        printf -v line '%b' "$line"
        schemas+=("$line")
    done < <(sql "$name" "$2" <<<"SELECT schema_name FROM information_schema.schemata
        WHERE schema_name NOT IN $own_schemas ORDER BY BINARY schema_name")
    shift 2
    # MySQL shows a column's character set once its collation has been named, as every dump does.
    "$tool" --no-defaults "--socket=$folder/socket" --user=root --skip-dump-date --hex-blob \
        --single-transaction --routines --events --triggers --max-allowed-packet=1G \
        --default-character-set=utf8mb4 "$@" --databases -- "${schemas[@]}" |
        if [ "$name" = mysql ]; then sed -E 's/ CHARACTER SET [a-z0-9]+ (COLLATE )/ \1/'; else cat; fi
}

show_views() {
    sql "$1" "$2" --raw <<<"SELECT CONCAT('SHOW CREATE VIEW \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`;')
        FROM information_schema.views WHERE table_schema <> 'sys' ORDER BY BINARY table_schema, BINARY table_name" | sql "$1" "$2"
}

without_beginnings() {
    grep -a -v '^INSERT INTO `explicit_period` '
}

# dump_of NAME ROLE [OPTION...]
dump_of() {
    case $1 in
        # Which has no history: when a row that was written began, a load cannot say.
        mariadb10.5) dump_mysql "$1" "$2" --skip-ssl --order-by-primary "${@:3}" | without_beginnings ;;
        mariadb*) dump_mysql "$1" "$2" --skip-ssl --dump-history --order-by-primary "${@:3}" ;;
        # Which fails with --order-by-primary on a key whose name has a line break; InnoDB has rows by key.
        # It stops at a view whose definer was gone when it was made: views are shown one by one.
        mysql)
            dump_mysql "$1" "$2" --set-gtid-purged=OFF --no-tablespaces --ignore-views
            show_views "$1" "$2"
            ;;
    esac
}

# accounts NAME ROLE: how each account and role was made, and what it may.
accounts() {
    local each
    {
        [ "$1" != mysql ] || echo 'SET SESSION print_identified_with_as_hex = ON;'
        sql "$1" "$2" --raw <<END
SELECT CONCAT(IF(host <> '', CONCAT('SHOW CREATE USER ', account, '; '), ''), 'SHOW GRANTS FOR ', account, ';')
FROM (SELECT user, host, CONCAT('\`', REPLACE(user, '\`', '\`\`'), '\`', IF(host <> '', CONCAT('@\`', host, '\`'), '')) AS account
    FROM mysql.user) AS accounts
WHERE user NOT IN ('', 'PUBLIC', 'root') AND user NOT LIKE 'mysql.%' AND user <> 'mariadb.sys' ORDER BY user, host;
END
    } >"$work/accounts.sql"
    # Who makes a role becomes its administrator: haul does so in the target. Its password is salted.
    # Columns in a grant come in the order of a hash.
    sql "$1" "$2" <"$work/accounts.sql" | grep -v -e "TO [\`']haul[\`']@" -e '^CREATE USER `haul`@' |
        perl -pe 's/\(([^()]*)\)/"(".join(", ", sort split(", ", $1)).")"/ge' |
        if [ "$1" = mariadb10.5 ]; then
            # Which shows no escape in a certificate's name, and quotes some names otherwise.
            perl -pe "s|/CN=a'b|/CN=a''b|; tr/'/\`/ if /^GRANT PROXY/"
        else cat; fi
    for each in default_roles role_edges; do
        [ "$1" != mysql ] || sql "$1" "$2" <<<"SELECT * FROM mysql.$each ORDER BY 1, 2, 3, 4"
    done
}

# compare_mysql NAME WHAT FUNCTION
compare_mysql() {
    "$3" "$1" source >"$work/$1.source.$2"
    "$3" "$1" target >"$work/$1.target.$2"
    [ -s "$work/$1.source.$2" ] || { echo "nothing to compare"; return 1; }
    same "$work/$1.source.$2" "$work/$1.target.$2"
}

# wipe_mysql NAME ROLE: as if it were new.
wipe_mysql() {
    local engine
    engine=$(engine_of "$1")
    {
        echo 'SET foreign_key_checks = 0;'
        sql "$1" "$2" --raw <<<"SELECT CONCAT('DROP DATABASE \`', REPLACE(schema_name, '\`', '\`\`'), '\`;')
            FROM information_schema.schemata WHERE schema_name NOT IN $own_schemas"
        sql "$1" "$2" --raw <<<"SELECT CONCAT(IF('$engine' = 'mariadb' AND host = '', 'DROP ROLE ', 'DROP USER '), QUOTE(user),
                IF('$engine' = 'mariadb' AND host = '', '', CONCAT('@', QUOTE(host))), ';')
            FROM mysql.user WHERE user NOT IN ('', 'PUBLIC', 'root', 'haul') AND user NOT LIKE 'mysql.%'
            AND user <> 'mariadb.sys' ORDER BY host = ''"
    } >"$work/wipe.sql"
    sql "$1" "$2" <"$work/wipe.sql"
}
