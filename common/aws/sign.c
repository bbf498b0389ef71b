#include "common/aws/sign.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/aws/sign_canonical.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/digest.h"
#include "common/memory.h"

enum { DAY_SIZE = 8 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

void
aws_sign_date(int64_t unix_ms, char text[AWS_DATE_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) ||
        strftime(text, AWS_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts) != AWS_DATE_SIZE - 1)
        memcpy(text, "19700101T000000Z", AWS_DATE_SIZE);
}

// "20261123/eu-west-1/rds/aws4_request"
static char *
scope_of(const struct aws_sign_request *request, const char *date)
{
    return memory_format("%.*s/%s/%s/aws4_request", DAY_SIZE, date, request->region,
                         request->service);
}

static void
signing_key(const struct aws_sign_request *request, const char *secret_key, const char *date,
            uint8_t key[DIGEST_SIZE])
{
    CLEAN(memory_free_secret) char *first = memory_format_secret("AWS4%s", secret_key);
    static const char last[] = "aws4_request";
    digest_hmac(first, strlen(first), date, DAY_SIZE, key);
    digest_hmac(key, DIGEST_SIZE, request->region, strlen(request->region), key);
    digest_hmac(key, DIGEST_SIZE, request->service, strlen(request->service), key);
    digest_hmac(key, DIGEST_SIZE, last, sizeof last - 1, key);
}

static void
signature_of(const struct aws_sign_request *request, const struct aws_keys *keys,
             const char *canonical, const char *date, char hex[DIGEST_HEX_SIZE])
{
    uint8_t sum[DIGEST_SIZE];
    uint8_t key[DIGEST_SIZE];
    digest_of(canonical, strlen(canonical), sum);
    digest_hex(sum, hex);
    CLEAN(memory_free) char *scope = scope_of(request, date);
    CLEAN(memory_free)
    char *text = memory_format("%s\n%s\n%s\n%s", algorithm, date, scope, hex);
    signing_key(request, keys->secret_key, date, key);
    digest_hmac(key, sizeof key, text, strlen(text), sum);
    explicit_bzero(key, sizeof key);
    digest_hex(sum, hex);
}

static void
add_given_lines(struct aws_sign_lines *lines, const struct aws_sign_request *request)
{
    assert(request->headers_count <= AWS_SIGN_HEADERS_MAX);
    aws_sign_lines_add(lines, "host", request->host);
    for (size_t i = 0; i < request->headers_count; i++)
        aws_sign_lines_add(lines, request->headers[i].name, request->headers[i].value);
}

static void
add_all_lines(struct aws_sign_lines *lines, const struct aws_sign_request *request,
              const struct aws_keys *keys, const char *date)
{
    add_given_lines(lines, request);
    aws_sign_lines_add(lines, "x-amz-date", date);
    if (keys->session_token)
        aws_sign_lines_add(lines, "x-amz-security-token", keys->session_token);
    aws_sign_lines_sort(lines);
}

static char *
canonical_of(const struct aws_sign_request *request, const struct aws_sign_lines *lines)
{
    CLEAN(buffer_clear) struct buffer query = {0};
    CLEAN(buffer_clear) struct buffer canonical = {0};
    aws_sign_add_query(&query, request->query ? request->query : "");
    aws_sign_add_request(&canonical, request, buffer_read(&query), lines);
    return buffer_take(&canonical);
}

char *
aws_sign_canonical(const struct aws_sign_request *request, const struct aws_keys *keys)
{
    char date[AWS_DATE_SIZE];
    aws_sign_date(request->unix_ms, date);
    CLEAN(aws_sign_lines_clear) struct aws_sign_lines lines = {0};
    add_all_lines(&lines, request, keys, date);
    return canonical_of(request, &lines);
}

