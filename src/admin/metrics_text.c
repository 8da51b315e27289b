// SPDX-License-Identifier: Apache-2.0
// Names and helps are constants of ours; only values of labels come from outside.
#include "admin/metrics_text.h"

#include "base/buf.h"

void metrics_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_single(struct buf *out, const char *name, const char *type, const char *help,
                    uint64_t value)
{
    metrics_family(out, name, type, help);
    buf_str(out, name);
    buf_char(out, ' ');
    buf_decimal(out, value);
    buf_char(out, '\n');
}

// Backslash, quote and line feed are escaped.
void metrics_label(struct buf *out, const char *name, struct slice value)
{
    buf_printf(out, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\\' || c == '"')
            buf_char(out, '\\');
        if (c == '\n')
            buf_str(out, "\\n");
        else
            buf_char(out, c);
    }
    buf_char(out, '"');
}
