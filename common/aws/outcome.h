// What became of a call to AWS, and how it is told from what AWS answered.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { AWS_CODE_SIZE = 64, AWS_MESSAGE_SIZE = 256 };

enum aws_outcome {
    AWS_DONE,
    AWS_THROTTLED,        // and was, until the attempts were used up
    AWS_EXPIRED,          // the credentials are expired, and new ones too
    AWS_DENIED,           // a right is missing, or the role may not be assumed
    AWS_REGION_DISABLED,  // the credentials are good elsewhere: the account has not enabled this
                          // one
    AWS_BAD_CREDENTIALS,  // there are none, or AWS does not know them
    AWS_NOT_FOUND,
    AWS_TRANSIENT,  // network, time, 5xx, until the attempts were used up
    AWS_INVALID,    // a malformed request or answer, or an error of `take`
    AWS_CANCELLED,
};

// "throttled", "access denied" ...: for messages and lists.
const char *aws_outcome_name(enum aws_outcome outcome);

// The kind of error that an outcome is for those who do not look at outcomes.
enum error_code aws_outcome_error(enum aws_outcome outcome);

// An error as AWS writes it.
struct aws_fault {
    char code[AWS_CODE_SIZE];        // without "Exception"; "" if there is none
    char message[AWS_MESSAGE_SIZE];  // its first line, cleaned
};

// Reads the body of an answer that is no success: XML with an Error wherever it stands, or JSON.
// What is neither (a page of some proxy, nothing) gives an empty fault.
void aws_fault_read(struct aws_fault *fault, const char *body, size_t size);

// Sets the code from a word of AWS's: "prefix#CodeException:url" is "Code".
void aws_fault_set_code(struct aws_fault *fault, const char *text);

// By code, else by the status of HTTP. AWS_BAD_CREDENTIALS may mean that only this region does not
// know them: see aws_fault_is_regional.
enum aws_outcome aws_fault_classify(const char *code, int status);

// Whether a region that is not enabled would say this of good credentials.
int aws_fault_is_regional(const char *code);

// Whether a wrong clock may be behind it.
int aws_fault_is_skewed(const char *code);
