#include "coordinator/discovery/aws_judge.h"

#include <stdio.h>

#include "coordinator/discovery/eligible.h"
#include "coordinator/discovery/finding.h"
#include "tests/rds_answers.h"

struct judged {
    struct finding_list *found;
    char elsewhere[256];
};

static void
take(void *context, struct database **database_p, const char *source_arn)
{
    struct judged *judged = context;
    char reason[ELIGIBLE_REASON_SIZE];
    if (source_arn)
        snprintf(judged->elsewhere, sizeof judged->elsewhere, "%s", source_arn);
    if (!*(*database_p)->skip_reason && !eligible_judge(*database_p, reason))
        record_set(&(*database_p)->skip_reason, reason);
    finding_list_take(judged->found, database_p);
}

static const struct provider_arguments plain = {.role = "",
                                                .worker_role = "",
                                                .worker_external_id = "",
                                                .secret = "rds-{account}-{region}-{name}",
                                                .iam_user = ""};

static struct judged
judge(const struct provider_arguments *arguments, const char *instances, const char *clusters)
{
    struct aws_place place = {.provider = "aws:prod",
                              .partition = "aws",
                              .account = "111122223333",
                              .region = "eu-west-1"};
    struct judged judged = {.found = finding_list_new()};
    CLEAN(aws_rds_destroy) aws_rds_t *one = read_all(AWS_RDS_INSTANCES, instances);
    CLEAN(aws_rds_destroy) aws_rds_t *two = read_all(AWS_RDS_CLUSTERS, clusters);
    finding_list_begin(judged.found, "aws:prod");
    aws_judge(arguments, &place, one, two, take, &judged);
    return judged;
}

static void
judged_clear(struct judged *judged)
{
    finding_list_destroy(&judged->found);
}

static void
a_database_says_who_and_where_it_is(void **state)
{
    (void)state;
    struct provider_arguments arguments = plain;
    arguments.worker_role = "arn:{partition}:iam::{account}:role/dbhaul-worker";
    arguments.worker_external_id = "x-1";
    CLEAN(judged_clear)
    struct judged judged = judge(
        &arguments, INSTANCES("<DBInstances>" INSTANCE("shop", ENGINE("mysql")) "</DBInstances>"),
        CLUSTERS(""));
    assert_int_equal(judged.found->count, 1);
    const struct database *shop = judged.found->databases[0];
    assert_string_equal(shop->resource_id, "aws:111122223333:eu-west-1:db-shop");
    assert_string_equal(shop->long_name, "arn:aws:rds:eu-west-1:111122223333:db:shop");
    assert_string_equal(shop->name, "shop");
    assert_string_equal(shop->account, "111122223333");
    assert_string_equal(shop->region, "eu-west-1");
    assert_string_equal(shop->host, "shop.x.rds.amazonaws.com");
    assert_string_equal(shop->source, "");
    assert_string_equal(shop->secret, "rds-111122223333-eu-west-1-shop");
    assert_string_equal(shop->role_arn, "arn:aws:iam::111122223333:role/dbhaul-worker");
    assert_string_equal(shop->external_id, "x-1");
    assert_string_equal(shop->tags, "{\"aws:engine\":\"mysql\"}");
    assert_string_equal(shop->skip_reason, "");
    assert_int_equal(shop->size_bytes, 20LL << 30);
}

static void
a_cluster_is_one_database_and_its_members_none(void **state)
{
    (void)state;
    static const char members[] = INSTANCES(
        "<DBInstances>" INSTANCE(
            "a", ENGINE("aurora-mysql") "<DBClusterIdentifier>crm</DBClusterIdentifier>")
            INSTANCE("b", ENGINE("aurora-mysql") "<DBClusterIdentifier>crm</"
                                                 "DBClusterIdentifier>") "</DBInstances>");
    static const char cluster[] = CLUSTERS(
        CLUSTER("crm", ENGINE("aurora-mysql") MEMBERS "<AllocatedStorage>1</AllocatedStorage>"));
    CLEAN(judged_clear) struct judged judged = judge(&plain, members, cluster);
    assert_int_equal(judged.found->count, 1);
    const struct database *crm = judged.found->databases[0];
    assert_string_equal(crm->resource_id, "aws:111122223333:eu-west-1:cluster-crm");
    assert_string_equal(crm->engine, "mysql");
    assert_string_equal(crm->tags, "{\"aws:engine\":\"aurora-mysql\"}");
    assert_string_equal(crm->source, "writer");
    assert_string_equal(crm->host, "crm.cluster-x.rds.amazonaws.com");
    assert_int_equal(crm->size_bytes, 0);
    struct provider_arguments reader = plain;
    reader.read_from = READ_FROM_READER;
    CLEAN(judged_clear) struct judged other = judge(&reader, members, cluster);
    assert_string_equal(other.found->databases[0]->source, "reader");
    assert_string_equal(other.found->databases[0]->host, "crm.cluster-ro-x.rds.amazonaws.com");
}

