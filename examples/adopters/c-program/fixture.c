/* A program in C and its own event loop: signals are blocked, and let in by pselect(2) alone, whose handler sets a flag.
 * It adopts sigconform through the program, with what `sigconform init c` wrote: sigconform_play.h is as it came.
 */
#include "sigconform_play.h"

#include <sys/select.h>

static const char *describe(void)
{
    return
        "{\"protocol\":1,\"name\":\"c-pselect\",\"library\":\"pselect(2) and flags\",\"version\":\"1\",\"language\":\"C\","
        "\"steps\":[\"send\",\"flood\",\"yield\",\"settle\"],\"claims\":{"
        "\"handlers_run\":{\"value\":\"sender-thread\","
        "\"source\":\"https://pubs.opengroup.org/onlinepubs/9799919799/functions/pselect.html\"},"
        "\"burst\":{\"value\":\"at-least-one\","
        "\"source\":\"https://pubs.opengroup.org/onlinepubs/9799919799/functions/sigaction.html\"}}}";
}

static volatile sig_atomic_t has_come[NSIG];
static sigset_t outside;

static void set_flag(int signal) { has_come[signal] = 1; }

/* What was blocked from the start is let in too, once it is subscribed. */
static int open_loop(void) { return sigprocmask(SIG_SETMASK, NULL, &outside); }

static int add_handler(int signal)
{
    struct sigaction action = {.sa_handler = set_flag};
    sigset_t blocked;
    sigfillset(&action.sa_mask);
    if (sigaction(signal, &action, NULL) == -1)
        return -1;
    sigdelset(&outside, signal);
    sigemptyset(&blocked);
    sigaddset(&blocked, signal);
    return sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void turn(int millis)
{
    struct timespec most = {.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1000000L};
    pselect(0, NULL, NULL, NULL, millis < 0 ? NULL : &most, &outside);
    for (int signal = 1; signal < NSIG; signal++)
        if (has_come[signal]) {
            has_come[signal] = 0;
            call_handlers(signal);
        }
}
