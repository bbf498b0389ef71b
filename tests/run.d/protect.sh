#!/bin/bash
# timeout: 400
# build: debug
# A night whose sets end at the other site: a snapshot and a sync an MTree, whatever fails on the way
# and whenever the coordinator is killed. Prints a table of what was tried and what came of it.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"
. "$root/tests/lib/datadomain.sh"

command -v jq >/dev/null || skip "no jq"
[ -x /usr/sbin/sshd ] || skip "no sshd"
mtree=/data/col1/su1
finish datadomain_stop "$work/dd1"
finish datadomain_stop "$work/dd2"
finish datadomain_stop "$work/dd1" ssh
mkdir -p "$home/storage"
datadomain_start "$work/dd1" dd1.example
datadomain_start "$work/dd2" dd2.example
datadomain_ask "$work/dd1" mtree $mtree "$home/storage" >/dev/null
datadomain_ask "$work/dd1" context 7 $mtree "$work/dd2" $mtree >/dev/null

mariadb_tool start "$home/mariadb" 0 || fail "MariaDB does not start"
mariadb_tool sql "$home/mariadb" <<SQL
CREATE USER dbhaul_backup@'127.0.0.1' IDENTIFIED BY '$(secret mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_backup@'127.0.0.1';
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, what TEXT) SELECT seq AS id, 'thing' AS what FROM seq_1_to_500;
SQL
for other in postgres spare-mariadb spare-postgres; do
    mkdir -p "$home/$other" && echo 1 >"$home/$other/port"
    cp "$home/mariadb/ca.pem" "$home/$other/ca.pem"
done
night_inventory() {
    echo "databases:"
    local name
    for name in one two; do
        echo "  - {id: $name, name: $name, engine: mariadb, host: 127.0.0.1, port: $(server_port mariadb), secret: mariadb}"
    done
}
mount_stores worker-1
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 3 worker-1
{
    echo "protect: {look: 200ms, retry: 200ms, spacing: 0s, sync_limit: 2s, retention: 3d}"
    echo "datadomains:"
    datadomain_config "$work/dd1"
    echo "    timeout: 5s"
} >>"$home/coordinator/coordinator.yaml"
night_start worker-1 || fail "the daemons do not start"

tell() { datadomain_ask "$work/dd1" "$@" >/dev/null; }
knob() { tell knob "$@"; }
last() { dbhaul protections --json --limit 1 2>/dev/null | field "$1"; }
is() { [ "$(last state)" = "$1" ]; }
says_last() { last message | grep -q "$1"; }
logged() { grep -q "$1" "$home/coordinator/log"; }
rows=()

# row FAULT WHAT-CAME-OF-IT
row() { rows+=("$(printf '%-52s %s' "$1" "$2")"); }

# ask: a protection; waits until it is known. Its number is then in $number.
ask() {
    local before
    before=$(last id)
    dbhaul protect >/dev/null
    newer() { [ "$(last id)" -gt "$before" ]; }
    wait_for 20 newer
    number=$(last id)
}

# snapshots NUMBER: how many the Data Domain has of a protection.
snapshots() {
    datadomain_ask "$work/dd1" snapshots $mtree | jq "[.[] | select(.name | endswith(\"-$1\"))] | length"
}

# ends FAULT: the protection gets there, with one snapshot.
ends() {
    wait_for 30 is off-site
    [ "$(snapshots "$number")" = 1 ] || fail "$1: $(snapshots "$number") snapshots of protection $number"
    row "$1" "off-site with one snapshot"
}

calls() {
    datadomain_ask "$work/dd1" calls | jq "[.[] | select(.[0] == \"command\") | .[1] | select(startswith(\"$1\"))] | length"
}

coordinator_kill() {
    local pid
    pid=$(cut -d ' ' -f 1 "$home/coordinator/pid")
    kill -KILL "$pid"
    is_gone() { ! kill -0 "$pid" 2>/dev/null; }
    wait_for 20 is_gone
}

coordinator_start() {
    night_daemon coordinator dbhaul-coordinator coordinator.yaml
    wait_for 20 dbhaul status
}

coordinator_again() {
    coordinator_kill
    coordinator_start
}

# ---- a night

