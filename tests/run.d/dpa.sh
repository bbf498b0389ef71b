#!/bin/bash
# timeout: 300
# build: asan
# A night, its catalog in a real MariaDB and then in a real PostgreSQL, and what a reporting tool sees
# of it: the samples of deploy/dpa asked by the reader of deploy/catalog over TLS, and the view
# `report` beside what `dbhaul report` says.
. "$(dirname "$0")/../lib/script.sh"

# What OpenSSL keeps of a thread of the catalog that ends with the program is no leak of ours.
echo 'leak:libcrypto.so' >"$work/leaks"
export LSAN_OPTIONS=suppressions=$work/leaks

command -v mariadbd >/dev/null || skip "no mariadbd"
command -v psql >/dev/null || skip "no psql"
mariadb=$root/tests/lib/mariadb.sh
postgres=$root/tests/lib/postgres.sh
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/secrets" "$work/store" "$work/run"
chmod 711 "$work"  # for the user postgres

"$mariadb" start "$work/db" 0 || fail "mariadbd does not start"
finish "'$mariadb' stop '$work/db'"
"$postgres" start "$work/pg" || skip "no PostgreSQL server"
finish "'$postgres' stop '$work/pg'"
port=$(cat "$work/db/port")
"$mariadb" sql "$work/db" <<'SQL'
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse';
GRANT ALL ON *.* TO haul@'127.0.0.1';
CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY);
SQL
(
    umask 077
    echo 'correct horse' >"$work/secrets/right"
    echo 'wrong horse' >"$work/secrets/wrong"
    echo 'battery staple' >"$work/secrets/catalog"
)
dbhaul-worker --create-store "$work/store" || fail "cannot make a store"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: "arn:shop", name: shop, engine: mariadb, host: 127.0.0.1, port: $port, secret: right}
  - {id: "arn:shut", name: shut, engine: mariadb, host: 127.0.0.1, port: $port, secret: wrong}
  - {id: "arn:asleep", name: asleep, engine: mariadb, host: 127.0.0.1, port: $port, state: stopped}
END
cat >"$work/worker.yaml" <<END
name: w1
state: $work/KIND
coordinators: [{endpoint: "ipc://$work/run/workers.ipc"}]
stores:
  - {kind: directory, place: $work/store}
secrets:
  right: {from: "file:$work/secrets/right", username: haul, servers: ["127.0.0.1:$port"]}
  wrong: {from: "file:$work/secrets/wrong", username: haul, servers: ["127.0.0.1:$port"]}
tls: {ca: $work/db/ca.pem}
END
chmod 600 "$work"/*.yaml

# deploy NAME: a script of deploy/catalog, by the administrator.
deploy() {
    sed "s/[A-Z]*-PASSWORD/battery staple/" "$root/deploy/catalog/$kind-$1.sql" >"$work/deploy.sql"
    if [ $kind = mysql ]; then
        "$mariadb" sql "$work/db" <"$work/deploy.sql"
    else
        "$postgres" psql "$work/pg" -d "$2" -f "$work/deploy.sql"
    fi || fail "deploy/catalog/$kind-$1.sql"
}

# ask: statements on standard input, by the reader; cells apart by a bar.
ask() {
    if [ $kind = mysql ]; then
        MYSQL_PWD='battery staple' mariadb --no-defaults --ssl --host=127.0.0.1 --port="$port" \
            --user=dbhaul_reader --batch --skip-column-names dbhaul | tr '\t' '|'
    else
        PGPASSWORD='battery staple' PGSSLMODE=require psql -X -q -A -t -v ON_ERROR_STOP=1 \
            -h 127.0.0.1 -p "$(cat "$work/pg/port")" -U dbhaul_reader -d dbhaul
    fi
}

# sample NAME: of today and tomorrow.
sample() {
    sed "s/:start/'$(date -u +%F) 00:00:00'/; s/:end/'$(date -u -d '2 days' +%F) 00:00:00'/" \
        "$root/deploy/dpa/$1.sql" | ask
}

expect() {
    [ "$2" = "$3" ] || fail "$kind: $1 is '$2', not '$3'"
}

night() {
    local ended=0
    deploy users postgres
    cat >"$work/coordinator.yaml" <<END
catalog: "$1"
save_catalog: {enabled: false}
catalog_access:
  secret: {from: "file:$work/secrets/catalog"}
  migrator: {user: dbhaul_migrator, secret: {from: "file:$work/secrets/catalog"}}
providers:
  - {kind: file, name: estate, path: $work/inventory.yaml}
END
    chmod 600 "$work/coordinator.yaml"
    start "$work/coordinator.log" dbhaul-coordinator --config "$work/coordinator.yaml" \
        --endpoint-folder "$work/run"
    coordinator=$pid
    wait_for 60 dbhaul status
    deploy reader dbhaul
    sed "s/KIND/$kind/" "$work/worker.yaml" >"$work/$kind.yaml"
    chmod 600 "$work/$kind.yaml"
    start "$work/worker.log" dbhaul-worker --config "$work/$kind.yaml"
    worker=$pid
    dbhaul backup --wait >"$work/out" || ended=$?
    expect "the status of a night with a failure" $ended 1

    expect jobs "$(sample jobs | wc -l)" 2
    expect "the failure" "$(sample failures | cut -d '|' -f 3,10,11)" 'shut|failed|somebody must act'
    expect "what is old" "$(sample unprotected)" ''
    expect "the month" "$(sample capacity | cut -d '|' -f 2-4)" "$(date -u +%Y-%m)|127.0.0.1|1"
    expect databases "$(echo 'SELECT database_name, has_good_set, last_status_text,
        CASE WHEN skip_reason = '"''"' THEN 0 ELSE 1 END FROM dpa_databases_v1 ORDER BY 1' | ask)" \
        $'asleep|0|None|1\nshop|1|Success|0\nshut|0|Failed|0'
    expect "the set" "$(echo 'SELECT store_kind, tool, throughput_bytes_s > 0 FROM dpa_backup_jobs_v1
        WHERE status_code = 0 AND checksum <> '"''" | ask | sed 's/t$/1/')" 'directory|mysql|1'

    expect "dbhaul report" \
        "$(dbhaul report --since "$(date -u +%F)" --csv | tail -n +2 | tr , '|' | sort)" \
        "$(echo 'SELECT * FROM report' | ask | sort)"
    expect "the report of before" "$(dbhaul report --until "$(date -u +%F)" --csv)" \
        'start,end,dbname,size,longname,status'
    stop "$worker" || fail "the worker does not end well"
    stop "$coordinator" ||
        fail "the coordinator does not end well: $(tail -n 30 "$work/coordinator.log")"
}

kind=mysql
night "mysql://dbhaul_writer@127.0.0.1:$port/dbhaul"
kind=postgres
night "postgres://dbhaul_writer@127.0.0.1:$(cat "$work/pg/port")/dbhaul"
echo "reports are well"
