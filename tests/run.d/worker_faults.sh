#!/bin/bash
# timeout: 300
# The real programs, over tcp with CURVE, and a real MariaDB: whatever is killed, lost or full in the middle of a backup,
# the job ends, no set is half there, and no tool is left behind.
. "$(dirname "$0")/../lib/script.sh"

for program in mariadbd mariadb-dump jq; do
    command -v "$program" >/dev/null || skip "no $program on this host"
done
export DBHAUL_CONNECT=ipc://$work/operator.ipc
umask 077

# ---- an estate of one server; a dump tool that waits while $work/hold is there

"$root/tests/lib/mariadb.sh" start "$work/db" >/dev/null
finish "'$root/tests/lib/mariadb.sh' kill '$work/db'"
"$root/tests/lib/mariadb.sh" sql "$work/db" <<'END'
CREATE DATABASE shop;
CREATE TABLE shop.goods (id int PRIMARY KEY, name varchar(100));
INSERT INTO shop.goods SELECT seq, md5(seq) FROM shop.seq_1_to_20000;
CREATE USER backup@'127.0.0.1' IDENTIFIED BY 'word-that-nobody-may-see' REQUIRE SSL;
GRANT ALL ON *.* TO backup@'127.0.0.1';
END
port=$(cat "$work/db/port")
echo word-that-nobody-may-see >"$work/secret"

mkdir "$work/bin" "$work/storage" "$work/store"
cat >"$work/bin/mariadb-dump" <<END
#!/bin/sh
case "\$*" in *--version*) exec /usr/bin/mariadb-dump --version;; esac
echo \$\$ >$work/tool.new
mv $work/tool.new $work/tool
echo 'half a dump'
while [ -e $work/hold ]; do sleep .05; done
exec /usr/bin/mariadb-dump "\$@"
END
chmod 700 "$work/bin/mariadb-dump"

mount_store() {
    "$build/tests/faultfs" -o "backing=$work/storage,ctl=$work/rules,subtype=boostfs,fsname=dd1.example:/su1" \
        "$work/store" 2>"$work/faultfs.log" && mountpoint -q "$work/store"
}
unmount_store() {
    umount -l "$work/store" 2>/dev/null || true
}
: >"$work/rules"
if mount_store; then
    kind="{kind: boostfs, place: $work/store, source: \"dd1.example:/su1\"}"
    finish unmount_store
else
    echo "FUSE cannot be had here, so no fault of the store is tried: $(tail -n 1 "$work/faultfs.log")"
    "$build/dbhaul-worker" --create-store "$work/storage"
    kind="{kind: directory, place: $work/storage}"
fi

cat >"$work/inventory.yaml" <<END
databases:
  - {id: "urn:shop", name: shop, engine: mariadb, version: "10.11", host: 127.0.0.1, port: $port, secret: shop}
END
"$build/dbhaul" keygen "$work/coordinator" >/dev/null
"$build/dbhaul" keygen "$work/w1" >/dev/null
printf 'workers:\n  w1: "%s"\n' "$(cat "$work/w1.pub")" >"$work/allow.yaml"
workers=tcp://127.0.0.1:$(free_port)
cat >"$work/coordinator.yaml" <<END
catalog: "sqlite:$work/catalog.db"
endpoints:
  workers: $workers
  local_workers: "ipc://$work/workers.ipc"
  local_operators: "ipc://$work/operator.ipc"
key: $work/coordinator.key
allow: $work/allow.yaml
providers: [{kind: file, name: estate, path: $work/inventory.yaml}]
backup: {time_limit: 60s}
policies: {plain: {select: {}, tool: vendor}}
retry: {failures: 4, delay: 50ms, delay_max: 100ms}
timers: {lease: 3s, beat: 200ms, worker_lost: 2s}
log: debug
END
cat >"$work/worker.yaml" <<END
name: w1
state: $work/state
key: $work/w1.key
coordinators: [{endpoint: "$workers", server_key: $work/coordinator.pub}]
stores: [$kind]
secrets:
  shop: {from: "file:$work/secret", username: backup, servers: ["127.0.0.1:$port"]}
tls: {ca: $work/db/ca.pem}
tools: {folders: [$work/bin]}
timers: {beat: 200ms, silence: 2s, reconnect_max: 1s, done_resend: 1s, kill_grace: 2s, survey: 1s}
END

start_coordinator() {
    start "$work/coordinator.log" "$build/dbhaul-coordinator" --config "$work/coordinator.yaml"
    coordinator=$pid
    wait_for 20 "$build/dbhaul" status
}
start_worker() {
    start "$work/worker.log" "$build/dbhaul-worker" --config "$work/worker.yaml"
    worker=$pid
    wait_for 20 worker_is ready
}
worker_is() {
    "$build/dbhaul" workers --json | jq -e --arg state "$1" 'any(.[]; .state == $state)'
}

# ---- what the tests ask

