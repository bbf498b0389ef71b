#!/bin/bash
# MariaDB of another version than this host's, server and client tools, for tests: fetched from the
# Debian release that has it into a cache outside of the source, unpacked beside its own libraries
# and loader, and never installed.
#
#     tests/lib/mariadb-major.sh fetch VERSION     # 10.5 or 11.8; prints the folder with the programs
#
# That folder serves as MARIADB_BIN for tests/lib/mariadb.sh, and its mariadb and mariadb-dump run as
# any. The cache is ${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/mariadb-VERSION:
# some 60 MB to fetch, 300 MB on disk, kept for the next time. Status 77 if it cannot be had, with a
# line `not run: why`.

set -u
# shellcheck source=tests/lib/fetch.sh
. "$(dirname "${BASH_SOURCE[0]}")/fetch.sh"

fill_cache() {
    local share options program
    case $version in
    10.5) fetch_packages bullseye "MariaDB $version" mariadb-server-core-10.5 mariadb-client-10.5 ;;
    11.8) fetch_packages trixie "MariaDB $version" mariadb-server-core mariadb-client ;;
    *) cannot "nobody is known to have MariaDB $version" ;;
    esac
    share=$root/usr/share/mariadb
    [ -d "$share" ] || share=$root/usr/share/mysql
    options="--lc-messages-dir=$share --character-sets-dir=$share/charsets"
    # Plugins are in packages that are not fetched: no server and no client takes those of this host.
    fetch_wrap sbin/mariadbd "--basedir=$cache $options --plugin-dir=$root/usr/lib/mysql/plugin"
    for program in mariadb mariadb-dump; do
        fetch_wrap "bin/$program" "--character-sets-dir=$share/charsets"
    done
    for program in my_print_defaults resolveip; do
        fetch_wrap "bin/$program"
    done
    # Which looks for the others in its base's bin/, for the server by either name, there or in its sbin/,
    # and for its statements in its share/.
    ln -sfn mariadbd "$cache/bin/mysqld"
    ln -sfn bin "$cache/sbin"
    ln -sfn "$root/usr/share" "$cache/share"
    printf '#!/bin/sh\nexec sh %s "$@" --basedir=%s\n' "$root/usr/bin/mariadb-install-db" "$cache" \
        >"$cache/bin/mariadb-install-db"
    chmod 755 "$cache/bin/mariadb-install-db"
    "$cache/bin/mariadb-dump" --version >/dev/null || cannot "the MariaDB $version that was fetched does not run"
}

if [ "${1:-}" != fetch ] || [ $# != 2 ]; then
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
version=$2
fetch_into "mariadb-$version"
fetch_once fill_cache
echo "$cache/bin"
