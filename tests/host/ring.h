/*
 * ring.h: the ring of batches between an instance's thread, which writes, and
 * the main thread, which reads.
 */
#ifndef HOST_RING_H
#define HOST_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* thread.ring_buffer.capacity's default, src/flb_input.c; not adjustable here. */
enum { RING_CAPACITY = 1024 };

/* One buffer that the plugin handed over, copied. */
struct batch {
    unsigned long number; /* among those of its instance, from 1 */
    size_t records;       /* those that can be decoded */
    size_t size;
    unsigned char data[];
};

struct ring {
    pthread_mutex_t lock;
    struct batch *slots[RING_CAPACITY];
    size_t first;
    size_t count;
    bool held;
};

void ring_init(struct ring *ring);

/* Frees the batches still inside and returns how many there were. */
size_t ring_destroy(struct ring *ring);

/* False when the ring is full; otherwise the ring owns the batch. */
bool ring_push(struct ring *ring, struct batch *batch);

/* The oldest batch, owned by the caller, or NULL. */
struct batch *ring_pop(struct ring *ring);

/* From now on there is nothing to pop. */
void ring_hold(struct ring *ring);

size_t ring_count(struct ring *ring);

#endif
