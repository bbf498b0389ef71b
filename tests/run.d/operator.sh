#!/bin/bash
# timeout: 300
# build: asan
# What an operator does with `dbhaul`, against real daemons: check, backup, verify, restore, sweep,
# drain, cancel; waiting goes on over a kill -9 of the coordinator; statuses and JSON are as told.
. "$(dirname "$0")/../lib/script.sh"

command -v mariadbd >/dev/null || skip "no mariadbd"
command -v jq >/dev/null || skip "no jq"
mariadb=$root/tests/lib/mariadb.sh
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/secrets" "$work/store" "$work/run"

for server in db spare; do
    "$mariadb" start "$work/$server" 0 || fail "mariadbd does not start"
    finish "'$mariadb' stop '$work/$server'"
    "$mariadb" sql "$work/$server" <<'SQL'
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse';
GRANT ALL ON *.* TO haul@'127.0.0.1' WITH GRANT OPTION;
SQL
done
port=$(cat "$work/db/port")
spare=$(cat "$work/spare/port")
"$mariadb" sql "$work/db" <<'SQL'
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT seq, REPEAT('x', 200) FROM seq_1_to_2000;
SQL
(umask 077 && echo 'correct horse' >"$work/secrets/haul")
cat "$work/db/ca.pem" "$work/spare/ca.pem" >"$work/ca.pem"

dbhaul-worker --create-store "$work/store" || fail "cannot make a store"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: "arn:shop", name: shop, engine: mariadb, host: 127.0.0.1, port: $port, secret: haul}
  - {id: "arn:asleep", name: asleep, engine: mariadb, host: 127.0.0.1, port: $port, state: stopped}
END
cat >"$work/coordinator.yaml" <<END
catalog: "sqlite:$work/catalog.db"
providers:
  - {kind: file, name: estate, path: $work/inventory.yaml}
END
cat >"$work/worker.yaml" <<END
name: w1
state: $work/state
coordinators: [{endpoint: "ipc://$work/run/workers.ipc"}]
stores:
  - {kind: directory, place: $work/store}
secrets:
  haul: {from: "file:$work/secrets/haul", username: haul, servers: ["127.0.0.1:$port", "127.0.0.1:$spare"]}
