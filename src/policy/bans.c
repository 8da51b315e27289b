// SPDX-License-Identifier: Apache-2.0
// The section "bans": the table that all filters with a "ban" share, and what is done with those
// who stand in it.
#include "base/conf.h"
#include "filter/ban_table.h"
#include "filter/filter.h"
#include "policy/definition.h"
#include "policy/policy_internal.h"

enum { TABLE_USUAL = 65536, IPV6_BITS_USUAL = 64, IPV6_BITS_MIN = 32, STATUS_USUAL = 403 };
#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static void read_state_file(struct policy_reader *r, const struct json *object,
                            struct policy_bans *out)
{
    const struct json *value = json_get(object, "state_file");
    out->state_file = value ? policy_path(r, value) : NULL;
    if (!out->state_file)
        return;
    const char *folder = policy_folder_of(r, out->state_file);
    if (folder)
        (void)policy_folder_exists(r, value, folder);
}

// What the table is made of stays as long as the process lives.
static uint64_t define(const struct json *object)
{
    static const char *const keys[] = {"table_size", "state_file", "ipv6_prefix"};
    uint64_t definition = 0;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct json *value = json_get(object, keys[i]);
        definition = definition_join(definition, value ? definition_of(value, DEFINITION_TEXT) : 0);
    }
    return definition;
}

void policy_read_bans(struct policy_reader *r)
{
    static const char *const keys[] = {"table_size", "state_file", "ipv6_prefix", "never",
                                       "answer",     "status",     "remember",    NULL};
    static const char *const answers[] = {"close", "deny", NULL};
    struct policy_bans *bans = &r->s->bans;
    const struct json *object = policy_object(r, r->root, "bans");
    uint64_t table_size = TABLE_USUAL, ipv6_bits = IPV6_BITS_USUAL;
    size_t answer = 0;
    *bans = (struct policy_bans){.status = STATUS_USUAL, .remember_ms = DAY_MS};
    if (object) {
        conf_known_keys(object, keys, r->problems);
        (void)conf_u64(object, "table_size", BAN_TABLE_MIN, BAN_TABLE_MAX, r->problems,
                       &table_size);
        (void)conf_u64(object, "ipv6_prefix", IPV6_BITS_MIN, 128, r->problems, &ipv6_bits);
        (void)conf_choice(object, "answer", answers, r->problems, &answer);
        filter_conf_status(object, r->problems, &bans->status);
        (void)conf_duration_ms(object, "remember", 0, BAN_MS_MAX, r->problems, &bans->remember_ms);
        policy_prefixes(r, object, "never", &bans->never, &bans->never_count);
        read_state_file(r, object, bans);
    }
    bans->definition = define(object);
    bans->table_size = (size_t)table_size;
    bans->ipv6_bits = (unsigned)ipv6_bits;
    bans->closes = answer == 0;
}
