#!/bin/bash
# timeout: 300
# The whole night with the real programs and real servers: discovered, backed up by two workers onto
# BoostFS, verified, reported, restored by dbhaul and by the set's own script, compared.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

servers_start "" || fail "the servers do not start"
estate_fill 3 || fail "the estate cannot be filled"
spare_start || fail "the spare servers do not start"
mount_stores worker-1 worker-2
night_configure boostfs worker-1 worker-2 || fail "no configuration"
quick_timers 1 worker-1 worker-2
tcp=tcp://127.0.0.1:$(night_port)
sed -i "s,^  workers: tcp.*,&\n  operators: $tcp," "$home/coordinator/coordinator.yaml"
"$programs/dbhaul" keygen "$work/alice" >/dev/null
printf 'operators:\n  alice: "%s"\n' "$(head -n 1 "$work/alice.pub")" >>"$home/coordinator/allow.yaml"
night_start worker-1 worker-2 || fail "the daemons do not start"

# ---- an operator elsewhere, and who is none
over_tcp() {
    "$programs/dbhaul" status --connect "$tcp" --server-key "$home/coordinator/coordinator.pub" --patience 5 "$@"
}
expect 0 over_tcp --key "$work/alice.key"
says 'epoch'
expect 3 over_tcp --key "$home/worker-1/worker-1.key"
expect 2 over_tcp

# ---- what is there, and what is skipped and why
expect 0 dbhaul databases
says 'erp .*oracle'
expect 0 dbhaul databases --wide
says "the engine 'oracle' is not supported"
says "its state is 'stopped'"
says 'no secret is named for it'

# ---- check dumps nothing
expect 0 dbhaul check 'name=estate-*' --wait
[ "$(dbhaul backups --json | jq length)" = 0 ] || fail "check made a set"

# ---- the night
expect 0 dbhaul backup 'name=estate-*' --wait
[ "$(dbhaul backups --json | jq length)" = 2 ] || fail "there are not two sets"
expect 0 dbhaul report --json
[ "$(jq -r '[.[] | select(.status == "Success" and .size == 1)] | length' "$work/output")" = 2 ] ||
    fail "the report does not have two rows of success"
jq -e '.[0] | (.start | test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")) and
    (keys | sort == ["dbname", "end", "longname", "size", "start", "status"])' "$work/output" >/dev/null ||
    fail "the report is not as it must be"
[ "$(sqlite3 "$home/coordinator/catalog.db" 'SELECT count(*) FROM report WHERE longname LIKE "arn:example:db:estate-%"')" = 2 ] ||
    fail "the view has other rows"

maria=$(set_of estate-mariadb)
postgres=$(set_of estate-postgres)
for set in "$maria" "$postgres"; do
    folder=$(folder_of "$set")
    jq -e '[.facts[] | select(.key == "row_digest_form" and .value == "3")] | length == 1' "$folder/manifest.json" \
        >/dev/null || fail "the manifest in $folder does not say of which form its digests are"
    for file in manifest.json RESTORE.txt restore.sh; do
        [ -s "$folder/$file" ] || fail "the set $folder has no $file"
    done
    [ -z "$(find "$folder" -perm /077)" ] || fail "others may read in $folder"
    [ "$(sha256sum <"$folder/manifest.json" | cut -d ' ' -f 1)" = "$(dbhaul backups --json "set=$set" | field manifest_sha256)" ] ||
        fail "the catalog has another digest of the manifest"
done
[ -z "$(find "$home/storage" -name '*.partial')" ] || fail "there is something unfinished in the store"

# ---- a night later, nothing changed: the same bytes
expect 0 dbhaul backup 'name=estate-*' --wait
for name in mariadb postgres; do
    new=$(folder_of "$(set_of estate-$name)")
    old=$(folder_of "$([ $name = mariadb ] && echo "$maria" || echo "$postgres")")
    [ "$new" != "$old" ] || fail "the second night wrote over the first"
    for file in "$old"/[0-9]*.sql; do
        # pg_dump's key is another one in each dump on a host without an id.
        cmp <(grep -av '^\\\(un\)\?restrict ' "$file") <(grep -av '^\\\(un\)\?restrict ' "$new/${file##*/}") || fail "$name: ${file##*/} changed though the data did not"
    done
done

# ---- verified, restored, compared
expect 0 dbhaul verify --wait
for kind in mariadb postgres; do
    set=$(set_of estate-$kind)
    target=127.0.0.1:$(server_port spare-$kind)
    expect 0 dbhaul restore "$set" --to "$target" --secret spare-$kind --wait
    compare $kind || fail "the restored $kind differs"
    expect 1 dbhaul restore "$set" --to "$target" --secret spare-$kind --wait
    says 'not empty'
    expect 1 dbhaul restore "$set" --to "127.0.0.1:$(server_port $kind)" --secret $kind --wait
    says 'restore'
done

# ---- by hand, with the stock tools alone
spare_start || fail "the spare servers do not start again"
(
    cd "$(folder_of "$maria")"
    MYSQL_HOME=$work sh restore.sh --no-defaults --socket="$home/spare-mariadb/socket" --user=root
) >"$work/by-hand" 2>&1 || { cat "$work/by-hand"; fail "restore.sh of the MariaDB set"; }
(
    cd "$(folder_of "$postgres")"
    PGHOST=127.0.0.1 PGPORT=$(server_port spare-postgres) PGUSER=postgres \
        PGPASSWORD=$(cat "$home/spare-postgres/password") sh restore.sh
) >"$work/by-hand" 2>&1 || { cat "$work/by-hand"; fail "restore.sh of the PostgreSQL set"; }
compare mariadb || fail "MariaDB restored by hand differs"
compare postgres || fail "PostgreSQL restored by hand differs"

