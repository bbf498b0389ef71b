#include "coordinator/protect/dd_session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/http.h"
#include "common/memory.h"

enum { TOKEN_SIZE = 4096, CONNECTIONS = 1, CONNECT_MS = 10000, BYE_MS = 2000, STEP_MS = 1000 };

enum { REFUSED_MS = 900000 };  // a password that was refused is not tried again so soon

static const char token_header[] = "X-DD-AUTH-TOKEN";

struct dd_session {
    struct dd_rest_options options;
    http_t *http;
    char *token;     // NULL: not logged in
    int is_wrapped;  // the form of login that it takes
    int is_form_known;
    char *refused;         // the last password, if it was; NULL: it was not
    int64_t refused_ms;    // monotonic: when
    struct error refusal;  // what was said of it
};

// One request and what came of it.
struct exchange {
    int is_done;
    int status;
    struct buffer body;
    char *token;  // of the answer; NULL: none
    struct error error;
};

static void
exchange_clear(struct exchange *self)
{
    buffer_clear(&self->body);
    memory_free_secret(&self->token);
}

static http_t *
new_http(const dd_session_t *self)
{
    return http_new(&(struct http_options){.connections_max = CONNECTIONS,
                                           .ca_file = self->options.ca_file,
                                           .pinned_key = self->options.pinned_key});
}

dd_session_t *
dd_session_new(const struct dd_rest_options *options)
{
    dd_session_t *self = memory_get(sizeof *self);
    self->options = *options;
    self->http = new_http(self);
    return self;
}

// ---- one request

static void
take_token(struct exchange *exchange, const struct http_answer *answer)
{
    char token[TOKEN_SIZE];
    if (answer->status <= 299 && http_header(answer, token_header, token, sizeof token) && *token)
        exchange->token = memory_copy_text(token);
    explicit_bzero(token, sizeof token);
}

static void
on_done(void *argument, const struct http_answer *answer, const struct error *error)
{
    struct exchange *exchange = argument;
    exchange->is_done = 1;
    if (error) {
        exchange->error = *error;
        return;
    }
    exchange->status = answer->status;
    buffer_add(&exchange->body, answer->body, answer->body_size);
    take_token(exchange, answer);
}

static int
must_stop(const dd_session_t *self)
{
    struct pollfd item = {.fd = self->options.stop_fd, .events = POLLIN};
    return self->options.stop_fd >= 0 && poll(&item, 1, 0) > 0;
}

// Runs a request to its end, or ends it when it is time to stop.
static int
run(dd_session_t *self, const char *method, const char *path, const char *body, int64_t total_ms,
    struct exchange *exchange, struct error *error)
{
    CLEAN(memory_free) char *url = memory_format("%s%s", self->options.url, path);
    CLEAN(memory_free_secret)
    char *token = memory_format_secret("%s: %s", token_header, self->token ? self->token : "");
    const char *headers[] = {"Accept: application/json", "Content-Type: application/json",
                             self->token ? token : NULL, NULL};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .body = body,
                                   .body_size = body ? strlen(body) : 0,
                                   .connect_ms = CONNECT_MS < total_ms ? CONNECT_MS : total_ms,
                                   .total_ms = total_ms,
                                   .body_max = DD_ANSWER_SIZE_MAX,
                                   .is_direct = 1,
                                   .done = on_done,
                                   .argument = exchange};
    http_start(self->http, &request);
    while (!exchange->is_done && !must_stop(self))
        http_run(self->http, self->options.stop_fd, STEP_MS);
    if (!exchange->is_done) {
        http_destroy(&self->http);
        self->http = new_http(self);
    }
    if (!exchange->error.code)
        return 0;
    *error = exchange->error;
    return -1;
}

// ---- login

static char *
login_body(const dd_session_t *self, const char *password, int is_wrapped)
{
    CLEAN(json_destroy)
    json_t *flat = json_pack("{s:s, s:s}", "username", self->options.user, "password", password);
    if (!is_wrapped)
        return json_print(flat);
    CLEAN(json_destroy) json_t *wrapped = json_pack("{s:O}", "auth_info", flat);
    return json_print(wrapped);
}

static int
login_failed(const dd_session_t *self, const struct exchange *exchange, struct error *error)
{
    char details[DD_TEXT_SIZE];
    const char *body = buffer_read(&exchange->body);
    if (dd_answer_wants_factor(body, exchange->body.size))
        return error_set(error, ERROR_DENIED,
                         "the user '%s' is asked for a second factor: give dbhaul a user that has "
                         "none",
                         self->options.user);
    dd_answer_judge(exchange->status, body, exchange->body.size, details);
    enum error_code code =
        exchange->status == 401 || exchange->status == 403 ? ERROR_DENIED : ERROR_UNAVAILABLE;
    return error_set(error, code, "it gives the user '%s' no token: status %d%s%s",
                     self->options.user, exchange->status, *details ? ": " : "", details);
}

