#!/bin/bash
# timeout: 300
# build: asan
# Discovery over three accounts of an organization, against the stand-in for AWS with exactly the
# policies of deploy/aws: what is found and what is said against it; an unchanged estate writes
# nothing; renamed, made anew, gone; accounts and regions that fail cost only themselves; credentials
# that are missing, wrong, expired; answers that are late, throttled, cut short or hostile.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/cloud.sh"

command -v jq >/dev/null || skip "no jq"
command -v sqlite3 >/dev/null || skip "no sqlite3"
/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "no botocore: install python3-botocore"

# Nothing of whoever runs this may reach the coordinator.
while read -r name; do
    unset "$name"
done < <(env | sed -n 's/^\(AWS_[A-Z_]*\)=.*/\1/p')
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none HOME=$work
export AWS_EC2_METADATA_DISABLED=true no_proxy=127.0.0.1
export PATH=$build:$PATH DBHAUL_CONNECT=ipc://$work/run/operator.ipc
mkdir -m 700 "$work/run"
cloud=$work/cloud
mkdir "$cloud"
management=111111111111 shop=222222222222 crm=333333333333 old=444444444444

# ---- the world

jq -n --arg management $management --arg shop $shop --arg crm $crm --arg old $old \
    --slurpfile coordinator "$root/deploy/aws/coordinator-policy.json" \
    --slurpfile discovery "$root/deploy/aws/discovery-role.json" \
    --slurpfile trusted "$root/deploy/aws/discovery-role-trust.json" '
($trusted[0] | .Statement[0].Principal.AWS = "arn:aws:iam::\($management):user/coordinator") as $trust |
{"dbhaul-discovery": {policy: $discovery[0], trust: $trust}} as $roles |
{
  organization: {management: $management, page_size: 2, empty_pages: [2]},
  regions: {default: ["us-east-1", "eu-west-1"], "opt-in": ["me-south-1"]},
  accounts: {
    ($management): {users: [{name: "coordinator", key: "AKIACOORDINATOR", secret: "theSecret",
                             policy: $coordinator[0]}], roles: $roles},
    ($shop): {roles: $roles, regions: ["me-south-1"],
      secrets: [{name: "rds!db-shop", region: "eu-west-1",
                 json: {username: "admin", password: "p"}}],
      instances: ([range(120) | {id: "many-\(.)", engine: "mysql", region: "me-south-1"}] + [
        {id: "shop", engine: "mysql", region: "eu-west-1", tags: {env: "prod", team: "web"},
         managed_secret: "rds!db-shop"},
        {id: "shop-copy", engine: "mysql", region: "eu-west-1", replica_of: "shop"},
        {id: "shop-far", engine: "mysql", region: "us-east-1",
         replica_of: "arn:aws:rds:eu-west-1:\($shop):db:shop"},
        {id: "maria", engine: "mariadb", region: "eu-west-1", iam: true},
        {id: "asleep", engine: "postgres", region: "eu-west-1", status: "stopped"},
        {id: "slow", engine: "postgres", region: "eu-west-1", status: "upgrading"},
        {id: "ledger", engine: "oracle-se2", region: "eu-west-1"}])},
    ($crm): {roles: $roles,
      clusters: [{id: "crm", engine: "aurora-mysql", region: "us-east-1"},
                 {id: "graph", engine: "neptune", region: "us-east-1"},
                 {id: "safe", engine: "postgres", region: "eu-west-1"}],
      instances: [{id: "crm-1", engine: "aurora-mysql", region: "us-east-1", cluster: "crm", writer: true},
                  {id: "crm-2", engine: "aurora-mysql", region: "us-east-1", cluster: "crm"},
                  {id: "graph-1", engine: "neptune", region: "us-east-1", cluster: "graph", writer: true},
                  {id: "safe-1", engine: "postgres", region: "eu-west-1", cluster: "safe", writer: true},
                  {id: "safe-2", engine: "postgres", region: "eu-west-1", cluster: "safe"}]},
    ($old): {state: "SUSPENDED"}
  }
}' >"$cloud/world.json"
cloud_start "$cloud" "$cloud/world.json" || fail "no stand-in for AWS"
finish "cloud_stop '$cloud'"

