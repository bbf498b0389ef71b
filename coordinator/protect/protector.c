#include "coordinator/protect/protector.h"

#include <string.h>

static const struct protector_ops *const kinds[] = {&protector_datadomain_ops, &protector_none_ops,
                                                    NULL};

static const struct protector_ops *
find(const char *kind)
{
    for (size_t index = 0; kinds[index]; index++) {
        if (strcmp(kinds[index]->kind, kind) == 0)
            return kinds[index];
    }
    return NULL;
}

int
protector_knows(const char *kind)
{
    return find(kind) != NULL;
}

int
protector_open(protector_t **self_p, const struct protector_arguments *arguments,
               struct error *error)
{
    const struct protector_ops *ops = find(arguments->kind);
    if (!ops)
        return error_set(error, ERROR_CONFIG, "there is no protector of the kind '%s'",
                         arguments->kind);
    return ops->open(self_p, arguments, error);
}

void
protector_destroy(protector_t **self_p)
{
    if (*self_p)
        (*self_p)->ops->destroy(self_p);
}

int
protector_take(protector_t *self, const struct protector_wish *wish,
               struct protector_snapshot *snapshot, struct error *error)
{
    return self->ops->take(self, wish, snapshot, error);
}

int
protector_confirm(protector_t *self, const char *mtree, const char *name,
                  struct protector_snapshot *snapshot, struct error *error)
{
    return self->ops->confirm(self, mtree, name, snapshot, error);
}

int
protector_expire(protector_t *self, const char *mtree, const char *name, struct error *error)
{
    return self->ops->expire(self, mtree, name, error);
}

int
protector_look(protector_t *self, const char *mtree, struct protector_replica *replica,
               struct error *error)
{
    return self->ops->look(self, mtree, replica, error);
}

int
protector_start_sync(protector_t *self, const struct protector_destination *destination,
                     ssh_t **ssh, struct error *error)
{
    return self->ops->start_sync(self, destination, ssh, error);
}

int
protector_finish_sync(protector_t *self, ssh_t *ssh, struct error *error)
{
    return self->ops->finish_sync(self, ssh, error);
}
