#!/bin/bash
# timeout: 300
# MySQL's own mysqldump logs in with a token: it is told to give it in the clear, over verified TLS.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/cloud.sh"
. "$root/tests/lib/rds_door.sh"

command -v jq >/dev/null || skip "no jq"
/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "no botocore: install python3-botocore"
oracle=$root/tests/lib/mysql-oracle.sh
status=0
tools=$("$oracle" fetch 2>"$work/err") || status=$?
[ $status != 77 ] || skip "$(sed -n 's/^not run: //p' "$work/err")"
export TMPDIR=$work/tmp PATH=$build:$PATH HOME=$work no_proxy=127.0.0.1
mkdir -m 700 "$work/tmp" "$work/store"
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
export AWS_ACCESS_KEY_ID=AKIATHROWAWAY AWS_SECRET_ACCESS_KEY=theWorkersOwnSecretKey

"$oracle" start "$work/mysql" 0 || fail "mysqld does not start"
finish "'$oracle' stop '$work/mysql'"
"$oracle" sql "$work/mysql" <<'SQL'
CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY);
INSERT INTO shop.orders VALUES (1), (2), (3);
CREATE USER behind_the_door@'127.0.0.1';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO behind_the_door@'127.0.0.1';
SQL

mkdir "$work/cloud"
jq -n '{accounts: {"111111111111": {users: [{name: "worker", key: "AKIATHROWAWAY",
    secret: "theWorkersOwnSecretKey", policy: {Version: "2012-10-17", Statement: [
        {Effect: "Allow", Action: "rds-db:connect", Resource: "*"}]}}]}}}' >"$work/cloud/world.json"
cloud_start "$work/cloud" "$work/cloud/world.json" || fail "no stand-in for AWS"
finish "cloud_stop '$work/cloud'"
rds_door_start "$work/door" mysql --backend "$(cat "$work/mysql/port")" --as behind_the_door \
    --verifier "$(cloud_url "$work/cloud")" || fail "no door before mysqld"
finish "rds_door_stop '$work/door'"
port=$(cat "$work/door/port")
cloud_admin "$work/cloud" /_world "$(jq -n --argjson port "$port" '{op: "put", account: "111111111111",
    kind: "instance", entry: {id: "shop", engine: "mysql", region: "eu-west-1", iam: true,
    endpoint: {address: "127.0.0.1", port: $port}}}')" >/dev/null

dbhaul-worker --create-store "$work/store" || fail "cannot make a store"
cat >"$work/inventory.yaml" <<END
databases:
  - {id: shop, name: shop, engine: mysql, host: 127.0.0.1, port: $port, region: eu-west-1, secret: "rds-iam:haul"}
END
cat >"$work/night.yaml" <<END
coordinator:
  catalog: "sqlite:$work/catalog.db"
  providers: [{kind: file, name: estate, path: $work/inventory.yaml}]
  retry: {failures: 1}
worker:
  state: $work/state
  stores: [{kind: directory, place: $work/store}]
  aws: {allow: ["rds-iam:haul"], servers: ["127.0.0.1:$port"], endpoint: "$(cloud_url "$work/cloud")", region: us-east-1}
  tls: {ca: $work/door/ca.pem}
  tools: {folders: ["$tools"]}
END
chmod 600 "$work"/*.yaml
once() {
    dbhaul once --config "$work/night.yaml" name=shop >"$work/out" 2>"$work/err" || {
        cat "$work/out" "$work/door/logins"
        fail "no backup with a token by $1"
    }
    grep -rqE "\"tool\": *\"$1\"" "$work/store" || fail "another tool was taken than $1"
}
once mysql
sed -i 's/^  retry:/  policies: {plain: {select: {}, tool: vendor}}\n&/' "$work/night.yaml"
once mysqldump
jq -es 'length >= 3 and all(.good)' "$work/door/logins" >/dev/null || fail "$(cat "$work/door/logins")"
echo "$(wc -l <"$work/door/logins") logins with tokens"
