# shellcheck shell=bash disable=SC2034,SC2154
# Servers with much data, our side and the peers', for tests/bench/extract, restore and dedup:
# sourced, not run. Whoever sources it sets $root, $programs (a release build), $home (a folder on a
# disk, for the servers) and $out (a folder for what is read out of them, best in memory).
#
# Two engines (mysql, postgres), and data sets of each (big, small, indexed) as servers of their own:
# $home/ENGINE-SET. Nothing speaks TLS: it would cost all sides the same.
#
# A side is a function with the names of engine and set as arguments; it writes into $out/SIDE.

# shellcheck source=../../deploy/estate/lib.sh
. "$root/deploy/estate/lib.sh"

bench_connections=2  # that read, of every side that can have several

# bench_begin: the programs, and the secret that all sides use.
bench_begin() {
    [ -x "$programs/tests/bench_rows" ] || {
        cmake -S "$root" -B "$programs" -G Ninja -DCMAKE_BUILD_TYPE=Release
        ninja -C "$programs" dbhaul dbhaul-coordinator dbhaul-worker bench_rows bench_discard bench_chunks
    } >"$home/build.log" 2>&1 || return 1
    mkdir -p "$home/secrets" "$out" && chmod 755 "$home" && chmod 700 "$home/secrets" "$out"
    [ -s "$home/secrets/bench" ] || (umask 077 && openssl rand -hex 16 >"$home/secrets/bench")
    export root programs home out bench_connections BENCH_USER=bench BENCH_PASSWORD BENCH_DATABASE=bench
    BENCH_PASSWORD=$(cat "$home/secrets/bench")
    export PGHOST=127.0.0.1 PGUSER=bench PGPASSWORD=$BENCH_PASSWORD PGSSLMODE=disable PGDATABASE=bench
}

# ---- servers

bench_port() { cat "$home/$1/port"; }

bench_pid() {
    case $1 in
        mysql-*) cat "$home/$1/pid" ;;
        postgres-*) head -n 1 "$home/$1/data/postmaster.pid" ;;
    esac
}

# bench_start NAME MIB: with so much memory for its pages.
bench_start() {
    local name=$1 mib=$2 log=--log-bin=binlog
    [ "$name" != mysql-target ] || log=--skip-log-bin
    case $name in
        mysql-*)
            "$root/tests/lib/mariadb.sh" start "$home/$name" 0 --skip-ssl $log \
                --innodb-buffer-pool-size="${mib}M" --innodb-log-file-size=512M --local-infile=1 \
                --innodb-flush-method=O_DIRECT --sync-frm=1 \
                --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-dump-at-shutdown=0 \
                --innodb-buffer-pool-load-at-startup=0 || return 1
            (umask 077 && printf '[client]\nhost=127.0.0.1\nport=%s\nuser=bench\npassword=%s\n' \
                "$(bench_port "$name")" "$BENCH_PASSWORD" >"$home/$name.cnf")
            ;;
        postgres-*)
            local new=()
            [ -d "$home/$name" ] || new=(ssl=off shared_buffers="${mib}MB" max_wal_size=512MB
                max_locks_per_transaction=256 dynamic_shared_memory_type=mmap autovacuum=off)
            "$root/tests/lib/postgres.sh" start "$home/$name" "${new[@]}" || return 1
            ;;
    esac
}

bench_stop() {
    [ ! -d "$home/$1" ] || case $1 in
        mysql-*) "$root/tests/lib/mariadb.sh" stop "$home/$1" ;;
        postgres-*) "$root/tests/lib/postgres.sh" stop "$home/$1" ;;
    esac
}

# As the superuser; statements come on standard input.
bench_sql() {
    local name=$1
    shift
    case $name in
        mysql-*) "$root/tests/lib/mariadb.sh" sql "$home/$name" --local-infile=1 "$@" ;;
        postgres-*) "$root/tests/lib/postgres.sh" psql "$home/$name" "$@" >/dev/null ;;
    esac
}

bench_user() {
    case $1 in
        mysql-*)
            bench_sql "$1" <<<"CREATE USER bench@'127.0.0.1' IDENTIFIED BY '$BENCH_PASSWORD';
                GRANT ALL ON *.* TO bench@'127.0.0.1' WITH GRANT OPTION"
            ;;
        postgres-*)
            bench_sql "$1" -d postgres <<<"CREATE ROLE bench SUPERUSER LOGIN PASSWORD '$BENCH_PASSWORD';"
            ;;
    esac
}

