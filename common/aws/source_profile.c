#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/aws/environment.h"
#include "common/aws/source.h"
#include "common/aws/words.h"
#include "common/clean.h"
#include "common/memory.h"
#include "common/process_output.h"

enum { PATIENCE_MS = 30000, OUTPUT_MAX = 65536, PATH_SIZE = 4096 };

static int
read_keys(const struct aws_place *place, enum aws_file file, struct aws_found *found,
          struct error *error)
{
    const char *id = aws_profiles_get(place->profiles, file, place->profile, "aws_access_key_id");
    const char *secret =
        aws_profiles_get(place->profiles, file, place->profile, "aws_secret_access_key");
    const char *token =
        aws_profiles_get(place->profiles, file, place->profile, "aws_session_token");
    if (!id)
        return error_set(error, ERROR_NOT_FOUND, "'%.40s' has no keys", place->profile);
    if (!secret)
        return error_set(error, ERROR_CONFIG, "'%s' has no aws_secret_access_key", place->profile);
    if (aws_keys_set(&found->keys, id, secret, token, NULL, error))
        return error_wrap(error, "'%s'", place->profile);
    snprintf(found->source, sizeof found->source, "profile '%s'", place->profile);
    return 0;
}

// Looks the program up as a shell would.
static int
find_program(const struct aws_place *place, const char *name, char path[PATH_SIZE])
{
    const char *folders = aws_environment_get(place->environment, "PATH");
    if (strchr(name, '/'))
        return snprintf(path, PATH_SIZE, "%s", name) < PATH_SIZE ? 0 : -1;
    for (const char *from = folders ? folders : "/usr/bin:/bin"; *from;) {
        size_t size = strcspn(from, ":");
        int length = snprintf(path, PATH_SIZE, "%.*s/%s", (int)size, from, name);
        if (size > 0 && length < PATH_SIZE && access(path, X_OK) == 0)
            return 0;
        from += size;
        from += *from == ':';
    }
    return -1;
}

static const char *
last_line(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '\n')
        text[--size] = '\0';
    const char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static int
run(const struct aws_place *place, const char *const *argv, struct aws_found *found,
    struct error *error)
{
    union {
        char **own;
        const char *const *lent;
    } process = {.own = environ};
    CLEAN(buffer_clear) struct buffer output = {0};
    struct process_end end;
    char text[64];
    struct process_options options = {
        .argv = argv, .environment = place->environment ? place->environment : process.lent};
    if (process_output(&options, PATIENCE_MS, OUTPUT_MAX, &output, &end, error))
        return -1;
    if (end.exit_code != 0)
        return error_set(error, ERROR_CONFIG, "'%s' failed (%s): %.200s", argv[0],
                         process_end_text(&end, text), last_line(end.stderr_text));
    if (aws_keys_read_json(&found->keys, buffer_read(&output), output.size, error))
        return error_wrap(error, "'%s'", argv[0]);
    return 0;
}

static int
run_process(const struct aws_place *place, const char *command, struct aws_found *found,
            struct error *error)
{
    CLEAN(aws_words_destroy) struct aws_words *words = NULL;
    char path[PATH_SIZE];
    if (aws_words_split(&words, command, error))
        return error_wrap(error, "credential_process of '%s'", place->profile);
    if (find_program(place, words->argv[0], path))
        return error_set(error, ERROR_CONFIG,
                         "credential_process of '%s': there is no program '%.128s' in PATH",
                         place->profile, words->argv[0]);
    words->argv[0] = path;
    if (run(place, words->argv, found, error))
        return error_wrap(error, "credential_process of '%s'", place->profile);
    snprintf(found->source, sizeof found->source, "credential_process of profile '%s'",
             place->profile);
    return 0;
}

// In AWS's order: the credentials file, the process, the config file.
int
aws_source_profile(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    if (read_keys(place, AWS_FILE_CREDENTIALS, found, error) == 0)
        return 0;
    if (error->code != ERROR_NOT_FOUND)
        return -1;
    const char *command = aws_profiles_find(place->profiles, place->profile, "credential_process");
    if (command)
        return run_process(place, command, found, error);
    if (read_keys(place, AWS_FILE_CONFIG, found, error) == 0)
        return 0;
    if (error->code == ERROR_NOT_FOUND &&
        (aws_profiles_find(place->profiles, place->profile, "sso_session") ||
         aws_profiles_find(place->profiles, place->profile, "sso_start_url")))
        return error_set(error, ERROR_CONFIG,
                         "'%s' uses SSO, which is not built in; make a profile with "
                         "credential_process = aws configure export-credentials --profile %s",
                         place->profile, place->profile);
    if (error->code == ERROR_NOT_FOUND && !aws_profiles_has(place->profiles, place->profile))
        return error_set(error, ERROR_NOT_FOUND, "there is no '%.40s' in AWS's files",
                         place->profile);
    return -1;
}
