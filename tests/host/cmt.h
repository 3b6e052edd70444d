/*
 * cmt.h: the metrics of an instance, laid out as Fluent Bit lays them out.
 *
 * The plugin finds the counter of arrived records by walking these structures,
 * so their layout is an interface: it mirrors cmetrics 2.2.1 of Fluent Bit
 * 5.1.1 on 64-bit machines (lib/cmetrics/include/cmetrics/cmetrics.h,
 * cmt_counter.h, cmt_gauge.h, cmt_opts.h, cmt_map.h, cmt_metric.h and
 * lib/cfl/include/cfl/cfl_list.h, cfl_sds.h). cmt.c checks the offsets.
 *
 * The cmt_… functions are found by the plugin with dlsym(RTLD_DEFAULT, …):
 * link with -rdynamic.
 */
#ifndef HOST_CMT_H
#define HOST_CMT_H

#include <stdint.h>
#include <stdio.h>

struct cmt_list {
    struct cmt_list *prev;
    struct cmt_list *next;
};

/* NUL-terminated; before it two 64-bit words, its length and its capacity. */
typedef char *cmt_string;

struct cmt {
    int log_level;
    void (*log_callback)(void *, int, const char *, int, const char *);
    void *internal_metadata;
    void *external_metadata;
    void *static_labels;
    struct cmt_list counters;
    struct cmt_list gauges;
    struct cmt_list histograms;
    struct cmt_list exp_histograms;
    struct cmt_list summaries;
    struct cmt_list untypeds;
    struct cmt_list head;
};

struct cmt_opts {
    cmt_string ns;
    cmt_string subsystem;
    cmt_string name;
    cmt_string description;
    cmt_string fqname; /* ns_subsystem_name */
    int resource_index;
};

struct cmt_label {
    cmt_string name;
    struct cmt_list head;
};

/* The value of one combination of labels. */
struct cmt_metric {
    uint64_t value; /* the bits of a double */
    uint64_t value_type;
    uint64_t value_int64;
    uint64_t value_uint64;
    uint64_t histograms_and_summaries[20];
    uint64_t hash;
    uint64_t timestamp;
    uint64_t start_timestamp;
    uint64_t start_timestamp_set;
    uint64_t exp_hist_lock;
    struct cmt_list labels; /* of cmt_label: the values, in the order of the keys */
    struct cmt_list head;
    int hash_indexed;
    struct cmt_map *map;
    struct cmt_list hash_head;
};

struct cmt_map {
    int type;
    struct cmt_opts *opts;
    cmt_string unit;
    int metric_static_set;
    struct cmt_metric metric; /* the only one when there are no labels */
    struct cmt_list metrics;
    int label_count;
    struct cmt_list label_keys; /* of cmt_label */
    void *parent;
    uint64_t lock;
    void *buckets;
    size_t bucket_count;
    size_t indexed_count;
    struct cmt_metric *last_metric;
};

struct cmt_counter {
    struct cmt_opts opts;
    struct cmt_map *map;
    struct cmt_list head;
    struct cmt *cmt;
    int allow_reset;
    int aggregation_type;
};

/* head and cmt are the other way round than in a counter. */
struct cmt_gauge {
    struct cmt_opts opts;
    struct cmt_map *map;
    struct cmt *cmt;
    struct cmt_list head;
};

struct cmt *cmt_create(void);
void cmt_destroy(struct cmt *cmt);

/* Writes all values in the text form of Prometheus. */
void cmt_print(struct cmt *cmt, FILE *out);

/* What the plugin looks up. The timestamp is not kept. 0, or -1 on an error. */
struct cmt_counter *cmt_counter_create(struct cmt *cmt, char *ns, char *subsystem, char *name,
                                       char *help, int label_count, char **label_keys);
int cmt_counter_add(struct cmt_counter *counter, uint64_t timestamp, double value,
                    int label_count, char **label_values);
int cmt_counter_get_val(struct cmt_counter *counter, int label_count, char **label_values,
                        double *value);
struct cmt_gauge *cmt_gauge_create(struct cmt *cmt, char *ns, char *subsystem, char *name,
                                   char *help, int label_count, char **label_keys);
int cmt_gauge_set(struct cmt_gauge *gauge, uint64_t timestamp, double value, int label_count,
                  char **label_values);

#endif
