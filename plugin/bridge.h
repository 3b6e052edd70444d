/*
 * bridge.h: the part of Fluent Bit's interface for Go inputs that an input
 * needs and that fluent-bit-go has wrong or not at all.
 *
 * fluent-bit-go (v0.0.0-20230731091245-a7a013e2473c, input/flb_input.h) is
 * right about the registration and about the properties of an instance. Its
 * context is {remote_context} alone, which for an input lies on coll_fd, and it
 * knows neither the log nor the metrics. Hence these mirrors. Each names the
 * file and the version of Fluent Bit that it was read from; tests/host holds
 * the library against them.
 *
 * Static inline functions only: the header is compiled into several units.
 */
#ifndef OFFICE365_BRIDGE_H
#define OFFICE365_BRIDGE_H

#ifndef _GNU_SOURCE
#error "compile with -D_GNU_SOURCE: RTLD_DEFAULT, dladdr, process_vm_readv" /* bridge.go does */
#endif

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* ------------------------------------------------------------------------
 * The instance: include/fluent-bit/flb_api.h, src/proxy/go/go.h and
 * include/fluent-bit/flb_plugin_proxy.h of v5.1.1. The first seven functions
 * are the same since v2.0.0.
 */

struct o365_api {
    const char *(*output_get_property)(const char *, void *);
    const char *(*input_get_property)(const char *, void *);
    void *(*output_get_cmt_instance)(void *);
    void *(*input_get_cmt_instance)(void *);
    void (*log_print)(int, const char *, int, const char *, ...);
    int (*input_log_check)(void *, int);
    int (*output_log_check)(void *, int);
    /* custom_get_property and custom_log_check follow since v4.1.0. */
};

/* struct flb_plugin_input_proxy_context since v4.1.0, zeroed but for proxy. */
struct o365_context {
    int coll_fd;
    void *remote_context; /* before v4.1.0: the proxy, and the structure ends here */
};

/*
 * struct flbgo_input_plugin, the argument of FLBPluginInit. There is one for
 * the library: the next Init changes it, so what is needed later is copied.
 */
struct o365_plugin {
    char *name;
    struct o365_api *api;
    void *i_ins;
    struct o365_context *context;
};

/*
 * Whether the core tells our callbacks which instance it means (v4.1.0 and
 * newer). Asked before o365_set_context: an older core has its proxy where a
 * newer one has nothing yet.
 */
static inline bool o365_has_context(const struct o365_plugin *p)
{
    return p->context->remote_context == NULL;
}

/* From now on every callback of the instance gets this number. */
static inline void o365_set_context(struct o365_plugin *p, uintptr_t handle)
{
    p->context->remote_context = (void *) handle;
}

static inline bool o365_logs(const struct o365_api *api, void *i_ins, int level)
{
    return api->input_log_check(i_ins, level) != 0;
}

/* The line is data, never a format. The core ignores file and line (v5.1.1). */
static inline void o365_log(const struct o365_api *api, int level, const char *line)
{
    api->log_print(level, "", 0, "%s", line);
}

/*
 * The name that people see: the alias, or office365.0. NULL when the program
 * does not tell. (flb_input_name, src/flb_input.c, v2.0.0 to v5.1.1.)
 */
static inline const char *o365_instance_name(void *i_ins)
{
    const char *(*name)(void *) = (const char *(*)(void *)) dlsym(RTLD_DEFAULT, "flb_input_name");

    return name == NULL ? NULL : name(i_ins);
}

/* ------------------------------------------------------------------------
 * Arrival: the counter fluentbit_input_records_total of the instance.
 *
 * lib/cmetrics/include/cmetrics/{cmetrics,cmt_opts,cmt_counter}.h and
 * lib/cfl/include/cfl/cfl_list.h of v5.1.1. All that is mirrored here is the
 * same in v2.0.0, v4.0.0, v4.1.0, v4.2.0 and v5.0.9.
 */

struct o365_list {
    struct o365_list *prev;
    struct o365_list *next;
};

struct o365_cmt { /* struct cmt, up to its counters */
    int log_level;
    void *log_cb;
    void *internal_metadata;
    void *external_metadata;
    void *static_labels;
    struct o365_list counters;
};

struct o365_counter { /* struct cmt_counter; the first six are its struct cmt_opts */
    char *ns;
    char *subsystem;
    char *name;
    char *description;
    char *fqname;
    int resource_index;
    void *map;
    struct o365_list head;
    void *cmt;
    int allow_reset;
    int aggregation_type;
};

