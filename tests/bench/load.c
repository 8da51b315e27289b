// SPDX-License-Identifier: Apache-2.0
// A load generator for what wrk cannot do: a fixed rate, a new connection per request with a full
// or a resumed handshake, and uploads. One thread with blocking calls per connection: simple, and
// its cost falls on a processor of its own. Prints "begin" when every connection stands, and at the
// end one JSON object: requests, errors, resumed, reopened, seconds, p50_us, p99_us.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { LATENCIES_MAX = 1 << 20, HEAD_MAX = 16384, THREADS_MAX = 1024 };
enum mode { MODE_KEEP, MODE_FULL, MODE_RESUMED };

static struct {
    int port, connections;
    double seconds, rate;
    const char *path, *ca, *header;
    size_t upload;
    enum mode mode;
} opt = {.connections = 1, .seconds = 1, .path = "/", .header = ""};

static SSL_CTX *ctx;
static uint64_t begin_ns, end_ns;
static char *upload_body;
static int session_index;

struct worker {
    pthread_t thread;
    int number;
    int fd;
    SSL *ssl;
    SSL_SESSION *session;
    uint64_t requests, errors, resumed, reopened;
    bool answered; // an octet of the current response has come
    uint32_t *latencies;
    size_t latency_count;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct worker *w = SSL_get_ex_data(ssl, session_index);
    SSL_SESSION_free(w->session);
    w->session = session;
    return 1; // the reference is ours
}

static bool connect_tls(struct worker *w)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    struct timeval patience = {.tv_sec = 20};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(w->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    w->ssl = SSL_new(ctx);
    SSL_set_ex_data(w->ssl, session_index, w);
    SSL_set_fd(w->ssl, w->fd);
    SSL_set_tlsext_host_name(w->ssl, "localhost");
    SSL_set1_host(w->ssl, "localhost");
    if (opt.mode == MODE_RESUMED && w->session != NULL)
        SSL_set_session(w->ssl, w->session);
    if (SSL_connect(w->ssl) != 1)
        return false;
    w->resumed += (uint64_t)SSL_session_reused(w->ssl);
    return true;
}

static void disconnect(struct worker *w)
{
    if (w->ssl != NULL) {
        SSL_shutdown(w->ssl);
        SSL_free(w->ssl);
    }
    if (w->fd >= 0)
        close(w->fd);
    w->ssl = NULL;
    w->fd = -1;
    ERR_clear_error();
}

