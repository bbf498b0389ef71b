// The estate of the year's play: 10,000 databases of 40 accounts in 6 regions, under 60 policies
// that are read from their YAML as the coordinator reads them.

#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/policy_config.h"
#include "tests/check.h"

enum {
    DATABASES = 10000,
    ACCOUNTS = 40,
    REGIONS = 6,
    STORES = 3,
    SERVERS = DATABASES / 2,
    POLICIES = 60,
    GOLD_EVERY = 997,
};

static const char *const year_zones[REGIONS] = {"Europe/Berlin",       "America/New_York",
                                                "Asia/Kolkata",        "Australia/Lord_Howe",
                                                "America/Los_Angeles", "UTC"};
static const char *const year_engines[] = {"mysql", "postgres"};

static const struct config_key year_keys[] = {
    {.name = "policies", .type = CONFIG_MAP, .keys = policy_keys, .help = "policies"}, {0}};

static inline size_t
account_of(size_t database)
{
    return database % ACCOUNTS;
}

static inline size_t
region_of(size_t database)
{
    return account_of(database) % REGIONS;
}

static inline size_t
store_of(size_t database)
{
    return region_of(database) % STORES;
}

static struct database *
make_database(size_t index)
{
    struct database *database = database_new();
    char text[96];
    snprintf(text, sizeof text, "db-%zu", index);
    record_set(&database->name, text);
    record_set(&database->resource_id, text);
    snprintf(text, sizeof text, "account-%zu", account_of(index));
    record_set(&database->account, text);
    snprintf(text, sizeof text, "region-%zu", region_of(index));
    record_set(&database->region, text);
    record_set(&database->engine, year_engines[index / ACCOUNTS % 2]);
    size_t part = index / ACCOUNTS % 100;
    const char *tier = part < 2 ? "daily" : part < 40 ? "weekly" : "monthly";
    snprintf(text, sizeof text, "{\"tier\":\"%s\"%s}", tier,
             index % GOLD_EVERY == 0 ? ",\"dbhaul:policy\":\"gold\"" : "");
    record_set(&database->tags, text);
    return database;
}

// is_long: what is monthly is nightly.
static char *
year_policies_text(int is_long)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fprintf(stream, "policies:\n");
    for (int account = 0; account < ACCOUNTS; account++) {
        fprintf(stream, "  account-%d: {select: {account: [account-%d]}, zone: %s, spread: 90m, ",
                account, account, year_zones[account % REGIONS]);
        fprintf(stream, "priority: %d, schedule: ", account % 10);
        if (is_long)
            fprintf(stream, "'%d 2 * * *'}\n", account);
        else
            fprintf(stream, "'%d 2 %d * *'}\n", account, 1 + account % 28);
    }
    for (int region = 0; region < REGIONS; region++) {
        fprintf(stream,
                "  daily-%d: {select: {region: [region-%d], tag: {tier: daily}}, zone: %s, "
                "schedule: '30 2 * * *', window: 5h, missed: skip, spread: 30m}\n",
                region, region, year_zones[region]);
        for (int engine = 0; engine < 2; engine++)
            fprintf(stream,
                    "  weekly-%d-%d: {select: {region: [region-%d], tag: {tier: weekly}, "
                    "engine: [%s]}, zone: %s, schedule: '%d 1 * * %d', window: 3h, spread: 1h, "
                    "jobs: 25}\n",
                    region, engine, region, year_engines[engine], year_zones[region], region * 7,
                    (region + 3 * engine) % 7);
    }
    fprintf(stream, "  hourly: {select: {name: [db-1, db-2, db-3]}, zone: Australia/Lord_Howe, "
                    "schedule: '15 * * * *', missed: skip}\n");
    fprintf(stream, "  gold: {selectable: true, zone: Europe/Berlin, schedule: '0 2,14 * * *'}\n");
    fclose(stream);
    return text;
}

static policies_t *
make_policies(int is_long)
{
    CLEAN(memory_free) char *text = year_policies_text(is_long);
    CLEAN(config_destroy) config_t *config = NULL;
    policies_t *policies = NULL;
    struct error error = {0};
    if (config_read_text(&config, "year.yaml", text, strlen(text), year_keys, CONFIG_SIZE_MAX,
                         &error) ||
        policy_config_read(&policies, config_root(config), &error))
        fail_msg("%s", error.message);
    assert_int_equal(policies_count(policies), POLICIES);
    return policies;
}