static void
a_cluster_without_instances_is_not_backed_up_but_serverless_is(void **state)
{
    (void)state;
    CLEAN(judged_clear)
    struct judged judged =
        judge(&plain, INSTANCES(""),
              CLUSTERS(CLUSTER("bare", ENGINE("aurora-postgresql")) CLUSTER(
                  "asleep", ENGINE("aurora-mysql") "<EngineMode>serverless</EngineMode>"
                                                   "<Capacity>0</Capacity>")));
    assert_string_equal(judged.found->databases[0]->skip_reason,
                        "the cluster has no instance to connect to");
    assert_string_equal(judged.found->databases[1]->skip_reason, "");
    assert_string_equal(judged.found->databases[1]->state, "paused");
}

static void
what_cannot_be_extracted_is_listed_with_a_reason(void **state)
{
    (void)state;
    static const char *const engines[] = {"oracle-ee", "sqlserver-web",    "db2-se",   "docdb",
                                          "neptune",   "custom-oracle-ee", "new-thing"};
    for (size_t index = 0; index < sizeof engines / sizeof *engines; index++) {
        CLEAN(memory_free)
        char *text =
            memory_format(INSTANCES("<DBInstances>" INSTANCE("x", ENGINE("%s")) "</DBInstances>"),
                          engines[index]);
        CLEAN(memory_free)
        char *reason = memory_format("the engine '%s' is not supported", engines[index]);
        CLEAN(judged_clear) struct judged judged = judge(&plain, text, CLUSTERS(""));
        assert_int_equal(judged.found->count, 1);
        assert_string_equal(judged.found->databases[0]->engine, engines[index]);
        assert_string_equal(judged.found->databases[0]->skip_reason, reason);
    }
}

#define REPLICA_OF(source) \
    "<ReadReplicaSourceDBInstanceIdentifier>" source "</ReadReplicaSourceDBInstanceIdentifier>"

static void
a_replica_is_a_copy_or_what_is_read(void **state)
{
    (void)state;
    static const char both[] = INSTANCES(
        "<DBInstances>" INSTANCE("shop", ENGINE("mysql"))
            INSTANCE("shop-r2", ENGINE("mysql") REPLICA_OF("shop")) INSTANCE(
                "shop-r1", ENGINE("mysql") REPLICA_OF(
                               "shop") "<StatusInfos><DBInstanceStatusInfo><Normal>false</Normal>"
                                       "</DBInstanceStatusInfo></StatusInfos>") "</DBInstances>");
    CLEAN(judged_clear) struct judged judged = judge(&plain, both, CLUSTERS(""));
    assert_string_equal(judged.found->databases[0]->skip_reason, "");
    assert_string_equal(judged.found->databases[1]->skip_reason,
                        "it is a copy of 'shop', which is listed itself");
    struct provider_arguments replica = plain;
    replica.read_from = READ_FROM_REPLICA;
    CLEAN(judged_clear) struct judged other = judge(&replica, both, CLUSTERS(""));
    assert_string_equal(other.found->databases[0]->source, "replica shop-r2");
    assert_string_equal(other.found->databases[0]->host, "shop-r2.x.rds.amazonaws.com");
    CLEAN(judged_clear)
    struct judged alone = judge(
        &replica, INSTANCES("<DBInstances>" INSTANCE("shop", ENGINE("mysql")) "</DBInstances>"),
        CLUSTERS(""));
    assert_string_equal(alone.found->databases[0]->source, "writer");
}

