#include "common/aws/client.h"

#include <poll.h>
#include <string.h>

#include "common/aws/client_inside.h"
#include "common/aws/environment.h"
#include "common/aws/partition.h"
#include "common/aws/request.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

// STS gives keys for all roles out of one bucket, that of the process's own account. What AWS
// allows there is not documented where we could read it; 50 a second is an assumption, and backoff
// the remedy should it be wrong.
enum { STS_RATE_PER_S = 50, STS_BURST = 100 };

static void
free_session(void **session_p)
{
    aws_session_t *session = *session_p;
    aws_session_destroy(&session);
    *session_p = NULL;
}

static void
fill_presets(struct aws_client_options *options)
{
    const struct {
        int64_t *value;
        int64_t preset;
    } presets[] = {
        {&options->rate_per_s, AWS_RATE_PRESET_PER_S},
        {&options->burst, AWS_BURST_PRESET},
        {&options->attempts_max, AWS_ATTEMPTS_PRESET},
        {&options->connect_ms, AWS_CONNECT_PRESET_MS},
        {&options->answer_ms, AWS_ANSWER_PRESET_MS},
        {&options->call_ms, AWS_CALL_PRESET_MS},
    };
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (*presets[i].value <= 0)
            *presets[i].value = presets[i].preset;
    if (options->connections_max == 0)
        options->connections_max = AWS_CONNECTIONS_PRESET;
}

static void
open_parts(aws_client_t *self, const struct aws_client_options *options)
{
    const char *bundle = aws_environment_get(options->environment, "AWS_CA_BUNDLE");
    const char *ca_file = options->ca_file ? options->ca_file : bundle;
    struct aws_credentials_options own = {.environment = options->environment,
                                          .profile = options->profile,
                                          .region = options->region,
                                          .endpoint = options->endpoint,
                                          .ca_file = ca_file};
    self->credentials = aws_credentials_new(&own);
    self->region = memory_copy_text(aws_credentials_region(self->credentials));
    self->http = http_new(&(struct http_options){.connections_max = self->options.connections_max,
                                                 .ca_file = ca_file});
    self->queue = aws_queue_new();
    self->incoming = zlistx_new();
    self->sessions = zhashx_new();
    zhashx_set_destructor(self->sessions, free_session);
}

static aws_session_t *
find_session(aws_client_t *self, const struct aws_identity *identity, struct error *error)
{
    CLEAN(memory_free) char *key = aws_session_key(identity);
    aws_session_t *session = zhashx_lookup(self->sessions, key);
    if (session)
        return session;
    if (aws_session_new(&session, identity, self->region, error))
        return NULL;
    zhashx_insert(self->sessions, key, session);
    return session;
}

int
aws_client_open(aws_client_t **self_p, const struct aws_client_options *options,
                struct error *error)
{
    CLEAN(aws_client_destroy) aws_client_t *self = memory_get(sizeof *self);
    self->options = *options;
    self->endpoint = memory_copy_text(options->endpoint);
    self->options.endpoint = self->endpoint;
    fill_presets(&self->options);
    open_parts(self, options);
    struct aws_endpoint endpoint = {0};
    if (aws_endpoint_find(&endpoint, self->endpoint, options->environment, "sts", self->region,
                          error)) {
        error->code = ERROR_CONFIG;
        return -1;
    }
    aws_endpoint_clear(&endpoint);
    self->own = find_session(self, &(struct aws_identity){0}, error);
    *self_p = STEAL(self);
    return 0;
}

static void
cancel_all(zlistx_t *errands)
{
    while (zlistx_size(errands) > 0) {
        struct aws_errand *errand = zlistx_detach(errands, NULL);
        aws_client_finish(&errand, AWS_CANCELLED, "", 0, "cancelled");
    }
}

void
aws_client_destroy(aws_client_t **self_p)
{
    aws_client_t *self = *self_p;
    if (!self)
        return;
    http_destroy(&self->http);
    for (struct aws_errand *errand = aws_queue_take_any(self->queue); errand;
         errand = aws_queue_take_any(self->queue))
        aws_client_finish(&errand, AWS_CANCELLED, "", 0, "cancelled");
    cancel_all(self->incoming);
    for (aws_session_t *session = zhashx_first(self->sessions); session;
         session = zhashx_next(self->sessions)) {
        cancel_all(aws_session_waiting(session));
        cancel_all(aws_session_doubtful(session));
    }
    aws_queue_destroy(&self->queue);
    zlistx_destroy(&self->incoming);
    zhashx_destroy(&self->sessions);
    aws_credentials_destroy(&self->credentials);
    memory_free(&self->endpoint);
    memory_free(&self->region);
    memory_free(self_p);
}

static struct aws_errand *
take_in(aws_client_t *self, const struct aws_call *call)
{
    struct error error = {0};
    aws_session_t *session = find_session(self, &call->identity, &error);
    // An identity that is none fails in the loop, as all else does.
    struct aws_errand *errand = aws_errand_new(self, session ? session : self->own, call);
    if (!session)
        errand->doubt = error;
    errand->deadline_ms = clock_monotonic_ms() + self->options.call_ms;
    zlistx_add_end(self->incoming, errand);
    return errand;
}

void
aws_client_start(aws_client_t *self, const struct aws_call *call)
{
    take_in(self, call);
    self->count++;
    self->counters.calls++;
}

void
aws_client_start_internal(aws_client_t *self, const struct aws_call *call)
{
    take_in(self, call)->is_internal = 1;
}

void
aws_client_finish_with(struct aws_errand **errand_p, const struct aws_result *result)
{
    CLEAN(aws_errand_destroy) struct aws_errand *errand = STEAL(*errand_p);
    if (!errand->is_internal)
        errand->client->count--;
    errand->call.done(errand->call.argument, result);
}

