#!/bin/bash
# Oracle's own MySQL, server and client tools, for tests: Debian 12 has none, so they are fetched
# from Debian's unstable distribution into a cache outside of the source, unpacked beside their own
# libraries and loader, and never installed.
#
#     tests/lib/mysql-oracle.sh fetch                        # prints the folder with the tools
#     tests/lib/mysql-oracle.sh start FOLDER [PORT [OPTION...]]
#     tests/lib/mysql-oracle.sh sql FOLDER < statements      # as root, over the socket
#     tests/lib/mysql-oracle.sh stop FOLDER
#     tests/lib/mysql-oracle.sh kill FOLDER
#
# The cache is ${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/mysql: some 65 MB to
# fetch, 420 MB on disk, kept for the next time. FOLDER is as tests/lib/mariadb.sh makes it.
# The status of fetch and start is 77 if MySQL cannot be had, with a line `not run: why`.

set -u
# shellcheck source=tests/lib/mariadb.sh
. "$(dirname "${BASH_SOURCE[0]}")/mariadb.sh"

# shellcheck source=tests/lib/fetch.sh
. "$(dirname "${BASH_SOURCE[0]}")/fetch.sh"

fetch_into mysql

fill_cache() {
    fetch_packages sid MySQL mysql-server-core mysql-client-core mysql-common
    fetch_wrap sbin/mysqld
    fetch_wrap bin/mysqldump
    fetch_wrap bin/mysql
    "$cache/bin/mysqldump" --version >/dev/null || cannot "the MySQL that was fetched does not run"
}

oracle_fetch() {
    fetch_once fill_cache
    echo "$cache/bin"
}

oracle_sql() {
    local folder=$1
    shift
    "$cache/bin/mysql" --no-defaults --socket="$folder/socket" --user=root --batch \
        --skip-column-names --binary-mode --default-character-set=utf8mb4 "$@"
}

# The number that tells one server from another is not copied.
oracle_make() {
    local folder=$1
    shift
    template_take mysql "$folder/data" && return
    "$cache/bin/mysqld" "$@" --initialize-insecure >"$folder/install.log" 2>&1 || {
        tail -5 "$folder/install.log" >&2
        return 1
    }
    rm -f "$folder/data/auto.cnf"
    template_keep mysql "$folder/data"
}

oracle_start() {
    local folder=$1 port=${2:-0}
    shift
    [ $# -gt 0 ] && shift
    oracle_fetch >/dev/null
    if mariadb_alive "$folder"; then
        return 0
    fi
    mkdir -p "$folder" && folder=$(cd "$folder" && pwd) && mariadb_authority "$folder" || return 1
    if [ "$port" = 0 ]; then
        if [ -s "$folder/port" ]; then port=$(cat "$folder/port"); else port=$(mariadb_free_port); fi
    fi
    echo "$port" >"$folder/port"
    local options=(--no-defaults "--user=$(id -un)" "--datadir=$folder/data"
        "--lc-messages-dir=$root/usr/share/mysql"
        "--character-sets-dir=$root/usr/share/mysql/charsets" --secure-file-priv=NULL --mysqlx=OFF
        --innodb-flush-method=nosync --sync-binlog=0)
    [ -d "$folder/data/mysql" ] || oracle_make "$folder" "${options[@]}" || return 1
    setsid "$cache/bin/mysqld" "${options[@]}" --socket="$folder/socket" --pid-file="$folder/pid" \
        --log-error="$folder/log.err" --port="$port" --bind-address=127.0.0.1 --skip-name-resolve \
        --innodb-buffer-pool-size=64M --max-allowed-packet=256M --ssl-cert="$folder/server.pem" \
        --ssl-key="$folder/server.key" --ssl-ca="$folder/ca.pem" "$@" </dev/null >/dev/null 2>&1 &
    local child=$!
    for _ in $(seq 900); do
        if oracle_sql "$folder" -e 'SELECT 1' >/dev/null 2>&1; then
            return 0
        fi
        kill -0 "$child" 2>/dev/null || mariadb_alive "$folder" || break
        sleep 0.1
    done
    echo "mysqld did not start:" >&2
    tail -5 "$folder/log.err" >&2
    return 1
}

word=${1:-}
case $word in
fetch | start | sql)
    shift
    "oracle_$word" "$@"
    ;;
stop | kill)
    shift
    "mariadb_$word" "$@"
    ;;
*)
    sed -n '2,16s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
