#!/bin/bash
# timeout: 120
# build: debug
# What policies promise, by a clock that libfaketime sets: a database is waiting, kept, lapsed the day
# after, overdue from then on; the exit status of `dbhaul databases --overdue` tells which; a set that
# is found damaged is a promise lapsed; lists, status and the view for monitoring agree.
. "$(dirname "$0")/../lib/script.sh"

command -v jq >/dev/null || skip "no jq"
command -v sqlite3 >/dev/null || skip "no sqlite3"
for faketime in /usr/lib/*/faketime/libfaketime.so.1 none; do
    [ ! -e "$faketime" ] || break
done
[ "$faketime" != none ] || skip "no libfaketime"
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/run"
cat >"$work/inventory.yaml" <<'YAML'
databases:
  - {id: a, name: a, engine: mysql, version: 8.0.36, host: 127.0.0.1, secret: s}
  - {id: b, name: b, engine: mysql, version: 8.0.36, host: 127.0.0.2, secret: s, state: stopped}
  - {id: o, name: o, engine: mysql, version: 8.0.36, host: 127.0.0.3, secret: s,
     tags: {"dbhaul:policy": none}}
  - {id: p, name: p, engine: postgres, version: "15.4", host: 127.0.0.4, secret: s}
YAML
cat >"$work/coordinator.yaml" <<YAML
catalog: "sqlite:$work/catalog.db"
providers: [{kind: file, name: lab, path: "$work/inventory.yaml"}]
policies:
  nightly: {select: {engine: [mysql]}, promise: {good: 26h}}
YAML

# begin TIME: a coordinator that believes that it is then, in UTC.
begin() {
    : >"$work/log"
    start "$work/log" env TZ=UTC LD_PRELOAD="$faketime" FAKETIME="@$1" FAKETIME_DONT_FAKE_MONOTONIC=1 \
        dbhaul-coordinator --config "$work/coordinator.yaml" --endpoint-folder "$work/run"
    wait_for 30 grep -q 'discovery: 4 databases' "$work/log"
}

# A good set of database ID, made at TIME.
add_set() {
    sqlite3 "$work/catalog.db" "INSERT INTO sets (id, database_id, job_id, attempt, store, path,
        size_bytes, file_count, manifest_sha256, tool, tool_version, server_version, consistency,
        schema_count, left_out_count, created_ms, state) SELECT coalesce(max(id), 0) + 1, $1, 0, 1,
        'directory:x', 'p', 1, 1, x'00', '', '', '', '', 1, 0, 1000 * strftime('%s', '$2'), 'good'
        FROM sets"
}

# expect STATUS ARGUMENT...: `dbhaul databases` with these; what it prints is in $work/out.
expect() {
    local expected=$1 status=0
    shift
    dbhaul databases "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$expected" ] ||
        fail "dbhaul databases $*: status $status, not $expected: $(cat "$work/out" "$work/err")"
}

# states: "a=kept b=waiting ..."
states() {
    expect 0 --json
    jq -r '[.[] | "\(.name)=\(.promise)"] | join(" ")' "$work/out"
}

is() {
    [ "$1" = "$2" ] || fail "'$1' is not '$2'; $(tail -n 3 "$work/log")"
}

# status KEY VALUE
status_is() {
    dbhaul status --json | jq -e --arg key "$1" --argjson value "$2" '.[0][$key] == $value'
}

begin "2026-11-23 12:00:00"
is "$(states)" "a=waiting b=waiting o=opted out p=unmatched"
expect 0 --overdue
is "$(cat "$work/out")" none
expect 0 --opted-out --json
is "$(jq -r '.[].name' "$work/out")" o
expect 0 --unmatched --json
is "$(jq -r '.[].name' "$work/out")" p
stop "$pid" || fail "the coordinator ended with $?"

# One has its set the night after; the stopped one is unprotected, whatever the reason.
add_set 1 "2026-11-24 02:00:00"
begin "2026-11-24 14:30:00"
is "$(states)" "a=kept b=unprotected o=opted out p=unmatched"
expect 7 --overdue
grep -Eq '^ *2 +b +mysql .* nightly +unprotected +2026-11-24 14:00:00Z +26 h 0 min +26 h (29|30) min' "$work/out" ||
    fail "$(cat "$work/out")"
expect 0 --overdue name=a
expect 7 --overdue --csv
grep -q '^2,b,mysql.*,nightly,selected,unprotected,2026-11-24T14:00:00' "$work/out" ||
    fail "$(cat "$work/out")"
wait_for 30 status_is unprotected 1
status_is overdue 1 >/dev/null || fail "$(dbhaul status)"
dbhaul policy list --json | jq -e '.[0] | .overdue == 1 and .promised_age == 93600' >/dev/null ||
    fail "$(dbhaul policy list --json)"
stop "$pid" || fail "the coordinator ended with $?"

# Protected yesterday, not today.
begin "2026-11-25 05:00:00"
is "$(states)" "a=lapsed b=unprotected o=opted out p=unmatched"
expect 6 --overdue
expect 6 --overdue --limit 1 # what is not shown counts, too
expect 6 --overdue name=a --json
is "$(jq -r '.[] | "\(.broken_since) \(.good_age >= 97200)"' "$work/out")" "2026-11-25T04:00:00Z true"
expect 7 --overdue name=b
wait_for 30 status_is lapsed 1
stop "$pid" || fail "the coordinator ended with $?"

begin "2026-11-26 05:00:00"
is "$(states)" "a=overdue b=unprotected o=opted out p=unmatched"
expect 7 --overdue
expect 1 --overdue name=a
stop "$pid" || fail "the coordinator ended with $?"

# A new set, and then it turns out that it is damaged.
add_set 1 "2026-11-26 12:00:00"
begin "2026-11-26 13:00:00"
is "$(states)" "a=kept b=unprotected o=opted out p=unmatched"
sqlite3 "$work/catalog.db" "UPDATE sets SET state = 'damaged',
    verified_ms = 1000 * strftime('%s', '2026-11-26 13:00:00') WHERE id = 2"
is "$(states)" "a=lapsed b=unprotected o=opted out p=unmatched"
expect 6 --overdue
stop "$pid" || fail "the coordinator ended with $?"

# The view tells by the real clock, which is another.
sqlite3 "$work/catalog.db" "SELECT metric, labels FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_databases'
    AND state = 'opted out'" >"$work/out"
is "$(cat "$work/out")" 'dbhaul_databases|policy="nightly",state="opted out"'

# A policy that cannot keep its word is told before anything runs.
sed -i 's/promise:/schedule: "30 2 * * *", promise:/; s/26h/12h/' "$work/coordinator.yaml"
status=0
dbhaul-coordinator --config "$work/coordinator.yaml" --check-config >"$work/out" 2>&1 || status=$?
is "$status" 2
grep -q 'good: 12 h 0 min cannot be kept: the schedule fires every 24 h 0 min' "$work/out" ||
    fail "$(cat "$work/out")"
sed -i 's/30 2 \* \* \*/30 2 * * mon-fri/; s/12h/26h/' "$work/coordinator.yaml"
dbhaul-coordinator --config "$work/coordinator.yaml" --check-config >"$work/out" || fail "$(cat "$work/out")"
grep -q "^warning: policy 'nightly' promises less than the 72 h 0 min that its schedule leaves" "$work/out" ||
    fail "$(cat "$work/out")"
