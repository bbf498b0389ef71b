// Messages on a pipe between the daemon and a child of its own: four bytes of length (big-endian),
// then the message. What comes is read as it arrives, without waiting.
//
//     frame_write(fd, data, size, error)                    // the child; waits
//     CLEAN(frames_destroy) frames_t *frames = frames_new(); // the daemon; fd does not block
//     while (frames_next(frames, fd, &data, &size, error) == 0) ...

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { FRAME_SIZE_MAX = 65000 };

// ERROR_INVALID if it is empty or longer than FRAME_SIZE_MAX.
int frame_write(int fd, const void *data, size_t size, struct error *error);

// Reads one message of a descriptor that blocks. The data is the caller's (free). ERROR_NOT_FOUND
// at the end, ERROR_CORRUPT if the end is in the middle of one, ERROR_INVALID if it is too long.
int frame_read(int fd, uint8_t **data, size_t *size, struct error *error);

typedef struct frames frames_t;

frames_t *frames_new(void);
void frames_destroy(frames_t **self_p);

// The next message, lent until the next call. ERROR_UNAVAILABLE: no whole one has arrived yet;
// else as frame_read.
int frames_next(frames_t *self, int fd, const uint8_t **data, size_t *size, struct error *error);
