# shellcheck shell=bash disable=SC2034,SC2154
# What a server of PostgreSQL holds, by its vendor's own means, for comparing.

major_of() {
    echo "${1#postgres}"
}

# The tools of these are a newer version's, and what those write a newer server takes.
borrows_tools() {
    [[ $(major_of "$1") =~ ^(10|11|12|14|16)$ ]]
}

load_postgres() {
    sql "$1" source -o /dev/null -c 'CREATE DATABASE nasty TEMPLATE template0'
    # What an old server does not know it goes without.
    local old=()
    [ "$(major_of "$1")" -ge 13 ] || old=(-v ON_ERROR_STOP=0)
    sql "$1" source "${old[@]}" -o /dev/null -d nasty -f "$root/tests/data/postgres_reader.sql"
    fewer_rows <"$here/postgres.sql" | sql "$1" source "${old[@]}" -o /dev/null -f - 2>/dev/null
    [ -n "$is_short" ] || sql "$1" source "${old[@]}" -o /dev/null -f "$here/pagoda-postgres.sql"
    [ "$(major_of "$1")" -lt 15 ] || sql "$1" source -o /dev/null -f "$here/postgres-15.sql"
    [ "$1" != postgres15 ] || [ -n "$is_short" ] || sql "$1" source -o /dev/null -f "$root/tests/data/postgres.sql" 2>/dev/null
    [ "$1" != postgres18 ] || sql "$1" source -o /dev/null -f "$here/postgres-18.sql"
    # Sizes by which tables are split; otherwise they come between two nights, in the background.
    for_databases "$1" source analyze_database >/dev/null
}

analyze_database() {
    sql "$1" "$2" -o /dev/null -d "$3" -c ANALYZE
}

# databases NAME ROLE: that can be connected to, one a line, as psql's \copy text has them.
databases() {
    sql "$1" "$2" -At -c "COPY (SELECT datname FROM pg_database WHERE datallowconn AND datname !~ '^template[01]$'
        ORDER BY datname::text COLLATE \"C\") TO STDOUT"
}

# connection NAME: for --dbname.
connection() {
    local name=${1//\\/\\\\}
    echo "dbname='${name//\'/\\\'}'"
}

# for_databases NAME ROLE COMMAND...: with "NAME ROLE DATABASE" behind it, for each.
for_databases() {
    local name=$1 role=$2 line
    shift 2
    while read -r line; do
        printf -v line '%b.' "$line"
        line=${line%.}
        printf -- '-- database %q\n' "$line"
        "$@" "$name" "$role" "$(connection "$line")"
    done < <(databases "$name" "$role")
}

# The newest pg_dump writes both sides, so that two majors can be compared. What it says of its own
# version and the server's, and its one-time key, differ by nature. Subscriptions are in no set, which
# says so: restored, they would fetch from their publisher.
dump_postgres() {
    local kind=$1 folder=$work/$2-$3
    PGPASSWORD=$(cat "$folder/secret") "$(bin_of "$dumper")/pg_dump" "$kind" --no-subscriptions -h 127.0.0.1 \
        -p "$(cat "$folder/port")" -U postgres -d "$4" ${5:+"$5"} |
        grep -a -v -e '^-- Dumped ' -e '^.\(un\)\?restrict '
}

schemas_of() {
    for_databases "$1" "$2" dump_postgres --schema-only
}

# Rows were in another order in the source, whose tables have holes; the set has them by key. So
# lines are compared sorted, database by database.
sorted_rows() {
    dump_postgres --data-only "$1" "$2" "$3" | LC_ALL=C sort
}

rows_of() {
    for_databases "$1" "$2" sorted_rows
}

globals_of() {
    local folder=$work/$1-$2 bin
    bin=$(bin_of "$1")
    # What was fetched has this program, but no script that runs it with its libraries.
    if [ ! -e "$bin/pg_dumpall.real" ] && [ -e "$bin/psql.real" ]; then
        sed 's/psql\.real/pg_dumpall/' "$bin/psql" >"$work/pg_dumpall-$1"
        chmod 755 "$work/pg_dumpall-$1"
    else
        ln -sfn "$bin/pg_dumpall" "$work/pg_dumpall-$1"
    fi
    PGPASSWORD=$(cat "$folder/secret") "$work/pg_dumpall-$1" --globals-only -h 127.0.0.1 \
        -p "$(cat "$folder/port")" -U postgres | grep -a -v -e '^-- Started\|^-- Completed' -e '^.\(un\)\?restrict ' |
        # The two servers' superusers have passwords of their own.
        grep -a -v "^ALTER ROLE postgres "
}

count_database() {
    local name=$1 role=$2
    sql "$name" "$role" -At -d "$3" <<'END'
SELECT format('SELECT %L, count(*) FROM ONLY %I.%I', encode(convert_to(relname, 'UTF8'), 'escape'), nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'm') AND relispopulated AND nspname !~ '^(pg_|information_schema)'
ORDER BY nspname::text COLLATE "C", relname::text COLLATE "C" \gexec
SELECT 'large objects', count(*), sum(oid::bigint) FROM pg_largeobject_metadata;
END
}

counts_of() {
    for_databases "$1" "$2" count_database
}

# Of databases: who owns them, settings, rights, comments.
properties_of() {
    sql "$1" "$2" -At -c "SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
        datistemplate, datallowconn, datconnlimit, datacl::text, shobj_description(oid, 'pg_database') FROM pg_database
        WHERE datallowconn AND datname !~ '^template[01]$' ORDER BY datname::text COLLATE \"C\""
    sql "$1" "$2" -At -c "SELECT coalesce(datname::text, '-'), coalesce(rolname::text, '-'), setconfig FROM pg_db_role_setting
        LEFT JOIN pg_database ON pg_database.oid = setdatabase LEFT JOIN pg_roles ON pg_roles.oid = setrole
        ORDER BY coalesce(datname::text, '-') COLLATE \"C\", coalesce(rolname::text, '-') COLLATE \"C\""
}

# compare_postgres SOURCE TARGET WHAT FUNCTION: names of servers.
compare_postgres() {
    "$4" "$1" source >"$work/$1.source.$3"
    "$4" "$2" target >"$work/$2.target.$3"
    [ -s "$work/$1.source.$3" ] || { echo "nothing to compare"; return 1; }
    same "$work/$1.source.$3" "$work/$2.target.$3"
}
