package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"office365/normalize"
	"office365/plugin/internal/check"
	"office365/plugin/internal/config"
	"office365/plugin/internal/fluentconf"
	"office365/plugin/internal/state"
)

// healthTime is less than what probes wait by default (Docker 30 s), and enough
// for a busy machine.
const healthTime = 5 * time.Second

func newHealth(e Environment) *cobra.Command {
	var file string
	var maxAge time.Duration
	cmd := &cobra.Command{
		Use:   "health -c FILE [--max-age 1h]",
		Short: "Tell whether Fluent Bit and the plugin are running, for probes of containers",
		Long: `health tells whether the Fluent Bit of this configuration runs: its HTTP server
answers, where it is switched on, and a process has the state file of every
input open. It says nothing about Microsoft: a restart would not help there.

With --max-age it also wants a complete listing of every content type that is no
older: for alerts and readiness, not for a probe that restarts.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			c, err := fluentconf.Read(e.source(), file)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTime)
			defer cancel()
			found, err := health(ctx, c, e.Now().UTC(), maxAge)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(e.Stdout, strings.Join(found, "; "))
			return err
		}),
	}
	addFile(cmd, &file)
	cmd.Flags().DurationVar(&maxAge, "max-age", 0, "longest time since the last complete listing of every content type")
	return cmd
}

// health returns what is well, or the first thing that is not.
func health(ctx context.Context, c *fluentconf.Config, now time.Time, maxAge time.Duration) ([]string, error) {
	var found []string
	if address := healthURL(c.Service); address != "" {
		if err := answers(ctx, address); err != nil {
			return nil, err
		}
		found = append(found, "Fluent Bit answers")
	}
	for _, i := range check.Inputs(c) {
		settings, _, err := i.Settings()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", i.Name(), err)
		}
		if settings.DB == "" {
			continue
		}
		if err := collects(settings, now, maxAge); err != nil {
			return nil, fmt.Errorf("%s: %w", i.Name(), err)
		}
		found = append(found, i.Name()+" is running")
	}
	if len(found) == 0 {
		return nil, errors.New("there is nothing to go by: set db on an input, or http_server on in the service section")
	}
	return found, nil
}

// healthURL is where Fluent Bit's own server tells of itself: of errors of
// outputs when health_check is on, else that it runs.
func healthURL(service fluentconf.Section) string {
	if !isOn(service.Last("http_server")) {
		return ""
	}
	host := service.Last("http_listen")
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	path := "/api/v1/uptime"
	if isOn(service.Last("health_check")) {
		path = "/api/v1/health"
	}
	return "http://" + net.JoinHostPort(host, orText(service.Last("http_port"), "2020")) + path
}

func isOn(text string) bool {
	switch strings.ToLower(text) {
	case "on", "true", "yes":
		return true
	}
	return false
}

// answers asks Fluent Bit, past any proxy.
func answers(ctx context.Context, address string) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("http_listen and http_port of the service section make no address: %w", err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("Fluent Bit does not answer at %s: %w", address, err) //nolint:staticcheck // a name
	}
	defer func() { _ = resp.Body.Close() }()              // only read
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) // for the message only
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("Fluent Bit answers %s at %s: %q", resp.Status, address, strings.TrimSpace(string(text))) //nolint:staticcheck // a name
	}
	return nil
}

// collects reports an input whose state file nobody has open or, where that is
// asked for, that has not listed for too long.
func collects(s config.Settings, now time.Time, maxAge time.Duration) error {
	running, err := state.Locked(s.DB)
	switch {
	case err != nil:
		return fmt.Errorf("db %s: %w", s.DB, err)
	case !running:
		return fmt.Errorf("no running Fluent Bit has the state file %s open", s.DB)
	case maxAge <= 0:
		return nil
	}
	info, err := state.Inspect(s.DB)
	if err != nil {
		return fmt.Errorf("db %s: %w", s.DB, err)
	}
	for _, ct := range s.ContentTypes {
		age, known := listingAge(info, ct, s.Overlap, now)
		switch {
		case !known:
			return fmt.Errorf("%s has not been listed yet", ct)
		case age > maxAge:
			return fmt.Errorf("%s was last listed completely %s ago", ct, age.Round(time.Second))
		}
	}
	return nil
}

// listingAge is the time since the last complete listing, as the position tells
// it: a listing covers what was overlap old when it was made. Until the first
// overlap has passed there is nothing to cover, and no age either.
func listingAge(info state.Info, ct normalize.ContentType, overlap time.Duration, now time.Time) (time.Duration, bool) {
	p := info.Positions[ct]
	if p == nil || p.Origin().IsZero() {
		return 0, false
	}
	latest := p.Origin()
	for _, span := range p.Covered() {
		if span.To.After(latest) {
			latest = span.To
		}
	}
	return max(now.Sub(latest.Add(overlap)), 0), true
}
