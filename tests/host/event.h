/*
 * event.h: reads the msgpack events of a buffer, with the limits of Fluent
 * Bit's own decoder (src/flb_log_event_decoder.c over msgpack-c).
 *
 * An event is [time, map] or [[time, metadata], map]; time is an ext of type 0
 * and 8 bytes, an unsigned integer or a float.
 */
#ifndef HOST_EVENT_H
#define HOST_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Containers open at once, the event's own array and the record's map included
 * (MSGPACK_EMBED_STACK_SIZE, cmake/msgpack.cmake).
 */
enum { EVENT_MAX_DEPTH = 64 };

struct event {
    int64_t seconds;
    uint32_t nanoseconds;
    const unsigned char *record; /* the map */
    const unsigned char *end;    /* of the map */
};

struct event_reader {
    const unsigned char *next;
    const unsigned char *end;
    const char *problem; /* why reading stopped before the end, or NULL */
    size_t swallowed;    /* events that Fluent Bit takes for marks of a group and drops */
};

struct event_reader event_reader_new(const void *data, size_t size);

/*
 * The next event; false at the end. At an event that Fluent Bit cannot decode it
 * is false as well: Fluent Bit reads no further then, so that event and all
 * after it are lost. problem says why.
 */
bool event_next(struct event_reader *reader, struct event *event);

/* One msgpack item's head. */
enum item_type {
    ITEM_NIL,
    ITEM_BOOL,
    ITEM_UINT,
    ITEM_INT, /* negative */
    ITEM_FLOAT,
    ITEM_STR,
    ITEM_BIN,
    ITEM_EXT,
    ITEM_ARRAY,
    ITEM_MAP,
};

struct item {
    enum item_type type;
    union {
        uint64_t uint; /* also of ITEM_BOOL */
        int64_t sint;
        double real;
        struct {
            const unsigned char *bytes;
            uint32_t size;
            int8_t ext_type;
        };
        uint32_t count; /* elements of an array, pairs of a map */
    };
};

/*
 * Reads one item's head at *at, with the bytes of a string but without what is
 * inside of an array or a map, and moves *at behind it. NULL, or the problem.
 */
const char *item_next(const unsigned char **at, const unsigned char *end, struct item *item);

#endif
