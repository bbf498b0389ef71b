// What waits to be sent: each item in the bucket of its key, behind those that came before it, and
// not before its time. Buckets take turns. No clock of its own.

#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct aws_queue aws_queue_t;

aws_queue_t *aws_queue_new(void);
void aws_queue_destroy(aws_queue_t **self_p);  // items are not its own

// `rate_per_s` and `burst` count when the bucket is made.
void aws_queue_put(aws_queue_t *self, const char *key, int64_t rate_per_s, int64_t burst,
                   void *item, int64_t not_before_ms, int64_t now_ms);

// The next item whose time has come and that its bucket lets go, or NULL.
void *aws_queue_take(aws_queue_t *self, int64_t now_ms);

// When aws_queue_take is worth calling again; INT64_MAX if the queue is empty.
int64_t aws_queue_next_ms(const aws_queue_t *self);

// Any item, whatever its time, or NULL: to empty the queue.
void *aws_queue_take_any(aws_queue_t *self);

// Drains a bucket.
void aws_queue_drain(aws_queue_t *self, const char *key, int64_t now_ms);

size_t aws_queue_size(const aws_queue_t *self);
