// SPDX-License-Identifier: Apache-2.0
// Read anew at each scrape: nothing of it is kept.
#include "admin/metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "admin/metrics_text.h"
#include "base/buf.h"
#include "base/num.h"

enum { US_PER_S = 1000000 };

static void write_cpu(struct buf *out)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return;
    unsigned long long us =
        (unsigned long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * US_PER_S +
        (unsigned long long)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    metrics_family(out, "process_cpu_seconds_total", "counter",
                   "User and system time of all threads.");
    buf_printf(out, "process_cpu_seconds_total %llu.%06llu\n", us / US_PER_S, us % US_PER_S);
}

static void write_memory(struct buf *out)
{
    uint64_t pages, resident, size = (uint64_t)sysconf(_SC_PAGESIZE);
    FILE *f = fopen("/proc/self/statm", "re"); // "PAGES RESIDENT SHARED ..."
    if (!f)
        return;
    char line[128] = "";
    bool got = fgets(line, sizeof(line), f) != NULL;
    (void)fclose(f);
    struct slice rest = slice_str(line);
    struct slice first = slice_first(rest, slice_index(rest, ' '));
    rest = slice_from(rest, first.len + 1);
    rest = slice_first(rest, slice_index(rest, ' '));
    if (!got || !num_decimal(first, UINT64_MAX / size, &pages) ||
        !num_decimal(rest, UINT64_MAX / size, &resident))
        return;
    metrics_single(out, "process_virtual_memory_bytes", "gauge", "Address space in use.",
                   pages * size);
    metrics_single(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
                   resident * size);
}

static void write_descriptors(struct buf *out)
{
    struct rlimit limit;
    uint64_t count = 0;
    DIR *open_ones = opendir("/proc/self/fd");
    if (open_ones) {
        for (const struct dirent *e = readdir(open_ones); e; e = readdir(open_ones))
            count += e->d_name[0] != '.';
        (void)closedir(open_ones);
        metrics_single(out, "process_open_fds", "gauge", "Open descriptors.",
                       count > 0 ? count - 1 : 0); // without the one that counts
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        metrics_single(out, "process_max_fds", "gauge", "Descriptors that may be open.",
                       limit.rlim_cur);
}

void metrics_write_process(struct buf *out)
{
    write_cpu(out);
    write_memory(out);
    write_descriptors(out);
}
