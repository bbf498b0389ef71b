// Workers for the tests of fleet and board: a Ready and a peer from a few words.

#pragma once

#include <stdio.h>
#include <string.h>

#include "coordinator/fleet.h"

static Wire__Tool built_tool = WIRE__TOOL__INIT;
static Wire__Tool *built_tools[] = {&built_tool};
static Wire__Label built_label = WIRE__LABEL__INIT;
static Wire__Label *built_labels[] = {&built_label};
static size_t built_label_count;
static Wire__Store built_store = WIRE__STORE__INIT;
static Wire__Store *built_stores[] = {&built_store};

static struct sock_peer
build_peer(const char *name)
{
    struct sock_peer peer = {0};
    peer.address_size = strlen(name);
    memcpy(peer.address, name, peer.address_size);
    snprintf(peer.principal, sizeof peer.principal, "key:%s", name);
    return peer;
}

static struct worker *
join(fleet_t *fleet, const char *name, unsigned slots, int64_t now_ms)
{
    built_tool.name = "pg_dump";
    built_tool.major = 15;
    built_store.identity = "directory:1";
    Wire__Ready ready = WIRE__READY__INIT;
    ready.instance_id = ready.name = (char *)(uintptr_t)name;
    ready.boot_id = "boot";
    ready.slots = slots;
    ready.tools = built_tools;
    ready.n_tools = 1;
    ready.stores = built_stores;
    ready.n_stores = 1;
    ready.labels = built_labels;
    ready.n_labels = built_label_count;
    Wire__Envelope hello = WIRE__ENVELOPE__INIT;
    hello.version = WIRE_VERSION;
    hello.body_case = WIRE__ENVELOPE__BODY_READY;
    hello.ready = &ready;
    struct sock_peer peer = build_peer(name);
    return fleet_join(fleet, &hello, 0, &peer, now_ms);
}
