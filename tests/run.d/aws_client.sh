#!/bin/bash
# timeout: 400
# The AWS client against the stand-in, which verifies each signature with botocore's own signer: all
# protocols, where credentials come from, roles, secrets, tokens, every kind of fault, and a sweep.
. "$(dirname "$0")/../lib/script.sh"
. "$root/tests/lib/cloud.sh"

/usr/bin/python3 -c 'import botocore' 2>/dev/null || skip "no botocore: install python3-botocore"
caller=$build/tests/fake_aws_caller
[ -x "$caller" ] || fail "no $caller"

while read -r name; do
    unset "$name"
done < <(env | sed -n 's/^\(AWS_[A-Z_]*\)=.*/\1/p')
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none HOME=$work
export AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=AKIATHROWAWAY AWS_SECRET_ACCESS_KEY=opsSecret
management=111111111111
member=222222222222
role=arn:aws:iam::$member:role/discover
cloud=$work/cloud

jq -n --arg management $management --arg member $member '
def allow($actions): {Version: "2012-10-17",
    Statement: [{Effect: "Allow", Action: $actions, Resource: "*"}]};
def trust($action; $who; $condition): {Version: "2012-10-17", Statement: [
    {Effect: "Allow", Principal: $who, Action: $action, Condition: $condition}]};
{
  organization: {management: $management},
  regions: {default: ["us-east-1", "eu-west-1"], "opt-in": ["ap-east-1"]},
  web_identity: {"good.token": {issuer: "oidc.example", subject: "pod"}},
  metadata: {role: "arn:aws:iam::\($management):role/machine", region: "us-east-1"},
  container: {role: "arn:aws:iam::\($management):role/machine", authorization: "let me in"},
  fractional_expiration: true,
  accounts: {
    ($management): {
      users: [{name: "ops", key: "AKIATHROWAWAY", secret: "opsSecret", policy: allow(
        ["organizations:ListAccounts", "ec2:DescribeRegions", "rds:*", "rds-db:connect",
         "secretsmanager:GetSecretValue", "sts:AssumeRole"])}],
      roles: {machine: {policy: allow(["rds:*", "sts:AssumeRole"])}},
      instances: [{id: "real", engine: "mariadb", region: "eu-west-1", iam: true,
                   endpoint: {address: "127.0.0.1", port: 20001}}],
      secrets: [{name: "rds!db-1", region: "eu-west-1", text: "word"},
                {name: "bytes", region: "eu-west-1", binary: "aGFsbG8="},
                {name: "gone", region: "eu-west-1", text: "word", deleted: true},
                {name: "sealed", region: "eu-west-1", text: "w", kms_key: "arn:aws:kms:eu-west-1:1:key/k"}]},
    ($member): {
      roles: {discover: {
        trust: [trust("sts:AssumeRole"; {AWS: "*"}; {StringEquals: {"sts:ExternalId": "dbhaul"}}),
                trust("sts:AssumeRoleWithWebIdentity";
                      {Federated: "arn:aws:iam::\($member):oidc-provider/oidc.example"};
                      {StringEquals: {"oidc.example:sub": "pod"}})],
        policy: allow(["rds:DescribeDB*"])}},
      instances: [{id: "shop", engine: "mysql", region: "us-east-1"}]}}
}' >"$work/world.json"
cloud_start "$cloud" "$work/world.json" --https || fail "no stand-in"
finish "cloud_stop '$cloud'"
AWS_ENDPOINT_URL=$(cloud_url "$cloud")
export AWS_ENDPOINT_URL AWS_CA_BUNDLE=$cloud/ca.pem

# gives PATTERN ARGUMENT...: the caller succeeds and says so.
gives() {
    local pattern=$1
    shift
    "$caller" "$@" >"$work/out" 2>"$work/errors" || fail "$*: $(cat "$work/errors")"
    grep -Eq -- "$pattern" "$work/out" || fail "$*: '$(head -c 600 "$work/out")' has no '$pattern'"
}