// Tries one form of the body. Returns 1 if it gave a token, 0 if the other may be tried.
static int
try_login(dd_session_t *self, const char *password, int is_wrapped, struct error *error)
{
    CLEAN(exchange_clear) struct exchange exchange = {0};
    CLEAN(memory_free_secret) char *body = login_body(self, password, is_wrapped);
    if (run(self, "POST", "/rest/v1.0/auth", body, self->options.patience_ms, &exchange, error))
        return -1;
    if (exchange.token) {
        self->token = STEAL(exchange.token);
        self->is_wrapped = is_wrapped;
        self->is_form_known = 1;
        return 1;
    }
    login_failed(self, &exchange, error);
    return 0;
}

static int
was_refused(const dd_session_t *self, const char *password)
{
    return self->refused && strcmp(self->refused, password) == 0 &&
           clock_monotonic_ms() - self->refused_ms < REFUSED_MS;
}

static void
keep_refusal(dd_session_t *self, char **password_p, const struct error *error)
{
    memory_free_secret(&self->refused);
    self->refused = STEAL(*password_p);
    self->refused_ms = clock_monotonic_ms();
    self->refusal = *error;
}

// Once a form was taken only that one is tried. Of two refusals the one that speaks of the password
// is told. Returns as try_login does.
static int
try_forms(dd_session_t *self, const char *password, struct error *error)
{
    struct error other = {0};
    int rc = try_login(self, password, self->is_wrapped, error);
    if (rc != 0 || self->is_form_known)
        return rc;
    rc = try_login(self, password, !self->is_wrapped, &other);
    if (rc < 0 || (rc == 0 && error->code != ERROR_DENIED))
        *error = other;
    return rc;
}

// Too many failed logins lock an account: what was refused is not tried over and over.
static int
log_in(dd_session_t *self, struct error *error)
{
    CLEAN(memory_free_secret) char *password = NULL;
    if (self->options.password(self->options.context, &password, error))
        return error_wrap(error, "cannot get the password of the user '%s'", self->options.user);
    if (was_refused(self, password)) {
        *error = self->refusal;
        return -1;
    }
    int rc = try_forms(self, password, error);
    if (rc == 1)
        memory_free_secret(&self->refused);
    if (rc == 0 && error->code == ERROR_DENIED)
        keep_refusal(self, &password, error);
    return rc == 1 ? 0 : -1;
}

void
dd_session_destroy(dd_session_t **self_p)
{
    dd_session_t *self = *self_p;
    if (!self)
        return;
    if (self->token && !must_stop(self)) {
        struct error ignored = {0};
        CLEAN(exchange_clear) struct exchange exchange = {0};
        run(self, "DELETE", "/rest/v1.0/auth", NULL, BYE_MS, &exchange, &ignored);
    }
    http_destroy(&self->http);
    memory_free_secret(&self->token);
    memory_free_secret(&self->refused);
    memory_free(self_p);
}

// ---- questions

// A successful answer may carry another token, with which one goes on.
static void
keep_token(dd_session_t *self, struct exchange *exchange)
{
    if (!exchange->token)
        return;
    memory_free_secret(&self->token);
    self->token = STEAL(exchange->token);
}

static int
ask_once(dd_session_t *self, const char *path, struct exchange *exchange, enum dd_verdict *verdict,
         char details[DD_TEXT_SIZE], struct error *error)
{
    if (!self->token && log_in(self, error))
        return -1;
    if (run(self, "GET", path, NULL, self->options.patience_ms, exchange, error))
        return -1;
    *verdict = dd_answer_judge(exchange->status, buffer_read(&exchange->body), exchange->body.size,
                               details);
    if (*verdict == DD_TOKEN_DEAD)
        memory_free_secret(&self->token);
    else
        keep_token(self, exchange);
    return 0;
}

int
dd_session_ask(dd_session_t *self, const char *path, json_t **json, enum dd_verdict *verdict,
               struct error *error)
{
    char details[DD_TEXT_SIZE] = "";
    int status = 0;
    for (int tries = 0; tries < 2; tries++) {
        CLEAN(exchange_clear) struct exchange exchange = {0};
        if (ask_once(self, path, &exchange, verdict, details, error))
            return -1;
        status = exchange.status;
        if (*verdict == DD_WELL)
            return json_parse(buffer_read(&exchange.body), exchange.body.size, DD_ANSWER_SIZE_MAX,
                              json, error);
        if (*verdict != DD_TOKEN_DEAD)
            break;
    }
    enum error_code code = *verdict == DD_TOKEN_DEAD ? ERROR_DENIED
                           : *verdict == DD_FAILED   ? ERROR_UNAVAILABLE
                                                     : ERROR_NOT_FOUND;
    return error_set(error, code, "it answers '%.100s' with status %d%s%s", path, status,
                     *details ? ": " : "", details);
}
