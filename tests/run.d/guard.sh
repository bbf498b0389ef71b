#!/bin/bash
# timeout: 300
# build: debug
# Each fault of a BoostFS mount under a backup, with two workers that each have a mount of their own:
# the attempt fails with a sentence of its own, another worker makes the set where that helps, and
# nothing else hangs. Prints a table of every fault and what came of it.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

command -v jq >/dev/null || skip "no jq"
mariadb_tool start "$home/mariadb" 0 || fail "MariaDB does not start"
mariadb_tool sql "$home/mariadb" <<SQL
CREATE USER dbhaul_backup@'127.0.0.1' IDENTIFIED BY '$(secret mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_backup@'127.0.0.1';
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, what TEXT) SELECT seq AS id, md5(seq) AS what FROM seq_1_to_5000;
SQL
for other in postgres spare-mariadb spare-postgres; do
    mkdir -p "$home/$other" && echo 1 >"$home/$other/port"
    cp "$home/mariadb/ca.pem" "$home/$other/ca.pem"
done
night_inventory() {
    echo "databases:"
    echo "  - {id: one, name: one, engine: mariadb, host: 127.0.0.1, port: $(server_port mariadb), secret: mariadb}"
}
mount_stores worker-1 worker-2
night_configure boostfs worker-1 worker-2 || fail "no configuration"
quick_timers 3 worker-1 worker-2
echo "save_catalog: {enabled: false}" >>"$home/coordinator/coordinator.yaml"
# The first attempt goes to who has more free slots. No survey takes the store away before it.
sed -i 's/^slots: .*/slots: 4/' "$home/worker-1/worker.yaml"
sed -i 's/^timers: {/&store: 1s, kill_grace: 500ms, survey: 1h, /' "$home"/worker-?/worker.yaml
night_start worker-1 worker-2 || fail "the daemons do not start"

rows=()
row() { rows+=("$(printf '%-46s | %s' "$1" "$2")"); }
job() { dbhaul jobs --json --all | jq -r ".[0].$1"; }
sets() { find "$home/storage" -name manifest.json | wc -l; }
worker_is() { dbhaul workers --json | jq -e --arg name "$1" --arg state "$2" 'any(.[]; .name == $name and .state == $state)' >/dev/null; }
has_store() { dbhaul workers --json | jq -e --arg name "$1" --arg store "$2" 'any(.[]; .name == $name and (.stores | contains($store)))' >/dev/null; }

# backup STATUS: and nothing half-written stays, unless its mount was lost.
backup() {
    local before
    before=$(sets)
    expect "$1" dbhaul backup --wait
    [ "$(sets)" = $((before + 1 - $1)) ] || fail "there are $(sets) sets, and were $before"
}

# attempts NUMBER PATTERN: how many there were, and what the first of them said.
attempts() {
    dbhaul job "$(job id)" >"$work/job"
    [ "$(job attempt)" = "$1" ] || fail "$(job attempt) attempts instead of $1: $(cat "$work/job")"
    grep -Eq -- "$2" "$work/job" || fail "nobody said '$2': $(cat "$work/job")"
}

# elsewhere FAULT PATTERN: worker-1 fails with that sentence, worker-2 makes the set.
elsewhere() {
    backup 0
    attempts 2 "$2"
    faults worker-1
    row "$1" "the attempt fails: '$2'; another worker makes the set"
}

# act FAULT PATTERN: no other worker would fare better, so nothing is tried again.
act() {
    backup 1
    attempts 1 "$2"
    grep -q 'somebody must act' "$work/job" || fail "$(cat "$work/job")"
    faults worker-1
    row "$1" "the job fails at once: '$2'"
}

again() {
    umount -l "$home/worker-1/store" 2>/dev/null || true
    mount_stores worker-1
    rm -rf "$(find "$home/storage" -name '*.partial' | head -n 1)"
}

backup 0
attempts 1 succeeded
row "none" "one attempt, one set"

# ---- what is mounted

umount -l "$home/worker-1/store"
elsewhere "nothing is mounted" "BoostFS is not mounted"
[ -z "$(ls -A "$home/worker-1/store")" ] || fail "the folder beneath the mount was written to"
"$programs/tests/faultfs" -o "backing=$home/storage,ctl=$home/none,subtype=boostfs,fsname=dd1.example:/other" "$home/worker-1/store"
elsewhere "another storage unit is mounted" "is 'dd1.example:/other', not 'dd1.example:/su1'"
umount -l "$home/worker-1/store"
"$programs/tests/faultfs" -o "backing=$home/storage,ctl=$home/none,subtype=otherfs,fsname=dd1.example:/su1" "$home/worker-1/store"
elsewhere "another file system is mounted" "of type 'fuse.otherfs', not boostfs"
again

# ---- errors

