#define _GNU_SOURCE
#include "proxy.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "log.h"

static bool find_callbacks(struct proxy *p)
{
    p->init = dlsym(p->library, "FLBPluginInit");
    p->collect = dlsym(p->library, "FLBPluginInputCallback");
    p->cleanup = dlsym(p->library, "FLBPluginInputCleanupCallback");
    p->exit = dlsym(p->library, "FLBPluginExit");
    if (!p->before_41) {
        p->collect_ctx = dlsym(p->library, "FLBPluginInputCallbackCtx");
        p->cleanup_ctx = dlsym(p->library, "FLBPluginInputCleanupCallbackCtx");
    }
    if (p->init == NULL) {
        log_line(LEVEL_ERROR, "[go proxy]: could not load FLBPluginInit symbol");
        return false;
    }
    if (p->collect == NULL && p->collect_ctx == NULL) {
        log_line(LEVEL_ERROR, "[proxy] the library has no FLBPluginInputCallback(Ctx)");
        return false;
    }
    return true;
}

static bool register_plugin(struct proxy *p, bool reloading)
{
    int (*pre_register)(int) = dlsym(p->library, "FLBPluginPreRegister");
    if (pre_register != NULL && pre_register(reloading) == -1) {
        log_line(LEVEL_ERROR, "[proxy] FLBPluginPreRegister failed");
        return false;
    }
    int (*reg)(struct definition *) = dlsym(p->library, "FLBPluginRegister");
    if (reg == NULL || reg(&p->definition) == -1) {
        log_line(LEVEL_ERROR, "[proxy] FLBPluginRegister is missing or failed");
        return false;
    }
    if (p->definition.type != ABI_INPUT || p->definition.proxy != ABI_GOLANG ||
        p->definition.name == NULL) {
        log_line(LEVEL_ERROR, "[proxy] registered as type %d, proxy %d; an input in Go is %d, %d",
                 p->definition.type, p->definition.proxy, ABI_INPUT, ABI_GOLANG);
        return false;
    }
    return find_callbacks(p);
}

struct proxy *proxy_load(const char *path, const struct proxy_options *options)
{
    void *library = dlopen(path, RTLD_LAZY);
    if (library == NULL) {
        log_line(LEVEL_ERROR, "[proxy] error opening plugin %s: '%s'", path, dlerror());
        return NULL;
    }
    struct proxy *p = calloc(1, sizeof *p);
    p->library = library;
    p->api = options->api;
    p->before_41 = options->before_41;
    if (!register_plugin(p, options->reloading)) {
        dlclose(library);
        free(p);
        return NULL;
    }
    return p;
}

void proxy_unload(struct proxy *p)
{
    int (*unregister)(struct definition *) = dlsym(p->library, "FLBPluginUnregister");
    if (unregister != NULL) {
        unregister(&p->definition);
    }
    dlclose(p->library);
    free(p);
}

void *proxy_context(struct proxy *p)
{
    if (p->before_41) {
        struct context_40 *old = calloc(1, sizeof *old);
        old->proxy = p;
        return old;
    }
    struct context *context = calloc(1, sizeof *context);
    context->proxy = p;
    return context;
}

bool proxy_init(struct proxy *p, struct instance *instance, void *context)
{
    p->instance = instance;
    p->plugin = (struct plugin){p->definition.name, &p->api, instance, context};
    if (p->init(&p->plugin) > 0) {
        return true;
    }
    log_line(LEVEL_ERROR, "[go proxy]: plugin '%s' failed to initialize", p->definition.name);
    return false;
}

bool proxy_collect(struct proxy *p, void *context, void **data, size_t *size)
{
    int result;
    *data = NULL;
    *size = 0;
    if (p->collect_ctx != NULL) {
        result = p->collect_ctx(((struct context *)context)->remote, data, size);
    } else {
        result = p->collect(data, size);
    }
    if (result == -1 && *size > 0) {
        /* Fluent Bit then neither appends nor cleans up. */
        log_fault("the collect callback returned -1 with a buffer, which leaks");
    }
    return result != -1 && *size > 0;
}

void proxy_cleanup(struct proxy *p, void *context, void *data)
{
    if (p->cleanup_ctx != NULL) {
        p->cleanup_ctx(((struct context *)context)->remote, data);
    } else if (p->cleanup != NULL) {
        p->cleanup(data);
    } else {
        free(data);
    }
}

void proxy_call(struct proxy *p, const char *symbol)
{
    void (*callback)(void) = dlsym(p->library, symbol);
    if (callback != NULL) {
        callback();
    }
}

void proxy_call_int(struct proxy *p, const char *symbol, int argument)
{
    void (*callback)(int) = dlsym(p->library, symbol);
    if (callback != NULL) {
        callback(argument);
    }
}

void proxy_exit(struct proxy *p, bool reloading)
{
    proxy_call_int(p, "FLBPluginInputPreExit", reloading);
    if (p->exit != NULL) {
        p->exit();
    }
}
