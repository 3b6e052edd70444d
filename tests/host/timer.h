/*
 * timer.h: Fluent Bit's timers.
 *
 * They are aligned to whole seconds of the monotonic clock
 * (lib/monkey/mk_core/mk_event_epoll.c): a timer of 1 s expires for the first
 * time less than 1 s after it was started, all timers of 1 s at the same
 * instant, and one of 250 ms at once and then at .000, .250, .500 and .750.
 * Ticks that nobody was there to read count as one.
 */
#ifndef HOST_TIMER_H
#define HOST_TIMER_H

#include <stdbool.h>

/* A timerfd that is not running. */
int timer_new(void);
void timer_start(int fd, int milliseconds);
void timer_stop(int fd);

/* Takes note of an expiry; false when there was none. */
bool timer_take(int fd);

#endif
