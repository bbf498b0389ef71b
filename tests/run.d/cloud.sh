#!/bin/bash
# timeout: 400
# build: debug
# The stand-in for AWS (tests/fake/cloud) is checked by AWS's own client, so that what our client
# passes there means something: paging, roles, secrets, tokens, faults, and where credentials come
# from. Each part has a stand-in of its own; two parts run at once.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/cloud.sh"

[ -x /usr/bin/aws ] || skip "no /usr/bin/aws: install awscli"
/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "no botocore: install python3-botocore"

# ---- what the parts have in common

management=111111111111
member=222222222222
locked=333333333333
role=arn:aws:iam::$member:role/haul/discover

# Nothing of whoever runs this may reach the client.
while read -r name; do
    unset "$name"
done < <(env | sed -n 's/^\(AWS_[A-Z_]*\)=.*/\1/p')
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none HOME=$work
export AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1 AWS_PAGER='' AWS_MAX_ATTEMPTS=1
export AWS_ACCESS_KEY_ID=AKIATHROWAWAY AWS_SECRET_ACCESS_KEY=opsSecret no_proxy=127.0.0.1

# begin PART [JQ [OPTION...]]: a stand-in with the world of all parts, altered; $cloud is its folder.
begin() {
    part=$1
    cloud=$work/$part
    mkdir -p "$cloud"
    jq -f <(echo "${2:-.}") "$work/world.json" >"$cloud/world.json"
    cloud_start "$cloud" "$cloud/world.json" "${@:3}" || fail "$part: no stand-in"
    url=$(cloud_url "$cloud")
}

start "$work/client.log" "$root/tests/lib/aws_client" serve "$work/client"
wait_for 30 test -S "$work/client"

# client ARGUMENT...: AWS's own.
client() {
    "$root/tests/lib/aws_client" call "$work/client" "$@"
}

aws() {
    client --endpoint-url "$url" --output json "$@"
}

# gives EXPECTED COMMAND...: what it prints, on one line, is that.
gives() {
    local expected=$1 found
    shift
    found=$("$@" 2>"$cloud/errors") || fail "$part: $*: $(cat "$cloud/errors")"
    found=$(tr -s '\n\t ' ' ' <<<"$found" | sed 's/ $//')
    [ "$found" = "$expected" ] || fail "$part: $*: '${found:0:500}', not '${expected:0:500}'"
}

# refuses PATTERN COMMAND...: it fails, and says so.
refuses() {
    local pattern=$1
    shift
    if "$@" >"$cloud/output" 2>"$cloud/errors"; then
        fail "$part ${fault:-}: no error of $*: $(head -c 500 "$cloud/output")"
    fi
    grep -Eq -- "$pattern" "$cloud/errors" ||
        fail "$part: $*: '$(cat "$cloud/errors")' has no '$pattern'"
}

# as_session FILE COMMAND...: with the credentials that AssumeRole or /_session answered.
as_session() {
    local name key secret token
    read -r key secret token < <(jq -r \
        '.Credentials // . | "\(.AccessKeyId) \(.SecretAccessKey) \(.SessionToken)"' "$1")
    shift
    AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token "$@"
}

# session: the name of a file with credentials of $role.
session() {
    cloud_admin "$cloud" /_session "{\"role\": \"$role\"}" >"$cloud/session.json" || return
    echo "$cloud/session.json"
}

change() {
    cloud_admin "$cloud" /_world "$1" >/dev/null || fail "$part: no change: $1"
}

# ---- the world

jq -n --arg management $management --arg member $member --arg locked $locked '
def allow($actions; $resources): {Version: "2012-10-17", Statement: [
    {Effect: "Allow", Action: $actions, Resource: $resources}]};
def trust($who; $condition): {Version: "2012-10-17", Statement: [
    {Effect: "Allow", Principal: {AWS: $who}, Action: "sts:AssumeRole", Condition: $condition}]};
