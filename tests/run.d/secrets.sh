#!/bin/bash
# timeout: 300
# No secret anywhere: not in an argv or an environment while jobs run, not in logs, catalog, state
# folders, sets, core files, nor in what goes over the wire between the daemons.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"
command -v tcpdump >/dev/null || skip "there is no tcpdump"

servers_start "" || fail "the servers do not start"
estate_fill 3 || fail "the estate cannot be filled"
spare_start || fail "the spare servers do not start"
mount_stores worker-1
night_configure boostfs worker-1 || fail "no configuration"
quick_timers 1 worker-1
port=$(sed -n 's,.*workers: tcp://127.0.0.1:,,p' "$home/coordinator/coordinator.yaml")
start "$work/tcpdump.log" tcpdump -i lo -U -s 0 -w "$work/talk.pcap" "tcp port $port"
tcpdump_pid=$pid
wait_for 20 grep -q 'listening on' "$work/tcpdump.log"
ulimit -c unlimited
night_start worker-1 || fail "the daemons do not start"

secrets=()
for name in mariadb postgres spare-mariadb spare-postgres; do
    secrets+=("$(secret $name)")
done
for key in coordinator/coordinator worker-1/worker-1; do
    secrets+=("$(head -n 1 "$home/$key.key")")
done

# seen_in WHAT FILE...: none of the secrets may be in them.
seen_in() {
    local what=$1 secret
    shift
    for secret in "${secrets[@]}"; do
        if grep -qF -- "$secret" "$@" 2>/dev/null; then
            fail "a secret is in $what: $(grep -lF -- "$secret" "$@" 2>/dev/null | head -n 3)"
        fi
    done
}

# Looks at everybody's argv and environment until the file is there.
watch_processes() {
    local looks=0
    while [ ! -e "$work/done" ]; do
        cat /proc/[0-9]*/cmdline >"$work/cmdlines" 2>/dev/null || true
        cat /proc/[0-9]*/environ >"$work/environs" 2>/dev/null || true
        seen_in "an argv" "$work/cmdlines"
        seen_in "an environment" "$work/environs"
        looks=$((looks + 1))
        sleep .05
    done
    echo "$looks" >"$work/looks"
}
watch_processes &
watcher=$!

expect 0 dbhaul check 'name=estate-*' --wait
expect 0 dbhaul backup 'name=estate-*' --wait
for kind in mariadb postgres; do
    expect 0 dbhaul restore "$(set_of estate-$kind)" --to "127.0.0.1:$(server_port spare-$kind)" \
        --secret spare-$kind --wait
done
# A login that fails says so without the password.
printf 'Wr0ng-and-still-secret' >"$home/secrets/postgres"
secrets+=("Wr0ng-and-still-secret")
expect 1 dbhaul backup name=estate-postgres --wait
says 'password'
seen_in "the command's output" "$work/output" "$work/errors"

touch "$work/done"
wait $watcher || fail "a secret was seen while jobs ran"
[ "$(cat "$work/looks")" -gt 10 ] || fail "nobody looked at the processes"

# A job's process that dies leaves no core with what it knew.
secret postgres >/dev/null
for name in coordinator worker-1; do
    [ "$(sed -n 's/^Max core file size *\([^ ]*\).*/\1/p' "/proc/$(cut -d ' ' -f 1 "$home/$name/pid")/limits")" = 0 ] ||
        fail "$name could leave a core file"
done

kill -INT $tcpdump_pid
wait $tcpdump_pid || true
[ "$(stat -c %s "$work/talk.pcap")" -gt 2000 ] || fail "nothing was captured"
seen_in "what went over the wire" "$work/talk.pcap"
for word in estate-mariadb estate-postgres dd1.example pg_dump; do
    grep -qaF "$word" "$work/talk.pcap" && fail "the talk is readable: it says '$word'"
done
mapfile -t files < <(find "$home" -xdev -type f ! -path '*/secrets/*' ! -name '*.key' ! -path '*/data/*' \
    ! -path "$home/spare-postgres/password" ! -path "$home/postgres/password" ! -name 'ca.key')
seen_in "a file" "${files[@]}"
mapfile -t files < <(find "$home/storage" -type f)
[ ${#files[@]} -gt 4 ] || fail "there are no sets"
seen_in "a set" "${files[@]}"
echo "${#secrets[@]} secrets, $(cat "$work/looks") looks: none was seen"