# ---- data

bench_big_tables() {
    local engine=$1 double=double text=TEXT time='DATETIME' fine='DATETIME(6)' blob=MEDIUMBLOB
    [ "$engine" = mysql ] || { double='double precision' time=timestamp fine=timestamp blob=bytea; }
    cat <<END
CREATE TABLE customers (id BIGINT PRIMARY KEY, name VARCHAR(60) NOT NULL, email VARCHAR(80) NOT NULL,
    since $time NOT NULL, address VARCHAR(250));
CREATE TABLE events (id BIGINT PRIMARY KEY, customer INT NOT NULL, kind VARCHAR(20) NOT NULL,
    happened $fine NOT NULL, amount DECIMAL(12, 2) NOT NULL, score $double NOT NULL,
    note VARCHAR(250), payload $text NOT NULL);
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INT NOT NULL, state VARCHAR(20) NOT NULL,
    made $time NOT NULL, sent $time, total DECIMAL(12, 2) NOT NULL, note VARCHAR(150) NOT NULL);
CREATE TABLE items (order_id BIGINT NOT NULL, line INT NOT NULL, product INT NOT NULL,
    quantity INT NOT NULL, price DECIMAL(10, 2) NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE blobs (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL, data $blob NOT NULL);
END
}

# bench_rows_of TABLE PERCENT: 100 percent are some 2 GB, of which events has two thirds.
bench_rows_of() {
    local count
    case $1 in
        customers) count=3000 ;;
        events) count=40000 ;;
        orders) count=16000 ;;
        items) count=50000 ;;
        blobs) count=120 ;;
        indexed) count=80000 ;;
    esac
    echo $((count * $2))
}

# bench_load NAME TABLE ROWS FIRST
bench_load() {
    local name=$1 table=$2 columns='' edit=cat
    case $name in
        mysql-*)
            [ "$table" != blobs ] || columns='(id, name, @data) SET data = UNHEX(@data)'
            "$programs/tests/bench_rows" "$table" "$3" "$4" | bench_sql "$name" bench -e \
                "SET sql_log_bin = 0; SET unique_checks = 0;
                LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE $table CHARACTER SET utf8mb4 $columns;
                ANALYZE TABLE $table" >/dev/null
            ;;
        postgres-*)
            [ "$table" != blobs ] || edit='sed s/\t\([^\t]*\)$/\t\\\\\\\\x\1/'
            "$programs/tests/bench_rows" "$table" "$3" "$4" | $edit | bench_sql "$name" bench -c "COPY $table FROM STDIN"
            ;;
    esac
}

bench_make_database() {
    case $1 in
        mysql-*) bench_sql "$1" <<<"CREATE DATABASE bench CHARACTER SET utf8mb4" ;;
        postgres-*) bench_sql "$1" -d postgres <<<"CREATE DATABASE bench" ;;
    esac
}

bench_vacuum() {
    [ "${1%-*}" != postgres ] || bench_sql "$1" bench <<<"VACUUM ANALYZE;"
}

bench_fill_big() {
    local name=$1 percent=$2 table
    bench_make_database "$name" && bench_big_tables "${name%-*}" | bench_sql "$name" bench || return 1
    for table in customers events orders items blobs; do
        bench_load "$name" $table "$(bench_rows_of $table "$percent")" 1 || return 1
    done
    bench_vacuum "$name"
}

# bench_fill_indexed NAME PERCENT: one table with a key and five indexes, which take longer than its rows.
bench_fill_indexed() {
    local name=$1
    bench_make_database "$name" && bench_big_tables "${name%-*}" | grep -A 1 'TABLE orders' | bench_sql "$name" bench &&
        bench_load "$name" orders "$(bench_rows_of indexed "$2")" 1 && bench_sql "$name" bench <<<"
            CREATE INDEX of_customer ON orders (customer, made);
            CREATE INDEX of_state ON orders (state, total);
            CREATE INDEX of_made ON orders (made);
            CREATE INDEX of_total ON orders (total, id);
            CREATE INDEX of_note ON orders (note);" && bench_vacuum "$name"
}

