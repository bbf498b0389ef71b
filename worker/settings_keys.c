#include "worker/settings_keys.h"

#include "common/secret.h"
#include "worker/settings.h"

static const char *const store_kinds[] = {"directory", "boostfs", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

static const struct config_key coordinator_keys[] = {
    {.name = "endpoint",
     .type = CONFIG_TEXT,
     .required = 1,
     .low = 1,
     .high = 255,
     .help = "where it listens for workers: tcp://HOST:PORT or ipc://PATH"},
    {.name = "server_key",
     .type = CONFIG_TEXT,
     .high = 4095,
     .help = "its public key, or the file with it; needed for tcp"},
    {0}};

static const struct config_key store_keys[] = {
    {.name = "kind",
     .type = CONFIG_CHOICE,
     .required = 1,
     .choices = store_kinds,
     .help = "boostfs: a mounted BoostFS, checked to be one; directory: any file system"},
    {.name = "place",
     .type = CONFIG_TEXT,
     .required = 1,
     .low = 1,
     .high = 511,
     .help = "the folder where it is mounted here"},
    {.name = "source",
     .type = CONFIG_TEXT,
     .high = 200,
     .help = "boostfs: what must be mounted there, DATA-DOMAIN:/STORAGE-UNIT"},
    {0}};

static const struct config_key tools_keys[] = {
    {.name = "folders",
     .type = CONFIG_TEXTS,
     .help = "folders with the vendors' tools, looked in before the usual ones"},
    {0}};

static const struct config_key authority_keys[] = {
    {.name = "servers",
     .type = CONFIG_TEXTS,
     .required = 1,
     .help = "patterns of HOST:PORT that these authorities are for"},
    {.name = "ca",
     .type = CONFIG_TEXT,
     .required = 1,
     .low = 1,
     .high = 4095,
     .help = "file of certificate authorities (PEM)"},
    {0}};

static const struct config_key tls_keys[] = {
    {.name = "ca",
     .type = CONFIG_TEXT,
     .high = 4095,
     .help = "file of certificate authorities (PEM) for all other servers; default: the system's"},
    {.name = "authorities",
     .type = CONFIG_LIST,
     .keys = authority_keys,
     .help = "authorities for some servers only; the first that fits counts"},
    {.name = "unverified",
     .type = CONFIG_TEXTS,
     .help = "patterns of HOST:PORT whose certificate need not be verified"},
    {0}};

static const struct config_key restore_keys[] = {
    {.name = "targets",
     .type = CONFIG_TEXTS,
     .help = "patterns of HOST:PORT that may be restored into; none unless listed"},
    {0}};

static const struct config_key timer_keys[] = {
    {.name = "beat",
     .type = CONFIG_DURATION,
     .preset = "10s",
     .low = 50,
     .high = 60000,
     .help = "how often the coordinator hears what runs here"},
    {.name = "silence",
     .type = CONFIG_DURATION,
     .preset = "35s",
     .low = 200,
     .high = 600000,
     .help = "a coordinator silent for so long is given up, the next one tried"},
    {.name = "reconnect_max",
     .type = CONFIG_DURATION,
     .preset = "60s",
     .low = 100,
     .high = 600000,
     .help = "the longest pause between two attempts to connect"},
    {.name = "done_resend",
     .type = CONFIG_DURATION,
     .preset = "30s",
     .low = 100,
     .high = 600000,
     .help = "how often a result is sent until it is acknowledged"},
    {.name = "progress",
     .type = CONFIG_DURATION,
     .preset = "2s",
     .low = 50,
     .high = 60000,
     .help = "how often a job says how far it is"},
    {.name = "kill_grace",
     .type = CONFIG_DURATION,
     .preset = "10s",
     .low = 100,
     .high = 600000,
     .help = "from asking a job to stop until it is killed"},
    {.name = "survey",
     .type = CONFIG_DURATION,
     .preset = "60s",
     .low = 200,
     .high = 3600000,
     .help = "how often tools, mounts and room are looked at"},
    {0}};

static const struct config_key limit_keys[] = {
    {.name = "memory",
     .type = CONFIG_SIZE,
     .preset = "0",
     .high = INT64_MAX,
     .help = "address space of each process of a job; 0: no limit"},
    {.name = "file",
     .type = CONFIG_SIZE,
     .preset = "0",
     .high = INT64_MAX,
     .help = "size of each file that a job writes; 0: no limit"},
    {0}};

const struct config_key settings_keys[] = {
    {.name = "name",
     .type = CONFIG_TEXT,
     .high = SETTINGS_NAME_MAX,
     .help = "what people call this worker; default: the host's name"},
    {.name = "coordinators",
     .type = CONFIG_LIST,
     .keys = coordinator_keys,
     .help = "coordinators, tried in turn"},
    {.name = "key",
     .type = CONFIG_TEXT,
     .high = 4095,
     .help = "this worker's key file (dbhaul keygen); needed for tcp"},
    {.name = "state",
     .type = CONFIG_TEXT,
     .high = 511,
     .help = "folder for what must outlive the daemon; default: /var/lib/dbhaul-worker"},
    {.name = "slots",
     .type = CONFIG_INTEGER,
     .preset = "2",
     .low = 1,
     .high = SETTINGS_SLOTS_MAX,
     .help = "jobs at once"},
    {.name = "labels",
     .type = CONFIG_MAP_TEXT,
     .help = "NAME: TEXT, for the coordinator to place jobs by"},
    {.name = "stores",
     .type = CONFIG_LIST,
     .keys = store_keys,
     .required = 1,
     .help = "where sets rest"},
    {.name = "secrets",
     .type = CONFIG_MAP,
     .keys = secret_keys,
     .help = "by name: where each secret comes from, and to which servers it may be sent"},
    {.name = "tools", .type = CONFIG_SECTION, .keys = tools_keys, .help = "the vendors' tools"},
    {.name = "tls", .type = CONFIG_SECTION, .keys = tls_keys, .help = "TLS to databases"},
    {.name = "restore", .type = CONFIG_SECTION, .keys = restore_keys, .help = "restores"},
    {.name = "timers", .type = CONFIG_SECTION, .keys = timer_keys, .help = "times"},
    {.name = "limits", .type = CONFIG_SECTION, .keys = limit_keys, .help = "limits of a job"},
    {.name = "log",
     .type = CONFIG_CHOICE,
     .preset = "info",
     .choices = log_levels,
     .help = "how much is logged"},
    {0}};

// The file of `dbhaul once` holds both daemons' settings.
const struct config_key settings_once_keys[] = {
    {.name = "worker",
     .type = CONFIG_SECTION,
     .required = 1,
     .keys = settings_keys,
     .help = "the worker's settings"},
    {.name = "coordinator", .type = CONFIG_ANY, .help = "the coordinator's settings"},
    {0}};
