#!/bin/bash
# timeout: 400
# build: debug
# Sets that go for good: what guards them, what a retention lock does, and kills between each of the
# steps. Prints a table of what was tried and what came of it.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"
. "$root/tests/lib/datadomain.sh"

command -v jq >/dev/null || skip "no jq"
[ -x /usr/sbin/sshd ] || skip "no sshd"
mtree=/data/col1/su1
finish datadomain_stop "$work/dd1"
finish datadomain_stop "$work/dd2"
mkdir -p "$home/storage"
datadomain_start "$work/dd1" dd1.example
datadomain_start "$work/dd2" dd2.example
datadomain_ask "$work/dd1" mtree $mtree "$home/storage" >/dev/null

mariadb_tool start "$home/mariadb" 0 || fail "MariaDB does not start"
mariadb_tool sql "$home/mariadb" <<SQL
CREATE USER dbhaul_backup@'127.0.0.1' IDENTIFIED BY '$(secret mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_backup@'127.0.0.1';
CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY, what TEXT) SELECT seq AS id, 'thing' AS what FROM mysql.seq_1_to_50;
SQL
for other in postgres spare-mariadb spare-postgres; do
    mkdir -p "$home/$other" && echo 1 >"$home/$other/port"
    cp "$home/mariadb/ca.pem" "$home/$other/ca.pem"
done
night_inventory() {
    echo "databases:"
    local name
    for name in ${names:-one two}; do
        echo "  - {id: $name, name: $name, engine: mariadb, host: 127.0.0.1, port: $(server_port mariadb), secret: mariadb}"
    done
}
mount_stores worker-1
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 3 worker-1
{
    echo "protect: {look: 200ms, retry: 200ms, spacing: 0s, retention: 3d, secured: true}"
    echo "expire: {every: 0s, locked: 24h}"
    echo "policies: {all: {select: {}, retention: {last: 1, off_site: true}, snapshot_retention: 5d}}"
    echo "datadomains:"
    datadomain_config "$work/dd1"
} >>"$home/coordinator/coordinator.yaml"
night_start worker-1 || fail "the daemons do not start"

rows=()

# row FAULT WHAT-CAME-OF-IT
row() { rows+=("$(printf '%-58s %s' "$1" "$2")"); }

pid_of() { cut -d ' ' -f 1 "$home/$1/pid"; }

killed() {
    local pid
    pid=$(pid_of "$1")
    kill -KILL "$pid"
    is_gone() { ! kill -0 "$pid" 2>/dev/null; }
    wait_for 20 is_gone
}

started() {
    if [ "$1" = coordinator ]; then
        night_daemon coordinator dbhaul-coordinator coordinator.yaml
        wait_for 20 dbhaul status
    else
        night_daemon "$1" dbhaul-worker worker.yaml
    fi
}

all_of() { dbhaul backups --all --json "name=$1" | jq -r 'sort_by(.id) | .[].id'; }
oldest() { all_of one | head -n 1; }
state_of() { dbhaul backups --expired --json "set=$1" | field state; }
is() { [ "$(state_of "$1")" = "$2" ]; }
path_of() { echo "$home/storage/$(dbhaul backups --expired --json "set=$1" | field path)"; }
is_there() { [ -e "$1" ]; }

# stays SET WHY: it does not go, not even for who names it.
stays() {
    expect 5 dbhaul expire --set "$1"
    says "set $1 stays: .*$2"
    [ -e "$(path_of "$1")/manifest.json" ] || fail "set $1 was touched"
}

# whole, left FOLDER: the set is there as it was, or something of it is.
whole() { is_there "$1/manifest.json" && ! is_there "$1.removed"; }
left() { is_there "$1" || is_there "$1.removed"; }

# gone SET FAULT: it is removed in the end, whatever was killed.
gone() {
    wait_for 30 is "$1" expired
    ! left "$path" || fail "$2: something of set $1 is left"
    row "$2" "expired, and nothing of it is left"
}

# begin: names the oldest set, and asks for its expiry.
begin() {
    set=$(oldest)
    path=$(path_of "$set")
    expect 0 dbhaul expire --set "$set"
}

# ---- what guards a set

expect 0 dbhaul backup --wait
expect 0 dbhaul backup --wait
first=$(oldest)
expect 0 dbhaul expire --dry-run --wide
says "^ *$first .*kept .*it is not off-site yet, and the policy wants that first"
says 'kept .*it is the last good set of its database'
expect 5 dbhaul expire --wait
says 'no set is to go now'
stays "$first" 'it is not off-site yet'
row "no set is off-site" "none goes, not even if it is named"

