#include "event.h"

#include <stdbool.h>
#include <string.h>

static const char truncated[] = "the buffer ends inside of an event";

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* Takes size bytes; false when there are fewer. */
static bool take(const unsigned char **at, const unsigned char *end, size_t size,
                 const unsigned char **bytes)
{
    if ((size_t)(end - *at) < size) {
        return false;
    }
    *bytes = *at;
    *at += size;
    return true;
}

static const char *take_bytes(const unsigned char **at, const unsigned char *end,
                              enum item_type type, uint64_t size, struct item *item)
{
    const unsigned char *bytes;
    item->type = type;
    if (type == ITEM_EXT) {
        if (!take(at, end, 1, &bytes)) {
            return truncated;
        }
        item->ext_type = (int8_t)*bytes;
    }
    if (!take(at, end, size, &bytes)) {
        return truncated;
    }
    item->bytes = bytes;
    item->size = (uint32_t)size;
    return NULL;
}

static const char *take_float(const unsigned char *bytes, size_t size, struct item *item)
{
    uint64_t bits = big_endian(bytes, size);
    item->type = ITEM_FLOAT;
    if (size == 4) {
        uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        item->real = value;
    } else {
        memcpy(&item->real, &bits, sizeof item->real);
    }
    return NULL;
}

static const char *take_int(uint64_t bits, size_t size, struct item *item)
{
    unsigned shift = 64 - 8 * (unsigned)size;
    int64_t value = (int64_t)(bits << shift) >> shift;
    item->type = value < 0 ? ITEM_INT : ITEM_UINT;
    if (value < 0) {
        item->sint = value;
    } else {
        item->uint = (uint64_t)value;
    }
    return NULL;
}

/* An item whose first byte is 0xc0 to 0xdf. */
static const char *item_by_code(unsigned char code, const unsigned char **at,
                                const unsigned char *end, struct item *item)
{
    /* Bytes of the number that follows the code: a value, a size or a count. */
    static const unsigned char widths[32] = {
        0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, /* 0xc0 */
        1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4, /* 0xd0 */
    };
    size_t width = widths[code - 0xc0];
    const unsigned char *bytes;
    if (!take(at, end, width, &bytes)) {
        return truncated;
    }
    uint64_t number = big_endian(bytes, width);
    switch (code) {
    case 0xc0:
        item->type = ITEM_NIL;
        return NULL;
    case 0xc2:
    case 0xc3:
        item->type = ITEM_BOOL;
        item->uint = code & 1;
        return NULL;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take_bytes(at, end, ITEM_BIN, number, item);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return take_bytes(at, end, ITEM_EXT, number, item);
    case 0xca:
    case 0xcb:
        return take_float(bytes, width, item);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        item->type = ITEM_UINT;
        item->uint = number;
        return NULL;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_int(number, width, item);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return take_bytes(at, end, ITEM_EXT, 1u << (code - 0xd4), item);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take_bytes(at, end, ITEM_STR, number, item);
    case 0xdc:
    case 0xdd:
        item->type = ITEM_ARRAY;
        item->count = (uint32_t)number;
        return NULL;
    case 0xde:
    case 0xdf:
        item->type = ITEM_MAP;
        item->count = (uint32_t)number;
        return NULL;
    default: /* 0xc1 */
        return "byte 0xc1, which msgpack does not use";
    }
}

const char *item_next(const unsigned char **at, const unsigned char *end, struct item *item)
{
    if (*at == end) {
        return truncated;
    }
    unsigned char code = *(*at)++;
    if (code <= 0x7f) {
        item->type = ITEM_UINT;
        item->uint = code;
        return NULL;
    }
    if (code >= 0xe0) {
        item->type = ITEM_INT;
        item->sint = (int8_t)code;
        return NULL;
    }
    if (code <= 0x8f || code <= 0x9f) {
        item->type = code <= 0x8f ? ITEM_MAP : ITEM_ARRAY;
        item->count = code & 0x0f;
        return NULL;
    }
    if (code <= 0xbf) {
        return take_bytes(at, end, ITEM_STR, code & 0x1f, item);
    }
    return item_by_code(code, at, end, item);
}

