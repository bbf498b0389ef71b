#!/bin/bash
# timeout: 420
# Secrets that AWS keeps and tokens that are made of its credentials open real servers: by the roles
# that deploy/aws has for it and nothing more, over a rotation in mid-run, and nothing that the
# worker's configuration does not allow is even asked for.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/cloud.sh"
. "$root/tests/lib/rds_door.sh"

command -v mariadbd jq >/dev/null || skip "no mariadbd or jq"
/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "no botocore: install python3-botocore"
export TMPDIR=$work/tmp PATH=$build:$PATH HOME=$work no_proxy=127.0.0.1
mkdir -m 700 "$work/tmp" "$work/store"
chmod 711 "$work"  # PostgreSQL runs as another user
while read -r name; do
    unset "$name"
done < <(env | sed -n 's/^\(AWS_[A-Z_]*\)=.*/\1/p')
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_EC2_METADATA_DISABLED=true

own=111111111111
member=222222222222
region=eu-west-1
role=arn:aws:iam::$member:role/dbhaul-worker
rds=aws-secret:arn:aws:secretsmanager:$region
mariadb=$root/tests/lib/mariadb.sh
postgres=$root/tests/lib/postgres.sh

# ---- the servers, and doors before them

"$mariadb" start "$work/mariadb" 0 || fail "mariadbd does not start"
finish "'$mariadb' stop '$work/mariadb'"
"$postgres" start "$work/postgres" || skip "PostgreSQL's server cannot be started"
finish "'$postgres' stop '$work/postgres'"
finish "rds_door_stop '$work/mariadb-door'"
finish "rds_door_stop '$work/postgres-door'"
mariadb_port=$(cat "$work/mariadb/port")
postgres_port=$(cat "$work/postgres/port")

"$mariadb" sql "$work/mariadb" <<'SQL'
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY);
INSERT INTO orders SELECT seq FROM seq_1_to_2000;
CREATE USER haul@'127.0.0.1' IDENTIFIED BY 'first-secret' REQUIRE SSL;
GRANT ALL ON *.* TO haul@'127.0.0.1';
CREATE USER behind_the_door@'127.0.0.1';
GRANT ALL ON *.* TO behind_the_door@'127.0.0.1';
SQL
"$postgres" psql "$work/postgres" >/dev/null <<'SQL'
CREATE ROLE haul LOGIN SUPERUSER PASSWORD 'first-secret';
CREATE ROLE behind_the_door LOGIN SUPERUSER;
CREATE DATABASE a;
CREATE DATABASE b;
\c a
CREATE TABLE t AS SELECT generate_series(1, 1000) AS i;
SQL
hba=$work/postgres/data/pg_hba.conf
sed -i '1i host all behind_the_door 127.0.0.1/32 trust' "$hba"
"$postgres" psql "$work/postgres" -c 'SELECT pg_reload_conf()' >/dev/null

# The passwords, as a rotation sets them.
set_password() {
    case $1 in
        mariadb) echo "ALTER USER haul@'127.0.0.1' IDENTIFIED BY '$2'" | "$mariadb" sql "$work/mariadb" ;;
        postgres) "$postgres" psql "$work/postgres" -c "ALTER ROLE haul PASSWORD '$2'" >/dev/null ;;
    esac
}
cat >"$work/rotate" <<END
#!/bin/bash
exec >>"$work/rotate.log" 2>&1
echo "ALTER USER haul@'127.0.0.1' IDENTIFIED BY 'rotated-secret'" | "$mariadb" sql "$work/mariadb"
END
chmod 700 "$work/rotate"

# ---- AWS: who the worker is has the policy of deploy/aws, and the member account its role

for name in worker-policy worker-role worker-role-trust; do
    sed "s,111122223333:role/dbhaul-worker-host,$own:user/worker,; s/111122223333/$own/; s/444455556666/$member/
        s/dbhaul-4f1d6f0c/customer-7/" "$root/deploy/aws/$name.json" >"$work/$name.json"
done

mkdir "$work/cloud"
jq -n --arg own $own --arg member $member --arg region $region --arg rotate "$work/rotate" \
    --slurpfile policy "$work/worker-policy.json" \
    --slurpfile role "$work/worker-role.json" --slurpfile trust "$work/worker-role-trust.json" '
