/*
 * journal.h: what happened to each batch and when, for a test that has to tell
 * which records a crash may bring twice.
 *
 * A line is "TIME INSTANCE EVENT NUMBER RECORDS", with the time in milliseconds
 * since 1970 and the number that the batch has among those of its instance:
 *
 *     started               Init has succeeded; numbers begin anew
 *     handed N RECORDS      before the batch goes into the ring
 *     dropped N RECORDS     it found no chunk
 *     arrived N RECORDS     before the counter rises, the filters and the outputs
 *     lost N RECORDS        it was counted and could not be written
 *     written N RECORDS     the outputs have it
 *     paused, resumed       the plugin has been told
 *     exited                Exit has returned
 *     died MOMENT           see death.h
 *
 * Each line is one write, so what is in the file survives a SIGKILL.
 */
#ifndef HOST_JOURNAL_H
#define HOST_JOURNAL_H

#include <stdbool.h>

#include "ring.h"

/* Appends to path from now on. Without it the functions below do nothing. */
bool journal_open(const char *path);

void journal_event(const char *instance, const char *event);
void journal_batch(const char *instance, const char *event, const struct batch *batch);
void journal_died(const char *instance, const char *moment);

#endif
