#!/bin/bash
# A private stand-in for a Data Domain on loopback for tests and the quickstart (tests/fake/datadomain
# tells what it does): REST over TLS and a real sshd, ended by their process ids.
#
#     tests/lib/datadomain.sh start FOLDER [NAME]         # NAME is its host name: dd1.example
#     tests/lib/datadomain.sh ask FOLDER WORD [ARGUMENT...]  # knobs and facts, in JSON
#     tests/lib/datadomain.sh replicate FOLDER PATH PEER [PATH]  # its MTree to the one in folder PEER
#     tests/lib/datadomain.sh config FOLDER [STORE PATH]  # its lines for `datadomains:`
#     tests/lib/datadomain.sh pin FOLDER                  # sha256//... of its key for TLS
#     tests/lib/datadomain.sh stop FOLDER [rest|ssh]      # both, or one
#     tests/lib/datadomain.sh kill FOLDER                 # the process with the state, by SIGKILL
#
# After start, FOLDER has: ca.pem, port, pid, state.json, ssh_port, ssh_pid, key (who may log in),
# known_hosts, password, log. Started again in the same folder it goes on, with the same ports.
# Can be sourced too: the functions are called datadomain_<word>.

datadomain_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$datadomain_lib/mariadb.sh"

datadomain_alive() {
    [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

datadomain_ask() {
    local folder=$1
    shift
    "$datadomain_lib/../fake/datadomain" --ask "$folder" "$@"
}

# Waits until the file is there, or the process is gone.
datadomain_await() {
    local file=$1 child=$2
    for _ in $(seq 400); do
        [ ! -s "$file" ] || return 0
        kill -0 "$child" 2>/dev/null || break
        sleep 0.05
    done
    return 1
}

datadomain_start_rest() {
    local folder=$1 name=$2 port=0 child
    ! datadomain_alive "$folder/pid" || return 0
    [ ! -s "$folder/port" ] || port=$(cat "$folder/port")
    rm -f "$folder/pid" "$folder/control"
    setsid "$datadomain_lib/../fake/datadomain" --folder "$folder" --name "$name" --port "$port" \
        </dev/null >>"$folder/log" 2>&1 &
    child=$!
    datadomain_await "$folder/pid" "$child" && return 0
    echo "the stand-in for a Data Domain did not start:" >&2
    tail -5 "$folder/log" >&2
    return 1
}

datadomain_ssh_listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$1/ssh_port")") 2>/dev/null
}

datadomain_start_ssh() {
    local folder=$1 port child
    ! datadomain_alive "$folder/ssh_pid" || return 0
    [ -s "$folder/ssh_port" ] || mariadb_free_port >"$folder/ssh_port"
    port=$(cat "$folder/ssh_port")
    [ -e "$folder/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/host_key" || return 1
    [ -e "$folder/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/key" || return 1
    cp "$folder/key.pub" "$folder/authorized_keys"
    echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$folder/host_key.pub")" >"$folder/known_hosts"
    echo "Data Domain OS" >"$folder/banner"
    cat >"$folder/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host_key
PidFile none
AuthorizedKeysFile $folder/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding no
X11Forwarding no
KexAlgorithms curve25519-sha256
MaxStartups 100
PrintMotd no
Banner $folder/banner
ForceCommand exec $datadomain_lib/../fake/datadomain --command $folder
CONFIG
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    setsid /usr/sbin/sshd -D -e -f "$folder/sshd_config" </dev/null >>"$folder/log" 2>&1 &
    child=$!
    echo "$child" >"$folder/ssh_pid"
    for _ in $(seq 400); do
        ! datadomain_ssh_listens "$folder" || return 0
        kill -0 "$child" 2>/dev/null || break
        sleep 0.05
    done
    echo "sshd did not start:" >&2
    tail -5 "$folder/log" >&2
    return 1
}

datadomain_start() {
    local folder=$1 name=${2:-dd1.example}
    if [ ! -x /usr/sbin/sshd ]; then
        echo "no sshd: apt-get install openssh-server" >&2
        return 1
    fi
    mkdir -p "$folder" && chmod 700 "$folder" && folder=$(cd "$folder" && pwd) || return 1
    mariadb_authority "$folder" || return 1
    (umask 077 && echo dd-secret >"$folder/password")
    datadomain_start_rest "$folder" "$name" && datadomain_start_ssh "$folder"
}

datadomain_replicate() {
    local folder=$1 path=$2 peer target
    peer=$(cd "$3" && pwd) || return 1
    target=${4:-$path}
    datadomain_ask "$folder" context "$((RANDOM % 1000 + 1))" "$path" "$peer" "$target" >/dev/null
}

datadomain_config() {
    local folder
    folder=$(cd "$1" && pwd) || return 1
    cat <<YAML
  $(sed 's/\..*//' "$folder/name"):
    host: $(cat "$folder/name")
    rest: "https://127.0.0.1:$(cat "$folder/port")"
    ca: "$folder/ca.pem"
    user: dbhaul
    secret: {from: "file:$folder/password"}
    ssh: {host: 127.0.0.1, port: $(cat "$folder/ssh_port"), user: "$(id -un)", key: "$folder/key", known_hosts: "$folder/known_hosts"}
YAML
    [ $# -lt 3 ] || echo "    mtrees: {\"$2\": \"$3\"}"
}

datadomain_pin() {
    local key
    key=$(openssl x509 -in "$1/server.pem" -noout -pubkey | openssl pkey -pubin -outform der |
        openssl dgst -sha256 -binary | base64) || return 1
    echo "sha256//$key"
}

datadomain_end() {
    local pid
    datadomain_alive "$1" || return 0
    pid=$(cat "$1")
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    rm -f "$1"
}

# Connections of sshd are children with a session of their own; they end with what they run.
datadomain_stop() {
    local folder=$1 what=${2:-both} pid
    if [ "$what" != rest ] && datadomain_alive "$folder/ssh_pid"; then
        for pid in $(pgrep -P "$(cat "$folder/ssh_pid")" || true); do
            kill -TERM "$pid" 2>/dev/null || true  # it may have ended by itself
        done
        datadomain_end "$folder/ssh_pid"
    fi
    [ "$what" = ssh ] || datadomain_end "$folder/pid"
}

datadomain_kill() {
    datadomain_end "$1/pid" KILL
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    word=${1:-}
    case $word in
        start | ask | replicate | config | pin | stop | kill)
            shift
            [ $# -gt 0 ] || { echo "which folder?" >&2; exit 2; }
            "datadomain_$word" "$@"
            ;;
        *)
            sed -n '2,18s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
    esac
fi
