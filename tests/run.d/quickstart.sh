#!/bin/bash
# deploy/quickstart: a whole night with real servers, restores that compare equal, twice; then
# without FUSE; and `stop` leaves no process, no mount and no file behind.
# timeout: 400
. "$(dirname "$0")/../lib/script.sh"

chmod 755 "$work"  # PostgreSQL's user must get through
export DBHAUL_BUILD=$build DBHAUL_QUICKSTART=$work/home DBHAUL_QUICKSTART_PERCENT=4
finish "$root/deploy/quickstart stop"

quickstart() {
    "$@" "$root/deploy/quickstart" >"$work/out" 2>&1 || { cat "$work/out"; fail "status $?"; }
}

expect() {
    grep -q "$1" "$work/out" || { cat "$work/out"; fail "it does not say: $1"; }
}

# The two servers are in the report, each comparison is equal, and what must be skipped has a reason.
expect_night() {
    [ "$(grep -c 'are equal on both sides' "$work/out")" = 2 ] || { cat "$work/out"; fail "not compared"; }
    ! grep -q DIFFERS "$work/out" || fail "something differs"
    expect "'reports-old' is skipped: its state is 'stopped'"
    expect "'erp' is skipped: the engine 'oracle' is not supported"
    expect "'nobody-knows' is skipped: no secret is named for it"
    expect 'arn:example:db:estate-mariadb .*Success'
    expect 'arn:example:db:estate-postgres .*Success'
}

left() {
    grep -l "$work/home" /proc/[0-9]*/cmdline 2>/dev/null || true
    grep "$work/home" /proc/self/mountinfo || true
    ls -d "$work/home" 2>/dev/null || true
}

quickstart env
expect_night
if [ -w /dev/fuse ]; then
    expect 'is of type fuse.boostfs, from dd1.example:/su1'
fi

echo "again, on the same estate"
quickstart env
expect_night
[ "$(grep -c 'arn:example:db:estate-.*Success' "$work/out")" = 4 ] || fail "the catalog lost the first night"

"$root/deploy/quickstart" stop >"$work/out" 2>&1 || { cat "$work/out"; fail "stop failed"; }
[ -z "$(left)" ] || fail "left behind: $(left)"
"$root/deploy/quickstart" stop || fail "a second stop is an error"

echo "without FUSE"
unshare -m true 2>/dev/null || skip "no mount namespace can be had to hide FUSE in"
quickstart unshare -m sh -c 'mount --bind /dev/null /dev/fuse && exec "$@"' sh
expect 'FUSE cannot be had here'
expect_night

"$root/deploy/quickstart" what >"$work/out" 2>&1 && fail "it takes any word"
expect 'deploy/quickstart stop'
