#include "coordinator/settings.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/discovery/arguments.h"
#include "coordinator/limits_config.h"
#include "coordinator/notify_config.h"
#include "coordinator/policy_config.h"
#include "coordinator/protect/protector_config.h"
#include "coordinator/settings_catalog.h"
#include "coordinator/settings_protect.h"
#include "coordinator/settings_saving.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
};

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

// clang-format off
static const struct config_key endpoint_keys[] = {
    {.name = "workers", .type = CONFIG_TEXT, .high = 255,
     .help = "tcp endpoint for workers, tcp://ADDRESS:PORT; needs `key` and `allow`"},
    {.name = "operators", .type = CONFIG_TEXT, .high = 255,
     .help = "tcp endpoint for operators; needs `key` and `allow`"},
    {.name = "local_workers", .type = CONFIG_TEXT, .preset = "ipc:///run/dbhaul/workers.ipc",
     .high = 107, .help = "ipc endpoint for workers on this host; who may open the file may connect"},
    {.name = "local_operators", .type = CONFIG_TEXT, .preset = "ipc:///run/dbhaul/operator.ipc",
     .high = 107, .help = "ipc endpoint for operators on this host"},
    {0}};

static const struct config_key backup_keys[] = {
    {.name = "store", .type = CONFIG_TEXT, .high = 255,
     .help = "identity of the store that sets go to, as `dbhaul workers` shows it "
             "(boostfs:dd1.example:/su1); nothing: the first one of the worker that takes the job"},
    {.name = "password_hashes", .type = CONFIG_BOOLEAN, .preset = "false",
     .help = "capture what the source keeps of passwords, too"},
    {.name = "room", .type = CONFIG_INTEGER, .preset = "110", .low = 0, .high = 1000,
     .help = "a backup whose store has less room than so many percent of the database's last set "
             "waits; 0: nobody looks"},
    {.name = "room_of_boostfs", .type = CONFIG_BOOLEAN, .preset = "false",
     .help = "count what a BoostFS mount says is free, too, and not only the MTree's quota; sets "
             "take less there than they have bytes"},
    {.name = "time_limit", .type = CONFIG_DURATION, .preset = "12h", .low = SECOND, .high = 14LL * DAY,
     .help = "how long one attempt may take"},
    {0}};

static const struct config_key retry_keys[] = {
    {.name = "failures", .type = CONFIG_INTEGER, .preset = "3", .low = 1, .high = 100,
     .help = "attempts that may fail for a passing reason before the job has failed"},
    {.name = "delay", .type = CONFIG_DURATION, .preset = "1m", .high = DAY,
     .help = "longest wait before the second attempt; doubled for each further one"},
    {.name = "delay_max", .type = CONFIG_DURATION, .preset = "30m", .high = DAY,
     .help = "longest wait of all"},
    {.name = "defer", .type = CONFIG_DURATION, .preset = "15m", .high = DAY,
     .help = "wait if the database is in a state that will pass"},
    {.name = "defers", .type = CONFIG_INTEGER, .preset = "16", .low = 1, .high = 1000,
     .help = "how often a job may be deferred"},
    {0}};

static const struct config_key timer_keys[] = {
    {.name = "lease", .type = CONFIG_DURATION, .preset = "120s", .low = 500, .high = HOUR,
     .help = "an attempt that no beat mentions for this long is lost"},
    {.name = "beat", .type = CONFIG_DURATION, .preset = "10s", .low = 50, .high = 10LL * MINUTE,
     .help = "how often workers are told that the coordinator lives"},
    {.name = "worker_lost", .type = CONFIG_DURATION, .preset = "45s", .low = 200, .high = HOUR,
     .help = "a worker that is silent for this long gets no more jobs"},
    {.name = "placement", .type = CONFIG_DURATION, .preset = "10m", .high = 7LL * DAY,
     .help = "a job that no connected worker could take fails after this long"},
    {.name = "discover", .type = CONFIG_DURATION, .preset = "15m", .low = SECOND, .high = 7LL * DAY,
     .help = "how often the providers are asked"},
    {0}};

const struct config_key settings_keys[] = {
    {.name = "catalog", .type = CONFIG_TEXT, .preset = "sqlite:/var/lib/dbhaul/catalog.db", .low = 1,
     .high = 4095, .help = "where the catalog is: sqlite:/PATH, mysql://USER@HOST:PORT/DATABASE or "
     "postgres://USER@HOST:PORT/DATABASE (?socket=/PATH instead of a host)"},
    {.name = "catalog_access", .type = CONFIG_SECTION, .keys = catalog_access_keys,
     .help = "how a catalog on a server is reached"},
    {.name = "endpoints", .type = CONFIG_SECTION, .keys = endpoint_keys,
     .help = "where workers and operators connect"},
    {.name = "key", .type = CONFIG_TEXT, .high = 4095,
     .help = "the coordinator's CURVE key, made by `dbhaul keygen`; without it there is no tcp"},
    {.name = "allow", .type = CONFIG_TEXT, .high = 4095,
     .help = "the allow-list: public keys of workers and operators"},
    {.name = "providers", .type = CONFIG_LIST, .keys = arguments_keys, .help = "what lists databases"},
    {.name = "backup", .type = CONFIG_SECTION, .keys = backup_keys,
     .help = "what holds for backups of which no policy says otherwise"},
    {.name = "policies", .type = CONFIG_MAP, .keys = policy_keys, .high = POLICIES_MAX,
     .help = "by name: which databases are backed up how"},
    {.name = "placement", .type = CONFIG_SECTION, .keys = placement_keys,
     .help = "which workers take what, where a policy says nothing of that label"},
    {.name = "protect", .type = CONFIG_SECTION, .keys = protect_keys,
     .help = "when snapshots are taken of what holds the sets, and what is wanted of them"},
    {.name = "save_catalog", .type = CONFIG_SECTION, .keys = saving_keys,
     .help = "the catalog itself, which is written into the stores after runs"},
    {.name = "datadomains", .type = CONFIG_MAP, .keys = protector_keys, .high = PROTECTORS_MAX,
     .help = "by name: the Data Domains that hold the sets, and how to reach them"},
    {.name = "expire", .type = CONFIG_SECTION, .keys = expire_keys,
     .help = "when sets go that no policy keeps any more"},
    {.name = "limits", .type = CONFIG_SECTION, .keys = limits_keys, .help = "how much at once"},
    {.name = "notify", .type = CONFIG_SECTION, .keys = notify_keys,
     .help = "who is told of what goes wrong, and how"},
    {.name = "retry", .type = CONFIG_SECTION, .keys = retry_keys, .help = "what is tried again, and when"},
    {.name = "timers", .type = CONFIG_SECTION, .keys = timer_keys, .help = "waits and leases"},
    {.name = "log", .type = CONFIG_CHOICE, .choices = log_levels, .preset = "info",
     .help = "how much is logged"},
    {0}};

