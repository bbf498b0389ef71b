// Whatever policies a file has: they are refused with a sentence, or each can be asked for,
// choosing and explaining agree, and the digests are there.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/policy_config.h"

enum { SIZE_MAX_READ = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_key keys[] = {
    {.name = "policies", .type = CONFIG_MAP, .keys = policy_keys, .help = "policies"},
    {.name = "placement", .type = CONFIG_SECTION, .keys = placement_keys, .help = "placement"},
    {0}};

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
choose(const policies_t *policies, const char *name, const char *engine, const char *tags)
{
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->name, name);
    record_set(&database->engine, engine);
    record_set(&database->account, "12");
    record_set(&database->region, "eu-west-1");
    record_set(&database->tags, tags);
    struct policy_choice choice;
    policies_choose(policies, database, &choice);
    require(*choice.note != '\0');
    int has_policy = choice.outcome == POLICY_SELECTED || choice.outcome == POLICY_TAGGED ||
                     choice.outcome == POLICY_TIE;
    require(!has_policy || choice.policy);
    require((choice.outcome == POLICY_TIE) == (choice.other != NULL) ||
            choice.outcome == POLICY_OPTED_OUT);
    CLEAN(table_destroy) table_t *table = policies_explain(policies, database);
    require(table_rows(table) == policies_count(policies) + (choice.policy == NULL));
    for (size_t row = 0; row < table_rows(table); row++)
        require(*table_cell(table, row, 1) && *table_cell(table, row, 2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(policies_destroy) policies_t *policies = NULL;
    if (config_read_text(&config, "fuzz.yaml", (const char *)data, size, keys, SIZE_MAX_READ,
                         &error) ||
        policy_config_read(&policies, config_root(config), &error)) {
        require(error.code == ERROR_CONFIG && error.message[0]);
        return 0;
    }
    for (size_t index = 0; index < policies_count(policies); index++) {
        const struct policy *policy = policies_at(policies, index);
        require(policies_by_name(policies, policy->name) == policy);
        require(strlen(policy->digest) == 64);
        if (policy->timetable)
            require(timetable_next(policy->timetable, 1770000000000) > 1770000000000);
    }
    choose(policies, "shop", "mysql", "{}");
    choose(policies, "a", "postgres", "{\"env\":\"prod\",\"dbhaul:policy\":\"gold\"}");
    choose(policies, "", "", "{\"dbhaul:policy\":\"none\"}");
    return 0;
}