# begin: holds the tool, starts a backup, waits until the tool runs; $job is its number.
begin() {
    rm -f "$work/tool"
    : >"$work/hold"
    "$build/dbhaul" backup >/dev/null
    wait_for 30 test -e "$work/tool"
    job=$("$build/dbhaul" jobs --json --all | jq '[.[] | select(.kind != "catalog") | .id] | max')
    tool=$(cat "$work/tool")
}
release() {
    rm -f "$work/hold"
}
# fact KEY: of the job, as the catalog has it.
fact() {
    "$build/dbhaul" jobs --json --all | jq -r ".[] | select(.id == $job) | .$1"
}
job_is() {
    [ "$(fact state)" = "$1" ]
}
# took ATTEMPTS FAILURES
took() {
    [ "$(fact attempt) $(fact failures)" = "$1 $2" ] ||
        fail "attempts and failures are $(fact attempt) $(fact failures), not $1 $2: $(message)"
}
ends_as() {
    wait_for 60 job_is "$1"
}
message() {
    "$build/dbhaul" job "$job"
}
tool_is_gone() {
    ! kill -0 -- "-$tool" 2>/dev/null
}
sets() {
    find "$work/storage" -name manifest.json -not -path '*/catalog/*' | wc -l
}

start_coordinator
start_worker

step() {
    echo "-- $*"
}

step "a backup that nobody disturbs"
begin
release
ends_as succeeded
took 1 0
[ "$(sets)" = 1 ] || fail "there are $(sets) sets"

step "the tool is killed: tried again"
begin
kill -KILL "-$tool"
release
ends_as succeeded
took 2 1
message | grep -q 'signal 9' || fail "the first attempt's end is not told: $(message)"

step "the job's process is killed: its tool goes with it, tried again"
begin
kill -KILL "$(awk '{ print $4 }' "/proc/$tool/stat")"
wait_for 10 tool_is_gone
release
ends_as succeeded
took 2 1
message | grep -q 'signal 9' || fail "the first attempt's end is not told: $(message)"

step "the worker is killed: all its processes go with it, its successor does the job"
begin
stop "$worker" KILL || true
wait_for 10 tool_is_gone
release
start_worker
ends_as succeeded
took 2 1

step "the worker is told to end: the job is given back, and no failure is counted"
begin
stop "$worker" || fail "the worker ended with $?"
wait_for 5 tool_is_gone
release
start_worker
ends_as succeeded
took 2 0

step "the coordinator is killed: the job goes on, and its end is kept"
begin
stop "$coordinator" KILL || true
kill -0 "$tool" || fail "the tool died with the coordinator"
start_coordinator
release
ends_as succeeded
took 1 0

step "the coordinator is killed and the job ends meanwhile: the result waits for it"
begin
stop "$coordinator" KILL || true
release
wait_for 30 grep -q "job $job attempt 1: succeeded" "$work/worker.log"
start_coordinator
ends_as succeeded
took 1 0
wait_for 10 eval '! ls "$work/state/spool" | grep -q done'

step "an operator cancels: the tool is gone and nothing of the set is left"
before=$(sets)
begin
"$build/dbhaul" cancel "$job" >/dev/null
ends_as cancelled
wait_for 10 tool_is_gone
release
[ "$(sets)" = "$before" ] || fail "a cancelled job left a set"

if mountpoint -q "$work/store"; then
    step "the mount is lost in the middle: the job fails, and the worker says that the store is gone"
    begin
    unmount_store
    release
    wait_for 30 eval 'message | grep -Eiq "mount|store"'
    wait_for 30 eval '! "$build/dbhaul" workers --json | grep -q boostfs:'
    [ -z "$(ls -A "$work/store")" ] || fail "something was written beneath the mount point"
    mount_store || fail "cannot mount again"
    wait_for 30 eval '"$build/dbhaul" workers --json | grep -q boostfs:'
    wait_for 60 eval 'job_is succeeded || job_is failed'

    step "the store is full: somebody must act"
    begin
    echo 'write errno=ENOSPC' >"$work/rules"
    release
    ends_as failed
    message | grep -q 'full' || fail "not told that it is full: $(message)"
    : >"$work/rules"

    step "a byte is flipped on the way back: the set is not kept"
    wait_for 10 worker_is ready
    before=$(sets)
    begin
    echo 'read flip path=.sql' >"$work/rules"
    release
    ends_as failed
    [ "$(sets)" = "$before" ] || fail "a set that was read back wrong was kept"
    : >"$work/rules"
fi

step "nothing half done is left but what a killed attempt left, and a sweep takes that"
store=$("$build/dbhaul" workers --json | jq -r '.[0].stores' | grep -oE '(boostfs|directory):[^ ",]*' | head -n 1)
"$build/dbhaul" sweep "$store" --remove partial --wait >"$work/sweep" || fail "$(cat "$work/sweep")"
[ -z "$(find "$work/storage" -name '*.partial' -o -name '*.removed')" ] ||
    fail "the sweep left $(find "$work/storage" -name '*.partial')"

step "no secret where it does not belong"
for place in "/proc/$worker/environ" "/proc/$worker/cmdline" "/proc/$coordinator/environ" \
    "$work/worker.log" "$work/coordinator.log" "$work/catalog.db" "$work/catalog.db-wal"; do
    ! grep -aq word-that-nobody-may-see "$place" 2>/dev/null || fail "the secret is in $place"
done
! grep -raq word-that-nobody-may-see "$work/storage" "$work/state" || fail "the secret is in a set"

stop "$worker" || fail "the worker ended with $?"
! grep -aE 'Sanitizer|runtime error' "$work/worker.log" "$work/coordinator.log" || fail "a sanitizer spoke"
echo "all jobs ended as they should"
