// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "audit/audit_internal.h"
#include "support/capture.h"
#include "support/dice.h"

enum { WORKERS = 2, IDS = 400000, LIVES = 3, ROUNDS = 25 };

static struct scene scene;

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    scene.options.workers = WORKERS;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_close(&scene);
    return 0;
}

// What processes tell beyond their death: how many lines each worker of each life put, as audit_put
// said.
struct tally {
    _Atomic uint64_t put[LIVES][WORKERS];
};

struct worker {
    struct audit_ring *ring;
    _Atomic uint64_t *put;
    uint64_t first_id;
    _Atomic bool has_space;
};

static void wake_up(void *ctx)
{
    struct worker *w = ctx;
    atomic_store(&w->has_space, true);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct dice dice = {.state = w->first_id};
    char space[2048];
    audit_ring_on_space(w->ring, wake_up, w);
    for (uint64_t n = 0; n < IDS / LIVES / WORKERS; n++) {
        struct slice line = scene_line(space, w->first_id + n, 32 + dice_below(&dice, 1000));
        while (audit_put(w->ring, line) == AUDIT_PUT_FULL) {
            while (!atomic_load(&w->has_space))
                sched_yield();
            atomic_store(&w->has_space, false);
        }
        atomic_store(w->put, n + 1);
    }
    return NULL;
}

static uint64_t first_id(unsigned life, unsigned worker)
{
    return (uint64_t)(life * WORKERS + worker) * (IDS / LIVES / WORKERS);
}

// Writes until killed, and rotates the log now and then.
static void live(struct tally *tally, unsigned life)
{
    char why[256], rotated[200];
    struct worker workers[WORKERS];
    struct audit *a = audit_start(&scene.options, why, sizeof(why));
    if (!a)
        _exit(1);
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_t thread;
        workers[i] =
            (struct worker){audit_ring_of(a, i), &tally->put[life][i], first_id(life, i), false};
        if (pthread_create(&thread, NULL, work, &workers[i]) != 0)
            _exit(2);
    }
    for (unsigned n = 0;; n++) {
        scene_sleep_ms(7);
        snprintf(rotated, sizeof(rotated), "%s.%u.%u", scene.log, life, n);
        if (rename(scene.log, rotated) == 0)
            audit_reopen(a);
    }
}

static bool has_put_a_line(const struct tally *tally, unsigned life)
{
    for (unsigned i = 0; i < WORKERS; i++)
        if (atomic_load(&tally->put[life][i]) > 0)
            return true;
    return false;
}

