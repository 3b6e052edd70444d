/*
 * proxy.h: the plugin's library and its callbacks.
 *
 * The calls are those of src/flb_plugin_proxy.c and src/proxy/go/go.c. Which
 * thread makes them is for the caller to get right: everything but load and
 * unload belongs to the instance's own thread.
 */
#ifndef HOST_PROXY_H
#define HOST_PROXY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

struct proxy {
    void *library;
    struct definition definition;
    struct api api;
    struct plugin plugin;
    bool before_41; /* contexts and callbacks of a Fluent Bit before 4.1 */

    /*
     * The instance that was initialised last. Fluent Bit asks this one pointer
     * whose collector to stop at a pause, whichever instance is meant.
     */
    _Atomic(struct instance *) instance;

    int (*init)(struct plugin *plugin);
    int (*collect)(void **data, size_t *size);
    int (*collect_ctx)(void *remote, void **data, size_t *size);
    int (*cleanup)(void *data);
    int (*cleanup_ctx)(void *remote, void *data);
    int (*exit)(void);
};

struct proxy_options {
    struct api api;
    bool before_41;
    bool reloading;
};

/*
 * Opens the library, calls FLBPluginPreRegister(reloading) and
 * FLBPluginRegister. NULL, and a line in the log, when it is no Go input.
 */
struct proxy *proxy_load(const char *path, const struct proxy_options *options);

/* Calls FLBPluginUnregister and closes the library. */
void proxy_unload(struct proxy *proxy);

/* A new context for an instance, which is freed with free(3). */
void *proxy_context(struct proxy *proxy);

/* FLBPluginInit: false when it refused. */
bool proxy_init(struct proxy *proxy, struct instance *instance, void *context);

/* The collect callback; false when there is nothing to append. */
bool proxy_collect(struct proxy *proxy, void *context, void **data, size_t *size);
void proxy_cleanup(struct proxy *proxy, void *context, void *data);

/* Optional callbacks, looked up by name at each call as Fluent Bit does. */
void proxy_call(struct proxy *proxy, const char *symbol);
void proxy_call_int(struct proxy *proxy, const char *symbol, int argument);

/* FLBPluginInputPreExit(reloading), FLBPluginExit(). */
void proxy_exit(struct proxy *proxy, bool reloading);

#endif
