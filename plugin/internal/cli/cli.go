// Package cli is the command in_office365: what an operator asks of the plugin
// outside of Fluent Bit.
//
// The command and the plugin are one package main, built twice, so that a
// version of the command always speaks of the plugin of the same version. Main
// takes what it touches of the process as a parameter and returns the exit code;
// nothing here ends the process. What the commands find out is in package check
// and below; here it is printed.
//
// Exit codes: 0 done, and nothing wrong; 1 it went wrong, or something is; 2 the
// command line is not understood.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"office365/plugin/internal/fluentconf"
)

const (
	exitDone  = 0
	exitWrong = 1
	exitUsage = 2
)

// Environment is what Main uses of the process.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Dir            string // working directory
}

// source is where configurations are read from. Fluent Bit knows ${HOSTNAME}
// also where the environment does not.
func (e Environment) source() fluentconf.Options {
	getenv := func(name string) string {
		value := e.Getenv(name)
		if value == "" && name == "HOSTNAME" {
			value, _ = os.Hostname() // "" then, as Fluent Bit has it
		}
		return value
	}
	return fluentconf.Options{FS: os.DirFS("/"), Dir: cmp.Or(e.Dir, "/"), Getenv: getenv}
}

// Main runs the command with the arguments that follow its name.
func Main(args []string, e Environment) int {
	root := newRoot(e)
	root.SetArgs(append([]string{}, args...)) // cobra takes the process's own for nil
	root.SetIn(e.Stdin)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	var failed *runError
	var quiet *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &quiet):
		return quiet.code
	case errors.As(err, &failed):
		_, _ = fmt.Fprintf(e.Stderr, "%s: %v\n", root.Name(), err) // nobody is left to tell
		return exitWrong
	default:
		_, _ = fmt.Fprintf(e.Stderr, "%s: %v; see %s --help\n", root.Name(), err, cmd.CommandPath()) // nobody is left to tell
		return exitUsage
	}
}

// runError is an error of a command that was understood; all others are errors
// of usage.
type runError struct{ err error }

func (e *runError) Error() string { return e.err.Error() }
func (e *runError) Unwrap() error { return e.err }

// exitError ends a command that has said what there is to say.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is an error of usage that shows only when the command runs.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// run makes what cobra calls of a command's own function.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		var usage *usageError
		if err == nil || errors.As(err, &usage) {
			return err
		}
		return &runError{err}
	}
}

func newRoot(e Environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "in_office365",
		Short: "Companion of the Fluent Bit input plugin office365",
		Long: `in_office365 is the companion of the Fluent Bit input plugin office365, which
collects the audit logs of a Microsoft 365 tenant. The plugin itself is
in_office365.so; load it with: fluent-bit -e /usr/local/lib/fluent-bit/in_office365.so -c fluent-bit.conf`,
		SilenceErrors: true, // Main prints them
		SilenceUsage:  true,
	}
	root.AddCommand(newCheck(e), newDryRun(e), newSubscriptions(e), newState(e), newHealth(e), newSettings(), newVersion())
	return root
}
