#include "coordinator/notify_config.h"

#include <fnmatch.h>
#include <string.h>
#include <syslog.h>

#include "common/secret_password.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
};

#define RECOVERED "recovered"
#define EVENTS "failure, partial, overdue, unprotected, protection, jump, " RECOVERED

static const char *const channel_kinds[] = {"command", "webhook", "syslog", NULL};
static const char *const facilities[] = {"user",   "daemon", "local0", "local1", "local2", "local3",
                                         "local4", "local5", "local6", "local7", NULL};
static const int facility_codes[] = {LOG_USER,   LOG_DAEMON, LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2,
                                     LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

// clang-format off
static const struct config_key target_keys[] = {
    {.name = "kind", .type = CONFIG_CHOICE, .required = 1, .choices = channel_kinds,
     .help = "how the message gets there"},
    {.name = "on", .type = CONFIG_TEXTS, .high = OUTAGE_KINDS + 1, .low = 1,
     .help = "of what: " EVENTS "; nothing said: of all"},
    {.name = "policies", .type = CONFIG_TEXTS, .high = CHANNEL_ITEMS_MAX, .low = 1,
     .help = "only of databases whose policy has a name like one of these patterns"},
    {.name = "time_limit", .type = CONFIG_DURATION, .preset = "30s", .low = 100, .high = 10LL * MINUTE,
     .help = "how long one try may take"},
    {.name = "give_up", .type = CONFIG_DURATION, .preset = "24h", .low = SECOND, .high = 30LL * DAY,
     .help = "how long a message is tried"},
    {.name = "command", .type = CONFIG_TEXTS, .high = CHANNEL_ITEMS_MAX, .low = 1,
     .help = "command: the program's absolute path and its arguments; no shell sees them"},
    {.name = "from", .type = CONFIG_TEXT, .high = 320,
     .help = "command: the sender, if the message is to be a mail"},
    {.name = "to", .type = CONFIG_TEXTS, .high = CHANNEL_ITEMS_MAX, .low = 1,
     .help = "command: who gets the mail; nothing said: the message has no headers"},
    {.name = "url", .type = CONFIG_TEXT, .high = 2000, .help = "webhook: where the JSON is posted to"},
    {.name = "ca", .type = CONFIG_TEXT, .high = 4095,
     .help = "webhook: file of the authorities that sign its certificate; nothing: the system's"},
    {.name = "secret", .type = CONFIG_SECTION, .keys = secret_password_keys,
     .help = "webhook: what the signature is made with, at least 16 bytes"},
    {.name = "facility", .type = CONFIG_CHOICE, .choices = facilities, .preset = "daemon",
     .help = "syslog: the facility"},
    {.name = "path", .type = CONFIG_TEXT, .preset = "/dev/log", .low = 1, .high = 107,
     .help = "syslog: the socket"},
    {0}};

const struct config_key notify_keys[] = {
    {.name = "gather", .type = CONFIG_DURATION, .preset = "2m", .low = 0, .high = DAY,
     .help = "how long failures of one cause gather before they are told"},
    {.name = "remind", .type = CONFIG_DURATION, .preset = "24h", .low = MINUTE, .high = 30LL * DAY,
     .help = "how often an outage is told again while it lasts"},
    {.name = "targets", .type = CONFIG_MAP, .keys = target_keys, .high = TARGETS_MAX,
     .help = "by name: who is told"},
    {0}};

static const struct {
    const char *key, *kind;
} owners[] = {{"command", "command"}, {"from", "command"}, {"to", "command"}, {"url", "webhook"},
              {"ca", "webhook"}, {"secret", "webhook"}, {"facility", "syslog"}, {"path", "syslog"}};
// clang-format on

// ---- checking

static int
check_events(const struct config_node *node, struct error *error)
{
    for (size_t index = 0; index < config_count(node, "on"); index++) {
        enum outage_kind kind;
        const char *event = config_item_text(node, "on", index);
        if (outage_kind_parse(event, &kind) && strcmp(event, RECOVERED) != 0)
            return config_item_error(error, node, "on", index, "'%.40s' is none of " EVENTS, event);
    }
    return 0;
}

// A key of another kind would have no effect.
static int
check_keys(const struct config_node *node, const char *kind, struct error *error)
{
    for (size_t index = 0; index < sizeof owners / sizeof *owners; index++) {
        if (config_has(node, owners[index].key) && strcmp(owners[index].kind, kind) != 0)
            return config_error(error, node, owners[index].key, "it is for targets of kind '%s'",
                                owners[index].kind);
    }
    return 0;
}

static void
read_texts(const struct config_node *node, const char *key,
           const char *texts[CHANNEL_ITEMS_MAX + 1])
{
    size_t count = config_count(node, key);
    for (size_t index = 0; index < count && index < CHANNEL_ITEMS_MAX; index++)
        texts[index] = config_item_text(node, key, index);
}

static void
read_place(const struct config_node *node, struct channel_place *place)
{
    const char *facility = config_text(node, "facility");
    *place = (struct channel_place){.from = config_text(node, "from"),
                                    .url = config_text(node, "url"),
                                    .ca = config_text(node, "ca"),
                                    .secret = config_section(node, "secret"),
                                    .path = config_text(node, "path"),
                                    .time_limit_ms = config_integer(node, "time_limit")};
    read_texts(node, "command", place->command);
    read_texts(node, "to", place->to);
    for (size_t index = 0; facilities[index]; index++) {
        if (strcmp(facilities[index], facility) == 0)
            place->facility = facility_codes[index];
    }
}

// Names stand in the catalog and on command lines, and blanks part them there.
static int
is_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_.-";
    return *name && strlen(name) <= TARGET_NAME_MAX && strspn(name, letters) == strlen(name) &&
           *name != '-';
}

