#!/bin/bash
# A private PostgreSQL for tests and the quickstart: own data folder and port, on 127.0.0.1 only,
# TLS with a certificate of a throw-away CA, scram passwords. To be sourced, or called:
#
#     tests/lib/postgres.sh start FOLDER [NAME=VALUE ...]    settings for postgresql.conf
#     tests/lib/postgres.sh stop FOLDER
#     tests/lib/postgres.sh psql FOLDER [ARGUMENT ...]       as the superuser
#
# FOLDER then holds: port, password (of the superuser `postgres`, mode 0600), ca.pem, log, data/.
# start makes the server if the folder has none, and starts it again if it has been stopped; on a
# server that runs it does nothing. ssl=off as a setting gives a server without TLS.
# POSTGRES_BIN names the programs' folder where it is not /usr/lib/postgresql/*/bin.

# shellcheck source=tests/lib/template.sh
. "$(dirname "${BASH_SOURCE[0]}")/template.sh"

postgres_bin() {
    local found
    if [ -n "${POSTGRES_BIN:-}" ]; then
        echo "$POSTGRES_BIN"
        return
    fi
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | grep -v '[*]' | sort -V | tail -n 1)
    [ -n "$found" ] && [ -x "$found/initdb" ] || return 1
    echo "$found"
}

# The server refuses to run as root.
postgres_as_owner() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

# One of another major version runs by a loader of its own (tests/lib/postgres-major.sh).
postgres_running() {
    local pid
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && [ -n "$pid" ] &&
        [[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = @(postgres|ld-*) ]]
}

postgres_make_certificates() {
    local folder=$1 curve='ec -pkeyopt ec_paramgen_curve:prime256v1'
    # shellcheck disable=SC2086
    openssl req -x509 -newkey $curve -nodes -days 30 -subj '/CN=throw-away CA' \
        -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null &&
        openssl req -newkey $curve -nodes -subj '/CN=localhost' \
            -keyout "$folder/server.key" -out "$folder/server.csr" 2>/dev/null &&
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$folder/server.ext" &&
        openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
            -CAcreateserial -days 30 -extfile "$folder/server.ext" \
            -out "$folder/server.crt" 2>/dev/null &&
        rm -f "$folder/ca.key" "$folder/ca.srl" "$folder/server.csr" "$folder/server.ext"
}

# The password of the superuser is each server's own.
postgres_make_data() {
    local folder=$1 bin=$2
    if template_take "$bin" "$folder/data"; then
        echo "ALTER ROLE postgres PASSWORD '$(cat "$folder/password")'" |
            postgres_as_owner "$bin/postgres" --single -F -D "$folder/data" postgres >"$folder/log" 2>&1
        return
    fi
    mkdir "$folder/data" && chmod 700 "$folder/data" && cp "$folder/password" "$folder/data.password" || return
    [ "$(id -u)" != 0 ] || chown postgres: "$folder/data" "$folder/data.password" || return
    postgres_as_owner "$bin/initdb" -D "$folder/data" -U postgres -A scram-sha-256 -E UTF8 \
        --locale=C.UTF-8 --pwfile="$folder/data.password" --no-sync >"$folder/log" 2>&1 || return
    rm -f "$folder/data.password"
    template_keep "$bin" "$folder/data"
}

postgres_make() {
    local folder=$1 bin
    bin=$(postgres_bin) || {
        echo "postgres.sh: no initdb: install postgresql" >&2
        return 1
    }
    mkdir -p "$folder" && chmod 755 "$folder" || return 1
    (umask 077 && openssl rand -hex 16 >"$folder/password") || return 1
    postgres_make_certificates "$folder" || {
        echo "postgres.sh: openssl cannot make certificates" >&2
        return 1
    }
    chmod 600 "$folder"/*.key
    [ "$(id -u)" != 0 ] || chown postgres: "$folder"/server.*
    postgres_make_data "$folder" "$bin" || {
        cat "$folder/log" >&2
        return 1
    }
    cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
ssl_cert_file = '$folder/server.crt'
ssl_key_file = '$folder/server.key'
password_encryption = 'scram-sha-256'
shared_buffers = 64MB
max_wal_size = 4GB
fsync = off
END
    printf 'host %s all 127.0.0.1/32 scram-sha-256\n' all replication >"$folder/data/pg_hba.conf"
    chmod 600 "$folder/data/pg_hba.conf"
}

# Waits until the server answers, at most 30 s.
postgres_await() {
    local folder=$1 bin
    bin=$(postgres_bin)
    for _ in $(seq 300); do
        "$bin/pg_isready" -q -h 127.0.0.1 -p "$(cat "$folder/port")" -t 1 && return 0
        postgres_running "$folder" || return 1
        sleep 0.1
    done
    return 1
}

postgres_start() {
    local folder=$1 bin port
    shift
    postgres_running "$folder" && return 0
    if [ ! -f "$folder/data/PG_VERSION" ]; then
        postgres_make "$folder" || return 1
    fi
    bin=$(postgres_bin)
    for setting in "$@"; do
        printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}" >>"$folder/data/postgresql.conf"
    done
    # Somebody else may have taken a port between choosing and binding: try another then.
    for attempt in 1 2 3 4 5; do
        port=$(cat "$folder/port" 2>/dev/null) && [ $attempt = 1 ] ||
            port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        echo "$port" >"$folder/port"
        # Its own session: the server outlives the shell that started it, and no signal to the
        # shell's group reaches it. It keeps nothing of ours open.
        (
            cd / || exit 1
            exec >>"$folder/log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
            postgres_as_owner setsid "$bin/postgres" -D "$folder/data" -p "$port"
        ) &
        disown
        for _ in $(seq 50); do
            postgres_running "$folder" && break
            grep -q 'could not create any TCP/IP sockets' "$folder/log" && break
            sleep 0.1
        done
        if postgres_await "$folder"; then
            return 0
        fi
        : >"$folder/log.$attempt"
        cat "$folder/log" >>"$folder/log.$attempt" && : >"$folder/log"
    done
    cat "$folder"/log.* >&2
    return 1
}

postgres_stop() {
    local folder=$1 pid signal
    pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) || return 0
    for signal in INT QUIT KILL; do
        postgres_running "$folder" || return 0
        kill -s $signal "$pid" 2>/dev/null
        for _ in $(seq 100); do
            postgres_running "$folder" || return 0
            sleep 0.1
        done
    done
    return 1
}

postgres_psql() {
    local folder=$1
    shift
    PGPASSWORD=$(cat "$folder/password") PGSSLMODE=prefer HOME=/nonexistent \
        "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(cat "$folder/port")" \
        -U postgres "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -u
    case ${1:-} in
    start | stop | psql)
        command=postgres_$1
        shift
        "$command" "$@"
        ;;
    *)
        sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
fi
