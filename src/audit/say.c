// SPDX-License-Identifier: Apache-2.0
// The names are those of a record, so that one reader does for all lines of a log.
#include "audit/say.h"

#include "base/clock.h"
#include "base/json_write.h"

static void begin(struct json_writer *w, struct buf *out, const char *action, const char *outcome,
                  const char *reason)
{
    char time[CLOCK_TEXT_LEN];
    clock_text(clock_wall_ns(), time);
    json_write_init(w, out);
    json_write_object(w);
    json_write_key_slice(w, "@timestamp", slice_of(time, sizeof(time)));
    json_write_key(w, "ecs");
    json_write_object(w);
    json_write_key_str(w, "version", "8.11.0");
    json_write_end_object(w);
    json_write_key(w, "event");
    json_write_object(w);
    json_write_key_str(w, "kind", "event");
    json_write_key_str(w, "action", action);
    json_write_key_str(w, "outcome", outcome);
    if (reason)
        json_write_key_str(w, "reason", reason);
    json_write_end_object(w);
    json_write_key(w, "yett");
    json_write_object(w);
}

static struct slice end(struct json_writer *w)
{
    json_write_end_object(w);
    json_write_end_object(w);
    buf_char(w->out, '\n');
    return buf_view(w->out);
}

struct slice say_loss(struct buf *out, uint64_t lost)
{
    struct json_writer w;
    begin(&w, out, "audit-loss", "failure", "audit-ring-full");
    json_write_key_u64(&w, "lost", lost);
    return end(&w);
}

struct slice say_link(struct buf *out, uint64_t sequence, struct slice value)
{
    struct json_writer w;
    begin(&w, out, "audit-link", "success", NULL);
    json_write_key(&w, "link");
    json_write_object(&w);
    json_write_key_u64(&w, "sequence", sequence);
    json_write_key_slice(&w, "value", value);
    json_write_end_object(&w);
    return end(&w);
}

struct slice say_checkpoint(struct buf *out, uint64_t since, uint64_t through, struct slice digest,
                            struct slice signature)
{
    struct json_writer w;
    begin(&w, out, "audit-checkpoint", "success", NULL);
    json_write_key(&w, "checkpoint");
    json_write_object(&w);
    json_write_key_u64(&w, "since", since);
    json_write_key_u64(&w, "through", through);
    json_write_key_slice(&w, "digest", digest);
    json_write_key_slice(&w, "signature", signature);
    json_write_end_object(&w);
    return end(&w);
}
