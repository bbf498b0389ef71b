#!/bin/bash
# timeout: 300
# The catalog in the store, the sweep's lists, and a catalog rebuilt at another site from a mount that
# can only be read: with a saved catalog and without, killed in the middle, and used for a restore.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

command -v jq >/dev/null || skip "no jq"
mkdir -p "$home/storage"
for server in mariadb spare-mariadb; do
    mariadb_tool start "$home/$server" 0 || fail "MariaDB does not start"
done
mariadb_tool sql "$home/mariadb" <<SQL
CREATE USER dbhaul_backup@'127.0.0.1' IDENTIFIED BY '$(secret mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_backup@'127.0.0.1';
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY, what TEXT) SELECT seq AS id, 'thing' AS what FROM seq_1_to_500;
SQL
mariadb_tool sql "$home/spare-mariadb" <<SQL
CREATE USER dbhaul_restore@'127.0.0.1' IDENTIFIED BY '$(secret spare-mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_restore@'127.0.0.1' WITH GRANT OPTION;
SQL
for other in postgres spare-postgres; do
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
store=boostfs:dd1.example:/su1
mount_stores worker-1
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 3 worker-1
echo "save_catalog: {spacing: 0s, keep: 2}" >>"$home/coordinator/coordinator.yaml"
night_start worker-1 || fail "the daemons do not start"

catalog_of() { sqlite3 "$home/coordinator/catalog.db" "$1"; }
saved() { find "$home/storage" -path '*/catalog/j*' -prune | sort -V; }
is_saved() { [ "$(dbhaul jobs --json | jq '[.[] | select(.kind == "catalog" and .state == "succeeded")] | length')" -ge "$1" ]; }

# ---- saved after each run, and only the newest kept
expect 0 dbhaul backup --wait
wait_for 20 is_saved 1
[ "$(saved | wc -l)" = 1 ] || fail "not one saved catalog: $(saved)"
first=$(saved)
for file in manifest.json RESTORE.txt restore.sh 1.jsonl; do
    [ -s "$first/$file" ] || fail "a saved catalog has no $file"
done
[ "$(jq -s 'length' "$first/1.jsonl")" = 2 ] || fail "not two sets were saved: $(cat "$first/1.jsonl")"
! grep -rq "$(secret mariadb)" "$first" || fail "a secret was saved"
expect 0 dbhaul verify --wait
expect 0 dbhaul catalog save --store $store --wait
expect 0 dbhaul catalog save --store $store --wait
[ "$(saved | wc -l)" = 2 ] || fail "not the newest two are kept: $(saved)"
[ ! -e "$first" ] || fail "the oldest was kept"
expect 5 dbhaul catalog save --store boostfs:nobody:/su --wait
says 'no worker that is connected has the store'

# ---- it cannot be saved: the run is well all the same
faults worker-1 'mkdir errno=ENOSPC path=/catalog/'
expect 0 dbhaul backup --wait
failed_once() { [ "$(dbhaul jobs --json state=failed | jq '[.[] | select(.kind == "catalog")] | length')" -ge 1 ]; }
wait_for 30 failed_once
faults worker-1

# ---- the sweep: nothing to find, then one of each
expect 0 dbhaul sweep $store --list --json
[ "$(jq length "$work/output")" = 0 ] || fail "found what is not there: $(cat "$work/output")"
folder=$home/storage/$(dirname "$(dirname "$(dbhaul backups --json | field path)")")
known=$(folder_of "$(set_of one)")
lost=$(folder_of "$(set_of two)")
cp -a "$known" "$home/whole" && cp -a "$lost" "$home/lost"
mkdir "$folder/d1/j1-a9.partial" && touch "$folder/d1/j1-a9.partial/1.sql"
mkdir "$folder/d1/keepsake"
rm -r "$lost"
set_number=$(set_of one)
catalog_of "DELETE FROM sets WHERE id = $set_number"
expect 0 dbhaul sweep $store --list --json
[ "$(jq -r '[.[].kind] | sort | join(" ")' "$work/output")" = "missing partial strange unknown" ] ||
    fail "the lists are not whole: $(cat "$work/output")"
