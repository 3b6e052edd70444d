/*
 * instance.h: one [INPUT] section at work.
 *
 * An instance has a thread of its own, and every callback of the plugin but
 * register and unregister runs on it (src/flb_input_thread.c): Init while the
 * main thread waits, then an event loop that knows two things, the timer of
 * one second that collects, and commands of the main thread: pause, resume,
 * exit. What is collected is copied into the ring.
 *
 * The functions here are called by the main thread; pause and resume also by
 * the control thread.
 */
#ifndef HOST_INSTANCE_H
#define HOST_INSTANCE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "cmt.h"
#include "config.h"
#include "proxy.h"
#include "ring.h"

/* What all instances share with the rest of the host. */
struct switches {
    bool hide_counter;             /* input_get_cmt_instance gives NULL */
    atomic_bool pause_own;         /* a pause stops the collector of the instance meant */
    atomic_bool ingesting;         /* false from the beginning of a stop */
    atomic_int reload_enabled;     /* what PreRun is told */
    atomic_bool stopped_by_reload; /* what PreExit is told */
};

struct collector {
    pthread_mutex_t lock; /* another instance's thread may stop it, see pause_own */
    int timer;
    bool running;
};

struct instance {
    char name[128]; /* the alias, or plugin.N */
    const char *tag;
    const struct section *section;
    int log_level;
    struct proxy *proxy;
    void *context;
    struct switches *switches;

    struct cmt *cmt;
    struct cmt_counter *records_total; /* fluentbit_input_records_total */
    struct cmt_counter *bytes_total;
    struct cmt_gauge *paused_gauge;

    struct ring ring;
    struct collector collector;
    atomic_bool paused; /* as by Mem_Buf_Limit: the ring is not drained */

    pthread_t thread;
    int commands[2]; /* a pipe of command letters */
    pthread_mutex_t ready_lock;
    pthread_cond_t ready_cond;
    int ready; /* 0: Init is running; 1: it succeeded; -1: it failed */

    /* For the status command and the summary at the end. */
    atomic_ulong collects;
    atomic_ulong batches;       /* handed over */
    atomic_ulong records;       /* in them */
    atomic_ulong drained;       /* batches that the main thread took */
    atomic_ulong dropped;       /* batches lost on the way */
};

/* The api that instances offer to the plugin. */
struct api instance_api(void);

/*
 * Creates the instance of a section, number n of its plugin, and runs Init on
 * its thread. NULL when Init refused.
 */
struct instance *instance_new(const struct section *section, int n, int log_level,
                              struct proxy *proxy, struct switches *switches);

/* Starts the collector; PreRun follows. */
void instance_start(struct instance *i);

/* flb_input_pause: nothing for an instance that the memory limit has paused. */
void instance_pause(struct instance *i);

/* What Mem_Buf_Limit does when it is reached, and when there is room again. */
void instance_limit_reached(struct instance *i);
void instance_limit_cleared(struct instance *i);

/*
 * PreExit and Exit on the instance's thread, which ends. Without any callback
 * when the instance has not been started: that is what becomes of the others
 * when one instance's Init fails.
 */
void instance_exit(struct instance *i);

/*
 * Drops what is still in the ring. Only once all instances have ended: another
 * one may be stopping this one's collector, see pause_own.
 */
void instance_free(struct instance *i);

#endif