# bench_fill_small NAME TABLES: of 0 to 200 rows each.
bench_fill_small() {
    local name=$1 tables=$2 i rows
    bench_make_database "$name" || return 1
    {
        [ "${name%-*}" = postgres ] || echo "SET sql_log_bin = 0;"
        for ((i = 1; i <= tables; i++)); do
            rows=$((i * 7919 % 201))
            echo "CREATE TABLE table_$i (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, note VARCHAR(100)," \
                "amount DECIMAL(10, 2) NOT NULL);"
            [ $rows != 0 ] || continue
            case $name in
                mysql-*) echo "INSERT INTO table_$i SELECT seq, MD5(seq), REPEAT('n', seq % 60), seq / 7" \
                    "FROM seq_1_to_$rows;" ;;
                postgres-*) echo "INSERT INTO table_$i SELECT n, md5(n::text), repeat('n', n % 60), n / 7.0" \
                    "FROM generate_series(1, $rows) n;" ;;
            esac
        done
    } | bench_sql "$name" bench && bench_vacuum "$name"
}

# bench_source NAME PERCENT TABLES MIB: a server with its data; what is there already stays.
bench_source() {
    local name=$1
    if [ ! -e "$home/$name/filled" ]; then
        bench_start "$name" "$4" && bench_user "$name" || return 1
        case $name in
            *-big) bench_fill_big "$name" "$2" || return 1 ;;
            *-indexed) bench_fill_indexed "$name" "$2" || return 1 ;;
            *-small) bench_fill_small "$name" "$3" || return 1 ;;
        esac
        bench_stop "$name" && : >"$home/$name/filled" || return 1  # nothing is left to be written
    fi
    bench_start "$name" "$4"
}

# ---- our side

# bench_ours NAME STORE: a coordinator and a worker for that server.
bench_ours() {
    local name=$1 store=$2 engine=mariadb tool=mysql port try
    port=$(bench_port "$name")
    case $name in postgres-*) engine=postgres tool=postgres ;; esac
    bench_ours_stop
    mkdir -p "$store" "$home/coordinator" "$home/worker"
    "$programs/dbhaul-worker" --create-store "$store" >/dev/null || return 1
    printf 'databases:\n  - {id: "%s", name: %s, engine: %s, host: 127.0.0.1, port: %s, secret: bench}\n' \
        "$name" "$name" $engine "$port" >"$home/coordinator/inventory.yaml"
    rm -rf "$home/coordinator"/catalog.db* "$home/worker/state"
    cat >"$home/coordinator/coordinator.yaml" <<END
catalog: "sqlite:$home/coordinator/catalog.db"
save_catalog: {enabled: false}
endpoints:
  local_workers: "ipc://$home/coordinator/workers.ipc"
  local_operators: "ipc://$home/coordinator/operator.ipc"
providers: [{kind: file, name: bench, path: $home/coordinator/inventory.yaml}]
retry: {failures: 1}
policies: {bench: {select: {}, tool: $tool, connections: $((bench_connections + 1))}}
END
    cat >"$home/worker/worker.yaml" <<END
name: bench
state: $home/worker/state
coordinators: [{endpoint: "ipc://$home/coordinator/workers.ipc"}]
stores: [{kind: directory, place: $store}]
secrets: {bench: {from: "file:$home/secrets/bench", username: bench, servers: ["127.0.0.1:$port"]}}
tls: {unverified: ["127.0.0.1:$port"]}
END
    chmod 600 "$home"/coordinator/*.yaml "$home"/worker/*.yaml
    daemon_start coordinator "$programs/dbhaul-coordinator" --config "$home/coordinator/coordinator.yaml" &&
        daemon_start worker "$programs/dbhaul-worker" --config "$home/worker/worker.yaml"
    for ((try = 0; try < 300; try++)); do
        dbhaul workers --json 2>/dev/null | grep -q '"state": *"ready"' && return 0
        if ! daemon_runs coordinator || ! daemon_runs worker; then break; fi
        sleep .1
    done
    tail -n 5 "$home"/coordinator/log "$home"/worker/log >&2
    return 1
}

bench_ours_stop() {
    daemon_stop worker
    daemon_stop coordinator
}

dbhaul() { DBHAUL_CONNECT=ipc://$home/coordinator/operator.ipc "$programs/dbhaul" "$@"; }

# Prints how long the run took, by the coordinator's log: the command looks twice a second only.
side_ours() {
    dbhaul backup "name=$1-$2" --wait >"$home/ours.log" 2>&1 || {
        cat "$home/ours.log" >&2
        return 1
    }
    local began ended
    began=$(sed -n 's/ .* run [0-9]* begins.*//p' "$home/coordinator/log" | tail -n 1)
    ended=$(sed -n 's/ .* run [0-9]* ended.*//p' "$home/coordinator/log" | tail -n 1)
    awk -v began="$(date -d "$began" +%s.%N)" -v ended="$(date -d "$ended" +%s.%N)" \
        'BEGIN { printf "%.3f\n", ended - began }'
}

