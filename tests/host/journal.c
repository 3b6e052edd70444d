#define _GNU_SOURCE
#include "journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "log.h"

static int journal = -1;

bool journal_open(const char *path)
{
    journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (journal == -1) {
        log_line(LEVEL_ERROR, "[host] cannot open the journal %s: %m", path);
    }
    return journal != -1;
}

static void write_line(const char *instance, const char *event, const char *rest)
{
    char line[256];
    struct timespec now;
    if (journal == -1) {
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    int size = snprintf(line, sizeof line, "%lld %s %s%s\n",
                        (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, instance, event, rest);
    if (write(journal, line, (size_t)size) != size) {
        log_fault("cannot write to the journal: %m");
    }
}

void journal_event(const char *instance, const char *event)
{
    write_line(instance, event, "");
}

void journal_batch(const char *instance, const char *event, const struct batch *batch)
{
    char rest[64];
    snprintf(rest, sizeof rest, " %lu %zu", batch->number, batch->records);
    write_line(instance, event, rest);
}

void journal_died(const char *instance, const char *moment)
{
    char rest[64];
    snprintf(rest, sizeof rest, " %s", moment);
    write_line(instance, "died", rest);
}