knob auto_sync false
tell forget
expect 0 dbhaul backup --wait
wait_for 30 is off-site
[ "$(dbhaul protections --json | jq length)" = 1 ] || fail "not one protection: $(dbhaul protections)"
[ "$(calls 'snapshot create')" = 1 ] || fail "$(calls 'snapshot create') snapshots were made"
[ "$(calls 'replication sync')" = 1 ] || fail "$(calls 'replication sync') syncs"
dbhaul backups --json >"$work/sets"
[ "$(jq '[.[] | select(.offsite and .protected and .snapshot)] | length' "$work/sets")" = 2 ] || fail "$(cat "$work/sets")"
number=$(last id)
there=$(datadomain_ask "$work/dd2" tree $mtree | jq -r .)
for path in $(jq -r '.[].path' "$work/sets"); do
    diff -r "$home/storage/$path" "$there/$path" || fail "'$path' is not whole at the other site"
done
jq -e '.[0] | .destination == "dd2.example:/data/col1/su1" and .context != "" and .offsite_took >= 0 and
    .snapshot_expires > .protected' "$work/sets" >/dev/null || fail "a set does not know where it went: $(cat "$work/sets")"
snapshot=$(datadomain_ask "$work/dd1" snapshots $mtree | jq '.[0] | .expires - .created')
[ "$snapshot" = $((3 * 86400)) ] || fail "it is kept for $snapshot s"
expect 0 dbhaul replication
says 'dd1 .*/data/col1/su1 .*dd2.example:/data/col1/su1'
expect 0 dbhaul replication --json
jq -e '.[0] | .lag_s < 3600 and .unprotected == 0 and .lock == "never-enabled"' "$work/output" >/dev/null ||
    fail "$(cat "$work/output")"
row "a night of two databases" "one snapshot, one sync, both sets whole at the other site"

# ---- what fails

knob rest down
ask
wait_for 20 is created
wait_for 20 says_last 'cannot talk to'
knob rest well
ends "REST does not answer"

datadomain_stop "$work/dd1" ssh
ask
wait_for 20 says_last 'ssh to .* failed'
is pending || fail "$(last state)"
datadomain_start_ssh "$work/dd1"
ends "ssh does not answer"

knob token_status 422
tell kill-tokens
ask
ends "the token is dead (422, code 5427)"

knob error_status 0
knob noise true
knob command refuse
ask
wait_for 20 says_last 'Permission denied'
knob command well
ends "a refusal with exit status 0, among notices"
knob noise false

knob sync hang
ask
wait_for 20 says_last 'did not end within'
is syncing || fail "$(last state)"
knob sync well
ends "replication sync hangs"

tell cut
ask
wait_for 20 says_last 'no replication context'
is seen || fail "$(last state)"
tell context 8 $mtree "$work/dd2" $mtree
ends "the context is missing"

datadomain_kill "$work/dd1"
ask
wait_for 20 says_last 'ssh'
datadomain_start_rest "$work/dd1" dd1.example
ends "the Data Domain is killed"

# ---- the limit of snapshots

count=$(datadomain_ask "$work/dd1" snapshots $mtree | jq length)
tell fill $mtree $((700 - count))
ask
ends "700 of 750 snapshots"
logged "has 701 of 750 snapshots" || fail "nobody was warned"
tell fill $mtree 49
ask
wait_for 20 says_last 'more than 750 it cannot have'
for each in 0 1 2 3 4 5 6 7 8; do
    tell drop $mtree scheduled-000$each
done
ends "750 of 750 snapshots: refused, then one expires"
for each in {100..160}; do
    tell drop $mtree "scheduled-0$each"
done

# ---- the coordinator is killed

datadomain_stop "$work/dd1" ssh
ask
wait_for 20 is pending
coordinator_again
datadomain_start_ssh "$work/dd1"
ends "kill -9 before the snapshot is made"

knob rest down
ask
wait_for 20 is created
coordinator_again
knob rest well
ends "kill -9 after it was made, before it was seen"

knob sync hang
ask
wait_for 20 is syncing
coordinator_again
knob sync well
ends "kill -9 while it is synced"

# Made, but the coordinator was killed before it could say so: it is taken for its own.
datadomain_stop "$work/dd1" ssh
ask
coordinator_again
tell command "snapshot create $(last snapshot) mtree $mtree retention 3days"
datadomain_start_ssh "$work/dd1"
wait_for 20 is off-site
logged "'$(last snapshot)' is seen" || fail "it was not adopted"
ends "kill -9 before an answer: the snapshot is adopted"

