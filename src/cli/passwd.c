// SPDX-License-Identifier: Apache-2.0
// `yett passwd`: a user and the hash of a password into a file that the basic_auth filter reads.
// Only schemes it accepts are offered, each with a cost that takes a machine a good part of a
// second.
#include <crypt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/password_file.h"
#include "cli/prompt.h"

enum {
    USER_MAX = 255,
    WHY_MAX = 512,
};

struct scheme {
    const char *name, *prefix; // prefix as crypt_gensalt wants it
    unsigned long cost, cost_min, cost_max;
    size_t password_max; // longer ones would be cut without a word
};

static const struct scheme schemes[] = {
    {.name = "yescrypt",
     .prefix = "$y$",
     .cost = 5,
     .cost_min = 1,
     .cost_max = 11,
     .password_max = 511},
    {.name = "bcrypt",
     .prefix = "$2b$",
     .cost = 11,
     .cost_min = 8,
     .cost_max = 20,
     .password_max = 72},
    {.name = "sha512",
     .prefix = "$6$",
     .cost = 300000,
     .cost_min = 10000,
     .cost_max = 9999999,
     .password_max = 511},
};

struct job {
    const struct scheme *scheme;
    unsigned long cost;
    const char *path;
    struct slice user;
};

static const struct scheme *find_scheme(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (strcmp(schemes[i].name, name) == 0)
            return &schemes[i];
    }
    return NULL;
}

static int read_options(int argc, char **argv, struct job *job)
{
    const char *cost = NULL;
    uint64_t number;
    job->scheme = &schemes[0];
    opterr = 0;
    for (int option; (option = getopt(argc, argv, "+:B:s:")) != -1;) {
        if (option == 'B')
            cost = optarg;
        else if (option == ':')
            return cli_misuse(&cli_verb_passwd, "-%c needs a value", optopt);
        else if (option != 's')
            return cli_no_option(&cli_verb_passwd, argv);
        else if (!(job->scheme = find_scheme(optarg)))
            return cli_misuse(&cli_verb_passwd, "a scheme is yescrypt, bcrypt or sha512");
    }
    job->cost = job->scheme->cost;
    if (!cost)
        return CLI_WELL;
    if (!num_decimal(slice_str(cost), job->scheme->cost_max, &number) ||
        number < job->scheme->cost_min)
        return cli_misuse(&cli_verb_passwd, "the cost of %s is a number from %lu to %lu",
                          job->scheme->name, job->scheme->cost_min, job->scheme->cost_max);
    job->cost = number;
    return CLI_WELL;
}

// RFC 7617, 2: no colon in a user name; nor anything that would break the file's lines or begin a
// comment.
static bool is_user_name(struct slice user)
{
    bool good = user.len > 0 && user.len <= USER_MAX && utf8_is_valid(user) && user.ptr[0] != '#';
    for (size_t i = 0; good && i < user.len; i++)
        good = user.ptr[i] != ':' && !ascii_is_control(user.ptr[i]);
    return good && user.ptr[0] != ' ' && user.ptr[user.len - 1] != ' ';
}

// The hash in `data`, or NULL.
static const char *hash(const struct job *job, const char *password, struct crypt_data *data)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (!crypt_gensalt_rn(job->scheme->prefix, job->cost, NULL, 0, setting, sizeof(setting)))
        return NULL;
    const char *out = crypt_r(password, setting, data);
    return out && out[0] != '*' ? out : NULL;
}

static int put(const struct job *job, const char *hashed)
{
    char why[WHY_MAX] = "";
    switch (password_file_put(job->path, job->user, slice_str(hashed), why, sizeof(why))) {
    case PASSWORD_FILE_ADDED:
        (void)printf("%s: added %.*s\n", job->path, (int)job->user.len, job->user.ptr);
        return CLI_WELL;
    case PASSWORD_FILE_CHANGED:
        (void)printf("%s: changed the password of %.*s\n", job->path, (int)job->user.len,
                     job->user.ptr);
        return CLI_WELL;
    case PASSWORD_FILE_REFUSED:
        break;
    }
    (void)fprintf(stderr, "yett passwd: %s\n", why);
    return CLI_REFUSED;
}

static int hash_and_put(const struct job *job, const char *password)
{
    if (strlen(password) > job->scheme->password_max) {
        (void)fprintf(stderr, "yett passwd: %s uses no more than %zu bytes of a password\n",
                      job->scheme->name, job->scheme->password_max);
        return CLI_BAD_INPUT;
    }
    struct crypt_data *data = calloc(1, sizeof(*data));
    const char *hashed = data ? hash(job, password, data) : NULL;
    int code = CLI_REFUSED;
    if (hashed)
        code = put(job, hashed);
    else
        (void)fprintf(stderr, "yett passwd: the system cannot make a %s hash\n", job->scheme->name);
    if (data)
        secret_wipe(data, sizeof(*data));
    free(data);
    return code;
}

static int run(int argc, char **argv)
{
    struct job job = {0};
    char password[513];
    const char *why = "";
    int code = read_options(argc, argv, &job);
    if (code != CLI_WELL)
        return code;
    if (optind + 2 != argc)
        return cli_misuse(&cli_verb_passwd, "it takes a file and a user");
    job.path = argv[optind];
    job.user = slice_str(argv[optind + 1]);
    if (!is_user_name(job.user)) {
        (void)fprintf(stderr,
                      "yett passwd: a user name has 1 to %d bytes of UTF-8, no colon and no "
                      "control characters\n",
                      USER_MAX);
        return CLI_BAD_INPUT;
    }
    if (prompt_password(password, sizeof(password), &why)) {
        code = hash_and_put(&job, password);
    } else {
        (void)fprintf(stderr, "yett passwd: %s\n", why);
        code = CLI_BAD_INPUT;
    }
    secret_wipe(password, sizeof(password));
    return code;
}

static const char help[] =
    "usage: yett passwd [-s SCHEME] [-B COST] FILE USER\n"
    "\n"
    "Adds a user to a password file of the basic_auth filter, or changes a password. It asks "
    "twice\n"
    "on the terminal, or reads one line when standard input is no terminal; a password is never\n"
    "taken from the command line, where others could see it.\n"
    "\n"
    "All other lines stay as they are. The file is replaced as a whole, so that whoever reads it\n"
    "sees the old or the new one. A new file gets mode 0600; an existing one keeps its mode and\n"
    "owner. A running gateway has read the file at its start: restart it.\n"
    "\n"
    "options:\n"
    "  -s SCHEME  yescrypt (default), bcrypt or sha512\n"
    "  -B COST    what one try costs: yescrypt 1 to 11 (5), bcrypt 8 to 20 (11), sha512 10000 to\n"
    "             9999999 rounds (300000)\n"
    "\n"
    "examples:\n"
    "  yett passwd staff.htpasswd alice\n"
    "  pass show alice | yett passwd -s bcrypt -B 12 staff.htpasswd alice\n"
    "\n"
    "The filter that reads it, in a policy:\n"
    "\n"
    "  \"staff\": { \"type\": \"basic_auth\", \"realm\": \"Staff\", \"users\": \"staff.htpasswd\" "
    "}\n"
    "\n"
    "exit codes: 0 well, 1 no good password or user name, 2 wrong usage, 3 the file cannot be\n"
    "written\n";

const struct cli_verb cli_verb_passwd = {
    .name = "passwd",
    .summary = "add a user to a password file, or change a password",
    .help = help,
    .run = run,
};
