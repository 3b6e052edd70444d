/*
 * json.h: a record as JSON, as Fluent Bit's outputs write it
 * (src/flb_pack.c), up to the choice of escapes: integers exact, floats with
 * 16 digits, whole ones with ".0"; bin like a string.
 */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

/* A text that grows. */
struct text {
    char *bytes;
    size_t size;
    size_t room;
};

void text_append(struct text *text, const void *bytes, size_t size);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *text);

/*
 * Appends the record of an event from event_next, as an object. A record that
 * is not good JSON (a string that is not UTF-8, a key that is no string, a
 * float that is no number) is a fault of the plugin and reported as one.
 */
void json_append_record(struct text *text, const struct event *event);

/* Appends the members of the record without the braces; false when it has none. */
bool json_append_members(struct text *text, const struct event *event);

void json_append_float(struct text *text, double value);

#endif
