/*
 * log.h: log lines in Fluent Bit's form, and faults.
 */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include <stdbool.h>

/* Writes to path from now on, or to stderr when path is NULL. */
void log_open(const char *path);

/*
 * Marks the calling thread as one of the host's. Lines from any other thread,
 * such as one of the Go runtime, go to stderr past the log file, as they do in
 * Fluent Bit.
 */
void log_own_thread(void);

/* Lines of the host itself above this level are not written. */
void log_set_level(int level);

/* The level of a name such as "info", or -1. */
int log_level_of(const char *name);

/* The api's log_print: writes whatever its level, the plugin asks first. */
void log_print(int level, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A line of the host's own. */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A line about something that the plugin must never do or that the host cannot
 * stand in for. The process then ends with EXIT_FAULT, so that tests notice.
 */
void log_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool log_had_fault(void);

enum { EXIT_FAULT = 3 };

#endif