def login($password): {engine: "x", host: "h", username: "haul", password: $password, port: "3306"};
{
  regions: {default: [$region, "us-east-1"], "opt-in": []},
  token_bytes: 1800,
  accounts: {
    ($own): {
      users: [{name: "worker", key: "AKIATHROWAWAY", secret: "theWorkersOwnSecretKey", policy: $policy[0]},
              {name: "nobody", key: "AKIANOBODY", secret: "theSecretKeyOfNobody", policy: []}],
      secrets: [
        {name: "rds!rotating", region: $region, suffix: "aaaaaa", json: login("first-secret"),
         rotation: {after_reads: 1, json: login("rotated-secret"), run: [$rotate]}},
        {name: "rds!bytes", region: $region, suffix: "aaaaaa",
         binary: (login("rotated-secret") | tojson | @base64)},
        {name: "rds!wrong", region: $region, suffix: "aaaaaa", json: login("wrong-secret")},
        {name: "rds!deleted", region: $region, suffix: "aaaaaa", json: login("x"), deleted: true},
        {name: "rds!sealed", region: $region, suffix: "aaaaaa", json: login("x"),
         kms_key: "arn:aws:kms:\($region):\($own):key/k"},
        {name: "rds!text", region: $region, suffix: "aaaaaa", text: "word-of-mouth"},
        {name: "rds!nameless", region: $region, suffix: "aaaaaa", json: {password: "word-of-mouth"}},
        {name: "admin", region: $region, suffix: "aaaaaa", json: login("crown-jewels")}]},
    ($member): {
      roles: {
        "dbhaul-worker": {trust: $trust[0], policy: $role[0]},
        "dbhaul-locked": {trust: $trust[0], policy: []},
        "admin": {trust: {Version: "2012-10-17", Statement: [{Effect: "Allow", Action: "sts:AssumeRole",
                  Principal: {AWS: "*"}}]}, policy: []}},
      secrets: [{name: "rds!pg", region: $region, suffix: "aaaaaa", json: login("first-secret")},
                {name: "other", region: $region, suffix: "aaaaaa", json: login("crown-jewels")}]}
  }
}' >"$work/cloud/world.json"
cloud=$work/cloud
cloud_start "$cloud" "$cloud/world.json" || fail "no stand-in for AWS"
finish "cloud_stop '$cloud'"
url=$(cloud_url "$cloud")

for kind in mariadb postgres; do
    door=$work/$kind-door
    port_of=${kind}_port
    rds_door_start "$door" "${kind/mariadb/mysql}" --backend "${!port_of}" --as behind_the_door \
        --verifier "$url" || fail "no door before $kind"
    cloud_admin "$cloud" /_world "$(jq -n --arg account $member --arg region $region --arg kind $kind \
        --argjson port "$(cat "$door/port")" '{op: "put", account: $account, kind: "instance", entry: {
            id: "iam-\($kind)", engine: $kind, region: $region, iam: true,
            endpoint: {address: "127.0.0.1", port: $port}}}')" >/dev/null
done
mariadb_door=$(cat "$work/mariadb-door/port")
postgres_door=$(cat "$work/postgres-door/port")

# ---- dbhaul

dbhaul-worker --create-store "$work/store" || fail "cannot make a store"

