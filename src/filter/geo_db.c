// SPDX-License-Identifier: Apache-2.0
// The only file that knows libmaxminddb. Lookups go by socket address (no text, no malloc), IPv4 as
// IPv4, because the databases keep it at ::/96 and not at the mapped prefix. "Not in this database"
// and "this record lacks the field" are knowledge; a record that can't be read is not.
#include "filter/geo_db.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct geo_db {
    MMDB_s mmdb;
};

struct geo_db *geo_db_open(const char *path, char *why, size_t why_cap)
{
    struct geo_db *db = calloc(1, sizeof(*db));
    int status = db ? MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb) : MMDB_OUT_OF_MEMORY_ERROR;
    if (status == MMDB_SUCCESS)
        return db;
    if (status == MMDB_IO_ERROR)
        (void)snprintf(why, why_cap, "no MaxMind database (or unreadable)");
    else
        (void)snprintf(why, why_cap, "%s", MMDB_strerror(status));
    free(db);
    return NULL;
}

void geo_db_close(struct geo_db **db)
{
    if (!*db)
        return;
    MMDB_close(&(*db)->mmdb);
    free(*db);
    *db = NULL;
}

struct slice geo_db_type(const struct geo_db *db)
{
    return slice_str(db->mmdb.metadata.database_type);
}

// Tells "is not there" from "can't be read"; has_data only for a value of that type.
static bool read_value(MMDB_entry_s *entry, const char *const *path, uint32_t type,
                       MMDB_entry_data_s *data)
{
    int status = MMDB_aget_value(entry, data, path);
    bool absent = status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR;
    if (absent || (status == MMDB_SUCCESS && data->type != type))
        data->has_data = false;
    return absent || status == MMDB_SUCCESS;
}

static bool read_text(MMDB_entry_s *entry, const char *const *path, struct slice *out)
{
    MMDB_entry_data_s data = {0};
    if (!read_value(entry, path, MMDB_DATA_TYPE_UTF8_STRING, &data))
        return false;
    if (data.has_data)
        *out = slice_of(data.utf8_string, data.data_size);
    return true;
}

static bool read_number(MMDB_entry_s *entry, const char *const *path, uint32_t *out)
{
    MMDB_entry_data_s data = {0};
    if (!read_value(entry, path, MMDB_DATA_TYPE_UINT32, &data))
        return false;
    if (data.has_data)
        *out = data.uint32;
    return true;
}

static bool read_place(MMDB_entry_s *entry, struct geo_place *out)
{
    static const char *const country[] = {"country", "iso_code", NULL};
    static const char *const continent[] = {"continent", "code", NULL};
    static const char *const asn[] = {"autonomous_system_number", NULL};
    static const char *const as_name[] = {"autonomous_system_organization", NULL};
    return read_text(entry, country, &out->country) &&
           read_text(entry, continent, &out->continent) && read_number(entry, asn, &out->asn) &&
           read_text(entry, as_name, &out->as_name);
}

static MMDB_lookup_result_s look_up(const struct geo_db *db, const struct addr *a, int *status)
{
    if (addr_is_v4(a)) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        memcpy(&v4.sin_addr, a->bytes + 12, 4);
        return MMDB_lookup_sockaddr(&db->mmdb, (const struct sockaddr *)&v4, status);
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v6.sin6_addr, a->bytes, 16);
    return MMDB_lookup_sockaddr(&db->mmdb, (const struct sockaddr *)&v6, status);
}

bool geo_db_find(const struct geo_db *db, const struct addr *a, struct geo_place *out)
{
    if (a->is_unix)
        return true;
    int status;
    MMDB_lookup_result_s found = look_up(db, a, &status);
    if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
        return true;
    if (status != MMDB_SUCCESS)
        return false;
    return !found.found_entry || read_place(&found.entry, out);
}
