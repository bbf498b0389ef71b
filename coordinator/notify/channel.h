// How a message gets to people: an interface with kinds. `command` runs a program (sendmail, say),
// `webhook` sends signed JSON, `syslog` writes a line. Used by the couriers, each in a thread of
// its own: delivering may wait, up to the time limit.
//
// Adding one: a file, a line in the list of channel.c, and its keys in notify_config.c.

#pragma once

#include <stdint.h>

#include "common/config.h"
#include "common/error.h"

enum { CHANNEL_ITEMS_MAX = 32 };

// Where a target is. Texts are lent and never NULL.
struct channel_place {
    const char *command[CHANNEL_ITEMS_MAX + 1];  // up to a NULL
    const char *from;                            // of a mail
    const char *to[CHANNEL_ITEMS_MAX + 1];       // none: what the command gets is no mail
    const char *url, *ca;                        // "" = the system's authorities
    const struct config_node *secret;            // of the signature: a rule of secret_password.h
    const char *path;                            // of the local syslog's socket
    int facility;
    int64_t time_limit_ms;
};

// Texts are clean: no control characters but line feeds between the lines of `text`.
struct channel_message {
    const char *id, *event, *severity, *title, *text, *document;
    int64_t unix_ms;  // now
};

enum channel_outcome {
    CHANNEL_DELIVERED,
    CHANNEL_AGAIN,  // trying again later may help
    CHANNEL_NEVER,  // the other side does not want this message
};

struct channel_result {
    enum channel_outcome outcome;
    int64_t asked_ms;     // how long the other side wants to be left alone; -1 = it does not say
    struct error reason;  // of what is not delivered
};

struct channel_ops {
    const char *kind;
    // Whether the place makes sense; ERROR_CONFIG. Touches nothing.
    int (*check)(const struct channel_place *place, struct error *error);
    // Delivers, waiting no longer than the time limit, or until stop_fd can be read.
    void (*deliver)(const struct channel_place *place, const struct channel_message *message,
                    int stop_fd, struct channel_result *result);
};

extern const struct channel_ops channel_command_ops, channel_webhook_ops, channel_syslog_ops;

const struct channel_ops *channel_find(const char *kind);  // NULL if there is no such kind

// For kinds: sets the result, asking for nothing.
void channel_end(struct channel_result *result, enum channel_outcome outcome,
                 const struct error *reason);
