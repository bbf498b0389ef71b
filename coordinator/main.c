// dbhaul-coordinator: discovers databases, gives jobs to workers, keeps the catalog.

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "common/config.h"
#include "common/log.h"
#include "common/options.h"
#include "common/sock.h"
#include "coordinator/rebuild.h"
#include "coordinator/server.h"

enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2, IO_THREADS = 2, FILES_MAX = 65536 };

// clang-format off
static const struct option_row rows[] = {
    {"config", "FILE", "the configuration (default: /etc/dbhaul/coordinator.yaml)"},
    {"section", "NAME", "the settings are beneath this key of the file"},
    {"endpoint-folder", "DIR", "listen on ipc sockets in this folder instead of the configured ones"},
    {"rebuild-from", "FOLDER", "rebuild an empty catalog from a store that is mounted there, and stop"},
    {"store", "IDENTITY", "with --rebuild-from: what the workers call that store"},
    {"catalog", "NAME", "with --rebuild-from: whose sets, if the store has those of several catalogs"},
    {"no-schedules", NULL, "policies start no runs by themselves, as for `dbhaul once`"},
    {"check-config", NULL, "read the configuration, say what is wrong with it, and stop"},
    {"help-config", NULL, "print the reference of the configuration"},
    {"help", NULL, "print this"},
    {"version", NULL, "print the version"},
    {0}};
// clang-format on

// No core files (they would hold keys), nothing for others to read, signals only by signalfd.
static void
harden(void)
{
    sigset_t signals;
    sigfillset(&signals);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
        setrlimit(RLIMIT_NOFILE, &files);  // one for each worker and operator
    }
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);  // a program that is told something need not read it
    mallopt(M_ARENA_MAX, 1);   // what one actor gives back another one may use: a small process
    umask(077);
    sock_prepare(IO_THREADS);
}

static void
print_doubts(const policies_t *policies)
{
    for (size_t index = 0; index < policies_count(policies); index++) {
        char doubt[POLICY_DOUBT_SIZE];
        if (policy_doubt(policies_at(policies, index), doubt))
            printf("warning: %s\n", doubt);
    }
}

static int
serve(const options_t *options, struct error *error)
{
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(server_destroy) server_t *server = NULL;
    CLEAN(policies_destroy) policies_t *policies = NULL;
    struct settings settings;
    const struct settings_file file = {
        .path = options_value(options, "config", "/etc/dbhaul/coordinator.yaml"),
        .section = options_value(options, "section", ""),
        .endpoint_folder = options_value(options, "endpoint-folder", NULL),
        .ignores_schedules = options_has(options, "no-schedules"),
    };
    if (settings_file_read(&file, &config, &settings, &policies, error))
        return EXIT_USAGE;
    if (options_has(options, "check-config")) {
        print_doubts(policies);
        puts("the configuration is well");
        return EXIT_SUCCESS;
    }
    log_open("dbhaul-coordinator", settings.log_level);
    if (options_has(options, "rebuild-from")) {
        struct rebuild_options rebuild = {.place = options_value(options, "rebuild-from", ""),
                                          .identity = options_value(options, "store", NULL),
                                          .catalog = options_value(options, "catalog", NULL)};
        return rebuild_catalog(&settings, &rebuild, error);
    }
    log_info("version %s starts", DBHAUL_VERSION);
    if (server_open(&server, &file, &settings, &policies, error) || server_run(server, error))
        return error->code == ERROR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
    log_info("stopped");
    return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    harden();
    log_open("dbhaul-coordinator", LOG_LEVEL_INFO);
    if (options_parse(&options, rows, argc, argv, &error) || options_count(options) > 0) {
        log_error("%s; --help tells more",
                  error.code ? error.message : "no arguments are expected");
        return EXIT_USAGE;
    }
    if (options_has(options, "help")) {
        puts("usage: dbhaul-coordinator [--config FILE]");
        options_print_help(rows);
        return EXIT_SUCCESS;
    }
    if (options_has(options, "help-config")) {
        config_print_reference(settings_keys);
        return EXIT_SUCCESS;
    }
    if (options_has(options, "version")) {
        puts("dbhaul-coordinator " DBHAUL_VERSION);
        return EXIT_SUCCESS;
    }
    int status = serve(options, &error);
    if (status)
        log_error("%s", error.message);
    return status;
}
