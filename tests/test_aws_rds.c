#include "coordinator/discovery/aws_rds.h"

#include "tests/rds_answers.h"

static void
an_instance_is_read_in_whatever_order_it_comes(void **state)
{
    (void)state;
    CLEAN(aws_rds_destroy)
    aws_rds_t *list = read_all(
        AWS_RDS_INSTANCES,
        INSTANCES("<DBInstances>" INSTANCE(
            "shop",
            "<TagList><Tag><Value>web &amp; more</Value><Key>team</Key></Tag>"
            "<Tag><Key>env</Key><Value>prod</Value></Tag></TagList>" SECRET("active")
                ENGINE("mysql") "<IAMDatabaseAuthenticationEnabled>true"
                                "</IAMDatabaseAuthenticationEnabled>"
                                "<DBSubnetGroup><Subnets><Subnet><SubnetIdentifier>s"
                                "</SubnetIdentifier></Subnet></Subnets>"
                                "<Engine>not this one</Engine></DBSubnetGroup>") "</DBInstances>"));
    assert_int_equal(aws_rds_count(list), 1);
    const struct aws_server *shop = aws_rds_find(list, "shop");
    assert_string_equal(shop->resource_id, "db-shop");
    assert_string_equal(shop->arn, "arn:aws:rds:eu-west-1:111122223333:db:shop");
    assert_string_equal(shop->engine, "mysql");
    assert_string_equal(shop->version, "8.0.35");
    assert_string_equal(shop->status, "available");
    assert_string_equal(shop->host, "shop.x.rds.amazonaws.com");
    assert_string_equal(shop->tags, "{\"env\":\"prod\",\"team\":\"web & more\"}");
    assert_string_equal(shop->secret_status, "active");
    assert_int_equal(shop->port, 3306);
    assert_int_equal(shop->size_gib, 20);
    assert_true(shop->has_iam);
}

static void
pages_go_on_until_there_is_no_marker(void **state)
{
    (void)state;
    struct error error = {0};
    int more = 0;
    CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(AWS_RDS_INSTANCES);
    CLEAN(memory_free) char *first = aws_rds_body(list);
    assert_string_equal(first, "MaxRecords=100");
    assert_int_equal(read_page(list,
                               INSTANCES("<Marker>a+b/c=</Marker><DBInstances>" INSTANCE(
                                   "a", "") "</DBInstances>"),
                               &more, &error),
                     0);
    assert_true(more);
    CLEAN(memory_free) char *second = aws_rds_body(list);
    assert_string_equal(second, "MaxRecords=100&Marker=a%2Bb%2Fc%3D");
    assert_int_equal(read_page(list, INSTANCES("<DBInstances/>"), &more, &error), 0);
    assert_false(more);
    assert_int_equal(aws_rds_count(list), 1);
}

static void
a_page_that_is_tried_again_counts_once(void **state)
{
    (void)state;
    struct error error = {0};
    int more = 0;
    CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(AWS_RDS_INSTANCES);
    static const char page[] = INSTANCES("<Marker>m</Marker><DBInstances>" INSTANCE("a", "")
                                             INSTANCE("b", "") "</DBInstances>");
    assert_int_equal(read_page(list, page, &more, &error), 0);
    static const char next[] = INSTANCES("<DBInstances>" INSTANCE("c", "") "</DBInstances>");
    assert_int_equal(aws_rds_take(list, next, sizeof next - 80, &error), 0);
    aws_rds_restart(list);
    assert_int_equal(aws_rds_count(list), 2);
    assert_int_equal(read_page(list, next, &more, &error), 0);
    assert_int_equal(aws_rds_count(list), 3);
    assert_non_null(aws_rds_find(list, "c"));
}

static void
a_hostile_or_broken_answer_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "<html><body>busy</body></html>",
        "<DescribeDBClustersResponse><DescribeDBClustersResult/></DescribeDBClustersResponse>",
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><DescribeDBInstancesResponse/>",
        INSTANCES("<DBInstances><DBInstance><Engine>mysql</Engine></DBInstance></DBInstances>"),
        INSTANCES("<DBInstances>" INSTANCE(
            "a", "<AllocatedStorage>much</AllocatedStorage>") "</DBInstances>"),
        INSTANCES("<DBInstances>" INSTANCE(
            "a", "<Endpoint><Port>65536</Port></Endpoint>") "</DBInstances>"),
        INSTANCES(
            "<DBInstances>" INSTANCE("a", "<Endpoint><Port>-1</Port></Endpoint>") "</DBInstances>"),
    };
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        struct error error = {0};
        int more = 0;
        CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(AWS_RDS_INSTANCES);
        if (read_page(list, broken[index], &more, &error) == 0)
            fail_msg("taken: %s", broken[index]);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
a_marker_that_repeats_ends_the_list(void **state)
{
    (void)state;
    struct error error = {0};
    int more = 0;
    CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(AWS_RDS_CLUSTERS);
    static const char page[] = "<DescribeDBClustersResponse><DescribeDBClustersResult><Marker>m"
                               "</Marker></DescribeDBClustersResult></DescribeDBClustersResponse>";
    assert_int_equal(read_page(list, page, &more, &error), 0);
    assert_int_equal(read_page(list, page, &more, &error), -1);
    assert_string_equal(error.message, "the pages of DescribeDBClusters come to no end");
}

static void
what_is_too_long_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    int more = 0;
    char name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CLEAN(memory_free)
    char *text = memory_format(INSTANCES("<DBInstances><DBInstance><DBInstanceIdentifier>%s"
                                         "</DBInstanceIdentifier></DBInstance></DBInstances>"),
                               name);
    CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(AWS_RDS_INSTANCES);
    assert_int_equal(read_page(list, text, &more, &error), -1);
    assert_non_null(strstr(error.message, "DBInstanceIdentifier is longer than 255 bytes"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_is_read_in_whatever_order_it_comes),
        cmocka_unit_test(pages_go_on_until_there_is_no_marker),
        cmocka_unit_test(a_page_that_is_tried_again_counts_once),
        cmocka_unit_test(a_hostile_or_broken_answer_is_refused),
        cmocka_unit_test(a_marker_that_repeats_ends_the_list),
        cmocka_unit_test(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
