#define _GNU_SOURCE
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

/* A line, its time and level included: struct log_message, src/flb_log.c. */
enum { LINE_MAX_BYTES = 4088 };

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_level = LEVEL_INFO;
static atomic_bool had_fault;
static _Thread_local bool own_thread;

static const char *const level_names[] = {"off", "error", "warn", "info", "debug", "trace"};
enum { LEVELS = sizeof level_names / sizeof *level_names };

int log_level_of(const char *name)
{
    for (int level = 0; level < LEVELS; level++) {
        if (strcasecmp(name, level_names[level]) == 0) {
            return level;
        }
    }
    return strcasecmp(name, "warning") == 0 ? LEVEL_WARN : -1;
}

void log_set_level(int level)
{
    log_level = level;
}

void log_own_thread(void)
{
    own_thread = true;
}

void log_open(const char *path)
{
    int fd = STDERR_FILENO;
    if (path != NULL) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd == -1) {
            fprintf(stderr, "[host] cannot open the log file %s: %m\n", path);
            fd = STDERR_FILENO;
        }
    }
    int old = atomic_exchange(&log_fd, fd);
    if (old != STDERR_FILENO) {
        close(old);
    }
}

static size_t put_header(char *line, size_t size, int level)
{
    struct timespec now;
    struct tm local;
    char stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(stamp, sizeof stamp, "%Y/%m/%d %H:%M:%S", &local);
    const char *name = level >= 0 && level < LEVELS ? level_names[level] : "?";
    return (size_t)snprintf(line, size, "[%s.%03ld] [%5s] ", stamp, now.tv_nsec / 1000000, name);
}

static void write_line(int level, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    size_t used = put_header(line, sizeof line, level);
    int wanted = vsnprintf(line + used, sizeof line - 1 - used, format, args);
    if (wanted < 0) {
        return;
    }
    used += strlen(line + used);
    line[used++] = '\n';
    int fd = own_thread ? log_fd : STDERR_FILENO;
    if (write(fd, line, used) == -1 && fd != STDERR_FILENO) {
        dprintf(STDERR_FILENO, "%.*s", (int)used, line);
    }
}

void log_print(int level, const char *file, int line, const char *format, ...)
{
    (void)file;
    (void)line;
    va_list args;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}

void log_line(int level, const char *format, ...)
{
    if (level > log_level) {
        return;
    }
    va_list args;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}

void log_fault(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    had_fault = true;
    log_print(LEVEL_ERROR, __FILE__, __LINE__, "[host] FAULT: %s", text);
    if (log_fd != STDERR_FILENO) {
        dprintf(STDERR_FILENO, "[host] FAULT: %s\n", text);
    }
}

bool log_had_fault(void)
{
    return had_fault;
}
