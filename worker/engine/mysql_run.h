// Runs a tool of MySQL's or MariaDB's: gives it the private option file, knows what of its standard
// error is noise and what its errors mean.
//
//     struct mysql_run run;
//     if (mysql_run_begin(&run, server, has_tls, tool, "", error) == 0) {
//         mysql_run_add(&run, "--quick");
//         status = runner_load(mysql_run_runner(&run), path, error);
//     }
//     mysql_run_end(&run);

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/login.h"
#include "worker/engine/runner.h"

struct mysql_run {
    struct login login;
    struct runner runner;
    char **arguments;  // NULL-terminated
    size_t count, room;
    char name[96];
    char option_path[RUNNER_PATH_SIZE];
    char *deprecated;  // noise that begins with the tool's path
    const char *noise[8];
    int option_fd;
};

// server and tool are lent until mysql_run_end, which may be called whatever begin returned. With a
// login source it connects first, so that the tool gets a password that the server takes now.
// `more`: lines for the option file that dump tools read, made by mysql_option_file_add.
int mysql_run_begin(struct mysql_run *self, const struct server *server, int has_tls,
                    const struct tool *tool, const char *more, struct error *error);
void mysql_run_end(struct mysql_run *self);

void mysql_run_add(struct mysql_run *self, const char *argument);  // copied

// The runner, to be given to runner_dump and runner_load. Valid until the next add.
const struct runner *mysql_run_runner(struct mysql_run *self);

// What a tool's standard error means.
enum error_code mysql_run_classify(const char *stderr_text);