expect 0 dbhaul backup
coordinator_again
all_offsite() { dbhaul backups --json | jq -e 'length == 4 and all(.offsite)'; }
wait_for 60 all_offsite
number=$(last id)
ends "kill -9 in the middle of a run"

# ---- a catalog that was put back: the number is used again, what is there under it covers less

coordinator_kill
mkdir "$work/earlier" && cp "$home"/coordinator/catalog.db* "$work/earlier/"
coordinator_start
ask
ends "a protection after the catalog was copied"
was=$number
coordinator_kill
rm -f "$home"/coordinator/catalog.db* && cp "$work/earlier"/catalog.db* "$home/coordinator/"
coordinator_start
ask
[ "$number" = "$was" ] || fail "protection $number, not $was"
wait_for 30 is off-site
[ "$(snapshots "$number")" = 2 ] || fail "the snapshot of another protection $number was taken for its own"
row "the catalog is put back as it was" "off-site with a snapshot of its own"

# ---- it expires before anybody saw it: its sets are the next one's

given_up() { dbhaul protections --all --json | jq -e --argjson id "$number" '.[] | select(.id == $id) | .state == "given up"' >/dev/null; }
knob rest down
datadomain_stop "$work/dd1" ssh
ask
tell command "snapshot create $(last snapshot) mtree $mtree retention 3days"
tell command "snapshot expire $(last snapshot) mtree $mtree"
knob rest well
datadomain_start_ssh "$work/dd1"
wait_for 20 given_up
wait_for 30 is off-site
row "its snapshot expires before it was seen" "given up, and the next protection takes its sets"

# ---- the store is another MTree by the configuration, and the old one's protection is not believed

datadomain_ask "$work/dd1" mtree /data/col1/moved "$home/storage" >/dev/null
tell context 9 /data/col1/moved "$work/dd2" /data/col1/moved
knob sync hang
ask
wait_for 20 is syncing
coordinator_kill
cp "$home/coordinator/coordinator.yaml" "$work/one.yaml"
sed -i '/^  dd1:/a\    mtrees: {"boostfs:dd1.example:/su1": "/data/col1/moved"}' "$home/coordinator/coordinator.yaml"
knob sync well
coordinator_start
wait_for 20 given_up
wait_for 30 is off-site
[ "$(last mtree)" = /data/col1/moved ] || fail "$(last mtree)"
row "the store's MTree is another one after a restart" "given up, and the next one is of the new MTree"
coordinator_kill
cp "$work/one.yaml" "$home/coordinator/coordinator.yaml"
coordinator_start

# ---- room and lock

reasons() { jq -r --arg class "$1" '.[0].reasons[] | select(.class == $class and .fatal == ($fatal | test("yes"))) | .text' --arg fatal "$2" "$work/output"; }
expect 0 dbhaul check name=one --json
reasons lock no | grep -q "retention lock of MTree '$mtree' on 'dd1' is 'never-enabled'" || fail "$(cat "$work/output")"
tell quota $mtree 1000
has_quota() { dbhaul replication --json | jq -e '.[0].quota == "1000" or .[0].quota == 1000' >/dev/null; }
wait_for 20 has_quota
expect 1 dbhaul check name=one --json
reasons room yes | grep -q "has 0 MiB of its MTree's quota" || fail "$(cat "$work/output")"
expect 0 dbhaul backup name=one
waits() { dbhaul jobs --json | jq -e '.[0].message | test("quota")' >/dev/null; }
wait_for 20 waits
dbhaul job "$(dbhaul jobs --json | field id)" | grep -q ' defer ' || fail "$(dbhaul jobs)"
dbhaul cancel "$(dbhaul jobs --json | field id)" >/dev/null
tell quota $mtree 0
row "the MTree's quota is used up" "the check says so, and the job waits before it begins"

# ---- somebody is told

echo "notify: {gather: 0s, targets: {note: {kind: command, command: [\"$work/tell\", \"$work/told\"]}}}" \
    >>"$home/coordinator/coordinator.yaml"
sed -i 's/^protect: {/&every: 1s, /' "$home/coordinator/coordinator.yaml"
printf '#!/bin/sh\ncat >>"$1"\n' >"$work/tell"
chmod 700 "$work/tell"
coordinator_again
knob command refuse
ask
told() { grep -q "$1" "$work/told"; }
wait_for 20 told 'not protected yet: .*Permission denied'
knob command well
ends "sets that nothing protects for long are told"
wait_for 20 told 'all clear'
tell lock $mtree enabled
locked() { dbhaul replication --json | jq -e '.[0] | .lock == "enabled" and (.lock_terms | test("12 h to 1825 d, by itself for 14 d"))' >/dev/null; }
wait_for 20 locked
tell lock $mtree disabled
wait_for 20 told "retention lock of MTree '$mtree' on 'dd1' is 'disabled'"
row "the retention lock is disabled" "shown, and told"

