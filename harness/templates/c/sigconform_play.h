/* Plays sigconform's scripts: a part of the protocol (docs/protocol.md in the repository), enough to begin with. Steps that
 * it does not know yet are skips, not failures; add them to is_known() and play() as you need them.
 *
 * The file that includes it defines the loop: describe(), open_loop(), add_handler() and turn().
 */
#ifndef SIGCONFORM_PLAY_H
#define SIGCONFORM_PLAY_H

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Defined by the fixture. */
static const char *describe(void);
static int open_loop(void);
static int add_handler(int signal);
static void turn(int millis);

/* ---- The protocol: what was subscribed, and what has happened. ---- */

#define MOST 64

static const struct { const char *name; int number; } SIGNALS[] = {
    {"SIGHUP", SIGHUP},   {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT}, {"SIGILL", SIGILL},     {"SIGTRAP", SIGTRAP},
    {"SIGABRT", SIGABRT}, {"SIGBUS", SIGBUS},   {"SIGFPE", SIGFPE},   {"SIGKILL", SIGKILL},   {"SIGUSR1", SIGUSR1},
    {"SIGSEGV", SIGSEGV}, {"SIGUSR2", SIGUSR2}, {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM},   {"SIGTERM", SIGTERM},
    {"SIGCHLD", SIGCHLD}, {"SIGCONT", SIGCONT}, {"SIGSTOP", SIGSTOP}, {"SIGTSTP", SIGTSTP},   {"SIGTTIN", SIGTTIN},
    {"SIGTTOU", SIGTTOU}, {"SIGURG", SIGURG},   {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ},   {"SIGVTALRM", SIGVTALRM},
    {"SIGPROF", SIGPROF}, {"SIGWINCH", SIGWINCH}, {"SIGIO", SIGIO},   {"SIGSYS", SIGSYS},
#ifdef __linux__
    {"SIGPWR", SIGPWR},   {"SIGSTKFLT", SIGSTKFLT},
#else
    {"SIGINFO", SIGINFO}, {"SIGEMT", SIGEMT},
#endif
};

static struct { char name[24]; int number; long calls, calls_since_sent; } subscriptions[MOST];
static int subscribed;

/* Each event is one line, written at once. */
#define SAY(...) (dprintf(1, __VA_ARGS__) < 0 ? exit(1) : (void)0)

static int number_of(const char *name)
{
    for (size_t at = 0; at < sizeof SIGNALS / sizeof *SIGNALS; at++)
        if (strcmp(SIGNALS[at].name, name) == 0)
            return SIGNALS[at].number;
    if (strncmp(name, "SIGNAL_MAX+1", 12) == 0)
        return NSIG;
#ifdef SIGRTMIN
    if (strncmp(name, "SIGRTMIN+", 9) == 0)
        return SIGRTMIN + atoi(name + 9);
#endif
    return atoi(name);
}

static void subscribe(const char *name)
{
    int number = number_of(name), id = ++subscribed;
    if (id >= MOST)
        exit(1);
    snprintf(subscriptions[id].name, sizeof subscriptions[id].name, "%s", name);
    subscriptions[id].number = number;
    if (add_handler(number) == -1) {
        subscriptions[id].number = -1;
        SAY("{\"event\":\"refused\",\"signal\":\"%s\",\"subscription\":%d,\"error\":\"%s\"}\n", name, id, strerror(errno));
    } else {
        SAY("{\"event\":\"subscribed\",\"signal\":\"%s\",\"subscription\":%d}\n", name, id);
    }
}

/* The loop calls this for each signal that it has received: the handlers say so, and count. */
static void call_handlers(int signal)
{
    for (int id = 1; id <= subscribed; id++)
        if (subscriptions[id].number == signal) {
            SAY("{\"event\":\"handler\",\"signal\":\"%s\",\"subscription\":%d,\"place\":\"sender-thread\"}\n",
                subscriptions[id].name, id);
            subscriptions[id].calls++;
            subscriptions[id].calls_since_sent++;
        }
}

/* What the sender does itself: says so, and sends. Never with raise(), which is for one thread. */
static void send_signal(const char *name, long times)
{
    int number = number_of(name);
    for (int id = 1; id <= subscribed; id++)
        if (subscriptions[id].number == number)
            subscriptions[id].calls_since_sent = 0;
    if (times == 0)
        SAY("{\"event\":\"sending\",\"signal\":\"%s\"}\n", name);
    else
        SAY("{\"event\":\"flooding\",\"signal\":\"%s\",\"times\":%ld}\n", name, times);
    do
        kill(getpid(), number);
    while (--times > 0);
}

