#define _GNU_SOURCE
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "death.h"
#include "event.h"
#include "journal.h"
#include "log.h"
#include "timer.h"

enum { COLLECT_MS = 1000 };              /* PROXY_CALLBACK_TIME, src/flb_plugin_proxy.c */
enum { FULL_TRIES = 10, FULL_MS = 100 }; /* append_to_ring_buffer, src/flb_input_chunk.c */

/* What the main thread writes into the pipe. */
enum { START = 'S', PAUSE = 'P', RESUME = 'R', EXIT = 'X' };

/* Keys that the core keeps for itself: flb_input_set_property, src/flb_input.c. */
static bool core_takes(const char *key)
{
    static const char *const whole[] = {
        "name", "tag", "alias", "log_level", "log_suppress_interval", "routable",
        "mem_buf_limit", "listen", "host", "port", "ipv6", "tls", "threaded", "rate_window",
    };
    static const char *const starts[] = {
        "net.", "oauth2", "tls.", "storage.", "thread.", "rate_gate",
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (strcasecmp(key, whole[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strncasecmp(key, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Exported by the fluent-bit program (include/fluent-bit/flb_input.h); plugins
 * that want to know their label in the metrics find it with dlsym.
 */
const char *flb_input_name(struct instance *i);
const char *flb_input_name(struct instance *i)
{
    return i->name;
}

static const char *get_property(const char *key, struct instance *i)
{
    return core_takes(key) ? NULL : section_get(i->section, key);
}

static void *get_cmt(struct instance *i)
{
    return i->switches->hide_counter ? NULL : i->cmt;
}

static int log_check(struct instance *i, int level)
{
    return i->log_level >= level;
}

struct api instance_api(void)
{
    /* The rest is for outputs and custom plugins; an input must not touch it. */
    return (struct api){
        .input_get_property = get_property,
        .input_get_cmt_instance = get_cmt,
        .log_print = log_print,
        .input_log_check = log_check,
    };
}

/* The one that a pause or resume of this instance acts on. */
static struct collector *collector_meant(struct instance *i)
{
    struct instance *last = i->proxy->instance;
    return i->switches->pause_own ? &i->collector : &last->collector;
}

static void collector_stop(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->running) {
        timer_stop(c->timer);
        c->running = false;
    }
    pthread_mutex_unlock(&c->lock);
}

static void collector_start(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    if (!c->running) {
        timer_start(c->timer, COLLECT_MS);
        c->running = true;
    } else {
        log_line(LEVEL_ERROR, "[input] cannot resume collector: already running");
    }
    pthread_mutex_unlock(&c->lock);
}

static bool collector_due(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    bool due = timer_take(c->timer) && c->running;
    pthread_mutex_unlock(&c->lock);
    return due;
}

static void sleep_ms(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

/* The events that Fluent Bit can decode; says what is wrong with the others. */
static size_t count_events(const struct instance *i, const void *data, size_t size)
{
    struct event_reader reader = event_reader_new(data, size);
    struct event event;
    size_t count = 0;
    while (event_next(&reader, &event)) {
        count++;
    }
    if (reader.problem != NULL) {
        log_fault("%s: %s, at byte %zu of %zu; Fluent Bit loses that event and all after it",
                  i->name, reader.problem,
                  (size_t)(reader.next - (const unsigned char *)data), size);
    }
    if (reader.swallowed > 0) {
        log_fault("%s: %zu events have the time of a group mark; Fluent Bit drops them",
                  i->name, reader.swallowed);
    }
    return count;
}

/* Copies the buffer into the ring; waits a second for room, then drops it. */
static void append(struct instance *i, const void *data, size_t size)
{
    struct batch *batch = malloc(sizeof *batch + size);
    batch->records = count_events(i, data, size);
    batch->size = size;
    memcpy(batch->data, data, size);
    batch->number = ++i->batches;
    i->records += batch->records;
    journal_batch(i->name, "handed", batch);
    for (int tries = 0; tries < FULL_TRIES; tries++) {
        if (ring_push(&i->ring, batch)) {
            return;
        }
        sleep_ms(FULL_MS);
    }
    log_line(LEVEL_ERROR, "[input:%s:%s] could not enqueue records into the ring buffer",
             i->proxy->definition.name, i->name);
    i->dropped++;
    free(batch);
}

static void collect(struct instance *i)
{
    void *data;
    size_t size;
    i->collects++;
    if (!proxy_collect(i->proxy, i->context, &data, &size)) {
        return;
    }
    if (death_due(DEATH_BEFORE_HANDOVER)) {
        death_strike(DEATH_BEFORE_HANDOVER, i->name);
    }
    bool last = death_due(DEATH_AFTER_HANDOVER);
    if (last) {
        ring_hold(&i->ring); /* the main thread may be draining right now */
    }
    append(i, data, size);
    proxy_cleanup(i->proxy, i->context, data);
    if (last) {
        death_strike(DEATH_AFTER_HANDOVER, i->name);
    }
}

static void set_paused_gauge(struct instance *i, double value)
{
    cmt_gauge_set(i->paused_gauge, 0, value, 1, (char *[]){i->name});
}

static void do_pause(struct instance *i)
{
    proxy_call(i->proxy, "FLBPluginInputPause");
    journal_event(i->name, "paused");
    collector_stop(collector_meant(i));
    set_paused_gauge(i, 1);
}

static void do_resume(struct instance *i)
{
    journal_event(i->name, "resumed");
    proxy_call(i->proxy, "FLBPluginInputResume");
    if (i->switches->ingesting) {
        collector_start(collector_meant(i));
    }
    set_paused_gauge(i, 0);
}

/* The next command, waiting for it; EXIT when the pipe is broken. */
static char next_command(struct instance *i)
{
    char command;
    ssize_t n;
    do {
        n = read(i->commands[0], &command, 1);
    } while (n == -1 && errno == EINTR);
    return n == 1 ? command : EXIT;
}

static void event_loop(struct instance *i)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = i->collector.timer, .events = POLLIN},
            {.fd = i->commands[0], .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1) {
            continue;
        }
        if ((fds[0].revents & POLLIN) && collector_due(&i->collector)) {
            collect(i);
        }
        if (!(fds[1].revents & POLLIN)) {
            continue;
        }
        switch (next_command(i)) {
        case PAUSE:
            do_pause(i);
            break;
        case RESUME:
            do_resume(i);
            break;
        default:
            proxy_exit(i->proxy, i->switches->stopped_by_reload);
            journal_event(i->name, "exited");
            return;
        }
    }
}

static void report_ready(struct instance *i, int ready)
{
    pthread_mutex_lock(&i->ready_lock);
    i->ready = ready;
    pthread_cond_signal(&i->ready_cond);
    pthread_mutex_unlock(&i->ready_lock);
}

static void *thread_main(void *argument)
{
    struct instance *i = argument;
    log_own_thread();
    if (!proxy_init(i->proxy, i, i->context)) {
        report_ready(i, -1);
        return NULL;
    }
    report_ready(i, 1);
    if (next_command(i) != START) {
        return NULL; /* abandoned */
    }
    collector_start(&i->collector);
    proxy_call_int(i->proxy, "FLBPluginInputPreRun", i->switches->reload_enabled);
    event_loop(i);
    return NULL;
}

static int wait_until_ready(struct instance *i)
{
    pthread_mutex_lock(&i->ready_lock);
    while (i->ready == 0) {
        pthread_cond_wait(&i->ready_cond, &i->ready_lock);
    }
    int ready = i->ready;
    pthread_mutex_unlock(&i->ready_lock);
    return ready;
}

/* The metrics that exist, at 0, before Init: flb_input_instance_init. */
static void create_metrics(struct instance *i)
{
    char *keys[] = {"name"};
    char *values[] = {i->name};
    i->cmt = cmt_create();
    i->bytes_total = cmt_counter_create(i->cmt, "fluentbit", "input", "bytes_total",
                                        "Number of input bytes.", 1, keys);
    i->records_total = cmt_counter_create(i->cmt, "fluentbit", "input", "records_total",
                                          "Number of input records.", 1, keys);
    i->paused_gauge = cmt_gauge_create(i->cmt, "fluentbit", "input", "ingestion_paused",
                                       "Is the input paused or not?", 1, keys);
    cmt_counter_add(i->bytes_total, 0, 0, 1, values);
    cmt_counter_add(i->records_total, 0, 0, 1, values);
    set_paused_gauge(i, 0);
}

void instance_free(struct instance *i)
{
    size_t left = ring_destroy(&i->ring);
    if (left > 0) {
        log_line(LEVEL_WARN, "[host] %s: %zu batches were still in the ring and are lost", i->name,
                 left);
    }
    if (i->collects > 0) {
        log_line(LEVEL_INFO, "[host] %s: %lu collects, %lu batches with %lu records handed over, "
                 "%lu batches drained, %lu dropped", i->name, i->collects, i->batches, i->records,
                 i->drained, i->dropped + left);
    }
    cmt_destroy(i->cmt);
    close(i->commands[0]);
    close(i->commands[1]);
    close(i->collector.timer);
    pthread_mutex_destroy(&i->collector.lock);
    pthread_mutex_destroy(&i->ready_lock);
    pthread_cond_destroy(&i->ready_cond);
    free(i->context);
    free(i);
}

struct instance *instance_new(const struct section *section, int n, int log_level,
                              struct proxy *proxy, struct switches *switches)
{
    const char *alias = section_get(section, "alias");
    struct instance *i = calloc(1, sizeof *i);
    if (alias != NULL) {
        snprintf(i->name, sizeof i->name, "%s", alias);
    } else {
        snprintf(i->name, sizeof i->name, "%s.%d", proxy->definition.name, n);
    }
    i->tag = section_get(section, "tag");
    if (i->tag == NULL) {
        i->tag = i->name;
    }
    i->section = section;
    i->log_level = log_level;
    i->proxy = proxy;
    i->context = proxy_context(proxy);
    i->switches = switches;
    create_metrics(i);
    ring_init(&i->ring);
    pthread_mutex_init(&i->collector.lock, NULL);
    i->collector.timer = timer_new();
    pthread_mutex_init(&i->ready_lock, NULL);
    pthread_cond_init(&i->ready_cond, NULL);
    if (pipe2(i->commands, O_CLOEXEC) == -1 ||
        pthread_create(&i->thread, NULL, thread_main, i) != 0) {
        log_fault("cannot start an instance: %m");
        exit(EXIT_FAULT);
    }
    if (wait_until_ready(i) == 1) {
        journal_event(i->name, "started");
        log_line(LEVEL_INFO, "[input:%s:%s] thread instance initialized", proxy->definition.name,
                 i->name);
        return i;
    }
    log_line(LEVEL_ERROR, "failed initialize input %s", i->name);
    pthread_join(i->thread, NULL);
    instance_free(i);
    return NULL;
}

static void send_command(struct instance *i, char command)
{
    if (write(i->commands[1], &command, 1) != 1) {
        log_fault("cannot send a command to %s: %m", i->name);
    }
}

void instance_start(struct instance *i)
{
    send_command(i, START);
}

void instance_pause(struct instance *i)
{
    if (!i->paused) {
        send_command(i, PAUSE);
    }
}

void instance_limit_reached(struct instance *i)
{
    if (i->paused) {
        return;
    }
    instance_pause(i);
    i->paused = true;
    log_line(LEVEL_WARN, "[input] %s paused", i->name);
}

void instance_limit_cleared(struct instance *i)
{
    if (i->paused && i->switches->ingesting) {
        i->paused = false;
        send_command(i, RESUME);
        log_line(LEVEL_INFO, "[input] %s resume", i->name);
    }
}

void instance_exit(struct instance *i)
{
    send_command(i, EXIT);
    pthread_join(i->thread, NULL);
}