datadomain_ask "$work/dd1" context 7 $mtree "$work/dd2" $mtree >/dev/null
all_offsite() { dbhaul backups --json | jq -e 'length == 4 and all(.offsite)'; }
wait_for 30 all_offsite
snapshot=$(datadomain_ask "$work/dd1" snapshots $mtree | jq -c '.[0] | [.expires - .created, .secured]')
[ "$snapshot" = "[$((5 * 86400)),true]" ] || fail "the snapshot is kept so: $snapshot"
row "a snapshot that the policy wants for 5 days, secured" "it is, though the preset is 3 days"

expect 0 dbhaul pin "$first" --reason "the auditors want it"
expect 0 dbhaul expire --dry-run name=one --wide
says "^ *$first .*kept .*it is pinned"
stays "$first" 'it is pinned'
expect 0 dbhaul backups "set=$first" --json
jq -e '.[0] | .pinned and .pin_reason == "the auditors want it"' "$work/output" >/dev/null || fail "$(cat "$work/output")"
expect 0 dbhaul events state=pinned
says "set $first was pinned by .*the auditors want it"
expect 0 dbhaul unpin "$first"
row "it is pinned" "it stays until it is unpinned"

faults worker-1 "read hang path=$(basename "$(path_of "$first")")/"
expect 0 dbhaul verify "$first"
runs() { dbhaul jobs --json state=running | jq -e 'length == 1'; }
wait_for 20 runs
stays "$first" 'a restore or a verification of it'
faults worker-1
verified() { dbhaul jobs --json state=running | jq -e 'length == 0'; }
wait_for 30 verified
row "a verification uses it" "it stays until that has ended"

stays "$(all_of one | tail -n 1)" 'it is the last good set'
row "the last good set of a database" "it stays"

paths=("$(path_of "$first")" "$(path_of "$(all_of two | head -n 1)")")
expect 0 dbhaul expire --dry-run --going --json
[ "$(jq length "$work/output")" = 2 ] || fail "$(cat "$work/output")"
expect 0 dbhaul expire --wait
for path in "${paths[@]}"; do
    ! left "$path" || fail "'$path' is left"
done
[ "$(dbhaul backups --json | jq length)" = 2 ] || fail "$(dbhaul backups)"
expect 0 dbhaul backups --expired "set=$first" --json
jq -e '.[0] | .state == "expired" and .expired and (.expiry | test("no rule keeps it"))' "$work/output" >/dev/null ||
    fail "$(cat "$work/output")"
expect 5 dbhaul restore "$first" --to 127.0.0.1:1 --secret spare-mariadb
says "set $first was expired"
expect 5 dbhaul expire
row "one set too many of two databases" "both go, and the last of each stays"

# ---- kills

sed -i 's/off_site: true}/off_site: false}/' "$home/coordinator/coordinator.yaml"
kill -HUP "$(pid_of coordinator)"
for _ in {1..10}; do
    expect 0 dbhaul backup name=one --wait
done
expect 0 dbhaul backup name=two --wait

set=$(oldest)
path=$(path_of "$set")
killed coordinator
/usr/bin/python3 - "$home/coordinator/catalog.db" "$set" <<'PYTHON'
import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1])
catalog.execute("UPDATE sets SET kept_state = state, state = 'expiring' WHERE id = ?", (sys.argv[2],))
catalog.commit()
PYTHON
started coordinator
gone "$set" "kill -9 of the coordinator between 'expiring' and the job"

killed worker-1
begin
killed coordinator
started coordinator
is "$set" expiring || fail "$(state_of "$set")"
expect 5 dbhaul restore "$set" --to 127.0.0.1:1 --secret spare-mariadb
says "set $set is being expired"
expect 5 dbhaul pin "$set"
says "set $set is being expired"
started worker-1
gone "$set" "kill -9 of the coordinator while the job waits"

faults worker-1 'rename hang path=.removed'
begin
wait_for 20 runs
killed worker-1
is_there "$path/manifest.json" || fail "it was renamed"
faults worker-1
started worker-1
gone "$set" "kill -9 of the worker before the folder is renamed"

faults worker-1 'unlink hang path=manifest.json'
begin
wait_for 20 is_there "$path.removed/manifest.json"
killed worker-1
faults worker-1
started worker-1
gone "$set" "kill -9 of the worker after that, before a file is gone"

faults worker-1 'unlink hang path=.sql'
begin
without_manifest() { is_there "$path.removed" && ! is_there "$path.removed/manifest.json"; }
wait_for 20 without_manifest
expect 0 dbhaul sweep "$(dbhaul backups --expired --json "set=$set" | field store)" --list --remove partial --json
[ "$(jq length "$work/output")" = 0 ] || fail "a sweep takes what an expiry removes: $(cat "$work/output")"
row "a sweep that removes, beside a removal that hangs" "what the removal works on is none of the sweep's"
killed worker-1
faults worker-1
started worker-1
gone "$set" "kill -9 of the worker when the manifest is gone"

