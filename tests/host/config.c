#define _GNU_SOURCE
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi.h"
#include "log.h"

struct reader {
    const char *path;
    int line;
    struct config *config;
    struct section *current;
    char indent[64]; /* of the first indented line; all others must have it */
};

static bool fail(const struct reader *r, const char *problem)
{
    log_line(LEVEL_ERROR, "[config] error in %s:%d: %s", r->path, r->line, problem);
    return false;
}

static struct property *property_new(const char *key, size_t key_len, char *value)
{
    struct property *p = calloc(1, sizeof *p);
    p->key = strndup(key, key_len);
    p->value = value;
    return p;
}

static void property_append(struct property **list, struct property *p)
{
    while (*list != NULL) {
        list = &(*list)->next;
    }
    *list = p;
}

static const char *property_get(const struct property *p, const char *key)
{
    for (; p != NULL; p = p->next) {
        if (strcasecmp(p->key, key) == 0) {
            return p->value;
        }
    }
    return NULL;
}

/* The replacement of what stands between "${" and "}". */
static const char *variable(const struct config *config, char *name)
{
    char *fallback = strstr(name, ":-");
    if (fallback != NULL) {
        *fallback = '\0';
        fallback += 2;
    }
    const char *value = property_get(config->variables, name);
    if (value == NULL) {
        value = getenv(name);
    }
    if (value != NULL && (*value != '\0' || fallback == NULL)) {
        return value;
    }
    if (fallback == NULL) {
        log_line(LEVEL_WARN, "[env] variable ${%s} is used but not set", name);
        return "";
    }
    return fallback;
}

/* A copy of text with every ${…} replaced; NULL when nothing is left. */
static char *expand(const struct config *config, const char *text)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    for (;;) {
        const char *start = strstr(text, "${");
        const char *end = start == NULL ? NULL : strchr(start, '}');
        if (end == NULL || end == start + 2) {
            break;
        }
        char *name = strndup(start + 2, (size_t)(end - start - 2));
        fprintf(out, "%.*s%s", (int)(start - text), text, variable(config, name));
        free(name);
        text = end + 1;
    }
    fputs(text, out);
    fclose(out);
    if (size == 0) {
        free(result);
        return NULL;
    }
    return result;
}

static char *trim(char *text)
{
    while (isblank((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

/* "@SET NAME=value", or another command that the stand-in has not got. */
static bool read_command(struct reader *r, char *line)
{
    char *equals = strchr(line, '=');
    if (strncasecmp(line, "@SET ", 5) != 0 || equals == NULL) {
        return fail(r, "of the @ commands the stand-in knows only @SET NAME=value");
    }
    *equals = '\0';
    char *name = trim(line + 5);
    property_append(&r->config->variables,
                    property_new(name, strlen(name), strdup(trim(equals + 1))));
    return true;
}

static bool read_header(struct reader *r, char *line)
{
    char *end = strchr(line, ']');
    if (end == NULL) {
        return fail(r, "bad header definition");
    }
    struct section *section = calloc(1, sizeof *section);
    section->name = strndup(line + 1, (size_t)(end - line - 1));
    section->line = r->line;
    struct section **last = &r->config->sections;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = section;
    r->current = section;
    return true;
}

static bool read_property(struct reader *r, char *line)
{
    size_t indent = strspn(line, " \t");
    if (line[indent] == '\0') {
        return true;
    }
    if (indent == 0) {
        return fail(r, "invalid indentation level");
    }
    if (r->indent[0] == '\0' && indent < sizeof r->indent) {
        memcpy(r->indent, line, indent);
    }
    if (strlen(r->indent) != indent || memcmp(line, r->indent, indent) != 0) {
        return fail(r, "invalid indentation level");
    }
    char *key = line + indent;
    if (*key == '#') {
        return true;
    }
    char *space = strchr(key, ' '); /* a tab does not separate */
    if (space == NULL || *trim(space) == '\0') {
        return fail(r, "each key must have a value");
    }
    if (r->current == NULL) {
        return fail(r, "a key outside of a section");
    }
    property_append(&r->current->properties,
                    property_new(key, (size_t)(space - key), expand(r->config, trim(space))));
    return true;
}

static bool read_line(struct reader *r, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    switch (line[0]) {
    case '\0':
    case '#':
        return true;
    case '@':
        return read_command(r, line);
    case '[':
        return read_header(r, line);
    default:
        return read_property(r, line);
    }
}

static bool is_yaml(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0);
}

struct config *config_read(const char *path)
{
    if (is_yaml(path)) {
        log_line(LEVEL_ERROR, "[config] %s: the stand-in reads the classic format only; "
                              "run YAML files in Fluent Bit itself", path);
        return NULL;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        log_line(LEVEL_ERROR, "[config] cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    struct reader r = {.path = path, .config = calloc(1, sizeof *r.config)};
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    while (good && getline(&line, &size, file) != -1) {
        r.line++;
        good = read_line(&r, line);
    }
    free(line);
    fclose(file);
    if (!good) {
        config_free(r.config);
        return NULL;
    }
    return r.config;
}

static void property_free_all(struct property *p)
{
    while (p != NULL) {
        struct property *next = p->next;
        free(p->key);
        free(p->value);
        free(p);
        p = next;
    }
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    struct section *s = config->sections;
    while (s != NULL) {
        struct section *next = s->next;
        property_free_all(s->properties);
        free(s->name);
        free(s);
        s = next;
    }
    property_free_all(config->variables);
    free(config);
}

const char *section_get(const struct section *section, const char *key)
{
    return section == NULL ? NULL : property_get(section->properties, key);
}

struct section *section_find(struct section *section, const char *name)
{
    while (section != NULL && strcasecmp(section->name, name) != 0) {
        section = section->next;
    }
    return section;
}
