// dbhaul-worker: the daemon, and the same program in the roles of its children.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/key.h"
#include "common/log.h"
#include "common/options.h"
#include "common/sock.h"
#include "worker/agent.h"
#include "worker/inventory.h"
#include "worker/settings.h"
#include "worker/store/store.h"
#include "worker/survey.h"
#include "worker/task.h"

static const char preset_config[] = "/etc/dbhaul/worker.yaml";

static const struct option_row rows[] = {
    {"config", "FILE", "the configuration (default: /etc/dbhaul/worker.yaml)"},
    {"section", "NAME", "the settings stand beneath this key of the file"},
    {"endpoint-folder", "DIR", "the coordinator listens in this folder (dbhaul once)"},
    {"check-config", NULL, "only say whether the configuration is right"},
    {"help-config", NULL, "list all keys of the configuration"},
    {"create-store", "FOLDER", "only make this folder a store of kind directory"},
    {"inventory", "FOLDER", "internal: tell what a store that is mounted there holds"},
    {"store", "IDENTITY", "with --inventory: what the store is called"},
    {"catalog", "NAME", "with --inventory: whose sets"},
    {"task", NULL, "internal: do one job"},
    {"survey", NULL, "internal: look at tools and stores"},
    {"survey-stores", NULL, "internal: look at stores"},
    {"help", NULL, "this text"},
    {"version", NULL, "the version"},
    {0}};

enum { EXIT_CONFIG = 2, NOFILE = 4096 };

// Secrets pass through this process: no core file, no debugger of other users, nothing readable.
static void
harden(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
}

static int
fail(const struct error *error)
{
    log_error("%s", error->message);
    return error->code == ERROR_CONFIG ? EXIT_CONFIG : EXIT_FAILURE;
}

// The message comes on descriptor 0 and the answers go out on 1; whatever else writes there by
// mistake must not get between.
static int
run_child(const struct settings *settings, const options_t *options)
{
    CLEAN(fd_close) int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    CLEAN(fd_close) int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    CLEAN(fd_close) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct error error = {0};
    if (input < 0 || output < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
        dup2(null_fd, STDOUT_FILENO) < 0) {
        error_set(&error, ERROR_UNAVAILABLE, "cannot set up descriptors: %s", strerror(errno));
        return fail(&error);
    }
    if (options_has(options, "task"))
        return task_run(settings, input, output);
    if (survey_run(settings, options_has(options, "survey"), output, &error))
        return fail(&error);
    return EXIT_SUCCESS;
}

static void
allow_descriptors(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) || now.rlim_cur >= NOFILE)
        return;
    now.rlim_cur = now.rlim_max < NOFILE ? now.rlim_max : NOFILE;
    setrlimit(RLIMIT_NOFILE, &now);
}

// How this program is started again as a child, which reads the same configuration.
static void
fill_command(const options_t *options, const char *command[8])
{
    size_t count = 0;
    command[count++] = "/proc/self/exe";
    command[count++] = "--config";
    command[count++] = options_value(options, "config", preset_config);
    if (options_has(options, "section")) {
        command[count++] = "--section";
        command[count++] = options_value(options, "section", NULL);
    }
    if (options_has(options, "endpoint-folder")) {
        command[count++] = "--endpoint-folder";
        command[count++] = options_value(options, "endpoint-folder", NULL);
    }
    command[count] = NULL;
}

static int
run_daemon(const struct settings *settings, const options_t *options)
{
    // Before any thread and any call of czmq.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sock_prepare(1);
    allow_descriptors();

    const char *command[8];
    fill_command(options, command);
    struct error error = {0};
    CLEAN(fd_close) int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    CLEAN(agent_destroy) agent_t *agent = NULL;
    if (signals < 0) {
        error_set(&error, ERROR_UNAVAILABLE, "cannot watch for signals: %s", strerror(errno));
        return fail(&error);
    }
    if (agent_open(&agent, settings, command, &error))
        return fail(&error);
    log_info("worker '%s' version %s starts", settings->name, DBHAUL_VERSION);
    if (agent_run(agent, signals, &error)) {
        fail(&error);
        _exit(EXIT_FAILURE);  // what cannot be killed cannot be waited for
    }
    log_info("worker '%s' ends", settings->name);
    return EXIT_SUCCESS;
}

static int
run(const options_t *options)
{
    struct error error = {0};
    if (options_has(options, "create-store")) {
        if (store_create(options_value(options, "create-store", ""), &error))
            return fail(&error);
        return EXIT_SUCCESS;
    }
    if (options_has(options, "inventory")) {
        struct inventory_options inventory = {.place = options_value(options, "inventory", ""),
                                              .identity = options_value(options, "store", NULL),
                                              .catalog = options_value(options, "catalog", NULL)};
        return inventory_run(&inventory, STDOUT_FILENO, &error) ? fail(&error) : EXIT_SUCCESS;
    }
    CLEAN(settings_destroy) struct settings *settings = NULL;
    if (settings_read(&settings, options_value(options, "config", preset_config),
                      options_value(options, "section", NULL),
                      options_value(options, "endpoint-folder", NULL), &error))
        return fail(&error);
    log_open("dbhaul-worker", settings->log_level);
    if (options_has(options, "check-config")) {
        CLEAN(key_clear) struct key_pair key = {0};
        if (*settings->key_path && key_read(&key, settings->key_path, &error))
            return fail(&error);
        printf("'%s' is right\n", options_value(options, "config", preset_config));
        return EXIT_SUCCESS;
    }
    if (options_has(options, "task") || options_has(options, "survey") ||
        options_has(options, "survey-stores"))
        return run_child(settings, options);
    return run_daemon(settings, options);
}

int
main(int argc, char **argv)
{
    harden();
    log_open("dbhaul-worker", LOG_LEVEL_INFO);
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    if (options_parse(&options, rows, argc, argv, &error))
        return fail(&error);
    if (options_count(options) > 0) {
        error_set(&error, ERROR_CONFIG, "'%s' is one argument too many: see --help",
                  options_argument(options, 0));
        return fail(&error);
    }
    if (options_has(options, "help")) {
        printf("dbhaul-worker: backs up and restores databases for a coordinator\n\n");
        options_print_help(rows);
        return EXIT_SUCCESS;
    }
    if (options_has(options, "version")) {
        printf("dbhaul-worker %s\n", DBHAUL_VERSION);
        return EXIT_SUCCESS;
    }
    if (options_has(options, "help-config")) {
        settings_print_reference();
        return EXIT_SUCCESS;
    }
    return run(options);
}
