// SPDX-License-Identifier: Apache-2.0
// Section "admin". Whoever speaks to the listener may ban and reload: it stands where only this
// machine comes, or a token keeps its door.
#include <stdlib.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/secret.h"
#include "policy/policy_internal.h"

enum { TOKEN_MIN = 16, WHY_MAX = 256 };

static bool read_place(struct policy_reader *r, const struct json *at)
{
    const struct slice scheme = SLICE("unix:");
    if (at->type == JSON_STRING && slice_begins(at->text, scheme)) {
        r->s->admin.path = policy_unix_path(r, at, slice_from(at->text, scheme.len));
        return r->s->admin.path != NULL;
    }
    return policy_bind(r, at, "127.0.0.1:9901", &r->s->admin.bind);
}

static bool is_visible(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
            return false;
    return true;
}

static void keep_token(struct policy_reader *r, const struct json *at, struct slice text)
{
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len < TOKEN_MIN || !is_visible(text))
        problems_add(r->problems, at,
                     "a token is one line of at least %d visible ASCII characters; make one with: "
                     "openssl rand -hex 32",
                     TOKEN_MIN);
    else
        r->s->admin.token = policy_copy(r, text);
}

static void read_token(struct policy_reader *r, const struct json *at)
{
    char why[WHY_MAX], *text;
    size_t len;
    const char *path = policy_path(r, at);
    if (!path || r->reach == POLICY_REACH_NONE)
        return;
    if (!file_read_private(path, POLICY_ADMIN_TOKEN_MAX, &text, &len, why, sizeof(why))) {
        problems_add(r->problems, at, "cannot read \"%s\": %s", path, why);
        return;
    }
    keep_token(r, at, slice_of(text, len));
    secret_wipe(text, len);
    free(text);
}

void policy_read_admin(struct policy_reader *r)
{
    static const char *const keys[] = {"bind", "token_file", NULL};
    const struct json *object = policy_object(r, r->root, "admin");
    if (!object)
        return;
    conf_known_keys(object, keys, r->problems);
    const struct json *bind = conf_required(object, "bind", r->problems);
    const struct json *token = json_get(object, "token_file");
    if (token)
        read_token(r, token);
    if (!bind || !read_place(r, bind))
        return;
    bool is_near = r->s->admin.path || addr_is_loopback(&r->s->admin.bind);
    if (!is_near && !token)
        problems_add(r->problems, bind,
                     "others than this machine reach this address: that takes a \"token_file\"");
    else if (!is_near)
        problems_warn(r->problems, bind, "the token and all that is shown travel in plain text");
    r->s->admin.is_there = true;
}
