#!/bin/bash
# timeout: 60
# build: debug
# What the stand-in for a Data Domain answers has the names and kinds of the vendor's own description.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/datadomain.sh"

schema=$root/../shared/facts/dd-8.7-openapi.subset.json
[ -e "$schema" ] || skip "the vendor's description is not beside the project"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
[ -x /usr/sbin/sshd ] || skip "no sshd"

finish datadomain_stop "$work/dd1"
finish datadomain_stop "$work/dd2"
datadomain_start "$work/dd1" dd1.example
datadomain_start "$work/dd2" dd2.example
mkdir "$work/tree"
datadomain_ask "$work/dd1" mtree /data/col1/su1 "$work/tree" >/dev/null
datadomain_ask "$work/dd1" context 7 /data/col1/su1 "$work/dd2" /data/col1/su1 >/dev/null
datadomain_ask "$work/dd1" fill /data/col1/su1 30 >/dev/null
datadomain_ask "$work/dd1" command 'snapshot create s1 mtree /data/col1/su1 retention 14days' >/dev/null
wait_for 20 test "$(datadomain_ask "$work/dd1" contexts | jq '.[0].epoch')" -gt 0
"$root/tests/lib/datadomain_schema" "$schema" "$work/dd1" || fail "the source answers as no Data Domain does"
"$root/tests/lib/datadomain_schema" "$schema" "$work/dd2" well || fail "the destination does not"
