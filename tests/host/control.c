#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "death.h"
#include "engine.h"
#include "log.h"

struct control {
    struct engine *engine;
    struct sockaddr_un address;
    int listener;
    int end; /* an eventfd: control_stop was called */
    pthread_t thread;
};

static void visit_pause(struct instance *i, void *unused)
{
    (void)unused;
    instance_limit_reached(i);
}

static void visit_resume(struct instance *i, void *unused)
{
    (void)unused;
    instance_limit_cleared(i);
}

static void visit_status(struct instance *i, void *out)
{
    fprintf(out, "%s tag=%s paused=%d ring=%zu collects=%lu batches=%lu records=%lu drained=%lu "
            "dropped=%lu\n", i->name, i->tag, i->paused, ring_count(&i->ring), i->collects,
            i->batches, i->records, i->drained, i->dropped);
}

static void visit_metrics(struct instance *i, void *out)
{
    cmt_print(i->cmt, out);
}

/* An instance's number, or -1 for "all"; false when it is neither. */
static bool parse_instance(const char *word, int *n)
{
    char *end;
    if (strcmp(word, "all") == 0) {
        *n = -1;
        return true;
    }
    *n = (int)strtol(word, &end, 10);
    return *word != '\0' && *end == '\0' && *n >= 0;
}

static const char *on_instances(struct engine *e, const char *word,
                                void (*visit)(struct instance *, void *), FILE *out)
{
    int n;
    if (!parse_instance(word, &n)) {
        return "which instance? a number from 0, or all";
    }
    return engine_visit(e, n, visit, out) > 0 ? NULL : "no such instance";
}

static const char *set_number(atomic_int *knob, const char *word, int otherwise)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (*end != '\0' || value < 0 || (*word == '\0' && otherwise < 0)) {
        return "a number is missing";
    }
    *knob = *word == '\0' ? otherwise : (int)value;
    return NULL;
}

static const char *set_switch(atomic_bool *knob, const char *word, bool on_means)
{
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
        return "on or off?";
    }
    *knob = (strcmp(word, "on") == 0) == on_means;
    return NULL;
}

static const char *set_death(const char *moment, const char *word)
{
    char *end;
    long batches = *word == '\0' ? 1 : strtol(word, &end, 10);
    if (*word != '\0' && (*end != '\0' || batches < 0)) {
        return "at which batch? a number";
    }
    return death_arm(moment, (int)batches) ? NULL : "no such moment";
}

/* A line of a client: what to do, and up to two words more. */
struct request {
    char command[32];
    char word[32];
    char second[32];
};

/* Obeys one command; NULL, or what is wrong with it. */
static const char *obey(struct engine *e, const struct request *r, FILE *out)
{
    const char *command = r->command;
    const char *word = r->word;
    if (strcmp(command, "pause") == 0) {
        return on_instances(e, word, visit_pause, out);
    }
    if (strcmp(command, "resume") == 0) {
        return on_instances(e, word, visit_resume, out);
    }
    if (strcmp(command, "status") == 0) {
        return on_instances(e, "all", visit_status, out);
    }
    if (strcmp(command, "metrics") == 0) {
        return on_instances(e, "all", visit_metrics, out);
    }
    if (strcmp(command, "filter-delay") == 0) {
        return set_number(&e->knobs.filter_delay_ms, word, -1);
    }
    if (strcmp(command, "drop-next") == 0) {
        return set_number(&e->knobs.drop_next, word, 1);
    }
    if (strcmp(command, "lose-next") == 0) {
        return set_number(&e->knobs.lose_next, word, 1);
    }
    if (strcmp(command, "pending") == 0) {
        return set_switch(&e->knobs.pending, word, true);
    }
    if (strcmp(command, "wrong-pause") == 0) {
        return set_switch(&e->switches.pause_own, word, false);
    }
    if (strcmp(command, "die") == 0) {
        return set_death(word, r->second);
    }
    return "unknown command";
}

static void answer(struct control *c, char *line, FILE *out)
{
    struct request request = {0};
    sscanf(line, "%31s %31s %31s", request.command, request.word, request.second);
    const char *problem = obey(c->engine, &request, out);
    if (problem == NULL) {
        fprintf(out, "ok\n");
    } else {
        fprintf(out, "error: %s\n", problem);
    }
    fflush(out);
}

/* Waits for fd; false when the host is ending. */
static bool wait_readable(const struct control *c, int fd)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = c->end, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
        if (poll(fds, 2, -1) == -1 && errno == EINTR) {
            continue;
        }
        return fds[0].revents == 0;
    }
}

static void serve_client(struct control *c, int client)
{
    char buffer[1024];
    size_t used = 0;
    FILE *out = fdopen(client, "w");
    while (used < sizeof buffer - 1 && wait_readable(c, client)) {
        ssize_t n = read(client, buffer + used, sizeof buffer - 1 - used);
        if (n <= 0) {
            break;
        }
        used += (size_t)n;
        buffer[used] = '\0';
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            answer(c, line, out);
        }
        used = strlen(line);
        memmove(buffer, line, used);
    }
    fclose(out);
}

static void *control_main(void *argument)
{
    struct control *c = argument;
    log_own_thread();
    while (wait_readable(c, c->listener)) {
        int client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client != -1) {
            serve_client(c, client);
        }
    }
    return NULL;
}

struct control *control_start(const char *path, struct engine *engine)
{
    struct control *c = calloc(1, sizeof *c);
    c->engine = engine;
    c->address.sun_family = AF_UNIX;
    snprintf(c->address.sun_path, sizeof c->address.sun_path, "%s", path);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->end = eventfd(0, EFD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN); /* a client that does not wait for its answer */
    unlink(path);
    if (strlen(path) >= sizeof c->address.sun_path ||
        bind(c->listener, (struct sockaddr *)&c->address, sizeof c->address) == -1 ||
        listen(c->listener, 4) == -1 ||
        pthread_create(&c->thread, NULL, control_main, c) != 0) {
        log_line(LEVEL_ERROR, "[host] cannot listen on %s: %m", path);
        close(c->listener);
        close(c->end);
        free(c);
        return NULL;
    }
    return c;
}

void control_stop(struct control *c)
{
    if (c == NULL) {
        return;
    }
    eventfd_write(c->end, 1);
    pthread_join(c->thread, NULL);
    close(c->listener);
    close(c->end);
    unlink(c->address.sun_path);
    free(c);
}
