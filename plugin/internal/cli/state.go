package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"office365/normalize"
	"office365/plugin/internal/config"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

func newState(e Environment) *cobra.Command {
	cmd := &cobra.Command{Use: "state", Short: "Show the saved position, or forget that of a content type", Args: cobra.NoArgs}
	cmd.AddCommand(newStateShow(e), newStateForget(e))
	return cmd
}

// stateFile is the settings of an input that has a state file.
func stateFile(e Environment, file, input string) (config.Settings, error) {
	settings, err := oneInput(e, file, input)
	if err == nil && settings.DB == "" {
		err = errors.New("db is not set: the position lives in the memory of Fluent Bit")
	}
	return settings, err
}

func newStateShow(e Environment) *cobra.Command {
	var file, input string
	cmd := &cobra.Command{
		Use:   "show -c FILE",
		Short: "Print how far each content type is; Fluent Bit may be running",
		Args:  cobra.NoArgs,
		RunE: run(func(*cobra.Command, []string) error {
			settings, err := stateFile(e, file, input)
			if err != nil {
				return err
			}
			info, err := state.Inspect(settings.DB)
			if err != nil {
				return fmt.Errorf("db %s: %w", settings.DB, err)
			}
			return printState(e.Stdout, settings, info, e.Now().UTC())
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	return cmd
}

func printState(out io.Writer, s config.Settings, info state.Info, now time.Time) error {
	use := "not in use"
	if info.Locked {
		use = "in use by a running Fluent Bit"
	}
	_, err := fmt.Fprintf(out, "%s: tenant %s, version %d, %.1f MB, %s\n\n", s.DB, info.Tenant, info.Version, float64(info.Bytes)/1e6, use)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CONTENT TYPE\tSINCE\tCOMPLETE UP TO\tWAITING\tQUARANTINED") // Flush tells
	for _, ct := range normalize.ContentTypes() {
		p := info.Positions[ct]
		if p == nil {
			_, _ = fmt.Fprintf(w, "%s\t-\t-\t-\t-\n", ct) // Flush tells
			continue
		}
		waiting, quarantined := p.KnownCount()
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", ct, wireTime(p.Origin()), wireTime(p.Watermark(now)), waiting, quarantined) // Flush tells
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printQuarantine(out, info)
}

func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func printQuarantine(out io.Writer, info state.Info) error {
	for _, ct := range normalize.ContentTypes() {
		p := info.Positions[ct]
		if p == nil {
			continue
		}
		for c := range p.Known {
			if !c.Quarantined {
				continue
			}
			if err := printContent(out, ct, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func printContent(out io.Writer, ct normalize.ContentType, c ledger.Content) error {
	_, err := fmt.Fprintf(out, "\nquarantined %s %s: %d attempts, next at %s, expires %s\n",
		ct, c.ID, c.Attempts, wireTime(c.NextTry), wireTime(c.Expires))
	return err
}

func newStateForget(e Environment) *cobra.Command {
	var file, input string
	cmd := &cobra.Command{
		Use:   "forget -c FILE TYPE",
		Short: "Forget the position of a content type; Fluent Bit must not be running",
		Long: `forget takes a content type out of the state file: its position, and what is
remembered of its records to drop repeats; of Audit.General also the alerts that
were merged. The next start collects it from start_from again, and what was
collected before may come again.`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(_ *cobra.Command, args []string) error {
			types, err := contentTypes(args)
			if err != nil {
				return err
			}
			settings, err := stateFile(e, file, input)
			if err != nil {
				return err
			}
			return forget(e, settings, types[0])
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &input)
	return cmd
}

func forget(e Environment, s config.Settings, ct normalize.ContentType) error {
	known, err := state.Forget(state.Options{Path: s.DB, Tenant: s.TenantID, Wait: time.Second, Now: e.Now()}, ct)
	switch {
	case errors.Is(err, state.ErrLocked):
		return fmt.Errorf("db %s is in use: stop Fluent Bit first", s.DB)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("db %s does not exist: nothing has been collected yet", s.DB)
	case err != nil:
		return fmt.Errorf("db %s: %w", s.DB, err)
	}
	text := "%s is forgotten: the next start collects it from start_from %s\n"
	if !known {
		text = "%s was not in the file; it is collected from start_from %s\n"
	}
	_, err = fmt.Fprintf(e.Stdout, text, ct, s.StartFrom)
	return err
}