tls: {ca: $work/ca.pem}
restore: {targets: ["127.0.0.1:$spare"]}
END
chmod 600 "$work"/*.yaml

start_coordinator() {
    start "$work/coordinator.log" dbhaul-coordinator --config "$work/coordinator.yaml" \
        --endpoint-folder "$work/run"
    coordinator=$pid
    wait_for 30 dbhaul status
}

# expect STATUS ARGUMENT...: runs dbhaul; output is in $work/out and $work/err.
expect() {
    local expected=$1 status=0
    shift
    dbhaul "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$expected" ]; then
        cat "$work/out" "$work/err"
        tail -n 5 "$work"/*.log
        fail "dbhaul $*: status $status, not $expected"
    fi
}

# said FILE PATTERN
said() {
    grep -Eq -- "$2" "$work/$1" || fail "no '$2' in: $(cat "$work/$1")"
}

is_worker() {
    [ "$(dbhaul workers --json | jq -r '.[0].state')" = "$1" ]
}

expect 3 status
said err 'cannot reach the coordinator'

start_coordinator
start "$work/worker.log" dbhaul-worker --config "$work/worker.yaml"
worker=$pid
wait_for 30 is_worker ready
store=$(dbhaul workers --json | jq -r '.[0].stores')

expect 0 discover
expect 0 databases
said out '^ID  NAME'
said out 'asleep .* stopped '
expect 0 databases name=shop --json
[ "$(jq -r '.[0] | "\(.name) \(.port)"' "$work/out")" = "shop $port" ] || fail "$(cat "$work/out")"

expect 0 check name=shop --notes
said out "^shop +mariadb +well +w1 +content +note: MariaDB server "
said out " +content +note: store '.*' has .* MiB free$"
expect 0 backup --wait
said out "'asleep' is skipped: "
said out 'run 2 succeeded after .*: 1 succeeded, 0 failed, 0 cancelled, 1 skipped$'
expect 0 backup name=shop --wait --json  # run 3 has saved the catalog
[ "$(jq -r '.[0] | "\(.id) \(.state) \(.succeeded)"' "$work/out")" = "4 succeeded 1" ] ||
    fail "$(cat "$work/out")"
expect 0 backups --json
[ "$(jq -r '[.[].state] | join(" ")' "$work/out")" = "good good" ] || fail "$(cat "$work/out")"
set=$(jq -r '.[0].id' "$work/out")
expect 0 backups --latest
[ "$(wc -l <"$work/out")" = 2 ] || fail "not one latest set: $(cat "$work/out")"
expect 0 runs 4
said out '^state +succeeded$'
expect 0 job 4 --json
[ "$(jq -r '.[0].attempts[0].outcome' "$work/out")" = succeeded ] || fail "$(cat "$work/out")"

expect 0 verify "$set" --wait
said out 'succeeded in '
expect 0 verify name=shop --wait

expect 0 restore "$set" --to "127.0.0.1:$spare" --secret haul --wait
[ "$("$mariadb" sql "$work/spare" -e 'SELECT COUNT(*) FROM shop.orders')" = 2000 ] ||
    fail "what was restored is not what was backed up"
expect 1 restore "$set" --to "127.0.0.1:$spare" --secret haul --wait
said out "failed: .*empty"
expect 0 restore "$set" --to "127.0.0.1:$spare" --secret haul --overwrite --wait
expect 1 restore "$set" --to "127.0.0.1:$port" --secret haul --overwrite --wait
said out 'failed: '
expect 5 restore 999 --to "127.0.0.1:$spare" --secret haul

expect 0 sweep "$store" --wait
expect 0 report state=success
[ "$(wc -l <"$work/out")" = 3 ] || fail "the report has not two rows: $(cat "$work/out")"

# A job that no worker takes is cancelled; waiting for it says so.
expect 0 drain w1
wait_for 30 is_worker draining
start "$work/waited" dbhaul backup name=shop --wait
waiter=$pid
wait_for 30 sh -c "dbhaul jobs state=queued --json | jq -e '.[0].run'"
run=$(dbhaul jobs state=queued --json | jq -r '.[0].run')

# Meanwhile the coordinator dies and comes back.
stop "$coordinator" KILL || true
wait_for 30 grep -q 'waiting for it' "$work/waited"
start_coordinator
wait_for 60 is_worker ready
status=0
wait "$waiter" || status=$?
[ "$status" = 0 ] || fail "waiting over a restart ended with $status: $(cat "$work/waited")"
grep -q "run $run succeeded" "$work/waited" || fail "$(cat "$work/waited")"

expect 0 drain w1
start "$work/waited" dbhaul backup name=shop --wait
waiter=$pid
wait_for 30 sh -c "dbhaul jobs state=queued --json | jq -e '.[0].run'"
expect 0 cancel "run=$(dbhaul jobs state=queued --json | jq -r '.[0].run')"
status=0
wait "$waiter" || status=$?
[ "$status" = 4 ] || fail "waiting for a cancelled run ended with $status: $(cat "$work/waited")"
expect 5 cancel run=9999
expect 0 drain w1 --undo
expect 5 drain nobody

# Policies come and go while the coordinator runs; a broken file changes nothing.
expect 0 policy list
expect 0 policy explain shop
said out 'unmatched +no policy selects it'
cp "$work/coordinator.yaml" "$work/before.yaml"
reload() {
    cat "$work/before.yaml" - >"$work/new.yaml"
    chmod 600 "$work/new.yaml"
    mv "$work/new.yaml" "$work/coordinator.yaml"
    kill -HUP "$coordinator"
}
reload <<END
policies:
  shops: {select: {name: [shop]}, tool: mariadb-dump, store: "$store"}
  rest: {select: {engine: [postgres]}}
backup: {time_limit: 1h}
END
wait_for 30 grep -q 'read the configuration anew: 2 policies' "$work/coordinator.log"
grep -q 'of the configuration `backup` changed, which needs a restart' "$work/coordinator.log" ||
    fail "$(tail -n 5 "$work/coordinator.log")"
expect 0 policy list
said out '^shops +1 +0 +no +0 '
expect 0 policy list --unmatched
said out 'asleep .* unmatched +no policy selects it'
expect 0 policy explain shop
said out "^shops +selected +'shops' selects it"
said out "^rest +no +its engine is 'mariadb', not 'postgres'"
expect 0 backup name=shop --wait
expect 0 runs --json
jq -e '.[0] | .label == "shops" and (.policy_digest | length) == 64' "$work/out" >/dev/null || fail "$(cat "$work/out")"
grep -rq 'run_label.*policy shops' "$work/store" --include=manifest.json || fail "no manifest names the policy"
reload <<<'policies: {shops: {select: {nam: [shop]}}}'
wait_for 30 grep -q "keeps the old configuration: .*unknown key 'nam'" "$work/coordinator.log"
expect 0 policy explain shop
said out '^shops +selected '
expect 2 policy explain 'name=*'
said err '2 databases match'
expect 5 policy explain nobody

# Labels: what no worker has is said at once, by worker, and is forecast; so is what was learnt.
reload <<END
policies:
  shops: {select: {name: [shop]}, schedule: "0 */6 * * *", store: "$store"}