# ---- a snapshot that goes before its time

expect 0 dbhaul unprotect "$number"
expired() { last message | grep -q 'expired early'; }
wait_for 20 expired
datadomain_ask "$work/dd1" snapshots $mtree | jq -e "map(select(.name | endswith(\"-$number\"))) | .[0].expires <= now" >/dev/null ||
    fail "the snapshot has not expired"
expect 5 dbhaul unprotect "$number"
says 'has expired already'
expect 5 dbhaul unprotect 999
says 'there is no protection 999'
knob command refuse
ask
expect 5 dbhaul unprotect "$number"
says 'is needed until it has ended'
knob command well
wait_for 30 is off-site
knob command refuse
expect 0 dbhaul unprotect "$number"
wait_for 20 says_last 'did not expire early: .*Permission denied'
knob command well
row "a snapshot is let go early" "once its protection has ended, and in the Data Domain's words if not"

# ---- nothing is to go elsewhere, and then it is

sed -i 's/^protect: {/&off_site: false, /' "$home/coordinator/coordinator.yaml"
coordinator_again
expect 0 dbhaul backup name=one --wait
wait_for 20 is kept
ask
wait_for 20 is kept
sed -i 's/off_site: false, //' "$home/coordinator/coordinator.yaml"
coordinator_again
wait_for 20 is off-site
all_there() { dbhaul backups --all --json | jq -e 'all(.offsite)'; }
wait_for 20 all_there
row "off_site: false becomes true" "the newest is watched, and all before it are off-site too"

# ---- the order to let go of a snapshot, and the coordinator is killed before anything comes of it

knob command hang
number=$(last id)
expect 0 dbhaul unprotect "$number"
coordinator_kill
knob command well
coordinator_start
is_let_go() { dbhaul protections --all --json | jq -e --argjson id "$number" '.[] | select(.id == $id) | .message | test("expired early")'; }
wait_for 20 is_let_go
logged "protection $number: .* is to expire early still" || fail "nobody said that it is done again"
row "kill -9 after \`dbhaul unprotect\`" "the snapshot goes after the restart"

# ---- a list that takes too long, though each of its pages is there in time

knob missing_rest 404
knob page_max 20
knob page_takes_s 0.25
sed -i 's/^    timeout: 5s/    timeout: 1s/' "$home/coordinator/coordinator.yaml"
coordinator_again
ask
wait_for 30 says_last 'its list of [0-9]* entries has not ended'
knob page_takes_s 0
knob page_max 200
knob missing_rest 500
ends "a list of REST that never ends"

# ---- a second source with a store and a destination of its own

mkdir "$work/su3"
mount -t tmpfs -o size=24m,mode=700 tmpfs "$work/su3" || fail "no tmpfs can be mounted"
finish umount -l "$work/su3"
"$programs/dbhaul-worker" --create-store "$work/su3" >/dev/null
second=directory:$(cat "$work/su3/.dbhaul-store")
knob_two() { datadomain_ask "$work/dd2" knob "$@" >/dev/null; }
datadomain_ask "$work/dd2" mtree /data/col1/su3 "$work/su3" >/dev/null
datadomain_ask "$work/dd2" context 3 /data/col1/su3 "$work/dd1" /data/col1/su3 >/dev/null
knob_two auto_sync false
{
    datadomain_config "$work/dd2" "$second" /data/col1/su3
    echo "    timeout: 2s"
} >"$work/second.yaml"
sed -i "s,^    timeout: 1s,    timeout: 5s,; /^datadomains:/r $work/second.yaml" "$home/coordinator/coordinator.yaml"
echo "policies: {first: {select: {name: [one]}}, second: {select: {name: [two]}, store: '$second'}}" \
    >>"$home/coordinator/coordinator.yaml"
sed -i "s,^stores:,&\\n  - {kind: directory\\, place: $work/su3}," "$home/worker-1/worker.yaml"
sed -i 's/^timers: {/&survey: 500ms, /' "$home/worker-1/worker.yaml"
coordinator_kill
daemon_stop worker-1
coordinator_start
night_daemon worker-1 dbhaul-worker worker.yaml
has_both() { dbhaul workers --json | jq -e --arg store "$second" '.[0].state == "ready" and (.[0].stores | contains($store))' >/dev/null; }
wait_for 20 has_both

