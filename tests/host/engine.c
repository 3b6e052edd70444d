#define _GNU_SOURCE
#include "engine.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "death.h"
#include "journal.h"
#include "log.h"
#include "timer.h"

enum { DRAIN_MS = 250, SHUTDOWN_MS = 1000 };   /* src/flb_engine.c */
enum { DEFAULT_GRACE = 5 };                    /* seconds, src/flb_config.c */
enum { EXIT_INIT_FAILED = 255, EXIT_USAGE = 1 };

static int signal_wake = -1; /* an eventfd: a signal has come */
static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t reload_signal;

static void set_handlers(void);

static void on_signal(int number)
{
    uint64_t one = 1;
    if (number == SIGHUP) {
        reload_signal = 1;
    } else {
        stop_signal = number;
    }
    if (write(signal_wake, &one, sizeof one) == -1) {
        /* The counter is full: the main thread wakes anyway. */
    }
    set_handlers(); /* as Fluent Bit does; it also undoes what the Go runtime set */
}

/*
 * Handlers and no blocked signals, set before the library is loaded, as in
 * Fluent Bit: a plugin that takes signals for itself breaks both.
 */
static void set_handlers(void)
{
    signal(SIGINT, on_signal);
    signal(SIGQUIT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
}

static bool is_on(const char *value)
{
    return value != NULL && (strcasecmp(value, "on") == 0 || strcasecmp(value, "true") == 0 ||
                             strcasecmp(value, "yes") == 0);
}

/* Keys of [SERVICE] that are obeyed, or that a stand-in can do without. */
static bool service_key_known(const char *key)
{
    static const char *const known[] = {
        "grace", "log_level", "log_file", "hot_reload", "flush", "daemon",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(key, known[i]) == 0) {
            return true;
        }
    }
    return strncasecmp(key, "storage.", 8) == 0 || strncasecmp(key, "scheduler.", 10) == 0;
}

static void read_service(struct pipeline *p)
{
    const struct section *s = section_find(p->config->sections, "SERVICE");
    const char *grace = section_get(s, "grace");
    const char *level = section_get(s, "log_level");
    p->grace = grace != NULL ? atoi(grace) : DEFAULT_GRACE;
    p->log_level = level != NULL ? log_level_of(level) : LEVEL_INFO;
    if (p->log_level == -1) {
        log_line(LEVEL_ERROR, "[host] unknown log_level %s", level);
        p->log_level = LEVEL_INFO;
    }
    p->hot_reload = is_on(section_get(s, "hot_reload"));
    log_set_level(p->log_level);
    log_open(section_get(s, "log_file"));
    for (const struct property *k = s != NULL ? s->properties : NULL; k != NULL; k = k->next) {
        if (!service_key_known(k->key)) {
            fprintf(stderr, "[host] the stand-in ignores %s in [SERVICE]\n", k->key);
        }
    }
}

static void name_ignored_sections(const struct config *config)
{
    for (const struct section *s = config->sections; s != NULL; s = s->next) {
        if (strcasecmp(s->name, "SERVICE") != 0 && strcasecmp(s->name, "INPUT") != 0 &&
            strcasecmp(s->name, "OUTPUT") != 0) {
            const char *name = section_get(s, "name");
            fprintf(stderr, "[host] the stand-in ignores [%s] %s in line %d\n", s->name,
                    name != NULL ? name : "", s->line);
        }
    }
}

/* Is this [INPUT] section one for the library? */
static bool is_ours(const struct section *s, const struct proxy *proxy)
{
    const char *name = section_get(s, "name");
    if (name != NULL && strcasecmp(name, proxy->definition.name) == 0) {
        return true;
    }
    fprintf(stderr, "[host] the stand-in has no input '%s': the section in line %d is ignored\n",
            name != NULL ? name : "", s->line);
    return false;
}