def external($id): {StringEquals: {"sts:ExternalId": $id}};
{
  organization: {management: $management, page_size: 2, empty_pages: [2]},
  regions: {default: ["us-east-1", "us-west-2", "eu-west-1"], "opt-in": ["ap-east-1", "me-south-1"]},
  web_identity: {"good.token": {issuer: "oidc.example", subject: "pod"},
                 "old.token": {issuer: "oidc.example", subject: "pod", expires_unix: 1000000000}},
  accounts: {
    ($management): {
      users: [{name: "ops", key: "AKIATHROWAWAY", secret: "opsSecret", policy: allow(
        ["organizations:ListAccounts", "ec2:DescribeRegions", "rds:Describe*", "rds-db:connect",
         "secretsmanager:GetSecretValue", "sts:AssumeRole"]; "*")}],
      roles: {machine: {policy: allow(["sts:AssumeRole"]; "*")}},
      regions: ["me-south-1"],
      instances: (
        [range(230) | {id: "shop-\(1000 + .)", engine: ["mysql", "mariadb", "postgres"][. % 3],
                       region: "us-east-1", tags: {team: "shop & co", "<n>": "\(.)"}}] +
        [range(2) | {id: "sales-\(.)", engine: "aurora-mysql", region: "us-east-1",
                     cluster: "sales"}] +
        [{id: "graph-1", engine: "neptune", cluster: "graph", region: "eu-west-1"},
         {id: "newborn", engine: "mysql", region: "eu-west-1", status: "creating"},
         {id: "real", engine: "mariadb", region: "eu-west-1", iam: true, managed_secret: "rds!db-1",
          endpoint: {address: "127.0.0.1", port: 20001}},
         {id: "copy", engine: "mariadb", region: "eu-west-1", replica_of: "real"}]),
      clusters: (
        [range(45) | {id: "ring-\(100 + .)", engine: "aurora-postgresql", region: "us-east-1"}] +
        [{id: "sales", engine: "aurora-mysql", region: "us-east-1", iam: true},
         {id: "graph", engine: "neptune", region: "eu-west-1"}]),
      secrets: [
        {name: "rds!db-1", region: "eu-west-1", json: {username: "admin", password: "first"}},
        {name: "plain", region: "eu-west-1", text: "word"},
        {name: "bytes", region: "eu-west-1", binary: "AAEC"},
        {name: "gone", region: "eu-west-1", text: "word", deleted: true},
        {name: "sealed", region: "eu-west-1", text: "word", kms_key: "arn:aws:kms:eu-west-1:1:key/k"}]
    },
    ($member): {name: "shop", roles: {
      "haul/discover": {
        trust: [trust("arn:aws:iam::\($management):root"; external("dbhaul")),
                {Statement: {Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity",
                  Principal: {Federated: "arn:aws:iam::\($member):oidc-provider/oidc.example"},
                  Condition: {StringEquals: {"oidc.example:sub": "pod"}}}}],
        policy: [allow(["rds:DescribeDB*"]; "arn:aws:rds:us-*:*:*"), allow("sts:AssumeRole"; "*")],
        max_session_seconds: 7200},
      second: {trust: trust("arn:aws:iam::\($member):role/haul/discover"; {}),
               max_session_seconds: 43200}}},
    ($locked): {state: "SUSPENDED", disabled_regions: ["us-west-2"], roles: {
      discover: {trust: trust("*"; {})}}},
    "444444444444": {}, "555555555555": {state: "PENDING_ACTIVATION"}
  }
}' >"$work/world.json"

# ---- the parts

ids_of() {
    cloud_admin "$cloud" /_world |
        jq -r --arg kind "$1" --arg region "$2" '[.[] | select(.kind == $kind and .region == $region) | .id] | sort | join(" ")'
}