struct o365_map { /* struct cmt_map, its beginning */
    int type;
    void *opts;
};

#define O365_CMT_COUNTER 0   /* CMT_COUNTER, cmetrics.h */
#define O365_MOST_COUNTERS 64 /* v5.1.1 makes about ten for an input, and this is the second */

typedef int (*o365_get_val)(void *counter, int labels, char **values, double *out);

/* What o365_find_arrivals found. get == NULL: nothing, and why says why not. */
struct o365_arrivals {
    o365_get_val get;
    void *counter;
    char *label; /* our copy; freed by o365_forget_arrivals */
    const char *why;
};

/*
 * Copies memory of this process without touching it: an address that is not
 * mapped makes the call fail instead of the process.
 */
static inline bool o365_peek(const void *from, void *to, size_t size)
{
    struct iovec local = {to, size};
    struct iovec remote = {(void *) from, size};

    return from != NULL && process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t) size;
}

/* Whether text is what stands at the address, with its terminating zero. */
static inline bool o365_is_text(const char *at, const char *text)
{
    char found[64];
    size_t size = strlen(text) + 1;

    return size <= sizeof(found) && o365_peek(at, found, size) && memcmp(found, text, size) == 0;
}

/* Whether c is the counter that we look for and looks as it should throughout. */
static inline bool o365_counts_records(const struct o365_counter *c, const void *at, const void *cmt)
{
    struct o365_map map;

    return o365_is_text(c->fqname, "fluentbit_input_records_total") &&
           o365_is_text(c->ns, "fluentbit") && o365_is_text(c->subsystem, "input") &&
           o365_is_text(c->name, "records_total") && c->cmt == cmt &&
           o365_peek(c->map, &map, sizeof(map)) &&
           map.type == O365_CMT_COUNTER && map.opts == at;
}

/*
 * Walks the counters of a cmetrics context. Must run in Init, while the main
 * thread waits and changes no list. The address of the counter, or NULL.
 */
static inline void *o365_find_counter(const void *cmt)
{
    struct o365_cmt context;
    struct o365_counter counter;
    const char *first = (const char *) cmt + offsetof(struct o365_cmt, counters);
    const char *at;
    int i;

    if (!o365_peek(cmt, &context, sizeof(context))) {
        return NULL;
    }
    at = (const char *) context.counters.next;
    for (i = 0; i < O365_MOST_COUNTERS && at != NULL && at != first; i++) {
        at -= offsetof(struct o365_counter, head);
        if (!o365_peek(at, &counter, sizeof(counter))) {
            return NULL;
        }
        if (o365_counts_records(&counter, at, cmt)) {
            return (void *) at;
        }
        at = (const char *) counter.head.next;
    }
    return NULL;
}

/*
 * The cmetrics context of an instance. A core built without metrics leaves the
 * function in the table unset, with whatever malloc had there (flb_api_create,
 * src/flb_api.c, v5.1.1): so it must lie in a library that is loaded.
 */
static inline void *o365_cmt(const struct o365_api *api, void *i_ins)
{
    Dl_info where;

    if (api->input_get_cmt_instance == NULL || dladdr((void *) api->input_get_cmt_instance, &where) == 0) {
        return NULL;
    }
    return api->input_get_cmt_instance(i_ins);
}

/* Reads the counter under the core's own lock. */
static inline bool o365_read_arrivals(const struct o365_arrivals *a, double *value)
{
    char *values[1] = {a->label};

    return a->get != NULL && a->get(a->counter, 1, values, value) == 0;
}

static inline void o365_forget_arrivals(struct o365_arrivals *a)
{
    free(a->label);
    a->label = NULL;
    a->counter = NULL;
    a->get = NULL;
}

/*
 * Finds the counter of what the core has taken from the instance, and reads it
 * once. Its only label is the name of the instance. Must run in Init.
 */
