#include "common/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { TEXT_LENGTH = KEY_TEXT_SIZE - 1, BINARY_SIZE = 32, FILE_SIZE_MAX = 1024 };

int
key_generate(struct key_pair *pair, struct error *error)
{
    if (zmq_curve_keypair(pair->public_text, pair->secret_text))
        return error_set(error, ERROR_CONFIG, "cannot make a key: libzmq was built without CURVE");
    return 0;
}

// Creates a file that must not be there yet.
static int
create(const char *path, mode_t mode, const char *text, struct error *error)
{
    CLEAN(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot create '%s': %s", path, strerror(errno));
    if (fd_write(fd, text, strlen(text), error)) {
        unlink(path);
        return error_wrap(error, "cannot fill '%s'", path);
    }
    if (fchmod(fd, mode) || fsync(fd)) {
        error_set(error, ERROR_CONFIG, "cannot keep '%s': %s", path, strerror(errno));
        unlink(path);
        return -1;
    }
    return 0;
}

int
key_write(const struct key_pair *pair, const char *path, struct error *error)
{
    CLEAN(memory_free) char *key_path = memory_format("%s.key", path);
    CLEAN(memory_free) char *public_path = memory_format("%s.pub", path);
    CLEAN(memory_free_secret)
    char *text =
        memory_format_secret("public %s\nsecret %s\n", pair->public_text, pair->secret_text);
    CLEAN(memory_free) char *public_text = memory_format("%s\n", pair->public_text);
    if (create(key_path, 0600, text, error))
        return -1;
    if (create(public_path, 0644, public_text, error)) {
        unlink(key_path);
        return -1;
    }
    return 0;
}

// Reads a file whose size is known to be small; NUL-terminates it.
static int
read_small(int fd, const char *path, char text[FILE_SIZE_MAX], struct error *error)
{
    struct stat status;
    if (fstat(fd, &status))
        return error_set(error, ERROR_CONFIG, "cannot look at '%s': %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size >= FILE_SIZE_MAX)
        return error_set(error, ERROR_CONFIG, "'%s' is no key file of dbhaul", path);
    memset(text, 0, FILE_SIZE_MAX);
    if (status.st_size > 0 && fd_read(fd, text, (size_t)status.st_size, error))
        return error_wrap(error, "cannot read '%s'", path);
    return 0;
}

static int
check_private(int fd, const char *path, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status))
        return error_set(error, ERROR_CONFIG, "cannot look at '%s': %s", path, strerror(errno));
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return error_set(error, ERROR_CONFIG,
                         "the key file '%s' belongs to neither root nor the user of this program",
                         path);
    if (status.st_mode & 077)
        return error_set(error, ERROR_CONFIG,
                         "others can read the key file '%s': chmod 600 it, or make a new key",
                         path);
    return 0;
}

static int
parse_pair(const char *text, struct key_pair *pair)
{
    int used = 0;
    if (sscanf(text, "public %40s secret %40s %n", pair->public_text, pair->secret_text, &used) !=
        2)
        return -1;
    char derived[KEY_TEXT_SIZE];
    if (text[used] != '\0' || !key_is_valid(pair->public_text) || !key_is_valid(pair->secret_text))
        return -1;
    return zmq_curve_public(derived, pair->secret_text) || strcmp(derived, pair->public_text) ? -1
                                                                                              : 0;
}

int
key_read(struct key_pair *pair, const char *path, struct error *error)
{
    // O_NONBLOCK: a FIFO in its place must not hold us.
    CLEAN(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot open the key file '%s': %s", path,
                         strerror(errno));
    if (check_private(fd, path, error))
        return -1;
    char text[FILE_SIZE_MAX];
    CLEAN(key_clear) struct key_pair found = {0};
    int failed = read_small(fd, path, text, error);
    int malformed = !failed && parse_pair(text, &found);
    explicit_bzero(text, sizeof text);
    if (failed)
        return -1;
    if (malformed)
        return error_set(error, ERROR_CONFIG, "'%s' is no key file of dbhaul", path);
    *pair = found;
    return 0;
}

int
key_read_public(const char *text_or_path, char text[KEY_TEXT_SIZE], struct error *error)
{
    CLEAN(fd_close) int fd = open(text_or_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && key_is_valid(text_or_path)) {
        memcpy(text, text_or_path, KEY_TEXT_SIZE);
        return 0;
    }
    if (fd < 0)
        return error_set(error, ERROR_CONFIG,
                         "'%s' is neither a public key nor a file that can be read: %s",
                         text_or_path, strerror(errno));
    char content[FILE_SIZE_MAX];
    if (read_small(fd, text_or_path, content, error))
        return -1;
    content[strcspn(content, "\r\n")] = '\0';
    if (!key_is_valid(content))
        return error_set(error, ERROR_CONFIG, "'%s' does not begin with a public key",
                         text_or_path);
    memcpy(text, content, KEY_TEXT_SIZE);
    return 0;
}

int
key_is_valid(const char *text)
{
    // zmq_z85_decode of 4.3.4 looks at neither the length nor every character before it reads.
    static const char digits[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    uint8_t binary[BINARY_SIZE];
    return strlen(text) == TEXT_LENGTH && strspn(text, digits) == TEXT_LENGTH &&
           zmq_z85_decode(binary, text) != NULL;
}

void
key_clear(struct key_pair *pair)
{
    explicit_bzero(pair->secret_text, sizeof pair->secret_text);
}
