# shellcheck shell=bash
# Doors of RDS before real servers (tests/fake/rds_door): sourced.
#
#     rds_door_start FOLDER KIND OPTION...     # FOLDER then has port, pid, logins; ca.pem is its CA
#     rds_door_stop FOLDER

door_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rds_door_start() {
    local folder=$1 kind=$2
    shift 2
    mkdir -p "$folder" && "$door_lib/mariadb.sh" authority "$folder" || return 1
    rm -f "$folder/port.new" "$folder/pid"
    "$door_lib/../fake/rds_door" "$kind" --port-file "$folder/port" --pid-file "$folder/pid" \
        --certificate "$folder/server.pem" --key "$folder/server.key" --log "$folder/logins" \
        "$@" >>"$folder/log" 2>&1 </dev/null &
    for _ in $(seq 200); do
        [ ! -s "$folder/pid" ] || [ ! -s "$folder/port" ] || return 0
        sleep 0.05
    done
    tail -n 5 "$folder/log" >&2
    return 1
}

rds_door_stop() {
    [ ! -s "$1/pid" ] || kill -TERM "$(cat "$1/pid")" 2>/dev/null
    rm -f "$1/pid"
}
