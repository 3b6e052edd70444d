#include "cmt.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CONTAINER(pointer, type, field) ((type *)((char *)(pointer) - offsetof(type, field)))
#define OFFSET_IS(type, field, offset) \
    _Static_assert(offsetof(struct type, field) == (offset), "layout of " #type "." #field)

/* As printed by a program compiled with the headers of Fluent Bit 5.1.1. */
OFFSET_IS(cmt, counters, 40);
OFFSET_IS(cmt, gauges, 56);
OFFSET_IS(cmt, head, 136);
OFFSET_IS(cmt_opts, fqname, 32);
OFFSET_IS(cmt_counter, map, 48);
OFFSET_IS(cmt_counter, head, 56);
OFFSET_IS(cmt_counter, cmt, 72);
OFFSET_IS(cmt_gauge, cmt, 56);
OFFSET_IS(cmt_gauge, head, 64);
OFFSET_IS(cmt_map, metric, 32);
OFFSET_IS(cmt_map, metrics, 328);
OFFSET_IS(cmt_map, label_count, 344);
OFFSET_IS(cmt_map, label_keys, 352);
OFFSET_IS(cmt_map, lock, 376);
OFFSET_IS(cmt_metric, hash, 192);
OFFSET_IS(cmt_metric, labels, 232);
OFFSET_IS(cmt_metric, head, 248);
_Static_assert(sizeof(struct cmt) == 152, "size of cmt");
_Static_assert(sizeof(struct cmt_counter) == 88, "size of cmt_counter");
_Static_assert(sizeof(struct cmt_gauge) == 80, "size of cmt_gauge");
_Static_assert(sizeof(struct cmt_map) == 416, "size of cmt_map");
_Static_assert(sizeof(struct cmt_metric) == 296, "size of cmt_metric");

enum { TYPE_COUNTER = 0, TYPE_GAUGE = 1 };

/* One lock for all metrics; Fluent Bit has one in every map. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void list_init(struct cmt_list *list)
{
    list->prev = list;
    list->next = list;
}

static void list_append(struct cmt_list *list, struct cmt_list *entry)
{
    entry->prev = list->prev;
    entry->next = list;
    list->prev->next = entry;
    list->prev = entry;
}

static cmt_string string_new(const char *text)
{
    uint64_t len = strlen(text);
    char *block = malloc(2 * sizeof len + len + 1);
    memcpy(block, &len, sizeof len);
    memcpy(block + sizeof len, &len, sizeof len);
    memcpy(block + 2 * sizeof len, text, len + 1);
    return block + 2 * sizeof len;
}

static void string_free(cmt_string string)
{
    free(string - 2 * sizeof(uint64_t));
}

static void labels_append(struct cmt_list *list, int count, char **names)
{
    for (int i = 0; i < count; i++) {
        struct cmt_label *label = calloc(1, sizeof *label);
        label->name = string_new(names[i]);
        list_append(list, &label->head);
    }
}

static void labels_free(struct cmt_list *list)
{
    struct cmt_list *entry = list->next;
    while (entry != list) {
        struct cmt_label *label = CONTAINER(entry, struct cmt_label, head);
        entry = entry->next;
        string_free(label->name);
        free(label);
    }
}

static bool labels_equal(const struct cmt_list *list, int count, char **names)
{
    const struct cmt_list *entry = list->next;
    for (int i = 0; i < count; i++, entry = entry->next) {
        if (entry == list || strcmp(CONTAINER(entry, struct cmt_label, head)->name, names[i])) {
            return false;
        }
    }
    return entry == list;
}

static bool is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

static void opts_init(struct cmt_opts *opts, char *ns, char *subsystem, char *name, char *help)
{
    char fqname[512];
    bool part = !is_empty(subsystem);
    snprintf(fqname, sizeof fqname, "%s_%s%s%s", ns, part ? subsystem : "", part ? "_" : "", name);
    opts->ns = string_new(ns);
    opts->subsystem = string_new(part ? subsystem : "");
    opts->name = string_new(name);
    opts->description = string_new(help);
    opts->fqname = string_new(fqname);
}

static void opts_free(struct cmt_opts *opts)
{
    string_free(opts->ns);
    string_free(opts->subsystem);
    string_free(opts->name);
    string_free(opts->description);
    string_free(opts->fqname);
}

static struct cmt_map *map_new(int type, struct cmt_opts *opts, int count, char **keys,
                               void *parent)
{
    struct cmt_map *map = calloc(1, sizeof *map);
    map->type = type;
    map->opts = opts;
    map->parent = parent;
    map->label_count = count;
    list_init(&map->metrics);
    list_init(&map->label_keys);
    list_init(&map->metric.labels);
    labels_append(&map->label_keys, count, keys);
    return map;
}

static void map_free(struct cmt_map *map)
{
    struct cmt_list *entry = map->metrics.next;
    while (entry != &map->metrics) {
        struct cmt_metric *metric = CONTAINER(entry, struct cmt_metric, head);
        entry = entry->next;
        labels_free(&metric->labels);
        free(metric);
    }
    labels_free(&map->label_keys);
    free(map);
}

static struct cmt_metric *map_find(struct cmt_map *map, int count, char **values)
{
    if (count == 0 && map->label_count == 0) {
        return map->metric_static_set ? &map->metric : NULL;
    }
    struct cmt_list *entry = map->metrics.next;
    for (; entry != &map->metrics; entry = entry->next) {
        struct cmt_metric *metric = CONTAINER(entry, struct cmt_metric, head);
        if (labels_equal(&metric->labels, count, values)) {
            return metric;
        }
    }
    return NULL;
}

/* The metric of these labels, made when it is new; NULL for a wrong count. */
static struct cmt_metric *map_get(struct cmt_map *map, int count, char **values)
{
    if (count != map->label_count) {
        return NULL;
    }
    struct cmt_metric *metric = map_find(map, count, values);
    if (metric != NULL) {
        return metric;
    }
    if (count == 0) {
        map->metric_static_set = 1;
        return &map->metric;
    }
    metric = calloc(1, sizeof *metric);
    metric->map = map;
    list_init(&metric->labels);
    labels_append(&metric->labels, count, values);
    list_append(&map->metrics, &metric->head);
    map->last_metric = metric;
    return metric;
}

static double metric_value(const struct cmt_metric *metric)
{
    double value;
    memcpy(&value, &metric->value, sizeof value);
    return value;
}

/* Adds to the metric, or sets it. */
static int map_change(struct cmt_map *map, bool add, double value, int count, char **values)
{
    pthread_mutex_lock(&lock);
    struct cmt_metric *metric = map_get(map, count, values);
    if (metric != NULL) {
        value += add ? metric_value(metric) : 0;
        memcpy(&metric->value, &value, sizeof value);
    }
    pthread_mutex_unlock(&lock);
    return metric == NULL ? -1 : 0;
}

struct cmt *cmt_create(void)
{
    struct cmt *cmt = calloc(1, sizeof *cmt);
    list_init(&cmt->counters);
    list_init(&cmt->gauges);
    list_init(&cmt->histograms);
    list_init(&cmt->exp_histograms);
    list_init(&cmt->summaries);
    list_init(&cmt->untypeds);
    return cmt;
}

void cmt_destroy(struct cmt *cmt)
{
    struct cmt_list *entry = cmt->counters.next;
    while (entry != &cmt->counters) {
        struct cmt_counter *counter = CONTAINER(entry, struct cmt_counter, head);
        entry = entry->next;
        map_free(counter->map);
        opts_free(&counter->opts);
        free(counter);
    }
    entry = cmt->gauges.next;
    while (entry != &cmt->gauges) {
        struct cmt_gauge *gauge = CONTAINER(entry, struct cmt_gauge, head);
        entry = entry->next;
        map_free(gauge->map);
        opts_free(&gauge->opts);
        free(gauge);
    }
    free(cmt);
}

struct cmt_counter *cmt_counter_create(struct cmt *cmt, char *ns, char *subsystem, char *name,
                                       char *help, int label_count, char **label_keys)
{
    if (cmt == NULL || ns == NULL || is_empty(name) || is_empty(help)) {
        return NULL;
    }
    struct cmt_counter *counter = calloc(1, sizeof *counter);
    opts_init(&counter->opts, ns, subsystem, name, help);
    counter->map = map_new(TYPE_COUNTER, &counter->opts, label_count, label_keys, counter);
    counter->cmt = cmt;
    pthread_mutex_lock(&lock);
    list_append(&cmt->counters, &counter->head);
    pthread_mutex_unlock(&lock);
    return counter;
}

int cmt_counter_add(struct cmt_counter *counter, uint64_t timestamp, double value,
                    int label_count, char **label_values)
{
    (void)timestamp;
    return map_change(counter->map, true, value, label_count, label_values);
}

int cmt_counter_get_val(struct cmt_counter *counter, int label_count, char **label_values,
                        double *value)
{
    pthread_mutex_lock(&lock);
    struct cmt_metric *metric = map_find(counter->map, label_count, label_values);
    if (metric != NULL) {
        *value = metric_value(metric);
    }
    pthread_mutex_unlock(&lock);
    return metric == NULL ? -1 : 0;
}

struct cmt_gauge *cmt_gauge_create(struct cmt *cmt, char *ns, char *subsystem, char *name,
                                   char *help, int label_count, char **label_keys)
{
    if (cmt == NULL || ns == NULL || is_empty(name) || is_empty(help)) {
        return NULL;
    }
    struct cmt_gauge *gauge = calloc(1, sizeof *gauge);
    opts_init(&gauge->opts, ns, subsystem, name, help);
    gauge->map = map_new(TYPE_GAUGE, &gauge->opts, label_count, label_keys, gauge);
    gauge->cmt = cmt;
    pthread_mutex_lock(&lock);
    list_append(&cmt->gauges, &gauge->head);
    pthread_mutex_unlock(&lock);
    return gauge;
}

int cmt_gauge_set(struct cmt_gauge *gauge, uint64_t timestamp, double value, int label_count,
                  char **label_values)
{
    (void)timestamp;
    return map_change(gauge->map, false, value, label_count, label_values);
}

static void print_metric(const struct cmt_map *map, const struct cmt_metric *metric, FILE *out)
{
    const char *open = "{";
    fputs(map->opts->fqname, out);
    const struct cmt_list *value = metric->labels.next;
    for (const struct cmt_list *key = map->label_keys.next; key != &map->label_keys;
         key = key->next, value = value->next) {
        fprintf(out, "%s%s=\"%s\"", open, CONTAINER(key, struct cmt_label, head)->name,
                CONTAINER(value, struct cmt_label, head)->name);
        open = ",";
    }
    fprintf(out, "%s %.17g\n", map->label_count > 0 ? "}" : "", metric_value(metric));
}

static void print_map(const struct cmt_map *map, FILE *out)
{
    if (map->metric_static_set) {
        print_metric(map, &map->metric, out);
    }
    for (const struct cmt_list *entry = map->metrics.next; entry != &map->metrics;
         entry = entry->next) {
        print_metric(map, CONTAINER(entry, struct cmt_metric, head), out);
    }
}

void cmt_print(struct cmt *cmt, FILE *out)
{
    pthread_mutex_lock(&lock);
    for (struct cmt_list *e = cmt->counters.next; e != &cmt->counters; e = e->next) {
        print_map(CONTAINER(e, struct cmt_counter, head)->map, out);
    }
    for (struct cmt_list *e = cmt->gauges.next; e != &cmt->gauges; e = e->next) {
        print_map(CONTAINER(e, struct cmt_gauge, head)->map, out);
    }
    pthread_mutex_unlock(&lock);
}