# of STORE FIELD: of its newest protection.
of() { dbhaul protections --all --json | jq -r --arg store "$1" "[.[] | select(.store == \$store)] | max_by(.id) | .$2"; }
first=boostfs:dd1.example:/su1
both_offsite() { [ "$(of "$first" state)" = off-site ] && [ "$(of "$second" state)" = off-site ] && all_there; }
expect 0 dbhaul backup --wait
wait_for 30 both_offsite
[ "$(of "$second" destination)" = dd1.example:/data/col1/su3 ] || fail "$(of "$second" destination)"
path=$(dbhaul backups --json name=two | field path)
diff -r "$work/su3/$path" "$(datadomain_ask "$work/dd1" tree /data/col1/su3 | jq -r .)/$path" ||
    fail "'$path' is not whole at the second's destination"
row "two sources, each with a destination of its own" "a snapshot and a sync each, all off-site"

knob_two rest down
datadomain_stop "$work/dd2" ssh
was=$(of "$first" id)
expect 0 dbhaul backup --wait
first_goes_on() { [ "$(of "$first" id)" -gt "$was" ] && [ "$(of "$first" state)" = off-site ]; }
wait_for 20 first_goes_on
second_waits() { of "$second" message | grep -q 'ssh'; }
wait_for 20 second_waits
[ "$(of "$second" state)" = pending ] || fail "$(of "$second" state)"
knob_two rest well
datadomain_start_ssh "$work/dd2"
wait_for 30 both_offsite
row "one of two sources is down" "the other goes on; it follows when it is up again"

# ---- the data of a database jumps

mariadb_tool sql "$home/mariadb" <<<'INSERT INTO shop.orders SELECT seq, "more" FROM mysql.seq_1001_to_30000'
expect 0 dbhaul backup name=one --wait
wait_for 20 told 'the set has 29500 rows, and the 5 sets before it had 500 (median): a mass change'
dbhaul backups --json name=one | jq -e '.[0].jump | test("29500 rows")' >/dev/null || fail "$(dbhaul backups --json --limit 1)"
cleared=$(grep -c 'all clear' "$work/told")
mariadb_tool sql "$home/mariadb" <<<'DELETE FROM shop.orders WHERE id > 1000'
expect 0 dbhaul backup name=one --wait
is_cleared() { [ "$(grep -c 'all clear' "$work/told")" -gt "$cleared" ]; }
wait_for 20 is_cleared
row "a database has 59 times the rows that it had" "a good set, and told as a jump until the next one is as usual"

# ---- no room for a set in a directory

left=$(df --output=avail --block-size=4096 "$work/su3" | tail -n 1)
head -c $(((left - 2) * 4096)) /dev/zero >"$work/su3/filler"
is_full() { { dbhaul check name=two --json || true; } | jq -e '.[0].reasons | any(.class == "room" and .fatal)' >/dev/null; }
wait_for 20 is_full
before=$(find "$work/su3" -name manifest.json | wc -l)
expect 0 dbhaul backup name=two
waits_for_room() { dbhaul jobs --json | jq -e '.[0].message | test("MiB free")' >/dev/null; }
wait_for 20 waits_for_room
dbhaul job "$(dbhaul jobs --json | field id)" | grep -q ' defer ' || fail "$(dbhaul jobs)"
dbhaul cancel "$(dbhaul jobs --json | field id)" >/dev/null
[ -z "$(find "$work/su3" -name '*.partial')" ] || fail "it was begun"
[ "$(find "$work/su3" -name manifest.json | wc -l)" = "$before" ] || fail "it was done"
rm "$work/su3/filler"
row "a directory has no room for what the last set had" "the check says so, and the job waits before it begins"

# ---- what is left

coordinator_again
shows_lag() { dbhaul replication --json | jq -e '.[0].lag_s != null'; }
wait_for 20 shows_lag

all_ended() { dbhaul protections --all --json | jq -e 'all(.state == "off-site" or .state == "given up")'; }
wait_for 30 all_ended
! grep -q 'dd-secret' "$home"/*/log "$home/coordinator/catalog.db" || fail "the password is told"
printf '%s\n' "" "${rows[@]}"
