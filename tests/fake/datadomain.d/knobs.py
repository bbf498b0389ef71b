"""What can be turned, and what each stands at first."""
import json

KNOBS = {
    # REST
    "rest": "well",            # down: connections are cut; hang: no answer; error: 500 to all
    "login": "both",           # flat, wrapped: the only form of body that is understood
    "mfa": False,              # a login wants a second factor: 200 and no token
    "token_status": 401,       # or 422, with code 5427 either way
    "token_uses": 0,           # a token is dead after so many requests; 0: never
    "token_turns": False,      # each answer carries a new token, and the old one is dead
    "missing_rest": 500,       # status of what is not there under /rest
    "missing_api": 404,        # the same under /api: 404, 400 (code 5469) or 500
    "has_contexts": True,      # false: the release has no /mtree-replications
    "body": "well",            # garbage, cut, huge: what answers of 200 carry
    "page_max": 200,
    "page_takes_s": 0,         # how long each page of a list takes
    "snapshot_of": "",         # the MTree that a snapshot's own answer names; "": its own
    "version": "8.7.0.0-1122334",
    # the command line
    "noise": False,            # Welcome, NOTICE and blank lines before what a command prints
    "error_status": 1,         # exit status of what failed; 0 is a trap
    "prompts": False,          # what changes something wants a `yes` first
    "command": "well",         # hang, locked (the account), refuse (every command fails)
    "sync": "well",            # hang: `replication sync` never ends; fail; chatty: prints much
    "wide": False,             # tables with other widths
    # replication and time
    "clock_shift_s": 0,
    "auto_sync": True,         # a user's snapshot is sent at once; else only by `replication sync`
    "auto_lag_s": 900,
    "sync_takes_s": 0,         # how long it takes until what was sent is there
    "link": "connected",       # disconnected, disabled, resync (needed), throttled
    "snapshots_max": 750,
    "no_sync_epoch": False,    # a context that does not say it (the key is optional)
}


def parse(name, text):
    """The value that a text gives a knob: of the kind that it has."""
    if name not in KNOBS:
        raise ValueError(f"no knob '{name}'")
    kind = type(KNOBS[name])
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if kind is bool and not isinstance(value, bool):
        raise ValueError(f"'{name}' is true or false")
    if kind is int and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise ValueError(f"'{name}' is a number")
    if kind is str and not isinstance(value, str):
        raise ValueError(f"'{name}' is a text")
    return value