faults worker-1 'mkdir errno=EACCES'
elsewhere "EACCES, as by another user id" "Permission denied"
faults worker-1 'write errno=ENOTCONN path=.sql'
elsewhere "ENOTCONN at a write" "the mount .* was lost.*not connected"
faults worker-1 'write errno=ECONNABORTED path=.sql'
elsewhere "ECONNABORTED at a write" "the mount .* was lost.*abort"
faults worker-1 'fsync errno=EIO path=.sql'
elsewhere "EIO at fsync" "cannot sync.*Input/output error; what was written there may be lost"
faults worker-1 'flush errno=EIO path=.sql'
elsewhere "EIO at close" "cannot close.*Input/output error; what was written there may be lost"
faults worker-1 'rename errno=EIO'
elsewhere "EIO at rename" "cannot rename.*Input/output error"
faults worker-1 'read errno=EIO path=.sql'
elsewhere "EIO at the read-back" "cannot read .* back.*Input/output error"
faults worker-1 'read flip path=.sql'
elsewhere "a flipped byte" "with other bytes than were written"
faults worker-1 'read flip path=probe'
elsewhere "a flipped byte of the probe" "gives back something else than was written"
faults worker-1 'write errno=EDQUOT path=.sql'
act "EDQUOT at a write" "has used up its quota"
faults worker-1 'write errno=ENOSPC path=.sql'
act "ENOSPC at a write" "is full, or its quota is"
faults worker-1 'fsync errno=ENOSPC path=.sql'
act "ENOSPC at fsync" "is full, or its quota is"
faults worker-1 'flush errno=EDQUOT path=.sql'
act "EDQUOT at close" "has used up its quota"
faults worker-1 'write short=999'
backup 0
attempts 1 succeeded
faults worker-1
row "short writes" "one attempt, one set"
faults worker-1 'fsync errno=ENOSYS'
backup 0
attempts 1 succeeded
faults worker-1
row "fsync is not known (ENOSYS)" "one attempt, one set, which was read back"
faults worker-1 'rename errno=EIO late'
backup 0
attempts 1 succeeded
faults worker-1
row "the answer to a rename is lost" "one attempt, one set"
[ -z "$(find "$home/storage" -name '*.partial' -o -name '.dbhaul-probe*')" ] || fail "something is left"

# ---- the mount goes

faults worker-1 'write crash path=.sql'
elsewhere "its client dies in the middle" "the mount .* was lost"
[ -z "$(find "$home/worker-1" -xdev -name '*.sql' 2>/dev/null)" ] || fail "the local disk was written to"
again

# The folder that was opened is the old mount's still; nothing more goes there.
faults worker-1 'write delay_ms=900 path=.sql'
start "$work/anew" dbhaul backup --wait
begun() { [ -n "$(find "$home/storage" -name '*.partial')" ]; }
wait_for 20 begun
mount_stores worker-1
stop_status=0
wait "$pid" || stop_status=$?
[ $stop_status = 0 ] || fail "$(cat "$work/anew")"
attempts 2 'the mount .* was lost: it was mounted anew since'
row "it is mounted anew in the middle" "the attempt fails: '... was mounted anew since'; another worker makes the set"
umount -l "$home/worker-1/store"
again

# ---- the mount hangs

faults worker-1 '* hang'
backup 0
attempts 2 'did not answer within 1 s: its mount hangs'
worker_is worker-1 ready || fail "the worker is gone: $(dbhaul workers)"
faults worker-1
row "it hangs" "after 1 s another worker makes the set"

# What not even a kill ends: the slot is free again, and the worker can stop.
faults worker-1 '* deaf'
backup 0
attempts 2 'did not answer within 1 s: its mount hangs'
worker_is worker-1 ready || fail "the worker is gone: $(dbhaul workers)"
SECONDS=0
daemon_stop worker-1 || fail "it does not stop"
[ $SECONDS -lt 15 ] || fail "to stop took $SECONDS s"
faults worker-1
row "it hangs, and its callers cannot be killed" "another worker makes the set; worker-1 stops in time"

# ---- nor does a survey hang

mkdir "$home/local" && "$programs/dbhaul-worker" --create-store "$home/local"
sed -i "s,^stores:,&\\n  - {kind: directory\\, place: $home/local}," "$home/worker-1/worker.yaml"
sed -i 's/survey: 1h/survey: 500ms/' "$home/worker-1/worker.yaml"
again
faults worker-1 '* deaf'
night_daemon worker-1 dbhaul-worker worker.yaml
wait_for 60 has_store worker-1 directory:
! has_store worker-1 boostfs: || fail "a store that hangs is offered"
still_hangs() { grep -q 'an earlier look at it hangs still' "$home/worker-1/log"; }
wait_for 20 still_hangs
worker_is worker-1 ready || fail "$(dbhaul workers)"
faults worker-1
wait_for 20 has_store worker-1 boostfs:
backup 0
row "it hangs under the survey" "the other store is offered; when it answers, this one, too"

printf '%s\n' "" "${rows[@]}"
