#include "coordinator/protect/protector_config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"
#include "common/secret_password.h"
#include "coordinator/protect/dd_name.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const char *const kinds[] = {"datadomain", "none", NULL};

// clang-format off
static const struct config_key ssh_keys[] = {
    {.name = "host", .type = CONFIG_TEXT, .high = 253,
     .help = "where ssh connects to; nothing: `host` of the Data Domain"},
    {.name = "port", .type = CONFIG_INTEGER, .preset = "22", .low = 1, .high = 65535,
     .help = "where its sshd listens"},
    {.name = "user", .type = CONFIG_TEXT, .high = 64,
     .help = "who logs in by ssh; nothing: `user` of the Data Domain"},
    {.name = "key", .type = CONFIG_TEXT, .high = 4095,
     .help = "file of the private key, without a passphrase, readable by the coordinator alone"},
    {.name = "known_hosts", .type = CONFIG_TEXT, .high = 4095,
     .help = "file with the Data Domain's host key, as ssh-keyscan writes it; no other is accepted"},
    {0}};

const struct config_key protector_keys[] = {
    {.name = "kind", .type = CONFIG_CHOICE, .choices = kinds, .preset = "datadomain",
     .help = "what it is; none: nothing protects what lies there, and no set of it is called protected"},
    {.name = "host", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = 253,
     .help = "its name as stores have it: dd1.example of boostfs:dd1.example:/su1"},
    {.name = "rest", .type = CONFIG_TEXT, .high = 512,
     .help = "URL of its REST interface; nothing: https://HOST:3009"},
    {.name = "ca", .type = CONFIG_TEXT, .high = 4095,
     .help = "file of the authority that signed its certificate; nothing: the system's"},
    {.name = "pin", .type = CONFIG_TEXT, .high = 128,
     .help = "the public key of its certificate instead: sha256//BASE64 (the manual says how to get it)"},
    {.name = "user", .type = CONFIG_TEXT, .preset = "dbhaul", .low = 1, .high = 64,
     .help = "who logs in to REST"},
    {.name = "secret", .type = CONFIG_SECTION, .keys = secret_password_keys, .help = "the user's password"},
    {.name = "ssh", .type = CONFIG_SECTION, .keys = ssh_keys, .help = "how its command line is reached"},
    {.name = "destination", .type = CONFIG_TEXT, .high = 253,
     .help = "the host that a set must have reached to be off-site, where an MTree is replicated to more than one; nothing: all of them"},
    {.name = "mtrees", .type = CONFIG_MAP_TEXT,
     .help = "store: the MTree it is, where that is not /data/col1/STORAGE-UNIT"},
    {.name = "timeout", .type = CONFIG_DURATION, .preset = "1m", .low = SECOND, .high = 30LL * MINUTE,
     .help = "how long one request or command may take"},
    {0}};
// clang-format on

static int
check_mtrees(const struct config_node *entry, struct error *error)
{
    struct error cause;
    for (size_t index = 0; index < config_count(entry, "mtrees"); index++) {
        const char *mtree = config_item_text(entry, "mtrees", index);
        if (dd_name_check("MTree", mtree, PROTECTOR_PATH_SIZE, &cause) || *mtree != '/')
            return config_item_error(
                error, entry, "mtrees", index,
                "an MTree is a path such as /data/col1/su1, of letters, digits "
                "and ._/- only");
    }
    return 0;
}

