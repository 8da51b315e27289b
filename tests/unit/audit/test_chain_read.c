// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <fcntl.h>

#include "audit/chain_read.h"
#include "fake_crypto.h"

#define RECORDS "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"

static struct scene scene;
static char space[4096];
static struct buf file;
static int fd;

// A file with the three records sealed behind `begin`.
static void write_file(struct chain_point point)
{
    struct slice rest = SLICE(RECORDS);
    buf_init(&file, space, sizeof(space) - 1);
    while (rest.len) {
        struct slice line = slice_first(rest, slice_index(rest, '\n') + 1);
        struct chain_line parts;
        size_t begin = file.len;
        chain_seal(&fake_crypto, fake_key, &point, line, &file);
        struct slice sealed = slice_from(buf_view(&file), begin);
        assert_true(chain_split(sealed, &parts));
        chain_advance(&fake_crypto, &point, sealed, &parts);
        rest = slice_from(rest, line.len);
    }
    space[file.len] = '\0';
    scene_write(scene.log, space);
}

static int begin(void **state)
{
    (void)state;
    scene_open(&scene);
    write_file((struct chain_point){.sequence = 5});
    fd = open(scene.log, O_RDONLY | O_CLOEXEC);
    return fd < 0;
}

static int end(void **state)
{
    (void)state;
    close(fd);
    scene_close(&scene);
    return 0;
}

static void goes_on_over_lines_that_fit(void **state)
{
    struct chain_point point = {.sequence = 5};
    assert_true(chain_read_on(fd, 0, file.len, &fake_crypto, fake_key, &point));
    assert_int_equal(point.sequence, 8);
    point = (struct chain_point){.sequence = 4};
    assert_false(chain_read_on(fd, 0, file.len, &fake_crypto, fake_key, &point));
    point = (struct chain_point){.sequence = 5, .value = {1}};
    assert_false(chain_read_on(fd, 0, file.len, &fake_crypto, fake_key, &point));
    point = (struct chain_point){.sequence = 5};
    assert_false(chain_read_on(fd, 0, file.len, &fake_crypto, SLICE("other"), &point));
    point = (struct chain_point){.sequence = 5};
    assert_false(chain_read_on(fd, 0, file.len - 1, &fake_crypto, fake_key, &point));
    point = (struct chain_point){0}; // has to begin with a link
    assert_false(chain_read_on(fd, 0, file.len, &fake_crypto, fake_key, &point));
    (void)state;
}

static void counts_the_lines_that_are_there(void **state)
{
    uint64_t len;
    struct slice records = SLICE(RECORDS);
    assert_int_equal(chain_compare(fd, 0, records, &len), records.len);
    assert_int_equal(len, file.len);
    assert_int_equal(chain_compare(fd, 0, SLICE("{\"a\":1}\n{\"x\":2}\n"), &len), 8);
    assert_true(len > 8 && space[len - 1] == '\n');
    assert_int_equal(chain_compare(fd, 0, SLICE("{\"a\":1"), &len), 0);
    assert_int_equal(truncate(scene.log, (off_t)file.len - 1), 0);
    assert_int_equal(chain_compare(fd, 0, records, &len), 16);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on_over_lines_that_fit, begin, end),
        cmocka_unit_test_setup_teardown(counts_the_lines_that_are_there, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
