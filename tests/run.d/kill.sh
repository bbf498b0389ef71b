#!/bin/bash
# timeout: 400
# kill -9 of any process at any time: coordinator, worker, a job's process, a dump tool. Whatever is
# killed, every job that was accepted ends, as often as one set each, and every set verifies.
# DBHAUL_ROUNDS (6) and DBHAUL_SEED (1) make it longer or another one.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/estate.sh"

rounds=${DBHAUL_ROUNDS:-6}
RANDOM=${DBHAUL_SEED:-1}
servers_start "" || fail "the servers do not start"
estate_fill 4 || fail "the estate cannot be filled"
mount_stores worker-1 worker-2
for kind in mariadb postgres; do
    mkdir -p "$home/spare-$kind" && echo 1 >"$home/spare-$kind/port"
    secret spare-$kind >/dev/null
    cp "$home/$kind/ca.pem" "$home/spare-$kind/ca.pem"
done
night_configure boostfs worker-1 worker-2 || fail "no configuration"
quick_timers 9 worker-1 worker-2
night_start worker-1 worker-2 || fail "the daemons do not start"

daemon_again() {
    case $1 in
        coordinator) daemon_start coordinator "$programs/dbhaul-coordinator" --config "$home/coordinator/coordinator.yaml" ;;
        *) daemon_start "$1" "$programs/dbhaul-worker" --config "$home/$1/worker.yaml" ;;
    esac
}

pid_of() {
    cut -d ' ' -f 1 "$home/$1/pid"
}

# The processes beneath a daemon: those of jobs, and their tools.
beneath() {
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        beneath "$child"
    done
}

# kill_one: whom chance picks.
kill_one() {
    local victim pids
    case $((RANDOM % 4)) in
        0)
            echo "kills the coordinator"
            kill -KILL "$(pid_of coordinator)"
            daemon_again coordinator
            ;;
        1)
            victim=worker-$((RANDOM % 2 + 1))
            echo "kills $victim"
            kill -KILL "$(pid_of $victim)"
            daemon_again $victim
            ;;
        *)
            victim=worker-$((RANDOM % 2 + 1))
            mapfile -t pids < <(beneath "$(pid_of $victim)")
            [ ${#pids[@]} -gt 0 ] || return 0
            pids=("${pids[$((RANDOM % ${#pids[@]}))]}")
            echo "kills ${pids[0]} ($(tr '\0' ' ' 2>/dev/null <"/proc/${pids[0]}/cmdline" | cut -c 1-60)) beneath $victim"
            kill -KILL "${pids[0]}" 2>/dev/null || true
            ;;
    esac
}

answers() {
    dbhaul status
}

run_ended() {
    case $(dbhaul runs "$1" --json | field state) in
        succeeded | partial | failed | cancelled) ;;
        *) return 1 ;;  # runs, or nobody answers
    esac
}

for ((round = 1; round <= rounds; round++)); do
    wait_for 30 answers
    expect 0 dbhaul backup 'name=estate-*' --json
    run=$(jq -r 'if type == "array" then .[0] else . end | .run' "$work/output")
    for ((kills = 0; kills < 3; kills++)); do
        sleep "0.$((RANDOM % 9))"
        kill_one
    done
    wait_for 120 run_ended "$run"
    state=$(dbhaul runs "$run" --json | field state)
    echo "round $round: run $run $state"
    [ "$state" = succeeded ] || { dbhaul jobs "run=$run" --wide; fail "run $run is $state"; }
done

# ---- nothing lost, nothing double, nothing half
jobs=$(sqlite3 "$home/coordinator/catalog.db" "SELECT count(*) FROM jobs WHERE kind = 'backup'")
[ "$jobs" = $((2 * rounds)) ] || fail "there are $jobs jobs, not $((2 * rounds))"
[ "$(dbhaul backups --all --json | jq '[.[].job] | (length, (unique | length))' | sort -u)" = "$jobs" ] ||
    fail "not one set a job"
while read -r folder; do
    [ -s "$folder/manifest.json" ] || fail "$folder has a final name and no manifest"
done < <(find "$home/storage" -type d -name 'j*-a*' ! -name '*.partial' ! -name '*.removed')
for set in $(dbhaul backups --all --json | jq -r '.[].id'); do
    expect 0 dbhaul verify "$set" --wait
done
expect 0 dbhaul sweep boostfs:dd1.example:/su1 --remove partial --list --json
[ -z "$(find "$home/storage" -name '*.partial' -not -path '*/catalog/*')" ] || fail "the sweep left something unfinished"
# A worker that died between the rename and its report leaves a whole set, which is told of.
unknown=$(jq '[.[] | select(.kind == "unknown")] | length' "$work/output")
[ "$(find "$home/storage" -type d -name 'j*-a*' -not -path '*/catalog/*' | wc -l)" = $((jobs + unknown)) ] ||
    fail "there is more in the store than the catalog knows and the sweep told of"
echo "$rounds rounds: every job ended once, every set verifies"
