#!/bin/bash
# The samples in deploy/ are what the programs take: each is checked by the program that reads it.
. "$(dirname "$0")/../lib/script.sh"

"$build/dbhaul-coordinator" --config "$root/deploy/coordinator.yaml" --check-config || fail "coordinator.yaml"
"$build/dbhaul" keygen "$work/coordinator" >/dev/null
"$build/dbhaul" keygen "$work/worker" >/dev/null
for sample in worker once; do
    sed "s,/etc/dbhaul/\(.*\)\.\(pub\|key\),$work/\1.\2," "$root/deploy/$sample.yaml" >"$work/$sample.yaml"
done
chmod 600 "$work"/*.yaml
"$build/dbhaul-worker" --config "$work/worker.yaml" --check-config || fail "worker.yaml"
for program in coordinator worker; do
    "$build/dbhaul-$program" --config "$work/once.yaml" --section $program \
        --endpoint-folder "$work" --check-config || fail "once.yaml: $program"
done

# The manual's examples of the coordinator's sections, each by itself, as a reader would take them.
mkdir "$work/manual"
awk -v folder="$work/manual/" '
    /^```/ { if (inside) close(file); else file = folder FNR; inside = !inside; next }
    inside { print >file }' "$root/docs/manual.md"
checked=0
for example in "$work"/manual/*; do
    grep -Eq '^(policies|placement|limits|notify|protect|save_catalog):' <(head -n 1 "$example") || continue
    cat - "$example" >"$work/example.yaml" <<END
catalog: "sqlite:$work/catalog.db"
providers: [{kind: file, name: sample, path: "$work/inventory.yaml"}]
END
    "$build/dbhaul-coordinator" --config "$work/example.yaml" --check-config >"$work/out" 2>&1 ||
        fail "the manual, line ${example##*/}: $(cat "$work/out")"
    checked=$((checked + 1))
done
[ "$checked" -ge 15 ] || fail "only $checked examples of the manual were found"

# The inventory and the allow-list, by a coordinator that starts with them.
cp "$root/deploy/allow.yaml" "$root/deploy/inventory.yaml" "$work/"
chmod 600 "$work/allow.yaml"
cat >"$work/real.yaml" <<END
catalog: "sqlite:$work/catalog.db"
endpoints: {workers: "tcp://127.0.0.1:$(free_port)"}
key: $work/coordinator.key
allow: $work/allow.yaml
providers: [{kind: file, name: sample, path: "$work/inventory.yaml"}]
END
start "$work/log" "$build/dbhaul-coordinator" --config "$work/real.yaml" --endpoint-folder "$work"
is_discovered() {
    grep -q 'discovery: [1-9][0-9]* databases, 0 providers failed' "$work/log"
}
wait_for 60 is_discovered
stop "$pid" || fail "the coordinator does not end well: $(cat "$work/log")"
echo "the samples are well"
