#include "common/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

struct digest {
    EVP_MD_CTX *context;
};

// SHA-256 fails only when memory runs out or the library is broken.
static void
must(int succeeded)
{
    if (!succeeded)
        abort();
}

digest_t *
digest_new(void)
{
    digest_t *self = memory_get(sizeof *self);
    self->context = EVP_MD_CTX_new();
    must(self->context && EVP_DigestInit_ex(self->context, EVP_sha256(), NULL));
    return self;
}

void
digest_destroy(digest_t **self_p)
{
    if (!*self_p)
        return;
    EVP_MD_CTX_free((*self_p)->context);
    memory_free(self_p);
}

void
digest_add(digest_t *self, const void *data, size_t size)
{
    must(EVP_DigestUpdate(self->context, data, size));
}

void
digest_end(digest_t *self, uint8_t sum[DIGEST_SIZE])
{
    must(EVP_DigestFinal_ex(self->context, sum, NULL));
    must(EVP_DigestInit_ex(self->context, EVP_sha256(), NULL));
}

void
digest_of(const void *data, size_t size, uint8_t sum[DIGEST_SIZE])
{
    CLEAN(digest_destroy) digest_t *digest = digest_new();
    digest_add(digest, data, size);
    digest_end(digest, sum);
}

void
digest_hmac(const void *key, size_t key_size, const void *data, size_t size,
            uint8_t sum[DIGEST_SIZE])
{
    uint8_t made[DIGEST_SIZE];
    must(key_size <= INT_MAX &&
         HMAC(EVP_sha256(), key, (int)key_size, data, size, made, NULL) != NULL);
    memcpy(sum, made, sizeof made);
    explicit_bzero(made, sizeof made);
}

void
digest_hex(const uint8_t sum[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[DIGEST_HEX_SIZE - 1] = '\0';
}

static int
digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

int
digest_from_hex(const char *hex, uint8_t sum[DIGEST_SIZE])
{
    uint8_t parsed[DIGEST_SIZE];
    if (strlen(hex) != DIGEST_HEX_SIZE - 1)
        return -1;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = digit_value(hex[2 * i]);
        int low = digit_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        parsed[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(sum, parsed, sizeof parsed);
    return 0;
}
