# shellcheck shell=bash disable=SC2034,SC2154
# A coordinator and its workers over an estate: sourced after lib.sh, which says what $home, $root
# and $programs are. Keys are CURVE over tcp on loopback; operators use an ipc socket.

# A port that nobody listens on, below those that the kernel gives out.
night_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return 0
        fi
    done
    echo "no free port on loopback" >&2
    return 1
}

night_keys() {
    local name
    for name in coordinator "$@"; do
        mkdir -p "$home/$name"
        [ -e "$home/$name/$name.key" ] || "$programs/dbhaul" keygen "$home/$name/$name" >/dev/null || return 1
    done
    {
        echo "workers:"
        for name in "$@"; do
            printf '  %s: "%s"\n' "$name" "$(head -n 1 "$home/$name/$name.pub")"
        done
    } >"$home/coordinator/allow.yaml"
}

# What a cloud's account would list: the two servers that are there, and some that must be skipped.
night_inventory() {
    cat <<END
databases:
  - {id: "arn:example:db:estate-mariadb", name: estate-mariadb, engine: mariadb, host: 127.0.0.1,
     port: $(server_port mariadb), secret: mariadb, account: "1111", region: local-1, size: 100MiB,
     tags: {env: prod, team: web}}
  - {id: "arn:example:db:estate-postgres", name: estate-postgres, engine: postgres, host: 127.0.0.1,
     port: $(server_port postgres), secret: postgres, account: "1111", region: local-1, size: 100MiB,
     tags: {env: prod, team: sensors}}
  - {id: "arn:example:db:reports-old", name: reports-old, engine: postgres, version: "11.22",
     host: reports-old.example, secret: postgres, account: "1111", region: local-1, state: stopped}
  - {id: "arn:example:db:erp", name: erp, engine: oracle, version: "19", host: erp.example, port: 1521,
     secret: erp, account: "2222", region: local-2, state: available, tags: {env: prod}}
  - {id: "arn:example:db:payroll", name: payroll, engine: sqlserver, version: "15.00",
     host: payroll.example, port: 1433, secret: payroll, account: "2222", region: local-2}
  - {id: "arn:example:db:sessions", name: sessions, engine: docdb, host: sessions.example, port: 27017,
     account: "2222", region: local-2}
  - {id: "arn:example:db:nobody-knows", name: nobody-knows, engine: mysql, version: "8.0.36",
     host: nobody-knows.example, account: "2222", region: local-2}
  - {id: "arn:example:db:being-made", name: being-made, engine: mysql, version: "8.4.2", secret: mariadb,
     account: "2222", region: local-2, state: creating}
END
}

# What aws.sh replaces: where the catalog is, who lists databases, what of AWS a worker may use, and
# the environment of a daemon.
night_catalog() {
    echo "catalog: \"sqlite:$home/coordinator/catalog.db\""
}

night_providers() {
    night_inventory >"$home/coordinator/inventory.yaml"
    echo "  - {kind: file, name: estate, path: \"$home/coordinator/inventory.yaml\"}"
}

night_worker_aws() { :; }
night_environment() { :; }

night_coordinator() {
    local port=$1 store=$2
    night_catalog
    cat <<END
endpoints:
  workers: tcp://127.0.0.1:$port
  local_workers: "ipc://$home/coordinator/workers.ipc"
  local_operators: "ipc://$home/coordinator/operator.ipc"
key: $home/coordinator/coordinator.key
allow: $home/coordinator/allow.yaml
END
    echo "providers:"
    night_providers
    [ -z "$store" ] || printf 'backup:\n  store: "%s"\n' "$store"
}

# night_worker NAME PORT KIND
night_worker() {
    local name=$1 port=$2 kind=$3
    cat <<END
name: $name
slots: ${night_slots:-2}
state: $home/$name/state
key: $home/$name/$name.key
coordinators:
  - {endpoint: "tcp://127.0.0.1:$port", server_key: $home/coordinator/coordinator.pub}
stores:
END
    if [ "$kind" = boostfs ]; then
        echo "  - {kind: boostfs, place: $home/$name/store, source: \"dd1.example:/su1\"}"
    else
        echo "  - {kind: directory, place: $home/storage}"
    fi
    echo "secrets:"
    for server in mariadb postgres; do
        cat <<END
  $server:
    {from: "file:$home/secrets/$server", username: dbhaul_backup, servers: ["127.0.0.1:$(server_port $server)"]}
  spare-$server:
    {from: "file:$home/secrets/spare-$server", username: dbhaul_restore,
     servers: ["127.0.0.1:$(server_port spare-$server)"]}
END
    done
    night_worker_aws
    echo "tls:"
    echo "  authorities:"
    for server in mariadb postgres spare-mariadb spare-postgres; do
        echo "    - {servers: [\"127.0.0.1:$(server_port $server)\"], ca: $home/$server/ca.pem}"
    done
    echo "restore:"
    echo "  targets: [\"127.0.0.1:$(server_port spare-mariadb)\", \"127.0.0.1:$(server_port spare-postgres)\"]"
}