pages() {
    begin pages . --https
    export AWS_CA_BUNDLE=$cloud/ca.pem
    local query='join(`\n`, sort(DBInstances[].DBInstanceIdentifier))' all
    all=$(ids_of instance us-east-1)
    [ "$(wc -w <<<"$all")" = 232 ] || fail "the world has not 232 instances: $all"
    gives "$all" aws rds describe-db-instances --query "$query" --output text
    [ "$(cloud_calls "$cloud" '.action == "DescribeDBInstances"')" = 3 ] || fail "not three pages"
    gives "$(ids_of cluster us-east-1)" aws rds describe-db-clusters --page-size 20 --output text \
        --query 'join(`\n`, sort(DBClusters[].DBClusterIdentifier))'
    [ "$(cloud_calls "$cloud" '.action == "DescribeDBClusters"')" = 3 ] || fail "not three pages"
    gives "shop-1003 mysql shop & co 3" aws rds describe-db-instances --output text \
        --filters Name=db-instance-id,Values=shop-1003,nobody Name=engine,Values=mysql \
        --query 'DBInstances[].[DBInstanceIdentifier, Engine, TagList[0].Value, TagList[1].Value]'
    gives "sales-0 sales-1" aws rds describe-db-instances --output text \
        --filters "Name=db-cluster-id,Values=arn:aws:rds:us-east-1:$management:cluster:sales" \
        --query 'DBInstances[].DBInstanceIdentifier'
    gives "aurora-mysql True True sales-0 sales-1" aws rds describe-db-clusters --output text \
        --db-cluster-identifier sales \
        --query 'DBClusters[].[Engine, contains(ReaderEndpoint, `cluster-ro-`), IAMDatabaseAuthenticationEnabled, DBClusterMembers[0].DBInstanceIdentifier, DBClusterMembers[1].DBInstanceIdentifier]'
    refuses DBInstanceNotFound aws rds describe-db-instances --db-instance-identifier nobody
    refuses InvalidParameterValue aws rds describe-db-instances --max-items 5 --page-size 5
    gives "copy None real graph-1 None None newborn None None real 20001 None" \
        aws --region eu-west-1 rds describe-db-instances --output text \
        --query 'DBInstances[].[DBInstanceIdentifier, Endpoint.Port == `20001` && Endpoint.Port || `null`, ReadReplicaSourceDBInstanceIdentifier]'
    # This client's model is older than the element.
    aws --region eu-west-1 rds describe-db-instances --db-instance-identifier real --debug \
        >"$cloud/debug" 2>&1 || fail "$part: $(tail -n 3 "$cloud/debug")"
    grep -q '<MasterUserSecret><SecretArn>arn:aws:secretsmanager:eu-west-1:.*rds!db-1-......</SecretArn>' "$cloud/debug" ||
        fail "$part: no secret of the master user"
}