static int instance_level(const struct pipeline *p, const struct section *s)
{
    const char *value = section_get(s, "log_level");
    int level = value != NULL ? log_level_of(value) : -1;
    return level != -1 ? level : p->log_level;
}

/* Reads the configuration and loads the library, which registers. */
static bool pipeline_load(struct engine *e, struct pipeline *p, bool reloading)
{
    p->config = config_read(e->options.config);
    if (p->config == NULL) {
        return false;
    }
    struct proxy_options options = {instance_api(), e->options.before_41, reloading};
    p->proxy = proxy_load(e->options.library, &options);
    if (p->proxy == NULL) {
        config_free(p->config);
        return false;
    }
    return true;
}

static void pipeline_unload(struct pipeline *p)
{
    output_free_all(p->outputs);
    proxy_unload(p->proxy);
    config_free(p->config);
}

static void add_instance(struct engine *e, struct instance *i)
{
    struct pipeline *p = &e->pipeline;
    pthread_mutex_lock(&e->lock);
    p->instances = realloc(p->instances, (p->count + 1) * sizeof *p->instances);
    p->instances[p->count++] = i;
    pthread_mutex_unlock(&e->lock);
}

/* Ends all instances, the last one first. */
static void end_instances(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    struct instance **instances = e->pipeline.instances;
    size_t count = e->pipeline.count;
    e->pipeline.instances = NULL;
    e->pipeline.count = 0;
    pthread_mutex_unlock(&e->lock);
    for (size_t n = count; n-- > 0;) {
        instance_exit(instances[n]);
    }
    for (size_t n = count; n-- > 0;) {
        instance_free(instances[n]);
    }
    free(instances);
}

static bool init_instances(struct engine *e)
{
    struct pipeline *p = &e->pipeline;
    for (struct section *s = section_find(p->config->sections, "INPUT"); s != NULL;
         s = section_find(s->next, "INPUT")) {
        if (!is_ours(s, p->proxy)) {
            continue;
        }
        if (section_get(s, "mem_buf_limit") != NULL) {
            fprintf(stderr, "[host] the stand-in does not measure Mem_Buf_Limit; "
                            "use the pause and resume commands\n");
        }
        struct instance *i = instance_new(s, (int)p->count, instance_level(p, s), p->proxy,
                                          &e->switches);
        if (i == NULL) {
            log_line(LEVEL_ERROR, "[engine] input initialization failed");
            return false;
        }
        add_instance(e, i);
    }
    if (p->count == 0) {
        log_line(LEVEL_ERROR, "[host] no [INPUT] section with Name %s", p->proxy->definition.name);
    }
    return p->count > 0;
}

/*
 * Brings a loaded pipeline to life. When an Init refuses, the others are let go
 * without pause or exit, a second later.
 */
static bool pipeline_start(struct engine *e)
{
    struct pipeline *p = &e->pipeline;
    read_service(p);
    name_ignored_sections(p->config);
    e->switches.reload_enabled = p->hot_reload;
    e->switches.stopped_by_reload = false;
    if (!init_instances(e)) {
        sleep(1); /* flb_engine_failed */
        end_instances(e);
        return false;
    }
    p->outputs = output_new_all(p->config);
    e->switches.ingesting = true;
    for (size_t n = 0; n < p->count; n++) {
        instance_start(p->instances[n]);
    }
    timer_start(e->ring_timer, DRAIN_MS);
    log_line(LEVEL_INFO, "[host] stand-in for Fluent Bit: %zu instances of %s are running, pid=%d",
             p->count, p->proxy->definition.name, (int)getpid());
    return true;
}

/* The filters are at work; a knob turned meanwhile takes effect. */
static void run_filters(const struct engine *e)
{
    enum { STEP_MS = 5 };
    struct timespec step = {0, STEP_MS * 1000000L};
    for (int passed = 0; passed < e->knobs.filter_delay_ms; passed += STEP_MS) {
        nanosleep(&step, NULL);
    }
}

