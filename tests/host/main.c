/*
 * host: drives in_office365.so as Fluent Bit 5.1.1 does, and stands in for it
 * where there is none.
 *
 *     host -e in_office365.so -c fluent-bit.conf [options]
 *
 *     -e PATH             the plugin's library
 *     -c PATH             configuration, classic format (config.h)
 *     --control PATH      make a control socket (control.h)
 *     --journal PATH      append what happens to each batch (journal.h)
 *     --filter-delay MS   filters take so long for every batch
 *     --no-counter        the plugin gets no metrics, hence no arrival counter
 *     --mend-pause        a pause stops the collector of the instance meant,
 *                         not that of the one initialised last
 *     --before-4.1        contexts and callbacks of a Fluent Bit before 4.1
 *
 * Commands of the control socket; N counts the instances from 0, in the order
 * of the file:
 *
 *     pause N|all         as when Mem_Buf_Limit is reached: the plugin is told,
 *     resume N|all        and the ring is not drained
 *     filter-delay MS     see above; 0 ends a delay under way
 *     drop-next [K]       the next K batches find no chunk: they vanish, the
 *                         counter does not rise
 *     lose-next [K]       the next K batches are counted but cannot be written
 *     pending on|off      on: chunks wait for an output, a stop takes its grace
 *     wrong-pause on|off  off is --mend-pause
 *     die MOMENT [K]      the process kills itself, as a crash would, when the
 *                         Kth batch from now comes to the moment (death.h):
 *                         before-handover, after-handover, under-filter or
 *                         after-arrival; K = 0 takes it back
 *     status              a line for each instance
 *     metrics             in the text form of Prometheus
 *
 * Signals: SIGTERM, SIGINT and SIGQUIT stop, SIGHUP reloads (Hot_Reload on).
 *
 * Status: 0; 1 usage or configuration; 255 an Init refused; 3 the plugin did
 * what it must not (a line with FAULT says what), but the run went well.
 *
 * Files: config.c the configuration; proxy.c the library; instance.c an
 * instance's thread, with ring.c behind it; engine.c the main thread: draining,
 * stop, reload; event.c and json.c from msgpack to JSON; output.c; cmt.c the
 * metrics; control.c; death.c; journal.c; timer.c; log.c. abi.h and cmt.h mirror structures of
 * Fluent Bit and name the headers. No code of Fluent Bit is used.
 *
 * Where it is not faithful:
 * - A batch is written to the outputs when it is drained; Fluent Bit stores it
 *   in a chunk then, and flushes the chunk later. So there are no retries, and
 *   nothing waits for an output unless "pending on" says so. An event that
 *   cannot be decoded takes the rest of its batch with it, not of its chunk.
 * - Mem_Buf_Limit is not measured: the tests say when (pause, resume).
 * - No filters, processors, conditional routing, YAML, HTTP server, plugins
 *   file or @INCLUDE; thread.ring_buffer.* is not obeyed.
 * - Strings in JSON are UTF-8, not \uXXXX. Of a key that repeats in a map
 *   Fluent Bit writes the last, the stand-in all. An ext is valid JSON here.
 *   Metadata of an event is not written.
 * - Faults that Fluent Bit passes over in silence are reported.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"

enum { OPTION_CONTROL = 256, OPTION_JOURNAL, OPTION_DELAY, OPTION_NO_COUNTER, OPTION_MEND_PAUSE, OPTION_BEFORE_41 };

static const struct option long_options[] = {
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"journal", required_argument, NULL, OPTION_JOURNAL},
    {"filter-delay", required_argument, NULL, OPTION_DELAY},
    {"no-counter", no_argument, NULL, OPTION_NO_COUNTER},
    {"mend-pause", no_argument, NULL, OPTION_MEND_PAUSE},
    {"before-4.1", no_argument, NULL, OPTION_BEFORE_41},
    {NULL, 0, NULL, 0},
};

static int usage(const char *program)
{
    fprintf(stderr, "usage: %s -e in_office365.so -c fluent-bit.conf [--control SOCKET] "
                    "[--journal PATH] [--filter-delay MS] [--no-counter] [--mend-pause] [--before-4.1]\n", program);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int option;
    while ((option = getopt_long(argc, argv, "e:c:", long_options, NULL)) != -1) {
        switch (option) {
        case 'e':
            options.library = optarg;
            break;
        case 'c':
            options.config = optarg;
            break;
        case OPTION_CONTROL:
            options.control = optarg;
            break;
        case OPTION_JOURNAL:
            options.journal = optarg;
            break;
        case OPTION_DELAY:
            options.filter_delay_ms = atoi(optarg);
            break;
        case OPTION_NO_COUNTER:
            options.hide_counter = true;
            break;
        case OPTION_MEND_PAUSE:
            options.pause_own = true;
            break;
        case OPTION_BEFORE_41:
            options.before_41 = true;
            break;
        default:
            return usage(argv[0]);
        }
    }
    if (options.library == NULL || options.config == NULL || optind != argc) {
        return usage(argv[0]);
    }
    return engine_run(&options);
}
