package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"office365/plugin/internal/activity"
	"office365/plugin/internal/check"
	"office365/plugin/internal/config"
	"office365/plugin/internal/fluentconf"
)

func addFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration of Fluent Bit, YAML or classic (required)")
	_ = cmd.MarkFlagRequired("config")                        // the flag is there
	_ = cmd.MarkFlagFilename("config", "yaml", "yml", "conf") // for the completion only
}

func addInput(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "input", "", "one of several inputs: its number from 0, alias, tenant_name or tag")
}

func noSuchInput(name string, known []string) error {
	return &usageError{fmt.Errorf("there is no input %s; there are %s", name, strings.Join(known, ", "))}
}

// oneInput returns the settings of the input that is meant: the only one, or the
// one that a user names.
func oneInput(e Environment, file, name string) (config.Settings, error) {
	c, err := fluentconf.Read(e.source(), file)
	if err != nil {
		return config.Settings{}, err
	}
	var known []string
	var found []check.Input
	for _, i := range check.Inputs(c) {
		known = append(known, i.Name())
		if name == "" || i.Is(name) {
			found = append(found, i)
		}
	}
	switch {
	case len(known) == 0:
		return config.Settings{}, fmt.Errorf("%s has no input of the name %s", file, check.Plugin)
	case len(found) == 0:
		return config.Settings{}, noSuchInput(name, known)
	case len(found) > 1:
		return config.Settings{}, &usageError{fmt.Errorf("there are several inputs; name one of them with --input: %s", strings.Join(known, ", "))}
	}
	settings, _, err := found[0].Settings()
	if err != nil {
		return config.Settings{}, fmt.Errorf("%w\n(in_office365 check -c %s says more)", err, file)
	}
	return settings, nil
}

// connect is oneInput with a connection to the tenant.
func connect(e Environment, file, name string) (config.Settings, *check.Connection, error) {
	settings, err := oneInput(e, file, name)
	if err != nil {
		return settings, nil, err
	}
	connection, err := check.Connect(settings, e.Now)
	return settings, connection, err
}

// advised adds to an error what a user can do about it. The plugin would start a
// subscription that is missing; a command does not.
func advised(err error) error {
	if refused, ok := errors.AsType[*activity.Error](err); ok && refused.Class() == activity.Resubscribe {
		return fmt.Errorf("%w; start it with in_office365 subscriptions start, or by running the plugin", err)
	}
	var knowing interface{ Advice() string }
	if errors.As(err, &knowing) && knowing.Advice() != "" {
		return fmt.Errorf("%w; %s", err, knowing.Advice())
	}
	return err
}