static int
check_entry(const struct config_node *entry, struct error *error)
{
    struct error cause;
    const struct config_node *ssh = config_section(entry, "ssh");
    const char *rest = config_text(entry, "rest"), *pin = config_text(entry, "pin");
    if (strcmp(config_text(entry, "kind"), "none") == 0)
        return 0;
    if (dd_name_check("host", config_text(entry, "host"), PROTECTOR_NAME_SIZE, &cause))
        return config_error(error, entry, "host", "%s", cause.message);
    if (*rest && strncmp(rest, "https://", 8) != 0)
        return config_error(error, entry, "rest", "a Data Domain's REST is at a https:// URL");
    if (*pin && (strncmp(pin, "sha256//", 8) != 0 || strchr(pin, ';')))
        return config_error(error, entry, "pin",
                            "a pinned key is sha256// and its digest in base64");
    if (!*config_text(config_section(entry, "secret"), "from"))
        return config_error(error, entry, "secret", "say with `from` where the password is");
    if (!*config_text(ssh, "key") || !*config_text(ssh, "known_hosts"))
        return config_error(error, entry, "ssh",
                            "`key` and `known_hosts` are needed: snapshots are made by ssh alone");
    if (strpbrk(config_text(ssh, "known_hosts"), "\"%\n"))
        return config_error(error, ssh, "known_hosts", "no such file name can be given to ssh");
    // ssh takes what is before an @ for the user, and a URL for all of it.
    if (*config_text(ssh, "host") == '-' || strpbrk(config_text(ssh, "host"), "@/% \n"))
        return config_error(error, ssh, "host", "it is the name or the address of a host");
    return secret_password_check(config_section(entry, "secret"), error) ||
                   check_mtrees(entry, error)
               ? -1
               : 0;
}

int
protector_config_check(const struct config_node *node, const char *key, struct error *error)
{
    for (size_t index = 0; index < config_count(node, key); index++) {
        const struct config_node *entry = config_item(node, key, index);
        if (check_entry(entry, error))
            return -1;
        for (size_t other = 0; other < index; other++) {
            const char *host = config_text(config_item(node, key, other), "host");
            if (strcasecmp(host, config_text(entry, "host")) == 0)
                return config_error(error, entry, "host", "two entries are of the host '%s'", host);
        }
    }
    return 0;
}

static int
password_of(const void *context, char **password, struct error *error)
{
    return secret_password_resolve(context, password, error);
}

static const char *
or_else(const char *text, const char *other)
{
    return *text ? text : other;
}

static const char *
or_none(const char *text)
{
    return *text ? text : NULL;
}

void
protector_config_read(const struct config_node *entry, const char *name,
                      struct protector_arguments *arguments, char **rest_url)
{
    const struct config_node *ssh = config_section(entry, "ssh");
    const char *rest = config_text(entry, "rest"), *host = config_text(entry, "host");
    *rest_url = *rest ? memory_copy_text(rest) : memory_format("https://%s:3009", host);
    *arguments = (struct protector_arguments){
        .kind = config_text(entry, "kind"),
        .name = name,
        .host = host,
        .rest_url = *rest_url,
        .ca_file = or_none(config_text(entry, "ca")),
        .pinned_key = or_none(config_text(entry, "pin")),
        .user = config_text(entry, "user"),
        .password = password_of,
        .context = config_section(entry, "secret"),
        .login = {.host = or_else(config_text(ssh, "host"), host),
                  .port = config_integer(ssh, "port"),
                  .user = or_else(config_text(ssh, "user"), config_text(entry, "user")),
                  .key_path = config_text(ssh, "key"),
                  .known_hosts_path = config_text(ssh, "known_hosts")},
        .destination = config_text(entry, "destination"),
        .patience_ms = config_integer(entry, "timeout"),
        .stop_fd = -1,
    };
}

int
protector_config_mtree(const struct config_node *entry, const char *store,
                       char mtree[STORE_PATH_SIZE])
{
    static const char scheme[] = "boostfs:";
    struct error ignored;
    for (size_t index = 0; index < config_count(entry, "mtrees"); index++) {
        if (strcmp(config_item_name(entry, "mtrees", index), store) == 0) {
            snprintf(mtree, STORE_PATH_SIZE, "%s", config_item_text(entry, "mtrees", index));
            return 1;
        }
    }
    const char *host = config_text(entry, "host");
    size_t size = strlen(host);
    if (strncmp(store, scheme, sizeof scheme - 1) != 0)
        return 0;
    const char *rest = store + sizeof scheme - 1;
    if (strncasecmp(rest, host, size) != 0 || strncmp(rest + size, ":/", 2) != 0)
        return 0;
    const char *unit = rest + size + 2;
    if (strlen(unit) + sizeof "/data/col1/" > STORE_PATH_SIZE ||
        dd_name_check("storage unit", unit, STORE_PATH_SIZE, &ignored))
        return 0;
    snprintf(mtree, STORE_PATH_SIZE, "/data/col1/%s", unit);
    return 1;
}