END
wait_for 30 grep -q 'read the configuration anew: 1 policies' "$work/coordinator.log"
expect 0 schedule --forecast --json
jq -e '.forecast[0] | .well == .jobs and .jobs >= 3 and .by_history == 1 and .guessed == 0' "$work/out" >/dev/null ||
    fail "$(cat "$work/out")"
jq -e '.databases[0] | .basis == "history" and .worker == "w1" and .expected_s < 300' "$work/out" >/dev/null ||
    fail "$(cat "$work/out")"
expect 0 schedule --forecast --csv --hours 12
[ "$(wc -l <"$work/out")" = 3 ] || fail "not two firings in 12 hours: $(cat "$work/out")"
expect 2 schedule --forecast --hours 1000
reload <<END
placement: {workers: {network: dmz}}
policies:
  shops: {select: {name: [shop]}, schedule: "0 */6 * * *", store: "$store"}
END
unfit="worker 'w1': it has no label 'network', which is to be 'dmz'"
wait_for 30 sh -c "dbhaul policy explain shop | grep -q 'cannot take it'"
expect 1 schedule --forecast
said out " never +$unfit"
expect 0 schedule --next 1
said out "$unfit"
expect 0 backup name=shop
said err "no worker could take 1 of 1 jobs: $unfit"
run=$(dbhaul jobs state=queued --json | jq -r '.[0].run')
expect 0 jobs state=queued --json
[ "$(jq -r '.[0].message' "$work/out")" = "no worker can take it: $unfit" ] || fail "$(cat "$work/out")"
[ "$(grep -c "no worker could take 1 jobs, .*: $unfit" "$work/coordinator.log")" = 1 ] ||
    fail "$(grep 'could take' "$work/coordinator.log")"
expect 0 cancel "run=$run"

# ---- a night with a broken store is one message, and one all-clear when it is mended, whatever
# happens to the coordinator meanwhile; a target that hangs holds up nothing
stop "$coordinator" || fail "the coordinator ended with $?: $(tail -n 5 "$work/coordinator.log")"
for shop in one two three; do
    echo "  - {id: \"arn:$shop\", name: $shop, engine: mariadb, host: 127.0.0.1, port: $port, secret: haul}"
done >>"$work/inventory.yaml"
mkdir "$work/told"
cat >"$work/tell" <<'END'
#!/bin/bash
cat >"$1/$DBHAUL_EVENT.$DBHAUL_DELIVERY"
END
chmod 700 "$work/tell"
(umask 077 && echo 'a secret of more than 16 bytes' >"$work/secrets/hook")
start "$work/hook.log" /usr/bin/python3 -c 'import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(3600)'
wait_for 30 test -s "$work/hook.log"
mkdir "$work/received"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$work/hook.key" -out "$work/hook.pem" 2>"$work/openssl.log" ||
    fail "$(cat "$work/openssl.log")"
start "$work/receiver.log" /usr/bin/python3 "$root/tests/lib/hook_receiver.py" "$work/received" "$work/hook.pem" "$work/hook.key"
wait_for 30 test -s "$work/receiver.log"
receiver=https://127.0.0.1:$(head -n 1 "$work/receiver.log")/pager
cat "$work/before.yaml" - >"$work/coordinator.yaml" <<END
retry: {failures: 1}
notify:
  gather: 5m
  targets:
    mail: {kind: command, command: ["$work/tell", "$work/told"], from: dbhaul@example.org, to: [dba@example.org]}
    hook: {kind: webhook, url: "http://127.0.0.1:$(cat "$work/hook.log")/", time_limit: 10m,
           secret: {from: "file:$work/secrets/hook"}}
    pager: {kind: webhook, url: "$receiver", ca: "$work/hook.pem", on: [failure],
            secret: {from: "file:$work/secrets/hook"}}
    stranger: {kind: webhook, url: "$receiver", on: [overdue], secret: {from: "file:$work/secrets/hook"}}
END
start_coordinator
wait_for 60 is_worker ready

# told EVENT COUNT
told() {
    [ "$(find "$work/told" -name "$1.*" | wc -l)" = "$2" ]
}

is_mail_sent() {
    dbhaul notify list --json | jq -e '.[] | select(.target == "mail") | .waiting == 0 and .given_up == 0'
}

