#include "worker/set/catalog_set.h"

#include <string.h>

#include "common/clock.h"
#include "common/memory.h"

const char *const catalog_set_tables[] = {"sets",        "attempts",  "jobs", "runs",
                                          "protections", "databases", NULL};

const char *const catalog_set_order[] = {"databases",   "runs", "jobs", "attempts",
                                         "protections", "sets", NULL};

int
catalog_set_is(const struct manifest *manifest)
{
    return manifest->engine && strcmp(manifest->engine, CATALOG_SET_ENGINE) == 0;
}

int
catalog_set_check(const struct manifest *manifest, struct error *error)
{
    for (size_t index = 0; index < manifest->fact_count; index++) {
        const struct manifest_pair *fact = &manifest->facts[index];
        if (strcmp(fact->first, CATALOG_SET_FORMAT_FACT) == 0 &&
            strcmp(fact->second, CATALOG_SET_FORMAT) == 0)
            return 0;
    }
    return error_set(error, ERROR_INVALID,
                     "it is a catalog in another form than " CATALOG_SET_FORMAT
                     ": use a newer dbhaul");
}

char *
catalog_set_text(const struct manifest *manifest)
{
    char ended[CLOCK_TEXT_SIZE];
    clock_format_sql(manifest->ended_unix_ms, ended);
    return memory_format(
        "This folder is dbhaul's own catalog as of %s UTC, one JSON object a row.\n\n"
        "To rebuild a catalog from this store, with what was written since:\n\n"
        "  dbhaul catalog rebuild --from STORE --config /etc/dbhaul/coordinator.yaml\n\n"
        "STORE is where this store is mounted: the folder that holds `dbhaul/`. It is only read.\n"
        "manifest.json holds the digests of all files.\n",
        ended);
}

char *
catalog_set_script(void)
{
    return memory_copy_text("#!/bin/sh\n"
                            "# This set holds no database: RESTORE.txt says what is in it.\n"
                            "echo 'this set is a catalog; see RESTORE.txt' >&2\n"
                            "exit 2\n");
}
