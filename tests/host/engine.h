/*
 * engine.h: the main thread, which owns the life of everything else: it starts
 * the instances, drains their rings every 250 ms, and stops or reloads on a
 * signal, in the order of src/flb_engine.c and src/flb_reload.c.
 */
#ifndef HOST_ENGINE_H
#define HOST_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "instance.h"
#include "output.h"
#include "proxy.h"

struct options {
    const char *library;
    const char *config;
    const char *control; /* NULL: none */
    const char *journal; /* NULL: none */
    bool hide_counter;
    bool pause_own;
    bool before_41;
    int filter_delay_ms;
};

/* What the control socket turns while the main thread runs. */
struct knobs {
    atomic_int filter_delay_ms; /* what filters take for a batch */
    atomic_int drop_next;       /* batches for which there is no chunk */
    atomic_int lose_next;       /* batches that are counted but cannot be written */
    atomic_bool pending;        /* chunks wait that no output takes: a stop takes its grace */
};

/* What one reading of the configuration brings to life. */
struct pipeline {
    struct config *config;
    struct proxy *proxy;
    struct output *outputs;
    struct instance **instances;
    size_t count;
    int log_level;
    int grace; /* seconds; -1: without limit */
    bool hot_reload;
};

struct engine {
    struct options options;
    struct knobs knobs;
    struct switches switches;
    pthread_mutex_t lock; /* guards the instances against the control thread */
    struct pipeline pipeline;
    int ring_timer;
    int shutdown_timer;
};

/* Runs until a signal ends it and returns the status of the process. */
int engine_run(const struct options *options);

/* Calls visit for instance n, or all when n is -1; how many there were. */
size_t engine_visit(struct engine *engine, int n, void (*visit)(struct instance *, void *),
                    void *argument);

#endif
