#include "coordinator/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/text.h"
#include "coordinator/cli/command.h"

enum { ROWS_MAX = 24, PATIENCE_MAX_S = 86400 };

// clang-format off
static const struct option_row help_row = {"help", NULL, "print this"};
static const struct option_row json_row = {"json", NULL, "print an array of objects for programs"};
static const struct option_row client_rows[] = {
    {"connect", "ENDPOINT", "where the coordinator listens (default: $DBHAUL_CONNECT, or\n"
                            "                      ipc:///run/dbhaul/operator.ipc)"},
    {"key", "FILE", "tcp: our key, made by `dbhaul keygen` (default: $DBHAUL_KEY)"},
    {"server-key", "KEY", "tcp: the coordinator's public key or .pub file ($DBHAUL_SERVER_KEY)"},
    {"patience", "SECONDS", "how long the coordinator may be silent (default: 120; 600 in --wait)"},
    {0}};

static const char selectors[] =
    "A selector is key=pattern with shell wildcards; all must hold. Keys: name, id, engine,\n"
    "account, region, provider, host, tag.KEY and database (the number).\n";

static const char check_help[] =
    "Looks at each database on a worker that would back it up, waits, and prints a verdict each:\n"
    "well, would fail, skipped, not checked. Each reason has a class:\n"
    "  reach      its name does not resolve, or its port does not answer\n"
    "  tls        it speaks no TLS, or its certificate is not trusted or for another name\n"
    "  secret     unknown to the worker, unreadable, or not for that server\n"
    "  grants     the login is refused, or lacks a right; with the GRANT that mends it\n"
    "  tool       the vendor's tool is missing or too old\n"
    "  mount      the store is not there, is another one, hangs, or cannot be written to\n"
    "  room       the set would not fit into the store; a note if it takes half of the room\n"
    "  state      what discovery says of it: stopped, not supported\n"
    "  placement  no worker that is connected fits; a note: which could take the backup\n"
    "  content    notes only: what a set would hold, and what not\n"
    "Nothing is dumped or locked; all that is written is a small file in the store, which is\n"
    "removed again. The exit status is 0 if nothing would fail (what is skipped does not count), 1\n"
    "if something would or could not be checked, 5 if all that was asked for is skipped.\n\n"
    "A selector is key=pattern with shell wildcards; all must hold. Keys: name, id, engine,\n"
    "account, region, provider, host, tag.KEY and database (the number).\n";

static const char databases_help[] =
    "A selector is key=pattern with shell wildcards; all must hold. Keys: name, id, engine,\n"
    "account, region, provider, host, tag.KEY and database (the number).\n\n"
    "--promise and --overdue show how old the newest good set is, and the newest one off-site, against\n"
    "what the database's policy promises. Without any the age is that of the database itself. States:\n"
    "  kept              all that is promised is there\n"
    "  waiting           there is no such set yet, but it is not due either\n"
    "  lapsed            too old now, and within the last day it was not\n"
    "  overdue           too old for longer than a day\n"
    "  unprotected       there is no good set, for longer than promised\n"
    "  lapsed off-site, overdue off-site: the same of what is off-site, while good sets are as promised\n"
    "  no promise, unmatched, tie, opted out, gone: nothing is promised of it\n"
    "The exit status of --overdue is 0 if no database that the selector takes is overdue; else 6 if\n"
    "one lapsed (protected yesterday, not today), 7 if one is unprotected, or 1.\n";

static const char policy_help[] =
    "list: the policies, with how many databases each has. With --unmatched the databases that have\n"
    "none (a selector narrows them): no policy selects it, its owner opted out, or two are equally\n"
    "specific.\n"
    "explain: DATABASE is a name, a number or a selector that only one database fits. The first line\n"
    "is what it has and why, the others are why each other policy does not have it.\n";

static const char schedule_help[] =
    "--forecast plays what will fire by the rules that dispatch, over the workers that are connected,\n"
    "the limits, what runs now and what each database took before. Verdicts: well; late (it ends\n"
    "after its window); left (it does not begin in it, and is left to the next firing); never (no\n"
    "connected worker could take it); with what limits it. --csv and --json have all jobs. The exit\n"
    "status is 0 if all will be well, 1 if something will miss its window.\n";

