#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/aws/environment.h"
#include "common/aws/exchange.h"
#include "common/aws/source.h"
#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { TRIES = 3, TIME_MS = 2000, TOKEN_SIZE_MAX = 65536 };

// Hosts that may be asked without TLS: the machine itself, and what ECS and EKS put beside it.
static const char *const plain_hosts[] = {"localhost",     "127.0.0.1",      "[::1]",
                                          "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};

static int
is_allowed(const char *url)
{
    if (strncmp(url, "https://", 8) == 0)
        return 1;
    if (strncmp(url, "http://", 7) != 0)
        return 0;
    const char *host = url + 7;
    size_t size = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    for (size_t i = 0; i < sizeof plain_hosts / sizeof *plain_hosts; i++)
        if (strlen(plain_hosts[i]) == size && strncmp(plain_hosts[i], host, size) == 0 &&
            strchr(":/?", host[size]))
            return 1;
    return 0;
}

static int
find_url(const struct aws_place *place, char **url, struct error *error)
{
    const char *relative =
        aws_environment_get(place->environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full =
        aws_environment_get(place->environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full)
        return error_set(error, ERROR_NOT_FOUND,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI and _RELATIVE_URI are not set");
    if (relative && *relative != '/')
        return error_set(error, ERROR_CONFIG,
                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with '/'");
    if (!relative && !is_allowed(full))
        return error_set(error, ERROR_CONFIG,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to loopback or "
                         "to the addresses of ECS and EKS");
    *url = relative ? memory_format("http://169.254.170.2%s", relative) : memory_copy_text(full);
    return 0;
}

// The file is read each time, since its contents change. No token is no failure.
static int
find_token(const struct aws_place *place, char **token, struct error *error)
{
    const char *path =
        aws_environment_get(place->environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *text = aws_environment_get(place->environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    CLEAN(memory_free_secret) char *found = NULL;
    size_t size = 0;
    if (path && fd_read_file(AT_FDCWD, path, TOKEN_SIZE_MAX, &found, &size, error)) {
        error->code = ERROR_CONFIG;
        return error_wrap(error, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    }
    if (!path)
        found = memory_copy_text(text);
    if (found && path && size > 0 && found[size - 1] == '\n')
        found[size - 1] = '\0';
    if (found && strpbrk(found, "\r\n"))
        return error_set(error, ERROR_CONFIG,
                         "the container's authorization token has more than "
                         "one line");
    *token = STEAL(found);
    return 0;
}

int
aws_source_container(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    CLEAN(memory_free) char *url = NULL;
    CLEAN(memory_free_secret) char *token = NULL;
    if (find_url(place, &url, error) || find_token(place, &token, error))
        return -1;
    CLEAN(memory_free_secret)
    char *line = token ? memory_format_secret("Authorization: %s", token) : NULL;
    const char *const lines[] = {"Accept: application/json", line, NULL};
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .headers = lines,
                                   .connect_ms = TIME_MS,
                                   .total_ms = TIME_MS,
                                   .body_max = TOKEN_SIZE_MAX,
                                   .is_direct = 1};
    CLEAN(aws_answer_clear) struct aws_answer answer = {0};
    if (aws_exchange(place->http, &request, TRIES, &answer, error))
        return -1;
    if (answer.status != 200)
        return error_set(error, answer.status >= 500 ? ERROR_UNAVAILABLE : ERROR_DENIED,
                         "the container's credentials service answers with HTTP %d", answer.status);
    if (aws_keys_read_json(&found->keys, buffer_read(&answer.body), answer.body.size, error))
        return error_wrap(error, "the container's credentials service");
    snprintf(found->source, sizeof found->source, "container");
    return 0;
}
