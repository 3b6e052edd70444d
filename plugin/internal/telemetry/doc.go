// Package telemetry is how an instance speaks to the one who runs it: the log
// lines and the metrics that end up in Fluent Bit's own log and metrics.
//
// Fluent Bit accepts neither from a thread that is not its own: a line printed
// on a goroutine's thread goes to stderr and misses the log file, as measured
// on 5.1.1. So both halves of this package only collect, and the bridge carries
// what was collected over when Fluent Bit calls it:
//
//   - Log is a slog.Handler. Every goroutine of an instance logs through it;
//     the lines wait in a bounded queue until Drain prints them. A queue that
//     overflows gives up its oldest lines and says how many.
//   - A Sample is the value of one counter or gauge. The collector gives all of
//     its samples when asked, and the bridge asks on the instance's thread.
//
// A line reads `[office365] <tenant>: message key=value …`, is one line, is at
// most MaxLineBytes long and carries no secret: what Forbid was told, and
// anything that looks like a token, a password or an assertion, prints as ***.
// The last point is a second net. The first is config.Secret, which never
// prints itself.
package telemetry
