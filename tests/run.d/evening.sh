#!/bin/bash
# timeout: 300
# build: debug
# Real evenings by policies' own schedules over both edges of summer time, by a clock that libfaketime
# sets while the coordinator runs: what fires, and that each firing writes a set of its own, whole.
# The clock steps, the coordinator is killed in a firing and is down for three days, a window closes.
# The worker keeps the real time: the servers' certificates are of today.
. "$(dirname "$0")/../lib/script.sh"

command -v jq >/dev/null || skip "no jq"
command -v mariadbd >/dev/null || skip "no mariadbd"
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 none; do
    [ ! -e "$faketime" ] || break
done
[ "$faketime" != none ] || skip "no libfaketime"
mariadb=$root/tests/lib/mariadb.sh postgres=$root/tests/lib/postgres.sh
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/secrets" "$work/store" "$work/run"
chmod 711 "$work" # PostgreSQL runs as another user

finish "'$mariadb' stop '$work/mariadb'"
finish "'$postgres' stop '$work/postgres'"
"$mariadb" start "$work/mariadb" 0 &
"$postgres" start "$work/postgres" || fail "postgres does not start"
wait $! || fail "mariadbd does not start"
(umask 077 && echo 'correct horse' >"$work/secrets/maria" && cp "$work/postgres/password" "$work/secrets/post")
"$mariadb" sql "$work/mariadb" <<'SQL'
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse' REQUIRE SSL;
GRANT ALL ON *.* TO haul@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT seq, REPEAT('x', 200) FROM seq_1_to_2000;
SQL
"$postgres" psql "$work/postgres" -c "CREATE TABLE sensors AS SELECT n, repeat('x', 200) FROM generate_series(1, 2000) n"