# ---- a policy that wants less: told before, told after, and loaded by the set's own script
cat >>"$home/coordinator/coordinator.yaml" <<'END'
policies:
  less:
    select: {name: ["estate-*"]}
    what:
      exclude_schemas: [archive, "nothing_of_this_name"]
      exclude_tables: ["shop.visits", "sensors.sensors.readings"]
      tables_without_data: ["shop.order_items", "sensors.sensors.alarms"]
    read_from: [replica, primary]
    read_limit: 100MiB
END
read -r coordinator _ <"$home/coordinator/pid"
kill -HUP "$coordinator"
wait_for 10 grep -q 'read the configuration anew: 1 policies' "$home/coordinator/log" ||
    fail "the policy is not read: $(tail -n 3 "$home/coordinator/log")"
expect 0 dbhaul policy list --json
says '4 excluded, 2 without data, from replica or primary, 104857600 bytes/s'
expect 0 dbhaul check 'name=estate-*' --notes
says "nothing_of_this_name"
expect 0 dbhaul backup 'name=estate-*' --wait
dbhaul jobs --json --wide | jq -r '[.[] | select(.kind == "backup")] | .[0:2] | .[].message' >"$work/output"
says 'left out by policy: [0-9]+ tables, the rows of 1'
says "the policy's pattern 'nothing_of_this_name' of exclude_schemas fits nothing"
says 'reading was limited to 104857600 bytes a second'
for kind in mariadb postgres; do
    [ "$(dbhaul backups --json "set=$(set_of estate-$kind)" | field excluded)" -ge 3 ] ||
        fail "$kind: the list of backups does not say what was left out"
    manifest=$(folder_of "$(set_of estate-$kind)")/manifest.json
    jq -e '[.excluded[] | select(.schema == "archive" and .why == "exclude_schemas archive")] | length == 1' \
        "$manifest" >/dev/null || fail "$kind: the manifest does not say that archive is left out"
    jq -e '[.facts[] | select(.key == "read_from" and .value == "primary")] | length == 1' "$manifest" \
        >/dev/null || fail "$kind: the manifest does not say what was read"
done
[ "$(dbhaul report --excluded --json | jq '[.[] | select(.excluded > 2)] | length')" -ge 2 ] ||
    fail "the report does not say what was left out: $(dbhaul report --excluded)"
[ "$(sqlite3 "$home/coordinator/catalog.db" 'SELECT count(*) FROM dpa_backup_jobs_v1 WHERE excluded_count > 2')" -ge 2 ] ||
    fail "the view for DPA does not say what was left out"
spare_start || fail "the spare servers do not start once more"
(
    cd "$(folder_of "$(set_of estate-mariadb)")"
    MYSQL_HOME=$work sh restore.sh --no-defaults --socket="$home/spare-mariadb/socket" --user=root
) >"$work/output" 2>&1 || { cat "$work/output"; fail "restore.sh of the lesser MariaDB set"; }
says 'left out by the policy:'
says 'table visits of shop: exclude_tables shop.visits'
(
    cd "$(folder_of "$(set_of estate-postgres)")"
    PGHOST=127.0.0.1 PGPORT=$(server_port spare-postgres) PGUSER=postgres \
        PGPASSWORD=$(cat "$home/spare-postgres/password") sh restore.sh
) >"$work/output" 2>&1 || { cat "$work/output"; fail "restore.sh of the lesser PostgreSQL set"; }
says 'table sensors.readings of sensors: exclude_tables sensors.sensors.readings'
[ "$(mariadb --no-defaults -N --socket="$home/spare-mariadb/socket" -u root -e "SELECT COUNT(*) FROM
    information_schema.schemata WHERE schema_name = 'archive'; SELECT COUNT(*) FROM information_schema.tables
    WHERE table_name = 'visits'; SELECT COUNT(*) FROM shop.order_items; SELECT COUNT(*) > 0 FROM shop.orders" |
    tr '\n' ' ')" = '0 0 0 1 ' ] || fail "the lesser MariaDB set holds something else"
[ "$(PGPASSWORD=$(cat "$home/spare-postgres/password") psql -h 127.0.0.1 -p "$(server_port spare-postgres)" \
    -U postgres -d sensors -Atc "SELECT to_regclass('sensors.readings') IS NULL, (SELECT count(*) FROM
    sensors.alarms), (SELECT count(*) > 0 FROM sensors.devices)")" = 't|0|t' ] ||
    fail "the lesser PostgreSQL set holds something else"

# ---- a flipped byte at rest is found, and the set is not offered any more
file=$(folder_of "$maria")/2.sql
[ -e "$file" ] || file=$(folder_of "$maria")/1.sql
printf 'X' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none
expect 1 dbhaul verify "$maria" --wait
[ "$(dbhaul backups --json "set=$maria" | field state)" = damaged ] || fail "the damaged set still looks good"
expect 5 dbhaul restore "$maria" --to "127.0.0.1:$(server_port spare-mariadb)" --secret spare-mariadb --wait
says 'damaged'
echo "the night went well"