char *
aws_sign(const struct aws_sign_request *request, const struct aws_keys *keys)
{
    char date[AWS_DATE_SIZE];
    char hex[DIGEST_HEX_SIZE];
    aws_sign_date(request->unix_ms, date);
    CLEAN(aws_sign_lines_clear) struct aws_sign_lines lines = {0};
    add_all_lines(&lines, request, keys, date);
    CLEAN(memory_free_secret) char *canonical = canonical_of(request, &lines);
    signature_of(request, keys, canonical, date, hex);
    CLEAN(buffer_clear) struct buffer names = {0};
    aws_sign_lines_names(&lines, &names);
    CLEAN(memory_free) char *scope = scope_of(request, date);
    return memory_format("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm,
                         keys->access_key_id, scope, buffer_read(&names), hex);
}

static void
add_parameter(struct buffer *query, const char *name, const char *value)
{
    buffer_format(query, "%s%s=", query->size ? "&" : "", name);
    aws_sign_add_encoded(query, value, strlen(value), "");
}

// The query with all that would be headers otherwise, sorted.
static char *
presigned_query(const struct aws_sign_request *request, const struct aws_keys *keys,
                const char *date, const char *names, int64_t expires_s)
{
    CLEAN(buffer_clear) struct buffer query = {0};
    CLEAN(buffer_clear) struct buffer sorted = {0};
    CLEAN(memory_free) char *scope = scope_of(request, date);
    CLEAN(memory_free) char *credential = memory_format("%s/%s", keys->access_key_id, scope);
    CLEAN(memory_free) char *expires = memory_format("%" PRId64, expires_s);
    if (request->query)
        buffer_text(&query, request->query);
    add_parameter(&query, "X-Amz-Algorithm", algorithm);
    add_parameter(&query, "X-Amz-Credential", credential);
    add_parameter(&query, "X-Amz-Date", date);
    add_parameter(&query, "X-Amz-Expires", expires);
    add_parameter(&query, "X-Amz-SignedHeaders", names);
    if (keys->session_token)
        add_parameter(&query, "X-Amz-Security-Token", keys->session_token);
    aws_sign_add_query(&sorted, buffer_read(&query));
    return buffer_take(&sorted);
}

char *
aws_presign(const struct aws_sign_request *request, const struct aws_keys *keys, int64_t expires_s)
{
    char date[AWS_DATE_SIZE];
    char hex[DIGEST_HEX_SIZE];
    aws_sign_date(request->unix_ms, date);
    CLEAN(aws_sign_lines_clear) struct aws_sign_lines lines = {0};
    add_given_lines(&lines, request);
    aws_sign_lines_sort(&lines);
    CLEAN(buffer_clear) struct buffer names = {0};
    aws_sign_lines_names(&lines, &names);
    CLEAN(memory_free_secret)
    char *query = presigned_query(request, keys, date, buffer_read(&names), expires_s);
    CLEAN(buffer_clear) struct buffer canonical = {0};
    aws_sign_add_request(&canonical, request, query, &lines);
    signature_of(request, keys, buffer_read(&canonical), date, hex);
    return memory_format_secret("https://%s%s?%s&X-Amz-Signature=%s", request->host, request->path,
                                query, hex);
}

char *
aws_rds_token(const struct aws_keys *keys, const char *region, const char *host, unsigned port,
              const char *username, int64_t unix_ms)
{
    static const char scheme[] = "https://";
    CLEAN(memory_free) char *place = memory_format("%s:%u", host, port);
    CLEAN(memory_free) char *user = aws_sign_encode(username);
    CLEAN(memory_free) char *query = memory_format("Action=connect&DBUser=%s", user);
    struct aws_sign_request request = {.method = "GET",
                                       .host = place,
                                       .path = "/",
                                       .query = query,
                                       .region = region,
                                       .service = "rds-db",
                                       .unix_ms = unix_ms};
    CLEAN(memory_free_secret) char *url = aws_presign(&request, keys, AWS_RDS_TOKEN_S);
    return memory_copy_text(url + sizeof scheme - 1);
}

char *
aws_sign_encode(const char *text)
{
    CLEAN(buffer_clear) struct buffer encoded = {0};
    aws_sign_add_encoded(&encoded, text, strlen(text), "");
    return buffer_take(&encoded);
}
