#include "coordinator/policy_config.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/policy_manners.h"
#include "coordinator/policy_retention.h"
#include "coordinator/policy_select.h"
#include "coordinator/promise.h"
#include "coordinator/queue.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

enum { KIB = 1024, GIB = 1 << 30 };

static const char *const missed_rules[] = {"skip", "once", NULL};
static const char *const tools[] = {"mysqldump", "mariadb-dump", "pg_dump", "vendor",
                                    "mysql",     "postgres",     NULL};

static const char *const orders[] = {"key", "speed", NULL};

// clang-format off
#define WORKERS_ROWS \
    {.name = "workers", .type = CONFIG_MAP_TEXT, .high = WANTED_MAX, \
     .help = "labels that a worker must have, each with a pattern; `same`: what the database has " \
             "(its account, region, engine or provider, or its tag of that name); `*`: any worker"}, \
    {.name = "prefer_workers", .type = CONFIG_MAP_TEXT, .high = WANTED_MAX, \
     .help = "the same of labels that are better, but need not be"}

static const struct config_key promise_keys[] = {
    {.name = "good", .type = CONFIG_DURATION, .low = MINUTE, .high = 400LL * DAY,
     .help = "how old the newest good set may be; nothing: nothing is promised"},
    {.name = "offsite", .type = CONFIG_DURATION, .low = MINUTE, .high = 400LL * DAY,
     .help = "how old the newest good set that is off-site may be; nothing: nothing is promised"},
    {0}};

static const struct config_key alarm_keys[] = {
    {.name = "growth", .type = CONFIG_INTEGER, .preset = "300", .low = 0, .high = 1000000,
     .help = "a new set of more than so many percent of what is usual is told as a jump; 0: never"},
    {.name = "shrink", .type = CONFIG_INTEGER, .preset = "50", .low = 0, .high = 99,
     .help = "and so is one of less than so many percent of it; 0: never"},
    {0}};

static const struct config_key what_keys[] = {
    {.name = "include_schemas", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_LIST_MAX,
     .help = "patterns of schemas (MySQL) or databases (PostgreSQL); nothing: all"},
    {.name = "exclude_schemas", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_LIST_MAX,
     .help = "what of these is left out, whatever is included"},
    {.name = "include_tables", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_LIST_MAX,
     .help = "patterns SCHEMA.TABLE, for PostgreSQL DATABASE.SCHEMA.TABLE; nothing: all"},
    {.name = "exclude_tables", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_LIST_MAX,
     .help = "what of these is left out, whatever is included"},
    {.name = "tables_without_data", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_LIST_MAX,
     .help = "tables of which only the definition is wanted"},
    {0}};

static const struct config_key option_keys[] = {
    {.name = "lock_wait", .type = CONFIG_DURATION, .low = SECOND, .high = DAY,
     .help = "how long to wait for a lock of a table (pg_dump; without effect with MySQL)"},
    {.name = "max_allowed_packet", .type = CONFIG_SIZE, .low = 64LL * KIB, .high = GIB,
     .help = "the largest row that a tool of MySQL or MariaDB reads; nothing: 1GiB"},
    {0}};

