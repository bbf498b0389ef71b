// Where a service is: "https://{service}.{region}.{suffix}", unless options or the environment
// (AWS_ENDPOINT_URL_<SERVICE>, then AWS_ENDPOINT_URL) say otherwise.

#pragma once

#include "common/error.h"

struct aws_endpoint {
    char *url;         // "https://rds.eu-west-1.amazonaws.com", no slash at its end
    const char *host;  // within url: "rds.eu-west-1.amazonaws.com", with the port if it names one
    int is_direct;     // loopback: no proxy is asked
};

// Whether a template can be used: https, or http to loopback; a host and at most a port; no names
// in braces but the three. ERROR_CONFIG otherwise.
int aws_endpoint_check(const char *format, struct error *error);

// `format` NULL: as the environment says. ERROR_CONFIG if that cannot be used, ERROR_INVALID if the
// region's name is none. To be cleared.
int aws_endpoint_find(struct aws_endpoint *endpoint, const char *format,
                      const char *const *environment, const char *service, const char *region,
                      struct error *error);
void aws_endpoint_clear(struct aws_endpoint *endpoint);
