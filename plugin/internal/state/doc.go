// Package state keeps the position of a collector in a file (bbolt), so that a
// restart goes on where the last run was committed.
//
// Layout, one bucket a line:
//
//	meta                   schema (version), tenant, begin, sum (of all entries below)
//	<content type>         origin, covered
//	<content type>/known   created, contentId → expires, attempts, next try, flags
//	<content type>/done    created, contentId → nothing
//	packs                  sequence number → the identities of one committed batch
//	alerts                 see normalize.Merger, whose saved state this is
//
// Every Tx is one transaction: after a crash the file holds all of it or
// nothing. What a transaction writes is in proportion to what it changes.
//
// The file is locked while it is open. A second opener in another process gets
// ErrLocked; within one process the collector keeps a registry, because it must
// name both sections. A file of a newer version is refused with a
// *VersionError; one that cannot be read is moved aside and reported in
// Saved.Damaged, and a new one is begun.
//
// A File is safe for concurrent use; transactions are written one at a time.
package state
