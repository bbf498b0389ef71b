#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "coordinator/discovery/finding.h"
#include "coordinator/discovery/provider.h"
#include "tests/check.h"

static char path[] = "/tmp/test_provider_file.XXXXXX";

static void
write_inventory(const char *text)
{
    struct error error = {0};
    assert_int_equal(fd_write_file(AT_FDCWD, path, text, strlen(text), &error), 0);
}

static struct finding_list *
list(const char *text, struct error *error)
{
    CLEAN(provider_destroy) provider_t *provider = NULL;
    struct provider_arguments arguments = {.kind = "file", .name = "lab", .path = path};
    struct finding_list *found = finding_list_new();
    finding_list_begin(found, "file:lab");
    write_inventory(text);
    assert_int_equal(provider_open(&provider, &arguments, error), 0);
    assert_string_equal(provider_name(provider), "file:lab");
    if (provider_list(provider, found, -1, error))
        finding_list_destroy(&found);
    return found;
}

static void
endpoints_besides_the_host_are_told_and_checked(void **state)
{
    (void)state;
    static const char *const wrong[] = {"shop-ro", "shop-ro:0", "shop-ro:x",
                                        ":5432",   "a b:1",     "shop-ro:99999"};
    struct error error = {0};
    CLEAN(finding_list_destroy)
    struct finding_list *found =
        list("databases:\n  - {id: a, name: a, engine: postgres, host: one, reader: \"ro:1\", "
             "replicas: [\"two:2\", \"::1:3\"]}\n  - {id: b, name: b, engine: postgres, host: x}\n",
             &error);
    assert_non_null(found);
    assert_string_equal(found->databases[0]->endpoints,
                        "primary=one:5432 reader=ro:1 replica=two:2 replica=::1:3");
    assert_string_equal(found->databases[1]->endpoints, "");
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        CLEAN(memory_free)
        char *text = memory_format("databases:\n  - {id: a, name: a, engine: mysql, host: h, "
                                   "replicas: [\"%s\"]}\n",
                                   wrong[index]);
        assert_null(list(text, &error));
        assert_non_null(strstr(error.message, "HOST:PORT"));
    }
}

static void
an_inventory_gives_all_that_it_says(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(finding_list_destroy)
    struct finding_list *found =
        list("databases:\n"
             "  - id: arn:aws:rds:eu-west-1:1:db:shop\n"
             "    name: shop\n"
             "    engine: mysql\n"
             "    version: 8.0.36\n"
             "    host: shop.example\n"
             "    secret: shop-backup\n"
             "    account: \"111122223333\"\n"
             "    region: eu-west-1\n"
             "    role: arn:aws:iam::111122223333:role/dbhaul-worker\n"
             "    external_id: customer-7\n"
             "    size: 20GiB\n"
             "    tags: {env: prod, team: web}\n"
             "  - {id: b, name: b, engine: postgres, state: stopped, port: 6000}\n",
             &error);
    assert_non_null(found);
    assert_int_equal(found->count, 2);
    assert_true(found->providers[0].covers_all);
    assert_true(scope_is(found->scopes[0], SCOPE_ANSWERS));
    const struct database *shop = found->databases[0];
    assert_string_equal(shop->provider, "file:lab");
    assert_string_equal(shop->resource_id, "arn:aws:rds:eu-west-1:1:db:shop");
    assert_string_equal(shop->version, "8.0.36");
    assert_string_equal(shop->account, "111122223333");
    assert_string_equal(shop->role_arn, "arn:aws:iam::111122223333:role/dbhaul-worker");
    assert_string_equal(shop->external_id, "customer-7");
    assert_string_equal(shop->tags, "{\"env\":\"prod\",\"team\":\"web\"}");
    assert_string_equal(shop->state, "available");
    assert_int_equal(shop->port, 3306);
    assert_int_equal(shop->size_bytes, 20LL << 30);
    assert_string_equal(found->databases[1]->state, "stopped");
    assert_int_equal(found->databases[1]->port, 6000);
}

static void
a_broken_inventory_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "databases:\n  - {id: a, name: a}\n",
        "databases:\n  - {id: a, name: a, engine: mysql, port: 99999}\n",
        "databases:\n  - {id: a, name: a, engine: mysql, pord: 3306}\n",
        "databases: 7\n",
    };
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        struct error error = {0};
        assert_null(list(broken[index], &error));
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, index < 3 ? ":2:" : ":1:"));
    }
}

static void
a_missing_inventory_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(provider_destroy) provider_t *provider = NULL;
    struct provider_arguments arguments = {
        .kind = "file", .name = "lab", .path = "/nonexistent/inventory"};
    assert_int_equal(provider_open(&provider, &arguments, &error), 0);
    assert_int_equal(provider_list(provider, NULL, -1, &error), -1);
    assert_non_null(strstr(error.message, "/nonexistent/inventory"));
    provider_t *none = NULL;
    assert_int_equal(provider_open(&none, &(struct provider_arguments){.kind = "cloud9"}, &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_besides_the_host_are_told_and_checked),
        cmocka_unit_test(an_inventory_gives_all_that_it_says),
        cmocka_unit_test(a_broken_inventory_is_refused_with_its_line),
        cmocka_unit_test(a_missing_inventory_is_an_error),
    };
    close(mkstemp(path));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
