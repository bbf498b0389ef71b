// A check: what would fail tonight, without dumping anything. All that can be looked at is, so that
// one look tells everything.

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/work.h"

enum { FINDINGS_MAX = 64 };

static int
look_at_server(struct work *self, int *fatal, struct error *error)
{
    const Wire__Check *check = self->run->run->check;
    CLEAN(engine_destroy) engine_t *engine = NULL;
    CLEAN(memory_free) struct finding *findings = memory_get(FINDINGS_MAX * sizeof *findings);
    size_t count = 0;
    struct server server;
    if (work_open_server(self, check->source, &server, error) ||
        work_open_engine(self, check->tool, &server, &engine, error) ||
        engine_check(engine, findings, &count, FINDINGS_MAX, error))
        return -1;
    work_remark(self, "server: version %s, to be read with %s %s", engine_server_version(engine),
                engine_tool_name(engine), engine_tool_version(engine));
    for (size_t index = 0; index < count; index++) {
        work_remark(self, "%s: %s", findings[index].fatal ? "a backup would fail" : "note",
                    findings[index].text);
        *fatal |= findings[index].fatal;
    }
    return 0;
}

static int
look_at_store(struct work *self, struct error *error)
{
    const Wire__Check *check = self->run->run->check;
    if (!*check->store)
        return 0;
    CLEAN(store_destroy) store_t *store = NULL;
    uint64_t free_bytes = 0;
    if (work_open_store(self, check->store, &store, error) || store_room(store, &free_bytes, error))
        return -1;
    work_remark(self, "store: '%s' has %" PRIu64 " MiB free", check->store, free_bytes >> 20);
    return 0;
}

int
work_check(struct work *self, struct error *error)
{
    struct error server_error = {0};
    struct error store_error_found = {0};
    int fatal = 0;
    work_tell(self, "check", 0, 0);
    if (look_at_server(self, &fatal, &server_error))
        work_remark(self, "a backup would fail: %s", server_error.message);
    if (look_at_store(self, &store_error_found))
        work_remark(self, "a backup would fail: %s", store_error_found.message);
    if (server_error.code != ERROR_NONE || store_error_found.code != ERROR_NONE) {
        *error = server_error.code != ERROR_NONE ? server_error : store_error_found;
        return -1;
    }
    return fatal ? error_set(error, ERROR_CONFIG, "a backup would fail") : 0;
}
