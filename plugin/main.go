// Package main is what Fluent Bit loads: the input plugin office365 as a shared
// object, in_office365.so, and, built as a program, the command in_office365.
//
// It is the only package that touches C, and it is thin. Fluent Bit calls the
// functions of exports.go; each converts its arguments, calls one method,
// catches a panic and returns. An instance (instance.go) stands for one [INPUT]
// section: it reads the settings, owns a collector, which does the work, and
// carries log lines from the collector's goroutines to Fluent Bit. The registry
// (registry.go) finds the instance that a callback means. bridge.go and
// bridge.h hold what an instance needs of Fluent Bit.
//
// What Fluent Bit 5.1.1 promises, and what all of this rests on:
//
//   - Every callback of an instance runs on the one thread of that instance,
//     never two at once. Pause, resume and exit carry no argument: the thread
//     tells which instance is meant.
//   - Fluent Bit's log may be written to on its own threads only.
//   - A library of Go is never unloaded. A hot reload registers again, ends the
//     old instances and initializes new ones in the same image, so nothing here
//     happens once only, and an instance leaves nothing behind when it exits.
//   - A panic or an exit of ours would end Fluent Bit with all its other inputs.
package main

import (
	"os"
	"runtime/debug"
	"time"

	"office365/plugin/internal/cli"
)

func main() {
	dir, _ := os.Getwd() // without one, relative paths begin at /
	os.Exit(cli.Main(os.Args[1:], cli.Environment{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Dir: dir,
	}))
}

// gcPercent is how much the heap may grow over what is alive before garbage is
// collected. Most of ours is buffers of records, which are quick to look
// through, and Fluent Bit's container has a limit: with Go's 100 a backlog took
// as much memory again as it needed.
const gcPercent = 10

func collectGarbageSooner() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
