// What goes wrong: what jobs, runs and discovery say, and what is so, is gathered into outages
// (server_outages tells of them). All of it is written in the unit of what it is about.

#include "coordinator/server_notify.h"

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/assignment.h"
#include "coordinator/server_policies.h"

enum { LIST_EVERY_MS = 60000, JUDGE_EVERY_MS = 5000, SUBJECT_SIZE = 100 };

// ---- what happens

static int
is_on(const struct server *self)
{
    return self->notifier->targets->rules.count > 0;
}

static void
subject_of(const char *what, const struct database *database, char subject[SUBJECT_SIZE])
{
    snprintf(subject, SUBJECT_SIZE, "%s:%" PRId64, what, database->id);
}

static void
report_database(struct server *self, enum outage_kind kind, const char *what,
                const struct database *database, const char *store, const char *message)
{
    char folder[SUBJECT_SIZE];  // of its sets, as paths have it
    snprintf(folder, sizeof folder, "d%" PRId64, database->id);
    char subject[SUBJECT_SIZE];
    struct policy_choice choice;
    const struct policy *policy = server_policy(self, database, &choice);
    subject_of(what, database, subject);
    struct outage_report report = {
        .kind = kind,
        .subject = subject,
        .name = database->name,
        .policy = policy ? policy->name : "",
        .cause = {.message = message,
                  .own = {database->name, database->resource_id, database->long_name,
                          database->host, database->secret, folder},
                  .shared = {database->account, store}},
    };
    outages_report(self->notifier->outages, &report, self->unix_ms);
}

static void
recover(struct server *self, enum outage_kind kind, const char *what,
        const struct database *database)
{
    char subject[SUBJECT_SIZE];
    subject_of(what, database, subject);
    outages_recover(self->notifier->outages, kind, subject, self->unix_ms);
}

// A new good backup makes up for an old one that was found damaged, too.
static void
notify_success(struct server *self, const struct board_job *job)
{
    recover(self, OUTAGE_FAILURE, "verify", job->database);
    if (job->record->kind != JOB_BACKUP)
        return;
    recover(self, OUTAGE_FAILURE, "database", job->database);
    recover(self, OUTAGE_PARTIAL, "database", job->database);
}

// A catalog that cannot be saved: who loses the coordinator's host would miss it.
static void
notify_saving(struct server *self, const struct board_job *job, const char *message)
{
    char subject[SUBJECT_SIZE], name[SUBJECT_SIZE];
    const char *store = job->task->run->save_catalog->store;
    snprintf(subject, sizeof subject, "catalog:%s", store);
    snprintf(name, sizeof name, "the catalog in %s", store);
    struct outage_report report = {.kind = OUTAGE_FAILURE,
                                   .subject = subject,
                                   .name = name,
                                   .policy = "",
                                   .cause = {.message = message, .shared = {store}}};
    if (job->record->state == JOB_FAILED)
        outages_report(self->notifier->outages, &report, self->unix_ms);
    else if (job->record->state == JOB_SUCCEEDED)
        outages_recover(self->notifier->outages, OUTAGE_FAILURE, subject, self->unix_ms);
}

// Whoever asked for a restore, a check or a sweep waits for it.
void
server_notify_job(struct server *self, const struct board_job *job, const char *message)
{
    enum job_kind kind = job->record->kind;
    if (is_on(self) && kind == JOB_CATALOG)
        notify_saving(self, job, message);
    if (!is_on(self) || !job->database || (kind != JOB_BACKUP && kind != JOB_VERIFY))
        return;
    if (job->record->state == JOB_SUCCEEDED) {
        notify_success(self, job);
        return;
    }
    if (job->record->state != JOB_FAILED)
        return;
    const char *store =
        kind == JOB_BACKUP ? job->task->run->backup->store : job->task->run->verify->store;
    report_database(self, OUTAGE_FAILURE, kind == JOB_BACKUP ? "database" : "verify", job->database,
                    store, message);
}

