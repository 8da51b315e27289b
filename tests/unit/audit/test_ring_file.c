// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "audit/audit_internal.h"

static void the_two_halves_are_the_same_memory(void **state)
{
    (void)state;
    struct scene s;
    char why[256];
    scene_open(&s);
    struct audit_ring *r = ring_alloc(1);
    assert_true(ring_create(r, s.folder, 0, SCENE_RING, why, sizeof(why)));
    r->data[5] = 'a';
    assert_int_equal(r->data[SCENE_RING + 5], 'a');
    r->data[2 * SCENE_RING - 1] = 'z';
    assert_int_equal(r->data[SCENE_RING - 1], 'z');
    struct stat st;
    assert_int_equal(fstat(r->fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true((uint64_t)st.st_blocks * 512 >= SCENE_RING);
    ring_close(r, true);
    assert_int_equal(scene_files(&s, ".ring", false), 0);
    free(r);
    scene_close(&s);
}

static void the_file_is_locked_and_named_after_process_and_worker(void **state)
{
    (void)state;
    struct scene s;
    char why[256], wanted[64];
    scene_open(&s);
    struct audit_ring *r = ring_alloc(2);
    assert_true(ring_create(&r[0], s.folder, 3, SCENE_RING, why, sizeof(why)));
    assert_true(ring_create(&r[1], s.folder, 3, SCENE_RING, why, sizeof(why)));
    snprintf(wanted, sizeof(wanted), "/.yett-audit-%ld-3.ring", (long)getpid());
    assert_string_equal(r[0].path + strlen(s.folder), wanted);
    snprintf(wanted, sizeof(wanted), "/.yett-audit-%ld-3-1.ring", (long)getpid());
    assert_string_equal(r[1].path + strlen(s.folder), wanted);
    int other = open(r[0].path, O_RDWR);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    ring_close(&r[0], false);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    ring_close(&r[1], true);
    free(r);
    scene_close(&s);
}

static void says_what_is_wrong_with_the_folder(void **state)
{
    (void)state;
    char why[256];
    struct audit_ring *r = ring_alloc(1);
    assert_false(ring_create(r, "/nowhere/at/all", 0, SCENE_RING, why, sizeof(why)));
    assert_string_equal(why,
                        "cannot make a ring file in /nowhere/at/all: No such file or directory");
    free(r);
}

static void a_disk_without_room_is_an_error_at_once(void **state)
{
    (void)state;
    struct scene s;
    char why[256];
    struct rlimit before, small = {.rlim_cur = SCENE_RING / 2};
    scene_open(&s);
    struct audit_ring *r = ring_alloc(1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool ok = ring_create(r, s.folder, 0, SCENE_RING, why, sizeof(why));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(ok);
    assert_non_null(strstr(why, "cannot set aside"));
    assert_int_equal(scene_files(&s, ".ring", false), 0);
    free(r);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_halves_are_the_same_memory),
        cmocka_unit_test(the_file_is_locked_and_named_after_process_and_worker),
        cmocka_unit_test(says_what_is_wrong_with_the_folder),
        cmocka_unit_test(a_disk_without_room_is_an_error_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