# ---- the peers

side_mysqldump() {
    mkdir -p "$out/mysqldump"
    mariadb-dump --defaults-file="$home/mysql-$2.cnf" --single-transaction --quick --hex-blob \
        --databases bench >"$out/mysqldump/dump.sql"
}

mydumper_with() {
    local side=$1 set=$2
    shift 2
    mydumper --defaults-file="$home/mysql-$set.cnf" -t $bench_connections -B bench -o "$out/$side" "$@" \
        >"$home/mydumper.log" 2>&1 || {
        tail -n 5 "$home/mydumper.log" >&2
        return 1
    }
}

side_mydumper() { mydumper_with mydumper "$2"; }

# Which options are the best differs: ranges of a large table, no waiting for locks of many small ones.
side_mydumper_best() {
    case $2 in
        big) mydumper_with mydumper_best "$2" -r 131072 --trx-consistency-only ;;
        *) mydumper_with mydumper_best "$2" --trx-consistency-only --use-savepoints ;;
    esac
}

side_pg_dump() {
    mkdir -p "$out/pg_dump"
    PGPORT=$(bench_port "postgres-$2") pg_dump >"$out/pg_dump/dump.sql"
}

side_pg_dump_fd() {
    PGPORT=$(bench_port "postgres-$2") pg_dump -Fd -j $bench_connections -Z0 -f "$out/pg_dump_fd"
}

# ---- the ceiling: ranges of large tables, and each small table, by their text protocol

bench_statements() {
    local engine=$1 set=$2 percent=$3 tables=$4 table key rows step from
    if [ "$set" = small ]; then
        for ((from = 1; from <= tables; from++)); do
            [ "$engine" = mysql ] && echo "SELECT * FROM table_$from" || echo "COPY table_$from TO STDOUT"
        done
        return
    fi
    for table in events items orders customers blobs; do
        rows=$(bench_rows_of $table "$percent") key=id
        [ $table != items ] || { key=order_id rows=$((rows / 3)); }
        step=$(((rows + 7) / 8))
        for ((from = 0; from <= rows; from += step)); do
            set -- "SELECT * FROM $table WHERE $key >= $from AND $key < $((from + step)) ORDER BY $key"
            [ "$engine" = mysql ] && echo "$1" || echo "COPY ($1) TO STDOUT"
        done
    done
}

side_ceiling() {
    "$programs/tests/bench_discard" "$1" "$(bench_port "$1-$2")" $bench_connections <"$home/$1-$2.statements" >/dev/null
}

export -f bench_port dbhaul mydumper_with side_ours side_mysqldump side_mydumper side_mydumper_best side_pg_dump \
    side_pg_dump_fd side_ceiling

# ---- measuring

# bench_measure ENGINE SET SIDE: adds a line to $home/ENGINE-SET.figures, and deletes what was written.
bench_measure() {
    local engine=$1 set=$2 side=$3 daemons=
    [ "$side" != ours ] || daemons=$(cut -d ' ' -f 1 "$home"/coordinator/pid "$home"/worker/pid | paste -sd ,)
    /usr/bin/python3 "$root/tests/lib/measure.py" run "$side" "$home/$engine-$set.figures" \
        "$(bench_pid "$engine-$set")" "$daemons" "$out" bash -c "set -e; side_$side $engine $set" || return 1
    bench_delete "$side"
}

# Of ours the files of rows; the manifest stays, since the next set is cut as the one before.
bench_delete() {
    case $1 in
        ours) find "$out/ours" -type f ! -name '*.json' -size +0 -path '*/dbhaul/*' -delete ;;
        *) rm -rf "${out:?}/$1" ;;
    esac
}
