// TLS as http has it: a certificate that nobody we trust has signed, or for another name, is
// refused before anything is sent. The other side is openssl's own server.

#include "common/process.h"
#include "tests/folder.h"
#include "tests/http_asker.h"

static const char openssl[] = "/usr/bin/openssl";

struct tls_server {
    char *folder;
    char *ca_file;
    char *url;
    process_t *process;
};

static void
run_openssl(const char *const *argv)
{
    struct error error = {0};
    struct process_end end;
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &(struct process_options){.argv = argv}, &error), 0);
    assert_int_equal(process_wait(process, 60000, &end, &error), 0);
    if (end.exit_code != 0)
        fail_msg("%s", end.stderr_text);
}

// A port that is free now.
static unsigned
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int
answers(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = connect(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    return status == 0;
}

// With a certificate for these names ("IP:127.0.0.1").
static void
tls_server_start(struct tls_server *self, const char *names)
{
    unsigned port = free_port();
    self->folder = folder_new();
    self->ca_file = memory_format("%s/cert.pem", self->folder);
    self->url = memory_format("https://127.0.0.1:%u/", port);
    CLEAN(memory_free) char *key = memory_format("%s/key.pem", self->folder);
    CLEAN(memory_free) char *alternative = memory_format("subjectAltName=%s", names);
    CLEAN(memory_free) char *accept = memory_format("127.0.0.1:%u", port);
    const char *const make[] = {openssl,
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-subj",
                                "/CN=test",
                                "-addext",
                                alternative,
                                "-keyout",
                                key,
                                "-out",
                                self->ca_file,
                                NULL};
    run_openssl(make);
    const char *const serve[] = {openssl, "s_server", "-accept", accept,   "-cert", self->ca_file,
                                 "-key",  key,        "-www",    "-quiet", NULL};
    struct error error = {0};
    assert_int_equal(
        process_start(&self->process, &(struct process_options){.argv = serve}, &error), 0);
    int64_t deadline_ms = clock_monotonic_ms() + 20000;
    while (!answers(port)) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        poll(NULL, 0, 5);
    }
}

static void
tls_server_stop(struct tls_server *self)
{
    process_destroy(&self->process);
    folder_destroy(&self->folder);
    memory_free(&self->ca_file);
    memory_free(&self->url);
}

static void
a_certificate_of_a_trusted_issuer_is_accepted(void **state)
{
    (void)state;
    CLEAN(tls_server_stop) struct tls_server server = {0};
    tls_server_start(&server, "IP:127.0.0.1");
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask_with(&(struct http_options){.ca_file = server.ca_file},
             (struct http_request){.url = server.url}, &outcome);
    assert_int_equal(outcome.error.code, ERROR_NONE);
    assert_int_equal(outcome.status, 200);
}

static void
a_certificate_of_an_unknown_issuer_is_denied(void **state)
{
    (void)state;
    CLEAN(tls_server_stop) struct tls_server server = {0};
    tls_server_start(&server, "IP:127.0.0.1");
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask((struct http_request){.url = server.url}, &outcome);
    assert_int_equal(outcome.error.code, ERROR_DENIED);
    assert_non_null(strstr(outcome.error.message, "CA file"));
}

static void
a_certificate_for_another_name_is_denied(void **state)
{
    (void)state;
    CLEAN(tls_server_stop) struct tls_server server = {0};
    tls_server_start(&server, "DNS:elsewhere.example");
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask_with(&(struct http_options){.ca_file = server.ca_file},
             (struct http_request){.url = server.url}, &outcome);
    assert_int_equal(outcome.error.code, ERROR_DENIED);
}

static void
a_ca_file_that_is_none_is_configuration(void **state)
{
    (void)state;
    CLEAN(tls_server_stop) struct tls_server server = {0};
    tls_server_start(&server, "IP:127.0.0.1");
    CLEAN(memory_free) char *none = folder_write(server.folder, "none.pem", 0600, "nothing\n");
    const char *const files[] = {none, "/nonexistent/ca.pem"};
    for (size_t i = 0; i < 2; i++) {
        CLEAN(outcome_clear) struct outcome outcome = {0};
        ask_with(&(struct http_options){.ca_file = files[i]},
                 (struct http_request){.url = server.url}, &outcome);
        assert_int_equal(outcome.error.code, ERROR_CONFIG);
    }
}

static void
a_pinned_key_is_enough_and_another_is_denied(void **state)
{
    (void)state;
    CLEAN(tls_server_stop) struct tls_server server = {0};
    tls_server_start(&server, "DNS:elsewhere.example");
    CLEAN(memory_free) char *out = memory_format("%s/pin", server.folder);
    CLEAN(memory_free)
    char *command =
        memory_format("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform "
                      "der | openssl dgst -sha256 -binary | base64 | tr -d '\\n' > %s",
                      server.ca_file, out);
    assert_int_equal(system(command), 0);
    struct error error = {0};
    CLEAN(memory_free) char *digest = NULL;
    size_t size = 0;
    assert_int_equal(fd_read_file(AT_FDCWD, out, 256, &digest, &size, &error), 0);
    CLEAN(memory_free) char *pin = memory_format("sha256//%s", digest);
    CLEAN(outcome_clear) struct outcome right = {0}, wrong = {0};
    ask_with(&(struct http_options){.pinned_key = pin}, (struct http_request){.url = server.url},
             &right);
    assert_int_equal(right.error.code, ERROR_NONE);
    assert_int_equal(right.status, 200);
    const char *other = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    ask_with(&(struct http_options){.pinned_key = other, .ca_file = server.ca_file},
             (struct http_request){.url = server.url}, &wrong);
    assert_int_equal(wrong.error.code, ERROR_DENIED);
    assert_non_null(strstr(wrong.error.message, "pinned"));
}

int
main(void)
{
    if (access(openssl, X_OK)) {
        printf("not run: there is no %s\n", openssl);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_of_a_trusted_issuer_is_accepted),
        cmocka_unit_test(a_certificate_of_an_unknown_issuer_is_denied),
        cmocka_unit_test(a_certificate_for_another_name_is_denied),
        cmocka_unit_test(a_ca_file_that_is_none_is_configuration),
        cmocka_unit_test(a_pinned_key_is_enough_and_another_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
