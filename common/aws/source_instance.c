#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/aws/environment.h"
#include "common/aws/exchange.h"
#include "common/aws/sign.h"
#include "common/aws/source.h"
#include "common/clean.h"
#include "common/memory.h"

enum { TRIES = 2, CONNECT_MS = 1000, TOTAL_MS = 2000, ANSWER_MAX = 65536, ROLE_SIZE = 256 };

static const char roles_path[] = "/latest/meta-data/iam/security-credentials/";

static int
is_true(const struct aws_place *place, const char *name)
{
    const char *value = aws_environment_get(place->environment, name);
    return value && strcasecmp(value, "true") == 0;
}

// Only the instance's own addresses, and loopback, are believed.
static int
is_allowed(const char *url)
{
    static const char *const begins[] = {"http://169.254.169.254", "http://[fd00:ec2::254]",
                                         "http://127.0.0.1", "http://[::1]", "http://localhost"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        size_t size = strlen(begins[i]);
        if (strncmp(url, begins[i], size) == 0 && (!url[size] || strchr(":/", url[size])))
            return 1;
    }
    return 0;
}

static int
find_service(const struct aws_place *place, char **url, struct error *error)
{
    const char *given =
        aws_environment_get(place->environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode =
        aws_environment_get(place->environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (is_true(place, "AWS_EC2_METADATA_DISABLED"))
        return error_set(error, ERROR_NOT_FOUND, "AWS_EC2_METADATA_DISABLED is true");
    if (given && !is_allowed(given))
        return error_set(error, ERROR_CONFIG,
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT is neither the metadata service's "
                         "address nor loopback");
    int is_ipv6 = mode && strcasecmp(mode, "ipv6") == 0;
    *url = memory_copy_text(given     ? given
                            : is_ipv6 ? "http://[fd00:ec2::254]"
                                      : "http://169.254.169.254");
    size_t size = strlen(*url);
    if ((*url)[size - 1] == '/')
        (*url)[size - 1] = '\0';
    return 0;
}

static int
ask(const struct aws_place *place, const char *method, const char *service, const char *path,
    const char *line, struct aws_answer *answer, struct error *error)
{
    CLEAN(memory_free) char *url = memory_format("%s%s", service, path);
    const char *const lines[] = {line, NULL};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = lines,
                                   .connect_ms = CONNECT_MS,
                                   .total_ms = TOTAL_MS,
                                   .body_max = ANSWER_MAX,
                                   .is_direct = 1};
    return aws_exchange(place->http, &request, TRIES, answer, error);
}

// Version 2 of the service wants a token, as a header line, with each question. A service that
// knows only version 1 refuses to give one.
static int
find_token(const struct aws_place *place, const char *service, char **line, struct error *error)
{
    CLEAN(aws_answer_clear) struct aws_answer answer = {0};
    if (ask(place, "PUT", service, "/latest/api/token",
            "X-aws-ec2-metadata-token-ttl-seconds: 21600", &answer, error))
        return error_set(error, ERROR_NOT_FOUND, "no metadata service answers");
    if (answer.status == 200) {
        const char *token = buffer_read(&answer.body);
        for (const char *c = token; *c; c++)
            if (!isgraph((unsigned char)*c))
                return error_set(error, ERROR_INVALID, "the metadata service's token is malformed");
        *line = memory_format_secret("X-aws-ec2-metadata-token: %s", token);
        return 0;
    }
    int knows_no_tokens = answer.status == 403 || answer.status == 404 || answer.status == 405;
    if (!knows_no_tokens || is_true(place, "AWS_EC2_METADATA_V1_DISABLED"))
        return error_set(error, answer.status >= 500 ? ERROR_UNAVAILABLE : ERROR_DENIED,
                         "the metadata service gives no token (HTTP %d)", answer.status);
    return 0;
}

static int
find_role(const struct aws_place *place, const char *service, const char *line,
          char role[ROLE_SIZE], struct error *error)
{
    CLEAN(aws_answer_clear) struct aws_answer answer = {0};
    if (ask(place, "GET", service, roles_path, line, &answer, error))
        return -1;
    if (answer.status == 404)
        return error_set(error, ERROR_NOT_FOUND, "the instance has no role");
    if (answer.status != 200)
        return error_set(error, ERROR_UNAVAILABLE, "the metadata service answers with HTTP %d",
                         answer.status);
    size_t size = strcspn(buffer_read(&answer.body), "\r\n");
    if (size == 0)
        return error_set(error, ERROR_NOT_FOUND, "the instance has no role");
    if (size >= ROLE_SIZE)
        return error_set(error, ERROR_INVALID, "the name of the instance's role is too long");
    memcpy(role, answer.body.data, size);
    role[size] = '\0';
    return 0;
}

int
aws_source_instance(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    CLEAN(memory_free) char *service = NULL;
    CLEAN(memory_free_secret) char *line = NULL;
    char role[ROLE_SIZE];
    if (find_service(place, &service, error) || find_token(place, service, &line, error) ||
        find_role(place, service, line, role, error))
        return -1;
    CLEAN(memory_free) char *name = aws_sign_encode(role);
    CLEAN(memory_free) char *path = memory_format("%s%s", roles_path, name);
    CLEAN(aws_answer_clear) struct aws_answer answer = {0};
    if (ask(place, "GET", service, path, line, &answer, error))
        return -1;
    if (answer.status != 200)
        return error_set(error, ERROR_UNAVAILABLE, "the metadata service answers with HTTP %d",
                         answer.status);
    if (aws_keys_read_json(&found->keys, buffer_read(&answer.body), answer.body.size, error))
        return error_wrap(error, "the metadata service");
    snprintf(found->source, sizeof found->source, "instance role '%.128s'", role);
    return 0;
}
