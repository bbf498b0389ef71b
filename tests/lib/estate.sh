# shellcheck shell=bash disable=SC2034,SC2154
# A small estate with a coordinator and workers, for scripts of tests/run.d: sourced after
# script.sh. Gives $home, and what deploy/estate/lib.sh and night.sh have; all is ended and unmounted
# when the script ends. The mount of worker-N fails by rules in $home/worker-N/faults (see
# tests/fake/faultfs/rules.h).

home=$work/home
programs=$build
mkdir -p "$home"
chmod 711 "$work" "$home"  # PostgreSQL runs as another user
# shellcheck source=../../deploy/estate/lib.sh
. "$root/deploy/estate/lib.sh"
# shellcheck source=../../deploy/estate/night.sh
. "$root/deploy/estate/night.sh"

estate_end() {
    night_stop
    servers_stop spare-
    servers_stop ""
    storage_unmount
}
finish estate_end

[ -e /dev/fuse ] || skip "FUSE cannot be had: there is no /dev/fuse"

# mount_stores WORKER...: the one storage unit, mounted for each, with its own faults.
mount_stores() {
    local worker
    mkdir -p "$home/storage"
    for worker in "$@"; do
        mkdir -p "$home/$worker/store"
        : >"$home/$worker/faults"
        "$programs/tests/faultfs" \
            -o "backing=$home/storage,ctl=$home/$worker/faults,subtype=boostfs,fsname=dd1.example:/su1" \
            "$home/$worker/store" >"$home/$worker/faultfs.log" 2>&1 ||
            skip "FUSE cannot be had: $(tail -n 1 "$home/$worker/faultfs.log")"
    done
}

# faults WORKER RULE...: each rule a line; none ends all faults.
faults() {
    local file=$home/$1/faults
    shift
    printf '%s\n' "$@" >"$file.new"
    mv "$file.new" "$file"
}

# quick_timers FAILURES WORKER...: short waits for all, and so many attempts a job.
quick_timers() {
    cat >>"$home/coordinator/coordinator.yaml" <<END
retry: {failures: $1, delay: 100ms, delay_max: 200ms}
timers: {lease: 5s, beat: 500ms, worker_lost: 2s, placement: 5s}
END
    shift
    for worker in "$@"; do
        echo "timers: {beat: 500ms, silence: 3s, reconnect_max: 2s, done_resend: 1s, progress: 500ms}" \
            >>"$home/$worker/worker.yaml"
    done
}

# field COLUMN: of the first row of a list in JSON on standard input.
field() {
    jq -r ".[0].$1"
}

# message_of NAME: what the last job of a database said.
message_of() {
    dbhaul jobs --json "name=$1" | field message
}

# set_of NAME: the number of the newest set of a database.
set_of() {
    dbhaul backups --json "name=$1" | field id
}

# folder_of SET: where it is beneath the storage.
folder_of() {
    echo "$home/storage/$(dbhaul backups --json "set=$1" | field path)"
}

# expect STATUS COMMAND...: what it prints goes to $work/output and $work/errors.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/output" 2>"$work/errors" || status=$?
    if [ "$status" != "$wanted" ]; then
        cat "$work/output" "$work/errors"
        tail -n 20 "$home"/*/log
        fail "status $status instead of $wanted: $*"
    fi
}

# says PATTERN: what the last expect printed has a line that matches.
says() {
    grep -Eq -- "$1" "$work/output" "$work/errors" || {
        cat "$work/output" "$work/errors"
        fail "nothing said: $1"
    }
}