static int
check_target(const struct config_node *node, size_t index, struct error *error)
{
    struct error cause = {0};
    struct channel_place place;
    const struct config_node *item = config_item(node, "targets", index);
    const char *kind = config_text(item, "kind");
    if (!is_name(config_item_name(node, "targets", index)))
        return config_item_error(error, node, "targets", index,
                                 "a target's name has 1 to %d of A-Z a-z 0-9 _ . -",
                                 TARGET_NAME_MAX);
    if (check_events(item, error) || check_keys(item, kind, error))
        return -1;
    read_place(item, &place);
    if (channel_find(kind)->check(&place, &cause))
        return config_item_error(error, node, "targets", index, "%s", cause.message);
    return 0;
}

int
notify_config_check(const struct config_node *node, struct error *error)
{
    for (size_t index = 0; index < config_count(node, "targets"); index++) {
        if (check_target(node, index, error))
            return -1;
    }
    return 0;
}

// ---- reading

static void
read_events(const struct config_node *node, struct target *target)
{
    size_t count = config_count(node, "on");
    target->wants_recovered = count == 0;
    for (enum outage_kind kind = 0; kind < OUTAGE_KINDS; kind++)
        target->wants[kind] = count == 0;
    for (size_t index = 0; index < count; index++) {
        enum outage_kind kind;
        if (outage_kind_parse(config_item_text(node, "on", index), &kind))
            target->wants_recovered = 1;
        else
            target->wants[kind] = 1;
    }
}

void
notify_config_read(const struct config_node *node, struct notify_config *config)
{
    *config = (struct notify_config){.gather_ms = config_integer(node, "gather"),
                                     .remind_ms = config_integer(node, "remind"),
                                     .count = config_count(node, "targets")};
    for (size_t index = 0; index < config->count; index++) {
        struct target *target = &config->targets[index];
        target->node = config_item(node, "targets", index);
        target->name = config_item_name(node, "targets", index);
        target->ops = channel_find(config_text(target->node, "kind"));
        target->give_up_ms = config_integer(target->node, "give_up");
        read_place(target->node, &target->place);
        read_events(target->node, target);
    }
}

int
target_has_policy(const struct target *target, const char *policy)
{
    size_t count = config_count(target->node, "policies");
    for (size_t index = 0; index < count; index++) {
        if (fnmatch(config_item_text(target->node, "policies", index), policy, 0) == 0)
            return 1;
    }
    return count == 0;
}