cat >"$work/coordinator.yaml" <<END
catalog: "sqlite:$work/catalog.db"
timers: {placement: 1s}
providers:
  - kind: aws
    name: prod
    organization: true
    role: "arn:{partition}:iam::{account}:role/dbhaul-discovery"
    external_id: dbhaul-4f1d6f0c
    worker_role: "arn:{partition}:iam::{account}:role/dbhaul-worker"
    worker_external_id: dbhaul-worker-1
    home_region: us-east-1
    endpoint: "$(cloud_url "$cloud")"
    read_from: reader
    secret: "rds-{account}"
    iam_user: haul
    rate: 12
    account_deadline: 8s
    deadline: 30s
END
chmod 600 "$work/coordinator.yaml"

# ---- tools

start_coordinator() {
    start "$work/log" env "$@" dbhaul-coordinator --config "$work/coordinator.yaml" \
        --endpoint-folder "$work/run"
    coordinator=$pid
    wait_for 30 dbhaul status
}

with_keys() {
    start_coordinator AWS_ACCESS_KEY_ID=AKIACOORDINATOR AWS_SECRET_ACCESS_KEY=theSecret
}

# expect STATUS ARGUMENT...: runs dbhaul; output is in $work/out and $work/err.
expect() {
    local expected=$1 status=0
    shift
    dbhaul "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$expected" ]; then
        cat "$work/out" "$work/err"
        tail -n 5 "$work/log" "$cloud/log"
        fail "dbhaul $*: status $status, not $expected"
    fi
}

# said PATTERN...: each is in the last output.
said() {
    local pattern
    for pattern in "$@"; do
        grep -Eq -- "$pattern" "$work/out" "$work/err" ||
            fail "no '$pattern' in: $(cat "$work/out" "$work/err")"
    done
}

# has EXPECTED SQL
has() {
    local found
    found=$(sqlite3 -readonly -separator ' ' "$work/catalog.db" "$2" | tr '\n' '|')
    [ "${found%|}" = "$1" ] || fail "$2: '${found%|}', not '$1'"
}

all_rows() {
    sqlite3 -readonly "$work/catalog.db" 'SELECT * FROM known_databases ORDER BY id;
        SELECT * FROM scopes ORDER BY provider, account, region; SELECT * FROM events ORDER BY id'
}

# change JSON: of the world.
change() {
    cloud_admin "$cloud" /_world "$1" >/dev/null || fail "the world does not change: $1"
}

# ---- what is there

with_keys
expect 0 discover
said '^PROVIDER +SCOPES +ANSWERED +FAILED' '^aws:prod +11 +11 +0 +130 +[0-9]+ +0 +0 +0 '
has "crm reader mysql aws:$crm:us-east-1|safe reader postgres aws:$crm:eu-west-1" \
    "SELECT name, source, engine, substr(resource_id, 1, 26) FROM known_databases
     WHERE name IN ('crm', 'safe') ORDER BY name"
has "0" "SELECT count(*) FROM known_databases WHERE name LIKE 'crm-%' OR name LIKE 'safe-%'"
has "graph the engine 'neptune' is not supported|ledger the engine 'oracle-se2' is not supported" \
    "SELECT name, skip_reason FROM known_databases WHERE name IN ('graph', 'ledger') ORDER BY name"
has "shop-copy it is a copy of 'shop', which is listed itself|shop-far it is a copy of 'arn:aws:rds:eu-west-1:$shop:db:shop', which is listed itself" \
    "SELECT name, skip_reason FROM known_databases WHERE name LIKE 'shop-%' ORDER BY name"
