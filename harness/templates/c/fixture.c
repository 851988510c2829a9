/* A fixture: the program that sigconform plays its scenarios on. Put your own event loop where poll(2) stands.
 *
 * `fixture describe` says what is under test, `fixture run` plays one scenario; sigconform_play.h does both, with the four
 * things that follow. Say nothing on standard output yourself: it belongs to the protocol. Standard error is free.
 *
 * Build it with: cc -o fixture fixture.c
 */
#include "sigconform_play.h"

#include <fcntl.h>
#include <poll.h>

/* What it says of itself. A claim is what a page of the documentation promises; what no page says is left out. `steps`
 * are those that sigconform_play.h knows: scenarios that need another one are skipped. */
static const char *describe(void)
{
    return
        "{\"protocol\":1,\"name\":\"mine\",\"library\":\"a pipe and poll(2)\",\"version\":\"1\",\"language\":\"C\","
        "\"steps\":[\"send\",\"flood\",\"yield\",\"settle\"],"
        "\"claims\":{\"handlers_run\":{\"value\":\"sender-thread\","
        "\"source\":\"https://man7.org/linux/man-pages/man7/signal-safety.7.html\"}}}";
}

/* Here the library is a pipe that the signal handler writes to, and that the loop reads. */
static int pipe_ends[2];

static void write_byte(int signal)
{
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    if (write(pipe_ends[1], &byte, 1) != 1) {
        /* Full: a handler must not block. */
    }
    errno = saved;
}

/* Makes the loop; -1 with errno set when that fails. */
static int open_loop(void)
{
    if (pipe(pipe_ends) == -1)
        return -1;
    for (int end = 0; end < 2; end++) {
        fcntl(pipe_ends[end], F_SETFL, O_NONBLOCK);
        fcntl(pipe_ends[end], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

/* Has the loop call call_handlers() for each such signal; -1 with errno set when it is refused. */
static int add_handler(int signal)
{
    struct sigaction action = {.sa_handler = write_byte, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    return sigaction(signal, &action, NULL);
}

/* One turn of the loop: waits for at most so many milliseconds, or with -1 until a signal has come. Nothing but a signal
 * may end that wait: no timer, no other descriptor. */
static void turn(int millis)
{
    struct pollfd descriptor = {.fd = pipe_ends[0], .events = POLLIN};
    unsigned char bytes[512];
    if (poll(&descriptor, 1, millis) <= 0)
        return;
    for (ssize_t length; (length = read(pipe_ends[0], bytes, sizeof bytes)) > 0;)
        for (ssize_t at = 0; at < length; at++)
            call_handlers(bytes[at]);
}
