// Package ledger is the position of a collector: what has been listed, which
// contents are known, which are done, and which batches have arrived. It is
// pure: no file, network, clock or goroutine; time comes in as an argument.
//
// A Position belongs to one content type. Its methods that begin with a
// decision (Begin, Listed, Finished, Failed, Skip) do not alter it: they return
// a Change. The caller stores the Change in one transaction and then calls
// Apply, so that memory never runs ahead of the file, and a restart, which
// applies the stored changes to an empty Position, arrives at the same one.
//
// Coverage is the reason why nothing is lost. Content may become listable late,
// with an older contentCreated. So a moment is covered only once a complete
// listing that includes it was made `overlap` or more after it; every cycle
// lists what is not covered, and a content is skipped only because its id is
// known or done, never because of its time.
//
// Handover is the other half: the state machine of stop-and-wait between the
// collector and Fluent Bit, which decides when the next batch may go and when
// the last one may be committed.
//
// Nothing here is safe for concurrent use; the collector guards it.
package ledger
