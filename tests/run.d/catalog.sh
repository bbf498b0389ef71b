#!/bin/bash
# timeout: 300
# The catalog in MariaDB and in PostgreSQL, with the real programs: made by the migrator, written by
# the writer, read by the reader; killed and started again in the middle of a night, which ends well
# with nothing lost.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

servers_start "" || fail "the servers do not start"
estate_fill 1 || fail "the estate cannot be filled"
for kind in mariadb postgres; do
    mkdir -p "$home/spare-$kind" && echo 1 >"$home/spare-$kind/port"
    secret spare-$kind >/dev/null
    cp "$home/$kind/ca.pem" "$home/spare-$kind/ca.pem"
done
mount_stores worker-1
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 9 worker-1
cp "$home/coordinator/coordinator.yaml" "$work/coordinator.yaml"

# ---- a catalog's server, as deploy/catalog wants it

catalog_server() {
    local tool=$root/tests/lib/mariadb.sh
    [ "$kind" = mysql ] || tool=$root/tests/lib/postgres.sh
    "$tool" "$1" "$home/catalog-$kind" "${@:2}"
}

catalog_users() {
    sed "s/[A-Z]*-PASSWORD/$(secret catalog | sed 's,/,\\/,g')/" "$root/deploy/catalog/$kind-$1.sql" >"$work/users.sql"
    if [ "$kind" = mysql ]; then
        catalog_server sql <"$work/users.sql"
    elif [ "$1" = users ]; then
        chmod 644 "$work/users.sql" && catalog_server psql -d postgres -f "$work/users.sql"
    else
        catalog_server psql -d dbhaul -f "$work/users.sql"
    fi
}

# Without a word to anybody, and without a checkpoint.
catalog_kill() {
    local server
    if [ "$kind" = mysql ]; then
        catalog_server kill
    else
        server=$(head -n 1 "$home/catalog-$kind/data/postmaster.pid")
        kill -QUIT "$server"
        wait_for 20 eval "! kill -0 $server"
    fi
}

catalog_stop() {
    local kind
    for kind in mysql postgres; do
        [ ! -d "$home/catalog-$kind" ] || catalog_server stop
    done
}
finish catalog_stop

catalog_configure() {
    sed "s,^catalog: .*,catalog: \"$kind://dbhaul_writer@127.0.0.1:$(server_port "catalog-$kind")/dbhaul\"," \
        "$work/coordinator.yaml" >"$home/coordinator/coordinator.yaml"
    cat >>"$home/coordinator/coordinator.yaml" <<END
catalog_access:
  secret: {from: "file:$home/secrets/catalog"}
  tls: verify
  ca: "$home/catalog-$kind/ca.pem"
  migrator: {user: dbhaul_migrator, secret: {from: "file:$home/secrets/catalog"}}
END
}

# reader SQL: as DPA would.
reader() {
    if [ "$kind" = mysql ]; then
        printf '[client]\npassword=%s\n' "$(secret catalog)" >"$work/reader.cnf"
        mariadb --defaults-file="$work/reader.cnf" -h 127.0.0.1 -P "$(server_port catalog-mysql)" \
            -u dbhaul_reader --ssl --batch --skip-column-names dbhaul -e "$1"
    else
        PGPASSWORD=$(secret catalog) psql -X -q -A -t -h 127.0.0.1 -p "$(server_port catalog-postgres)" \
            -U dbhaul_reader -d dbhaul -c "$1"
    fi
}

log_says() {
    grep -q "$1" "$home/coordinator/log"
}

# ---- a night of each kind

for kind in mysql postgres; do
    catalog_server start || fail "no server for the catalog"
    catalog_users users || fail "no users"
    catalog_configure
    : >"$home/coordinator/log"
    rm -rf "$home/worker-1/state"
    night_start worker-1 || fail "the daemons do not start"
    catalog_users reader || fail "no grants for the reader"
    if grep -q "$(secret catalog)" "$home/coordinator/log"; then fail "the password is in the log"; fi

    start "$work/backup-$kind" dbhaul backup 'name=estate-*' --wait
    backup=$pid
    wait_for 20 eval "dbhaul jobs --json | jq -e '[.[] | select(.kind == \"backup\")] | length == 2'"
    catalog_kill
    wait_for 60 log_says 'cannot write the catalog, tries again'
    kill -0 "$(cut -d ' ' -f 1 "$home/coordinator/pid")" || fail "the coordinator ended with the catalog's server"
    catalog_server start || fail "the catalog's server does not start again"
    wait_for 90 eval "! kill -0 $backup"
    stop "$backup" || { cat "$work/backup-$kind"; fail "the night did not end well"; }

    expect 0 dbhaul report --json
    [ "$(jq -r '[.[] | select(.status == "Success")] | length' "$work/output")" = 2 ] || fail "not two rows of success"
    [ "$(dbhaul backups --json | jq length)" = 2 ] || fail "not two sets"
    [ "$(reader "SELECT count(*) FROM report WHERE status = 'Success'")" = 2 ] || fail "the reader sees other rows"
    if reader "SELECT count(*) FROM jobs" >/dev/null 2>&1; then fail "the reader may read the tables"; fi

    # ---- who leads, leads alone; who comes after it goes on
    mkdir -p "$work/second-$kind"
    expect 2 "$programs/dbhaul-coordinator" --config "$home/coordinator/coordinator.yaml" --endpoint-folder "$work/second-$kind"
    says 'another coordinator'
    kill -KILL "$(cut -d ' ' -f 1 "$home/coordinator/pid")"
    daemon_start coordinator "$programs/dbhaul-coordinator" --config "$home/coordinator/coordinator.yaml"
    wait_for 30 log_says 'leads with epoch 2'
    wait_for 30 eval "dbhaul workers --json | jq -e '.[0].state == \"ready\"'"
    expect 0 dbhaul backup 'name=estate-mariadb' --wait
    [ "$(dbhaul backups --json | jq length)" = 3 ] || fail "not three sets"
    night_stop
    catalog_server stop
done
echo "both kinds kept all"
