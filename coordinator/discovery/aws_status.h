// What a status of an RDS instance or cluster means for a backup of tonight. AWS's list is not
// closed: a word that is not in ours is tried.

#pragma once

enum aws_status {
    AWS_STATUS_TRY,    // it answers, or may
    AWS_STATUS_DEFER,  // it will pass within minutes or hours: wait for it
    AWS_STATUS_SKIP,   // somebody must do something first
};

// *reason is a sentence why it is skipped, lent for good; "" otherwise.
enum aws_status aws_status_judge(const char *status, const char **reason);
