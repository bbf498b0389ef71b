// The AWS client as a program, for scripts: one call, a secret, a token, or a sweep of many calls.
//
//     fake_aws_caller [--role ARN] [--external-id ID] [--attempts N] [--answer-ms N] WHAT ...
//         call SERVICE REGION query|json|rest ACTION VERSION [BODY]   prints the answer
//         secret ARN                                                  prints the value
//         token REGION HOST PORT USER                                 prints an IAM token
//         sweep      reads lines "ROLE REGION", asks for the instances and clusters of each
//
// Credentials, home region and endpoint come from the environment. A failure is one line on
// standard error, "<outcome> <code>: <message>", and the status 1.

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/aws/client.h"
#include "common/aws/secret_value.h"
#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

struct caller {
    struct aws_client_options options;
    struct aws_identity identity;
    aws_client_t *client;
    char **words;  // what comes after the options
    int count;
};

struct sweep {
    uint64_t done, failed, bytes;
};

static int
tell(const char *outcome, const char *code, const char *message)
{
    fprintf(stderr, "%s %s: %s\n", outcome, code, message);
    return 1;
}

static int
print(void *argument, const void *data, size_t size, struct error *error)
{
    (void)argument;
    (void)error;
    fwrite(data, 1, size, stdout);
    return 0;
}

static void
keep_status(void *argument, const struct aws_result *result)
{
    int *status = argument;
    *status = 0;
    if (result->outcome != AWS_DONE)
        *status = tell(aws_outcome_name(result->outcome), result->code, result->error.message);
}

static int
call(struct caller *self)
{
    char **word = self->words;
    if (self->count < 5)
        return 2;
    int status = -1;
    struct aws_call form = {.identity = self->identity,
                            .service = word[0],
                            .region = word[1],
                            .protocol = strcmp(word[2], "json") == 0   ? AWS_JSON
                                        : strcmp(word[2], "rest") == 0 ? AWS_REST_JSON
                                                                       : AWS_QUERY,
                            .action = word[3],
                            .version = word[4],
                            .body = self->count > 5 ? word[5] : NULL,
                            .take = print,
                            .done = keep_status,
                            .argument = &status};
    aws_client_start(self->client, &form);
    while (aws_client_run(self->client, -1, 1000) > 0)
        ;
    return status;
}

static int
secret(struct caller *self)
{
    struct error error = {0};
    CLEAN(memory_free_secret) char *value = NULL;
    if (self->count < 1)
        return 2;
    if (aws_secret_value_get(self->client, &self->identity, self->words[0], &value, &error))
        return tell("secret", "", error.message);
    printf("%s\n", value);
    return 0;
}

static int
token(struct caller *self)
{
    struct error error = {0};
    CLEAN(aws_keys_clear) struct aws_keys keys = {0};
    if (self->count < 4)
        return 2;
    if (aws_client_keys(self->client, &self->identity, &keys, &error))
        return tell("token", "", error.message);
    CLEAN(memory_free_secret)
    char *text = aws_rds_token(&keys, self->words[0], self->words[1],
                               (unsigned)strtoul(self->words[2], NULL, 10), self->words[3],
                               aws_client_unix_ms(self->client));
    printf("%s\n", text);
    return 0;
}

static int
count_bytes(void *argument, const void *data, size_t size, struct error *error)
{
    (void)data;
    (void)error;
    struct sweep *sweep = argument;
    sweep->bytes += size;
    return 0;
}

static void
count_result(void *argument, const struct aws_result *result)
{
    struct sweep *sweep = argument;
    if (result->outcome == AWS_DONE)
        sweep->done++;
    else if (sweep->failed++ == 0)
        tell(aws_outcome_name(result->outcome), result->code, result->error.message);
}

static void
start_two(struct caller *self, const char *role, const char *region, struct sweep *sweep)
{
    static const char *const actions[] = {"DescribeDBInstances", "DescribeDBClusters"};
    for (size_t i = 0; i < 2; i++) {
        struct aws_call form = {.identity = {role, self->identity.external_id, NULL},
                                .service = "rds",
                                .region = region,
                                .protocol = AWS_QUERY,
                                .action = actions[i],
                                .version = "2014-10-31",
                                .body = "MaxRecords=100",
                                .take = count_bytes,
                                .done = count_result,
                                .argument = sweep};
        aws_client_start(self->client, &form);
    }
}

static int
sweep_all(struct caller *self)
{
    struct sweep sweep = {0};
    char role[2048], region[64];
    int64_t begin_ms = clock_monotonic_ms();
    while (scanf("%2047s %63s", role, region) == 2)
        start_two(self, role, region, &sweep);
    while (aws_client_run(self->client, -1, 1000) > 0)
        ;
    struct aws_counters counters;
    struct rusage usage;
    aws_client_counters(self->client, &counters);
    getrusage(RUSAGE_SELF, &usage);
    printf("done=%" PRIu64 " failed=%" PRIu64 " bytes=%" PRIu64 " requests=%" PRIu64
           " retries=%" PRIu64 " throttled=%" PRIu64 " connections=%" PRIu64 " ms=%" PRId64
           " rss_kib=%ld\n",
           sweep.done, sweep.failed, sweep.bytes, counters.requests, counters.retries,
           counters.throttled, counters.connections, clock_monotonic_ms() - begin_ms,
           usage.ru_maxrss);
    return sweep.failed > 0;
}

static void
read_options(struct caller *self, int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--role") == 0)
            self->identity.role_arn = argv[i + 1];
        else if (strcmp(argv[i], "--external-id") == 0)
            self->identity.external_id = argv[i + 1];
        else if (strcmp(argv[i], "--attempts") == 0)
            self->options.attempts_max = strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--answer-ms") == 0)
            self->options.answer_ms = strtol(argv[i + 1], NULL, 10);
    }
    self->words = argv + i;
    self->count = argc - i;
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(struct caller *self);
    } kinds[] = {{"call", call}, {"secret", secret}, {"token", token}, {"sweep", sweep_all}};
    struct caller self = {0};
    struct error error = {0};
    signal(SIGPIPE, SIG_IGN);
    read_options(&self, argc, argv);
    if (self.count < 1)
        return 2;
    if (aws_client_open(&self.client, &self.options, &error))
        return tell("open", "", error.message);
    CLEAN(aws_client_destroy) aws_client_t *client = self.client;
    self.words++;
    self.count--;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].word, self.words[-1]) == 0)
            return kinds[i].run(&self);
    return 2;
}
