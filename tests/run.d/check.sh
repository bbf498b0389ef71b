#!/bin/bash
# timeout: 400
# build: asan
# What `dbhaul check` says at 17:00 of an estate in which each database is broken in its own way,
# and that the night then goes as it said: the real daemons, MariaDB, PostgreSQL, and a BoostFS that
# is not mounted, read-only, hangs or is full.
. "$(dirname "$0")/../lib/script.sh"

for program in mariadbd jq python3; do
    command -v "$program" >/dev/null || skip "no $program"
done
mariadb=$root/tests/lib/mariadb.sh
postgres=$root/tests/lib/postgres.sh
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
chmod 755 "$work"  # the server of PostgreSQL has a user of its own
mkdir -m 700 "$work/secrets" "$work/run"
mkdir "$work/storage" "$work/store"

# ---- the servers: `shop` is trusted, `odd` has an authority that nobody knows

for server in shop odd; do
    "$mariadb" start "$work/$server" 0 >/dev/null || fail "mariadbd does not start"
    finish "'$mariadb' stop '$work/$server'"
    "$mariadb" sql "$work/$server" <<'END'
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse';
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON *.* TO haul@'127.0.0.1';
CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'correct horse';
GRANT SELECT ON *.* TO poor@'127.0.0.1';
CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY, note TEXT);
INSERT INTO shop.orders SELECT seq, REPEAT('x', 200) FROM shop.seq_1_to_2000;
END
done
# A PostgreSQL of which the certificate is for another name, by an authority that is trusted.
mkdir -m 755 "$work/names"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=other.example -addext subjectAltName=DNS:other.example \
    -keyout "$work/names/key.pem" -out "$work/names/cert.pem" 2>/dev/null
chmod 600 "$work/names/key.pem"
if [ "$(id -u)" = 0 ]; then chown postgres: "$work/names/key.pem"; fi
"$postgres" start "$work/names-pg" "ssl_cert_file=$work/names/cert.pem" "ssl_key_file=$work/names/key.pem" ||
    fail "postgres does not start"
finish "'$postgres' stop '$work/names-pg'"
"$postgres" start "$work/pg" || fail "postgres does not start"
finish "'$postgres' stop '$work/pg'"
"$postgres" psql "$work/pg" <<'END'
CREATE ROLE haul LOGIN PASSWORD 'correct horse';
GRANT pg_read_all_data TO haul;
CREATE ROLE poor LOGIN PASSWORD 'correct horse';
CREATE TABLE goods (id serial PRIMARY KEY, name text);
INSERT INTO goods (name) SELECT md5(i::text) FROM generate_series(1, 1000) AS i;
CREATE TABLE private (id int);
ALTER TABLE private ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON private TO poor;
ALTER ROLE haul BYPASSRLS;
END
shop=$(cat "$work/shop/port") odd=$(cat "$work/odd/port") pg=$(cat "$work/pg/port")
names=$(cat "$work/names-pg/port")
closed=$(free_port)

# A port that takes connections and says nothing.
start "$work/silent.log" python3 -c '
import socket, sys, time
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
open(sys.argv[1] + ".new", "w").write(str(listener.getsockname()[1]))
import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
kept = []
while True: kept.append(listener.accept())
' "$work/silent"
wait_for 10 test -s "$work/silent"
silent=$(cat "$work/silent")

# ---- the store

: >"$work/rules"
mount_store() {
    "$build/tests/faultfs" -o "backing=$work/storage,ctl=$work/rules,subtype=boostfs,fsname=dd1.example:/su1" \
        "$work/store" 2>"$work/faultfs.log" && mountpoint -q "$work/store"
}
unmount_store() {
    umount -l "$work/store" 2>/dev/null || true
}
identity=
if mount -t tmpfs -o size=512m,mode=700 none "$work/storage" 2>/dev/null; then
    finish "umount -l '$work/storage'"
    if mount_store; then
        finish unmount_store
        identity=boostfs:dd1.example:/su1
        kind="{kind: boostfs, place: $work/store, source: \"dd1.example:/su1\"}"
    fi