roles() {
    begin roles
    local session=$cloud/t1.json seconds
    aws sts assume-role --role-arn "$role" --role-session-name t1 --external-id dbhaul >"$session" ||
        fail "not assumed"
    seconds=$(($(date -d "$(jq -r .Credentials.Expiration "$session")" +%s) - $(date +%s)))
    [[ $seconds -gt 3580 && $seconds -le 3600 ]] || fail "it lasts $seconds s"
    gives "arn:aws:sts::$member:assumed-role/discover/t1" as_session "$session" \
        aws sts get-caller-identity --query Arn --output text
    refuses 'AccessDenied.*AssumeRole' aws sts assume-role --role-arn "$role" \
        --role-session-name t1 --external-id other
    refuses 'AccessDenied.*AssumeRole' aws sts assume-role --role-arn "$role" --role-session-name t1
    refuses 'ValidationError.*less than or equal to 43200' aws sts assume-role --role-arn "$role" \
        --role-session-name t1 --external-id dbhaul --duration-seconds 43201
    refuses 'ValidationError.*MaxSessionDuration' aws sts assume-role --role-arn "$role" \
        --role-session-name t1 --external-id dbhaul --duration-seconds 7201
    local second=arn:aws:iam::$member:role/second
    refuses 'ValidationError.*chaining' as_session "$session" aws sts assume-role \
        --role-arn "$second" --role-session-name t2 --duration-seconds 7200
    gives "arn:aws:sts::$member:assumed-role/second/t2" as_session "$session" aws sts assume-role \
        --role-arn "$second" --role-session-name t2 --output text --query AssumedRoleUser.Arn
    refuses 'RegionDisabledException' aws --region us-west-2 sts assume-role \
        --role-arn "arn:aws:iam::$locked:role/discover" --role-session-name t1
    gives "arn:aws:sts::$member:assumed-role/discover/pod" aws --no-sign-request sts \
        assume-role-with-web-identity --role-arn "$role" --role-session-name pod \
        --web-identity-token good.token --query AssumedRoleUser.Arn --output text
    refuses InvalidIdentityToken aws --no-sign-request sts assume-role-with-web-identity \
        --role-arn "$role" --role-session-name pod --web-identity-token bad.token
    refuses ExpiredToken aws --no-sign-request sts assume-role-with-web-identity \
        --role-arn "$role" --role-session-name pod --web-identity-token old.token
    # The role may look in us-*, and at nothing else.
    gives 0 as_session "$session" aws --region us-west-2 rds describe-db-instances \
        --query 'length(DBInstances)'
    refuses 'AccessDenied.*rds:DescribeDBInstances' as_session "$session" \
        aws --region eu-west-1 rds describe-db-instances
    refuses UnauthorizedOperation as_session "$session" aws ec2 describe-regions
    refuses 'AccessDeniedException' as_session "$session" aws secretsmanager get-secret-value \
        --secret-id plain
    gives 3 cloud_calls "$cloud" ".principal == \"$role\" and (.code | test(\"Denied|Unauthorized\"))"
    change "{\"op\": \"expire\", \"role\": \"$role\"}"
    refuses 'ExpiredToken' as_session "$session" aws rds describe-db-instances
}

accounts() {
    begin accounts
    gives "$management ACTIVE $member ACTIVE $locked SUSPENDED 444444444444 ACTIVE 555555555555 None" \
        aws organizations list-accounts --query 'Accounts[].[Id, Status]' --output text
    # Two a page of five accounts, and one page empty.
    gives 4 cloud_calls "$cloud" '.action == "ListAccounts"'
    # This client's model is older than State.
    aws organizations list-accounts --debug >"$cloud/debug" 2>&1 || fail "$part: $(tail -n 3 "$cloud/debug")"
    grep -q '"State": "PENDING_ACTIVATION"' "$cloud/debug" || fail "$part: no State"
    refuses AccessDeniedException as_session "$(session)" aws organizations list-accounts
    gives "eu-west-1 me-south-1 us-east-1 us-west-2" aws ec2 describe-regions --output text \
        --query 'sort(Regions[].RegionName)'
    gives "ap-east-1 not-opted-in me-south-1 opted-in" aws ec2 describe-regions --all-regions \
        --query 'sort_by(Regions, &RegionName)[?OptInStatus != `opt-in-not-required`].[RegionName, OptInStatus]' \
        --output text
    refuses InvalidClientTokenId aws --region ap-east-1 rds describe-db-instances
    refuses AuthFailure aws --region ap-east-1 ec2 describe-regions
    refuses UnrecognizedClientException aws --region ap-east-1 secretsmanager get-secret-value \
        --secret-id plain
    AWS_SECRET_ACCESS_KEY=wrong refuses SignatureDoesNotMatch aws rds describe-db-instances
    AWS_SECRET_ACCESS_KEY=wrong refuses InvalidSignatureException aws organizations list-accounts
    AWS_ACCESS_KEY_ID=AKIAUNKNOWN refuses InvalidClientTokenId aws sts get-caller-identity
    AWS_SESSION_TOKEN=made refuses InvalidClientTokenId aws sts get-caller-identity
    change '{"op": "knob", "set": {"clock_shift_seconds": 1000}}'
    refuses 'SignatureDoesNotMatch.*Signature expired' aws rds describe-db-instances
    change '{"op": "knob", "set": {"skew_code": "documented", "clock_shift_seconds": -1000}}'
    refuses RequestExpired aws rds describe-db-instances
}