static const char expire_help[] =
    "Removes for good what the policies' `retention` lets go; without a selector of all databases,\n"
    "gone ones too. Never: the last good set of a database, what is pinned, what a restore or a\n"
    "verification uses, and, where the policy wants it, what is not off-site. Space returns when the\n"
    "Data Domain has cleaned and no snapshot holds the set any more. What a retention lock holds is\n"
    "`locked`: it is tried again later. The exit status is 5 if nothing is to go.\n\n"
    "A selector is key=pattern with shell wildcards; all must hold. Keys: name, id, engine,\n"
    "account, region, provider, host, tag.KEY, database (the number) and policy, which the database\n"
    "has now.\n";

static const char notify_help[] =
    "list: the targets of the section `notify`, what waits for each, when it was last told, and its\n"
    "last failure.\n"
    "outages: what lasts now: failures of one cause, databases that have no policy and the like.\n"
    "test: sends a test message to TARGET, or to all, once, and says what came of it; the exit status\n"
    "is 1 if it did not arrive.\n"
    "close: takes note of OUTAGE: it is told no more. What it strikes again opens another one.\n";

static const char sweep_help[] =
    "STORE is an identity as `dbhaul workers` shows it. What is found, of which nothing is changed\n"
    "unless an option says so:\n"
    "  partial   what an attempt has left that is dead\n"
    "  unknown   a whole set that the catalog does not know\n"
    "  missing   a set of the catalog that is not there; found: one marked so that is there again,\n"
    "            which --adopt makes good\n"
    "  strange   a folder whose name is none of ours; hidden: one that cannot be read\n"
    "Backups may go on: what belongs to jobs that are under way is left out.\n";

static const char catalog_help[] =
    "save: writes the catalog into STORE as a set of its own, as is done after runs.\n"
    "rebuild: fills an empty catalog (of the configuration) with the newest catalog that was saved in\n"
    "the store at FOLDER, and with the sets that are newer. It needs no coordinator, and no other may\n"
    "run on that catalog. The store is only read: a replica or a snapshot will do. The exit status is\n"
    "1 if something there could not be read.\n";

static const struct command commands[] = {
    {"status", "", "how the coordinator is", NULL, NULL, 0, details_status_run},
    {"workers", "", "workers, their stores and tools", NULL, lists_rows, 0, lists_run},
    {"databases", "[SELECTOR...] [state=STATE]", "what was discovered, and whether it is protected",
     databases_help, lists_databases_rows, 0, lists_run},
    {"discover", "", "ask the providers now, wait, and say what they answered", NULL, NULL, 0,
     steer_discover_run},
    {"events", "[SELECTOR...] [state=KIND]", "what happened to databases and scopes, newest first",
     selectors, lists_rows, 0, lists_run},
    {"scopes", "[provider=P] [account=A] [region=R] [state=STATE]",
     "which accounts and regions answer", NULL, lists_rows, 0, lists_run},
    {"check", "[SELECTOR...]", "say what would fail tonight and why, without dumping", check_help,
     check_rows, 0, check_run},
    {"backup", "[SELECTOR...]", "back up databases; without a selector all", selectors, submit_rows,
     0, submit_backup_run},
    {"runs", "[NUMBER | state=STATE]", "runs, or one of them", NULL, lists_rows, 0, lists_run},
    {"jobs", "[SELECTOR...] [run=NUMBER] [state=STATE]", "jobs of backups, restores and so on",
     selectors, lists_rows, 0, lists_run},
    {"job", "NUMBER", "one job with its attempts", NULL, NULL, 0, details_run},
    {"cancel", "JOB | run=NUMBER", "cancel a job or all of a run", NULL, NULL, 0, steer_cancel_run},
    {"backups", "[SELECTOR...] [set=NUMBER] [state=STATE]", "sets that can be restored", selectors,
     lists_backups_rows, 0, lists_run},
    {"restore", "SET --to HOST:PORT --secret NAME", "load a set into a server",
     "The server must be listed in the worker's configuration, and be empty unless --overwrite.\n",
     submit_restore_rows, 0, submit_restore_run},
    {"verify", "SET | [SELECTOR...]", "read sets back; with selectors the last good ones",
     selectors, submit_rows, 0, submit_verify_run},
    {"sweep", "STORE", "hold what lies in a store against the catalog", sweep_help,
     submit_sweep_rows, 0, submit_sweep_run},
    {"expire", "[SELECTOR...] | --set NUMBER", "remove the sets that no policy keeps any more",
     expire_help, expire_rows, 0, expire_run},
    {"pin", "SET | job=NUMBER", "keep a set, whatever its policy says",
     "job=NUMBER is the set that this backup made.\n", expire_pin_rows, 0, expire_pin_run},
    {"unpin", "SET | job=NUMBER", "let a set expire again", NULL, NULL, 0, expire_unpin_run},
    {"catalog", "save --store STORE | rebuild --from FOLDER",
     "write the catalog into a store, or make one of what a store holds", catalog_help,
     catalog_rows, 0, catalog_run},
    {"protect", "[STORE]", "take a snapshot of what holds the sets now",
     "STORE is an identity as `dbhaul workers` shows it; without one all that is protected.\n", NULL,
     0, steer_protect_run},
    {"unprotect", "PROTECTION", "let the snapshot of a protection expire now",
     "Sets do not go with it. PROTECTION is a number as `dbhaul protections` shows it.\n", NULL, 0,
     steer_unprotect_run},
    {"protections", "[state=STATE]", "snapshots, what they cover, and how far they are", NULL,
     lists_rows, 0, lists_run},
    {"replication", "", "where each store goes, and how far behind that is", NULL, lists_rows, 0,
     lists_run},
    {"report", "[run=NUMBER] [state=Success|Failed]", "start, end, dbname, size, longname, status",
     "One row for each backup job that ended; the size is in GB, rounded up.\n", lists_report_rows,
     0, lists_run},
    {"policy", "list [--unmatched] | explain DATABASE",
     "policies, and which one a database has and why", policy_help, policy_rows, 0, policy_run},
    {"schedule", "[--next] [N] | --forecast", "when which policy fires next, and what it comes to",
     schedule_help, policy_schedule_rows, 0, policy_schedule_run},
    {"notify", "list | outages | test [TARGET] | close OUTAGE",
     "who is told of what goes wrong, and what lasts", notify_help, notify_rows, 0, notify_run},
    {"drain", "WORKER", "give a worker no more jobs", NULL, steer_drain_rows, 0, steer_drain_run},
    {"once", "--config FILE [SELECTOR...]", "a whole night on this host, without daemons",
     "Starts dbhaul-coordinator and dbhaul-worker as children, backs up, prints the report and\n"
     "stops them. SIGINT or SIGTERM cancels what runs; a second one gives up.\n",
     once_rows, 1, once_run},
    {"keygen", "NAME", "make a pair of keys for tcp: NAME.key and NAME.pub", NULL, NULL, 1,
     keygen_run},
    {0}};