# night_configure KIND WORKER...: keys, allow-list, inventory and everybody's configuration.
night_configure() {
    local kind=$1 port name store=
    shift
    port=$(night_port) || return 1
    [ "$kind" != boostfs ] || store=boostfs:dd1.example:/su1
    (
        umask 077
        night_keys "$@" || exit 1
        night_coordinator "$port" "$store" >"$home/coordinator/coordinator.yaml"
        for name in "$@"; do
            night_worker "$name" "$port" "$kind" >"$home/$name/worker.yaml"
        done
    )
}

# The operator's command, on this coordinator.
dbhaul() {
    DBHAUL_CONNECT=ipc://$home/coordinator/operator.ipc "$programs/dbhaul" "$@"
}

# night_daemon NAME PROGRAM CONFIGURATION
night_daemon() {
    local environment
    mapfile -t environment < <(night_environment "$1")
    daemon_start "$1" env "${environment[@]}" "$programs/$2" --config "$home/$1/$3"
}

# night_start WORKER...: the daemons, and waits until the coordinator knows each worker and its store.
night_start() {
    local name try
    night_daemon coordinator dbhaul-coordinator coordinator.yaml
    for name in "$@"; do
        night_daemon "$name" dbhaul-worker worker.yaml
    done
    for try in {1..300}; do
        if [ "$(dbhaul workers --json 2>/dev/null | grep -c '"state": *"\(ready\|up\|connected\|idle\)"')" = $# ]; then
            return 0
        fi
        for name in coordinator "$@"; do
            if ! daemon_runs "$name"; then
                tail -n 5 "$home/$name/log" >&2
                echo "$name ended at its start: see $home/$name/log" >&2
                return 1
            fi
        done
        sleep .1
    done
    echo "after $((try / 10)) s not all workers are connected: see $home/*/log" >&2
    return 1
}

night_stop() {
    local folder
    for folder in "$home"/worker-* "$home/coordinator"; do
        [ ! -d "$folder" ] || daemon_stop "${folder##*/}"
    done
}

# contents PREFIX KIND: what a server holds, seen by its superuser.
contents() {
    local folder=$home/$1$2
    if [ "$2" = mariadb ]; then
        CONTENTS_IGNORE_USERS="dbhaul_backup dbhaul_restore" "$root/deploy/estate/contents" mariadb \
            --no-defaults --socket="$folder/socket" --user=root
    else
        CONTENTS_IGNORE_USERS="dbhaul_backup dbhaul_restore" PGHOST=127.0.0.1 PGPORT=$(cat "$folder/port") \
            PGUSER=postgres PGPASSWORD=$(cat "$folder/password") "$root/deploy/estate/contents" postgres
    fi
}

# compare KIND: the estate's server with the one that was restored, line by line. Fails if anything
# differs or is on one side only.
compare() {
    local kind=$1
    contents "" "$kind" >"$home/contents.$kind.source" || return 1
    contents spare- "$kind" >"$home/contents.$kind.restored" || return 1
    awk -F '\t' '
        FNR == NR { source[$1 FS $2] = $3 FS $4; what[++lines] = $1 FS $2; next }
        { restored[$1 FS $2] = $3 FS $4 }
        !(($1 FS $2) in source) { what[++lines] = $1 FS $2 }
        END {
            for (i = 1; i <= lines; i++) {
                split(what[i], name)
                split(source[what[i]], left)
                split(restored[what[i]], right)
                verdict = source[what[i]] == restored[what[i]] ? "equal" : "DIFFERS: " \
                    (what[i] in restored ? right[1] " " right[2] : "not restored")
                if (verdict != "equal")
                    differ++
                rows = left[1] == "-" ? "" : left[1] " " (name[1] == "sequence" ? "" : "rows")
                printf "  %-13s %-42s %13s  %-22s %s\n", name[1], name[2], rows, left[2], verdict
            }
            printf "%d of %d are equal on both sides\n", lines - differ, lines
            exit differ > 0 || lines == 0
        }' "$home/contents.$kind.source" "$home/contents.$kind.restored"
}