static bool write_all(SSL *ssl, const char *data, size_t len)
{
    while (len > 0) {
        int n = SSL_write(ssl, data, len > 16384 ? 16384 : (int)len);
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static bool send_request(struct worker *w)
{
    char head[2048];
    int n =
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\n%s",
                 opt.upload > 0 ? "POST" : "GET", opt.path, opt.header);
    if (opt.upload > 0)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %zu\r\n", opt.upload);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    return write_all(w->ssl, head, (size_t)n) && write_all(w->ssl, upload_body, opt.upload);
}

// Reads one response with a Content-Length; true when it is a 2xx and whole.
static bool read_response(struct worker *w)
{
    char head[HEAD_MAX + 1];
    char sink[65536];
    size_t have = 0;
    char *end = NULL;
    while (end == NULL) {
        int n = have < HEAD_MAX ? SSL_read(w->ssl, head + have, (int)(HEAD_MAX - have)) : 0;
        if (n <= 0)
            return false;
        w->answered = true;
        have += (size_t)n;
        head[have] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    char *length = strcasestr(head, "\r\nContent-Length:");
    if (strncmp(head, "HTTP/1.1 2", 10) != 0 || length == NULL || length > end)
        return false;
    size_t body = strtoull(length + 17, NULL, 10);
    size_t got = have - (size_t)(end + 4 - head);
    while (got < body) {
        int n = SSL_read(w->ssl, sink, sizeof sink);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return got == body;
}

static void one_request(struct worker *w, bool counts)
{
    uint64_t start = now_ns();
    bool was_open = w->ssl != NULL;
    w->answered = false;
    bool good = (was_open || connect_tls(w)) && send_request(w) && read_response(w);
    // A kept connection may be closed at any time (nginx does it after some uploads); every client
    // then tries a new one.
    if (!good && was_open && !w->answered) {
        disconnect(w);
        w->reopened++;
        good = connect_tls(w) && send_request(w) && read_response(w);
    }
    uint64_t took = (now_ns() - start) / 1000;
    if (!good || opt.mode != MODE_KEEP)
        disconnect(w);
    if (!counts)
        return;
    w->requests += good;
    w->errors += !good;
    if (w->latency_count < LATENCIES_MAX)
        w->latencies[w->latency_count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    double per_connection_ns = opt.rate > 0 ? 1e9 * opt.connections / opt.rate : 0;
    uint64_t next = begin_ns + (uint64_t)(per_connection_ns * w->number / opt.connections);
    one_request(w, false); // connection, first ticket
    w->resumed = 0;
    sleep_until(next);
    while (now_ns() < end_ns) {
        one_request(w, true);
        next += (uint64_t)per_connection_ns;
        if (opt.rate > 0 && next > now_ns())
            sleep_until(next < end_ns ? next : end_ns);
    }
    disconnect(w);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(struct worker *workers)
{
    uint64_t requests = 0, errors = 0, resumed = 0, reopened = 0;
    size_t count = 0, at = 0;
    for (int i = 0; i < opt.connections; i++) {
        requests += workers[i].requests;
        errors += workers[i].errors;
        resumed += workers[i].resumed;
        reopened += workers[i].reopened;
        count += workers[i].latency_count;
    }
    uint32_t *all = malloc((count + 1) * sizeof *all);
    if (all == NULL)
        exit(3);
    all[0] = 0;
    for (int i = 0; i < opt.connections; i++) {
        memcpy(all + at, workers[i].latencies, workers[i].latency_count * sizeof *all);
        at += workers[i].latency_count;
    }
    qsort(all, count, sizeof *all, compare);
    printf("{\"requests\": %lu, \"errors\": %lu, \"resumed\": %lu, \"reopened\": %lu, \"seconds\": "
           "%.3f, \"p50_us\": %u, \"p99_us\": %u}\n",
           requests, errors, resumed, reopened, (double)(now_ns() - begin_ns) / 1e9, all[count / 2],
           all[count * 99 / 100]);
    free(all);
}

static void usage(void)
{
    fprintf(stderr, "usage: load --port N --ca FILE [--connections N] [--seconds S] [--rate R] "
                    "[--path P] [--upload BYTES]\n"
                    "            [--mode keep|full|resumed] [--header 'Name: value']\n");
    exit(2);
}

static void read_options(int argc, char **argv)
{
    static char header[1024];
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (value == NULL)
            usage();
        if (strcmp(name, "--port") == 0)
            opt.port = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--connections") == 0)
            opt.connections = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--seconds") == 0)
            opt.seconds = strtod(value, NULL);
        else if (strcmp(name, "--rate") == 0)
            opt.rate = strtod(value, NULL);
        else if (strcmp(name, "--upload") == 0)
            opt.upload = strtoull(value, NULL, 10);
        else if (strcmp(name, "--path") == 0)
            opt.path = value;
        else if (strcmp(name, "--ca") == 0)
            opt.ca = value;
        else if (strcmp(name, "--mode") == 0)
            opt.mode = strcmp(value, "full") == 0      ? MODE_FULL
                       : strcmp(value, "resumed") == 0 ? MODE_RESUMED
                                                       : MODE_KEEP;
        else if (strcmp(name, "--header") == 0)
            opt.header = snprintf(header, sizeof header, "%s\r\n", value) > 0 ? header : "";
        else
            usage();
    }
    if (opt.port == 0 || opt.ca == NULL || opt.connections < 1 || opt.connections > THREADS_MAX)
        usage();
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    upload_body = calloc(1, opt.upload + 1);
    ctx = SSL_CTX_new(TLS_client_method());
    session_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    struct worker *workers = calloc((size_t)opt.connections, sizeof *workers);
    if (upload_body == NULL || ctx == NULL || workers == NULL ||
        SSL_CTX_load_verify_locations(ctx, opt.ca, NULL) != 1)
        return 3;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    begin_ns = now_ns() + 300000000u; // time for every connection to stand
    end_ns = begin_ns + (uint64_t)(opt.seconds * 1e9);
    for (int i = 0; i < opt.connections; i++) {
        workers[i].number = i;
        workers[i].fd = -1;
        workers[i].latencies = malloc(LATENCIES_MAX * sizeof(uint32_t));
        if (workers[i].latencies == NULL ||
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 3;
    }
    sleep_until(begin_ns);
    puts("begin"); // whoever accounts for the proxy's time starts here, behind the first handshakes
    fflush(stdout);
    for (int i = 0; i < opt.connections; i++)
        pthread_join(workers[i].thread, NULL);
    report(workers);
    return 0;
}
