package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"office365/tests/simulator"
)

// announce writes the files asked for, prints the settings of the tenants for
// fluent-bit.conf, and says last that requests are taken.
func (s *settings) announce(out io.Writer, server *simulator.Server, tenants []*simulator.Simulator) error {
	caFile := s.caOut
	if s.dir != "" {
		if err := os.MkdirAll(s.dir, 0o750); err != nil { //nolint:gosec // the user of this program names the folder
			return fmt.Errorf("--dir: %w", err)
		}
		caFile = filepath.Join(s.dir, "ca.pem")
	}
	for _, path := range []string{s.caOut, caFile} {
		if path != "" {
			if err := writeFile(path, string(server.CAPEM)); err != nil {
				return err
			}
		}
	}
	sections := s.inputs(server, tenants, caFile)
	if s.dir != "" {
		conf := service + sections + output
		if err := writeFile(filepath.Join(s.dir, "fluent-bit.conf"), conf); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(s.dir, "url"), server.URL+"\n"); err != nil {
			return err
		}
	}
	if s.readyFile != "" {
		if err := writeFile(s.readyFile, server.URL+"\n"); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "%s\nControl: %s/_sim/\nready %s\n", sections, server.URL, server.URL); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// writeFile writes a file whole or not at all, so that a script that waits for
// it finds it complete.
func writeFile(path, text string) error {
	temporary := path + ".part"
	if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil { //nolint:gosec // the user of this program names the file
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil { //nolint:gosec // as above
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

const (
	service = "[SERVICE]\n    Flush                1\n    Log_Level            info\n\n"
	output  = "\n[OUTPUT]\n    Name                 stdout\n    Match                *\n    Format               json_lines\n    Retry_Limit          no_limits\n"
)

// database is the file of a tenant's position beside the configuration, "" when
// no folder was asked for.
func (s *settings) database(tenant int) string {
	if s.dir == "" {
		return ""
	}
	path := filepath.Join(s.dir, fmt.Sprintf("office365-%d.db", tenant))
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

// inputs is one [INPUT] for each tenant.
func (s *settings) inputs(server *simulator.Server, tenants []*simulator.Simulator, caFile string) string {
	if absolute, err := filepath.Abs(caFile); caFile != "" && err == nil {
		caFile = absolute
	}
	var b strings.Builder
	for i, tenant := range tenants {
		if i > 0 {
			b.WriteString("\n")
		}
		o := tenant.Options()
		b.WriteString("[INPUT]\n")
		for _, line := range [][2]string{
			{"Name", "office365"},
			{"Tag", "office365"},
			{"tenant_id", o.TenantID},
			{"client_id", o.ClientID},
			{"client_secret", o.ClientSecret},
			{"authority", server.URL},
			{"api_url", server.URL},
			{"ca_file", caFile},
			{"tenant_name", strings.ToLower(strings.ReplaceAll(o.DisplayName, " ", "-"))},
			{"db", s.database(i)},
			{"start_from", "earliest"},
			{"interval", "1m"},
		} {
			switch {
			case line[1] != "":
			case line[0] == "ca_file":
				line = [2]string{"tls_verify", "off"} // no file with the authority was asked for
			default:
				continue
			}
			fmt.Fprintf(&b, "    %-20s %s\n", line[0], line[1])
		}
	}
	return b.String()
}