[ "$(jq -r '.[] | select(.kind == "missing") | .path' "$work/output")" = "${lost#"$home/storage/"}" ] || fail "another set is missing"
[ -d "$folder/d1/j1-a9.partial" ] || fail "a sweep that only lists has removed what is partial"
[ -d "$known" ] || fail "a sweep that only lists has removed a set"
expect 0 dbhaul sweep $store --list --remove partial
[ ! -e "$folder/d1/j1-a9.partial" ] || fail "what is dead was not removed"
[ -d "$known" ] || fail "a set was removed though nobody said so"
[ -d "$folder/d1/keepsake" ] || fail "a strange folder was removed"
[ "$(dbhaul backups --json state=missing | jq length)" = 0 ] || fail "a set was marked though nobody said so"
expect 0 dbhaul sweep $store --wait --adopt --mark-missing
says '1 adopted, 1 marked'
[ "$(dbhaul backups --json state=missing | jq length)" = 1 ] || fail "the missing set was not marked"
[ "$(folder_of "$(set_of one)")" = "$known" ] || fail "the unknown set was not adopted"
[ "$(catalog_of "SELECT outcome FROM strays WHERE kind = 'unknown' ORDER BY job_id DESC LIMIT 1")" = adopted ] ||
    fail "the list says otherwise"
expect 5 dbhaul expire --set "$(dbhaul backups --json state=missing | field id)"
says 'missing from its store'
expect 0 dbhaul verify "$(set_of one)" --wait
rmdir "$folder/d1/keepsake"
mv "$home/lost" "$lost"
expect 0 dbhaul sweep $store --wait --adopt
[ "$(dbhaul backups --json state=missing | jq length)" = 0 ] || fail "the set that is there again is missing still"

# ---- what the store has, told before it is lost
expect 0 dbhaul backup 'name=one' --wait
wait_for 20 is_saved 4
dbhaul backups --json | jq -S 'map({name, path, state, manifest_sha256, job, created}) | sort_by(.path)' >"$work/before"
newest=$(saved | tail -n 1)
# One set more that no saved catalog knows, and one that is gone.
faults worker-1 'mkdir errno=ENOSPC path=/catalog/'
expect 0 dbhaul backup 'name=two' --wait
later=$(dbhaul backups --json | field path)
night_stop
storage_unmount
gone=$(jq -r '.[0].path' "$work/before")
rm -r "$home/storage/$gone"

# ---- the other site: the replica, mounted so that nothing can be written to it
site=$work/site
mkdir -p "$site/replica" "$site/mount"
cp -a "$home/storage/." "$site/replica"
mount --bind "$site/replica" "$site/mount" 2>/dev/null || skip "no bind mount can be had"
mount -o remount,ro,bind "$site/mount" || fail "the mount cannot be made one that is only read"
site_end() { night_stop; storage_unmount; umount "$site/mount"; }
finish site_end
! touch "$site/mount/x" 2>/dev/null || fail "the mount can be written to"
fingerprint() { find "$site/replica" -printf '%p %T@ %s %m\n' | sort | sha256sum; }
untouched=$(fingerprint)
here=boostfs:dd2.example:/su1
rebuild() {
    "$programs/dbhaul" catalog rebuild --config "$site/coordinator.yaml" --from "$site/mount" --store $here
}
site_configure() {
    sed -e "s,^catalog:.*,catalog: \"sqlite:$site/$1.db\"," "$home/coordinator/coordinator.yaml" >"$site/coordinator.yaml"
}
sets_of() {
    sqlite3 -json "$site/$1.db" "SELECT d.name, s.path, s.state, lower(hex(s.manifest_sha256)) AS manifest_sha256,
        s.job_id AS job, s.store FROM sets s JOIN known_databases d ON d.id = s.database_id ORDER BY s.path"
}

