// Messages: what proto/wire.proto says, packed, unpacked and checked.
//
// The structs are protobuf-c's (Wire__Envelope and so on); only wire.c calls its functions, and
// wire_check.c reads its descriptors. Everything that arrives is hostile until wire_unpack has
// returned 0. Then:
// - it has this WIRE_VERSION and a body that its role may send;
// - all texts are UTF-8 without NUL and within their limits (512 bytes unless wire_check.c says
//   otherwise), repeated fields within their counts, enums known;
// - numbers fit into the signed type of their size (the catalog's), times end with the year 9999;
// - bytes are SHA-256: 32 of them, or none where that may be (in SetFacts it may not);
// - sub-messages are there (not NULL), but for Done.set, Answer.table, `what` of Backup and Check,
// and
//   what a oneof leaves open:
//   `Run.task`, `Ask.what` and `Submit.what` may be NOT_SET if the sender is newer;
// - what is about a job names a job and an attempt. Run is held to that by who receives it, because
//   the catalog keeps it before either is known;
// - a row has as many cells as there are columns.
// Fields that this version does not know are ignored, up to 64 a message.
// The envelope lives in the decoder's arena (1 MiB, which bounds what any message can make us
// allocate) until the next unpack or the decoder's end.
//
//     CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
//     const Wire__Envelope *message = NULL;
//     if (wire_unpack(decoder, data, size, WIRE_FROM_WORKER, &message, error)) ...
//
// Building: use the generated initializers on the stack and wire_pack.
//
//     Wire__Bye bye = WIRE__BYE__INIT;
//     Wire__Envelope message = WIRE__ENVELOPE__INIT;
//     message.body_case = WIRE__ENVELOPE__BODY_BYE;
//     message.bye = &bye;

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "proto/wire.pb-c.h"

// The generated initializers cast away that this text is const, and clang says so (-Wcast-qual)
// wherever one of them is used. By way of a number it does not.
#define protobuf_c_empty_string ((uintptr_t)protobuf_c_empty_string)

enum {
    WIRE_VERSION = 1,
    WIRE_SIZE_MAX = 65000,  // bytes of a message on the workers' endpoints (CURVE adds 33)
    WIRE_OPERATOR_SIZE_MAX = 261000,  // on the operators'
    WIRE_DONE_SIZE_MAX = 16384,
    WIRE_MESSAGE_MAX = 4096,  // bytes of a text for people
    WIRE_PIECE_MAX = 60000,   // bytes of the lines in a Piece
    WIRE_FETCH_MAX = 3400,    // and in a Fetch, which is to be shorter than PIPE_BUF
};

// Who may say what.
enum wire_role {
    WIRE_FROM_WORKER,       // Ready Accepted Refused Progress Fetch Done Beat Bye
    WIRE_FROM_COORDINATOR,  // Run Piece DoneAck Cancel Drain Beat Bye
    WIRE_FROM_OPERATOR,     // Ask
    WIRE_TO_OPERATOR,       // Answer Bye
    WIRE_FROM_TASK,         // Progress Fetch Done
};

typedef struct wire_decoder wire_decoder_t;

wire_decoder_t *wire_decoder_new(void);
void wire_decoder_destroy(wire_decoder_t **self_p);

// Unpacks and checks one message. ERROR_INVALID if anything is amiss: the message says what.
// ERROR_CONFIG if it is of another version: answer it with Bye.
int wire_unpack(wire_decoder_t *self, const void *data, size_t size, enum wire_role role,
                const Wire__Envelope **message, struct error *error);

// Packs a message; the version is put in. Texts for people (messages, reasons, phases, cells) that
// are too long are cut at a character, and bytes in them that are no UTF-8 become '?', so that a
// report never fails for the words in it; anything else beyond a limit is ERROR_INVALID. What is
// packed, the other side can unpack. *data is the caller's, to be given to free().
int wire_pack(const Wire__Envelope *message, enum wire_role role, uint8_t **data, size_t *size,
              struct error *error);

// The name of the body, for logs: "ready".
const char *wire_body_name(const Wire__Envelope *message);

// Copies an envelope deeply. The copy is the caller's.
Wire__Envelope *wire_clone(const Wire__Envelope *message);
void wire_free(Wire__Envelope **message_p);
