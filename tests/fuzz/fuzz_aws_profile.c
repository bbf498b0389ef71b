// Whatever bytes a file of profiles has: it is refused with its line, or its settings can be asked
// for; what a setting says is a command is words, or none.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/profile.h"
#include "common/aws/words.h"
#include "common/clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
split(const char *command)
{
    struct error error = {0};
    CLEAN(aws_words_destroy) struct aws_words *words = NULL;
    if (!command)
        return;
    if (aws_words_split(&words, command, &error)) {
        require(error.code == ERROR_CONFIG);
        return;
    }
    size_t count = 0;
    size_t letters = 0;
    for (; words->argv[count]; count++)
        letters += strlen(words->argv[count]);
    require(count > 0 && count <= AWS_WORDS_MAX && letters <= strlen(command));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"region", "role_arn", "credential_process"};
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    for (int file = AWS_FILE_CONFIG; file <= AWS_FILE_CREDENTIALS; file++) {
        struct error error = {0};
        if (aws_profiles_read_text(profiles, (enum aws_file)file, "file", (const char *)data, size,
                                   &error))
            require(error.code == ERROR_CONFIG && strstr(error.message, "file") != NULL);
    }
    for (size_t i = 0; i < 3; i++) {
        const char *value = aws_profiles_find(profiles, "default", keys[i]);
        require(!value || (*value && aws_profiles_has(profiles, "default")));
        split(value);
    }
    return 0;
}
