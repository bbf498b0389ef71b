#include "common/aws/outcome.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/text.h"
#include "common/xml.h"

enum { ENVELOPE_MAX = 65536, TEXT_MAX = 16384 };

struct known {
    const char *code;
    enum aws_outcome outcome;
};

static const struct known codes[] = {
    {"Throttling", AWS_THROTTLED},
    {"Throttled", AWS_THROTTLED},
    {"RequestThrottled", AWS_THROTTLED},
    {"TooManyRequests", AWS_THROTTLED},
    {"ProvisionedThroughputExceeded", AWS_THROTTLED},
    {"TransactionInProgress", AWS_THROTTLED},
    {"RequestLimitExceeded", AWS_THROTTLED},
    {"BandwidthLimitExceeded", AWS_THROTTLED},
    {"LimitExceeded", AWS_THROTTLED},
    {"SlowDown", AWS_THROTTLED},
    {"PriorRequestNotComplete", AWS_THROTTLED},
    {"EC2Throttled", AWS_THROTTLED},
    {"ExpiredToken", AWS_EXPIRED},
    {"RequestExpired", AWS_EXPIRED},
    {"RequestTimeTooSkewed", AWS_EXPIRED},
    {"AccessDenied", AWS_DENIED},
    {"UnauthorizedOperation", AWS_DENIED},
    {"NotAuthorized", AWS_DENIED},
    {"InvalidIdentityToken", AWS_DENIED},
    {"IDPRejectedClaim", AWS_DENIED},
    {"RegionDisabled", AWS_REGION_DISABLED},
    {"InvalidClientTokenId", AWS_BAD_CREDENTIALS},
    {"UnrecognizedClient", AWS_BAD_CREDENTIALS},
    {"AuthFailure", AWS_BAD_CREDENTIALS},
    {"OptInRequired", AWS_BAD_CREDENTIALS},
    {"SignatureDoesNotMatch", AWS_BAD_CREDENTIALS},
    {"InvalidSignature", AWS_BAD_CREDENTIALS},
    {"IncompleteSignature", AWS_BAD_CREDENTIALS},
    {"MissingAuthenticationToken", AWS_BAD_CREDENTIALS},
    {"ResourceNotFound", AWS_NOT_FOUND},
    {"RequestTimeout", AWS_TRANSIENT},
    {"IDPCommunicationError", AWS_TRANSIENT},
    {"InternalFailure", AWS_TRANSIENT},
    {"InternalError", AWS_TRANSIENT},
    {"InternalServiceError", AWS_TRANSIENT},
    {"ServiceUnavailable", AWS_TRANSIENT},
};

const char *
aws_outcome_name(enum aws_outcome outcome)
{
    static const char *const names[] = {
        [AWS_DONE] = "done",
        [AWS_THROTTLED] = "throttled",
        [AWS_EXPIRED] = "credentials expired",
        [AWS_DENIED] = "access denied",
        [AWS_REGION_DISABLED] = "region not enabled",
        [AWS_BAD_CREDENTIALS] = "bad credentials",
        [AWS_NOT_FOUND] = "not found",
        [AWS_TRANSIENT] = "not reachable",
        [AWS_INVALID] = "invalid",
        [AWS_CANCELLED] = "cancelled",
    };
    return names[outcome];
}

enum error_code
aws_outcome_error(enum aws_outcome outcome)
{
    static const enum error_code error_codes[] = {
        [AWS_DONE] = ERROR_NONE,
        [AWS_THROTTLED] = ERROR_UNAVAILABLE,
        [AWS_EXPIRED] = ERROR_CONFIG,
        [AWS_DENIED] = ERROR_DENIED,
        [AWS_REGION_DISABLED] = ERROR_CONFIG,
        [AWS_BAD_CREDENTIALS] = ERROR_CONFIG,
        [AWS_NOT_FOUND] = ERROR_NOT_FOUND,
        [AWS_TRANSIENT] = ERROR_UNAVAILABLE,
        [AWS_INVALID] = ERROR_INVALID,
        [AWS_CANCELLED] = ERROR_CANCELLED,
    };
    return error_codes[outcome];
}