# refuses PATTERN ARGUMENT...: it fails within its time and says so in one line, without our secret.
refuses() {
    local pattern=$1
    shift
    ! timeout 30 "$caller" "$@" >"$work/out" 2>"$work/errors" || fail "$*: no error"
    grep -Eq -- "$pattern" "$work/errors" || fail "$*: '$(cat "$work/errors")' has no '$pattern'"
    [ "$(wc -l <"$work/errors")" = 1 ] || fail "$*: not one line: $(cat "$work/errors")"
    ! grep -qF opsSecret "$work/errors" || fail "$*: a secret in '$(cat "$work/errors")'"
}

instances=(call rds us-east-1 query DescribeDBInstances 2014-10-31)
discover=(--role "$role" --external-id dbhaul)
whoami=(call sts us-east-1 query GetCallerIdentity 2011-06-15)

# ---- protocols, roles, regions

gives '<DBInstanceIdentifier>shop<' "${discover[@]}" "${instances[@]}" 'MaxRecords=100&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=mysql'
gives 'assumed-role/discover/dbhaul' "${discover[@]}" "${whoami[@]}"
gives '<regionName>eu-west-1<' call ec2 us-east-1 query DescribeRegions 2016-11-15
gives "\"$member\"" call organizations us-east-1 json AWSOrganizationsV20161128.ListAccounts - '{"MaxResults":20}'
refuses '^access denied AccessDenied: .*cannot assume' --role "$role" --external-id other "${instances[@]}"
refuses '^access denied UnauthorizedOperation: ' "${discover[@]}" call ec2 us-east-1 query DescribeRegions 2016-11-15
refuses '^region not enabled InvalidClientTokenId: ' call rds ap-east-1 query DescribeDBInstances 2014-10-31
refuses '^region not enabled AuthFailure: ' "${discover[@]}" call ec2 ap-east-1 query DescribeRegions 2016-11-15
refuses '^not found DBInstanceNotFound' "${instances[@]}" DBInstanceIdentifier=nobody
AWS_SECRET_ACCESS_KEY=wrong refuses '^bad credentials SignatureDoesNotMatch' "${instances[@]}"
AWS_ACCESS_KEY_ID=AKIAUNKNOWN refuses '^bad credentials InvalidClientTokenId' "${instances[@]}"
AWS_ACCESS_KEY_ID='' refuses '^bad credentials : no AWS credentials: environment: AWS_ACCESS_KEY_ID' "${instances[@]}"
AWS_CA_BUNDLE='' refuses 'certificate of .* is not accepted' "${instances[@]}"

# ---- secrets and tokens

arn_of() {
    "$caller" call secretsmanager eu-west-1 json secretsmanager.GetSecretValue - \
        "{\"SecretId\":\"$1\"}" | jq -r .ARN
}
arn=$(arn_of 'rds!db-1')
gives '^word$' secret "$arn"
gives '^hallo$' secret "$(arn_of bytes)"
refuses 'AccessDenied.*KMS' secret "${arn%:secret:*}:secret:sealed"
refuses 'InvalidRequest' secret "${arn%:secret:*}:secret:gone"
refuses 'ResourceNotFound' secret "${arn%:secret:*}:secret:nobody"

verdict() {
    gives 'Action=connect' "$@"
    cloud_admin "$cloud" /_rds_token "$(jq -Rn '{token: input, host: "127.0.0.1", port: 20001,
        user: "haul"}' <"$work/out")" | jq -r '.why // "good"'
}
token=(token eu-west-1 127.0.0.1 20001 haul)
[ "$(verdict "${token[@]}")" = good ] || fail "a token of ours is not good"
verdict "${discover[@]}" "${token[@]}" | grep -q 'may not rds-db:connect' ||
    fail "a role's token is not that of the role"

# ---- where credentials come from

gives_bare() {
    (
        unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
        gives "$@"
    )
}
AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_ENDPOINT_URL/container/v1 \
    AWS_CONTAINER_AUTHORIZATION_TOKEN='let me in' gives_bare 'assumed-role/machine' "${whoami[@]}"
echo good.token >"$work/token"
AWS_WEB_IDENTITY_TOKEN_FILE=$work/token AWS_ROLE_ARN=$role \
    gives_bare 'assumed-role/discover/dbhaul' "${whoami[@]}"
