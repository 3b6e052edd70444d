/*
 * control.h: the control socket, through which a test turns the knobs.
 *
 * A Unix stream socket; a client writes commands, one a line, and reads for
 * each the lines it asked for, if any, and then "ok" or "error: …". Clients
 * are served one after the other, by a thread of its own, so that a main
 * thread stuck in a slow filter can be talked to. main.c lists the commands.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

struct control;
struct engine;

/* NULL, and a line in the log, when the socket cannot be made. */
struct control *control_start(const char *path, struct engine *engine);
void control_stop(struct control *control);

#endif
