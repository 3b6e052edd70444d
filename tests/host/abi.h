/*
 * abi.h: what Fluent Bit and a Go input plugin pass to each other.
 *
 * Mirrors of Fluent Bit 5.1.1: struct flb_api (include/fluent-bit/flb_api.h),
 * struct flb_plugin_proxy_def and struct flb_plugin_input_proxy_context
 * (include/fluent-bit/flb_plugin_proxy.h), and the first four fields of
 * struct flbgo_input_plugin (src/proxy/go/go.h), the argument of
 * FLBPluginInit. The order of the fields is the interface.
 */
#ifndef HOST_ABI_H
#define HOST_ABI_H

#include <stddef.h>

struct instance; /* what the plugin sees as an opaque i_ins */
struct proxy;    /* likewise the third word of its context */

enum { ABI_ERROR = 0, ABI_OK = 1 };       /* FLB_ERROR, FLB_OK */
enum { ABI_INPUT = 1, ABI_GOLANG = 11 };  /* def.type, def.proxy */

/* Levels of log_print and input_log_check. */
enum { LEVEL_OFF, LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG, LEVEL_TRACE };

struct api {
    const char *(*output_get_property)(const char *key, void *output);
    const char *(*input_get_property)(const char *key, struct instance *input);
    void *(*output_get_cmt_instance)(void *output);
    void *(*input_get_cmt_instance)(struct instance *input);
    void (*log_print)(int level, const char *file, int line, const char *format, ...);
    int (*input_log_check)(struct instance *input, int level);
    int (*output_log_check)(void *output, int level);
    const char *(*custom_get_property)(const char *key, void *custom);
    int (*custom_log_check)(void *custom, int level);
};

/* Filled in by FLBPluginRegister. Fluent Bit never frees name and description. */
struct definition {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
    int event_type;
    void *config_map;
};

/* One for each instance, zeroed but for the proxy; the plugin sets remote. */
struct context {
    int coll_fd;
    void *remote;
    struct proxy *proxy;
};

/* The same before Fluent Bit 4.1: no word for the plugin. */
struct context_40 {
    int coll_fd;
    struct proxy *proxy;
};

/*
 * FLBPluginInit's argument. There is one for each library: ins and context
 * change with every Init, so a plugin copies what it needs.
 */
struct plugin {
    char *name;
    struct api *api;
    struct instance *ins;
    void *context;
};

#endif
