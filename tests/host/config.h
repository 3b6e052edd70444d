/*
 * config.h: the classic configuration format.
 *
 *     @SET NAME=value
 *     [SECTION]
 *         Key  the value, up to the end of the line
 *
 * Keys are case-insensitive and may repeat. ${NAME} and ${NAME:-default} are
 * replaced by @SET values or the environment, by nothing when unset. A '#'
 * starts a comment only as the first character of a line.
 */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

struct property {
    char *key;
    char *value; /* NULL when it is empty once ${…} is replaced */
    struct property *next;
};

struct section {
    char *name;
    int line;
    struct property *properties; /* in the order of the file */
    struct section *next;
};

struct config {
    struct section *sections;
    struct property *variables; /* of @SET */
};

/* Reads path; on an error, says so in the log and returns NULL. */
struct config *config_read(const char *path);
void config_free(struct config *config);

/* The first value of key, or NULL; section may be NULL. */
const char *section_get(const struct section *section, const char *key);

/* The next section of that name at or after section, or NULL. */
struct section *section_find(struct section *section, const char *name);

#endif
