/*
 * death.h: the host ends itself with SIGKILL, as a crash would, at a moment
 * that a test has chosen.
 */
#ifndef HOST_DEATH_H
#define HOST_DEATH_H

#include <stdbool.h>

/* The moments in the life of a batch, in its order. */
enum death {
    DEATH_BEFORE_HANDOVER, /* collect has returned it, and nothing has copied it */
    DEATH_AFTER_HANDOVER,  /* cleanup has returned, and it is still in the ring */
    DEATH_UNDER_FILTER,    /* it is counted and the filters' time is over, and nothing is written */
    DEATH_AFTER_ARRIVAL,   /* it is written, and the plugin has not been called since */
    DEATHS,
};

/* The nth batch from now that comes to the moment is the one; 0 is none. False for another name. */
bool death_arm(const char *name, int n);

/* Counts a batch that comes to the moment; true when it is the one. */
bool death_due(enum death moment);

/* Writes "died NAME" into the journal and ends the process. */
_Noreturn void death_strike(enum death moment, const char *instance);

#endif
