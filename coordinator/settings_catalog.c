#include "coordinator/settings_catalog.h"

#include <string.h>

#include "common/secret_password.h"
#include "coordinator/catalog/catalog.h"

// In the order of enum catalog_tls.
static const char *const tls_modes[] = {"verify", "on", "off", "auto", NULL};

// clang-format off
static const struct config_key migrator_keys[] = {
    {.name = "user", .type = CONFIG_TEXT, .high = 63,
     .help = "who changes the schema when a newer version starts; nothing: the user of the URL"},
    {.name = "secret", .type = CONFIG_SECTION, .keys = secret_password_keys, .help = "its password"},
    {0}};

const struct config_key catalog_access_keys[] = {
    {.name = "secret", .type = CONFIG_SECTION, .keys = secret_password_keys,
     .help = "the password of the user in the catalog's URL"},
    {.name = "tls", .type = CONFIG_CHOICE, .choices = tls_modes, .preset = "auto",
     .help = "verify: the server's certificate must fit; on: whoever the server is; auto: verify, "
             "but on this host (a socket, a loopback address) TLS is only tried"},
    {.name = "ca", .type = CONFIG_TEXT, .high = 4095,
     .help = "file of the authorities that sign the server's certificate; nothing: the system's"},
    {.name = "migrator", .type = CONFIG_SECTION, .keys = migrator_keys,
     .help = "a user of its own for changes of the schema"},
    {0}};
// clang-format on

static const struct config_node *
rule_of(const struct config_node *access, enum catalog_user user)
{
    if (user == CATALOG_MIGRATOR)
        access = config_section(access, "migrator");
    return config_section(access, "secret");
}

static int
password_of(const void *context, enum catalog_user user, char **password, struct error *error)
{
    return secret_password_resolve(rule_of(context, user), password, error);
}

int
settings_read_catalog(struct settings *self, struct error *error)
{
    struct error cause;
    self->catalog_url = config_text(self->root, "catalog");
    if (catalog_check_url(self->catalog_url, &cause))
        return config_error(error, self->root, "catalog", "%s", cause.message);
    const struct config_node *node = config_section(self->root, "catalog_access");
    if (secret_password_check(rule_of(node, CATALOG_WRITER), error) ||
        secret_password_check(rule_of(node, CATALOG_MIGRATOR), error))
        return -1;
    self->catalog_access = (struct catalog_access){
        .ca_path = config_text(node, "ca"),
        .migrator = config_text(config_section(node, "migrator"), "user"),
        .password = password_of,
        .context = node,
    };
    for (int mode = 0; tls_modes[mode]; mode++) {
        if (strcmp(tls_modes[mode], config_text(node, "tls")) == 0)
            self->catalog_access.tls = (enum catalog_tls)mode;
    }
    return 0;
}
