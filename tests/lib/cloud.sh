#!/bin/bash
# A private stand-in for AWS on loopback for tests and the quickstart (tests/fake/cloud tells what it
# does and how a world is written), ended by its process id.
#
#     tests/lib/cloud.sh start FOLDER WORLD.json [OPTION...]  # OPTIONs of tests/fake/cloud, or --https
#     tests/lib/cloud.sh start FOLDER 100x17x10000 [OPTION...]    # a generated world
#     tests/lib/cloud.sh url FOLDER                       # http://127.0.0.1:PORT
#     tests/lib/cloud.sh admin FOLDER PATH [JSON]         # asks, or tells; DELETE as JSON deletes
#     tests/lib/cloud.sh fault FOLDER KIND [JSON]         # {"match": ..., "times": ...} of a rule
#     tests/lib/cloud.sh calm FOLDER                      # no more faults, and calls forgotten
#     tests/lib/cloud.sh calls FOLDER [JQ-TEST]           # how many calls were made of which it holds
#     tests/lib/cloud.sh stop FOLDER
#
# After start, FOLDER has: port, pid, url, log (every refusal); with --https ca.pem, which signed the
# certificate for 127.0.0.1 and localhost. Started again in the same folder it has the same port.
# Can be sourced too: the functions are called cloud_<word>.

cloud_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cloud_alive() {
    [ -s "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

cloud_start() {
    local folder=$1 world=$2 port=0 scheme=http options=() option child
    shift 2
    cloud_alive "$folder" && return 0
    mkdir -p "$folder" && folder=$(cd "$folder" && pwd) || return 1
    for option in "$@"; do
        if [ "$option" != --https ]; then
            options+=("$option")
            continue
        fi
        "$cloud_lib/mariadb.sh" authority "$folder" || return 1
        scheme=https
        options+=(--certificate "$folder/server.pem" --key "$folder/server.key")
    done
    if [[ $world =~ ^[0-9]+x[0-9]+x[0-9]+$ ]]; then
        options+=(--generate "$world")
    else
        options+=(--world "$world")
    fi
    [ ! -s "$folder/port" ] || port=$(cat "$folder/port")
    rm -f "$folder/port"
    setsid "$cloud_lib/../fake/cloud" --verbose --port "$port" --port-file "$folder/port" \
        --pid-file "$folder/pid" "${options[@]}" </dev/null >>"$folder/log" 2>&1 &
    child=$!
    for _ in $(seq 300); do
        if [ -s "$folder/port" ]; then
            echo "$scheme://127.0.0.1:$(cat "$folder/port")" >"$folder/url"
            return 0
        fi
        kill -0 "$child" 2>/dev/null || break
        sleep 0.05
    done
    [ "$port" = 0 ] || echo "$port" >"$folder/port"
    echo "the stand-in for AWS did not start:" >&2
    tail -5 "$folder/log" >&2
    return 1
}

cloud_url() {
    cat "$1/url"
}

cloud_admin() {
    local folder=$1
    shift
    "$cloud_lib/../fake/cloud" --ask "$(cloud_url "$folder")" "$@"
}

cloud_fault() {
    local rule
    rule=$(jq -nc --arg kind "$2" --argjson more "${3:-{\}}" '{kind: $kind} + $more') || return 1
    cloud_admin "$1" /_faults "$rule" >/dev/null
}

cloud_calm() {
    cloud_admin "$1" /_faults DELETE >/dev/null && cloud_admin "$1" /_calls DELETE >/dev/null
}

cloud_calls() {
    cloud_admin "$1" /_calls | jq "[.calls[] | select(${2:-true}) | .count] | add // 0"
}

cloud_stop() {
    local folder=$1 pid
    cloud_alive "$folder" || return 0
    pid=$(cat "$folder/pid")
    kill -TERM "$pid"
    for _ in $(seq 200); do
        if ! kill -0 "$pid" 2>/dev/null; then
            rm -f "$folder/pid"
            return 0
        fi
        sleep 0.05
    done
    kill -KILL "$pid"
    rm -f "$folder/pid"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    word=${1:-}
    case $word in
        start | url | admin | fault | calm | calls | stop)
            shift
            [ $# -gt 0 ] || { echo "which folder?" >&2; exit 2; }
            "cloud_$word" "$@"
            ;;
        *)
            sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
    esac
fi