has "asleep it is stopped: start it to have it backed up|slow " \
    "SELECT name, skip_reason FROM known_databases WHERE name IN ('asleep', 'slow') ORDER BY name"
has "many-7 rds-$shop|maria rds-iam:haul|shop aws-secret:arn:aws:secretsmanager:eu-west-1:$shop" \
    "SELECT name, substr(secret, 1, 56) FROM known_databases
     WHERE name IN ('shop', 'maria', 'many-7') ORDER BY name"
has "arn:aws:iam::$shop:role/dbhaul-worker dbhaul-worker-1 arn:aws:rds:eu-west-1:$shop:db:shop" \
    "SELECT role_arn, external_id, long_name FROM known_databases WHERE name = 'shop'"
has "$old unlisted the account is 'SUSPENDED' in its organization" \
    "SELECT account, state, message FROM scopes WHERE account = '$old'"

# The calls are those that the two policies name, and none was denied or throttled.
calls=$(cloud_admin "$cloud" /_calls | jq -r '.calls[] | "\(.service):\(.action)"' | sort -u)
named=$(jq -r '.Statement[].Action | if type == "array" then .[] else . end' \
    "$root/deploy/aws/coordinator-policy.json" "$root/deploy/aws/discovery-role.json" | sort -u)
[ "$calls" = "$named" ] || fail "called: $calls; named: $named"
[ "$(cloud_calls "$cloud" '.code != "ok"')" = 0 ] || fail "refused: $(cloud_admin "$cloud" /_calls)"

# ---- again: nothing is new

all_rows >"$work/before"
expect 0 discover
said '^aws:prod +11 +11 +0 +130 +0 +0 +0 +0 '
all_rows | cmp -s - "$work/before" || fail "an unchanged estate was written: $(all_rows | diff - "$work/before")"
stop "$coordinator" || fail "the coordinator did not stop well"
with_keys
expect 0 discover
all_rows | cmp -s - "$work/before" || fail "a restart was written: $(all_rows | diff - "$work/before")"

expect 0 databases name=shop --json
jq -e '.[0].tags == "{\"aws:engine\":\"mysql\",\"env\":\"prod\",\"team\":\"web\"}"' "$work/out" >/dev/null ||
    fail "tags: $(cat "$work/out")"
expect 0 databases --new --unprotected --all --json
[ "$(jq length "$work/out")" = 130 ] || fail "new and unprotected: $(jq length "$work/out")"
expect 0 databases --gone
said '^none$'

# ---- what changes

change '[{"op": "rename", "account": "'$shop'", "region": "eu-west-1", "kind": "instance", "id": "maria", "to": "maria-2"},
         {"op": "recreate", "account": "'$shop'", "region": "eu-west-1", "kind": "instance", "id": "asleep"},
         {"op": "change", "account": "'$shop'", "region": "eu-west-1", "kind": "instance", "id": "shop", "set": {"status": "backing-up"}},
         {"op": "remove", "account": "'$shop'", "region": "me-south-1", "kind": "instance", "id": "many-119"},
         {"op": "put", "account": "'$crm'", "kind": "instance", "entry": {"id": "fresh", "engine": "postgres", "region": "eu-west-1"}}]'
expect 0 discover
said '^aws:prod +11 +11 +0 +130 +2 +2 +2 +0 '
expect 0 events state=renamed
said 'maria -> maria-2'
expect 0 events state=recreated
said "'asleep' is another one now than [0-9]+ \(aws:$shop:eu-west-1:db-"
expect 0 events state=changed
said 'state: available -> backing-up'
expect 0 events name=many-119
said 'gone +many-119' 'appeared +many-119'
expect 0 databases --gone
said 'many-119' 'asleep'
change '{"op": "put", "account": "'$shop'", "kind": "instance", "entry": {"id": "asleep", "engine": "postgres", "region": "eu-west-1", "status": "stopped"}}'

