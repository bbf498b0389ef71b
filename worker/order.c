#include "worker/order.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static int
check_host(const char *host, struct error *error)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
    size_t size = strlen(host);
    if (size == 0 || size > 253 || strspn(host, allowed) != size ||
        !(isalnum((unsigned char)host[0]) || host[0] == ':'))
        return error_set(error, ERROR_INVALID, "'%.64s' is no name or address of one host", host);
    return 0;
}

static int
check_server(const Wire__Server *server, struct error *error)
{
    static const char *const engines[] = {"mysql", "mariadb", "postgres"};
    size_t count = sizeof engines / sizeof *engines;
    size_t index = 0;
    while (index < count && strcmp(engines[index], server->engine) != 0)
        index++;
    if (index == count)
        return error_set(error, ERROR_INVALID, "no engine is called '%.64s'", server->engine);
    if (server->port == 0 || server->port > 65535)
        return error_set(error, ERROR_INVALID, "%" PRIu32 " is no port", server->port);
    if (!*server->secret)
        return error_set(error, ERROR_INVALID, "no secret is named for '%.64s'", server->host);
    return check_host(server->host, error);
}

static int
check_place(const char *store, const char *path, struct error *error)
{
    if (!*store || !*path)
        return error_set(error, ERROR_INVALID, "no place in a store is named");
    return 0;
}

// A set is trusted only against the digest that the catalog kept of its manifest.
static int
check_digest(const ProtobufCBinaryData *digest, struct error *error)
{
    enum { SHA256_SIZE = 32 };
    if (digest->len != SHA256_SIZE)
        return error_set(error, ERROR_INVALID, "the digest of the manifest is missing");
    return 0;
}

static int
check_backup(const Wire__Backup *backup, struct error *error)
{
    if (check_server(backup->source, error))
        return -1;
    return check_place(backup->store, backup->path, error);
}

static int
check_restore(const Wire__Restore *restore, struct error *error)
{
    if (check_server(restore->target, error) || check_place(restore->store, restore->path, error))
        return -1;
    return check_digest(&restore->manifest_sha256, error);
}

static int
check_verify(const Wire__Verify *verify, struct error *error)
{
    if (check_place(verify->store, verify->path, error))
        return -1;
    return check_digest(&verify->manifest_sha256, error);
}

int
order_check(const Wire__Run *run, struct error *error)
{
    if (run->time_limit_ms < ORDER_TIME_MIN_MS || run->time_limit_ms > ORDER_TIME_MAX_MS)
        return error_set(error, ERROR_INVALID,
                         "a time limit of %" PRId64 " ms is not between 1 second and 14 days",
                         run->time_limit_ms);
    switch (run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        return check_backup(run->backup, error);
    case WIRE__RUN__TASK_RESTORE:
        return check_restore(run->restore, error);
    case WIRE__RUN__TASK_VERIFY:
        return check_verify(run->verify, error);
    case WIRE__RUN__TASK_CHECK:
        return check_server(run->check->source, error);
    case WIRE__RUN__TASK_SWEEP:
        return check_place(run->sweep->store, run->sweep->path, error);
    default:
        return error_set(error, ERROR_INVALID, "a kind of job that this worker does not know");
    }
}

const char *
order_name(const Wire__Run *run)
{
    switch (run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        return "backup";
    case WIRE__RUN__TASK_RESTORE:
        return "restore";
    case WIRE__RUN__TASK_VERIFY:
        return "verify";
    case WIRE__RUN__TASK_CHECK:
        return "check";
    case WIRE__RUN__TASK_SWEEP:
        return "sweep";
    default:
        return "unknown";
    }
}

const char *
order_store(const Wire__Run *run)
{
    switch (run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        return run->backup->store;
    case WIRE__RUN__TASK_RESTORE:
        return run->restore->store;
    case WIRE__RUN__TASK_VERIFY:
        return run->verify->store;
    case WIRE__RUN__TASK_SWEEP:
        return run->sweep->store;
    default:
        return "";
    }
}

// Our own readers come with the worker, and say themselves which of the vendor's tools they miss.
static const char *
vendors(const char *tool)
{
    static const char *const ours[] = {"mysql", "postgres"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcmp(tool, ours[i]) == 0)
            return "";
    }
    return tool;
}

const char *
order_tool(const Wire__Run *run)
{
    switch (run->task_case) {
    case WIRE__RUN__TASK_BACKUP:
        return vendors(run->backup->tool);
    default:
        return "";
    }
}
