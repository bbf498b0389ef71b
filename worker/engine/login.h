// How to log in to a server now. A job may outlive a password, and a token is good for minutes
// only: whatever connects, and whatever starts a tool, begins a login of its own, and has one more
// try if the server says no and the place that the password came from has another one by now.
//
//     CLEAN(login_end) struct login login = {0};
//     if (login_begin(&login, server, error))
//         return -1;
//     do
//         status = try_to_connect(&login.server, error);
//     while (status && login_again(&login, error));
//
// A tool cannot be given a second try, since it may have done half of its work: connect first, as
// here, then begin the tool's login.

#pragma once

#include "common/error.h"
#include "worker/engine/engine.h"

struct login {
    struct server server;  // as it was given, but with credentials of its own
    int is_second;
};

// Fails as the server's login source does.
int login_begin(struct login *self, const struct server *server, struct error *error);

// After a login that ended with this error: 1 if the server's word was no (ERROR_DENIED), for the
// first time, and there are other credentials now. 0 otherwise, with the error to be returned.
int login_again(struct login *self, struct error *error);

// Overwrites the credentials.
void login_end(struct login *self);