// clang-format on

int
command_expect(const struct session *self, size_t low, size_t high, struct error *error)
{
    size_t count = options_count(self->options);
    if (count < low || count > high)
        return error_set(error, ERROR_CONFIG, "usage: dbhaul %s %s", self->command->name,
                         self->command->arguments);
    return 0;
}

int
command_seconds(const struct session *self, const char *option, int64_t preset_ms,
                int64_t *value_ms, struct error *error)
{
    const char *text = options_value(self->options, option, NULL);
    char *end = NULL;
    long seconds = text ? strtol(text, &end, 10) : 0;
    if (text && (end == text || *end || seconds < 1 || seconds > PATIENCE_MAX_S))
        return error_set(error, ERROR_CONFIG, "--%s is '%.40s', not between 1 and %d seconds",
                         option, text, PATIENCE_MAX_S);
    *value_ms = text ? (int64_t)seconds * 1000 : preset_ms;
    return 0;
}

// ---- help

static void
print_overview(void)
{
    puts("usage: dbhaul COMMAND [ARGUMENT...] [OPTION...]\n\nCommands:");
    for (const struct command *command = commands; command->name; command++)
        printf("  %-11s  %s\n", command->name, command->help);
    puts("  version      print the version\n"
         "  help         print this, or the help of a COMMAND\n\n"
         "Times are UTC. Exit status:\n"
         "  0  well; with --wait: all jobs succeeded; check: nothing would fail;\n"
         "     schedule --forecast: nothing will miss its window\n"
         "  1  with --wait: some or all jobs failed, or the discovery before them was partial;\n"
         "     check: something would fail or could not be checked; discover: some accounts or\n"
         "     regions do not answer; schedule --forecast: something will miss its window;\n"
         "     databases --overdue: some are, for longer than a day\n"
         "  2  wrong usage or configuration\n"
         "  3  the coordinator cannot be reached, or does not answer\n"
         "  4  with --wait: the run was cancelled\n"
         "  5  refused, or not found; with --wait: all that was asked for is skipped\n"
         "  6  databases --overdue: some lapsed: protected yesterday, not today\n"
         "  7  databases --overdue: none lapsed, but some have no good set at all");
}

static size_t
append(struct option_row rows[ROWS_MAX], size_t count, const struct option_row *more)
{
    for (; more && more->name && count + 1 < ROWS_MAX; more++)
        rows[count++] = *more;
    return count;
}

