// SPDX-License-Identifier: Apache-2.0
// Which values must not be recorded: credentials by their place, and what sounds like one by its
// name.
#include "base/ascii.h"
#include "rules/run.h"

static bool has_word(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (ascii_begins_nocase(slice_from(text, i), word))
            return true;
    }
    return false;
}

static bool sounds_secret(struct slice text)
{
    static const struct slice words[] = {
        SLICE_INIT("passw"),   SLICE_INIT("pwd"),    SLICE_INIT("secret"), SLICE_INIT("token"),
        SLICE_INIT("api_key"), SLICE_INIT("apikey"), SLICE_INIT("api-key")};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (has_word(text, words[i]))
            return true;
    }
    return false;
}

bool rules_value_is_secret(enum rules_collection collection, struct slice name, struct slice piece)
{
    switch (collection) {
    case RULES_OF_COOKIE_VALUES:
        return true;
    case RULES_OF_HEADER_VALUES:
    case RULES_OF_ESCAPED:
    case RULES_OF_RESPONSE_HEADER_VALUES:
        return ascii_eq_nocase(name, SLICE("authorization")) ||
               ascii_eq_nocase(name, SLICE("proxy-authorization")) ||
               ascii_eq_nocase(name, SLICE("cookie")) ||
               ascii_eq_nocase(name, SLICE("set-cookie")) || sounds_secret(name);
    case RULES_OF_QUERY_VALUES:
    case RULES_OF_BODY_VALUES:
    case RULES_OF_REFERER_VALUES:
    case RULES_OF_BODY_ESCAPED:
        return sounds_secret(name);
    case RULES_OF_QUERY:
    case RULES_OF_BODY:
        // Not split into parameters: names stand in the piece.
        return sounds_secret(piece);
    default:
        return false;
    }
}