dbhaul-worker --create-store "$work/store" >/dev/null || fail "cannot make a store"
maria=127.0.0.1:$(cat "$work/mariadb/port") post=127.0.0.1:$(cat "$work/postgres/port")
cat "$work/mariadb/ca.pem" "$work/postgres/ca.pem" >"$work/ca.pem"
cat >"$work/inventory.yaml" <<YAML
databases:
  - {id: a, name: shop, engine: mariadb, host: 127.0.0.1, port: ${maria#*:}, secret: maria}
  - {id: b, name: sensors, engine: postgres, host: 127.0.0.1, port: ${post#*:}, secret: post}
  - {id: c, name: sensors-too, engine: postgres, host: 127.0.0.1, port: ${post#*:}, secret: post}
YAML
cat >"$work/coordinator.yaml" <<YAML
catalog: "sqlite:$work/catalog.db"
save_catalog: {enabled: false}
providers: [{kind: file, name: lab, path: "$work/inventory.yaml"}]
timers: {beat: 500ms}
policies:
  half: {select: {name: [shop]}, schedule: "30 2 * * *", zone: Europe/Berlin, window: 2h}
  three: {select: {name: [sensors]}, schedule: "0 3 * * *", zone: Europe/Berlin, window: 2h, missed: skip}
  hourly: {select: {name: [sensors-too]}, schedule: "30 * * * *", zone: Europe/Berlin}
notify:
  gather: 1s
  targets: {note: {kind: command, command: ["$work/tell", "$work/told"], on: [partial]}}
YAML
cat >"$work/tell" <<'END'
#!/bin/sh
cat >>"$1"
END
chmod 700 "$work/tell"
cat >"$work/worker.yaml" <<YAML
state: $work/state
slots: 3
timers: {beat: 500ms, silence: 2s, reconnect_max: 500ms}
coordinators: [{endpoint: "ipc://$work/run/workers.ipc"}]
stores: [{kind: directory, place: $work/store}]
secrets:
  maria: {from: "file:$work/secrets/maria", username: haul, servers: ["$maria"]}
  post: {from: "file:$work/secrets/post", username: postgres, servers: ["$post"]}
tls: {ca: $work/ca.pem}
YAML
chmod 600 "$work"/*.yaml

# now TIME: what the coordinator's clock says from now on, in UTC.
now() {
    printf '%+d\n' $(($(date -ud "$1" +%s) - $(date +%s))) >"$work/clock.new"
    mv "$work/clock.new" "$work/clock"
}

begin() {
    : >"$work/log"
    start "$work/log" env TZ=UTC LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$work/clock" \
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
        dbhaul-coordinator --config "$work/coordinator.yaml" --endpoint-folder "$work/run"
    coordinator=$pid
    wait_for 30 grep -q 'discovery: 3 databases' "$work/log"
}

begin_worker() {
    start "$work/worker.log" dbhaul-worker --config "$work/worker.yaml"
    worker=$pid
}

# state: how many firings of half, three and hourly there were, and how many backups are not done.
state() {
    dbhaul runs --json | jq -r '
        def of(policy): [.[] | select(.label == policy and .requested_by == "schedule")] | length;
        "\(of("half")) \(of("three")) \(of("hourly")) \(map(.jobs - .succeeded - .cancelled) | add // 0)"'
}

half_fired() {
    [[ $(state) = "$1 "* ]]
}

has_come_to() {
    [ "$(state)" = "$*" ]
}

# come_to HALF THREE HOURLY [LEFT]: waits until so many have fired, and LEFT of their backups are not
# done. A firing too many of what was planned before would have shown by then: it comes first.
come_to() {
    local until=$((SECONDS + 30))
    until has_come_to "$1" "$2" "$3" "${4:-0}"; do
        if [ $SECONDS -ge $until ]; then
            dbhaul runs
            tail -n 20 "$work/log"
            fail "line ${BASH_LINENO[0]}: it is '$(state)', not '$1 $2 $3 ${4:-0}'"
        fi
        sleep .1
    done
}

# next TIME POLICY ...: what fires next. Of one minute any may be first.
next() {
    local wanted
    wanted=$(printf '%s %s\n' "$@" | sort)
    [ "$(dbhaul schedule --next $(($# / 2)) --json | jq -r '.[] | "\(.at[5:16]) \(.policy)"' | sort)" = "$wanted" ] ||
        fail "line ${BASH_LINENO[0]}: $(dbhaul schedule --next $(($# / 2)))"
}

said() {
    grep -q "$1" "$work/log"
}

# ---- spring: 29 March 2026, the clock goes from 02:00 to 03:00 at 01:00 UTC
now "2026-03-29 00:29:58"
begin
begin_worker
come_to 0 0 1 # 01:30 CET
next 03-29T01:00 half 03-29T01:00 three 03-29T01:30 hourly 03-29T02:30 hourly
now "2026-03-29 00:59:58"
come_to 1 1 1 # 02:30, which there is not, and 03:00 in one moment
now "2026-03-29 01:29:58"
come_to 1 1 2 # 03:30 CEST

# Back to before the edge: what was fired does not fire again.
now "2026-03-29 00:50:00"
wait_for 30 eval 'dbhaul schedule --next 1 --json | jq -e ".[0].at < \"2026-03-29T01:30:01\"" >/dev/null'
now "2026-03-29 00:59:58"
wait_for 30 eval 'dbhaul schedule --next 9 --json | jq -e "map(.at) | all(. > \"2026-03-29T01:00:00\")" >/dev/null'
now "2026-03-29 02:29:58"
come_to 1 1 3 # 04:30 CEST

# ---- three days down: the last firing is made up for where the policy wants it
stop "$coordinator" || fail "the coordinator ended with $?"
now "2026-04-01 12:00:10"
begin
come_to 2 1 4
said "policy 'half' missed 2 firings, the first one planned for 2026-03-30 00:30:00" || fail "$(cat "$work/log")"
said "policy 'three' missed 3 firings, the first one planned for 2026-03-30 01:00:00" || fail "$(cat "$work/log")"

# ---- autumn: 25 October 2026, the clock goes from 03:00 to 02:00 at 01:00 UTC
now "2026-10-24 23:45:00"
come_to 3 1 5 # a step forward is like a downtime
next 10-25T00:30 half 10-25T00:30 hourly 10-25T01:30 hourly 10-25T02:00 three 10-25T02:30 hourly
now "2026-10-25 00:29:58"
wait_for 30 half_fired 4 # 02:30 CEST
stop "$coordinator" KILL || true
begin
come_to 4 1 6 # its jobs are there again
stop "$coordinator" KILL || true
now "2026-10-25 01:29:58"
begin
come_to 4 1 7 # 02:30 CET: hourly only

# ---- a window that closes: 03:00 CET finds no worker
stop "$worker" || fail "the worker ended with $?"
now "2026-10-25 01:59:58"
come_to 4 2 7 1
stop "$coordinator" KILL || true
now "2026-10-25 04:00:01"
begin
wait_for 30 said "the window of policy 'three' closes: 1 jobs are left to the next firing"
wait_for 30 grep -q "its policy's window has closed" "$work/told"
grep -q 'sensors (policy three)$' "$work/told" || fail "$(cat "$work/told")"
come_to 4 2 8 1
begin_worker
come_to 4 2 8
now "2026-10-26 01:59:58"
come_to 5 3 9

# ---- what was written: a set for each firing but the one whose window closed, each whole
[ "$(dbhaul backups --json | jq -r 'map(.name) | group_by(.) | map("\(.[0]) \(length)") | join(", ")')" = \
    "sensors 2, sensors-too 9, shop 5" ] || fail "$(dbhaul backups)"
[ "$(dbhaul jobs --json state=deferred | jq -r '.[] | "\(.name) \(.policy)"')" = "sensors three" ] || fail "$(dbhaul jobs)"
dbhaul runs --json | jq -e 'all(.policy_digest | length == 64)' >/dev/null || fail "$(dbhaul runs --json)"
dbhaul verify --wait >"$work/verified" || fail "$(cat "$work/verified")"
[ "$(dbhaul backups --json 'state=good' | jq length)" = 16 ] || fail "$(dbhaul backups)"
[ -z "$(find "$work/store" -name '*.partial')" ] || fail "there is something unfinished in the store"

# ---- who was backed up longest ago is first, though a database with a lower number waits, too
sed -i '/^  half:/d; /^  three:/d; s/^  hourly: .*/  pair: {select: {name: [shop, sensors]}, schedule: "0 5 * * *",\n    window: 1h, missed: skip, jobs: 1}/' "$work/coordinator.yaml"
kill -HUP "$coordinator"
wait_for 30 said 'read the configuration anew: 1 policies'
now "2026-10-27 04:50:00"
dbhaul backup name=shop --wait >"$work/out" || fail "$(cat "$work/out")"
now "2026-10-27 04:59:58"
has_fired() {
    dbhaul runs --json | jq -e 'map(select(.label == "pair" and .requested_by == "schedule" and .state == "succeeded")) | length == 1'
}
wait_for 30 has_fired
[ "$(dbhaul jobs --json --limit 6 | jq -r '[.[] | select(.kind == "backup")] | .[0:2] | sort_by(.started, .ended) | map(.name) | join(" ")')" = \
    "sensors shop" ] || fail "$(dbhaul jobs --wide)"