void
server_notify_jump(struct server *self, const struct board_job *job, const char *jump)
{
    if (!is_on(self) || !job->database)
        return;
    if (*jump)
        report_database(self, OUTAGE_JUMP, "database", job->database, job->task->run->backup->store,
                        jump);
    else
        recover(self, OUTAGE_JUMP, "database", job->database);
}

static int
is_scheduled(const struct run *run)
{
    return strcmp(run->requested_by, SCHEDULE_WHO) == 0;
}

void
server_notify_left_out(struct server *self, const struct run *run, const struct database *database,
                       const char *reason)
{
    if (is_on(self) && is_scheduled(run))
        report_database(self, OUTAGE_PARTIAL, "database", database, "", reason);
}

void
server_notify_run(struct server *self, const struct run *run)
{
    char subject[SUBJECT_SIZE], name[SUBJECT_SIZE];
    if (!is_on(self) || !is_scheduled(run))
        return;
    snprintf(subject, sizeof subject, "run:%s", run->label);
    snprintf(name, sizeof name, "runs of policy %s", run->label);
    struct outage_report report = {.kind = OUTAGE_PARTIAL,
                                   .subject = subject,
                                   .name = name,
                                   .policy = run->label,
                                   .cause = {.message = run->note}};
    if (*run->note)
        outages_report(self->notifier->outages, &report, self->unix_ms);
    else
        outages_recover(self->notifier->outages, OUTAGE_PARTIAL, subject, self->unix_ms);
}

void
server_notify_gone(struct server *self, const struct database *database)
{
    recover(self, OUTAGE_FAILURE, "database", database);
    recover(self, OUTAGE_FAILURE, "verify", database);
    recover(self, OUTAGE_PARTIAL, "database", database);
    recover(self, OUTAGE_JUMP, "database", database);
}

// ---- what is so

// The same words for all, whatever their names are: one outage. Who has which policy is known, as
// choosing it anew for each of many databases would hold the loop.
static void
report_listed(struct server *self, enum outage_kind kind, const struct database *database,
              const char *message)
{
    char subject[SUBJECT_SIZE];
    subject_of("database", database, subject);
    struct outage_report report = {.kind = kind,
                                   .subject = subject,
                                   .name = database->name,
                                   .policy = assignment_policy(&database->assignment),
                                   .cause = {.message = message}};
    outages_report(self->notifier->outages, &report, self->unix_ms);
}

// Databases that no policy has although there are policies. Whose owner opted out is not among
// them.
static void
list_unprotected(struct server *self)
{
    outages_begin(self->notifier->outages, OUTAGE_UNPROTECTED);
    for (struct database *each = estate_first(self->estate);
         each && policies_count(self->policies) > 0; each = estate_next(self->estate)) {
        if (each->gone_ms)
            continue;
        if (assignment_is(&each->assignment, POLICY_UNMATCHED))
            report_listed(self, OUTAGE_UNPROTECTED, each, "no policy selects it");
        else if (assignment_is(&each->assignment, POLICY_TIE))
            report_listed(self, OUTAGE_UNPROTECTED, each, "two policies select it equally");
    }
    outages_end(self->notifier->outages, OUTAGE_UNPROTECTED, self->unix_ms);
}

// Lapsed and overdue, with an old set and with none are one: the same trouble, which gets older.
static void
list_overdue(struct server *self)
{
    static const char good[] = "the newest good set is older than its policy promises, or there is "
                               "none",
                      offsite[] = "the newest off-site set is older than its policy promises, or "
                                  "there is none";
    outages_begin(self->notifier->outages, OUTAGE_OVERDUE);
    for (struct database *each = estate_first(self->estate); each;
         each = estate_next(self->estate)) {
        struct promise_verdict verdict;
        promise_judge(each, self->unix_ms, &verdict);
        int is_offsite =
            verdict.state == PROMISE_LAPSED_OFFSITE || verdict.state == PROMISE_OVERDUE_OFFSITE;
        if (promise_is_broken(verdict.state))
            report_listed(self, OUTAGE_OVERDUE, each, is_offsite ? offsite : good);
    }
    outages_end(self->notifier->outages, OUTAGE_OVERDUE, self->unix_ms);
}