value_of() {
    aws --region eu-west-1 secretsmanager get-secret-value --secret-id "$@" --output text \
        --query SecretString
}

secrets() {
    begin secrets
    gives '{"username": "admin", "password": "first"}' value_of 'rds!db-1'
    gives AAEC aws --region eu-west-1 secretsmanager get-secret-value --secret-id bytes \
        --query SecretBinary --output text
    refuses ResourceNotFoundException value_of nobody
    refuses InvalidRequestException value_of gone
    refuses 'AccessDeniedException.*KMS' value_of sealed
    # The next read gives the old value when the new one is already in force.
    change "$(jq -n --arg account $management --arg file "$cloud/rotated" '
        {op: "change", account: $account, region: "eu-west-1", kind: "secret", id: "rds!db-1", set:
         {rotation: {after_reads: 2, json: {username: "admin", password: "second"},
          run: ["touch", $file]}}}')"
    gives '{"username": "admin", "password": "first"}' value_of 'rds!db-1'
    [ -e "$cloud/rotated" ] || fail "the rotation's command did not run before the answer"
    gives '{"username": "admin", "password": "second"}' value_of 'rds!db-1'
    gives '{"username": "admin", "password": "first"}' value_of 'rds!db-1' \
        --version-stage AWSPREVIOUS
}

faults() {
    begin faults
    local list=(aws rds describe-db-instances --query 'length(DBInstances)')
    cloud_fault "$cloud" html '{"times": 1}'
    cloud_fault "$cloud" throttle '{"times": 1, "match": {"service": "rds", "page": 2}}'
    AWS_MAX_ATTEMPTS=3 AWS_RETRY_MODE=standard gives 232 "${list[@]}"
    gives 1 jq .throttled <(cloud_admin "$cloud" /_calls)
    cloud_calm "$cloud"
    for fault in garbage close truncate bomb; do
        cloud_fault "$cloud" $fault '{"times": 1, "ms": 1000, "match": {"page": 2}}'
        refuses . "${list[@]}"
        gives 1 cloud_calls "$cloud" ".code == \"fault:$fault\""
        cloud_calm "$cloud"
    done
    # A Content-Length that is too long does not trouble this client: the document is whole.
    cloud_fault "$cloud" length '{"times": 1, "ms": 300}'
    cloud_fault "$cloud" latency '{"times": 1, "ms": 300}'
    cloud_fault "$cloud" drip '{"times": 1, "bytes": 50000, "ms": 10}'
    gives 232 "${list[@]}"
    cloud_calm "$cloud"
    cloud_fault "$cloud" expire '{"match": {"page": 2}}'
    change "$(jq -n --arg account $member '[range(120) | {op: "put", account: $account,
        kind: "instance", entry: {id: "m-\(.)", engine: "mysql", region: "us-east-1"}}]')"
    refuses 'ExpiredToken' as_session "$(session)" "${list[@]}"
    gives 1 cloud_calls "$cloud" '.code == "ok"'
    cloud_calm "$cloud"
    change '{"op": "knob", "set": {"rate": {"rds": [3, 0.001]}}}'
    gives 232 "${list[@]}"
    refuses 'Throttling.*Rate exceeded' "${list[@]}"
    gives 0 aws --region us-west-2 rds describe-db-instances --query 'length(DBInstances)'
    gives 1 jq .throttled <(cloud_admin "$cloud" /_calls)
}

