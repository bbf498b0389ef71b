#!/bin/bash
# timeout: 300
# build: asan
# Our own reader for MySQL and MariaDB makes a set that its restore.sh loads with stock tools, with
# local_infile and without; and two nights without a change give the same files.
. "$(dirname "$0")/../lib/script.sh"

command -v mariadbd >/dev/null || skip "no mariadbd"
mariadb=$root/tests/lib/mariadb.sh
export TMPDIR=$work/tmp PATH=$build:$PATH
mkdir -m 700 "$work/tmp" "$work/secrets" "$work/store"

for server in source target; do
    "$mariadb" start "$work/$server" 0 --log-bin=binlog --log-bin-trust-function-creators=1 ||
        fail "mariadbd does not start"
    finish "'$mariadb' stop '$work/$server'"
    "$mariadb" sql "$work/$server" <<<"CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'correct horse';
        GRANT ALL ON *.* TO haul@'127.0.0.1' WITH GRANT OPTION"
done
port=$(cat "$work/source/port")
"$mariadb" sql "$work/source" <"$root/tests/data/mariadb-nasty.sql" >/dev/null
"$mariadb" sql "$work/source" <<'SQL'
CREATE DATABASE large;
USE large;
CREATE TABLE large.`it's` (id BIGINT PRIMARY KEY, `a``b` VARCHAR(300), c BLOB, f DOUBLE, u UUID);
INSERT INTO large.`it's` SELECT seq * 7, REPEAT(CHAR(seq % 90 + 32), seq % 300),
    UNHEX(REPEAT(SHA2(seq, 512), 3)), seq / 7, UUID() FROM seq_1_to_30000;
INSERT INTO large.`it's` VALUES (-1, '\\N', x'095C4E0A270D00', -0.0, NULL), (0, '', '', NULL, NULL);
ANALYZE TABLE large.`it's`;
SQL
(umask 077 && echo 'correct horse' >"$work/secrets/good" &&
    printf '[client]\nhost=127.0.0.1\nport=%s\nuser=haul\npassword=correct horse\n' \
        "$(cat "$work/target/port")" >"$work/target.cnf")

dbhaul-worker --create-store "$work/store" || fail "cannot make a store"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: "arn:shop", name: shop, engine: mariadb, host: 127.0.0.1, port: $port, secret: good}
END
cat >"$work/night.yaml" <<END
coordinator:
  catalog: "sqlite:$work/catalog.db"
  providers:
    - {kind: file, name: estate, path: $work/inventory.yaml}
  policies:
    ours: {select: {}, tool: mysql, connections: 4}
worker:
  state: $work/state
  stores:
    - {kind: directory, place: $work/store}
  secrets:
    good: {from: "file:$work/secrets/good", username: haul, servers: ["127.0.0.1:$port"]}
  tls: {ca: $work/source/ca.pem}
END
chmod 600 "$work"/*.yaml

night() {
    dbhaul once --config "$work/night.yaml" name=shop >"$work/out" 2>"$work/err" || {
        cat "$work/out" "$work/err"
        fail "a night failed"
    }
}
# sums SET: of the files of rows and definitions.
sums() {
    (cd "$1" && sha256sum -- *.tsv *.sql)
}
# contents SERVER: what the vendor's tool says of all that was restored.
contents() {
    mariadb-dump --no-defaults --socket="$work/$1/socket" --user=root --skip-dump-date --hex-blob \
        --order-by-primary --routines --events --triggers --databases -- large shop empty \
        "-e'x\"y\`z" "größe ✓ 数据"
}

night
set=$(dirname "$(find "$work/store" -name manifest.json -not -path '*/catalog/*')")
grep -q '"consistency": "one point, by binlog position' "$set/manifest.json" || fail "no one point"
[ "$(find "$set" -name '*.tsv' | wc -l)" = 1 ] || fail "the large table has no file of its own"
sums "$set" >"$work/first"
night
other=$(dirname "$(find "$work/store" -name manifest.json -not -path '*/catalog/*' -newer "$set/manifest.json")")
sums "$other" >"$work/second"
diff "$work/first" "$work/second" || fail "nothing changed, and the second night's files did"

# cuts SET: what its manifest says of the cuts of the sets before.
cuts() { jq -r '.facts[] | select(.key | startswith("tables cut")) | .key + ": " + .value' "$1/manifest.json"; }
newest() { find "$work/store" -path '*/catalog/*' -prune -o -name manifest.json -printf '%T@ %h\n' | sort -n | tail -n 1 | cut -d ' ' -f 2; }
sed -i 's/connections: 4/&, range_size: 2MiB/' "$work/night.yaml"
[ -z "$(cuts "$other")" ] || fail "cuts are told of where there are none"
truncate --size=100 "$other/manifest.json"
night
third=$(newest)
[ "$(find "$third" -name '*.tsv' | wc -l)" -gt 1 ] || fail "the large table is not in ranges"
[[ "$(cuts "$third")" = "tables cut anew: cannot read the set"* ]] || fail "tables were cut anew, and that is not told"
night
[ -z "$(cuts "$(newest)")" ] || fail "tables were not cut as in the set before: $(cuts "$(newest)")"

contents source >"$work/source.sql"
for local_infile in 1 0; do
    "$mariadb" sql "$work/target" <<<"SET GLOBAL local_infile = $local_infile"
    RESTORE_JOBS=3 sh "$set/restore.sh" "--defaults-extra-file=$work/target.cnf" --ssl \
        "--ssl-ca=$work/target/ca.pem" >"$work/out" 2>&1 || {
        cat "$work/out"
        fail "restore.sh failed with local_infile $local_infile"
    }
    contents target >"$work/target.sql"
    cmp "$work/source.sql" "$work/target.sql" || {
        diff "$work/source.sql" "$work/target.sql" | cut -c1-200 | head
        fail "what came back differs, with local_infile $local_infile"
    }
done
grep -q 'local_infile off' "$work/out" || fail "the slower way is not told"

# What is there already is counted, and said.
"$mariadb" sql "$work/target" <<<"SET GLOBAL local_infile = 1"
sed 's/^load_mysql 5.sql/: &/' "$set/restore.sh" >"$set/again.sh"
if sh "$set/again.sh" "--defaults-extra-file=$work/target.cnf" --ssl \
    "--ssl-ca=$work/target/ca.pem" >"$work/out" 2>&1; then
    fail "rows that were there already made no failure"
fi
grep -q 'has 30002 rows, the server took 0' "$work/out" || {
    cat "$work/out"
    fail "rows that were not taken are not told"
}
