// Makes a pair of CURVE keys.

#include <stdio.h>

#include "common/key.h"
#include "coordinator/cli/command.h"

int
keygen_run(struct session *self, struct error *error)
{
    if (command_expect(self, 1, 1, error))
        return -1;
    const char *name = options_argument(self->options, 0);
    struct key_pair pair;
    int status = key_generate(&pair, error) || key_write(&pair, name, error) ? -1 : STATUS_WELL;
    if (status == STATUS_WELL && self->is_json)
        printf("[{\"public\":\"%s\"}]\n", pair.public_text);  // Z85 has no quotes
    else if (status == STATUS_WELL)
        printf("secret key: %s.key (keep it where it is used, readable by its owner only)\n"
               "public key: %s.pub (for the allow-list or --server-key): %s\n",
               name, name, pair.public_text);
    key_clear(&pair);
    return status;
}