static bool take_one(atomic_int *knob)
{
    if (*knob <= 0) {
        return false;
    }
    --*knob;
    return true;
}

/* input_chunk_append_raw, src/flb_input_chunk.c: count first, then filter, then write. */
static void store(struct engine *e, struct instance *i, const struct batch *batch)
{
    char *label[] = {i->name};
    i->drained++;
    if (take_one(&e->knobs.drop_next)) {
        log_line(LEVEL_ERROR, "[input chunk] no available chunk");
        journal_batch(i->name, "dropped", batch);
        i->dropped++;
        return;
    }
    journal_batch(i->name, "arrived", batch);
    cmt_counter_add(i->records_total, 0, (double)batch->records, 1, label);
    cmt_counter_add(i->bytes_total, 0, (double)batch->size, 1, label);
    run_filters(e);
    if (death_due(DEATH_UNDER_FILTER)) {
        death_strike(DEATH_UNDER_FILTER, i->name);
    }
    if (take_one(&e->knobs.lose_next)) {
        log_line(LEVEL_ERROR, "[input chunk] error writing data from %s instance", i->name);
        journal_batch(i->name, "lost", batch);
        i->dropped++;
        return;
    }
    output_write_all(e->pipeline.outputs, i->tag, batch);
    journal_batch(i->name, "written", batch);
    if (death_due(DEATH_AFTER_ARRIVAL)) {
        death_strike(DEATH_AFTER_ARRIVAL, i->name);
    }
}

/*
 * Empties every ring that is not paused. It looks for nothing else until they
 * are empty: with filters slower than the input that is never, as in Fluent Bit.
 */
static void drain(struct engine *e)
{
    for (size_t n = 0; n < e->pipeline.count; n++) {
        struct instance *i = e->pipeline.instances[n];
        struct batch *batch;
        while (!i->paused && (batch = ring_pop(&i->ring)) != NULL) {
            store(e, i, batch);
            free(batch);
        }
    }
}

static void pause_all(struct engine *e)
{
    for (size_t n = 0; n < e->pipeline.count; n++) {
        instance_pause(e->pipeline.instances[n]);
    }
}

/* At a tick of the shutdown timer: is there a reason to wait for another one? */
static bool must_wait(const struct engine *e, int ticks)
{
    int grace = e->pipeline.grace;
    return e->knobs.pending && (grace == -1 || ticks < grace);
}

