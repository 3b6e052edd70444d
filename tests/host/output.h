/*
 * output.h: the [OUTPUT] sections.
 *
 * They write the same lines as Fluent Bit 5.1.1 does with the same section, up
 * to the escapes in strings (the stand-in writes UTF-8 where Fluent Bit writes
 * \uXXXX), so one reader reads both:
 *
 *     Name file                     TAG: [1700000000.123456789, {"Id":"…"}]
 *     Name file, Format plain       {"Id":"…"}
 *     Name stdout                   {"date":1700000000.123457,"Id":"…"}
 *     Name null                     nothing
 *
 * file takes Path (a directory), File (default: the tag) and Mkdir. stdout
 * always writes the form of "Format json_lines"; json_date_key off leaves the
 * date out. Match takes '*'.
 */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include "config.h"
#include "ring.h"

struct output;

/* All outputs of a configuration, as a list; says which it leaves out. */
struct output *output_new_all(const struct config *config);
void output_free_all(struct output *list);

/* Writes a batch with write(2) to every output that matches the tag. */
void output_write_all(const struct output *list, const char *tag, const struct batch *batch);

#endif
