# shellcheck shell=bash disable=SC2034,SC2154
# An estate on this machine, for the quickstart, benches and tests: sourced, not run. All of it lies
# beneath one folder $home, which its user sets with $root (the source tree) and $programs (the
# folder of a build with dbhaul's programs). Layout of $home:
#
#   mariadb/ postgres/              servers with the estate's data
#   spare-mariadb/ spare-postgres/  empty servers to restore into
#   secrets/                        one file a secret, mode 0600
#   storage/                        what the fake Data Domain keeps
#   coordinator/ worker-1/ ...      configuration, keys, state, log and pid of each daemon
#
# Functions return 1 after a sentence on standard error.

mariadb_tool() { "$root/tests/lib/mariadb.sh" "$@"; }
postgres_tool() { "$root/tests/lib/postgres.sh" "$@"; }

# ---- secrets

# secret NAME: makes it if there is none, and prints it.
secret() {
    local file=$home/secrets/$1
    if [ ! -s "$file" ]; then
        mkdir -p "$home/secrets" && chmod 700 "$home/secrets" &&
            (umask 077 && openssl rand -base64 18 >"$file") || return 1
    fi
    cat "$file"
}

# ---- servers

# servers_start PREFIX: both servers, called PREFIXmariadb and PREFIXpostgres.
servers_start() {
    local prefix=$1 logged=--log-bin=binlog
    [ -z "$prefix" ] || logged=--innodb-flush-log-at-trx-commit=2
    mariadb_tool start "$home/${prefix}mariadb" 0 $logged || return 1
    postgres_tool start "$home/${prefix}postgres" dynamic_shared_memory_type=mmap
}

servers_stop() {
    local prefix=$1 result=0
    [ ! -d "$home/${prefix}mariadb" ] || mariadb_tool stop "$home/${prefix}mariadb" || result=1
    [ ! -d "$home/${prefix}postgres" ] || postgres_tool stop "$home/${prefix}postgres" || result=1
    return $result
}

server_port() {
    cat "$home/$1/port"
}

# Who backs up may read all and change nothing.
backup_users() {
    mariadb_tool sql "$home/mariadb" <<END_OF_SQL || return 1
CREATE OR REPLACE USER dbhaul_backup@'127.0.0.1' IDENTIFIED BY '$(secret mariadb)' REQUIRE SSL;
GRANT SELECT, EXECUTE, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD, BINLOG MONITOR, PROCESS ON *.*
    TO dbhaul_backup@'127.0.0.1';
END_OF_SQL
    postgres_tool psql "$home/postgres" <<END_OF_SQL
SELECT 'CREATE ROLE dbhaul_backup' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'dbhaul_backup') \gexec
ALTER ROLE dbhaul_backup LOGIN BYPASSRLS PASSWORD '$(secret postgres)';
GRANT pg_read_all_data TO dbhaul_backup;
END_OF_SQL
}

restore_users() {
    mariadb_tool sql "$home/spare-mariadb" <<END_OF_SQL || return 1
CREATE OR REPLACE USER dbhaul_restore@'127.0.0.1' IDENTIFIED BY '$(secret spare-mariadb)' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO dbhaul_restore@'127.0.0.1' WITH GRANT OPTION;
END_OF_SQL
    postgres_tool psql "$home/spare-postgres" <<END_OF_SQL
CREATE ROLE dbhaul_restore LOGIN SUPERUSER PASSWORD '$(secret spare-postgres)';
END_OF_SQL
}

# estate_fill PERCENT: the users each time, the data once.
estate_fill() {
    local percent=$1
    backup_users || return 1
    [ ! -e "$home/filled" ] || return 0
    "$root/deploy/estate/mariadb.sh" "$percent" | mariadb_tool sql "$home/mariadb" >/dev/null || return 1
    "$root/deploy/estate/postgres.sh" "$percent" |
        postgres_tool psql "$home/postgres" -v reader=dbhaul_backup >/dev/null || return 1
    echo "$percent" >"$home/filled"
}

# Empty servers, whatever was in them before.
spare_start() {
    servers_stop spare- || return 1
    rm -rf "$home/spare-mariadb" "$home/spare-postgres"
    servers_start spare- && restore_users
}

# ---- storage

# storage_mount WORKER...: each its own mount of the one storage unit, as two hosts have it. Where
# FUSE cannot be had, $store_kind is "directory" afterwards, and $store_why says why.
storage_mount() {
    local worker place
    store_kind=boostfs store_why=
    mkdir -p "$home/storage"
    for worker in "$@"; do
        place=$home/$worker/store
        mkdir -p "$place"
        [ "$store_kind" = boostfs ] || continue
        mountpoint -q "$place" && continue
        if ! "$programs/tests/faultfs" -o "backing=$home/storage,subtype=boostfs,fsname=dd1.example:/su1" \
            "$place" >"$home/$worker/faultfs.log" 2>&1 || ! mountpoint -q "$place"; then
            store_kind=directory
            store_why=$(tail -n 1 "$home/$worker/faultfs.log")
        fi
    done
    [ "$store_kind" = directory ] || return 0
    storage_unmount && storage_directory
}

# The folder itself as the store of all workers.
storage_directory() {
    store_kind=directory
    mkdir -p "$home/storage"
    "$programs/dbhaul-worker" --create-store "$home/storage" >/dev/null
}

storage_unmount() {
    local place result=0
    for place in "$home"/worker-*; do
        place=$place/store  # not part of the pattern: one whose file system died matches nothing
        mountpoint -q "$place" 2>/dev/null || is_lost_mount "$place" || continue
        fusermount3 -u "$place" 2>/dev/null || umount -l "$place" || result=1
    done
    return $result
}

# A mount whose file system died is no mount point to those who stat it.
is_lost_mount() {
    awk -v place="$1" '$5 == place { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# ---- daemons

# The start time of a process tells it from another one with its number.
process_birth() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '{ print $20 }'
}

# daemon_start NAME COMMAND...: in the background, with log and pid in $home/NAME.
daemon_start() {
    local folder=$home/$1
    shift
    setsid "$@" >>"$folder/log" 2>&1 </dev/null &
    echo "$! $(process_birth $!)" >"$folder/pid"
}

daemon_runs() {
    local pid birth
    read -r pid birth 2>/dev/null <"$home/$1/pid" && [ -n "$birth" ] &&
        [ "$(process_birth "$pid")" = "$birth" ] &&
        ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
}

# Asks it to end, and after 30 s makes it.
daemon_stop() {
    local name=$1 pid birth try
    if daemon_runs "$name"; then
        read -r pid birth <"$home/$name/pid"
        kill -TERM "$pid"
        for try in {1..300}; do
            daemon_runs "$name" || break
            sleep .1
        done
        if daemon_runs "$name"; then
            echo "$name does not end: killed after $((try / 10)) s" >&2
            kill -KILL "$pid"
        fi
    fi
    rm -f "$home/$name/pid"
}
