// The estate of the year's play: 10,000 databases of 40 accounts in 6 regions, under 60 policies.

#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/policies.h"
#include "tests/check.h"

enum {
    DATABASES = 10000,
    ACCOUNTS = 40,
    REGIONS = 6,
    STORES = 3,
    SERVERS = DATABASES / 2,
    POLICIES = 60,
    GOLD_EVERY = 997,
    DMZ_EVERY = 53,
};

static const char *const year_zones[REGIONS] = {"Europe/Berlin",       "America/New_York",
                                                "Asia/Kolkata",        "Australia/Lord_Howe",
                                                "America/Los_Angeles", "UTC"};
static const char *const year_engines[] = {"mysql", "postgres"};

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

static inline int
is_in_dmz(size_t database)
{
    return database % DMZ_EVERY == 0;
}

static struct database *
make_database(size_t index)
{
    struct database *database = database_new();
    char text[128];
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
    snprintf(text, sizeof text, "{\"tier\":\"%s\"%s%s}", tier,
             index % GOLD_EVERY == 0 ? ",\"dbhaul:policy\":\"gold\"" : "",
             is_in_dmz(index) ? ",\"network\":\"dmz\"" : "");
    record_set(&database->tags, text);
    return database;
}

static struct policy *
year_policy(const char *zone_name, const char *cron_text, const char *name)
{
    struct error error = {0};
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    struct policy *policy = policy_new(name);
    if (cron_parse(&cron, cron_text, &error) || zone_open(&zone, zone_name, &error))
        fail_msg("%s", error.message);
    policy->timetable = timetable_new(&cron, &zone);
    policy->schedule.timetable = policy->timetable;
    policy->schedule.missed = SCHEDULE_ONCE;
    policy->priority = 4;
    return policy;
}

// Workers of the database's region, and of its network if it names one.
static void
add_policy(policies_t *policies, struct policy *policy)
{
    wanted_set(&policy->workers, "region", WANTED_SAME, 0);
    wanted_set(&policy->workers, "network", WANTED_SAME, 0);
    policy_seal(policy);
    policies_add(policies, &policy);
}

// is_long: what is monthly is nightly.
static void
add_account_policy(policies_t *policies, int account, int is_long)
{
    char cron[32], pattern[32];
    if (is_long)
        snprintf(cron, sizeof cron, "%d 2 * * *", account);
    else
        snprintf(cron, sizeof cron, "%d 2 %d * *", account, 1 + account % 28);
    snprintf(pattern, sizeof pattern, "account-%d", account);
    struct policy *policy = year_policy(year_zones[account % REGIONS], cron, pattern);
    policy->select = criteria_new();
    criteria_add_pattern(policy->select, CRITERIA_ACCOUNT, pattern);
    policy->schedule.spread_ms = 90 * 60000;
    policy->priority = account % 10;
    add_policy(policies, policy);
}

static void
select_tier(struct policy *policy, int region, const char *tier)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, "region-%d", region);
    policy->select = criteria_new();
    criteria_add_pattern(policy->select, CRITERIA_REGION, pattern);
    criteria_add_tag(policy->select, "tier", tier);
}

static void
add_region_policies(policies_t *policies, int region)
{
    char name[32], cron[32];
    snprintf(name, sizeof name, "daily-%d", region);
    struct policy *daily = year_policy(year_zones[region], "30 2 * * *", name);
    select_tier(daily, region, "daily");
    daily->schedule.window_ms = 5 * 3600000;
    daily->schedule.spread_ms = 30 * 60000;
    daily->schedule.missed = SCHEDULE_SKIP;
    add_policy(policies, daily);
    for (int engine = 0; engine < 2; engine++) {
        snprintf(name, sizeof name, "weekly-%d-%d", region, engine);
        snprintf(cron, sizeof cron, "%d 1 * * %d", region * 7, (region + 3 * engine) % 7);
        struct policy *weekly = year_policy(year_zones[region], cron, name);
        select_tier(weekly, region, "weekly");
        criteria_add_pattern(weekly->select, CRITERIA_ENGINE, year_engines[engine]);
        weekly->schedule.window_ms = 3 * 3600000;
        weekly->schedule.spread_ms = 3600000;
        weekly->jobs = 25;
        add_policy(policies, weekly);
    }
}

static void
add_other_policies(policies_t *policies)
{
    static const char *const names[] = {"db-1", "db-2", "db-3"};
    struct policy *hourly = year_policy("Australia/Lord_Howe", "15 * * * *", "hourly");
    hourly->select = criteria_new();
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        criteria_add_pattern(hourly->select, CRITERIA_NAME, names[index]);
    hourly->schedule.missed = SCHEDULE_SKIP;
    add_policy(policies, hourly);
    struct policy *gold = year_policy("Europe/Berlin", "0 2,14 * * *", "gold");
    gold->is_selectable = 1;
    add_policy(policies, gold);
}

static policies_t *
make_policies(int is_long)
{
    policies_t *policies = policies_new();
    size_t later = 0;
    struct error error = {0};
    for (int account = 0; account < ACCOUNTS; account++)
        add_account_policy(policies, account, is_long);
    for (int region = 0; region < REGIONS; region++)
        add_region_policies(policies, region);
    add_other_policies(policies);
    if (policies_check(policies, &later, &error))
        fail_msg("%s", error.message);
    assert_int_equal(policies_count(policies), POLICIES);
    return policies;
}