cat >"$work/config" <<EOF
[profile base]
aws_access_key_id = AKIATHROWAWAY
aws_secret_access_key = opsSecret
[profile shop]
role_arn = $role
source_profile = base
external_id = dbhaul
role_session_name = by-profile
[profile process]
credential_process = cat "$work/made up.json"
EOF
cloud_admin "$cloud" /_session "{\"role\": \"$role\"}" |
    jq '{Version: 1} + .' >"$work/made up.json"
export AWS_CONFIG_FILE=$work/config
AWS_PROFILE=shop gives_bare 'assumed-role/discover/by-profile' "${whoami[@]}"
AWS_PROFILE=process gives_bare 'assumed-role/discover/made-by-hand' "${whoami[@]}"
export AWS_CONFIG_FILE=$work/none

# ---- faults: each has a clear end, and what may pass does

for kind in 'html {"times": 1}' 'empty {"times": 1}' 'throttle {"times": 1}' 'reset {"times": 1}' \
    'close {"times": 1}' 'truncate {"times": 1}' 'stale {"times": 1}' 'expire {"times": 1}' \
    'latency {"times": 1, "ms": 300}' 'drip {"times": 1, "bytes": 100, "ms": 1}'; do
    cloud_fault "$cloud" "${kind%% *}" "$(jq -c '. + {match: {service: "rds"}}' <<<"${kind#* }")"
    gives '<DBInstanceIdentifier>shop<.*</DescribeDBInstancesResponse>|^</DescribeDBInstancesResponse>|</DescribeDBInstancesResponse>$' \
        "${discover[@]}" "${instances[@]}"
    cloud_calm "$cloud"
done
for kind in hang 'headers {"bytes": 200000}' huge endless 'wrapped {"status": 400, "code": "ValidationError", "message": "no"}' \
    denied; do
    more={}
    [ "${kind#* }" = "$kind" ] || more=${kind#* }
    cloud_fault "$cloud" "${kind%% *}" "$(jq -c '. + {match: {service: "rds"}}' <<<"$more")"
    refuses '^(invalid|not reachable|access denied) ' --attempts 2 --answer-ms 3000 "${instances[@]}"
    cloud_calm "$cloud"
done
for seconds in 1000 -1000; do
    for code in documented recorded; do
        cloud_admin "$cloud" /_world "{\"op\": \"knob\", \"set\": {\"skew_code\": \"$code\",
            \"clock_shift_seconds\": $seconds}}" >/dev/null
        gives '<DBInstanceIdentifier>shop<' "${discover[@]}" "${instances[@]}"
    done
done
[ "$(cloud_admin "$cloud" /_status | jq .broken)" = 0 ] || fail "the stand-in has errors of its own"
cloud_stop "$cloud"

# ---- many: no throttled request of our making, few connections, little memory

cloud=$work/large
cloud_start "$cloud" 20x10x500 --latency 50 || fail "no large world"
finish "cloud_stop '$cloud'"
unset AWS_CA_BUNDLE
AWS_ENDPOINT_URL=$(cloud_url "$cloud")
export AWS_ACCESS_KEY_ID=AKIABENCHBENCHBENCH1 AWS_SECRET_ACCESS_KEY=bench-secret
cloud_admin "$cloud" /_world | jq -r '[.[].region] | unique[]' >"$work/regions"
for number in $(seq 20); do
    while read -r region; do
        printf 'arn:aws:iam::%012d:role/dbhaul-discover %s\n' $((100000000000 + number)) "$region"
    done <"$work/regions"
done >"$work/sweep"
"$caller" --external-id bench sweep <"$work/sweep" >"$work/out" || fail "sweep: $(cat "$work/out")"
grep -q "^done=$((2 * $(wc -l <"$work/sweep"))) failed=0 .*retries=0 throttled=0 " "$work/out" ||
    fail "sweep: $(cat "$work/out")"
[ "$(cloud_calls "$cloud" '.action == "AssumeRole"')" = 20 ] || fail "not one AssumeRole an account"
echo "sweep: $(cat "$work/out")"
