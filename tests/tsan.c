// Linked into every program of a Tsan build: what the thread sanitizer cannot know. In the program
// and not in a file, since programs that tests start get no environment of theirs.

const char *__tsan_default_suppressions(void);
const char *__tsan_default_options(void);

const char *
__tsan_default_suppressions(void)
{
    // These libraries are not instrumented: what they hand from thread to thread is ordered by
    // atomics that the sanitizer does not see. The last one is fork's own lock.
    return "called_from_lib:libzmq.so.5\n"
           "called_from_lib:libczmq.so.4\n"
           "called_from_lib:libsodium.so.23\n"
           "race:libzmq.so.5\n"
           "race:libczmq.so.4\n"
           "mutex:__run_postfork_handlers\n";
}

const char *
__tsan_default_options(void)
{
    // Without the stack of a thread that did much since, its report is suppressed by nothing.
    return "second_deadlock_stack=1:die_after_fork=0:history_size=7";
}
