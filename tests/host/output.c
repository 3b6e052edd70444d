#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"
#include "event.h"
#include "json.h"
#include "log.h"

enum form { FORM_NONE, FORM_TAG_TIME, FORM_PLAIN, FORM_DATE };

struct output {
    enum form form;
    bool to_file; /* else to stdout */
    const char *match;
    const char *path;
    const char *file;
    const char *date_key; /* NULL: none */
    struct output *next;
};

static bool is_off(const char *value)
{
    return value != NULL && (strcasecmp(value, "off") == 0 || strcasecmp(value, "false") == 0 ||
                             strcasecmp(value, "no") == 0);
}

static bool configure_file(struct output *o, const struct section *section)
{
    const char *format = section_get(section, "format");
    o->to_file = true;
    o->path = section_get(section, "path");
    o->file = section_get(section, "file");
    o->form = FORM_TAG_TIME;
    if (format != NULL && strcasecmp(format, "plain") == 0) {
        o->form = FORM_PLAIN;
    } else if (format != NULL && strcasecmp(format, "out_file") != 0 &&
               strcasecmp(format, "json") != 0) {
        log_line(LEVEL_ERROR, "[host] output file: of the formats the stand-in has only plain "
                              "and the default, not %s", format);
        return false;
    }
    const char *mkdir_value = section_get(section, "mkdir");
    if (o->path != NULL && mkdir_value != NULL && !is_off(mkdir_value)) {
        mkdir(o->path, 0755);
    }
    return true;
}

static bool configure_stdout(struct output *o, const struct section *section)
{
    const char *key = section_get(section, "json_date_key");
    o->form = FORM_DATE;
    o->date_key = is_off(key) ? NULL : key != NULL ? key : "date";
    return true;
}

static bool configure(struct output *o, const struct section *section)
{
    const char *name = section_get(section, "name");
    o->match = section_get(section, "match");
    if (name == NULL) {
        log_line(LEVEL_ERROR, "[host] [OUTPUT] in line %d has no Name", section->line);
        return false;
    }
    if (o->match == NULL) {
        log_line(LEVEL_WARN, "[host] output %s has no Match: nothing goes there", name);
        return false;
    }
    if (strcasecmp(name, "file") == 0) {
        return configure_file(o, section);
    }
    if (strcasecmp(name, "stdout") == 0) {
        return configure_stdout(o, section);
    }
    if (strcasecmp(name, "null") != 0) {
        fprintf(stderr, "[host] the stand-in has no output '%s' (only file, stdout and null): "
                        "the section is ignored\n", name);
        return false;
    }
    o->form = FORM_NONE;
    return true;
}

struct output *output_new_all(const struct config *config)
{
    struct output *list = NULL;
    struct output **last = &list;
    for (struct section *s = section_find(config->sections, "OUTPUT"); s != NULL;
         s = section_find(s->next, "OUTPUT")) {
        struct output *o = calloc(1, sizeof *o);
        if (configure(o, s)) {
            *last = o;
            last = &o->next;
        } else {
            free(o);
        }
    }
    return list;
}

void output_free_all(struct output *list)
{
    while (list != NULL) {
        struct output *next = list->next;
        free(list);
        list = next;
    }
}

/* Matches text with a pattern in which '*' stands for anything. */
static bool matches(const char *pattern, const char *text)
{
    for (; *pattern != '*'; pattern++, text++) {
        if (*pattern != *text) {
            return false;
        }
        if (*pattern == '\0') {
            return true;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    for (;; text++) {
        if (matches(pattern, text)) {
            return true;
        }
        if (*text == '\0') {
            return false;
        }
    }
}

static void append_line(struct text *text, const struct output *o, const char *tag,
                        const struct event *event)
{
    switch (o->form) {
    case FORM_NONE:
        return;
    case FORM_TAG_TIME:
        text_append(text, tag, strlen(tag));
        text_printf(text, ": [%lld.%09u, ", (long long)event->seconds, event->nanoseconds);
        json_append_record(text, event);
        text_append(text, "]\n", 2);
        return;
    case FORM_PLAIN:
        json_append_record(text, event);
        text_append(text, "\n", 1);
        return;
    case FORM_DATE:
        if (o->date_key == NULL) {
            json_append_record(text, event);
        } else {
            text_printf(text, "{\"%s\":", o->date_key);
            json_append_float(text, (double)event->seconds + event->nanoseconds / 1e9);
            text_append(text, ",", 1);
            if (!json_append_members(text, event)) {
                text->size--; /* the comma */
            }
            text_append(text, "}", 1);
        }
        text_append(text, "\n", 1);
        return;
    }
}

static bool write_whole(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n == -1 && errno == EINTR) {
            continue;
        }
        if (n == -1) {
            return false;
        }
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Opened for every batch, as Fluent Bit does: the file may have been moved away. */
static void write_file(const struct output *o, const char *tag, const struct text *text)
{
    char path[PATH_MAX];
    const char *file = o->file != NULL ? o->file : tag;
    snprintf(path, sizeof path, "%s%s%s", o->path != NULL ? o->path : "",
             o->path != NULL ? "/" : "", file);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd == -1) {
        log_fault("cannot open the output %s: %m", path);
        return;
    }
    if (!write_whole(fd, text->bytes, text->size)) {
        log_fault("cannot write to the output %s: %m", path);
    }
    close(fd);
}

static void output_write(const struct output *o, const char *tag, const struct batch *batch)
{
    struct text text = {0};
    struct event_reader reader = event_reader_new(batch->data, batch->size);
    struct event event;
    while (event_next(&reader, &event)) {
        append_line(&text, o, tag, &event);
    }
    if (o->to_file) {
        write_file(o, tag, &text);
    } else if (!write_whole(STDOUT_FILENO, text.bytes, text.size)) {
        log_fault("cannot write to stdout: %m");
    }
    text_free(&text);
}

void output_write_all(const struct output *list, const char *tag, const struct batch *batch)
{
    for (const struct output *o = list; o != NULL; o = o->next) {
        if (o->form != FORM_NONE && matches(o->match, tag)) {
            output_write(o, tag, batch);
        }
    }
}
