#include "coordinator/discovery/provider.h"

#include <stdio.h>
#include <string.h>

static const struct provider_ops *const kinds[] = {
    &provider_file_ops,
    &provider_aws_ops,
};

int
provider_open(provider_t **self_p, const struct provider_arguments *arguments, struct error *error)
{
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (strcmp(kinds[index]->kind, arguments->kind) != 0)
            continue;
        if (kinds[index]->open(self_p, arguments, error))
            return -1;
        snprintf((*self_p)->name, PROVIDER_NAME_SIZE, "%s:%s", arguments->kind, arguments->name);
        return 0;
    }
    return error_set(error, ERROR_CONFIG, "no provider is called '%s'", arguments->kind);
}

void
provider_destroy(provider_t **self_p)
{
    if (*self_p)
        (*self_p)->ops->destroy(self_p);
}

int
provider_list(provider_t *self, struct finding_list *found, int stop_fd, struct error *error)
{
    return self->ops->list(self, found, stop_fd, error);
}

const char *
provider_name(const provider_t *self)
{
    return self->name;
}
