// What to do about a TLS connection that was refused, by what the clients' libraries say of it.

#pragma once

// A clause in parentheses, with a space before it, to be put after the library's words.
const char *tls_advice(const char *said);
