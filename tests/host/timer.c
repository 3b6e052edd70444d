#define _GNU_SOURCE
#include "timer.h"

#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int timer_new(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

void timer_start(int fd, int milliseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct itimerspec when = {
        .it_interval = {milliseconds / 1000, milliseconds % 1000 * 1000000L},
        .it_value = {now.tv_sec + milliseconds / 1000, 0},
    };
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void timer_stop(int fd)
{
    struct itimerspec never = {0};
    timerfd_settime(fd, 0, &never, NULL);
}

bool timer_take(int fd)
{
    uint64_t expirations;
    return read(fd, &expirations, sizeof expirations) == (ssize_t)sizeof expirations;
}
