// An error: what kind, and a sentence a person can act on.
//
// A fallible function returns 0, or -1 with *error filled in; its last parameter is the error.
// The struct owns nothing: it lives on the caller's stack and is never freed.

#pragma once

enum error_code {
    ERROR_NONE = 0,
    ERROR_CONFIG,  // somebody must change something: configuration, a missing tool, a full disk
    ERROR_NOT_FOUND,
    ERROR_UNAVAILABLE,  // trying again later may help: network, throttling, a server that restarts
    ERROR_BUSY,         // not now: the database is in a state or outside a window that will pass
    ERROR_DENIED,       // a right is missing, or a rule of ours forbids it
    ERROR_CORRUPT,      // what came back is not what was written
    ERROR_INVALID,      // what came from outside is malformed or beyond a limit
    ERROR_CANCELLED,
    ERROR_INTERNAL,
};

// What a failure is about, where whoever found it knows: the word that sorts it for an operator.
enum error_about {
    ABOUT_NOTHING,
    ABOUT_REACH,      // the server's name, its port, the way to it
    ABOUT_TLS,        // the server does not speak it, or its certificate is not the right one
    ABOUT_SECRET,     // unknown, unreadable, or not for that server
    ABOUT_GRANTS,     // the login is refused, or lacks a right
    ABOUT_TOOL,       // a vendor's tool is missing or does not fit
    ABOUT_MOUNT,      // the store is not there, is another one, or cannot be written to
    ABOUT_ROOM,       // it is, or would be, full
    ABOUT_STATE,      // the database's own: stopped, not supported
    ABOUT_PLACEMENT,  // no worker fits
    ABOUT_CONTENT,    // what a set would hold, and what not
    ABOUT_LOCK,       // the store's retention lock
    ABOUTS,
};

struct error {
    enum error_code code;
    enum error_about about;
    char message[512];  // cut short if need be
};

// Sets the error. Always returns -1.
int error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Says what the error that was just set is about. Always returns -1.
int error_mark(struct error *error, enum error_about about);

// Puts "<context>: " before the message, keeping all else. Always returns -1.
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
