# shellcheck shell=bash disable=SC2154
# Programs for tests that this host's Debian does not have: fetched from the Debian release that has
# them into a cache outside of the source, unpacked beside their own libraries and loader, and never
# installed. To be sourced by tests/lib/mysql-oracle.sh, mariadb-major.sh and postgres-major.sh.
#
#     fetch_into NAME                  # names $cache and, in it, $root
#     fetch_once FUNCTION              # has FUNCTION fill the cache, unless it is full
#     fetch_packages RELEASE WHAT PACKAGE...
#     fetch_wrap PROGRAM [OPTION...]   # a script in $cache/bin that runs $root/usr/PROGRAM
#
# The cache is ${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/NAME, kept for the
# next time. What cannot be had ends the script with status 77 and a line `not run: why`.

cannot() {
    echo "not run: $1" >&2
    exit 77
}

fetch_into() {
    cache=${DBHAUL_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/dbhaul-tests}/$1
    root=$cache/root
}

# $DBHAUL_TEST_MIRROR, or where this host gets its own packages from: it has the other releases as
# well, most likely.
own_mirror() {
    local found=${DBHAUL_TEST_MIRROR:-}
    [ -n "$found" ] || found=$(sed -n 's/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) bookworm main.*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)
    [ -n "$found" ] || found=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' \
        /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
    echo "${found:-http://deb.debian.org/debian}"
}

# With lists and packages of its own: nothing of the host's apt is read or changed.
fetch_archives() {
    local release=$1 apt=$cache/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
    shift
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc" || return 1
    : >"$apt/status"
    echo "deb [signed-by=$keys] $(own_mirror) $release main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
APT::Sandbox::User "";
APT::Get::List-Cleanup "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Debug::NoLocking "1";
END
    APT_CONFIG=$apt/apt.conf timeout 300 apt-get update >"$apt/log" 2>&1 &&
        APT_CONFIG=$apt/apt.conf timeout 600 apt-get install -y --no-install-recommends \
            --download-only "$@" >>"$apt/log" 2>&1
}

# Into an empty cache.
fetch_packages() {
    local release=$1 what=$2 deb
    shift 2
    command -v apt-get dpkg-deb >/dev/null || cannot "no apt-get to fetch $what with"
    rm -rf "$cache"
    mkdir -p "$cache/bin" "$root" || cannot "cannot write to $cache"
    fetch_archives "$release" "$@" ||
        cannot "$what cannot be fetched from $(own_mirror), see $cache/apt/log"
    for deb in "$cache"/apt/archives/*.deb; do
        dpkg-deb -x "$deb" "$root" || cannot "cannot unpack $deb"
    done
    rm -rf "$cache/apt/archives"
    loader=$(fetch_loader)
    [ -n "$loader" ] || cannot "$what came without a loader"
    libraries=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
}

fetch_loader() {
    local each
    for each in "$root"/lib/x86_64-linux-gnu/ld-[0-9]*.so "$root"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2; do
        [ ! -f "$each" ] || { echo "$each" && return; }
    done
}

# The options come before those that the script is called with, but for the one that has to be the first.
fetch_wrap() {
    local program=$1
    shift
    cat >"$cache/bin/$(basename "$program")" <<END
#!/bin/sh
first=
case \${1:-} in --no-defaults | --defaults-*) first=\$1 && shift ;; esac
exec $loader --library-path $libraries:$root/usr/lib/mysql/private $root/usr/$program \${first:+"\$first"} $* "\$@"
END
    chmod 755 "$cache/bin/$(basename "$program")"
}

# One at a time: several tests may want it at once.
fetch_once() {
    mkdir -p "$(dirname "$cache")" || cannot "cannot write to $cache"
    (flock 8 && { [ -e "$cache/complete" ] || { "$1" && touch "$cache/complete"; }; }) 8>"$cache.lock" || exit
}