const struct config_key policy_keys[] = {
    {.name = "select", .type = CONFIG_SECTION, .keys = policy_select_keys,
     .help = "which databases; {} is all of them. The most specific policy has a database"},
    {.name = "selectable", .type = CONFIG_BOOLEAN, .preset = "false",
     .help = "owners may pick it for a database, by the tag `dbhaul:policy`"},
    {.name = "opt_out", .type = CONFIG_BOOLEAN, .preset = "true",
     .help = "owners may take a database out of it, by the tag `dbhaul:policy: none`"},
    {.name = "precedence", .type = CONFIG_INTEGER, .preset = "0", .low = -1000, .high = 1000,
     .help = "decides between policies that are equally specific"},
    {.name = "schedule", .type = CONFIG_TEXT, .high = CRON_TEXT_MAX,
     .help = "when, in cron's form: `30 2 * * *`; nothing: only when an operator asks"},
    {.name = "zone", .type = CONFIG_TEXT, .preset = "UTC", .low = 1, .high = ZONE_ID_MAX,
     .help = "time zone of the schedule: Europe/Berlin"},
    {.name = "window", .type = CONFIG_DURATION, .preset = "0s", .low = 0, .high = 7LL * DAY,
     .help = "what has not begun after this long waits for the next firing; 0s: until that"},
    {.name = "missed", .type = CONFIG_CHOICE, .choices = missed_rules, .preset = "once",
     .help = "what a coordinator that was down makes up for: nothing, or the last firing"},
    {.name = "spread", .type = CONFIG_DURATION, .preset = "0s", .low = 0, .high = DAY,
     .help = "databases begin spread over this long"},
    {.name = "store", .type = CONFIG_TEXT, .high = 255,
     .help = "identity of the store that sets go to; nothing: that of `backup`"},
    {.name = "tool", .type = CONFIG_CHOICE, .choices = tools,
     .help = "what reads: a vendor's tool, `vendor` the one that fits; nothing: our own reader"},
    {.name = "connections", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = 32,
     .help = "connections to a source at once, of our own readers; 0: as many as they see fit"},
    {.name = "range_size", .type = CONFIG_SIZE, .low = 64LL * KIB, .high = 64LL * GIB,
     .help = "of rows in a file, of our own readers; nothing: as they see fit"},
    {.name = "password_hashes", .type = CONFIG_BOOLEAN,
     .help = "capture what the source keeps of passwords, too; nothing: as `backup` says"},
    {.name = "time_limit", .type = CONFIG_DURATION, .low = SECOND, .high = 14LL * DAY,
     .help = "how long one attempt may take; nothing: that of `backup`"},
    {.name = "what", .type = CONFIG_SECTION, .keys = what_keys,
     .help = "what of a database is wanted; nothing: all"},
    {.name = "options", .type = CONFIG_SECTION, .keys = option_keys,
     .help = "of the tools that read"},
    {.name = "read_from", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_ENDPOINTS,
     .help = "primary, reader, replica: the first that there is; nothing: as the provider says"},
    {.name = "read_limit", .type = CONFIG_SIZE, .low = 64LL * KIB, .high = 1024LL * GIB,
     .help = "bytes a second that a job reads at most; nothing: no limit"},
    POLICY_MANNERS_ROWS,
    {.name = "order", .type = CONFIG_CHOICE, .choices = orders, .preset = "key",
     .help = "of rows, by our reader of PostgreSQL: speed lets a large table whose key's order is "
             "not that on disk come as it is stored"},
    {.name = "secret", .type = CONFIG_TEXT, .high = WHAT_SECRET_MAX,
     .help = "name of the secret that opens the databases, instead of each one's own"},
    {.name = "tls", .type = CONFIG_TEXT, .high = WHAT_AUTHORITY_MAX,
     .help = "verified by these authorities: a `name` under `tls.authorities` of the worker"},
    {.name = "priority", .type = CONFIG_INTEGER, .preset = "4", .low = 0, .high = QUEUE_PRIORITY_MAX,
     .help = "higher ones are earlier among the jobs of an account"},
    {.name = "jobs", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = 10000,
     .help = "jobs of this policy at once; 0: no limit"},
    {.name = "promise", .type = CONFIG_SECTION, .keys = promise_keys,
     .help = "how old sets may be before a database is overdue"},
    {.name = "retention", .type = CONFIG_SECTION, .keys = policy_retention_keys,
     .help = "which sets stay: those that any rule keeps; the others expire. Nothing: all stay"},
    {.name = "snapshot_retention", .type = CONFIG_DURATION, .low = DAY, .high = 3650LL * DAY,
     .help = "how long snapshots that cover its sets are kept; nothing: as `protect.retention` says"},
    {.name = "alarm", .type = CONFIG_SECTION, .keys = alarm_keys,
     .help = "which new set is so unlike those before that somebody is told"},
    WORKERS_ROWS,
    {0}};

const struct config_key placement_keys[] = {WORKERS_ROWS, {0}};
// clang-format on

