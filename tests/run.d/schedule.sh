#!/bin/bash
# timeout: 120
# build: debug
# A policy's evenings by a clock that libfaketime sets: it fires by itself, once in the hour that the
# end of summer time repeats, not twice over a kill -9; its window closes; three days of downtime are
# made up for once.
. "$(dirname "$0")/../lib/script.sh"

command -v jq >/dev/null || skip "no jq"
for faketime in /usr/lib/*/faketime/libfaketime.so.1 none; do
    [ ! -e "$faketime" ] || break
done
[ "$faketime" != none ] || skip "no libfaketime"
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/run"
cat >"$work/inventory.yaml" <<'YAML'
databases:
  - {id: a, name: a, engine: mysql, version: 8.0.36, host: 127.0.0.1, secret: s}
  - {id: b, name: b, engine: mysql, version: 8.0.36, host: 127.0.0.2, secret: s}
YAML
cat >"$work/coordinator.yaml" <<YAML
catalog: "sqlite:$work/catalog.db"
providers: [{kind: file, name: lab, path: "$work/inventory.yaml"}]
policies:
  nightly: {select: {}, schedule: "30 2 * * *", zone: Europe/Berlin, window: 2h}
notify:
  gather: 1s
  targets: {note: {kind: command, command: ["$work/tell", "$work/told"], on: [partial]}}
YAML
cat >"$work/tell" <<'END'
#!/bin/sh
cat >>"$1"
END
chmod 700 "$work/tell"

# begin TIME: a coordinator that believes that it is then, in UTC.
begin() {
    : >"$work/log"
    start "$work/log" env TZ=UTC LD_PRELOAD="$faketime" FAKETIME="@$1" FAKETIME_DONT_FAKE_MONOTONIC=1 \
        dbhaul-coordinator --config "$work/coordinator.yaml" --endpoint-folder "$work/run"
    wait_for 30 grep -q 'discovery: 2 databases' "$work/log"
}

runs() {
    dbhaul runs --json | jq -r '[.[] | select(.requested_by == "schedule")] | length'
}

next() {
    dbhaul schedule --next 1 --json | jq -r '.[0].at'
}

said() {
    grep -q "$1" "$work/log"
}

# is COMMAND EXPECTED
is() {
    local answer
    answer=$($1) || fail "$1 failed"
    [[ $answer = "$2"* ]] || fail "$1 says '$answer', not '$2': $(tail -n 5 "$work/log")"
}

begin "2026-10-25 00:29:57"
is runs 0
is next 2026-10-25T00:30:00
wait_for 30 said "policy 'nightly' fires for 2 databases, 0 skipped"
is runs 1
dbhaul runs 1 --json | jq -e '.[0] | .label == "nightly" and (.policy_digest | length) == 64' >/dev/null ||
    fail "$(dbhaul runs 1 --json)"
is next 2026-10-26T01:30:00
stop "$pid" KILL || true

# An hour later it is half past two once more.
begin "2026-10-25 01:30:01"
is next 2026-10-26T01:30:00
is runs 1
stop "$pid" KILL || true

begin "2026-10-25 02:29:57"
is runs 1
wait_for 30 said "the window of policy 'nightly' closes: 2 jobs are left to the next firing"
wait_for 30 said 'run 1 ended: 0 succeeded, 0 failed, 2 cancelled'
wait_for 30 grep -q "dbhaul: 2 parts of runs are missing: its policy's window has closed" "$work/told"
grep -q '^  b (policy nightly)$' "$work/told" || fail "$(cat "$work/told")"
stop "$pid" || fail "the coordinator ended with $?"

begin "2026-10-28 12:00:00"
wait_for 30 said "policy 'nightly' missed 2 firings, the first one planned for 2026-10-26 01:30:00"
wait_for 30 said "policy 'nightly' fires for 2 databases"
is runs 2
is next 2026-10-29T01:30:00
stop "$pid" || fail "the coordinator ended with $?"

# The last night before summer time, whose half past two there is not.
begin "2027-03-27 23:00:00"
dbhaul schedule --next 2 --json | jq -r '.[].at' >"$work/next"
grep -q '^2027-03-28T01:00:00' "$work/next" || fail "$(cat "$work/next")"
grep -q '^2027-03-29T00:30:00' "$work/next" || fail "$(cat "$work/next")"