# ---- states that will pass: a job waits

expect 0 backup "name=shop" # its state is 'backing-up', which is tried at once
expect 0 backup "name=slow"
has_failed() {
    dbhaul jobs "name=$1" state=failed --json | jq -e 'length == 1' >/dev/null
}
wait_for 30 has_failed shop
expect 0 jobs name=slow --json
jq -e '.[0].state == "queued"' "$work/out" >/dev/null || fail "it did not wait: $(cat "$work/out")"
change '{"op": "change", "account": "'$shop'", "region": "eu-west-1", "kind": "instance", "id": "slow", "set": {"status": "available"}}'
expect 0 discover
wait_for 30 has_failed slow # nobody can take it: there is no worker

# It lasts: the job is given up, after as long from when it began as it may last.
stop "$coordinator" || fail "the coordinator did not stop well"
sed -i 's/^timers:/retry: {defer: 1s, defers: 2}\ntimers:/' "$work/coordinator.yaml"
with_keys
# The discovery of the start may be under way: the next one is to see the change.
expect 0 discover
change '{"op": "change", "account": "'$shop'", "region": "eu-west-1", "kind": "instance", "id": "slow", "set": {"status": "rebooting"}}'
expect 0 discover
expect 0 backup "name=slow"
gave_up() {
    dbhaul jobs name=slow state=failed --json | jq -e '.[0].message | test("did not pass")' >/dev/null
}
wait_for 30 gave_up

# ---- a region, an account, a role

calm() {
    cloud_calm "$cloud"
    expect 0 discover
}

calm
cloud_fault "$cloud" denied '{"match": {"account": "'$shop'", "region": "eu-west-1", "service": "rds"}}'
expect 1 discover
said '^aws:prod +11 +10 +1 +' "^aws:prod $shop eu-west-1 does not answer: access denied: " \
    'databases are as last known'
expect 0 databases --stale --json
jq -e 'map(.region) | unique == ["eu-west-1"]' "$work/out" >/dev/null || fail "stale: $(cat "$work/out")"
jq -e 'map(.account) | unique == ["'$shop'"]' "$work/out" >/dev/null || fail "stale: $(cat "$work/out")"
expect 0 scopes state=failed
said "$shop +eu-west-1 +failed"
expect 1 backup name=ledger --wait
said 'run [0-9]+ partial after' "run [0-9]+ is not whole: discovery is partial: aws:prod $shop eu-west-1: access denied"
expect 5 backup name=graph account=$crm --wait
all_rows >"$work/before"
expect 1 discover
all_rows | cmp -s - "$work/before" || fail "the same failure was written: $(all_rows | diff - "$work/before")"
calm
has "0" "SELECT count(*) FROM known_databases WHERE stale_ms > 0"
expect 0 events state=fresh name=shop
said 'its account and region answer again'

change '{"op": "role", "account": "'$crm'", "name": "dbhaul-discovery", "role": {"trust": [], "policy": []}}'
change '{"op": "expire"}'
stop "$coordinator"
with_keys
expect 1 discover
said "^aws:prod $crm does not answer: access denied: .*dbhaul-discovery"
has "1 0" "SELECT count(*) > 0, sum(account <> '$crm') FROM known_databases WHERE stale_ms > 0"
expect 0 scopes account=$crm
said 'not asked'
change "$(jq -c --arg crm $crm '{op: "role", account: $crm, name: "dbhaul-discovery",
    role: .accounts[$crm].roles["dbhaul-discovery"]}' "$cloud/world.json")"
expect 0 discover

change '{"op": "account", "id": "'$crm'", "set": {"state": "SUSPENDED"}}'
expect 1 discover
said '^aws:prod +8 +8 +0 '
has "stale the account is 'SUSPENDED' in its organization" \
    "SELECT kind, message FROM events WHERE database_id = (SELECT id FROM known_databases WHERE name = 'crm')
     ORDER BY id DESC LIMIT 1"
