// The catalog in stores: save it there now, and rebuild one from there.

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/program.h"
#include "coordinator/cli/command.h"

// clang-format off
const struct option_row catalog_rows[] = {
    {"from", "FOLDER", "rebuild: where the store is mounted; it is only read"},
    {"config", "FILE", "rebuild: the coordinator's configuration, which names the catalog\n"
                       "                      (default: /etc/dbhaul/coordinator.yaml)"},
    {"section", "NAME", "rebuild: the settings are beneath this key of the file"},
    {"store", "STORE", "save: where to; rebuild: what the workers here call the store, if it does\n"
                       "                      not say so itself (boostfs:HOST:/UNIT)"},
    {"catalog", "NAME", "rebuild: whose sets, if the store has those of several catalogs"},
    {"wait", NULL, "save: wait until it is there and say what happens"},
    {0}};
// clang-format on

static int
save(struct session *self, struct error *error)
{
    const char *store = options_value(self->options, "store", NULL);
    if (!store)
        return error_set(error, ERROR_CONFIG,
                         "--store STORE is needed; `dbhaul workers` shows what they are called");
    Wire__SubmitSaveCatalog wish = WIRE__SUBMIT_SAVE_CATALOG__INIT;
    wish.store = client_lend(store);
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_SAVE_CATALOG;
    what.save_catalog = &wish;
    return submit_run(self, &what, error);
}

// The coordinator's program has the catalog; it becomes this process.
static int
rebuild(struct session *self, struct error *error)
{
    static const struct {
        const char *option, *theirs;
    } options[] = {{"from", "--rebuild-from"},
                   {"config", "--config"},
                   {"section", "--section"},
                   {"store", "--store"},
                   {"catalog", "--catalog"}};
    CLEAN(memory_free) char *path = NULL;
    char *argv[2 * sizeof options / sizeof *options + 2] = {0};
    size_t count = 1;
    if (!options_has(self->options, "from"))
        return error_set(error, ERROR_CONFIG,
                         "--from FOLDER is needed: where the store is mounted");
    if (program_find("dbhaul-coordinator", &path, error))
        return -1;
    argv[0] = path;
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        const char *value = options_value(self->options, options[index].option, NULL);
        if (!value)
            continue;
        argv[count++] = client_lend(options[index].theirs);
        argv[count++] = client_lend(value);
    }
    fflush(stdout);
    execv(path, argv);
    return error_set(error, ERROR_UNAVAILABLE, "cannot start '%s': %s", path, strerror(errno));
}

int
catalog_run(struct session *self, struct error *error)
{
    const char *verb = options_argument(self->options, 0);
    if (command_expect(self, 1, 1, error))
        return -1;
    if (strcmp(verb, "save") == 0)
        return save(self, error);
    if (strcmp(verb, "rebuild") == 0)
        return rebuild(self, error);
    return error_set(error, ERROR_CONFIG, "usage: dbhaul catalog %s", self->command->arguments);
}
