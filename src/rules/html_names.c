// SPDX-License-Identifier: Apache-2.0
// Tags that are no harm without an attribute need one of those that make them work, because their
// names are words that people put in angle brackets.
#include "rules/html_names.h"

#include "base/ascii.h"
#include "base/attr.h"

static const struct html_tag tags[] = {
    {"script", NULL},
    {"iframe", NULL},
    {"style", NULL},
    {"svg", NULL},
    {"math", NULL},
    {"foreignobject", NULL},
    {"xss", NULL},
    {"object", " data classid type codebase "},
    {"embed", " src code type "},
    {"applet", " code codebase archive object "},
    {"base", " href "},
    {"link", " rel href "},
    {"meta", " http-equiv charset content "},
    {"frame", " src "},
    {"frameset", " rows cols "},
    {"import", " implementation namespace "},
    {"handler", " event type ev:event "},
    {"listener", " event handler xlink:href "},
    {"vmlframe", " src "},
    {"xml", " src id "},
    {"isindex", " action prompt type formaction "},
    {"bgsound", " src "},
    {"layer", " src "},
    {"ilayer", " src "},
    {"portal", " src "},
};

// Behind "on". A '*' stands for any letters.
static const char *const events[] = {
    "abort",
    "activate",
    "after*",
    "animation*",
    "auxclick",
    "before*",
    "begin",
    "blur",
    "bounce",
    "cancel",
    "canplay*",
    "cellchange",
    "change",
    "click",
    "close",
    "content*",
    "contextmenu",
    "control*",
    "copy",
    "cuechange",
    "cut",
    "data*",
    "dblclick",
    "deactivate",
    "device*",
    "drag*",
    "drop",
    "durationchange",
    "emptied",
    "end",
    "ended",
    "error*",
    "filterchange",
    "finish",
    "focus*",
    "formdata",
    "fullscreen*",
    "got*",
    "hashchange",
    "help",
    "input",
    "invalid",
    "key*",
    "languagechange",
    "layoutcomplete",
    "load*",
    "lose*",
    "lost*",
    "media*",
    "message*",
    "mouse*",
    "move*",
    "moz*",
    "ms*",
    "offline",
    "online",
    "orientation*",
    "outofsync",
    "page*",
    "paste",
    "pause",
    "play*",
    "pointer*",
    "popstate",
    "popup*",
    "progress",
    "propertychange",
    "ratechange",
    "readystatechange",
    "rejectionhandled",
    "repeat",
    "reset",
    "resize*",
    "resume",
    "reverse",
    "row*",
    "scroll*",
    "search",
    "securitypolicyviolation",
    "seek*",
    "select*",
    "show",
    "slotchange",
    "snap*",
    "stalled",
    "start",
    "stop",
    "storage",
    "submit",
    "suspend",
    "syncrestored",
    "timeerror",
    "timeupdate",
    "toggle",
    "touch*",
    "trackchange",
    "transition*",
    "unhandledrejection",
    "unload",
    "urlflip",
    "visibilitychange",
    "volumechange",
    "waiting",
    "webkit*",
    "wheel",
    "zoom",
};

static const char *const links[] = {
    "href",   "src",      "action",  "formaction", "data",     "xlink:href", "background",
    "poster", "dynsrc",   "lowsrc",  "from",       "to",       "values",     "by",
    "code",   "codebase", "archive", "folder",     "manifest", "ping",       "srcset",
    "url",    "content",  "cite",    "longdesc",   "usemap",   "classid",    "profile",
};

// Compares up to the end of `pattern` or its '*'.
static bool fits(struct slice name, const char *pattern)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '\0')
            continue;
        if (*pattern == '*')
            return true;
        if (ascii_lower(name.ptr[i]) != *pattern)
            return false;
        pattern++;
    }
    return *pattern == '\0' || *pattern == '*';
}

// In lower case; NUL octets in front do not count.
static char first_letter(struct slice name)
{
    size_t i = 0;
    while (i < name.len && name.ptr[i] == '\0')
        i++;
    return i < name.len ? ascii_lower(name.ptr[i]) : '\0';
}

static bool is_listed(struct slice name, const char *const *list, size_t count)
{
    char first = first_letter(name);
    for (size_t i = 0; i < count; i++) {
        if (list[i][0] == first && fits(name, list[i]))
            return true;
    }
    return false;
}

const struct html_tag *html_tag_find(struct slice name)
{
    size_t colon = slice_index(name, ':');
    bool has_prefix = colon < name.len;
    struct slice local = has_prefix ? slice_from(name, colon + 1) : name;
    char first = first_letter(local);
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (tags[i].name[0] == first && fits(local, tags[i].name) &&
            (!has_prefix || !tags[i].attributes))
            return &tags[i];
    }
    return NULL;
}

bool html_tag_takes(const struct html_tag *tag, struct slice attribute)
{
    for (const char *at = tag->attributes; at && at[1]; at = strchr(at + 1, ' ')) {
        size_t len = strcspn(at + 1, " ");
        if (ascii_eq_nocase(attribute, slice_of(at + 1, len)))
            return true;
    }
    return false;
}

static size_t behind_on(struct slice name)
{
    size_t i = 0;
    const char *wanted = "on";
    for (; i < name.len && *wanted; i++) {
        if (name.ptr[i] == '\0')
            continue;
        if (ascii_lower(name.ptr[i]) != *wanted)
            return 0;
        wanted++;
    }
    return *wanted ? 0 : i;
}

bool html_is_event(struct slice attribute)
{
    size_t on = behind_on(attribute);
    return on > 0 && is_listed(slice_from(attribute, on), events, ARRAY_LEN(events));
}

bool html_is_handler(struct slice attribute)
{
    size_t on = behind_on(attribute), letters = 0;
    for (size_t i = on; i < attribute.len; i++) {
        if (!ascii_is_alpha(attribute.ptr[i]) && attribute.ptr[i] != '\0')
            return false;
        letters += attribute.ptr[i] != '\0';
    }
    return on > 0 && letters >= 3;
}

bool html_is_link(struct slice attribute)
{
    return is_listed(attribute, links, ARRAY_LEN(links));
}

bool html_name_is(struct slice attribute, const char *name)
{
    return fits(attribute, name);
}
