# shellcheck shell=bash disable=SC2034,SC2154
# The estate as AWS has it: sourced after night.sh, parts of which it replaces. A stand-in for AWS
# presents the estate's real servers as RDS instances, in two accounts and three regions, among
# others that cannot be backed up; the daemons have the policies and roles of deploy/aws and nothing
# more; the catalog is in a MariaDB of its own. Beneath $home:
#
#   aws/       the stand-in: world.json, log
#   catalog/   the MariaDB with the catalog

cloud_tool() { "$root/tests/lib/cloud.sh" "$@"; }

aws_own=111122223333 aws_other=444455556666
aws_external_id=dbhaul-4f1d6f0c

# ---- the world

# aws_worker_role ACCOUNT: the workers' role as deploy/aws has it, in that account.
aws_worker_role() {
    jq -n --arg own $aws_own --arg account "$1" --arg id $aws_external_id \
        --slurpfile policy "$root/deploy/aws/worker-role.json" \
        --slurpfile trust "$root/deploy/aws/worker-role-trust.json" '
        {policy: ($policy[0] | .Statement[].Resource |= sub("444455556666"; $account)),
         trust: ($trust[0] | .Statement[0].Principal.AWS = "arn:aws:iam::\($own):user/worker" |
             .Statement[0].Condition.StringEquals["sts:ExternalId"] = $id)}'
}

# The login that RDS would keep in Secrets Manager, in words that jq reads.
aws_login() {
    jq -n --arg password "$(secret "$1")" '{username: "dbhaul_backup", password: $password}'
}

aws_world() {
    jq -n --arg own $aws_own --arg other $aws_other --arg id $aws_external_id \
        --arg key "$(secret aws-coordinator)" --arg worker_key "$(secret aws-worker)" \
        --argjson mariadb "$(server_port mariadb)" --argjson postgres "$(server_port postgres)" \
        --argjson mariadb_login "$(aws_login mariadb)" --argjson postgres_login "$(aws_login postgres)" \
        --argjson own_role "$(aws_worker_role $aws_own)" --argjson other_role "$(aws_worker_role $aws_other)" \
        --slurpfile coordinator "$root/deploy/aws/coordinator-policy.json" \
        --slurpfile worker "$root/deploy/aws/worker-policy.json" \
        --slurpfile discovery "$root/deploy/aws/discovery-role.json" \
        --slurpfile trust "$root/deploy/aws/discovery-role-trust.json" '
    {policy: $discovery[0], trust: ($trust[0] |
        .Statement[0].Principal.AWS = "arn:aws:iam::\($own):user/coordinator" |
        .Statement[0].Condition.StringEquals["sts:ExternalId"] = $id)} as $discovered |
    {
      organization: {management: $own, empty_pages: [1]},
      regions: {default: ["eu-west-1", "us-east-1", "eu-central-1"]},
      accounts: {
        ($own): {
          name: "shops",
          users: [{name: "coordinator", key: "AKIAEXAMPLECOORD0001", secret: $key, policy: $coordinator[0]},
                  {name: "worker", key: "AKIAEXAMPLEWORKER001", secret: $worker_key, policy: $worker[0]}],
          roles: {"dbhaul-discovery": $discovered, "dbhaul-worker": $own_role},
          secrets: [{name: "rds!db-mariadb", region: "eu-west-1", json: $mariadb_login}],
          instances: [
            {id: "estate-mariadb", engine: "mariadb", region: "eu-west-1", allocated_gib: 20,
             endpoint: {address: "127.0.0.1", port: $mariadb}, managed_secret: "rds!db-mariadb",
             tags: {env: "prod", team: "web"}},
            {id: "estate-mariadb-copy", engine: "mariadb", region: "eu-west-1", replica_of: "estate-mariadb"},
            {id: "reports-old", engine: "postgres", version: "11.22", region: "eu-west-1", status: "stopped"},
            {id: "sessions-1", engine: "docdb", region: "us-east-1", cluster: "sessions", writer: true}],
          clusters: [{id: "sessions", engine: "docdb", region: "us-east-1"}]},
        ($other): {
          name: "plants",
          roles: {"dbhaul-discovery": $discovered, "dbhaul-worker": $other_role},
          secrets: [{name: "rds!db-postgres", region: "us-east-1", json: $postgres_login}],
          instances: [
            {id: "estate-postgres", engine: "postgres", region: "us-east-1", allocated_gib: 20,
             endpoint: {address: "127.0.0.1", port: $postgres}, managed_secret: "rds!db-postgres",
             tags: {env: "prod", team: "sensors"}},
            {id: "erp", engine: "oracle-se2", region: "us-east-1"},
            {id: "payroll", engine: "sqlserver-se", region: "eu-central-1"},
            {id: "nobody-knows", engine: "mysql", region: "eu-central-1"},
            {id: "being-made", engine: "mysql", region: "eu-central-1", status: "creating"},
            {id: "warehouse-1", engine: "aurora-postgresql", region: "eu-central-1", cluster: "warehouse",
             writer: true, status: "stopped"}],
          clusters: [{id: "warehouse", engine: "aurora-postgresql", region: "eu-central-1", status: "stopped"}]}
      }
    }'
}