site_configure whole
expect 0 rebuild
says "saved catalog: .*${newest#"$home/storage/"}"
says '1 of them missing now; 1 more were found'
[ "$(fingerprint)" = "$untouched" ] || fail "the replica was changed"
sets_of whole >"$work/after"
[ "$(jq -r ".[] | select(.path == \"$gone\") | .state" "$work/after")" = missing ] || fail "the gone set is not missing"
[ "$(jq -r ".[] | select(.path == \"$later\") | .state" "$work/after")" = good ] || fail "the later set was not found"
[ "$(jq -r '[.[].store] | unique | join(" ")' "$work/after")" = $here ] || fail "the store kept its old name"
diff <(jq -S "map(select(.path != \"$gone\") | {name, path, state, manifest_sha256, job})" "$work/before") \
    <(jq -S "map(select(.path != \"$gone\" and .path != \"$later\") | {name, path, state, manifest_sha256, job})" "$work/after") ||
    fail "the rebuilt catalog says otherwise"
expect 2 rebuild
says 'a rebuild needs an empty one'

# ---- without a saved catalog, by manifests alone
mv "$site/replica/${folder#"$home/storage/"}/catalog" "$site/catalog"
site_configure manifests
expect 0 rebuild
says 'none that is whole; by manifests alone'
[ "$(sets_of manifests | jq -S 'map({name, path, manifest_sha256})')" = \
    "$(jq -S "map(select(.path != \"$gone\") | {name, path, manifest_sha256})" "$work/after")" ] || fail "manifests alone gave other sets"
[ "$(sqlite3 "$site/manifests.db" 'SELECT DISTINCT provider FROM known_databases')" = file:estate ] || fail "another provider"
mv "$site/catalog" "$site/replica/${folder#"$home/storage/"}/catalog"

# ---- a damaged newest one is passed over, a hostile manifest is told
damaged=$site/replica/${newest#"$home/storage/"}/1.jsonl
cp -a "$damaged" "$site/kept"
sed -i 's/good/evil/' "$damaged"
cp -a "$home/whole" "$site/replica/$(dirname "$later")/j999-a1"
site_configure damaged
expect 1 rebuild
says 'not readable: .*is not whole'
says 'not readable: .*j999-a1.*belongs to'
rm -r "$site/replica/$(dirname "$later")/j999-a1"
cp -a "$site/kept" "$damaged"

# ---- killed in the middle: no coordinator takes it, and the next rebuild goes on
site_configure killed
mkdir "$site/slow"
: >"$site/faults"
"$programs/tests/faultfs" -o "backing=$site/mount,ctl=$site/faults,subtype=boostfs,fsname=dd2.example:/su1" \
    "$site/slow" || fail "the replica cannot be mounted"
finish "fusermount3 -u '$site/slow'"
slow_rebuild() {
    "$programs/dbhaul" catalog rebuild --config "$site/coordinator.yaml" --from "$site/slow" --store $here
}
marked() { [ "$(sqlite3 "$site/killed.db" 'SELECT count(*) FROM rebuilds WHERE ended_ms = 0' 2>/dev/null)" = 1 ]; }
hangs() { pgrep -P "$pid" -f inventory >/dev/null; }
for rule in 'opendir hang' 'open hang skip=2' 'read hang skip=5' 'open hang skip=9'; do
    echo "$rule" >"$site/faults.new" && mv "$site/faults.new" "$site/faults"
    start "$work/slow" "$programs/dbhaul" catalog rebuild --config "$site/coordinator.yaml" --from "$site/slow" --store $here
    wait_for 20 marked
    wait_for 20 hangs
    reader=$(pgrep -P "$pid" -f inventory)
    stop "$pid" KILL || true
    is_gone() { ! kill -0 "$reader" 2>/dev/null; }
    wait_for 20 is_gone
done
: >"$site/faults.new" && mv "$site/faults.new" "$site/faults"
expect 2 timeout 20 "$programs/dbhaul-coordinator" --config "$site/coordinator.yaml"
says 'a rebuild of this catalog was cut off'
expect 0 slow_rebuild
[ "$(sets_of killed)" = "$(sets_of whole)" ] || fail "after a kill the catalog is another"
untouched=$(fingerprint)

# ---- a coordinator and a worker there: what there is, and a restore from the mount
cp "$site/whole.db" "$home/coordinator/catalog.db"
rm -f "$home/coordinator/catalog.db-"*
"$programs/tests/faultfs" -o "backing=$site/mount,ctl=$home/worker-1/faults,subtype=boostfs,fsname=dd2.example:/su1" \
    "$home/worker-1/store" || fail "the replica cannot be mounted"
faults worker-1
sed -i 's/dd1.example/dd2.example/' "$home/worker-1/worker.yaml" "$home/coordinator/coordinator.yaml"
night_start worker-1 || fail "the daemons do not start at the other site"
expect 0 dbhaul backups
says 'one .*good'
expect 0 dbhaul verify "$(set_of two)" --wait
expect 0 dbhaul restore "$(set_of two)" --to "127.0.0.1:$(server_port spare-mariadb)" --secret spare-mariadb --wait
rows=$(mariadb_tool sql "$home/spare-mariadb" -N <<<'SELECT count(*) FROM shop.orders' 2>/dev/null || true)
[ "${rows##*[!0-9]}" = 500 ] || fail "the restored table has '$rows' rows"
[ "$(fingerprint)" = "$untouched" ] || fail "the replica was changed"
echo "saved, swept, rebuilt and restored from"