fi
if [ -z "$identity" ]; then
    echo "neither tmpfs nor FUSE can be had here, so no trouble with the store is tried"
    dbhaul-worker --create-store "$work/storage" || fail "cannot make a store"
    identity=directory:$(cat "$work/storage/.dbhaul-store")
    kind="{kind: directory, place: $work/storage}"
fi

# ---- the estate

(umask 077 && echo 'correct horse' >"$work/secrets/right" && echo 'wrong horse' >"$work/secrets/wrong")
cat "$work/shop/ca.pem" "$work/pg/ca.pem" "$work/names/cert.pem" >"$work/ca.pem"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: "u:1", name: asleep, engine: mariadb, host: 127.0.0.1, port: $shop, secret: haul, state: stopped}
  - {id: "u:2", name: closed, engine: mariadb, host: 127.0.0.1, port: $closed, secret: haul}
  - {id: "u:3", name: denied-pg, engine: postgres, host: 127.0.0.1, port: $pg, secret: wrong}
  - {id: "u:4", name: denied, engine: mariadb, host: 127.0.0.1, port: $shop, secret: wrong}
  - {id: "u:5", name: elsewhere, engine: mariadb, host: 127.0.0.1, port: $shop, secret: elsewhere}
  - {id: "u:6", name: good, engine: mariadb, host: 127.0.0.1, port: $shop, secret: haul}
  - {id: "u:7", name: good-pg, engine: postgres, host: 127.0.0.1, port: $pg, secret: haul}
  - {id: "u:8", name: new, engine: postgres, version: "98", host: 127.0.0.1, port: $pg, secret: haul}
  - {id: "u:9", name: nowhere, engine: postgres, host: no-such-host.invalid, port: 5432, secret: haul}
  - {id: "u:10", name: oracle, engine: oracle, host: 127.0.0.1, port: 1521, secret: haul}
  - {id: "u:11", name: othername-pg, engine: postgres, host: 127.0.0.1, port: $names, secret: haul}
  - {id: "u:12", name: othername, engine: mariadb, host: "127.1", port: $shop, secret: haul}
  - {id: "u:13", name: poor-pg, engine: postgres, host: 127.0.0.1, port: $pg, secret: poor}
  - {id: "u:14", name: poor, engine: mariadb, host: 127.0.0.1, port: $shop, secret: poor}
  - {id: "u:15", name: silent, engine: mariadb, host: 127.0.0.1, port: $silent, secret: haul}
  - {id: "u:16", name: silent-pg, engine: postgres, host: localhost, port: $silent, secret: haul}
  - {id: "u:17", name: toolless, engine: mysql, version: "98.0", host: 127.0.0.1, port: $closed, secret: haul}
  - {id: "u:18", name: unknown, engine: mariadb, host: 127.0.0.1, port: $shop, secret: nobody}
  - {id: "u:19", name: unnamed, engine: mariadb, host: 127.0.0.1, port: $shop}
  - {id: "u:20", name: unreadable, engine: mariadb, host: 127.0.0.1, port: $closed, secret: unreadable}
  - {id: "u:21", name: untrusted, engine: mariadb, host: 127.0.0.1, port: $odd, secret: haul}
  - {id: "u:22", name: untrusted-pg, engine: postgres, host: localhost, port: $pg, secret: haul}
END
cat >"$work/coordinator.yaml" <<END
catalog: "sqlite:$work/catalog.db"
providers:
  - {kind: file, name: estate, path: $work/inventory.yaml}
