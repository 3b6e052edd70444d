// Package cli is the command in_office365: what an operator asks of the plugin
// outside of Fluent Bit.
//
// The command and the plugin are one package main, built twice, so that a
// version of the command always speaks of the plugin of the same version. Main
// takes all it touches as parameters and returns the exit code; nothing here
// reads the environment of the process or ends it.
//
// Exit codes: 0 done, 1 it went wrong, 2 the command line is not understood.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
)

// Main runs the command with the arguments that follow its name.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	var failed *runError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &failed):
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", root.Name(), err) // nobody is left to tell
		return exitError
	default:
		_, _ = fmt.Fprintf(stderr, "%s: %v\n\n%s", root.Name(), err, cmd.UsageString()) // nobody is left to tell
		return exitUsage
	}
}

// runError is an error of a command that was understood; all others are errors
// of usage.
type runError struct{ err error }

func (e *runError) Error() string { return e.err.Error() }
func (e *runError) Unwrap() error { return e.err }

// run makes what cobra calls of a command's own function.
func run(f func(cmd *cobra.Command) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := f(cmd); err != nil {
			return &runError{err}
		}
		return nil
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "in_office365",
		Short: "Companion of the Fluent Bit input plugin office365",
		Long: `in_office365 is the companion of the Fluent Bit input plugin office365, which
collects the audit logs of a Microsoft 365 tenant. The plugin itself is
in_office365.so; load it with: fluent-bit -e /usr/local/lib/fluent-bit/in_office365.so -c fluent-bit.conf`,
		SilenceErrors: true, // Main prints them
		SilenceUsage:  true,
	}
	root.AddCommand(newSettings(), newVersion())
	return root
}
