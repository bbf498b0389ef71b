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

cache=${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/mysql
root=$cache/root

cannot() {
    echo "not run: $1" >&2
    exit 77
}

# $DBHAUL_TEST_MIRROR, or where this host gets its own packages from: it has unstable as
# well, most likely.
own_mirror() {
    local found=${DBHAUL_TEST_MIRROR:-}
    [ -n "$found" ] || found=$(sed -n 's/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) bookworm main.*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)
    [ -n "$found" ] || found=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' \
        /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
    echo "${found:-http://deb.debian.org/debian}"
}

fetch_packages() {
    local apt=$cache/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc" || return 1
    : >"$apt/status"
    echo "deb [signed-by=$keys] $(own_mirror) sid main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
APT::Sandbox::User "";
APT::Get::List-Cleanup "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Debug::NoLocking "1";
END
    APT_CONFIG=$apt/apt.conf timeout 300 apt-get update >"$apt/log" 2>&1 &&
        APT_CONFIG=$apt/apt.conf timeout 600 apt-get install -y --no-install-recommends \
            --download-only mysql-server-core mysql-client-core mysql-common >>"$apt/log" 2>&1
}

# A script in bin/ that runs a program with the libraries that came with it.
wrap() {
    cat >"$cache/bin/$1" <<END
#!/bin/sh
exec $root/usr/lib64/ld-linux-x86-64.so.2 --library-path $root/usr/lib/x86_64-linux-gnu:$root/usr/lib/mysql/private --argv0 $1 $root/usr/$2/$1 "\$@"
END
    chmod 755 "$cache/bin/$1"
}

fill_cache() {
    local deb
    [ ! -e "$cache/complete" ] || return 0
    command -v apt-get dpkg-deb >/dev/null || cannot "no apt-get to fetch MySQL with"
    rm -rf "$cache"
    mkdir -p "$cache/bin" "$root" || cannot "cannot write to $cache"
    fetch_packages || cannot "MySQL cannot be fetched from $(own_mirror), see $cache/apt/log"
    for deb in "$cache"/apt/archives/*.deb; do
        dpkg-deb -x "$deb" "$root" || cannot "cannot unpack $deb"
    done
    wrap mysqld sbin
    wrap mysqldump bin
    wrap mysql bin
    rm -rf "$cache/apt/archives"
    "$cache/bin/mysqldump" --version >/dev/null || cannot "the MySQL that was fetched does not run"
    touch "$cache/complete"
}

# One at a time: several tests may want it at once.
oracle_fetch() {
    mkdir -p "$(dirname "$cache")" || cannot "cannot write to $cache"
    (flock 8 && fill_cache) 8>"$cache.lock" || exit
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
