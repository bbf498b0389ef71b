# shellcheck shell=bash disable=SC2034,SC2154
# The counting and telling of tests/campaign/fidelity, and how a set is made: by `dbhaul once`, with
# everything in it.

cases=0 failed=0 not_run=0
failures=()

# attempt NAME COMMAND...: a case. What it says is shown if it fails. In a shell of its own, which
# ends at the first command that fails.
attempt() {
    local name=$1 status=0 began=$EPOCHREALTIME
    shift
    cases=$((cases + 1))
    set +e
    (
        set -e
        "$@"
    ) >"$work/case.log" 2>&1
    status=$?
    set -e
    local took
    took=$(awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')
    case $status in
        0) printf 'ok %6s s  %s\n' "$took" "$name" ;;
        77)
            not_run=$((not_run + 1))
            echo "not run: $(sed -n 's/^not run: //p' "$work/case.log" | tail -n 1) ($name)"
            ;;
        *)
            failed=$((failed + 1))
            failures+=("$name")
            printf 'FAILED %2s s  %s\n' "$took" "$name"
            sed '/^loading /d; /^pg_dump: \(warning\|detail\|hint\): /d' "$work/case.log" | head -c 4000 | head -n 40 | sed 's/^/    /' || :
            ;;
    esac
    return 0
}

# same FILE FILE: or shows where they differ.
same() {
    cmp -s "$1" "$2" && return
    diff "$1" "$2" | cut -c 1-300 | head -n 30
    echo "$1 and $2 differ"
    return 1
}

# write_night LABEL FOLDER ENGINE USER [POLICY]: the configuration of a night with one server in it,
# whose folder has port, ca.pem and secret. POLICY is more of the policy, "connections: 4, ..."
write_night() {
    local label=$1 folder=$2 engine=$3 user=$4 policy=${5:-} tool=mysql host=127.0.0.1 port range=256KiB
    # Small tables in small ranges; PostgreSQL has a file a range of large objects, too.
    [ -z "$is_short" ] || { [ "$engine" = postgres ] && range=128KiB || range=64KiB; }
    # The pg_dump of version 13 knows no addresses in certificates, only names.
    [ "$engine" != postgres ] || { tool=postgres && host=localhost; }
    port=$(cat "$folder/port")
    mkdir -p "$work/nights/$label" "$work/store"
    [ -e "$work/store/.dbhaul-store" ] || dbhaul-worker --create-store "$work/store"
    cat >"$work/nights/$label/inventory.yaml" <<END
databases:
  - {id: "id:$label", name: $label, engine: $engine, host: $host, port: $port, secret: good}
END
    cat >"$work/nights/$label/night.yaml" <<END
coordinator:
  catalog: "sqlite:$work/nights/$label/catalog.db"
  providers:
    - {kind: file, name: estate, path: $work/nights/$label/inventory.yaml}
  retry: {failures: 1}
  policies:
    ours: {select: {}, tool: $tool, password_hashes: true, ${policy:-connections: 4, range_size: $range}}
worker:
  state: $work/nights/$label/state
  stores:
    - {kind: directory, place: $work/store}
  secrets:
    good: {from: "file:$folder/secret", username: $user, servers: ["$host:$port"]}
  tools: {folders: [$(tool_folders)]}
  tls: {ca: $folder/ca.pem}
END
    chmod 600 "$work/nights/$label"/*.yaml
}

# night LABEL: does it; the set's folder is then in nights/LABEL/set.
night() {
    local folder=$work/nights/$1 mark
    mark=$(mktemp "$folder/mark.XXXXXX")
    dbhaul once --config "$folder/night.yaml" "name=$1" >"$folder/out" 2>"$folder/err" || {
        cat "$folder/out" "$folder/err"
        return 1
    }
    # The catalog is in a set of its own.
    find "$work/store" -path '*/catalog/*' -prune -o -name manifest.json -newer "$mark" -printf '%h\n' >"$folder/set"
    [ "$(wc -l <"$folder/set")" = 1 ] || {
        echo "there is not one set: $(cat "$folder/set")"
        return 1
    }
}

set_of() {
    cat "$work/nights/$1/set"
}

# ranges LABEL: of tables that the last set has in more than one file, how many there are.
split_tables() {
    /usr/bin/python3 - "$(set_of "$1")/manifest.json" <<'END'
import collections, json, sys
manifest = json.load(open(sys.argv[1]))
count = collections.Counter(part["table"] for part in manifest["parts"])
print(sum(1 for number in count.values() if number > 1))
END
}

# sums SET: of the files of rows and definitions.
sums() {
    (cd "$1" && find . \( -name "*.tsv" -o -name "*.sql" \) -exec sha256sum {} + | sort -k 2)
}

# parts SET: what is in which file, of how many rows.
parts() {
    /usr/bin/python3 - "$1/manifest.json" <<'END'
import json, sys
for part in json.load(open(sys.argv[1]))["parts"]:
    print(json.dumps(part, sort_keys=True))
END
}
