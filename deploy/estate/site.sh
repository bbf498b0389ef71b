# shellcheck shell=bash disable=SC2034,SC2154
# Two stand-ins for Data Domains, of which the second has a replica of the first one's MTree, and the
# other site: a catalog, a coordinator and a worker of its own, which have that replica and nothing
# else. Sourced after lib.sh and night.sh. Layout of $home besides theirs:
#
#   dd1/ dd2/                           the stand-ins
#   other-coordinator/ other-worker/    the other site's daemons; other-worker/store is the replica

site_mtree=/data/col1/su1

site_tool() { "$root/tests/lib/datadomain.sh" "$@"; }


# The Data Domains; the first keeps what the workers have mounted.
site_start_datadomains() {
    site_tool start "$home/dd1" dd1.example && site_tool start "$home/dd2" dd2.example || return 1
    [ ! -e "$home/dd1/replicated" ] || return 0
    site_tool ask "$home/dd1" mtree $site_mtree "$home/storage" >/dev/null &&
        site_tool replicate "$home/dd1" $site_mtree "$home/dd2" && : >"$home/dd1/replicated"
}

# What the coordinator is told of them.
site_datadomain_config() {
    echo "protect: {spacing: 0s, look: 1s, retention: 14d}"
    echo "save_catalog: {spacing: 0s}"
    echo "datadomains:"
    if [ "$store_kind" = boostfs ]; then
        site_tool config "$home/dd1"
    else
        site_tool config "$home/dd1" "directory:$(cat "$home/storage/.dbhaul-store")" $site_mtree
    fi
}

# Waits until all that was written is off-site.
site_await_offsite() {
    local try
    for try in {1..300}; do
        [ "$(dbhaul protections --json | jq '[.[] | select(.state != "off-site")] | length')" != 0 ] ||
            [ "$(dbhaul replication --json | jq '[.[].unprotected] | add')" != 0 ] || return 0
        sleep .2
    done
    echo "after $((try / 5)) s there are sets that are not off-site" >&2
    return 1
}

# ---- the other site

# The replica, which nobody there can write to.
site_mount() {
    local tree place=$home/other-worker/store
    tree=$(site_tool ask "$home/dd2" tree $site_mtree | jq -r .) || return 1
    site_unmount
    rm -f "$place"
    if [ "$store_kind" = directory ]; then
        mkdir -p "${place%/*}" && ln -s "$tree" "$place"
        return
    fi
    mkdir -p "$place"
    "$programs/tests/faultfs" -o "ro,backing=$tree,subtype=boostfs,fsname=dd2.example:/su1" "$place" \
        >"$home/other-worker/faultfs.log" 2>&1
}

site_unmount() {
    local place=$home/other-worker/store
    mountpoint -q "$place" 2>/dev/null || return 0
    fusermount3 -u "$place" 2>/dev/null || umount -l "$place"
}

# Configuration of both daemons there: the catalog is empty, and only the replica is there.
site_configure() {
    local name=$home/other-coordinator
    site_stop || return 1
    mkdir -p "$name" "$home/other-worker"
    rm -f "$name"/catalog.db*
    cat >"$name/coordinator.yaml" <<END
catalog: "sqlite:$name/catalog.db"
endpoints:
  local_workers: "ipc://$name/workers.ipc"
  local_operators: "ipc://$name/operator.ipc"
END
    site_mount || return 1
    (umask 077 && site_worker >"$home/other-worker/worker.yaml")
}

site_worker() {
    cat <<END
name: other-worker
slots: 1
state: $home/other-worker/state
coordinators:
  - {endpoint: "ipc://$home/other-coordinator/workers.ipc"}
stores:
END
    if [ "$store_kind" = boostfs ]; then
        echo "  - {kind: boostfs, place: $home/other-worker/store, source: \"dd2.example:/su1\"}"
    else
        echo "  - {kind: directory, place: $home/other-worker/store}"
    fi
    cat <<END
secrets:
  spare-postgres:
    {from: "file:$home/secrets/spare-postgres", username: dbhaul_restore,
     servers: ["127.0.0.1:$(server_port spare-postgres)"]}
tls:
  authorities:
    - {servers: ["127.0.0.1:$(server_port spare-postgres)"], ca: $home/spare-postgres/ca.pem}
restore:
  targets: ["127.0.0.1:$(server_port spare-postgres)"]
END
}

# The operator's command there.
other_dbhaul() {
    DBHAUL_CONNECT=ipc://$home/other-coordinator/operator.ipc "$programs/dbhaul" "$@"
}

site_start() {
    local try
    night_daemon other-coordinator dbhaul-coordinator coordinator.yaml
    night_daemon other-worker dbhaul-worker worker.yaml
    for try in {1..200}; do
        [ "$(other_dbhaul workers --json 2>/dev/null | jq 'length' 2>/dev/null)" != 1 ] || return 0
        sleep .1
    done
    echo "the daemons of the other site did not come up: see $home/other-*/log" >&2
    return 1
}

site_stop() {
    local name
    for name in other-worker other-coordinator; do
        [ ! -d "$home/$name" ] || daemon_stop "$name"
    done
    site_unmount
}

site_stop_datadomains() {
    local name result=0
    for name in dd1 dd2; do
        [ ! -d "$home/$name" ] || site_tool stop "$home/$name" || result=1
    done
    return $result
}
