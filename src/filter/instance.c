// SPDX-License-Identifier: Apache-2.0
// A filter as the policy names it. A reload must not forget who was over a limit, so states can be
// handed to the next policy while exchanges of the old one still use them: they are counted, and go
// with the last instance.
#include <stdatomic.h>
#include <stdlib.h>

#include "base/conf.h"
#include "filter/ban.h"
#include "filter/chain.h"
#include "filter/table.h"

static const struct filter *read_type(const struct json *object, struct problems *problems)
{
    const struct json *value = conf_required(object, "type", problems);
    if (!value || !conf_is_string(value, problems))
        return NULL;
    const struct filter *type = filter_find(value->text);
    if (type)
        return type;
    const char *nearest = conf_nearest(value->text, filter_names());
    struct slice shown = slice_first(value->text, 64);
    if (nearest)
        problems_add(problems, value, "there is no filter type \"%.*s\" (did you mean \"%s\"?)",
                     (int)shown.len, shown.ptr, nearest);
    else
        problems_add(problems, value, "there is no filter type \"%.*s\"", (int)shown.len,
                     shown.ptr);
    return NULL;
}

static bool make_state(struct filter_instance *i, const struct json *object,
                       struct problems *problems)
{
    if (!i->type->state_new)
        return true;
    i->state_users = calloc(1, sizeof(*i->state_users));
    i->state = i->state_users ? i->type->state_new(i->config) : NULL;
    if (!i->state) {
        free(i->state_users);
        i->state_users = NULL;
        problems_add(problems, object, "no memory for the tables of this filter");
        return false;
    }
    atomic_init(i->state_users, 1);
    return true;
}

bool filter_instance_compile(struct filter_instance *i, struct slice name,
                             const struct json *object, struct problems *problems)
{
    *i = (struct filter_instance){.name = name};
    if (!conf_is_object(object, problems))
        return false;
    size_t before = problems_count(problems);
    bool pass = false;
    filter_conf_pass_or_deny(object, "on_error", problems, &pass);
    i->pass_on_error = pass;
    i->type = read_type(object, problems);
    if (!i->type)
        return false;
    i->config = i->type->compile(object, problems);
    if (i->config)
        i->ban = filter_ban_compile(object, i->type, i->config, problems);
    return i->config && problems_count(problems) == before && make_state(i, object, problems);
}

static void drop_state(struct filter_instance *i)
{
    if (i->state_users && atomic_fetch_sub(i->state_users, 1) == 1) {
        i->type->state_free(i->state);
        free(i->state_users);
    }
    i->state = NULL;
    i->state_users = NULL;
}

void filter_instance_clear(struct filter_instance *i)
{
    drop_state(i);
    filter_ban_free(&i->ban);
    if (i->config)
        i->type->free(i->config);
    *i = (struct filter_instance){0};
}

void filter_instance_inherit(struct filter_instance *i, const struct filter_instance *old)
{
    if (i->type != old->type || !i->state_users || !old->state_users ||
        i->state_users == old->state_users)
        return;
    if (i->type->state_fits && !i->type->state_fits(i->config, old->state))
        return;
    drop_state(i);
    i->state = old->state;
    i->state_users = old->state_users;
    atomic_fetch_add(i->state_users, 1);
}
