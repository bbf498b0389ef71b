// Whatever bytes a message has: it is refused with a sentence, or all of it can be read, packed
// again and unpacked again. One message of each kind is made and put into the first corpus folder
// of the command line; of what retention and protection say there are kept ones, too.

#include <limits.h>
#include <sys/stat.h>

#include "tests/wire_sample.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
write_seed(const char *folder, const char *name, const struct sample *sample)
{
    size_t size = 0;
    CLEAN(memory_free) uint8_t *data = forge(&sample->message, &size);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/seed-%s", folder, name);
    FILE *file = fopen(path, "wbe");
    require(file != NULL);
    require(fwrite(data, 1, size, file) == size);
    fclose(file);
}

static void
write_seeds(const char *folder)
{
    struct sample sample;
    for (size_t index = 0; index < BODIES; index++) {
        sample_init(&sample, bodies[index]);
        write_seed(folder, wire_body_name(&sample.message), &sample);
    }
    for (size_t index = 0; index < VARIANTS; index++) {
        sample_init_variant(&sample, index);
        write_seed(folder, variants[index], &sample);
    }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    for (int i = 1; i < *argc; i++) {
        struct stat status;
        if ((*argv)[i][0] == '-' || stat((*argv)[i], &status) || !S_ISDIR(status.st_mode))
            continue;
        write_seeds((*argv)[i]);
        break;
    }
    return 0;
}

static void
pack_again(const Wire__Envelope *message, enum wire_role role)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *packed = NULL;
    CLEAN(memory_free) uint8_t *packed_again = NULL;
    size_t size = 0, size_again = 0;
    require(!wire_pack(message, role, &packed, &size, &error));
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *again = NULL;
    require(!wire_unpack(decoder, packed, size, role, &again, &error));
    require(!wire_pack(again, role, &packed_again, &size_again, &error));
    require(size == size_again && !memcmp(packed, packed_again, size));
    CLEAN(wire_free) Wire__Envelope *copy = wire_clone(again);
    require(strcmp(wire_body_name(copy), "nothing") != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wire_decoder_t *decoder;
    if (!decoder)
        decoder = wire_decoder_new();
    for (enum wire_role role = 0; role <= WIRE_FROM_TASK; role++) {
        struct error error = {0};
        const Wire__Envelope *message = NULL;
        if (!wire_unpack(decoder, data, size, role, &message, &error))
            pack_again(message, role);
        else
            require((error.code == ERROR_INVALID || error.code == ERROR_CONFIG) &&
                    error.message[0]);
    }
    return 0;
}