// Every other life may end before it began in earnest; the others have time for a line, however
// busy the machine is.
static void live_and_be_killed(struct tally *tally, unsigned life, unsigned ms)
{
    enum { PATIENCE_MS = 30000 };
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live(tally, life);
    scene_sleep_ms(ms);
    for (unsigned waited = 0; life % 2 && waited < PATIENCE_MS && !has_put_a_line(tally, life);
         waited++)
        scene_sleep_ms(1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static unsigned char seen[IDS];

static void read_logs(void)
{
    DIR *folder = opendir(scene.folder);
    const struct dirent *entry;
    memset(seen, 0, sizeof(seen));
    while ((entry = readdir(folder))) {
        char path[400];
        snprintf(path, sizeof(path), "%s/%s", scene.folder, entry->d_name);
        if (strncmp(entry->d_name, "audit.jsonl", 11) == 0 && scene_read(path, seen, IDS).torn)
            fail_msg("a torn line in %s", entry->d_name);
    }
    closedir(folder);
}

static uint64_t expect_each_line_once(const struct tally *tally)
{
    uint64_t all = 0;
    read_logs();
    for (unsigned i = 0; i < LIVES * WORKERS; i++) {
        uint64_t put = atomic_load(&tally->put[i / WORKERS][i % WORKERS]);
        uint64_t from = first_id(i / WORKERS, i % WORKERS),
                 to = first_id((i + 1) / WORKERS, (i + 1) % WORKERS);
        all += put;
        for (uint64_t id = from; id < to; id++) {
            // The one after the last may have been put without there being time to say so.
            bool may_be = id - from == put;
            unsigned wanted = id - from < put ? 1 : 0;
            if (seen[id] != wanted && !(may_be && seen[id] == 1))
                fail_msg("life %u: line %lu of %lu is there %u times", i / WORKERS,
                         (unsigned long)(id - from), (unsigned long)put, seen[id]);
        }
    }
    return all;
}

static void no_line_is_lost_or_doubled_by_sudden_deaths(void **state)
{
    (void)state;
    struct dice dice = {.state = 11};
    struct tally *tally =
        mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t all = 0;
    log_set_level(LOG_LEVEL_ERROR);
    for (unsigned round = 0; round < ROUNDS; round++) {
        memset((void *)tally, 0, sizeof(*tally));
        for (unsigned life = 0; life < LIVES; life++)
            live_and_be_killed(tally, life, 1 + (unsigned)dice_below(&dice, 25));
        struct audit *a = scene_start(&scene);
        audit_stop(&a, 5000);
        all += expect_each_line_once(tally);
        assert_int_equal(scene_files(&scene, ".ring", false), 0);
        scene_files(&scene, "", true);
    }
    assert_true(all >= (uint64_t)ROUNDS * (LIVES / 2));
    log_set_level(LOG_LEVEL_NOTICE);
    munmap(tally, sizeof(*tally));
}

// A ring file as a dead process leaves it, with one line in it that was not written; its path.
static void leave_ring(char *path, size_t cap)
{
    char why[256], space[64];
    struct sink s;
    struct audit_ring *r = ring_alloc(1);
    assert_true(sink_open_file(&s, scene.log, why, sizeof(why)));
    assert_true(ring_create(r, scene.folder, 77, SCENE_RING, why, sizeof(why)));
    ring_attach(r, &s, 1);
    assert_true(ring_push(r, scene_line(space, 5, 50)));
    snprintf(path, cap, "%s", r->path);
    sink_close(&s);
    ring_close(r, false);
    free(r);
}

static void overwrite(const char *path, off_t at, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

static unsigned recover_quietly(char *said, size_t cap)
{
    struct capture quiet;
    unsigned char found[10] = {0};
    capture_begin(&quiet);
    struct audit *a = scene_start(&scene);
    audit_stop(&a, 1000);
    capture_end(&quiet, said, cap);
    return scene_read(scene.log, found, 10).torn ? 99 : found[5];
}

static void takes_over_a_sound_ring(void **state)
{
    (void)state;
    char path[200], said[1024];
    leave_ring(path, sizeof(path));
    assert_int_equal(recover_quietly(said, sizeof(said)), 1);
    assert_non_null(strstr(said, "taken over"));
    assert_int_equal(access(path, F_OK), -1);
}

static void leaves_a_ring_in_use_alone(void **state)
{
    (void)state;
    char path[200], said[1024];
    leave_ring(path, sizeof(path));
    int holder = open(path, O_RDWR);
    assert_int_equal(flock(holder, LOCK_EX), 0);
    assert_int_equal(recover_quietly(said, sizeof(said)), 0);
    assert_int_equal(access(path, F_OK), 0);
    close(holder);
    assert_int_equal(recover_quietly(said, sizeof(said)), 1);
}

static void removes_a_ring_that_was_never_used(void **state)
{
    (void)state;
    char path[200], said[1024];
    snprintf(path, sizeof(path), "%s/%s1-0%s", scene.folder, RING_PREFIX, RING_SUFFIX);
    scene_write(path, "");
    assert_int_equal(recover_quietly(said, sizeof(said)), 0);
    scene_write(path, "");
    assert_int_equal(truncate(path, 65536), 0);
    assert_int_equal(recover_quietly(said, sizeof(said)), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_string_equal(said, "");
}

static void puts_aside_what_makes_no_sense(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint64_t value;
        size_t len;
    } cases[] = {
        {"magic", offsetof(struct ring_header, magic), 1, 8},
        {"version", offsetof(struct ring_header, version), 99, 4},
        {"header size", offsetof(struct ring_header, header_bytes), 64, 4},
        {"size", offsetof(struct ring_header, size), SCENE_RING / 2, 8},
        {"no power of two", offsetof(struct ring_header, size), SCENE_RING + 1, 8},
        {"huge size", offsetof(struct ring_header, size), (uint64_t)1 << 62, 8},
        {"tail before head", offsetof(struct ring_header, head), 51, 8},
        {"tail past size", offsetof(struct ring_header, tail), SCENE_RING + 1, 8},
        {"tail inside the line", offsetof(struct ring_header, tail), 49, 8},
        {"done past tail", offsetof(struct ring_header, slots[0].done), 51, 8},
        {"done inside the line", offsetof(struct ring_header, slots[0].done), 7, 8},
        {"third intent", offsetof(struct ring_header, slots[0].armed), 3, 4},
        {"no line", 4096, 0x7878787878787878u, 8},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[200], aside[210], said[1024];
        leave_ring(path, sizeof(path));
        overwrite(path, (off_t)cases[i].at, &cases[i].value, cases[i].len);
        snprintf(aside, sizeof(aside), "%s.bad", path);
        unsigned written = recover_quietly(said, sizeof(said));
        if (written != 0 || access(path, F_OK) == 0 || access(aside, F_OK) != 0 ||
            !strstr(said, "is put aside"))
            fail_msg("%s: written %u times; %s", cases[i].what, written, said);
        unlink(aside);
    }
}

static void survives_random_octets_in_the_header(void **state)
{
    (void)state;
    struct dice dice = {.state = 13};
    for (unsigned round = 0; round < 400; round++) {
        char path[200], said[1024];
        leave_ring(path, sizeof(path));
        for (unsigned n = 1 + (unsigned)dice_below(&dice, 4); n; n--) {
            uint64_t octets = dice_below(&dice, dice_below(&dice, 2) ? UINT64_MAX : 70);
            uint64_t len = 1 + dice_below(&dice, 8);
            overwrite(path, (off_t)dice_below(&dice, 400), &octets, len);
        }
        unsigned written = recover_quietly(said, sizeof(said));
        assert_true(written <= 1);
        scene_files(&scene, "", true);
    }
}

static void files_that_are_all_noise_do_no_harm(void **state)
{
    (void)state;
    struct dice dice = {.state = 17};
    static char noise[8192];
    for (unsigned round = 0; round < 100; round++) {
        char path[200], said[1024];
        snprintf(path, sizeof(path), "%s/%snoise%s", scene.folder, RING_PREFIX, RING_SUFFIX);
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (char)dice_below(&dice, 256);
        scene_write(path, "");
        overwrite(path, 0, noise, 1 + dice_below(&dice, sizeof(noise)));
        assert_int_equal(recover_quietly(said, sizeof(said)), 0);
        assert_int_equal(access(path, F_OK), -1);
        scene_files(&scene, "", true);
    }
}

static void a_ring_behind_a_link_is_left_alone(void **state)
{
    (void)state;
    char path[200], hidden[200], said[1024];
    leave_ring(path, sizeof(path));
    snprintf(hidden, sizeof(hidden), "%s/hidden", scene.folder);
    assert_int_equal(rename(path, hidden), 0);
    assert_int_equal(symlink("hidden", path), 0);
    assert_int_equal(recover_quietly(said, sizeof(said)), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(hidden, path), 0);
    assert_int_equal(recover_quietly(said, sizeof(said)), 0);
    assert_int_equal(access(hidden, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_over_a_sound_ring, begin, end),
        cmocka_unit_test_setup_teardown(leaves_a_ring_in_use_alone, begin, end),
        cmocka_unit_test_setup_teardown(removes_a_ring_that_was_never_used, begin, end),
        cmocka_unit_test_setup_teardown(puts_aside_what_makes_no_sense, begin, end),
        cmocka_unit_test_setup_teardown(survives_random_octets_in_the_header, begin, end),
        cmocka_unit_test_setup_teardown(files_that_are_all_noise_do_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(a_ring_behind_a_link_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(no_line_is_lost_or_doubled_by_sudden_deaths, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