static const struct config_key both_keys[] = {
    {.name = "coordinator", .type = CONFIG_SECTION, .required = 1, .keys = settings_keys,
     .help = "the coordinator's settings"},
    {.name = "worker", .type = CONFIG_ANY, .help = "the worker's settings, which it reads itself"},
    {0}};
// clang-format on

const struct config_key *
settings_table(const char *section)
{
    return *section ? both_keys : settings_keys;
}

static int
read_endpoints(struct settings *self, const char *endpoint_folder, struct error *error)
{
    const struct config_node *node = config_section(self->root, "endpoints");
    self->workers_tcp = config_text(node, "workers");
    self->operators_tcp = config_text(node, "operators");
    int length = 0;
    if (endpoint_folder) {
        length = snprintf(self->workers_ipc, sizeof self->workers_ipc, "ipc://%s/workers.ipc",
                          endpoint_folder);
        snprintf(self->operators_ipc, sizeof self->operators_ipc, "ipc://%s/operator.ipc",
                 endpoint_folder);
    } else {
        snprintf(self->workers_ipc, sizeof self->workers_ipc, "%s",
                 config_text(node, "local_workers"));
        snprintf(self->operators_ipc, sizeof self->operators_ipc, "%s",
                 config_text(node, "local_operators"));
    }
    if (length >= (int)sizeof self->workers_ipc)
        return error_set(error, ERROR_CONFIG, "the folder '%.100s...' has too long a name",
                         endpoint_folder);
    int needs_keys = *self->workers_tcp || *self->operators_tcp;
    if (needs_keys && !*self->key_path)
        return config_error(error, self->root, "endpoints",
                            "a tcp endpoint needs `key`: make one with `dbhaul keygen`");
    if (needs_keys && !*self->allow_path)
        return config_error(error, self->root, "endpoints",
                            "a tcp endpoint needs `allow`, the list of keys that may connect");
    return 0;
}

static int
read_providers(const struct settings *self, struct error *error)
{
    for (size_t index = 0; index < config_count(self->root, "providers"); index++) {
        const struct config_node *node = config_item(self->root, "providers", index);
        if (arguments_check(node, error))
            return -1;
        for (size_t other = 0; other < index; other++) {
            if (strcmp(config_text(node, "name"),
                       config_text(config_item(self->root, "providers", other), "name")) == 0)
                return config_error(error, node, "name", "two providers have the same name '%s'",
                                    config_text(node, "name"));
        }
    }
    return 0;
}

static void
read_timers(struct settings *self)
{
    const struct config_node *retry = config_section(self->root, "retry");
    self->retry = (struct retry_rules){
        .failures_max = config_integer(retry, "failures"),
        .delay_ms = config_integer(retry, "delay"),
        .delay_max_ms = config_integer(retry, "delay_max"),
        .defer_ms = config_integer(retry, "defer"),
        .defers_max = config_integer(retry, "defers"),
    };
    const struct config_node *timers = config_section(self->root, "timers");
    self->lease_ms = config_integer(timers, "lease");
    self->beat_ms = config_integer(timers, "beat");
    self->worker_lost_ms = config_integer(timers, "worker_lost");
    self->placement_ms = config_integer(timers, "placement");
    self->discover_every_ms = config_integer(timers, "discover");
}

int
settings_read(struct settings *self, const config_t *config, const char *section,
              const char *endpoint_folder, struct error *error)
{
    *self = (struct settings){.config = config, .root = config_root(config)};
    if (*section)
        self->root = config_section(self->root, section);
    self->key_path = config_text(self->root, "key");
    self->allow_path = config_text(self->root, "allow");

    const struct config_node *backup = config_section(self->root, "backup");
    self->store = config_text(backup, "store");
    self->password_hashes = (int)config_integer(backup, "password_hashes");
    self->time_limit_ms = config_integer(backup, "time_limit");
    self->room_percent = config_integer(backup, "room");
    self->is_free_counted = (int)config_integer(backup, "room_of_boostfs");
    read_timers(self);
    settings_read_saving(self);
    if (log_level_parse(config_text(self->root, "log"), &self->log_level))
        return config_error(error, self->root, "log", "unknown level");
    if (self->beat_ms * 2 > self->worker_lost_ms)
        return config_error(error, self->root, "timers",
                            "`worker_lost` must be at least twice `beat`");
    if (limits_config_check(config_section(self->root, "limits"), error) ||
        notify_config_check(config_section(self->root, "notify"), error) ||
        settings_read_catalog(self, error) || settings_read_protect(self, error) ||
        read_endpoints(self, endpoint_folder, error))
        return -1;
    return read_providers(self, error);
}