/* ---- Enough of JSON for scripts, which have no spaces and no escapes. ---- */

/* The end of the value that begins at `at`. */
static const char *end_of(const char *at)
{
    int depth = 0, quoted = 0;
    for (; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (depth == 0 && strchr(",]}", *at))
            return at;
        depth += strchr("[{", *at) ? 1 : strchr("]}", *at) ? -1 : 0;
        if (depth == 0 && strchr("]}", *at))
            return at + 1;
    }
    return at;
}

/* The value of a field of an object, or NULL. */
static const char *field(const char *object, const char *name)
{
    for (const char *at = object + 1; *at == '"';) {
        size_t length = strlen(name);
        const char *value = strchr(at + 1, '"') + 2;
        if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '"')
            return value;
        at = end_of(value);
        if (*at == ',')
            at++;
    }
    return NULL;
}

/* The first value of an array, and the one after it; NULL when there is none. */
static const char *first(const char *array) { return array && array[1] != ']' ? array + 1 : NULL; }
static const char *next(const char *value)
{
    const char *end = end_of(value);
    return *end == ',' ? end + 1 : NULL;
}

/* The text of a string. */
static const char *text(const char *value)
{
    static char buffer[64];
    snprintf(buffer, sizeof buffer, "%.*s", (int)(end_of(value) - value - 2), value + 1);
    return buffer;
}

/* ---- The script. ---- */

/* Whether all conditions of a yield hold. */
static int hold(const char *conditions)
{
    for (const char *condition = first(conditions); condition; condition = next(condition)) {
        int id = atoi(field(condition, "subscription"));
        if (strcmp(text(field(condition, "wait")), "calls") == 0) {
            if (subscriptions[id].calls < atol(field(condition, "total")))
                return 0;
        } else if (subscriptions[id].calls_since_sent == 0) {
            return 0;
        }
    }
    return 1;
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Whether it is a step that this file can play, in the way that the script wants it. */
static int is_known(const char *what, const char *step)
{
    int is_plain = field(step, "to") == NULL || strcmp(text(field(step, "to")), "process") == 0;
    return (strcmp(what, "send") == 0 && is_plain) || strcmp(what, "flood") == 0 || strcmp(what, "yield") == 0 ||
           strcmp(what, "settle") == 0;
}

/* What stands between two yields is plain code: the loop turns only in a yield. */
static void play(const char *script)
{
    SAY("{\"event\":\"opened\"}\n");
    for (const char *name = first(field(script, "subscribe")); name; name = next(name))
        subscribe(text(name));
    SAY("{\"event\":\"started\",\"pid\":%d}\n", (int)getpid());
    for (const char *step = first(field(script, "steps")); step; step = next(step)) {
        char what[64];
        snprintf(what, sizeof what, "%s", text(field(step, "step")));
        if (field(script, "before") || !is_known(what, step)) {
            SAY("{\"event\":\"unsupported\",\"step\":\"%s\",\"reason\":\"not written yet\"}\n", what);
            return;
        }
        if (strcmp(what, "send") == 0) {
            send_signal(text(field(step, "signal")), 0);
        } else if (strcmp(what, "flood") == 0) {
            send_signal(text(field(step, "signal")), atol(field(step, "times")));
        } else if (strcmp(what, "yield") == 0) {
            SAY("{\"event\":\"yielding\"}\n");
            while (!hold(field(step, "until")))
                turn(-1);
            SAY("{\"event\":\"resumed\"}\n");
        } else {
            long left, end = now() + atol(field(step, "millis"));
            SAY("{\"event\":\"settling\"}\n");
            do
                turn((left = end - now()) > 0 ? (int)left : 0);
            while (left > 0);
            SAY("{\"event\":\"resumed\"}\n");
        }
    }
    SAY("{\"event\":\"finished\"}\n");
}

int main(int argc, char **argv)
{
    static char script[1 << 20];
    const char *command = argc > 1 ? argv[argc - 1] : "";
    if (strcmp(command, "describe") == 0) {
        SAY("%s\n", describe());
        return 0;
    }
    /* One line and no further; its end before the script means that nobody is there. */
    if (strcmp(command, "run") != 0 || fgets(script, sizeof script, stdin) == NULL || open_loop() == -1)
        return 2;
    play(script);
    return 0;
}

#endif
