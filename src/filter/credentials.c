// SPDX-License-Identifier: Apache-2.0
// Two readers of one credential must agree on it, so what they could read differently is no
// credential: two Authorization fields, base 64 that is not canonical, control octets (RFC 7617, 2
// forbids them; a NUL would end the password early for crypt(3)).
#include "filter/credentials.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/secret.h"
#include "http/field.h"

// The only Authorization field. False when there are several.
static bool find_field(const struct http_fields *fields, const struct http_field **out)
{
    *out = NULL;
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->items[i].id != HTTP_FIELD_AUTHORIZATION)
            continue;
        if (*out)
            return false;
        *out = &fields->items[i];
    }
    return true;
}

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (ascii_is_control(s.ptr[i]))
            return true;
    }
    return false;
}

// "Basic" 1*SP token68, the scheme in any case (RFC 9110, 11.1). False for another scheme.
static bool split_scheme(struct slice value, struct slice *token)
{
    size_t end = slice_index(value, ' ');
    if (!ascii_eq_nocase(slice_first(value, end), SLICE("basic")))
        return false;
    *token = slice_from(value, end);
    while (token->len && token->ptr[0] == ' ')
        *token = slice_from(*token, 1);
    return true;
}

static bool decode(struct slice token, struct credentials *out)
{
    size_t len;
    if (!base64_decode(token, out->text, sizeof(out->text) - 1, &len))
        return false;
    out->text[len] = '\0';
    struct slice text = slice_of(out->text, len);
    size_t colon = slice_index(text, ':');
    if (colon == len)
        return false;
    out->user = slice_first(text, colon);
    out->password = slice_of(out->text + colon + 1, len - colon - 1);
    return htpasswd_name_is_valid(out->user) && out->password.len <= HTPASSWD_PASSWORD_MAX &&
           !has_control(out->password);
}

enum credentials_state credentials_read(const struct http_fields *fields, struct credentials *out)
{
    const struct http_field *field;
    struct slice token;
    out->user = out->password = (struct slice){0};
    if (!find_field(fields, &field))
        return CREDENTIALS_MALFORMED;
    if (!field || !split_scheme(field->value, &token))
        return CREDENTIALS_MISSING;
    return decode(token, out) ? CREDENTIALS_GIVEN : CREDENTIALS_MALFORMED;
}

void credentials_wipe(struct credentials *c)
{
    secret_wipe(c, sizeof(*c));
}