# aws_credentials DAEMON KEY SECRET: where its AWS credentials are, as AWS's own file has them.
aws_credentials() {
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$2" "$(secret "$3")" \
        >"$home/$1/aws-credentials"
}

# aws_start WORKER...: the stand-in, and what each daemon signs with.
aws_start() {
    local name
    (
        umask 077
        mkdir -p "$home/aws" "$home/coordinator"
        aws_world >"$home/aws/world.json" || exit 1
        aws_credentials coordinator AKIAEXAMPLECOORD0001 aws-coordinator
        for name in "$@"; do
            mkdir -p "$home/$name"
            aws_credentials "$name" AKIAEXAMPLEWORKER001 aws-worker
        done
    ) || return 1
    cloud_tool start "$home/aws" "$home/aws/world.json" --https
}

aws_stop() {
    [ ! -d "$home/aws" ] || cloud_tool stop "$home/aws"
}

# ---- the catalog

# A MariaDB of its own, with the users of deploy/catalog.
catalog_start() {
    mariadb_tool start "$home/catalog" || return 1
    sed -e "s|WRITER-PASSWORD|$(secret catalog-writer)|" -e "s|MIGRATOR-PASSWORD|$(secret catalog-migrator)|" \
        -e "s|READER-PASSWORD|$(secret catalog-reader)|" "$root/deploy/catalog/mysql-users.sql" |
        mariadb_tool sql "$home/catalog"
}

catalog_stop() {
    [ ! -d "$home/catalog" ] || mariadb_tool stop "$home/catalog"
}

# catalog_read SQL: what a tool for reports sees, with the rights of its user.
catalog_read() {
    (
        umask 077
        printf '[client]\nhost=127.0.0.1\nport=%s\nuser=dbhaul_reader\npassword=%s\nssl-ca=%s\nssl-verify-server-cert\n' \
            "$(server_port catalog)" "$(secret catalog-reader)" "$home/catalog/ca.pem" >"$home/coordinator/reader.cnf"
    )
    mariadb --defaults-file="$home/coordinator/reader.cnf" --table dbhaul -e "$1"
}

catalog_grant_reader() {
    mariadb_tool sql "$home/catalog" <"$root/deploy/catalog/mysql-reader.sql"
}

# ---- what night.sh asks for

# Nothing of whoever runs this: these credentials and no others.
night_environment() {
    printf -- '--unset=AWS_%s\n' ACCESS_KEY_ID SECRET_ACCESS_KEY SESSION_TOKEN PROFILE DEFAULT_PROFILE \
        WEB_IDENTITY_TOKEN_FILE ROLE_ARN ENDPOINT_URL
    echo "AWS_SHARED_CREDENTIALS_FILE=$home/$1/aws-credentials"
    echo "AWS_CONFIG_FILE=/nonexistent"
}

night_catalog() {
    cat <<END
catalog: "mysql://dbhaul_writer@127.0.0.1:$(server_port catalog)/dbhaul"
catalog_access:
  secret: {from: "file:$home/secrets/catalog-writer"}
  tls: verify
  ca: $home/catalog/ca.pem
  migrator: {user: dbhaul_migrator, secret: {from: "file:$home/secrets/catalog-migrator"}}
END
}

night_providers() {
    cat <<END
  - kind: aws
    name: estate
    organization: true
    role: "arn:{partition}:iam::{account}:role/dbhaul-discovery"
    external_id: $aws_external_id
    worker_role: "arn:{partition}:iam::{account}:role/dbhaul-worker"
    worker_external_id: $aws_external_id
    home_region: us-east-1
    endpoint: "$(cloud_tool url "$home/aws")"
    ca: $home/aws/ca.pem
END
}

night_worker_aws() {
    cat <<END
aws:
  allow: ["aws-secret:arn:aws:secretsmanager:*:$aws_own:secret:rds!*", "aws-secret:arn:aws:secretsmanager:*:$aws_other:secret:rds!*"]
  servers: ["127.0.0.1:$(server_port mariadb)", "127.0.0.1:$(server_port postgres)"]
  roles: ["arn:aws:iam::*:role/dbhaul-worker"]
  region: us-east-1
  endpoint: "$(cloud_tool url "$home/aws")"
  ca: $home/aws/ca.pem
END
}
