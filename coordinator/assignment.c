#include "coordinator/assignment.h"

#include <stdio.h>
#include <string.h>

enum { PLACE_SIZE = POLICY_NAME_MAX + 32 };

int
assignment_is(const struct assignment *self, enum policy_outcome outcome)
{
    return strcmp(self->outcome, policy_outcome_name(outcome)) == 0;
}

const char *
assignment_policy(const struct assignment *self)
{
    return assignment_is(self, POLICY_SELECTED) || assignment_is(self, POLICY_TAGGED) ? self->policy
                                                                                      : "";
}

static int
has_policy(enum policy_outcome outcome)
{
    return outcome == POLICY_SELECTED || outcome == POLICY_TAGGED;
}

static int
is_refused(const struct policy_choice *choice)
{
    return *choice->tag && choice->outcome != POLICY_TAGGED && choice->outcome != POLICY_OPTED_OUT;
}

static const char *
name_of(const struct policy_choice *choice)
{
    return choice->policy && choice->outcome != POLICY_TIE ? choice->policy->name : "";
}

// What happened, of what was looked at before.
static const char *
kind_of(const struct assignment *self, const struct policy_choice *choice)
{
    int had = assignment_is(self, POLICY_SELECTED) || assignment_is(self, POLICY_TAGGED);
    int is_same = strcmp(self->policy, name_of(choice)) == 0 && had == has_policy(choice->outcome);
    if (choice->outcome == POLICY_OPTED_OUT)
        return assignment_is(self, POLICY_OPTED_OUT) ? NULL : "opted out";
    if (assignment_is(self, POLICY_OPTED_OUT))
        return "opted in";
    if (choice->outcome == POLICY_TAGGED)
        return assignment_is(self, POLICY_TAGGED) && is_same ? NULL : "picked";
    if (assignment_is(self, POLICY_TAGGED))
        return "tag lost";
    if (had && !has_policy(choice->outcome))
        return "policy lost";
    if (!is_same)
        return "policy changed";
    return is_refused(choice) && strcmp(self->tag, choice->tag) != 0 ? "tag refused" : NULL;
}

static const char *
first_kind(const struct policy_choice *choice)
{
    if (choice->outcome == POLICY_OPTED_OUT)
        return "opted out";
    return is_refused(choice) ? "tag refused" : NULL;
}

static void
print_place(int is_out, const char *policy, char text[PLACE_SIZE])
{
    if (is_out)
        snprintf(text, PLACE_SIZE, "opted out");
    else if (*policy)
        snprintf(text, PLACE_SIZE, "'%s'", policy);
    else
        snprintf(text, PLACE_SIZE, "nothing");
}

static void
print_message(const struct assignment *self, const struct policy_choice *choice, const char *why,
              char message[ASSIGNMENT_MESSAGE_SIZE])
{
    char from[PLACE_SIZE], to[PLACE_SIZE];
    print_place(assignment_is(self, POLICY_OPTED_OUT), self->policy, from);
    print_place(choice->outcome == POLICY_OPTED_OUT, name_of(choice), to);
    int is_same = !*self->outcome || strcmp(from, to) == 0;
    snprintf(message, ASSIGNMENT_MESSAGE_SIZE, "%s%s%s%s%s%s%s", is_same ? "" : from,
             is_same ? "" : " -> ", is_same ? "" : to, is_same ? "" : ": ", choice->note,
             *why ? "; " : "", why);
}

static int
set_text(char **text_p, const char *text)
{
    if (strcmp(*text_p, text) == 0)
        return 0;
    record_set(text_p, text);
    return 1;
}

static int
set_number(int64_t *number, int64_t value)
{
    int is_changed = *number != value;
    *number = value;
    return is_changed;
}

// A tag that was lost is forgotten once the owner has decided anew.
static int
keep_loss(struct assignment *self, const struct policy_choice *choice, int64_t unix_ms)
{
    if (choice->outcome == POLICY_TAGGED || choice->outcome == POLICY_OPTED_OUT)
        return set_text(&self->lost_policy, "") | set_number(&self->lost_ms, 0);
    if (!assignment_is(self, POLICY_TAGGED))
        return 0;
    return set_text(&self->lost_policy, self->policy) | set_number(&self->lost_ms, unix_ms);
}

void
assignment_take(struct assignment *self, const struct policy_choice *choice, const char *why,
                int64_t unix_ms, struct assignment_turn *turn)
{
    const struct policy *policy = has_policy(choice->outcome) ? choice->policy : NULL;
    *turn = (struct assignment_turn){0};
    turn->kind = *self->outcome ? kind_of(self, choice) : first_kind(choice);
    if (turn->kind)
        print_message(self, choice, why, turn->message);
    turn->is_changed = keep_loss(self, choice, unix_ms) | set_text(&self->policy, name_of(choice)) |
                       set_text(&self->outcome, policy_outcome_name(choice->outcome)) |
                       set_text(&self->tag, choice->tag) |
                       set_number(&self->good_ms, policy ? policy->promise_good_ms : 0) |
                       set_number(&self->offsite_ms, policy ? policy->promise_offsite_ms : 0);
}
