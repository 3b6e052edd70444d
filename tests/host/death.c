#define _GNU_SOURCE
#include "death.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

static const char *const names[DEATHS] = {
    [DEATH_BEFORE_HANDOVER] = "before-handover",
    [DEATH_AFTER_HANDOVER] = "after-handover",
    [DEATH_UNDER_FILTER] = "under-filter",
    [DEATH_AFTER_ARRIVAL] = "after-arrival",
};

static atomic_int batches_left[DEATHS];

bool death_arm(const char *name, int n)
{
    for (int moment = 0; moment < DEATHS; moment++) {
        if (strcmp(name, names[moment]) == 0) {
            batches_left[moment] = n;
            return true;
        }
    }
    return false;
}

bool death_due(enum death moment)
{
    int left = batches_left[moment];
    while (left > 0) {
        if (atomic_compare_exchange_weak(&batches_left[moment], &left, left - 1)) {
            return left == 1;
        }
    }
    return false;
}

void death_strike(enum death moment, const char *instance)
{
    journal_died(instance, names[moment]);
    kill(getpid(), SIGKILL);
    for (;;) {
        pause(); /* until the signal has taken every thread */
    }
}