// ---- one policy

static int
read_schedule(struct policy *policy, const struct config_node *node, struct error *error)
{
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    struct error cause = {0};
    struct schedule *schedule = &policy->schedule;
    schedule->window_ms = config_integer(node, "window");
    schedule->spread_ms = config_integer(node, "spread");
    schedule->missed =
        strcmp(config_text(node, "missed"), "once") == 0 ? SCHEDULE_ONCE : SCHEDULE_SKIP;
    record_set(&policy->cron, config_text(node, "schedule"));
    record_set(&policy->zone, config_text(node, "zone"));
    if (schedule->window_ms && schedule->spread_ms > schedule->window_ms / 2)
        return config_error(error, node, "spread", "it is more than half of `window`");
    if (!*policy->cron)
        return 0;
    if (cron_parse(&cron, policy->cron, &cause))
        return config_error(error, node, "schedule", "%s", cause.message);
    if (zone_open(&zone, policy->zone, &cause)) {
        cron_destroy(&cron);
        return config_error(error, node, "zone", "%s", cause.message);
    }
    policy->timetable = timetable_new(&cron, &zone);
    schedule->timetable = policy->timetable;
    return 0;
}

static int
check_promise(struct policy *policy, const struct config_node *node, const char *key,
              int64_t promise_ms, struct error *error)
{
    int64_t gap_ms = 0;
    struct error cause = {0};
    if (!promise_ms || !policy->timetable)
        return 0;
    if (promise_check(policy->timetable, promise_ms, &gap_ms, &cause))
        return config_error(error, node, key, "%s", cause.message);
    policy->gap_ms = gap_ms ? gap_ms : policy->gap_ms;
    return 0;
}

// After the schedule, which has to keep it.
static int
read_promise(struct policy *policy, const struct config_node *node, struct error *error)
{
    const struct config_node *promise = config_section(node, "promise");
    policy->promise_good_ms = config_integer(promise, "good");
    policy->promise_offsite_ms = config_integer(promise, "offsite");
    return check_promise(policy, promise, "good", policy->promise_good_ms, error) ||
                   check_promise(policy, promise, "offsite", policy->promise_offsite_ms, error)
               ? -1
               : 0;
}

static int
read_wanted(struct wanted *wanted, const struct config_node *node, const char *key,
            int is_preferred, struct error *error)
{
    for (size_t index = 0; index < config_count(node, key); index++) {
        struct error cause = {0};
        const char *name = config_item_name(node, key, index);
        const char *pattern = config_item_text(node, key, index);
        if (wanted_check(name, pattern, &cause))
            return config_item_error(error, node, key, index, "%s", cause.message);
        wanted_set(wanted, name, pattern, is_preferred);
    }
    return 0;
}

static int
read_workers(struct wanted *wanted, const struct config_node *node, struct error *error)
{
    return read_wanted(wanted, node, "workers", 0, error) ||
                   read_wanted(wanted, node, "prefer_workers", 1, error)
               ? -1
               : 0;
}

static void
read_rest(struct policy *policy, const struct config_node *node)
{
    record_set(&policy->store, config_text(node, "store"));
    record_set(&policy->tool, config_text(node, "tool"));
    if (config_has(node, "password_hashes"))
        policy->password_hashes = (int)config_integer(node, "password_hashes");
    policy->time_limit_ms = config_integer(node, "time_limit");
    policy->priority = config_integer(node, "priority");
    policy->jobs = config_integer(node, "jobs");
    policy->connections = config_integer(node, "connections");
    const struct config_node *alarm = config_section(node, "alarm");
    policy->alarm = (struct jump_rules){.growth_percent = config_integer(alarm, "growth"),
                                        .shrink_percent = config_integer(alarm, "shrink")};
    policy->range_bytes = config_integer(node, "range_size");
}