static inline struct o365_arrivals o365_find_arrivals(const struct o365_api *api, void *i_ins)
{
    struct o365_arrivals a = {NULL, NULL, NULL, NULL};
    void *cmt = o365_cmt(api, i_ins);
    const char *name = o365_instance_name(i_ins);
    double value = 0;
    double copy;

    if (cmt == NULL) {
        a.why = "this Fluent Bit was built without metrics";
        return a;
    }
    if (!o365_peek(&value, &copy, sizeof(copy))) {
        a.why = "process_vm_readv is not allowed here (seccomp)";
        return a;
    }
    a.counter = o365_find_counter(cmt);
    if (a.counter == NULL) {
        a.why = "the instance has no counter fluentbit_input_records_total where it is expected";
        return a;
    }
    a.get = (o365_get_val) dlsym(RTLD_DEFAULT, "cmt_counter_get_val");
    if (a.get == NULL || name == NULL) {
        a.get = NULL;
        a.why = "the program does not export cmt_counter_get_val and flb_input_name";
        return a;
    }
    a.label = strdup(name);
    if (a.label == NULL || !o365_read_arrivals(&a, &value)) {
        o365_forget_arrivals(&a);
        a.why = "the counter fluentbit_input_records_total cannot be read";
    }
    return a;
}

/* ------------------------------------------------------------------------
 * Our own metrics, in the cmetrics context of the instance:
 * lib/cmetrics/include/cmetrics/{cmt_counter,cmt_gauge}.h, v2.0.0 to v5.1.1.
 */

typedef void *(*o365_create)(void *cmt, char *ns, char *subsystem, char *name, char *help, int labels, char **keys);
typedef int (*o365_put)(void *metric, uint64_t nanoseconds, double value, int labels, char **values);

/* One metric: a counter to add to or a gauge to set. NULL where there are no metrics. */
static inline void *o365_metric(const struct o365_api *api, void *i_ins, bool counter, char *name, char *help,
                                int labels, char **keys)
{
    o365_create create = (o365_create) dlsym(RTLD_DEFAULT, counter ? "cmt_counter_create" : "cmt_gauge_create");
    void *cmt = o365_cmt(api, i_ins);

    return create == NULL || cmt == NULL ? NULL : create(cmt, "fluentbit", "office365", name, help, labels, keys);
}

static inline o365_put o365_putter(bool counter)
{
    return (o365_put) dlsym(RTLD_DEFAULT, counter ? "cmt_counter_add" : "cmt_gauge_set");
}

/* Adds to a counter or sets a gauge; cmetrics copies the texts. */
static inline void o365_put_metric(o365_put put, void *metric, uint64_t nanoseconds, double value,
                                   int labels, char **values)
{
    if (put != NULL && metric != NULL) {
        put(metric, nanoseconds, value, labels, values);
    }
}

/* ------------------------------------------------------------------------
 * Faults. The Go runtime takes SIGSEGV and SIGFPE when the library is loaded:
 * they are how a nil dereference becomes a panic, which we recover from, and it
 * passes on what did not happen in Go code. On SIGHUP (a reload) and SIGCONT,
 * Fluent Bit sets both back to its own handler (flb_signal_init,
 * src/fluent-bit.c, v5.1.1), and from then on the same nil dereference ends the
 * process (measured: a reload, then a nil pointer in collect, status 134). So
 * the handlers of the runtime are remembered at load and put back.
 */

struct o365_faults {
    bool known;
    struct sigaction segv;
    struct sigaction fpe;
};

/* Whether two addresses lie in the same loaded object. */
static inline bool o365_same_object(const void *a, const void *b)
{
    Dl_info in_a;
    Dl_info in_b;

    return dladdr(a, &in_a) != 0 && dladdr(b, &in_b) != 0 && in_a.dli_fbase == in_b.dli_fbase;
}

/* Remembers the handlers, if they are those of our own library. */
static inline void o365_remember_faults(struct o365_faults *f)
{
    const void *here = (const void *) o365_same_object;

    f->known = sigaction(SIGSEGV, NULL, &f->segv) == 0 && sigaction(SIGFPE, NULL, &f->fpe) == 0 &&
               o365_same_object((const void *) f->segv.sa_sigaction, here) &&
               o365_same_object((const void *) f->fpe.sa_sigaction, here);
}

/*
 * Puts one handler back where the program that loaded us has put its own. A
 * handler of anyone else, another library of Go for one, stays.
 */
static inline void o365_restore_fault(int signal, const struct sigaction *ours, const struct o365_api *api)
{
    struct sigaction now;

    if (sigaction(signal, NULL, &now) == 0 && now.sa_sigaction != ours->sa_sigaction &&
        o365_same_object((const void *) now.sa_sigaction, (const void *) api->log_print)) {
        sigaction(signal, ours, NULL);
    }
}

static inline void o365_restore_faults(const struct o365_faults *f, const struct o365_api *api)
{
    if (f->known) {
        o365_restore_fault(SIGSEGV, &f->segv, api);
        o365_restore_fault(SIGFPE, &f->fpe, api);
    }
}

#endif
