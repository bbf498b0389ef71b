// SHA-256 and HMAC with it, over OpenSSL.
//
//     CLEAN(digest_destroy) digest_t *digest = digest_new();
//     digest_add(digest, data, size);
//     uint8_t sum[DIGEST_SIZE];
//     digest_end(digest, sum);

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 2 * DIGEST_SIZE + 1 };

typedef struct digest digest_t;

digest_t *digest_new(void);
void digest_destroy(digest_t **self_p);
void digest_add(digest_t *self, const void *data, size_t size);

// Gives the sum and starts over.
void digest_end(digest_t *self, uint8_t sum[DIGEST_SIZE]);

void digest_of(const void *data, size_t size, uint8_t sum[DIGEST_SIZE]);
// HMAC-SHA256. A sum may be the next key.
void digest_hmac(const void *key, size_t key_size, const void *data, size_t size,
                 uint8_t sum[DIGEST_SIZE]);

void digest_hex(const uint8_t sum[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE]);

// Reads 64 hexadecimal digits, lower case. Returns 0, or -1 if the text is anything else.
int digest_from_hex(const char *hex, uint8_t sum[DIGEST_SIZE]);