mv "$work/store/dbhaul" "$work/away"
touch "$work/store/dbhaul"
expect 1 backup --wait
stop "$coordinator" KILL || true
sed -i 's/gather: 5m/gather: 2s/' "$work/coordinator.yaml" # however slow this machine: all four are in it
start_coordinator
wait_for 60 is_worker ready
wait_for 30 told failure 1
wait_for 30 is_mail_sent
expect 1 backup --wait
expect 0 notify outages --json
[ "$(jq -r '.[] | "\(.kind) \(.state) \(.affected)"' "$work/out")" = "failure lasts 4" ] || fail "$(cat "$work/out")"
rm "$work/store/dbhaul"
mv "$work/away" "$work/store/dbhaul"
expect 0 backup --wait
wait_for 30 told recovered 1
wait_for 30 is_mail_sent
told '*' 2 || fail "$(ls "$work/told")"
grep -q '^Subject: dbhaul: 4 databases fail: ' "$work"/told/failure.* || fail "$(cat "$work"/told/failure.*)"
grep -q '^To: dba@example.org$' "$work"/told/failure.* || fail "$(cat "$work"/told/failure.*)"
grep -q '^  two$' "$work"/told/failure.* || fail "$(cat "$work"/told/failure.*)"
grep -q '^Subject: dbhaul: all clear of outage 1 (failure)' "$work"/told/recovered.* || fail "$(cat "$work"/told/recovered.*)"
stop "$coordinator" KILL || true
start_coordinator
expect 0 notify outages --json
[ "$(jq length "$work/out")" = 0 ] || fail "$(cat "$work/out")"
expect 0 notify list --json
[ "$(jq -r '.[] | select(.target == "hook") | .waiting' "$work/out")" = 2 ] || fail "$(cat "$work/out")"
expect 0 notify test mail
said out '^mail +command +delivered'
told '*' 3 || fail "$(ls "$work/told")"
expect 1 notify test stranger
said out '^stranger +webhook +failed +.*CA file'

# The same message was refused, then taken; what the manual has receivers do finds it signed.
wait_for 60 test -s "$work/received/body.2"
header() {
    tr -d '\r' <"$work/received/head.$1" | sed -n "s/^$2: //Ip"
}
[ "$(header 1 X-Dbhaul-Delivery)" = "$(header 2 Idempotency-Key)" ] || fail "another delivery: $(cat "$work/received/head.2")"
cmp "$work/received/body.1" "$work/received/body.2" || fail "the message has changed from try to try"
jq -e '.event == "failure" and .count == 4 and .outage.turn == "begins"' "$work/received/body.2" >/dev/null ||
    fail "$(cat "$work/received/body.2")"
sed -n '/^timestamp=\$timestamp signature=/,/^END$/p' "$root/docs/manual.md" |
    sed "s|/etc/dbhaul/secrets/pager|$work/secrets/hook|" >"$work/verify"
is_signed() {
    cp "$work/received/body.2" "$work/received/body"
    printf '%s' "$3" >>"$work/received/body"
    (cd "$work/received" && timestamp=$1 signature=$2 sh "$work/verify") >"$work/out"
    [ "$(cat "$work/out")" = yes ]
}
timestamp=$(header 2 X-Dbhaul-Timestamp)
signature=$(header 2 X-Dbhaul-Signature)
is_signed "$timestamp" "$signature" '' || fail "the signature '$signature' is not right: $(cat "$work/out")"
! is_signed "$timestamp" "$signature" x || fail "a changed body has a right signature"
! is_signed "1$timestamp" "$signature" '' || fail "another time has a right signature"
wait_for 30 sh -c "dbhaul notify list --json | jq -e '.[] | select(.target == \"pager\") | .waiting == 0'"
expect 5 notify test nobody
expect 5 notify close 1

# A promise that was broken while nobody looked.
stop "$coordinator" || fail "the coordinator ended with $?: $(tail -n 5 "$work/coordinator.log")"
sqlite3 "$work/catalog.db" 'UPDATE known_databases SET first_seen_ms = 1; UPDATE sets SET created_ms = 1'
echo 'policies: {all: {select: {}, promise: {good: 1d}}}' >>"$work/coordinator.yaml"
start_coordinator
wait_for 30 told overdue 1
grep -q '^Subject: dbhaul: 5 databases are overdue: the newest good set is older than its policy promises' \
    "$work"/told/overdue.* || fail "$(cat "$work"/told/overdue.*)"
expect 0 notify outages --json
expect 0 notify close "$(jq -r '.[] | select(.kind == "overdue") | .id' "$work/out")"

stop "$worker" || fail "the worker ended with $?: $(tail -n 5 "$work/worker.log")"
stop "$coordinator" || fail "the coordinator ended with $?: $(tail -n 5 "$work/coordinator.log")"
! grep -rq 'correct horse' "$work"/*.log "$work/catalog.db" "$work/store" "$work/out" ||
    fail "a secret leaked"