static int
ends_with(const char *text, size_t size, const char *end)
{
    size_t end_size = strlen(end);
    return size > end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

void
aws_fault_set_code(struct aws_fault *fault, const char *text)
{
    static const char exception[] = "Exception";
    const char *hash = strrchr(text, '#');
    const char *from = hash ? hash + 1 : text;
    size_t size = strcspn(from, ":, \t\r\n");
    if (ends_with(from, size, exception))
        size -= sizeof exception - 1;
    snprintf(fault->code, sizeof fault->code, "%.*s", (int)(size < 4096 ? size : 4096), from);
    text_clean(fault->code);
}

static void
set_message(struct aws_fault *fault, const char *text)
{
    snprintf(fault->message, sizeof fault->message, "%s", text);
    fault->message[strcspn(fault->message, "\r\n")] = '\0';
    text_clean(fault->message);
}

static int
on_end(void *argument, const char *path, const char *name, const char *text, struct error *error)
{
    (void)name;
    (void)error;
    struct aws_fault *fault = argument;
    size_t size = strlen(path);
    if (!*fault->code && ends_with(path, size, "/Error/Code"))
        aws_fault_set_code(fault, text);
    if (!*fault->message && ends_with(path, size, "/Error/Message"))
        set_message(fault, text);
    return 0;
}

static void
read_xml(struct aws_fault *fault, const char *body, size_t size)
{
    static const struct xml_handler handler = {.end = on_end};
    static const struct xml_limits limits = {.size_max = ENVELOPE_MAX, .text_max = TEXT_MAX};
    struct error ignored = {0};
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, fault, &limits);
    if (xml_feed(xml, body, size, &ignored) || xml_end(xml, &ignored))
        *fault = (struct aws_fault){0};
}

static void
read_json(struct aws_fault *fault, const char *body, size_t size)
{
    CLEAN(json_destroy) json_t *json = NULL;
    struct error ignored = {0};
    const char *text = NULL;
    if (json_parse(body, size, ENVELOPE_MAX, &json, &ignored))
        return;
    if (json_get_text(json, "__type", TEXT_MAX, &text, &ignored) == 0 ||
        json_get_text(json, "code", TEXT_MAX, &text, &ignored) == 0)
        aws_fault_set_code(fault, text);
    if (json_get_text(json, "message", TEXT_MAX, &text, &ignored) == 0 ||
        json_get_text(json, "Message", TEXT_MAX, &text, &ignored) == 0)
        set_message(fault, text);
}

void
aws_fault_read(struct aws_fault *fault, const char *body, size_t size)
{
    *fault = (struct aws_fault){0};
    size_t blanks = 0;
    while (blanks < size && strchr(" \t\r\n", body[blanks]) && body[blanks])
        blanks++;
    if (blanks < size && body[blanks] == '{')
        read_json(fault, body, size);
    else if (blanks < size)
        read_xml(fault, body, size);
}

enum aws_outcome
aws_fault_classify(const char *code, int status)
{
    size_t size = strlen(code);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0)
            return codes[i].outcome;
    if (status == 404 || ends_with(code, size, "NotFound") ||
        ends_with(code, size, "NotFoundFault"))
        return AWS_NOT_FOUND;
    if (status == 429 || status == 509)
        return AWS_THROTTLED;
    if (status >= 500 || status == 408)
        return AWS_TRANSIENT;
    if (status == 403)
        return AWS_DENIED;
    if (status == 401)
        return AWS_BAD_CREDENTIALS;
    return AWS_INVALID;
}

int
aws_fault_is_regional(const char *code)
{
    return strcmp(code, "InvalidClientTokenId") == 0 || strcmp(code, "UnrecognizedClient") == 0 ||
           strcmp(code, "AuthFailure") == 0 || strcmp(code, "OptInRequired") == 0;
}

int
aws_fault_is_skewed(const char *code)
{
    return strcmp(code, "RequestExpired") == 0 || strcmp(code, "RequestTimeTooSkewed") == 0 ||
           strcmp(code, "SignatureDoesNotMatch") == 0 || strcmp(code, "InvalidSignature") == 0;
}