static int
read_lists(struct what *what, const struct config_node *node, struct error *error)
{
    for (enum what_list list = 0; list < WHAT_LISTS; list++) {
        const char *name = what_list_name(list);
        for (size_t index = 0; index < config_count(node, name); index++) {
            struct error cause = {0};
            if (what_add(what, list, config_item_text(node, name, index), &cause))
                return config_item_error(error, node, name, index, "%s", cause.message);
        }
    }
    return 0;
}

static int
read_endpoints(struct what *what, const struct config_node *node, struct error *error)
{
    for (size_t index = 0; index < config_count(node, "read_from"); index++) {
        const char *text = config_item_text(node, "read_from", index);
        enum what_endpoint endpoint = 0;
        while (endpoint < WHAT_ENDPOINTS && strcmp(what_endpoint_name(endpoint), text) != 0)
            endpoint++;
        for (size_t before = 0; before < what->read_from_count; before++) {
            if (what->read_from[before] == endpoint)
                endpoint = WHAT_ENDPOINTS;
        }
        if (endpoint == WHAT_ENDPOINTS)
            return config_item_error(error, node, "read_from", index,
                                     "one of primary, reader and replica, and each once");
        what->read_from[what->read_from_count++] = endpoint;
    }
    return 0;
}

static int
read_what(struct what *what, const struct config_node *node, struct error *error)
{
    const struct config_node *options = config_section(node, "options");
    if (read_lists(what, config_section(node, "what"), error) ||
        read_endpoints(what, node, error) || policy_manners_read(what, node, error))
        return -1;
    what->lock_wait_ms = config_integer(options, "lock_wait");
    what->packet_bytes = config_integer(options, "max_allowed_packet");
    what->read_limit_bytes = config_integer(node, "read_limit");
    if (*config_text(node, "secret"))
        what->secret = memory_copy_text(config_text(node, "secret"));
    if (*config_text(node, "tls"))
        what->authority = memory_copy_text(config_text(node, "tls"));
    return 0;
}

// Names stand in tags, in the catalog and on command lines.
static int
is_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_.-";
    return strlen(name) <= POLICY_NAME_MAX && strspn(name, letters) == strlen(name) &&
           *name != '-' && strcmp(name, POLICY_OPT_OUT) != 0 && strcmp(name, "manual") != 0;
}

static int
read_policy(policies_t *policies, const struct config_node *node, size_t index, struct error *error)
{
    const char *name = config_item_name(node, "policies", index);
    const struct config_node *item = config_item(node, "policies", index);
    if (!is_name(name))
        return config_item_error(error, node, "policies", index,
                                 "a policy's name has 1 to %d of A-Z a-z 0-9 _ . - and is neither "
                                 "'" POLICY_OPT_OUT "' nor 'manual'",
                                 POLICY_NAME_MAX);
    CLEAN(policy_destroy) struct policy *policy = policy_new(name);
    if (policy_select_read(policy, item, error) || read_schedule(policy, item, error) ||
        read_promise(policy, item, error) || policy_retention_read(policy, item, error) ||
        read_workers(&policy->workers, item, error) || read_what(&policy->what, item, error))
        return -1;
    wanted_add_presets(&policy->workers, policies_placement(policies));
    if (policy->workers.count > WANTED_ALL_MAX)
        return config_error(error, item, "workers", "with `placement` it names more than %d labels",
                            WANTED_ALL_MAX);
    read_rest(policy, item);
    policy_seal(policy);
    policies_add(policies, &policy);
    return 0;
}

int
policy_config_read(policies_t **self_p, const struct config_node *node, struct error *error)
{
    CLEAN(policies_destroy) policies_t *self = policies_new();
    size_t count = config_count(node, "policies");
    if (count > POLICIES_MAX)
        return config_error(error, node, "policies", "there are more than %d", POLICIES_MAX);
    if (read_workers(policies_placement(self), config_section(node, "placement"), error))
        return -1;
    for (size_t index = 0; index < count; index++) {
        if (read_policy(self, node, index, error))
            return -1;
    }
    size_t later = 0;
    struct error cause = {0};
    if (policies_check(self, &later, &cause))
        return config_item_error(error, node, "policies", later, "%s", cause.message);
    *self_p = STEAL(self);
    return 0;
}
