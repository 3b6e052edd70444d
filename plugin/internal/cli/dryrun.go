package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"office365/normalize"
	"office365/plugin/internal/check"
	"office365/plugin/internal/config"
	"office365/plugin/internal/ledger"
)

// reachBack is how far back the API lists, less what a request may take.
const reachBack = 7*24*time.Hour - 5*time.Minute

func newDryRun(e Environment) *cobra.Command {
	var file, input string
	since := time.Hour
	cmd := &cobra.Command{
		Use:   "dry-run -c FILE [--since 1h]",
		Short: "Print the records of the last hour as JSON lines",
		Long: `dry-run fetches what became available lately and prints each record as the plugin
would hand it over, one JSON object a line. It reads and writes no state, starts
no subscription, drops no repeats and merges no alerts.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if since <= 0 || since > reachBack {
				return &usageError{fmt.Errorf("--since %s is out of range: the API lists content of the last 7 days", since)}
			}
			settings, connection, err := connect(e, file, input)
			if err != nil {
				return err
			}
			defer connection.Close()
			out := bufio.NewWriter(e.Stdout)
			d := &dryRun{
				settings: settings, connection: connection, now: e.Now, out: out,
				normalizer: normalize.New(settings.RecordOptions()),
				splitter:   normalize.NewSplitter(nil, int(settings.MaxRecordBytes)),
			}
			err = d.run(cmd.Context(), since)
			return errors.Join(err, out.Flush())
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	cmd.Flags().DurationVar(&since, "since", since, "how far back, by the time at which content became available")
	return cmd
}

// dryRun is one run. What fails at the tenant costs a content or a content type;
// the methods return an error only when the output takes no more.
type dryRun struct {
	settings   config.Settings
	connection *check.Connection
	now        func() time.Time
	out        *bufio.Writer
	normalizer *normalize.Normalizer
	splitter   *normalize.Splitter
	line       []byte
	failed     []error
}

// run lists windows of a day, the longest that the API takes.
func (d *dryRun) run(ctx context.Context, since time.Duration) error {
	const day = 24 * time.Hour
	for _, ct := range d.settings.ContentTypes {
		end := d.connection.Client.ServerTime(d.now())
		for from := end.Add(-since); from.Before(end); from = from.Add(day) {
			if err := d.window(ctx, ct, from, ledger.Earlier(from.Add(day), end)); err != nil {
				return err
			}
		}
	}
	return errors.Join(d.failed...)
}

func (d *dryRun) window(ctx context.Context, ct normalize.ContentType, from, to time.Time) error {
	page, err := d.connection.Client.List(ctx, ct, from, to)
	for {
		if err != nil {
			d.failed = append(d.failed, advised(err))
			return nil
		}
		for _, content := range page.Contents {
			if err := d.content(ctx, ct, content.ID); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		page, err = d.connection.Client.Next(ctx, ct, page)
	}
}

func (d *dryRun) content(ctx context.Context, ct normalize.ContentType, id string) error {
	body, err := d.connection.Client.Content(ctx, ct, id)
	if err != nil {
		d.failed = append(d.failed, advised(err))
		return nil
	}
	defer func() { _ = body.Close() }() // what was read is good, and the rest is not wanted
	d.splitter.Reset(body)
	for {
		raw, err := d.splitter.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			d.failed = append(d.failed, fmt.Errorf("content %s %s: %w", ct, id, err))
			return nil
		}
		record := d.normalizer.Record(raw, normalize.Source{ContentType: ct, ContentID: id}, d.now())
		d.line = append(record.AppendJSON(d.line[:0]), '\n')
		if _, err := d.out.Write(d.line); err != nil {
			return err
		}
	}
}