faults worker-1 'unlink hang path=.sql'
begin
wait_for 20 without_manifest
killed coordinator
faults worker-1
removed() { ! is_there "$path.removed"; }
wait_for 20 removed
started coordinator
gone "$set" "kill -9 of the coordinator while the worker removes"

faults worker-1 'unlink errno=EIO count=1'
begin
gone "$set" "EIO at an unlink: no lock, so it is tried again"

# ---- a retention lock

# locked SET FAULT: nothing was removed; it is as it was, and can be restored.
locked() {
    has_lock() { dbhaul backups --json "set=$1" | jq -e '.[0] | .locked and .state == "good"'; }
    wait_for 20 has_lock "$1"
    whole "$path" || fail "$2: it is not whole"
    dbhaul backups --json "set=$1" | field expiry | grep -q 'locked: .*can be restored as before' || fail "$2: nothing is said"
    dbhaul jobs --json | jq -e '.[0] | .kind == "expire" and .state == "succeeded" and (.message | test("locked"))' >/dev/null ||
        fail "$2: $(dbhaul jobs --limit 1)"
    faults worker-1
    expect 0 dbhaul expire --dry-run name=one --wide
    says "^ *$1 .*kept .*did not let go of it"
    expect 0 dbhaul verify "$1" --wait
    row "$2" "locked, whole, restorable, and no fault"
}

faults worker-1 'rename errno=EPERM path=.removed'
begin
locked "$set" "the lock refuses to rename the folder (EPERM)"
faults worker-1 'unlink errno=EROFS'
begin
locked "$set" "the lock refuses every unlink (EROFS)"
begin
gone "$set" "a person asks again when the lock has ended"

faults worker-1 'unlink errno=EACCES path=.sql'
begin
waits() { dbhaul backups --json "set=$set" | jq -e '.[0] | .locked and .state == "expiring"'; }
wait_for 20 waits
without_manifest || fail "it is not half removed"
expect 5 dbhaul restore "$set" --to 127.0.0.1:1 --secret spare-mariadb
says "set $set is being expired"
expect 0 dbhaul sweep "$(dbhaul backups --json "set=$set" | field store)" --remove partial --wait
expect 0 dbhaul jobs --json --limit 1
jq -e '.[0] | .kind == "sweep" and .state == "succeeded" and (.message | test("1 not removed"))' "$work/output" >/dev/null ||
    fail "$(cat "$work/output")"
expect 0 dbhaul sweep "$(dbhaul backups --json "set=$set" | field store)" --list --remove partial --json
[ "$(jq -r '.[0].outcome' "$work/output")" = "not removed: locked" ] || fail "the list says otherwise: $(cat "$work/output")"
row "the lock holds only some of the files (EACCES)" "locked, and no set any more; no sweep fails of it"
half=$set

# ---- databases that are gone

set=$(all_of two | head -n 1)
path=$(path_of "$set")
names=one night_inventory >"$home/coordinator/inventory.yaml"
expect 0 dbhaul discover
expect 0 dbhaul expire --dry-run name=two --wide
says "^ *$set .*kept .*its database is gone"

# ---- by itself

faults worker-1
sed -i 's/^expire: .*/expire: {every: 1s, locked: 1s}/' "$home/coordinator/coordinator.yaml"
killed coordinator
started coordinator
path=$(path_of "$half")
gone "$half" "the lock has ended, and nobody asks"
one_is_left() { [ "$(all_of one | wc -l)" = 1 ]; }
wait_for 40 one_is_left
row "all that retention lets go, by itself" "the last set of the database is left"
[ "$(all_of two | wc -l)" = 2 ] || fail "a set of a database that is gone went by itself"
path=$(path_of "$set")
begin_named() { expect 0 dbhaul expire --set "$set" --wait; }
begin_named
gone "$set" "a database is gone: its sets stay until one is named"
stays "$(all_of two)" 'it is the last good set'

# ---- what is left

dbhaul backups --expired --all --json >"$work/sets"
for path in $(jq -r '.[] | select(.state == "good") | .path' "$work/sets"); do
    is_there "$home/storage/$path/manifest.json" || fail "'$path' is not there"
done
find "$home/storage/dbhaul" -mindepth 3 -maxdepth 3 ! -path '*/catalog/*' >"$work/folders"
[ "$(wc -l <"$work/folders")" = "$(jq '[.[] | select(.state == "good")] | length' "$work/sets")" ] ||
    fail "$(cat "$work/folders")"
printf '%s\n' "" "${rows[@]}"
