#!/bin/bash
# deploy/quickstart: a whole night with real servers that a stand-in for AWS lists, restores that
# compare equal, twice; then without FUSE; and `stop` leaves no process, no mount and no file behind.
# timeout: 500
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
    expect 'aws:estate  *9  *9  *0  *10 '
    expect "'reports-old' is skipped: it is stopped"
    expect "'erp' is skipped: the engine 'oracle-se2' is not supported"
    expect "'sessions' is skipped: the engine 'docdb' is not supported"
    expect "'estate-mariadb-copy' is skipped: it is a copy of 'estate-mariadb'"
    expect "'nobody-knows' is skipped: nothing opens it"
    expect "'being-made' is skipped: it has no endpoint yet"
    expect '2 well, 0 would fail, 8 skipped, 0 not checked'
    expect 'estate-mariadb .*arn:aws:rds:eu-west-1:111122223333:.*Success'
    expect 'estate-postgres .*arn:aws:rds:us-east-1:444455556666:.*Success'
    expect '| estate-mariadb  *| 111122223333 | eu-west-1 .*Success'
    expect '| estate-postgres  *| 444455556666 | us-east-1 .*Success'
    expect 'off-site .*/data/col1/su1'
    expect '^saved catalog: .*/catalog/j'
    expect '^not readable: 0; not kept, against the tables. rules: 0$'
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
[ "$(grep -c '^| estate-.*Success' "$work/out")" = 4 ] || fail "the catalog lost the first night"

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