static void
all_rows(const struct command *command, struct option_row rows[ROWS_MAX])
{
    size_t count = append(rows, 0, command->rows);
    rows[count++] = json_row;
    count = append(rows, count, command->is_local ? NULL : client_rows);
    rows[count++] = help_row;
    rows[count] = (struct option_row){0};
}

static void
print_help(const struct command *command)
{
    struct option_row rows[ROWS_MAX];
    all_rows(command, rows);
    printf("usage: dbhaul %s %s\n\n%s\n", command->name, command->arguments, command->help);
    if (command->details)
        printf("\n%s", command->details);
    puts("\nOptions:");
    options_print_help(rows);
    puts("\n`dbhaul help` tells the exit statuses.");
}

// ---- running

static const struct command *
find_command(const char *name, struct error *error)
{
    struct text_guess guess = {0};
    if (*name == '-') {
        error_set(error, ERROR_CONFIG, "'%.40s' stands before the command; options follow it",
                  name);
        return NULL;
    }
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
        text_guess_consider(&guess, name, command->name);
    }
    if (guess.name)
        error_set(error, ERROR_CONFIG, "unknown command '%.40s'; did you mean '%s'?", name,
                  guess.name);
    else
        error_set(error, ERROR_CONFIG, "unknown command '%.40s'; `dbhaul help` lists them", name);
    return NULL;
}

static const char *
from_environment(const struct session *self, const char *option, const char *variable,
                 const char *preset)
{
    const char *value = getenv(variable);
    return options_value(self->options, option, value && *value ? value : preset);
}

static int
open_client(struct session *self, struct error *error)
{
    struct client_address address = {
        .endpoint =
            from_environment(self, "connect", "DBHAUL_CONNECT", "ipc:///run/dbhaul/operator.ipc"),
        .key_path = from_environment(self, "key", "DBHAUL_KEY", NULL),
        .server_key = from_environment(self, "server-key", "DBHAUL_SERVER_KEY", NULL)};
    int64_t answer_ms = 0;
    if (command_seconds(self, "patience", CLIENT_ANSWER_MS, &answer_ms, error))
        return -1;
    self->client = client_new(&address);
    client_set_patience(self->client, answer_ms < CLIENT_CONNECT_MS ? answer_ms : CLIENT_CONNECT_MS,
                        answer_ms);
    return 0;
}

static int
run_command(const struct command *command, int argc, char **argv, struct error *error)
{
    struct option_row rows[ROWS_MAX];
    all_rows(command, rows);
    CLEAN(options_destroy) options_t *options = NULL;
    if (options_parse(&options, rows, argc, argv, error))
        return -1;
    if (options_has(options, "help")) {
        print_help(command);
        return STATUS_WELL;
    }
    struct session session = {
        .command = command, .options = options, .is_json = options_has(options, "json")};
    if (!command->is_local && open_client(&session, error))
        return -1;
    int status = command->run(&session, error);
    client_destroy(&session.client);
    return status;
}

static int
run_help(int argc, char **argv, struct error *error)
{
    if (argc < 3) {
        print_overview();
        return STATUS_WELL;
    }
    const struct command *command = find_command(argv[2], error);
    if (!command)
        return -1;
    print_help(command);
    return STATUS_WELL;
}

static int
run(int argc, char **argv, struct error *error)
{
    if (argc < 2)
        return error_set(error, ERROR_CONFIG, "a command is needed; `dbhaul help` lists them");
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0)
        return run_help(argc, argv, error);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        puts("dbhaul " DBHAUL_VERSION);
        return STATUS_WELL;
    }
    const struct command *command = find_command(name, error);
    return command ? run_command(command, argc - 1, argv + 1, error) : -1;
}

static int
status_of(enum error_code code)
{
    switch (code) {
    case ERROR_CONFIG:
    case ERROR_INVALID:
        return STATUS_USAGE;
    case ERROR_UNAVAILABLE:
        return STATUS_UNREACHED;
    case ERROR_CANCELLED:
        return STATUS_CANCELLED;
    default:
        return STATUS_REFUSED;
    }
}

int
cli_run(int argc, char **argv)
{
    struct error error = {0};
    int status = run(argc, argv, &error);
    if (status < 0) {
        text_clean(error.message);
        fprintf(stderr, "dbhaul: %s\n", error.message);
        status = status_of(error.code);
    }
    if (fflush(stdout) || ferror(stdout)) {
        fputs("dbhaul: cannot write the answer\n", stderr);
        status = status ? status : STATUS_USAGE;
    }
    return status;
}
