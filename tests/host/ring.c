#include "ring.h"

#include <stdlib.h>

void ring_init(struct ring *ring)
{
    pthread_mutex_init(&ring->lock, NULL);
    ring->first = 0;
    ring->count = 0;
    ring->held = false;
}

size_t ring_destroy(struct ring *ring)
{
    size_t dropped = 0;
    struct batch *batch;
    while ((batch = ring_pop(ring)) != NULL) {
        free(batch);
        dropped++;
    }
    pthread_mutex_destroy(&ring->lock);
    return dropped;
}

bool ring_push(struct ring *ring, struct batch *batch)
{
    pthread_mutex_lock(&ring->lock);
    bool room = ring->count < RING_CAPACITY;
    if (room) {
        ring->slots[(ring->first + ring->count++) % RING_CAPACITY] = batch;
    }
    pthread_mutex_unlock(&ring->lock);
    return room;
}

struct batch *ring_pop(struct ring *ring)
{
    struct batch *batch = NULL;
    pthread_mutex_lock(&ring->lock);
    if (ring->count > 0 && !ring->held) {
        batch = ring->slots[ring->first];
        ring->first = (ring->first + 1) % RING_CAPACITY;
        ring->count--;
    }
    pthread_mutex_unlock(&ring->lock);
    return batch;
}

void ring_hold(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->held = true;
    pthread_mutex_unlock(&ring->lock);
}

size_t ring_count(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    size_t count = ring->count;
    pthread_mutex_unlock(&ring->lock);
    return count;
}
