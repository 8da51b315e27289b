// SPDX-License-Identifier: Apache-2.0
// The report is text by the time it is shared: problems lie in memory of the reload.
#include "admin/reload_order.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "base/problems.h"

enum { REPORT_MAX = 1024 * 1024 };

uint64_t reload_order(struct admin_view *view)
{
    pthread_mutex_lock(&view->lock);
    uint64_t number = ++view->orders.given;
    pthread_mutex_unlock(&view->lock);
    (void)kill(getpid(), SIGHUP); // nobody but the supervisor takes it
    return number;
}

bool reload_order_outcome(struct admin_view *view, uint64_t number, unsigned *status,
                          struct buf *out)
{
    pthread_mutex_lock(&view->lock);
    const struct reload_orders *o = &view->orders;
    bool is_done = o->done >= number;
    if (is_done) {
        *status = o->went_well ? 200 : 422;
        buf_str(out, o->report ? o->report : "{}\n");
    }
    pthread_mutex_unlock(&view->lock);
    return is_done;
}

uint64_t reload_orders_begin(struct admin_view *view)
{
    pthread_mutex_lock(&view->lock);
    uint64_t given = view->orders.given;
    pthread_mutex_unlock(&view->lock);
    return given;
}

// On the heap; NULL without memory.
static char *report_of(bool went_well, const struct problems *problems)
{
    struct buf out;
    struct json_writer w;
    buf_new(&out, REPORT_MAX);
    json_write_init(&w, &out);
    json_write_object(&w);
    json_write_key_bool(&w, "reloaded", went_well);
    json_write_key(&w, "problems");
    json_write_array(&w);
    const char *text;
    for (size_t i = 0; problems && (text = problems_text(problems, i)); i++)
        json_write_slice(&w, slice_str(text));
    json_write_end_array(&w);
    json_write_end_object(&w);
    buf_str(&out, "\n");
    buf_char(&out, '\0');
    char *copy = out.failed ? NULL : strdup(out.data);
    buf_free(&out);
    return copy;
}

void reload_orders_end(struct admin_view *view, uint64_t answered, bool went_well,
                       const struct problems *problems)
{
    char *report = report_of(went_well, problems);
    char *complaint = went_well || !report ? NULL : strdup(report);
    struct reload_orders *o = &view->orders;
    pthread_mutex_lock(&view->lock);
    if (answered > o->done) { // else nobody asked: a report that is waited for stays
        char *before = o->report;
        o->report = report;
        report = before;
        o->done = answered;
        o->went_well = went_well;
    }
    if (!went_well) {
        free(o->complaint);
        o->complaint = complaint;
        o->failed_wall_s = clock_wall_ns() / 1000000000u;
    }
    pthread_mutex_unlock(&view->lock);
    free(report);
}

void reload_orders_clear(struct reload_orders *o)
{
    free(o->report);
    free(o->complaint);
}
