// Messages: what proto/wire.proto says, packed, unpacked and checked.
//
// The structs are protobuf-c's (Wire__Envelope and so on); only wire.c calls its functions.
// Everything that arrives is hostile until wire_unpack has returned 0: then all texts are UTF-8
// without NUL and within their limits, repeated fields within their counts, enums in range, a body
// is present, and digests have 32 bytes. The envelope lives in the decoder's arena (1 MiB, which
// bounds what any message can make us allocate) until the next unpack or the decoder's end.
//
//     CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
//     const Wire__Envelope *message = NULL;
//     if (wire_unpack(decoder, data, size, WIRE_FROM_WORKER, &message, error)) ...
//
// Building: use the generated initializers on the stack (WIRE__DONE__INIT) and wire_pack.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "proto/wire.pb-c.h"

enum {
    WIRE_VERSION = 1,
    WIRE_SIZE_MAX = 65000,  // bytes of a message on the workers' endpoints (CURVE adds 33)
    WIRE_OPERATOR_SIZE_MAX = 261000,  // on the operators'
    WIRE_DONE_SIZE_MAX = 16384,
    WIRE_MESSAGE_MAX = 4096,  // bytes of a text for people
};

// Who may say what.
enum wire_role {
    WIRE_FROM_WORKER,       // Ready Accepted Refused Progress Done Beat Bye
    WIRE_FROM_COORDINATOR,  // Run DoneAck Cancel Drain Beat Bye
    WIRE_FROM_OPERATOR,     // Ask
    WIRE_TO_OPERATOR,       // Answer Bye
    WIRE_FROM_TASK,         // Progress Done
};

typedef struct wire_decoder wire_decoder_t;

wire_decoder_t *wire_decoder_new(void);
void wire_decoder_destroy(wire_decoder_t **self_p);

// Unpacks and checks one message. ERROR_INVALID if anything is amiss: the message says what.
int wire_unpack(wire_decoder_t *self, const void *data, size_t size, enum wire_role role,
                const Wire__Envelope **message, struct error *error);

// Packs a message. Texts for people that are too long are cut (at a character); anything else
// beyond a limit is ERROR_INVALID. *data is the caller's, to be given to free().
int wire_pack(const Wire__Envelope *message, enum wire_role role, uint8_t **data, size_t *size,
              struct error *error);

// The name of the body, for logs: "ready".
const char *wire_body_name(const Wire__Envelope *message);

// Copies an envelope deeply. The copy is the caller's.
Wire__Envelope *wire_clone(const Wire__Envelope *message);
void wire_free(Wire__Envelope **message_p);