// What there is, is known only when the providers were asked once, and who has which policy only
// when all that is new was looked at.
void
server_check_outages(struct server *self)
{
    struct notifier *notifier = self->notifier;
    if (!is_on(self))
        return;
    if (self->discovered_ms && !server_is_assigning(self) &&
        (!notifier->listed_ms || self->now_ms - notifier->listed_ms >= LIST_EVERY_MS)) {
        notifier->listed_ms = self->now_ms;
        list_unprotected(self);
    }
    if (server_knows_promises(self) && self->now_ms >= notifier->judge_ms) {
        notifier->judge_ms = self->now_ms + JUDGE_EVERY_MS;
        list_overdue(self);
    }
    outages_look(notifier->outages, self->unix_ms);
}

// ---- beginning and end

static void
receipt_free(void **receipt_p)
{
    receipt_destroy((struct receipt **)receipt_p);
}

static void
load(struct notifier *notifier, struct working_set *set)
{
    for (size_t index = 0; index < set->outage_count; index++)
        outages_load(notifier->outages, &set->outages[index]);
    for (size_t index = 0; index < set->outage_member_count; index++)
        outages_load_member(notifier->outages, &set->outage_members[index]);
    for (size_t index = 0; index < set->delivery_count; index++) {
        struct delivery *dropped = NULL;
        const struct delivery *heir = NULL;
        deliveries_add(notifier->deliveries, &set->deliveries[index], &dropped, &heir);
        delivery_destroy(&dropped);  // the catalog never has more than may wait
    }
    for (size_t index = 0; index < set->receipt_count; index++) {
        struct receipt *receipt = STEAL(set->receipts[index]);
        zhashx_insert(notifier->receipts, receipt->target, receipt);
    }
}

void
server_open_notifier(struct server *self, struct working_set *set)
{
    config_t *none = NULL;
    struct outages_listener listener = server_outages_listener(self);
    struct notifier *notifier = self->notifier = memory_get(sizeof *notifier);
    notifier->outages = outages_new(set->next_outage_id, &listener);
    notifier->deliveries = deliveries_new();
    notifier->receipts = zhashx_new();
    zhashx_set_destructor(notifier->receipts, receipt_free);
    notifier->retiring = zlistx_new();
    notifier->targets = server_new_targets(&none, self->settings->root);
    outages_set_times(notifier->outages, notifier->targets->rules.gather_ms,
                      notifier->targets->rules.remind_ms);
    load(notifier, set);
}

void
server_close_notifier(struct server *self)
{
    struct notifier *notifier = self->notifier;
    struct targets *targets = NULL;
    if (!notifier)
        return;
    server_stop_targets(notifier->targets);
    while ((targets = zlistx_detach(notifier->retiring, NULL)))
        server_destroy_targets(&targets);
    zlistx_destroy(&notifier->retiring);
    server_destroy_targets(&notifier->targets);
    question_destroy(&notifier->asked);
    table_destroy(&notifier->answer);
    zhashx_destroy(&notifier->receipts);
    deliveries_destroy(&notifier->deliveries);
    outages_destroy(&notifier->outages);
    memory_free(&self->notifier);
}

void
server_hear_close_outage(struct server *self, const struct question *question)
{
    struct error error = {0};
    int64_t id = (int64_t)question->ask->ask->close_outage->id;
    int rc = outages_close(self->notifier->outages, id, self->unix_ms, &error);
    if (rc == 0)
        log_info("outage %" PRId64 " is closed, by %s", id, question->peer.principal);
    server_answer(self, question, rc ? &error : NULL, 0);
}