static void wait_for_grace(struct engine *e)
{
    int ticks = 0;
    timer_start(e->shutdown_timer, SHUTDOWN_MS);
    for (;;) {
        struct pollfd fds[] = {
            {.fd = e->shutdown_timer, .events = POLLIN},
            {.fd = e->ring_timer, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1) {
            continue;
        }
        if (timer_take(e->shutdown_timer) && !must_wait(e, ++ticks)) {
            break;
        }
        if (timer_take(e->ring_timer)) {
            drain(e);
        }
    }
    timer_stop(e->shutdown_timer);
    timer_stop(e->ring_timer);
}

/* Pause all, the grace period, pause all again, then exit one after the other. */
static void pipeline_stop(struct engine *e)
{
    if (e->pipeline.grace >= 0) {
        log_line(LEVEL_WARN, "[engine] service will shutdown in max %d seconds", e->pipeline.grace);
    } else {
        log_line(LEVEL_WARN, "[engine] service will shutdown when all remaining tasks are flushed");
    }
    log_line(LEVEL_INFO, "[engine] pausing all inputs..");
    e->switches.ingesting = false;
    pause_all(e);
    wait_for_grace(e);
    log_line(LEVEL_INFO, "[engine] service has stopped (0 pending tasks)");
    pause_all(e);
    end_instances(e);
}

/*
 * Hot reload. False when the process must end: there is no way back once the
 * old pipeline is down. A reload that is halted before leaves its marks on the
 * old pipeline: its grace is without limit and PreExit will be told of a
 * reload, whatever ends it.
 */
static bool reload(struct engine *e)
{
    if (!e->pipeline.hot_reload) {
        log_line(LEVEL_WARN, "[reload] hot reloading is not enabled");
        return true;
    }
    log_line(LEVEL_INFO, "reloading instance pid=%d", (int)getpid());
    e->pipeline.grace = -1;
    e->switches.stopped_by_reload = true;
    struct pipeline next = {0};
    if (!pipeline_load(e, &next, true)) {
        log_line(LEVEL_ERROR, "[reload] reloaded config is invalid. Reloading is halted");
        return true;
    }
    log_line(LEVEL_INFO, "[reload] stop everything of the old context");
    pipeline_stop(e);
    pipeline_unload(&e->pipeline);
    log_line(LEVEL_INFO, "[reload] start everything");
    e->pipeline = next;
    if (!pipeline_start(e)) {
        log_line(LEVEL_ERROR, "[reload] loaded configuration contains error(s). "
                              "Reloading is aborted");
        return false;
    }
    log_line(LEVEL_INFO, "[reload] successful reload done.");
    return true;
}

static void take_wake(void)
{
    uint64_t count;
    if (read(signal_wake, &count, sizeof count) == -1) {
        /* Nothing to take. */
    }
}

/* Until a signal asks for the end; false when a reload failed. */
static bool serve(struct engine *e)
{
    while (!stop_signal) {
        struct pollfd fds[] = {
            {.fd = signal_wake, .events = POLLIN},
            {.fd = e->ring_timer, .events = POLLIN},
        };
        if (poll(fds, 2, -1) == -1) {
            continue;
        }
        take_wake();
        if (reload_signal) {
            reload_signal = 0;
            fprintf(stderr, "[engine] caught signal (SIGHUP)\n");
            if (!reload(e)) {
                return false;
            }
        }
        if (timer_take(e->ring_timer)) {
            drain(e);
        }
    }
    fprintf(stderr, "[engine] caught signal (SIG%s)\n", sigabbrev_np(stop_signal));
    return true;
}

static int run_pipeline(struct engine *e)
{
    bool good = pipeline_start(e) && serve(e);
    if (good) {
        pipeline_stop(e);
    }
    pipeline_unload(&e->pipeline);
    return good ? EXIT_SUCCESS : EXIT_INIT_FAILED;
}

int engine_run(const struct options *options)
{
    struct engine e = {.options = *options, .lock = PTHREAD_MUTEX_INITIALIZER};
    e.knobs.filter_delay_ms = options->filter_delay_ms;
    e.switches.hide_counter = options->hide_counter;
    e.switches.pause_own = options->pause_own;
    signal_wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    e.ring_timer = timer_new();
    e.shutdown_timer = timer_new();
    set_handlers();
    log_own_thread();
    if (options->journal != NULL && !journal_open(options->journal)) {
        return EXIT_USAGE;
    }
    if (!pipeline_load(&e, &e.pipeline, false)) {
        return EXIT_USAGE;
    }
    struct control *control = NULL;
    if (options->control != NULL && (control = control_start(options->control, &e)) == NULL) {
        return EXIT_USAGE;
    }
    int status = run_pipeline(&e);
    control_stop(control);
    log_open(NULL);
    return status == EXIT_SUCCESS && log_had_fault() ? EXIT_FAULT : status;
}

size_t engine_visit(struct engine *e, int n, void (*visit)(struct instance *, void *),
                    void *argument)
{
    size_t visited = 0;
    pthread_mutex_lock(&e->lock);
    for (size_t k = 0; k < e->pipeline.count; k++) {
        if (n == -1 || (size_t)n == k) {
            visit(e->pipeline.instances[k], argument);
            visited++;
        }
    }
    pthread_mutex_unlock(&e->lock);
    return visited;
}
