// SPDX-License-Identifier: Apache-2.0
// A folder of its own for each test, audit logs in it, and what a reader finds in them.
#ifndef YETT_TESTS_UNIT_AUDIT_SCENE_H
#define YETT_TESTS_UNIT_AUDIT_SCENE_H

#include "support/unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/record.h"

enum { SCENE_LINE_MAX = 1024, SCENE_RING = 4 * AUDIT_RECORD_MAX };

struct scene {
    char folder[64];
    char log[128];
    struct audit_sink_options sink;
    struct audit_options options;
};

static inline void scene_open(struct scene *s)
{
    *s = (struct scene){0};
    snprintf(s->folder, sizeof(s->folder), "/tmp/yett-test-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->log, sizeof(s->log), "%s/audit.jsonl", s->folder);
    s->sink = (struct audit_sink_options){.type = AUDIT_SINK_FILE, .path = s->log};
    s->options = (struct audit_options){.sinks = &s->sink,
                                        .sink_count = 1,
                                        .spool = s->folder,
                                        .ring_bytes = SCENE_RING,
                                        .workers = 1};
}

// Files in the folder whose name has `part` in it; removes them when asked.
static inline unsigned scene_files(const struct scene *s, const char *part, bool remove_them)
{
    unsigned found = 0;
    DIR *folder = opendir(s->folder);
    assert_non_null(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
            continue;
        found += strstr(entry->d_name, part) != NULL;
        if (remove_them)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    return found;
}

static inline void scene_close(struct scene *s)
{
    scene_files(s, "", true);
    assert_int_equal(rmdir(s->folder), 0);
}

static inline struct audit *scene_start(const struct scene *s)
{
    char why[256] = "";
    struct audit *a = audit_start(&s->options, why, sizeof(why));
    if (!a)
        fail_msg("audit_start: %s", why);
    return a;
}

// A line of `len` octets with an id in it; `len` is at least 32.
static inline struct slice scene_line(char *space, uint64_t id, size_t len)
{
    int n = snprintf(space, len, "{\"id\":%llu,\"pad\":\"", (unsigned long long)id);
    memset(space + n, 'a' + (int)(id % 26), len - (size_t)n);
    memcpy(space + len - 3, "\"}\n", 3);
    return slice_of(space, len);
}

static inline void scene_put(struct audit *a, unsigned ring, uint64_t id, size_t len)
{
    static char space[AUDIT_RECORD_MAX];
    assert_int_equal(audit_put(audit_ring_of(a, ring), scene_line(space, id, len)), AUDIT_PUT_DONE);
}

static inline void scene_sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000},
              NULL);
}

// The whole of a file into out[cap], NUL-terminated; its length.
static inline size_t scene_text(const char *path, char *out, size_t cap)
{
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(out, 1, cap - 1, file) : 0;
    if (file)
        fclose(file);
    out[len] = '\0';
    return len;
}

static inline void scene_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

struct scene_count {
    uint64_t lines, torn, lost; // torn: not of the shape of a line; lost: as audit-loss records say
};

// Reads a log; adds to seen[id] for each line with an id below `ids`.
static inline struct scene_count scene_read(const char *path, unsigned char *seen, uint64_t ids)
{
    struct scene_count count = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(path, "r");
    while (file && (len = getline(&line, &cap, file)) > 0) {
        bool is_whole = len > 3 && line[0] == '{' && line[len - 2] == '}' &&
                        line[len - 1] == '\n' && strlen(line) == (size_t)len &&
                        !strchr(line + 1, '{');
        const char *loss = strstr(line, "\"lost\":");
        count.lines++;
        if (loss)
            count.lost += strtoull(loss + 7, NULL, 10);
        else if (!is_whole)
            count.torn++;
        else if (strncmp(line, "{\"id\":", 6) == 0) {
            uint64_t id = strtoull(line + 6, NULL, 10);
            if (id < ids)
                seen[id]++;
        }
    }
    free(line);
    if (file)
        fclose(file);
    return count;
}

#endif
