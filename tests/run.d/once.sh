#!/bin/bash
# timeout: 300
# build: asan
# `dbhaul once` does a whole night on one host and leaves nothing behind: a run that goes well, one
# that fails, one that a signal cancels, and configurations that are wrong.
. "$(dirname "$0")/../lib/script.sh"

command -v mariadbd >/dev/null || skip "no mariadbd"
mariadb=$root/tests/lib/mariadb.sh
export TMPDIR=$work/tmp PATH=$build:$PATH
mkdir -m 700 "$work/tmp" "$work/secrets" "$work/store"

"$mariadb" start "$work/db" 0 || fail "mariadbd does not start"
finish "'$mariadb' stop '$work/db'"
port=$(cat "$work/db/port")
"$mariadb" sql "$work/db" <<'SQL'
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT seq, REPEAT('x', 200) FROM seq_1_to_2000;
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse';
GRANT ALL ON *.* TO haul@'127.0.0.1' WITH GRANT OPTION;
SQL
(umask 077 && echo 'correct horse' >"$work/secrets/good" && echo 'wrong horse' >"$work/secrets/bad")

dbhaul-worker --create-store "$work/store" || fail "cannot make a store"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: "arn:shop", name: shop, engine: mariadb, host: 127.0.0.1, port: $port, secret: good}
  - {id: "arn:locked", name: locked, engine: mariadb, host: 127.0.0.1, port: $port, secret: bad}
  - {id: "arn:asleep", name: asleep, engine: mariadb, host: 127.0.0.1, port: $port, state: stopped}
END
cat >"$work/night.yaml" <<END
coordinator:
  catalog: "sqlite:$work/catalog.db"
  providers:
    - {kind: file, name: estate, path: $work/inventory.yaml}
  retry: {failures: 1}
  policies: {all: {select: {}, schedule: "30 2 * * *"}}
worker:
  state: $work/state
  stores:
    - {kind: directory, place: $work/store}
  secrets:
    good: {from: "file:$work/secrets/good", username: haul, servers: ["127.0.0.1:$port"]}
    bad: {from: "file:$work/secrets/bad", username: haul, servers: ["127.0.0.1:$port"]}
  tls: {ca: $work/db/ca.pem}
END
chmod 600 "$work"/*.yaml

# once STATUS [ARGUMENT...]: expects the status; output is in $work/out and $work/err.
once() {
    local expected=$1 status=0
    shift
    dbhaul once --config "$work/night.yaml" "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$expected" ]; then
        cat "$work/out" "$work/err"
        fail "dbhaul once $*: status $status, not $expected"
    fi
}

nothing_is_left() {
    [ -z "$(ls -A "$work/tmp")" ] || fail "left in the folder for sockets: $(ls -A "$work/tmp")"
    ! pgrep -f "$work/night.yaml" >/dev/null || fail "a daemon still runs"
}

once 0 name=shop
grep -q "job 1 'shop': succeeded in " "$work/out" || fail "no line for the job: $(cat "$work/out")"
grep -Eq '^20..-..-.. ..:..:..  20..-..-.. ..:..:..  shop +1  arn:shop +Success$' "$work/out" ||
    fail "no row in the report: $(cat "$work/out")"
[ "$(find "$work/store" -name manifest.json -not -path '*/catalog/*' | wc -l)" = 1 ] || fail "there is not one set"
[ -n "$(find "$work/store" -path "*/catalog/j*/manifest.json")" ] || fail "the catalog was not saved"
nothing_is_left

# Whoever starts it decides what it backs up: no policy makes up for a firing of long ago.
sqlite3 "$work/catalog.db" "INSERT INTO firings VALUES ('all', 1000, 1000, 0, 0, 0)"
once 0 name=shop --json
[ "$(grep -c '"status":"Success"' "$work/out")" = 1 ] || fail "JSON: $(cat "$work/out")"
nothing_is_left