/* Moves *at behind one whole value; open containers are already around it. */
static const char *skip(const unsigned char **at, const unsigned char *end, int open)
{
    uint64_t left[EVENT_MAX_DEPTH]; /* items still to come, by container */
    int top = open;
    for (;;) {
        struct item item;
        const char *problem = item_next(at, end, &item);
        if (problem != NULL) {
            return problem;
        }
        if (item.type == ITEM_ARRAY || item.type == ITEM_MAP) {
            if (top == EVENT_MAX_DEPTH) {
                return "an event nests deeper than 64 containers";
            }
            if (item.count > 0) {
                left[top++] = item.type == ITEM_MAP ? 2 * (uint64_t)item.count : item.count;
                continue;
            }
        }
        while (top > open && --left[top - 1] == 0) {
            top--;
        }
        if (top == open) {
            return NULL;
        }
    }
}

/* The value at *at must be a map; finds where it ends. */
static const char *skip_map(const unsigned char **at, const unsigned char *end, int open,
                            const char *otherwise)
{
    const unsigned char *start = *at;
    struct item item;
    const char *problem = item_next(&start, end, &item);
    if (problem == NULL && item.type != ITEM_MAP) {
        problem = otherwise;
    }
    return problem != NULL ? problem : skip(at, end, open);
}

static const char *set_time(const struct item *item, struct event *event)
{
    event->nanoseconds = 0;
    switch (item->type) {
    case ITEM_UINT:
        event->seconds = (int64_t)item->uint;
        return NULL;
    case ITEM_FLOAT:
        event->seconds = (int64_t)item->real;
        event->nanoseconds = (uint32_t)((item->real - (double)event->seconds) * 1e9);
        return NULL;
    case ITEM_EXT:
        if (item->ext_type == 0 && item->size == 8) {
            event->seconds = (int64_t)big_endian(item->bytes, 4);
            event->nanoseconds = (uint32_t)big_endian(item->bytes + 4, 4);
            return NULL;
        }
        /* fall through */
    default:
        return "an event's time is neither an ext of type 0 and 8 bytes nor a number";
    }
}

/* Reads "time" or "[time, metadata]". */
static const char *read_header(struct event_reader *r, struct event *event)
{
    struct item item;
    const char *problem = item_next(&r->next, r->end, &item);
    if (problem != NULL) {
        return problem;
    }
    if (item.type != ITEM_ARRAY) {
        return set_time(&item, event);
    }
    if (item.count != 2) {
        return "an event's header is not [time, metadata]";
    }
    problem = item_next(&r->next, r->end, &item);
    if (problem == NULL) {
        problem = set_time(&item, event);
    }
    if (problem == NULL) {
        problem = skip_map(&r->next, r->end, 2, "an event's metadata is not a map");
    }
    return problem;
}

static const char *read_event(struct event_reader *r, struct event *event)
{
    struct item item;
    const char *problem = item_next(&r->next, r->end, &item);
    if (problem != NULL) {
        return problem;
    }
    if (item.type != ITEM_ARRAY || item.count != 2) {
        return "an event is not an array of two";
    }
    problem = read_header(r, event);
    if (problem != NULL) {
        return problem;
    }
    event->record = r->next;
    problem = skip_map(&r->next, r->end, 1, "a record is not a map");
    event->end = r->next;
    return problem;
}

/* The two values of the seconds that begin and end a group of events. */
static bool is_group_mark(const struct event *event)
{
    return event->seconds == UINT32_MAX || event->seconds == UINT32_MAX - 1;
}

struct event_reader event_reader_new(const void *data, size_t size)
{
    return (struct event_reader){.next = data, .end = (const unsigned char *)data + size};
}

bool event_next(struct event_reader *reader, struct event *event)
{
    while (reader->next != reader->end && reader->problem == NULL) {
        reader->problem = read_event(reader, event);
        if (reader->problem != NULL) {
            break;
        }
        if (!is_group_mark(event)) {
            return true;
        }
        reader->swallowed++;
    }
    return false;
}