# row NAME ENGINE PORT SECRET [KEY: VALUE]...: in the group of $group.
row() {
    local name=$1 engine=$2 port=$3 secret=$4 more=
    shift 4
    [ $# = 0 ] || more=$(printf ', %s' "$@")
    echo "  - {id: \"$name\", name: $name, engine: $engine, host: 127.0.0.1, port: $port," \
        "region: $region, secret: \"$secret\", tags: {group: $group}$more}" >>"$work/inventory.yaml"
}
assumed=("role: \"$role\"" 'external_id: customer-7')
echo 'databases:' >"$work/inventory.yaml"
group=changing
row rotating mariadb "$mariadb_port" "$rds:$own:secret:rds!rotating-aaaaaa"
row ruled mariadb "$mariadb_port" ruled
row iam-postgres postgres "$postgres_door" rds-iam:dbhaul_backup "${assumed[@]}"
group=steady
row bytes mariadb "$mariadb_port" "$rds:$own:secret:rds!bytes-aaaaaa"
row member postgres "$postgres_port" "$rds:$member:secret:rds!pg-aaaaaa" "${assumed[@]}"
row iam-mariadb mariadb "$mariadb_door" rds-iam:dbhaul_backup "${assumed[@]}"
group=forbidden
# What must not be asked for.
row no-secret mariadb "$mariadb_port" "$rds:$own:secret:admin-aaaaaa"
row no-role mariadb "$mariadb_port" "$rds:$member:secret:rds!pg-aaaaaa" "role: \"arn:aws:iam::$member:role/admin\""
row no-server mariadb "$((mariadb_port + 1))" "$rds:$own:secret:rds!bytes-aaaaaa"
row no-user mariadb "$mariadb_door" rds-iam:root "${assumed[@]}"
row no-tls mariadb "$mariadb_port" rds-iam:dbhaul_backup "${assumed[@]}"
# What AWS refuses, or is of no use.
group=refused
row wrong mariadb "$mariadb_port" "$rds:$own:secret:rds!wrong-aaaaaa"
row bad-id postgres "$postgres_port" "$rds:$member:secret:rds!pg-aaaaaa" "role: \"$role\"" 'external_id: customer-8'
row no-trust postgres "$postgres_port" "$rds:$member:secret:rds!pg-aaaaaa" "role: \"arn:aws:iam::$member:role/dbhaul-locked\"" 'external_id: customer-7'
row no-right postgres "$postgres_port" "$rds:$member:secret:other-aaaaaa" "${assumed[@]}"
row missing mariadb "$mariadb_port" "$rds:$own:secret:rds!none-aaaaaa"
row deleted mariadb "$mariadb_port" "$rds:$own:secret:rds!deleted-aaaaaa"
row sealed mariadb "$mariadb_port" "$rds:$own:secret:rds!sealed-aaaaaa"
row text mariadb "$mariadb_port" "$rds:$own:secret:rds!text-aaaaaa"
row nameless mariadb "$mariadb_port" "$rds:$own:secret:rds!nameless-aaaaaa"

cat >"$work/night.yaml" <<END
coordinator:
  catalog: "sqlite:$work/catalog.db"
  providers:
    - {kind: file, name: estate, path: $work/inventory.yaml}
  retry: {failures: 1}
worker:
  state: $work/state
  stores:
    - {kind: directory, place: $work/store}
  secrets:
    ruled: {from: "$rds:$own:secret:rds!text-aaaaaa", username: haul, servers: ["127.0.0.1:$mariadb_port"]}
  aws:
    allow: ["$rds:$own:secret:rds!*", "$rds:$member:secret:rds!*", "$rds:$member:secret:other-*", "rds-iam:dbhaul_*"]
    roles: ["arn:aws:iam::*:role/dbhaul-*"]
    servers: ["127.0.0.1:$mariadb_port", "127.0.0.1:$postgres_port", "127.0.0.1:$mariadb_door", "127.0.0.1:$postgres_door"]
    endpoint: "$url"
    region: us-east-1
    patience: 5s
  tls:
    authorities:
      - {servers: ["127.0.0.1:$mariadb_port"], ca: $work/mariadb/ca.pem}
      - {servers: ["127.0.0.1:$postgres_port"], ca: $work/postgres/ca.pem}
      - {servers: ["127.0.0.1:$mariadb_door"], ca: $work/mariadb-door/ca.pem}
      - {servers: ["127.0.0.1:$postgres_door"], ca: $work/postgres-door/ca.pem}
END
chmod 600 "$work/night.yaml"
export AWS_ACCESS_KEY_ID=AKIATHROWAWAY AWS_SECRET_ACCESS_KEY=theWorkersOwnSecretKey

# once STATUS ARGUMENT...: expects the status; output is in $work/out and $work/err.
once() {
    local expected=$1 status=0
    shift
    cloud_calm "$cloud" || fail "the stand-in is away"
    dbhaul once --config "${config:-$work/night.yaml}" "$@" >"$work/out" 2>"$work/err" || status=$?
    ! grep -rq 'first-secret\|rotated-secret\|crown-jewels\|word-of-mouth\|theWorkersOwn\|X-Amz-Sig' \
        "$work/out" "$work/err" "$work"/catalog.db* "$work/state" "$work/store" || fail "a secret leaked"
    if [ "$status" != "$expected" ]; then
        cat "$work/out" "$work/err"
        tail -n 5 "$cloud/log" "$work"/*-door/log*
        fail "dbhaul once $*: status $status, not $expected"
    fi
}

# says NAME TEXT: the job of a database failed with that in its message.
says() {
    grep -F "'$1': failed" "$work/out" | grep -qF -- "$2" || fail "'$2' is not said of '$1': $(cat "$work/out")"
}

# ---- what goes well

# The password is changed while the worker reads it: it is refused, and read again.
once 0 name=rotating
[ "$(cloud_calls "$cloud" '.action == "GetSecretValue"')" = 2 ] || fail "not read twice: $(cloud_admin "$cloud" /_calls)"
once 0 name=bytes
[ "$(cloud_calls "$cloud")" = 1 ] || fail "more than one call: $(cloud_admin "$cloud" /_calls)"

# A rule of the worker's own may name a secret of AWS that is the password alone.
set_password mariadb word-of-mouth
once 0 name=ruled
set_password mariadb rotated-secret

# A rotation while pg_dump waits in database a: what comes after it gets the new one.
mkfifo "$work/hold"
"$postgres" psql "$work/postgres" -d a <"$work/hold" >/dev/null &
holder=$!
exec 9>"$work/hold"
echo 'BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE;' >&9
is_locked() {
    [ "$("$postgres" psql "$work/postgres" -At -d a -c \
        "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted = $1")" -gt 0 ]
}
wait_for 30 is_locked true
cloud_calm "$cloud"
start "$work/out" dbhaul once --config "$work/night.yaml" name=member
once_pid=$pid
wait_for 60 is_locked false
set_password postgres rotated-secret
cloud_admin "$cloud" /_world "$(jq -n --arg account $member --arg region $region '{op: "rotate", account: $account,
    region: $region, id: "rds!pg", json: {username: "haul", password: "rotated-secret"}}')" >/dev/null
echo 'COMMIT;' >&9
exec 9>&-
wait "$once_pid" || { cat "$work/out"; fail "the backup did not outlive the rotation"; }
wait "$holder" || true
[ "$(cloud_calls "$cloud" '.action == "GetSecretValue"')" = 2 ] || fail "not read again"

# Tokens: one for each connection and each tool, all of them good, and none cut.
for kind in mariadb postgres; do
    once 0 "name=iam-$kind"
    jq -es 'length >= 2 and all(.good and .size > 1500 and .user == "dbhaul_backup")' \
        "$work/$kind-door/logins" >/dev/null || fail "$kind: $(cat "$work/$kind-door/logins")"
    [ "$(cloud_calls "$cloud" '.action == "AssumeRole"')" = 1 ] || fail "the role was not assumed once"
    [ "$(cloud_calls "$cloud" '.action != "AssumeRole"')" = 0 ] || fail "more was asked"
done

# ---- the policies name the calls that are made, and no more

once 0 tag.group=steady
{
    cloud_admin "$cloud" /_calls | jq -r '.calls[] | "\(.service):\(.action)"'
    echo rds-db:connect
} | sort -u >"$work/made"
jq -r '.Statement[].Action' "$root/deploy/aws/worker-policy.json" | sort -u >"$work/named"
cmp "$work/made" "$work/named" || fail "the policy names '$(cat "$work/named")', the calls are '$(cat "$work/made")'"
jq -r '.Statement[].Action' "$work/worker-role.json" | sort -u |
    cmp - <(grep -v AssumeRole "$work/made") || fail "the role's policy is another"

# ---- what is not allowed is not asked for

sed "s/^  tls:/  tls:\n    unverified: [\"127.0.0.1:$mariadb_port\"]/" "$work/night.yaml" >"$work/unverified.yaml"
chmod 600 "$work/unverified.yaml"
config=$work/unverified.yaml once 1 tag.group=forbidden
[ "$(cloud_calls "$cloud")" = 0 ] || fail "AWS was asked: $(cloud_admin "$cloud" /_calls)"
says no-secret "add '$rds:$own:secret:admin-aaaaaa' to 'allow' under 'aws'"
says no-role "add 'arn:aws:iam::$member:role/admin' to 'roles' under 'aws'"
says no-server "add that to 'servers' under 'aws'"
says no-user "add 'rds-iam:root' to 'allow' under 'aws'"
says no-tls "only over verified TLS"

# ---- what AWS refuses is told with what to do

once 1 tag.group=refused
says wrong "Access denied for user 'haul'"
says bad-id "grant this worker sts:AssumeRole on '$role', and let that trust it, with the external id 'customer-8'"
says bad-id AccessDenied
says no-trust "grant this worker sts:AssumeRole on 'arn:aws:iam::$member:role/dbhaul-locked'"
says no-right "grant secretsmanager:GetSecretValue, and kms:Decrypt if the secret has a key of its own, to '$role'"
says no-right "cannot get the secret 'arn:aws:secretsmanager:$region:$member:secret:other-aaaaaa'"
says missing 'there is no such secret in that account and region'
says deleted 'marked for deletion'
says sealed 'kms:Decrypt'
says text 'no JSON object with "username" and "password"'
says nameless 'no "username"'

unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
once 1 name=bytes
says bytes 'environment'
says bytes 'instance'
export AWS_ACCESS_KEY_ID=AKIANOBODY AWS_SECRET_ACCESS_KEY=theSecretKeyOfNobody
once 1 name=bytes
says bytes 'grant secretsmanager:GetSecretValue'
export AWS_ACCESS_KEY_ID=AKIAUNKNOWN AWS_SECRET_ACCESS_KEY=theWrongOne
once 1 name=bytes
says bytes 'put the credentials right'
cloud_stop "$cloud"
config=$work/night.yaml
dbhaul once --config "$work/night.yaml" name=bytes >"$work/out" 2>"$work/err" && fail "without AWS it went well"
says bytes "cannot get the secret"
echo "$(cat "$work"/*-door/logins | wc -l) logins with tokens"
