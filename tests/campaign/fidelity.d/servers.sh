# shellcheck shell=bash disable=SC2034,SC2154
# The servers of tests/campaign/fidelity. NAME is mysql, mariadb, which is this host's own, mariadb with
# a version, or postgres with a major version; each has a source and a target, in the folders
# $work/NAME-ROLE, with the file `secret` for the account that backs up and restores.

password='p#w "d\x é;'
oracle=$root/tests/lib/mysql-oracle.sh
mariadb=$root/tests/lib/mariadb.sh
# shellcheck source=tests/lib/postgres.sh
. "$root/tests/lib/postgres.sh"
servers=0
declare -A bins=()

engine_of() {
    case $1 in postgres*) echo postgres ;; mariadb*) echo mariadb ;; *) echo "$1" ;; esac
}

# is_since NAME VERSION: is this a MariaDB of that version or a newer one?
is_since() {
    local own=${1#mariadb}
    [ "$(engine_of "$1")" = mariadb ] && printf '%s\n' "$2" "${own:-10.11}" | sort --version-sort --check=quiet
}

tool_folders() {
    local IFS=,
    echo "${bins[*]}"
}

# bin_of NAME: the folder with the vendor's programs.
bin_of() {
    echo "${bins[$1]:-/usr/bin}"
}

# find_server NAME: can there be one? Fetches what it needs.
find_server() {
    local folder
    case $1 in
        mariadb) command -v mariadbd >/dev/null || { echo "not run: no mariadbd"; return 77; } ;;
        mariadb*) folder=$("$root/tests/lib/mariadb-major.sh" fetch "${1#mariadb}") || return 77 ;;
        mysql) folder=$("$oracle" fetch) || return 77 ;;
        postgres15) folder=$(postgres_bin) || { echo "not run: no PostgreSQL 15"; return 77; } ;;
        postgres*) folder=$("$root/tests/lib/postgres-major.sh" fetch "${1#postgres}") || return 77 ;;
    esac
    [ -z "${folder:-}" ] || bins[$1]=$folder
}

# sql NAME ROLE [ARGUMENT...]: statements from standard input, as the server's own administrator.
sql() {
    local name=$1 folder=$work/$1-$2
    shift 2
    case $name in
        mariadb*) MARIADB_BIN=${bins[$name]:-} "$mariadb" sql "$folder" "$@" ;;
        mysql) "$oracle" sql "$folder" "$@" ;;
        *) POSTGRES_BIN=${bins[$name]} postgres_psql "$folder" "$@" ;;
    esac
}

# start_server NAME ROLE [OPTION...]
start_server() {
    local name=$1 role=$2 folder=$work/$1-$2
    shift 2
    case $name in
        mariadb*)
            MARIADB_BIN=${bins[$name]:-} "$mariadb" start "$folder" 0 --log-bin=binlog --log-bin-trust-function-creators=1 \
                --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --sync-frm=0 --event-scheduler=OFF "$@" || return
            finish "'$mariadb' kill '$folder'"
            ;;
        mysql)
            "$oracle" start "$folder" 0 --gtid-mode=ON --enforce-gtid-consistency=ON \
                --log-bin-trust-function-creators=1 --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 \
                --local-infile=1 --event-scheduler=OFF "$@" || return
            finish "'$oracle' kill '$folder'"
            ;;
        *)
            POSTGRES_BIN=${bins[$name]} postgres_start "$folder" wal_level=logical \
                max_logical_replication_workers=0 max_locks_per_transaction=256 "$@" || return
            finish "postgres_stop '$folder'"
            cp "$folder/password" "$folder/secret"
            ;;
    esac
    servers=$((servers + 1))
    case $name in
        mariadb* | mysql)
            (umask 077 && printf '%s' "$password" >"$folder/secret")
            printf "CREATE USER haul@'127.0.0.1' IDENTIFIED BY '%s'; " "${password//\\/\\\\}" |
                cat - <(echo "GRANT ALL ON *.* TO haul@'127.0.0.1' WITH GRANT OPTION;
                    GRANT PROXY ON ''@'%' TO haul@'127.0.0.1' WITH GRANT OPTION") | sql "$name" "$role"
            write_client "$folder"
            ;;
    esac
}

# stop_server NAME ROLE: and its folder goes.
stop_server() {
    local folder=$work/$1-$2
    [ -d "$folder" ] || return 0
    case $1 in
        mariadb*) "$mariadb" kill "$folder" ;;
        mysql) "$oracle" kill "$folder" ;;
        *) POSTGRES_BIN=${bins[$1]} postgres_stop "$folder" ;;
    esac
    rm -rf "$folder"
}

# An option file with which stock clients reach the server as haul.
write_client() {
    local quoted=${password//\\/\\\\}
    (umask 077 && printf '[client]\nhost=127.0.0.1\nport=%s\nuser=haul\npassword="%s"\nssl-ca=%s\n' \
        "$(cat "$1/port")" "${quoted//\"/\\\"}" "$1/ca.pem" >"$1/client.cnf")
}

# restore LABEL NAME ROLE [JOBS]: the set's own script, with the vendor's client alone.
restore() {
    local set folder=$work/$2-$3
    set=$(set_of "$1")
    case $2 in
        mariadb* | mysql)
            PATH=$(bin_of "$2"):/usr/bin:/bin RESTORE_JOBS=${4:-3} timeout 300 \
                sh "$set/restore.sh" "--defaults-extra-file=$folder/client.cnf"
            ;;
        *)
            PATH=$(bin_of "$2"):/usr/bin:/bin RESTORE_JOBS=${4:-3} PGPASSWORD=$(cat "$folder/secret") \
                timeout 300 sh "$set/restore.sh" -h 127.0.0.1 -p "$(cat "$folder/port")" -U postgres
            ;;
    esac
}
