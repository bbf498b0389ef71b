#!/bin/bash
# The layer check finds each kind of breach, and nothing in a tree that keeps the rules.
# build: debug
. "$(dirname "$0")/../lib/script.sh"

tree=$work/tree

# plant FILE LINE...: a file of the tree.
plant() {
    mkdir -p "$tree/$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$tree/$1"
}

fresh() {
    rm -rf "$tree"
    plant common/clean.h '#include <stddef.h>'
    plant common/clock.h '#include <stdint.h>'
    plant proto/wire.h '#include "common/clean.h"'
    plant worker/agent.c '#include "proto/wire.h"' '#include <stdio.h>'
    plant worker/engine/engine.h '#include "common/clean.h"'
    plant worker/store/store.h '#include "common/clean.h"'
    plant coordinator/record.h '#include <stdint.h>'
    plant coordinator/fleet.c '#include "coordinator/record.h"'
    plant coordinator/catalog/sqlite.c '#include <sqlite3.h>'
    plant coordinator/cli/main.c '#include "proto/wire.h"'
    plant tests/test_x.c '#include "worker/store/store.h"' '#include <sqlite3.h>'
}

# breach WHAT: the tree as it stands now must be refused with a line that has WHAT in it.
breach() {
    ! "$root/tests/check_layers" "$tree" >"$work/out" 2>&1 || fail "not seen: $1"
    grep -qF "$1" "$work/out" || fail "no line with '$1': $(cat "$work/out")"
    fresh
}

fresh
"$root/tests/check_layers" "$tree" || fail "a tree that keeps the rules was refused"

plant worker/agent.c '#include "coordinator/record.h"'
breach 'worker/agent.c:1: includes coordinator/record.h'
plant coordinator/fleet.c '' '#include "worker/store/store.h"'
breach 'coordinator/fleet.c:2: includes worker/store/store.h'
plant coordinator/cli/main.c '#include "coordinator/record.h"'
breach 'coordinator/cli/main.c:1: includes coordinator/record.h'
plant common/clean.h '#include "proto/wire.h"'
breach 'common/clean.h:1: includes proto/wire.h'
plant worker/store/store.h '#include "worker/engine/engine.h"'
breach 'worker/store/store.h:1: includes worker/engine/engine.h'
plant coordinator/fleet.c '#include "common/clock.h"'
breach 'includes common/clock.h: this class has no I/O, no clock'
plant coordinator/fleet.c '#include <unistd.h>'
breach 'includes unistd.h: this class has no I/O, no clock'
plant worker/agent.c '#include <sqlite3.h>'
breach 'worker/agent.c:1: includes sqlite3.h'
plant worker/agent.c '#include "store.h"'
breach 'includes store.h, which is not a path from the root'
plant common/clock.h '#include "common/clean.h"'
plant common/clean.h '#include "common/clock.h"'
breach 'headers include each other in a circle'