change '{"op": "account", "id": "'$crm'", "set": {"state": "ACTIVE"}}'
expect 0 discover

change '{"op": "account", "id": "'$shop'", "set": {"regions": []}}'
expect 1 discover
said '119 databases are as last known'
has "unlisted its region is not enabled for the account any more" \
    "SELECT state, message FROM scopes WHERE account = '$shop' AND region = 'me-south-1'"
change '{"op": "account", "id": "'$shop'", "set": {"regions": ["me-south-1"]}}'
expect 0 discover

# ---- what passes: a throttle, expired credentials in mid-page, a clock that is wrong

cloud_fault "$cloud" throttle '{"match": {"service": "rds"}, "times": 3}'
expect 0 discover
cloud_calm "$cloud"
cloud_fault "$cloud" expire '{"match": {"service": "rds", "region": "me-south-1", "page": 2}, "times": 1}'
expect 0 discover
cloud_calm "$cloud"
change '{"op": "knob", "set": {"clock_shift_seconds": 3600}}'
expect 0 discover
change '{"op": "knob", "set": {"clock_shift_seconds": 0}}'
expect 0 discover

# ---- what is hostile: the region has failed, all else is there

for kind in truncate garbage deep doctype bomb endless html error; do
    cloud_fault "$cloud" $kind \
        '{"match": {"service": "rds", "account": "'$crm'", "region": "us-east-1"}, "status": 500}'
    expect 1 discover
    said '^aws:prod +11 +10 +1 +' "^aws:prod $crm us-east-1 does not answer: "
    has "0" "SELECT count(*) FROM known_databases WHERE gone_ms > 0 AND account = '$crm'"
    cloud_calm "$cloud"
done
expect 0 discover

# ---- what hangs: within the deadline, and a stop does not wait for it

cloud_fault "$cloud" hang '{"match": {"service": "rds", "region": "eu-west-1"}}'
before=$SECONDS
expect 1 discover
[ $((SECONDS - before)) -lt 25 ] || fail "a region that hangs took $((SECONDS - before)) s"
said '^aws:prod +11 +8 +3 +' "eu-west-1 does not answer: "
dbhaul discover >/dev/null 2>&1 &
asker=$!
started+=("$asker")
is_asking() {
    [ "$(cloud_calls "$cloud" '.region == "eu-west-1"')" -gt "$1" ]
}
wait_for 20 is_asking "$(cloud_calls "$cloud" '.region == "eu-west-1"')"
before=$SECONDS
stop "$coordinator" || fail "the coordinator did not stop well"
[ $((SECONDS - before)) -lt 5 ] || fail "a stop waited $((SECONDS - before)) s for a discovery"
kill "$asker" 2>/dev/null || true
cloud_calm "$cloud"

# ---- no credentials, wrong ones

start_coordinator
expect 1 discover
said 'aws:prod does not answer: AWS does not tell who we are: ' 'environment'
stop "$coordinator"
start_coordinator AWS_ACCESS_KEY_ID=AKIANOBODY AWS_SECRET_ACCESS_KEY=wrong
expect 1 discover
said 'aws:prod does not answer: AWS does not tell who we are: ' 'InvalidClientTokenId'
has "0" "SELECT count(*) FROM known_databases WHERE gone_ms > 0 AND account = '$crm'"
stop "$coordinator"
with_keys
expect 0 discover

# ---- what the configuration excludes, and a provider that is not there any more

stop "$coordinator"
sed -i "s/^    rate: 12/    rate: 12\n    exclude_regions: [us-east-1]\n    exclude_accounts: ['$shop']/" "$work/coordinator.yaml"
with_keys
expect 0 discover
has "0" "SELECT count(*) FROM known_databases WHERE gone_ms = 0 AND (account = '$shop' OR region = 'us-east-1')"
expect 0 databases --all
said 'safe'
echo "every part of discovery does as told"