backup: {store: "$identity"}
limits: {server: 8}
retry: {failures: 1}
timers: {placement: 8s}
END
everywhere='["127.0.0.1:*", "127.1:*", "localhost:*", "no-such-host.invalid:*"]'
cat >"$work/worker.yaml" <<END
name: w1
slots: 8
state: $work/state
coordinators: [{endpoint: "ipc://$work/run/workers.ipc"}]
stores: [$kind]
secrets:
  haul: {from: "file:$work/secrets/right", username: haul, servers: $everywhere}
  poor: {from: "file:$work/secrets/right", username: poor, servers: $everywhere}
  wrong: {from: "file:$work/secrets/wrong", username: haul, servers: $everywhere}
  elsewhere: {from: "file:$work/secrets/right", username: haul, servers: ["db.example:3306"]}
  unreadable: {from: "file:$work/secrets/none", username: haul, servers: $everywhere}
tls:
  ca: $work/ca.pem
  authorities: [{servers: ["localhost:$pg"], ca: $work/odd/ca.pem}]
timers: {survey: 1s}
END
chmod 600 "$work"/*.yaml

# ---- what the tests ask

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
said() {
    grep -Eq -- "$1" "$work/out" || fail "no '$1' in: $(cat "$work/out")"
}
not_said() {
    ! grep -Eq -- "$1" "$work/out" || fail "'$1' is in: $(cat "$work/out")"
}
# lines FILTER: each database with its verdict and the classes that the filter leaves.
lines() {
    jq -r ".[] | \"\(.name) \(.verdict): \([.reasons[] | select($1).class] | join(\" \"))\"" "$work/out"
}
# reason NAME CLASS PATTERN: a fatal reason, in the JSON.
reason() {
    jq -r --arg name "$1" --arg class "$2" \
        '.[] | select(.name == $name).reasons[] | select(.fatal and .class == $class).text' \
        "$work/out" | grep -Eq -- "$3" || fail "'$1' has no '$2' like '$3': $(jq -c --arg name "$1" \
        '.[] | select(.name == $name)' "$work/out")"
}
step() {
    echo "-- $*"
}
has_store() {
    dbhaul workers --json | jq -e --arg store "$identity" 'any(.[]; .stores | contains($store))'
}
has_no_store() {
    ! has_store
}

start "$work/coordinator.log" dbhaul-coordinator --config "$work/coordinator.yaml" --endpoint-folder "$work/run"
coordinator=$pid
wait_for 30 dbhaul status

step "without a worker a check says so at once"
expect 1 check name=good --json
[ "$(lines .fatal)" = "good would fail: placement" ] || fail "$(cat "$work/out")"
reason good placement '^no worker is connected$'

start "$work/worker.log" dbhaul-worker --config "$work/worker.yaml"
worker=$pid
wait_for 30 has_store

step "the whole estate, in JSON"
expect 1 check --json
cat >"$work/expected" <<'END'
asleep skipped: state
closed would fail: reach
denied would fail: grants
denied-pg would fail: grants
elsewhere would fail: secret
good well: 
good-pg well: 
new would fail: placement
nowhere would fail: reach
oracle skipped: state
othername would fail: tls
othername-pg would fail: tls
poor would fail: grants
poor-pg would fail: grants grants
silent would fail: reach
silent-pg would fail: reach
toolless would fail: placement reach tool
unknown would fail: secret
unnamed skipped: state
unreadable would fail: secret reach
untrusted would fail: tls
untrusted-pg would fail: tls
END
lines .fatal >"$work/lines"
diff "$work/expected" "$work/lines" || fail "the verdicts differ: $(cat "$work/out")"
reason asleep state 'stopped'
reason closed reach "^'127.0.0.1' refuses connections to port $closed: is the server up"
reason denied grants "Access denied.*is the secret still its password"
reason denied-pg grants 'password authentication failed for user "haul"'
reason elsewhere secret "^cannot use the secret 'elsewhere' for '127.0.0.1:$shop': .*may not be sent"
reason new placement "^worker 'w1': it has no pg_dump 98 or newer$"
reason nowhere reach "^the name 'no-such-host.invalid' does not resolve"
reason oracle state 'oracle'
reason othername tls 'made for another name'
reason othername-pg tls 'made for another name'
reason poor grants 'GRANT SHOW VIEW, TRIGGER, EVENT ON \*\.\* TO `poor`@`127\.0\.0\.1`;$'
reason poor-pg grants 'such as public\.goods, public\.goods_id_seq: GRANT pg_read_all_data TO poor;$'
reason poor-pg grants 'such as public\.private: ALTER ROLE poor BYPASSRLS;$'
reason silent reach 'cannot connect'
reason silent-pg reach 'did not answer within'
reason toolless placement "^worker 'w1': it has no mysqldump 98.0 or newer$"
reason toolless tool 'install .*mysql-client.* of version 98\.0 or newer'
reason unknown secret "no secret 'nobody' in the configuration"
reason unnamed state 'no secret'
reason unreadable secret "cannot use the secret 'unreadable'"
reason untrusted tls 'name the CA that signed'
reason untrusted-pg tls 'certificate verify failed.*name the CA that signed'
jq -e 'all(.[]; (.verdict == "skipped") == (.job == null)) and
    all(.[] | select(.verdict != "skipped"); .worker == "w1" and .run > 0)' "$work/out" >/dev/null ||
    fail "worker, job or run are not as told: $(cat "$work/out")"
jq -e '.[] | select(.name == "good").reasons | any(.class == "content" and (.fatal | not))' \
    "$work/out" >/dev/null || fail "no note on a good one"

step "for people: a line a reason"
expect 1 check 'name=[aenp]*'
said '^NAME +ENGINE +VERDICT +WORKER +CLASS +REASON$'
said '^asleep +mariadb +skipped +state +its state is .stopped., not '
said '^elsewhere +mariadb +would fail +w1 +secret +cannot use the secret'
said '^poor-pg +postgres +would fail +w1 +grants +database '
said '^ +grants +database .* row-level security '
said '^0 well, 5 would fail, 1 skipped, 0 not checked$'
not_said 'content'
expect 0 check name=good
said '^good +mariadb +well +w1$'
said '^1 well, 0 would fail, 0 skipped, 0 not checked$'
expect 0 check name=good --notes --wait
said '^good +mariadb +well +w1 +content +note: MariaDB server '
expect 0 check name=good --no-wait
said 'run [0-9]+ has begun'
expect 5 check name=asleep
said '^asleep .* skipped'
expect 5 check name=nobody

step "nothing was written, and no probe is left"
[ -z "$(find "$work/storage" -name '.dbhaul-probe*' -o -name manifest.json)" ] ||
    fail "left in the store: $(find "$work/storage")"

step "the night goes as the check said"
expect 1 backup --wait
grep -oE "'[a-z-]+'( is skipped|: succeeded|: failed.*)" "$work/out" >"$work/night"
night() {
    grep -Eq "^'$1'$2" "$work/night" || fail "no '$1$2' in: $(cat "$work/out")"
}
for name in asleep oracle unnamed; do night $name ' is skipped'; done
for name in good good-pg; do night $name ': succeeded'; done
night closed ": failed: .*'127.0.0.1' refuses connections"
night denied ': failed: .*Access denied'
night denied-pg ': failed: .*password authentication failed'
night elsewhere ': failed: .*may not be sent'
night new ': failed: .*no pg_dump 98'
night nowhere ': failed: .*does not resolve'
night othername ': failed: .*made for another name'
night othername-pg ': failed: .*made for another name'
night poor ': failed: .*SHOW VIEW, TRIGGER, EVENT'
night poor-pg ': failed: .*permission denied'
night silent ': failed: '
night silent-pg ': failed: .*did not answer within'
night toolless ': failed: .*no mysqldump 98'
night unknown ": failed: .*no secret 'nobody'"
night unreadable ": failed: .*cannot use the secret 'unreadable'"
night untrusted ': failed: .*name the CA that signed'
night untrusted-pg ': failed: .*name the CA that signed'

if mountpoint -q "$work/store"; then
    step "room: half of it is a note, less than it needs is none"
    used=$(du -s --block-size=1M "$work/storage" | cut -f 1)
    mount -o "remount,size=$((used + 11))m" "$work/storage"
    expect 0 check name=good-pg
    said '^good-pg +postgres +well +w1 +room +note: a set needs about 7 MiB'
    mount -o "remount,size=$((used + 5))m" "$work/storage"
    expect 1 check name=good-pg --json
    [ "$(lines .fatal)" = "good-pg would fail: room" ] || fail "$(cat "$work/out")"
    reason good-pg room "by the server's own sizes, and the store '$identity' has [0-9] MiB free: make room"
    mount -o remount,size=512m "$work/storage"

    step "a full store is room, too; a read-only one is mount"
    echo 'write errno=ENOSPC' >"$work/rules"
    expect 1 check name=good --json
    [ "$(lines .fatal)" = "good would fail: room" ] || fail "$(cat "$work/out")"
    reason good room 'is full, or its quota is'
    echo 'create errno=EROFS' >"$work/rules"
    expect 1 check name=good --json
    [ "$(lines .fatal)" = "good would fail: mount" ] || fail "$(cat "$work/out")"
    reason good mount 'cannot make a file in the store .*: Read-only file system'
    echo 'read flip' >"$work/rules"
    expect 1 check name=good --json
    reason good mount 'gives back something else than was written'
    : >"$work/rules"

    step "a mount that hangs holds up nobody for long"
    echo 'create hang' >"$work/rules"
    expect 1 check name=poor --json
    [ "$(lines .fatal)" = "poor would fail: grants mount" ] || fail "$(cat "$work/out")"
    reason poor mount 'did not answer within 20 s: its mount hangs'
    : >"$work/rules"
    expect 0 check name=good

    step "a mount that is gone, before and after the coordinator knows"
    unmount_store
    expect 1 check name=good --json
    reason good mount "^BoostFS is not mounted at '$work/store'; mount 'dd1.example:/su1' there$"
    wait_for 30 has_no_store
    expect 1 check name=poor --json
    [ "$(lines .fatal)" = "poor would fail: placement grants mount" ] || fail "$(cat "$work/out")"
    reason poor placement "^worker 'w1': it does not have the store '$identity'$"
    reason poor mount "^BoostFS is not mounted at "
    mkdir "$work/other"
    "$build/tests/faultfs" -o "backing=$work/other,subtype=boostfs,fsname=dd2.example:/su9" "$work/store"
    expect 1 check name=good --json
    reason good mount "^what is mounted at '$work/store' is 'dd2.example:/su9', not 'dd1.example:/su1'$"
    unmount_store
    mount -t tmpfs none "$work/store"
    expect 1 check name=good --json
    reason good mount "is of type 'tmpfs', not boostfs$"
    umount "$work/store"
    mount_store || fail "cannot mount again"
    wait_for 30 has_store
    expect 0 check name=good
fi

step "a worker that drains takes no check, and that is said"
expect 0 drain w1
expect 1 check name=good --json
reason good placement "^worker 'w1': it is draining$"
expect 0 drain w1 --undo

step "no secret where it does not belong"
! grep -raq -e 'correct horse' -e 'wrong horse' "$work"/*.log "$work/catalog.db" "$work/out" "$work/err" ||
    fail "a secret leaked"
stop "$worker" || fail "the worker ended with $?: $(tail -n 5 "$work/worker.log")"
stop "$coordinator" || fail "the coordinator ended with $?: $(tail -n 5 "$work/coordinator.log")"
! grep -aE 'Sanitizer|runtime error' "$work"/*.log || fail "a sanitizer spoke"
