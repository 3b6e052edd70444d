#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void reserve(struct text *text, size_t size)
{
    if (text->room - text->size >= size) {
        return;
    }
    text->room = 2 * (text->size + size);
    text->bytes = realloc(text->bytes, text->room);
}

void text_append(struct text *text, const void *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    reserve(text, size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void text_printf(struct text *text, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_append(text, line, size < (int)sizeof line ? (size_t)size : sizeof line - 1);
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

/* Bytes of the UTF-8 character at s, or 0 when there is none. */
static size_t utf8_length(const unsigned char *s, size_t size)
{
    if (s[0] < 0x80) {
        return 1;
    }
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || size < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void append_escaped(struct text *text, unsigned char c)
{
    static const char letters[] = "btn?fr"; /* of 0x08 to 0x0d */
    if (c == '"' || c == '\\') {
        text_printf(text, "\\%c", c);
    } else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        text_printf(text, "\\%c", letters[c - 0x08]);
    } else {
        text_printf(text, "\\u%04x", c);
    }
}

/* Bytes that are not UTF-8 are left out; true if there were any. */
static bool append_string(struct text *text, const unsigned char *s, size_t size)
{
    bool bad = false;
    text_append(text, "\"", 1);
    for (size_t i = 0; i < size;) {
        size_t run = i;
        while (run < size && is_plain(s[run])) {
            run++;
        }
        text_append(text, s + i, run - i);
        i = run;
        if (i == size) {
            break;
        }
        if (s[i] < 0x80) {
            append_escaped(text, s[i++]);
            continue;
        }
        size_t length = utf8_length(s + i, size - i);
        text_append(text, s + i, length);
        bad = bad || length == 0;
        i += length == 0 ? 1 : length;
    }
    text_append(text, "\"", 1);
    return bad;
}

static void append_ext(struct text *text, const struct item *item)
{
    text_append(text, "\"", 1);
    for (uint32_t i = 0; i < item->size; i++) {
        text_printf(text, "\\\\x%02x", item->bytes[i]);
    }
    text_append(text, "\"", 1);
}

void json_append_float(struct text *text, double value)
{
    if (!isfinite(value)) {
        log_fault("a record has a float that is not a number; Fluent Bit would write broken JSON");
        text_append(text, "null", 4);
    } else if (fabs(value) < 9e18 && value == (double)(int64_t)value) {
        text_printf(text, "%.1f", value);
    } else {
        text_printf(text, "%.16g", value);
    }
}

static void append_value(struct text *text, const unsigned char **at, const unsigned char *end);

static void append_key(struct text *text, const unsigned char **at, const unsigned char *end)
{
    const unsigned char *start = *at;
    struct item key;
    item_next(at, end, &key);
    if (key.type == ITEM_STR) {
        *at = start;
        append_value(text, at, end);
        return;
    }
    log_fault("a record has a key that is not a string; Fluent Bit would write broken JSON");
    struct text value = {0};
    *at = start;
    append_value(&value, at, end);
    append_string(text, (const unsigned char *)value.bytes, value.size);
    text_free(&value);
}

static void append_members(struct text *text, uint32_t count, const unsigned char **at,
                           const unsigned char *end)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            text_append(text, ",", 1);
        }
        append_key(text, at, end);
        text_append(text, ":", 1);
        append_value(text, at, end);
    }
}

static void append_elements(struct text *text, uint32_t count, const unsigned char **at,
                            const unsigned char *end)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            text_append(text, ",", 1);
        }
        append_value(text, at, end);
    }
}

/* Recursive, but event_next has checked that it goes at most 64 deep. */
static void append_value(struct text *text, const unsigned char **at, const unsigned char *end)
{
    struct item item;
    item_next(at, end, &item);
    switch (item.type) {
    case ITEM_NIL:
        text_append(text, "null", 4);
        break;
    case ITEM_BOOL:
        text_printf(text, "%s", item.uint ? "true" : "false");
        break;
    case ITEM_UINT:
        text_printf(text, "%" PRIu64, item.uint);
        break;
    case ITEM_INT:
        text_printf(text, "%" PRId64, item.sint);
        break;
    case ITEM_FLOAT:
        json_append_float(text, item.real);
        break;
    case ITEM_STR:
        if (append_string(text, item.bytes, item.size)) {
            log_fault("a record has a string that is not UTF-8; Fluent Bit garbles the bad bytes");
        }
        break;
    case ITEM_BIN:
        append_string(text, item.bytes, item.size);
        break;
    case ITEM_EXT:
        append_ext(text, &item);
        break;
    case ITEM_ARRAY:
        text_append(text, "[", 1);
        append_elements(text, item.count, at, end);
        text_append(text, "]", 1);
        break;
    case ITEM_MAP:
        text_append(text, "{", 1);
        append_members(text, item.count, at, end);
        text_append(text, "}", 1);
        break;
    }
}

void json_append_record(struct text *text, const struct event *event)
{
    const unsigned char *at = event->record;
    append_value(text, &at, event->end);
}

bool json_append_members(struct text *text, const struct event *event)
{
    const unsigned char *at = event->record;
    struct item map;
    item_next(&at, event->end, &map);
    append_members(text, map.count, &at, event->end);
    return map.count > 0;
}
