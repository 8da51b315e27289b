// SPDX-License-Identifier: Apache-2.0
// Only the filter is looked at: the certificates and lists of a policy may be elsewhere.
#include "cli/policy_rules.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/json_read.h"
#include "base/problems.h"
#include "rules/program.h"

static bool has_rules(const struct json *filter)
{
    const struct json *type = json_get(filter, "type");
    return type && type->type == JSON_STRING && slice_eq(type->text, SLICE("rules"));
}

static const struct json *find_filter(const struct json *root, const char *name,
                                      struct problems *problems)
{
    const struct json *filters = json_get(root, "filters"), *found = NULL;
    size_t count = 0;
    for (const struct json *f = filters ? filters->first : NULL; f; f = f->next) {
        if (!has_rules(f) || (name && !slice_eq(f->key, slice_str(name))))
            continue;
        found = f;
        count++;
    }
    if (count == 1)
        return found;
    if (count == 0)
        problems_add(problems, filters ? filters : root, "there is no filter with rules%s%s",
                     name ? " called " : "", name ? name : "");
    else
        problems_add(problems, filters, "several filters have rules; say which: --filter NAME");
    return NULL;
}

static bool read_files(const struct json *filter, struct problems *problems,
                       struct policy_rules *out)
{
    const struct json *files = conf_required(filter, "files", problems);
    if (!files || !conf_is_array(files, problems))
        return false;
    out->files = calloc(files->count + 1, sizeof(*out->files));
    if (!out->files)
        return false;
    JSON_EACH (file, files) {
        char *path = conf_is_string(file, problems) ? conf_path(file, problems) : NULL;
        if (!path)
            return false;
        out->files[out->file_count++] = path;
    }
    return true;
}

bool policy_rules_read(const char *path, const char *name, struct problems *problems,
                       struct policy_rules *out)
{
    uint64_t paranoia = 1, watched = 1;
    *out = (struct policy_rules){.doc = json_read_file(path, problems)};
    const struct json *filter = out->doc ? find_filter(json_root(out->doc), name, problems) : NULL;
    if (!filter || !read_files(filter, problems, out))
        return false;
    (void)conf_u64(filter, "paranoia", 1, RULES_PARANOIA_MAX, problems, &paranoia);
    (void)conf_u64(filter, "detect_paranoia", 1, RULES_PARANOIA_MAX, problems, &watched);
    out->paranoia = watched > paranoia ? watched : paranoia;
    out->vars = json_get(filter, "vars");
    return true;
}

void policy_rules_clear(struct policy_rules *r)
{
    for (size_t i = 0; i < r->file_count; i++)
        free(r->files[i]);
    free(r->files);
    json_free(&r->doc);
    *r = (struct policy_rules){0};
}
