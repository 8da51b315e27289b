// SPDX-License-Identifier: Apache-2.0
// What a person asks of an audit log first, counted over any number of lines in fixed memory.
#ifndef YETT_AUDIT_SUMMARY_H
#define YETT_AUDIT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/top.h"

enum summary_table {
    SUMMARY_VERDICTS,
    SUMMARY_STATUSES,
    SUMMARY_REASONS, // of what was not passed
    SUMMARY_FILTERS, // that refused
    SUMMARY_RULES,   // that matched, each once per record
    SUMMARY_CLIENTS,
    SUMMARY_REFUSED_CLIENTS,
    SUMMARY_PATHS,
    SUMMARY_REFUSED_PATHS,
    SUMMARY_COUNTRIES,
    SUMMARY_ROUTES,
    SUMMARY_BACKENDS,
    SUMMARY_HOURS,         // "2026-11-27T07"
    SUMMARY_REFUSED_HOURS, // the same, of those denied or refused
    SUMMARY_TABLES,
};

struct summary {
    uint64_t records;         // of requests and connections
    uint64_t lost;            // as the log says of itself
    uint64_t broken;          // lines that are no record
    char first[24], last[24]; // of the earliest and latest record, without zone; empty without
    struct top tables[SUMMARY_TABLES];
};

// `s` is zeroed memory.
void summary_init(struct summary *s);
// One line without its newline, with a NUL behind it; it is changed.
void summary_add(struct summary *s, char *line, size_t len);

#endif
