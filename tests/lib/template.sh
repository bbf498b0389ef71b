# shellcheck shell=bash
# Empty data folders of servers, made once in a run of the tests and copied after that: to be
# sourced. Where $DBHAUL_TEST_TEMPLATES names no folder to keep them in, each is made anew.
#
#     template_take KIND DATA || { make it in DATA && template_keep KIND DATA; }
#
# KIND names program and version; DATA must not be there yet. Who made one first keeps it.

template_take() {
    local kept=${DBHAUL_TEST_TEMPLATES:-/nonexistent}/${1//\//_}
    [ -d "$kept" ] && cp -a --sparse=always "$kept" "$2"
}

template_keep() {
    local kept=${DBHAUL_TEST_TEMPLATES:-}/${1//\//_} own
    [ -n "${DBHAUL_TEST_TEMPLATES:-}" ] || return 0
    own=$kept.$BASHPID
    if mkdir -p "$DBHAUL_TEST_TEMPLATES" && cp -a --sparse=always "$2" "$own"; then
        mv -T "$own" "$kept" 2>/dev/null && return
    fi
    rm -rf "$own"
}