once 1
grep -q "'asleep' is skipped: " "$work/out" || fail "what was skipped is not said"
grep -q "'locked': failed: " "$work/out" || fail "the failure is not said"
grep -Eq ' locked +0  arn:locked +Failed$' "$work/out" || fail "no failure in the report"
! grep -rq 'horse' "$work/out" "$work/err" "$work/catalog.db" "$work/store" || fail "a secret leaked"
nothing_is_left

[ "$(sqlite3 "$work/catalog.db" "SELECT count(*) FROM runs WHERE requested_by = 'schedule'")" = 0 ] ||
    fail "a schedule started a run"

once 5 name=asleep
once 5 name=nobody
once 2 shop
once 2 colour=red

sed 's/stores:/stroes:/' "$work/night.yaml" >"$work/wrong.yaml"
status=0
dbhaul once --config "$work/wrong.yaml" >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 2 ] || fail "status $status for a wrong worker's section"
grep -q "wrong.yaml:[0-9]*:[0-9]*: unknown key 'stroes'; did you mean 'stores'?" "$work/err" ||
    fail "the place is not said: $(cat "$work/err")"
nothing_is_left

# A signal cancels the run; a server that holds the dump with a lock keeps it from ending first.
mkfifo "$work/hold"
"$mariadb" sql "$work/db" <"$work/hold" &
holder=$!
exec 9>"$work/hold"
echo 'LOCK TABLES shop.orders WRITE;' >&9
start "$work/out" dbhaul once --config "$work/night.yaml" name=shop
once_pid=$pid
wait_for 60 grep -q "'shop': runs on " "$work/out"
kill -TERM "$once_pid"
status=0
wait "$once_pid" || status=$?
exec 9>&-
wait "$holder" || true
[ "$status" = 4 ] || { cat "$work/out"; fail "a signal ended it with $status, not 4"; }
grep -q "is being cancelled" "$work/out" || fail "the signal is not told"
nothing_is_left

once 0 name=shop
nothing_is_left

# ---- a store that a Data Domain protects: it waits until the sets are safe

if [ ! -x /usr/sbin/sshd ]; then
    echo "not run: no sshd, so nothing is protected"
    exit 0
fi
. "$root/tests/lib/datadomain.sh"
finish datadomain_stop "$work/dd1"
finish datadomain_stop "$work/dd2"
datadomain_start "$work/dd1" dd1.example
datadomain_start "$work/dd2" dd2.example
datadomain_ask "$work/dd1" mtree /data/col1/sets "$work/store" >/dev/null
datadomain_ask "$work/dd1" context 7 /data/col1/sets "$work/dd2" /data/col1/copy >/dev/null
store=directory:$(cat "$work/store/.dbhaul-store")
cp "$work/night.yaml" "$work/bare.yaml"

# protected RULES: the same night, with those rules of `protect`.
protected() {
    {
        sed '/^worker:/,$d' "$work/bare.yaml"
        echo "  protect: {look: 200ms, retry: 200ms, spacing: 0s$1}"
        echo "  datadomains:"
        datadomain_config "$work/dd1" "$store" /data/col1/sets | sed 's/^/  /'
        sed -n '/^worker:/,$p' "$work/bare.yaml"
    } >"$work/night.yaml"
}
protection() {
    sqlite3 "$work/catalog.db" "SELECT $1 FROM protections ORDER BY id DESC LIMIT 1"
}
protected ""
once 0 name=shop
grep -q "all sets are protected" "$work/out" || fail "$(cat "$work/out")"
[ "$(protection "state || ' ' || destination")" = "off-site dd2.example:/data/col1/copy" ] || fail "$(protection state)"
protected ", off_site: false"
once 0 name=shop
[ "$(protection state)" = kept ] || fail "$(protection state)"
once 2 name=shop --protect-limit soon
datadomain_ask "$work/dd1" cut >/dev/null
protected ""
once 0 name=shop --protect-limit 0
[ "$(protection state)" != off-site ] || fail "it is off-site without a context"
nothing_is_left
