// SPDX-License-Identifier: Apache-2.0
// Reading goes octet by octet straight from the descriptor, so that no library buffer keeps a copy
// of the password, and echo is put back on every way out, signals included.
#include "cli/prompt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/slice.h"

enum { PASSWORD_MAX = 512 };

// One line without its end into out[cap].
static bool read_line(char *out, size_t cap, const char **why)
{
    size_t len = 0;
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || c == '\n')
            break;
        if (c == '\0' || len + 1 >= cap) {
            *why = c == '\0' ? "a password cannot hold NUL" : "the password is too long";
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    if (len == 0)
        *why = "an empty password is no password";
    return len > 0;
}

static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static bool ask(const char *question, char *out, size_t cap, const char **why)
{
    say(question);
    bool good = read_line(out, cap, why);
    say("\n");
    return good;
}

static bool ask_twice(char *out, size_t cap, const char **why)
{
    char again[PASSWORD_MAX + 1];
    bool good =
        ask("Password: ", out, cap, why) && ask("The same again: ", again, sizeof(again), why);
    if (good && !secret_eq(slice_str(out), slice_str(again))) {
        *why = "the two differ";
        good = false;
    }
    secret_wipe(again, sizeof(again));
    return good;
}

// Keys that would end the program while echo is off are held back until it is on again.
static void hold_signals(sigset_t *before)
{
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGQUIT);
    (void)sigaddset(&held, SIGTSTP);
    (void)sigaddset(&held, SIGHUP);
    (void)sigaddset(&held, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &held, before);
}

bool prompt_password(char *out, size_t cap, const char **why)
{
    struct termios normal, quiet;
    sigset_t before;
    if (tcgetattr(STDIN_FILENO, &normal) < 0)
        return read_line(out, cap, why);
    quiet = normal;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    hold_signals(&before);
    bool good = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    if (!good)
        *why = "echo cannot be switched off";
    good = good && ask_twice(out, cap, why);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &normal);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return good;
}
