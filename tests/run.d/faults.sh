#!/bin/bash
# timeout: 400
# Each fault that a night can meet, with the real programs: the job fails with a sentence that says
# what is wrong, no set and nothing unfinished is left, and the next night is well.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

servers_start "" || fail "the servers do not start"
estate_fill 1 || fail "the estate cannot be filled"
mount_stores worker-1
# Only its configuration is needed of the spare servers.
for kind in mariadb postgres; do
    mkdir -p "$home/spare-$kind" && echo 1 >"$home/spare-$kind/port"
    secret spare-$kind >/dev/null
    cp "$home/$kind/ca.pem" "$home/spare-$kind/ca.pem"
done
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 1 worker-1
tools=$work/tools
mkdir -p "$tools"
printf 'tools: {folders: [%s]}\n' "$tools" >>"$home/worker-1/worker.yaml"
cp "$home/worker-1/worker.yaml" "$work/worker.yaml"
cp "$home/coordinator/inventory.yaml" "$work/inventory.yaml"
night_start worker-1 || fail "the daemons do not start"

sets() {
    dbhaul backups --json | jq length
}

# fails NAME PATTERN: the backup of the database fails, says why, and leaves nothing.
fails() {
    local name=$1 pattern=$2 before
    before=$(sets)
    expect 1 dbhaul backup "name=$name" --wait
    says "$pattern"
    [ "$(sets)" = "$before" ] || fail "$name: there is a new set"
    faults worker-1
    [ -n "${partial_is_fine:-}" ] || [ -z "$(find "$home/storage" -name '*.partial')" ] ||
        fail "$name: something unfinished is left: $(find "$home/storage" -name '*.partial')"
    echo "ok: $pattern"
}

well() {
    expect 0 dbhaul backup 'name=estate-*' --wait
}

restart_worker() {
    daemon_stop worker-1
    daemon_start worker-1 "$programs/dbhaul-worker" --config "$home/worker-1/worker.yaml"
    wait_for 30 worker_is_there
}

store_is_back() {
    dbhaul workers --json | jq -e ".[0].stores | test(\"boostfs\")" >/dev/null
}

worker_is_there() {
    [ "$(dbhaul workers --json | jq '[.[] | select(.state == "ready")] | length')" = 1 ]
}

well

# ---- the store
faults worker-1 'write errno=ENOSPC after=0'
fails estate-mariadb 'No space left|full'
faults worker-1 'write errno=EDQUOT after=0'
fails estate-postgres 'quota'
faults worker-1 'fsync errno=EIO'
fails estate-postgres 'Input/output error'
faults worker-1 'flush errno=EIO'
fails estate-mariadb 'Input/output error'
faults worker-1 'rename errno=EIO'
fails estate-mariadb 'Input/output error'
faults worker-1 'read flip path=.sql'
fails estate-postgres 'came back .* with other bytes'
well

# The mount is lost in mid-job, and nothing fills the folder beneath it.
faults worker-1 'write crash skip=2'
partial_is_fine=1
fails estate-mariadb 'mount.*(lost|missing|not mounted)|lost'
fails estate-postgres 'mount|no store|does not have the store|store'
[ -z "$(find "$home/worker-1" -xdev -name '*.sql' 2>/dev/null)" ] || fail "the local disk was written to"
storage_unmount
fails estate-postgres 'mount|store'
[ -z "$(ls -A "$home/worker-1/store")" ] || fail "the folder beneath the mount was written to"
mount_stores worker-1
partial_is_fine=
rm -rf "$(find "$home/storage" -name '*.partial' | head -n 1)"
wait_for 90 store_is_back
well

# ---- the tools
cat >"$tools/mariadb-dump" <<'END'
#!/bin/sh
[ "$*" = --version ] && exec /usr/bin/mariadb-dump --version
/usr/bin/mariadb-dump "$@" 2>/dev/null | head -n 40
END
chmod +x "$tools/mariadb-dump"
restart_worker
fails estate-mariadb 'end mark|ended early|Dump completed|not complete'
cat >"$tools/mariadb-dump" <<'END'
#!/bin/sh
[ "$*" = --version ] && exec /usr/bin/mariadb-dump --version
/usr/bin/mariadb-dump "$@" | head -c 100000
kill -KILL $$
END
fails estate-mariadb 'signal 9|killed'
rm "$tools/mariadb-dump"
restart_worker
well

# ---- secrets, rights, TLS
printf 'not the password' >"$home/secrets/mariadb.new"
chmod 600 "$home/secrets/mariadb.new"
cp -p "$home/secrets/mariadb" "$work/mariadb"
mv "$home/secrets/mariadb.new" "$home/secrets/mariadb"
fails estate-mariadb '[Aa]ccess denied'
grep -rq 'not the password' "$home"/*/log "$home/coordinator/catalog.db" && fail "a password in a log"
cp -p "$work/mariadb" "$home/secrets/mariadb"
chmod 644 "$home/secrets/mariadb"
fails estate-mariadb 'readable|mode|others'
chmod 600 "$home/secrets/mariadb"
mv "$home/secrets/postgres" "$work/postgres"
fails estate-postgres 'cannot (open|read)|No such file'
cp -p "$work/postgres" "$home/secrets/postgres"

# The job names another host: the secret does not go there.
sed "s/host: 127.0.0.1,/host: localhost,/" "$work/inventory.yaml" >"$home/coordinator/inventory.yaml"
dbhaul discover >/dev/null
fails estate-mariadb "may not|not allowed|servers"
cp "$work/inventory.yaml" "$home/coordinator/inventory.yaml"
dbhaul discover >/dev/null

# Another CA: the server is not who it says it is.
tests_authority=$work/other
mkdir -p "$tests_authority"
"$root/tests/lib/mariadb.sh" authority "$tests_authority"
sed "s,$home/mariadb/ca.pem,$tests_authority/ca.pem,; s,$home/postgres/ca.pem,$tests_authority/ca.pem," \
    "$work/worker.yaml" >"$home/worker-1/worker.yaml"
restart_worker
fails estate-mariadb 'certificate|TLS|SSL'
fails estate-postgres 'certificate|TLS|SSL'
cp "$work/worker.yaml" "$home/worker-1/worker.yaml"
restart_worker
well

# ---- the servers
mariadb_tool stop "$home/mariadb"
fails estate-mariadb "[Cc]an't connect|cannot (connect|reach)|refuse[sd]"
servers_start "" || fail "the servers do not start again"
well

# ---- wrong configuration is refused with its place
printf 'timers: {beet: 5s}\n' >"$work/wrong.yaml"
expect 2 "$programs/dbhaul-coordinator" --config "$work/wrong.yaml" --check-config
says 'wrong.yaml:1:.*beet.*beat'
printf 'slots: 2\nstores:\n  - {kind: tape, place: /x}\n' >"$work/wrong.yaml"
expect 2 "$programs/dbhaul-worker" --config "$work/wrong.yaml" --check-config
says 'wrong.yaml:3:'
echo "each fault had a clear end"
