// SPDX-License-Identifier: Apache-2.0
#include "unit/rules/sql_fixture.h"

static void knows_words_in_any_case(void **state)
{
    static const struct {
        const char *text;
        char class, call;
        unsigned char id;
    } cases[] = {
        {"select", SQL_SELECT, SQL_SELECT, SQL_ID_NONE},
        {"SeLeCt", SQL_SELECT, SQL_SELECT, SQL_ID_NONE},
        {"OR", SQL_LOGIC, SQL_LOGIC, SQL_ID_OR},
        {"union", SQL_UNION, SQL_UNION, SQL_ID_NONE},
        {"sleep", SQL_NAME, SQL_SLEEP, SQL_ID_NONE},
        {"pg_sleep", SQL_NAME, SQL_DANGER, SQL_ID_NONE},
        {"version", SQL_NAME, SQL_CALL, SQL_ID_NONE},
        {"information_schema", SQL_NAME, SQL_OTHER_CALL, SQL_ID_SYSTEM},
        {"the", SQL_ENGLISH, SQL_ENGLISH, SQL_ID_NONE},
        {"xp_cmdshell", SQL_NAME, SQL_OTHER_CALL, SQL_ID_STORED},
        {"SP_x", SQL_NAME, SQL_OTHER_CALL, SQL_ID_STORED},
        {"zeroblob", SQL_NAME, SQL_DANGER, SQL_ID_NONE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct sql_word *w = sql_word_find(sql_words, slice_str(cases[i].text));
        if (!w || w->class != cases[i].class || w->call != cases[i].call || w->id != cases[i].id)
            fail_msg("%s", cases[i].text);
    }
}

static void knows_no_others(void **state)
{
    static const char *const cases[] = {"",       "o",      "selec",     "selects", "sp_",
                                        "1or",    "_or",    "pg_slee",   "sleep_",  "xylophone",
                                        "se'ect", "unions", "\xc3\xa4nd"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (sql_word_find(sql_words, slice_str(cases[i])))
            fail_msg("%s", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_words_in_any_case),
        cmocka_unit_test(knows_no_others),
    };
    return cmocka_run_group_tests(tests, sql_fixture_open, sql_fixture_close);
}