tokens() {
    begin tokens
    local token
    token=$(client --region eu-west-1 rds generate-db-auth-token --hostname 127.0.0.1 \
        --port 20001 --username haul)
    verdict() {
        cloud_admin "$cloud" /_rds_token "$(jq -n --arg token "${4:-$token}" --arg host "$1" \
            --argjson port "$2" --arg user "$3" '{$token, $host, $port, $user}')" | jq -r '.why // "good"'
    }
    gives good verdict 127.0.0.1 20001 haul
    gives "it is for the user 'haul'" verdict 127.0.0.1 20001 other
    gives "it is for '127.0.0.1:20001', not for 'localhost:20001'" verdict localhost 20001 haul
    gives "the signature is wrong" verdict 127.0.0.1 20001 haul "${token%?????}00000"
    token=$(client --region us-east-1 rds generate-db-auth-token --hostname 127.0.0.1 \
        --port 20001 --username haul)
    gives "it is signed for the region 'us-east-1', not 'eu-west-1'" verdict 127.0.0.1 20001 haul
    token=$(as_session "$(session)" client --region eu-west-1 rds generate-db-auth-token \
        --hostname 127.0.0.1 --port 20001 --username haul)
    verdict 127.0.0.1 20001 haul | grep -q "may not rds-db:connect to .*:dbuser:db-.*/haul" ||
        fail "a role without the right may connect"
    change '{"op": "knob", "set": {"clock_shift_seconds": 910}}'
    gives "it is expired" verdict 127.0.0.1 20001 haul
}

sources() {
    begin sources '.metadata = {role: "arn:aws:iam::111111111111:role/machine", region: "eu-west-1"}
        | .container = {role: "arn:aws:iam::222222222222:role/haul/discover", authorization: "let me in"}'
    local who=(aws sts get-caller-identity --output text --query Arn)
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=$url/ \
        gives "arn:aws:sts::$management:assumed-role/machine/i-0123456789abcdef0" "${who[@]}"
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container/v1 \
        AWS_CONTAINER_AUTHORIZATION_TOKEN='let me in' \
        gives "arn:aws:sts::$member:assumed-role/discover/i-0123456789abcdef0" "${who[@]}"
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container/v1 refuses 'redentials' "${who[@]}"
    jq '{Version: 1} + .' "$(session)" >"$cloud/credentials.json"
    printf '[default]\ncredential_process = /bin/cat %s\n' "$cloud/credentials.json" >"$cloud/config"
    AWS_CONFIG_FILE=$cloud/config \
        gives "arn:aws:sts::$member:assumed-role/discover/made-by-hand" "${who[@]}"
}

large() {
    part=large cloud=$work/large
    cloud_start "$cloud" 12x3x1000 --latency 20 || fail "no large world"
    url=$(cloud_url "$cloud")
    gives 1000 jq '[.[] | select(.kind == "cluster" or .cluster == null)] | length' \
        <(cloud_admin "$cloud" /_world)
    export AWS_ACCESS_KEY_ID=AKIABENCHBENCHBENCH1 AWS_SECRET_ACCESS_KEY=bench-secret
    gives 12 aws organizations list-accounts --query 'length(Accounts)'
    role=arn:aws:iam::100000000012:role/dbhaul-discover
    aws sts assume-role --role-arn "$role" --role-session-name t1 --external-id bench \
        >"$cloud/t1.json" || fail "no role in the large world"
    gives "us-east-1 us-east-2 us-west-1" as_session "$cloud/t1.json" aws ec2 describe-regions \
        --query 'sort(Regions[].RegionName)' --output text
    gives 0 jq .broken <(cloud_admin "$cloud" /_status)
}

# ---- two at once

parts=(pages faults accounts roles secrets tokens sources large)
[ $# = 0 ] || parts=("$@")
run_part() {
    # shellcheck disable=SC2064
    trap "cloud_stop '$work/$1'" EXIT
    "$1"
    echo "$1: well"
}
running=0 failed=0
for name in "${parts[@]}"; do
    if [ $running = 2 ]; then
        wait -n || failed=1
        running=1
    fi
    (run_part "$name") &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
[ $failed = 0 ] || fail "the stand-in does not do as AWS does"
echo "the stand-in does as AWS does"
