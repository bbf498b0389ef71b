#!/bin/bash
# A private MariaDB server on loopback for tests and the quickstart: own data folder, own port,
# own TLS certificate from a throw-away CA, ended by its process id.
#
#     tests/lib/mariadb.sh start FOLDER [PORT [OPTION...]]   # PORT 0: a free one; OPTIONs of mariadbd
#     tests/lib/mariadb.sh sql FOLDER < statements           # as root, over the socket
#     tests/lib/mariadb.sh stop FOLDER                       # ends it; the folder stays
#     tests/lib/mariadb.sh kill FOLDER                       # kill -9
#     tests/lib/mariadb.sh authority FOLDER                  # only makes FOLDER/ca.pem and its key
#
# After start, FOLDER has: port, pid, log.err, socket, ca.pem, server.pem, server.key, data/. Started
# again in the same folder it goes on with the same data and port. The server takes any user over
# TLS or not (REQUIRE SSL is the user's), root only over the socket and without password.
# Can be sourced too: the functions are called mariadb_<word>. $MARIADB_BIN is the folder with the
# programs, if they are not this host's own: tests/lib/mariadb-major.sh has other versions.
#
# It tells the disk to hurry with nothing: what is lost with the host is no matter here, and what a
# process wrote before it was killed is there.

# shellcheck source=tests/lib/template.sh
. "$(dirname "${BASH_SOURCE[0]}")/template.sh"

# A CA and a server certificate for 127.0.0.1 and localhost.
mariadb_authority() {
    local folder=$1
    [ -e "$folder/server.pem" ] && return 0
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "/CN=dbhaul throw-away CA" -keyout "$folder/ca.key" -out "$folder/ca.pem" \
        2>>"$folder/openssl.log" &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
            -keyout "$folder/server.key" -out "$folder/server.csr" 2>>"$folder/openssl.log" &&
        openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
            -CAcreateserial -days 30 -out "$folder/server.pem" \
            -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") 2>>"$folder/openssl.log" &&
        chmod 600 "$folder/ca.key" "$folder/server.key"
}

# A port that nobody listens on, below the kernel's ephemeral range.
mariadb_free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return 0
        fi
    done
    echo "no free port" >&2
    return 1
}

mariadb_alive() {
    [ -s "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

mariadb_sql() {
    local folder=$1
    shift
    "${MARIADB_BIN:+$MARIADB_BIN/}mariadb" --no-defaults --skip-ssl --socket="$folder/socket" --user=root --batch --skip-column-names \
        --binary-mode --default-character-set=utf8mb4 "$@"
}

mariadb_make() {
    local folder=$1 kind=mariadb${MARIADB_BIN:-}
    template_take "$kind" "$folder/data" && return
    TMPDIR=$folder/tmp "${MARIADB_BIN:+$MARIADB_BIN/}mariadb-install-db" --no-defaults --datadir="$folder/data" --user="$(id -un)" \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
        --innodb-flush-method=nosync --skip-test-db --innodb-log-file-size=32M \
        >"$folder/install.log" 2>&1 || {
        grep -i error "$folder/install.log" >&2
        tail -5 "$folder/install.log" >&2
        return 1
    }
    template_keep "$kind" "$folder/data"
}

mariadb_start() {
    local folder=$1 port=${2:-0}
    shift
    [ $# -gt 0 ] && shift
    if mariadb_alive "$folder"; then
        return 0
    fi
    # A server that starts deletes the temporary tables of all that share its folder for them.
    mkdir -p "$folder/tmp" && folder=$(cd "$folder" && pwd) && mariadb_authority "$folder" || return 1
    if [ "$port" = 0 ]; then
        if [ -s "$folder/port" ]; then port=$(cat "$folder/port"); else port=$(mariadb_free_port); fi
    fi
    echo "$port" >"$folder/port"
    [ -d "$folder/data/mysql" ] || mariadb_make "$folder" || return 1
    setsid "${MARIADB_BIN:+$MARIADB_BIN/}mariadbd" --no-defaults --user="$(id -un)" --datadir="$folder/data" \
        --tmpdir="$folder/tmp" --socket="$folder/socket" --pid-file="$folder/pid" --log-error="$folder/log.err" \
        --port="$port" --bind-address=127.0.0.1 --skip-name-resolve --character-set-server=utf8mb4 \
        --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --max-allowed-packet=256M \
        --innodb-flush-method=nosync --sync-frm=0 --ssl-cert="$folder/server.pem" --ssl-key="$folder/server.key" "$@" \
        </dev/null >/dev/null 2>&1 &
    local child=$!
    for _ in $(seq 600); do
        if mariadb_sql "$folder" -e 'SELECT 1' >/dev/null 2>&1; then
            return 0
        fi
        kill -0 "$child" 2>/dev/null || mariadb_alive "$folder" || break
        sleep 0.1
    done
    echo "mariadbd did not start:" >&2
    tail -5 "$folder/log.err" >&2
    return 1
}

mariadb_end() {
    local folder=$1 signal=$2 pid
    mariadb_alive "$folder" || return 0
    pid=$(cat "$folder/pid")
    kill "-$signal" "$pid"
    for _ in $(seq 600); do
        if ! kill -0 "$pid" 2>/dev/null; then
            rm -f "$folder/pid"
            return 0
        fi
        sleep 0.05
    done
    kill -KILL "$pid"
    rm -f "$folder/pid"
}

mariadb_stop() {
    mariadb_end "$1" TERM
}

mariadb_kill() {
    mariadb_end "$1" KILL
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    word=${1:-}
    case $word in
    start | sql | stop | kill | authority)
        shift
        [ $# -gt 0 ] || { echo "which folder?" >&2; exit 2; }
        "mariadb_$word" "$@"
        ;;
    *)
        sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
fi