void
aws_client_finish(struct aws_errand **errand_p, enum aws_outcome outcome, const char *code,
                  int status, const char *why)
{
    struct aws_result result = {
        .outcome = outcome, .status = status, .attempts = (*errand_p)->attempts};
    snprintf(result.code, sizeof result.code, "%s", code);
    if (outcome != AWS_DONE)
        aws_errand_explain(*errand_p, outcome, why, &result.error);
    aws_client_finish_with(errand_p, &result);
}

static void
fail_for_keys(struct aws_errand *errand, const struct error *error)
{
    struct aws_result result = {.outcome = error->code == ERROR_UNAVAILABLE ? AWS_TRANSIENT
                                           : error->code == ERROR_DENIED    ? AWS_DENIED
                                                                            : AWS_BAD_CREDENTIALS,
                                .error = *error};
    aws_client_finish_with(&errand, &result);
}

void
aws_client_route(aws_client_t *self, struct aws_errand *errand, int64_t not_before_ms)
{
    const struct aws_keys *keys = NULL;
    struct error error = {0};
    int is_sts = strcmp(errand->call.service, "sts") == 0;
    int found = aws_client_find_keys(self, errand->session, &keys, &error);
    if (found < 0) {
        fail_for_keys(errand, &error);
    } else if (found == 0) {
        zlistx_add_end(aws_session_waiting(errand->session), errand);
    } else if (errand->keys) {
        aws_keys_copy(errand->keys, keys);
        aws_client_finish(&errand, AWS_DONE, "", 0, "");
    } else {
        aws_queue_put(
            self->queue, errand->bucket, is_sts ? STS_RATE_PER_S : self->options.rate_per_s,
            is_sts ? STS_BURST : self->options.burst, errand, not_before_ms, clock_monotonic_ms());
    }
}

// Signs and sends.
static void
send_off(aws_client_t *self, struct aws_errand *errand, const struct aws_keys *keys,
         int64_t left_ms)
{
    struct error error = {0};
    CLEAN(aws_request_clear) struct aws_request request = {0};
    struct aws_request_facts facts = {.endpoint = self->endpoint,
                                      .environment = self->options.environment,
                                      .service = errand->call.service,
                                      .region = errand->call.region,
                                      .protocol = errand->call.protocol,
                                      .action = errand->call.action,
                                      .version = errand->call.version,
                                      .body = errand->call.body,
                                      .keys = keys,
                                      .unix_ms = aws_client_unix_ms(self)};
    if (aws_request_make(&request, &facts, &error)) {
        aws_client_finish(&errand, AWS_INVALID, "", 0, error.message);
        return;
    }
    int64_t answer_ms = self->options.answer_ms;
    struct http_request http = {.connect_ms = self->options.connect_ms,
                                .total_ms = left_ms < answer_ms ? left_ms : answer_ms,
                                .body_max = errand->call.answer_max ? errand->call.answer_max
                                                                    : AWS_ANSWER_SIZE_PRESET,
                                .take = aws_client_on_body,
                                .done = aws_client_on_answer,
                                .argument = errand};
    aws_request_lend(&request, &http);
    errand->generation = aws_session_generation(errand->session);
    errand->sent_skew_ms = self->skew_ms;
    self->counters.requests++;
    self->counters.retries += errand->attempts++ > 0;
    self->active++;
    http_start(self->http, &http);
}

// Time has passed since an errand was lined up: its keys, or its deadline, may have too.
static void
try_to_send(aws_client_t *self, struct aws_errand *errand)
{
    const struct aws_keys *keys = NULL;
    struct error error = {0};
    int64_t left_ms = errand->deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0) {
        aws_client_finish(&errand, AWS_TRANSIENT, "", 0, "its time is used up by waiting");
        return;
    }
    int found = aws_client_find_keys(self, errand->session, &keys, &error);
    if (found < 0)
        fail_for_keys(errand, &error);
    else if (found == 0)
        zlistx_add_end(aws_session_waiting(errand->session), errand);
    else
        send_off(self, errand, keys, left_ms);
}

static void
advance(aws_client_t *self)
{
    while (zlistx_size(self->incoming) > 0) {
        struct aws_errand *errand = zlistx_detach(self->incoming, NULL);
        if (errand->doubt.code)
            fail_for_keys(errand, &errand->doubt);
        else
            aws_client_route(self, errand, 0);
    }
    while (self->active < self->options.connections_max) {
        struct aws_errand *errand = aws_queue_take(self->queue, clock_monotonic_ms());
        if (!errand)
            break;
        try_to_send(self, errand);
    }
}

size_t
aws_client_run(aws_client_t *self, int wake_fd, int64_t patience_ms)
{
    advance(self);
    if (self->count == 0)
        return 0;
    int64_t now_ms = clock_monotonic_ms();
    int64_t next_ms = aws_queue_next_ms(self->queue);
    if (zlistx_size(self->incoming) > 0)
        patience_ms = 0;
    else if (self->active < self->options.connections_max && next_ms < now_ms + patience_ms)
        patience_ms = next_ms > now_ms ? next_ms - now_ms : 0;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    if (self->active > 0)
        http_run(self->http, wake_fd, patience_ms);
    else if (patience_ms > 0)
        poll(&wake, wake_fd >= 0, patience_ms > INT32_MAX ? INT32_MAX : (int)patience_ms);
    advance(self);
    return self->count;
}

int64_t
aws_client_unix_ms(const aws_client_t *self)
{
    return clock_unix_ms() + self->skew_ms;
}

const char *
aws_client_region(const aws_client_t *self)
{
    return self->region;
}

void
aws_client_counters(const aws_client_t *self, struct aws_counters *counters)
{
    *counters = self->counters;
    counters->connections = http_connections(self->http);
}