static void
a_replica_of_what_is_elsewhere_is_told_of(void **state)
{
    (void)state;
    CLEAN(judged_clear)
    struct judged judged =
        judge(&plain,
              INSTANCES("<DBInstances>" INSTANCE(
                  "shop-eu", ENGINE("mysql") REPLICA_OF(
                                 "arn:aws:rds:us-east-1:111122223333:db:shop")) "</DBInstances>"),
              CLUSTERS(""));
    assert_string_equal(judged.elsewhere, "arn:aws:rds:us-east-1:111122223333:db:shop");
    assert_string_equal(judged.found->databases[0]->skip_reason, "");
    CLEAN(judged_clear)
    struct judged here =
        judge(&plain,
              INSTANCES("<DBInstances>" INSTANCE("shop", ENGINE("mysql")) INSTANCE(
                  "copy", ENGINE("mysql") REPLICA_OF(
                              "arn:aws:rds:eu-west-1:111122223333:db:shop")) "</DBInstances>"),
              CLUSTERS(""));
    assert_string_equal(here.elsewhere, "");
    assert_string_equal(here.found->databases[1]->skip_reason,
                        "it is a copy of 'shop', which is listed itself");
}

static void
what_opens_it_is_chosen_in_order(void **state)
{
    (void)state;
    static const char iam[] =
        "<IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>";
    struct provider_arguments with_user = plain;
    with_user.iam_user = "haul";
    struct provider_arguments none = plain;
    none.secret = "";
    const struct {
        const struct provider_arguments *arguments;
        const char *more, *secret, *reason;
    } rows[] = {
        {&with_user, SECRET("active"),
         "aws-secret:arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1", ""},
        {&with_user, SECRET("impaired"),
         "aws-secret:arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1", ""},
        {&with_user, iam, "rds-iam:haul", ""},
        {&plain, iam, "rds-111122223333-eu-west-1-x", ""},
        {&with_user, "", "rds-111122223333-eu-west-1-x", ""},
        {&none, "", "", "nothing opens it: "},
        {&none, SECRET("creating"), "", "RDS has not made its secret yet"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        CLEAN(memory_free)
        char *text = memory_format(
            INSTANCES("<DBInstances>" INSTANCE("x", ENGINE("mysql") "%s") "</DBInstances>"),
            rows[index].more);
        CLEAN(judged_clear)
        struct judged judged = judge(rows[index].arguments, text, CLUSTERS(""));
        assert_string_equal(judged.found->databases[0]->secret, rows[index].secret);
        assert_int_equal(strncmp(judged.found->databases[0]->skip_reason, rows[index].reason,
                                 strlen(rows[index].reason)),
                         0);
        assert_int_equal(!*judged.found->databases[0]->skip_reason, !*rows[index].reason);
    }
}

static void
one_that_is_being_made_has_no_endpoint_and_a_shared_one_has_another_owner(void **state)
{
    (void)state;
    CLEAN(judged_clear)
    struct judged judged =
        judge(&plain,
              INSTANCES("<DBInstances><DBInstance><DBInstanceIdentifier>new</DBInstanceIdentifier>"
                        "<DbiResourceId>db-new</DbiResourceId><Engine>postgres</Engine>"
                        "<DBInstanceStatus>creating</DBInstanceStatus></DBInstance></DBInstances>"),
              CLUSTERS("<DBCluster><DBClusterIdentifier>lent</DBClusterIdentifier><DBClusterArn>"
                       "arn:aws:rds:eu-west-1:999999999999:cluster:lent</DBClusterArn>" ENGINE(
                           "aurora-mysql") MEMBERS "</DBCluster>"));
    assert_string_equal(judged.found->databases[0]->skip_reason,
                        "it is shared by account 999999999999, which it is to be backed up in");
    assert_string_equal(judged.found->databases[1]->skip_reason, "it has no endpoint yet");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_says_who_and_where_it_is),
        cmocka_unit_test(a_cluster_is_one_database_and_its_members_none),
        cmocka_unit_test(a_cluster_without_instances_is_not_backed_up_but_serverless_is),
        cmocka_unit_test(what_cannot_be_extracted_is_listed_with_a_reason),
        cmocka_unit_test(a_replica_is_a_copy_or_what_is_read),
        cmocka_unit_test(a_replica_of_what_is_elsewhere_is_told_of),
        cmocka_unit_test(what_opens_it_is_chosen_in_order),
        cmocka_unit_test(one_that_is_being_made_has_no_endpoint_and_a_shared_one_has_another_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
