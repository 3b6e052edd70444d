package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/config"
)

func newSubscriptions(e Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "subscriptions",
		Short: "List, start and stop the subscriptions of the app in the tenant",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newSubscriptionsList(e), newSubscriptionsStart(e), newSubscriptionsStop(e))
	return cmd
}

func newSubscriptionsList(e Environment) *cobra.Command {
	var file, input string
	cmd := &cobra.Command{
		Use:   "list -c FILE",
		Short: "Print the state of each content type",
		Args:  cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			settings, connection, err := connect(e, file, input)
			if err != nil {
				return err
			}
			defer connection.Close()
			subs, err := connection.Client.Subscriptions(cmd.Context())
			if err != nil {
				return advised(err)
			}
			return printSubscriptions(e.Stdout, settings, subs)
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	return cmd
}

func printSubscriptions(out io.Writer, s config.Settings, subs []activity.Subscription) error {
	types := normalize.ContentTypes()
	for _, sub := range subs {
		if !slices.Contains(types, sub.ContentType) {
			types = append(types, sub.ContentType)
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CONTENT TYPE\tSUBSCRIPTION\tWEBHOOK\tCONFIGURED") // Flush tells
	for _, ct := range types {
		status, webhook, configured := "none", "none", "no"
		at := slices.IndexFunc(subs, func(sub activity.Subscription) bool { return sub.ContentType == ct })
		if at >= 0 {
			status = orText(subs[at].Status, "not told")
			webhook = orText(subs[at].WebhookStatus, "none")
		}
		if slices.Contains(s.ContentTypes, ct) {
			configured = "yes"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", ct, status, webhook, configured) // Flush tells
	}
	return w.Flush()
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func newSubscriptionsStart(e Environment) *cobra.Command {
	var file, input string
	cmd := &cobra.Command{
		Use:   "start -c FILE [TYPE...]",
		Short: "Start subscriptions; those of all configured content types when none is named",
		Long: `start starts subscriptions, as the plugin does by itself when it runs. Microsoft
takes one start of a content type in 15 minutes. The first content may take 12
hours.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return change(cmd.Context(), e, file, input, args, changeStart)
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	return cmd
}

func newSubscriptionsStop(e Environment) *cobra.Command {
	var file, input string
	cmd := &cobra.Command{
		Use:   "stop -c FILE TYPE...",
		Short: "Stop subscriptions: what appears until the next start is lost",
		Long: `stop stops subscriptions. What becomes available until the next start is lost for
good, and the plugin starts the subscriptions of its content types again when it
runs. Take the content type out of content_types first.`,
		Args: cobra.MinimumNArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return change(cmd.Context(), e, file, input, args, changeStop)
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	return cmd
}

// verb is a way to change a subscription.
type verb struct {
	do   func(c *activity.Client, ctx context.Context, ct normalize.ContentType) error
	done string
}

var (
	changeStart = verb{(*activity.Client).Start, "started"}
	changeStop  = verb{(*activity.Client).Stop, "stopped"}
)

// change changes each subscription that is named, whatever becomes of the others.
func change(ctx context.Context, e Environment, file, input string, args []string, v verb) error {
	types, err := contentTypes(args)
	if err != nil {
		return err
	}
	settings, connection, err := connect(e, file, input)
	if err != nil {
		return err
	}
	defer connection.Close()
	if len(types) == 0 {
		types = settings.ContentTypes
	}
	var failed []error
	for _, ct := range types {
		if err := v.do(connection.Client, ctx, ct); err != nil {
			failed = append(failed, advised(err))
			continue
		}
		if _, err := fmt.Fprintln(e.Stdout, ct, v.done); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// contentTypes reads arguments that name content types.
func contentTypes(args []string) ([]normalize.ContentType, error) {
	var types []normalize.ContentType
	for _, arg := range args {
		ct, ok := normalize.ParseContentType(arg)
		if !ok {
			names := make([]string, 0, len(normalize.ContentTypes()))
			for _, known := range normalize.ContentTypes() {
				names = append(names, string(known))
			}
			return nil, &usageError{fmt.Errorf("%q is no content type; there are %s", arg, strings.Join(names, ", "))}
		}
		types = append(types, ct)
	}
	return types, nil
}
