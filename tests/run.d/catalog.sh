#!/bin/bash
# timeout: 300
# The catalog in MariaDB and in PostgreSQL, with the real programs: made by the migrator, written by
# the writer, read by the reader; killed and started again in the middle of a night, of a protection
# and of an expiry, which end well with nothing lost. What the one has saved in the store is rebuilt
# in the other.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"
. "$root/tests/lib/datadomain.sh"

[ -x /usr/sbin/sshd ] || skip "no sshd"
store=boostfs:dd1.example:/su1
mtree=/data/col1/su1
for name in dd1 dd2; do
    finish datadomain_stop "$work/$name"
    datadomain_start "$work/$name" $name.example
done
mkdir -p "$home/storage"
datadomain_ask "$work/dd1" mtree $mtree "$home/storage" >/dev/null
datadomain_ask "$work/dd1" context 7 $mtree "$work/dd2" $mtree >/dev/null
knob() { datadomain_ask "$work/dd1" knob "$@" >/dev/null; }
knob auto_sync false

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
{
    echo "policies: {all: {select: {}, retention: {last: 1, off_site: true}}}"
    echo "expire: {every: 0s}"
    echo "protect: {look: 200ms, retry: 200ms, spacing: 0s, sync_limit: 5s}"
    echo "datadomains:"
    datadomain_config "$work/dd1"
} >>"$home/coordinator/coordinator.yaml"
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

# catalog_configure [DATABASE]
catalog_configure() {
    sed "s,^catalog: .*,catalog: \"$kind://dbhaul_writer@127.0.0.1:$(server_port "catalog-$kind")/${1:-dbhaul}\"," \
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

all_offsite() {
    dbhaul backups --json | jq -e 'length > 0 and all(.[]; .offsite)'
}

sets_of() {
    jq -S 'map({name, path, state, manifest_sha256, offsite, protection}) | sort_by(.path)'
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

    # ---- the catalog is killed while a snapshot is on its way to the other site
    wait_for 30 all_offsite
    knob sync hang
    expect 0 dbhaul backup 'name=estate-mariadb' --wait
    wait_for 30 eval 'dbhaul protections --json | jq -e ".[0].state == \"syncing\""'
    catalog_kill
    : >"$home/coordinator/log"
    knob sync well
    wait_for 60 log_says 'cannot write the catalog, tries again'
    catalog_server start || fail "the catalog's server does not start again"
    wait_for 90 all_offsite
    twice=$(datadomain_ask "$work/dd1" snapshots $mtree | jq -r '.[].name' | sort | uniq -d)
    [ -z "$twice" ] || fail "made twice: $twice"
    dbhaul protections --all --json | jq -e 'all(.[]; .state == "off-site")' >/dev/null || fail "$(dbhaul protections)"

    # ---- and while a set is removed
    faults worker-1 'unlink hang path=.sql'
    expect 0 dbhaul expire
    wait_for 30 eval '[ -n "$(find "$home/storage" -name "*.removed")" ]'
    catalog_kill
    : >"$home/coordinator/log"
    faults worker-1
    wait_for 60 log_says 'cannot write the catalog, tries again'
    catalog_server start || fail "the catalog's server does not start again"
    wait_for 90 eval '[ "$(dbhaul backups --expired --json | jq "[.[] | select(.state == \"expired\")] | length")" = 2 ]'
    [ -z "$(find "$home/storage" -name '*.removed')" ] || fail "something is left: $(find "$home/storage" -name '*.removed')"
    [ "$(dbhaul backups --json | jq length)" = 2 ] || fail "not the last set of each is left: $(dbhaul backups)"

    expect 0 dbhaul catalog save --store $store --wait
    dbhaul backups --all --json | sets_of >"$work/sets-$kind"
    folder=$(dbhaul backups --json | field path | cut -d / -f 2)
    [ $kind != mysql ] || saved=$folder
    night_stop
    [ $kind = postgres ] || catalog_server stop
done

# ---- what the one has saved, rebuilt in the other

sed "s/[A-Z]*-PASSWORD/$(secret catalog | sed 's,/,\\/,g')/; s/\\bdbhaul\\b/again/g" \
    "$root/deploy/catalog/postgres-users.sql" >"$work/again.sql"
chmod 644 "$work/again.sql"
catalog_server psql -d postgres -f "$work/again.sql" || fail "no second database"
catalog_configure again
expect 0 "$programs/dbhaul" catalog rebuild --config "$home/coordinator/coordinator.yaml" --from "$home/storage" \
    --store $store --catalog "$saved"
says 'saved catalog: '
night_start worker-1 || fail "the daemons do not start with the rebuilt catalog"
dbhaul backups --all --json | sets_of | diff "$work/sets-mysql" - || fail "the rebuilt catalog has other sets"
expect 0 dbhaul verify "$(set_of estate-postgres)" --wait
expect 0 dbhaul backup 'name=estate-mariadb' --wait
night_stop
echo "both kinds kept all, and the one what the other had saved"
