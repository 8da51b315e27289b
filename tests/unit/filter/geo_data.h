// SPDX-License-Identifier: Apache-2.0
// A small geo database in a file that goes with the test, written by tests/support/mmdb.py.
#ifndef YETT_TESTS_UNIT_FILTER_GEO_DATA_H
#define YETT_TESTS_UNIT_FILTER_GEO_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/unit.h"

struct geo_file {
    char path[64];
};

// Writes the database that `spec` describes.
static inline void geo_file_make(struct geo_file *g, const char *spec)
{
    char command[1024];
    (void)snprintf(g->path, sizeof(g->path), "/tmp/yett-geo-XXXXXX");
    int file = mkstemp(g->path);
    assert_true(file >= 0);
    (void)close(file);
    (void)snprintf(command, sizeof(command), "python3 %s/tests/support/mmdb.py %s", YETT_SOURCE_DIR,
                   g->path);
    FILE *writer = popen(command, "w");
    assert_non_null(writer);
    assert_true(fputs(spec, writer) >= 0);
    assert_int_equal(pclose(writer), 0);
}

static inline void geo_file_remove(const struct geo_file *g)
{
    (void)unlink(g->path);
}

// North Korea with everything known, France without its network, Germany by IPv6, a network without
// a place.
static const char geo_spec[] =
    "{\"192.0.2.0/"
    "24\":{\"country\":\"KP\",\"continent\":\"AS\",\"asn\":64500,\"as_name\":\"Example Net\"},"
    "\"198.51.100.0/24\":{\"country\":\"FR\",\"continent\":\"EU\"},"
    "\"2001:db8::/"
    "32\":{\"country\":\"DE\",\"continent\":\"EU\",\"asn\":64501,\"as_name\":\"Other\"},"
    "\"203.0.113.0/24\":{\"asn\":64502,\"as_name\":\"Nowhere\"}}";

#endif
