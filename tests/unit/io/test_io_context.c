// SPDX-License-Identifier: Apache-2.0
#include "io/io_context.h"

#include <string.h>

#include "io/loop.h"
#include "support/unit.h"

// Written to the last byte: AddressSanitizer sees whether it is as large as it says.
static void has_the_room_it_promises(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct io_context c;
    assert_true(io_context_init(&c, loop));
    assert_ptr_equal(c.loop, loop);
    assert_true(c.out_cap > IO_BULK);
    memset(c.in, 1, IO_BULK);
    memset(c.out, 2, c.out_cap);
    memset(c.gather, 3, IO_RECORD);
    assert_int_equal(c.spilled, 0);
    io_context_clear(&c);
    io_context_clear(&c);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_room_it_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
