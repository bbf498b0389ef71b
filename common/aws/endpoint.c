#include "common/aws/endpoint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/aws/environment.h"
#include "common/aws/partition.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

static const char preset[] = "https://{service}.{region}.{suffix}";

static int
is_loopback(const char *host)
{
    size_t size = strncmp(host, "[::1]", 5) == 0 ? 5 : strcspn(host, ":/");
    size_t digits = strspn(host, "0123456789.");
    return (size == 5 && host[0] == '[') || (size == 9 && strncasecmp(host, "localhost", 9) == 0) ||
           (strncmp(host, "127.", 4) == 0 && digits == size);
}

// What is behind the scheme, or NULL.
static const char *
host_of(const char *url)
{
    if (strncmp(url, "https://", 8) == 0)
        return url + 8;
    if (strncmp(url, "http://", 7) == 0 && is_loopback(url + 7))
        return url + 7;
    return NULL;
}

// Adds the template with its names filled in. Returns -1 at a name that is not known.
static int
fill_in(struct buffer *url, const char *format, const char *service, const char *region)
{
    const char *values[][2] = {{"{service}", service},
                               {"{region}", region},
                               {"{suffix}", aws_partition_of_region(region)->suffix}};
    while (*format) {
        size_t plain = strcspn(format, "{}");
        buffer_add(url, format, plain);
        format += plain;
        size_t i = 0;
        while (*format && i < 3 && strncmp(format, values[i][0], strlen(values[i][0])) != 0)
            i++;
        if (i == 3)
            return -1;
        if (*format) {
            buffer_text(url, values[i][1]);
            format += strlen(values[i][0]);
        }
    }
    return 0;
}

int
aws_endpoint_check(const char *format, struct error *error)
{
    CLEAN(buffer_clear) struct buffer url = {0};
    if (fill_in(&url, format, "service", "region"))
        return error_set(error, ERROR_CONFIG,
                         "the endpoint '%.128s' may name {service}, {region} and {suffix} only",
                         format);
    const char *host = host_of(buffer_read(&url));
    if (!host)
        return error_set(error, ERROR_CONFIG,
                         "the endpoint '%.128s' must begin with https:// (http:// is for loopback "
                         "only)",
                         format);
    size_t size = strcspn(host, "/");
    if (size == 0 || *host == ':' || (host[size] && host[size + 1]) || strpbrk(host, "@?# "))
        return error_set(error, ERROR_CONFIG,
                         "the endpoint '%.128s' must be a host and at most a port", format);
    return 0;
}

// "secretsmanager" is SECRETS_MANAGER to the environment; the other services that we ask are one
// word.
static const char *
from_environment(const char *const *environment, const char *service)
{
    int is_secrets = strcmp(service, "secretsmanager") == 0;
    CLEAN(memory_free)
    char *name = memory_format("AWS_ENDPOINT_URL_%s", is_secrets ? "SECRETS_MANAGER" : service);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    const char *found = aws_environment_get(environment, name);
    return found ? found : aws_environment_get(environment, "AWS_ENDPOINT_URL");
}

// libcurl leaves the scheme's own port out of `Host`, so it must not be signed either.
static void
drop_own_port(char *url)
{
    const char *port = strncmp(url, "https:", 6) == 0 ? ":443" : ":80";
    size_t size = strlen(url), port_size = strlen(port);
    if (size > port_size && strcmp(url + size - port_size, port) == 0)
        url[size - port_size] = '\0';
}

int
aws_endpoint_find(struct aws_endpoint *endpoint, const char *format, const char *const *environment,
                  const char *service, const char *region, struct error *error)
{
    if (!aws_region_is_valid(region))
        return error_set(error, ERROR_INVALID, "'%.64s' is no name of a region", region);
    if (!format)
        format = from_environment(environment, service);
    if (!format)
        format = preset;
    if (aws_endpoint_check(format, error))
        return -1;
    CLEAN(buffer_clear) struct buffer url = {0};
    fill_in(&url, format, service, region);
    endpoint->url = buffer_take(&url);
    size_t size = strlen(endpoint->url);
    if (endpoint->url[size - 1] == '/')
        endpoint->url[size - 1] = '\0';
    drop_own_port(endpoint->url);
    endpoint->host = host_of(endpoint->url);
    endpoint->is_direct = is_loopback(endpoint->host);
    return 0;
}

void
aws_endpoint_clear(struct aws_endpoint *endpoint)
{
    memory_free(&endpoint->url);
}
