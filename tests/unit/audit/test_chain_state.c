// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include "audit/chain_state.h"
#include "fake_crypto.h"

static void is_read_as_written_with_its_key_alone(void **state)
{
    struct scene scene;
    char path[160], text[1024];
    struct chain_state found,
        s = {.point = {.sequence = 77, .since = 70, .value = {9}, .digest = {8}},
             .dev = 1,
             .ino = UINT64_MAX,
             .end = 12345};
    scene_open(&scene);
    snprintf(path, sizeof(path), "%s/a.chain", scene.folder);
    assert_int_equal(chain_state_read(path, &fake_crypto, fake_key, &found), CHAIN_STATE_NONE);
    assert_true(chain_state_write(path, &fake_crypto, fake_key, &s));
    size_t len = scene_text(path, text, sizeof(text));
    assert_int_equal(chain_state_read(path, &fake_crypto, fake_key, &found), CHAIN_STATE_READ);
    assert_memory_equal(&found, &s, sizeof(s));
    assert_int_equal(chain_state_read(path, &fake_crypto, SLICE("other"), &found), CHAIN_STATE_BAD);
    assert_int_equal(chain_state_read(path, &fake_crypto, (struct slice){0}, &found),
                     CHAIN_STATE_READ);
    s.point.sequence = UINT64_MAX;
    assert_true(chain_state_write(path, &fake_crypto, fake_key, &s));
    assert_int_equal(scene_text(path, text, sizeof(text)), len);
    for (size_t i = 0; i < len; i += 7) {
        char was = text[i];
        text[i] = was == '1' ? '2' : '1';
        scene_write(path, text);
        enum chain_state_read read = chain_state_read(path, &fake_crypto, fake_key, &found);
        assert_int_equal(read, i == len - 1 ? CHAIN_STATE_READ : CHAIN_STATE_BAD);
        text[i] = was;
    }
    scene_write(path, "short");
    assert_int_equal(chain_state_read(path, &fake_crypto, fake_key, &found), CHAIN_STATE_BAD);
    scene_close(&scene);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_written_with_its_key_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
