# shellcheck shell=bash disable=SC2034,SC2154
# All schemas, from a server into another of its own kind and version.

# Of tables that are there to be split: a fourth in the short form, whose ranges are smaller as well.
fewer_rows() {
    if [ -n "$is_short" ]; then
        sed -E '/SELECT n \+ (1024|2048) /d; s/generate_series\(1, (4|6)000\)/generate_series(1, \1000 \/ 4)/;
            s/generate_series\(1, 60\)/generate_series(1, 20)/; s/generate_series\(1, 300\)/generate_series(1, 30)/;
            s/generate_series\(-2000, 2000\)/generate_series(-500, 500)/; s/(REPEAT\(CHAR\(n\), n \* 1000\).* n < )100/\120/'
    else
        cat
    fi
}

start_pair() {
    start_server "$1" source && start_server "$1" target
}

user_of() {
    case $1 in postgres*) echo postgres ;; *) echo haul ;; esac
}

extract() {
    write_night "$1" "$work/$1-source" "$(engine_of "$1")" "$(user_of "$1")"
    night "$1"
    local split
    split=$(split_tables "$1")
    echo "$split tables are in several files"
    [ "$split" -ge "$2" ]
}

# Two nights without a change between them give the same files.
extract_again() {
    sums "$(set_of "$1")" >"$work/$1.first"
    parts "$(set_of "$1")" >"$work/$1.first.parts"
    night "$1"
    sums "$(set_of "$1")" >"$work/$1.second"
    parts "$(set_of "$1")" >"$work/$1.second.parts"
    same "$work/$1.first" "$work/$1.second" && return
    same "$work/$1.first.parts" "$work/$1.second.parts"
    return 1
}

# Without local_infile the script makes INSERT statements of the lines.
restore_as_inserts() {
    wipe_mysql "$1" target
    sql "$1" target <<<'SET GLOBAL local_infile = 0'
    restore "$1" "$1" target
    sql "$1" target <<<'SET GLOBAL local_infile = 1'
}

# Nothing of what follows can be tried of a set that is not there.
has_set() {
    [ -s "$work/nights/$1/set" ]
}

try_schemas_mysql() {
    local name=$1
    attempt "$name: all schemas and samples are loaded" load_mysql "$name"
    attempt "$name: they are extracted, large tables in ranges" extract "$name" 12
    has_set "$name" || return 0
    attempt "$name: the set's own script restores them" restore "$name" "$name" target
    attempt "$name: rows are as many" compare_mysql "$name" counts counts
    attempt "$name: CHECKSUM TABLE says the same of all tables" compare_mysql "$name" checksums checksums
    attempt "$name: the vendor's dumps of both are the same" compare_mysql "$name" dump dump_of
    attempt "$name: accounts, roles and grants are the same" compare_mysql "$name" accounts accounts
    [ -z "$is_short" ] || return 0
    attempt "$name: restored without local_infile" restore_as_inserts "$name"
    attempt "$name: CHECKSUM TABLE says the same again" compare_mysql "$name" checksums checksums
    attempt "$name: the vendor's dumps are the same again" compare_mysql "$name" dump dump_of
}

try_schemas_postgres() {
    local name=$1
    dumper=$name
    attempt "$name: all schemas and samples are loaded" load_postgres "$name"
    attempt "$name: they are extracted, large tables in ranges" extract "$name" 15
    has_set "$name" || return 0
    borrows_tools "$name" || compare_schemas_postgres "$name"
    [ -z "$is_short" ] || return 0
    attempt "$name: a second night gives the same files" extract_again "$name"
    [ "$name" != postgres13 ] || attempt "$name: rows in binary form give the files of text" "$build/tests/test_postgres_forms" 13
}

compare_schemas_postgres() {
    local name=$1
    attempt "$name: the set's own script restores them" restore "$name" "$name" target
    attempt "$name: rows are as many" compare_postgres "$name" "$name" counts counts_of
    attempt "$name: pg_dump's definitions of both are the same" compare_postgres "$name" "$name" schemas schemas_of
    attempt "$name: pg_dump's rows of both are the same" compare_postgres "$name" "$name" rows rows_of
    attempt "$name: roles, memberships and settings are the same" compare_postgres "$name" "$name" globals globals_of
    attempt "$name: databases' properties are the same" compare_postgres "$name" "$name" properties properties_of
}

try_schemas() {
    local name
    for name in "${present[@]}"; do
        start_pair "$name" || fail "$name does not start"
        case $name in
            postgres*) try_schemas_postgres "$name" ;;
            *) try_schemas_mysql "$name" ;;
        esac
    done
}
